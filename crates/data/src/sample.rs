//! Sample of MNIST compiled into this crate; `sample/README.md` says how it was chosen.

use std::path::{Path, PathBuf};

use crate::check;
use crate::error::Error;
use crate::gzip;
use crate::idx::Idx;
use crate::sets::{File, MNIST, Set};

/// The four files of the sample, in the order of [`Set::files`].
pub(crate) const FILES: [File; 4] = [
    File::images("train-images-idx3-ubyte", TRAIN)
        .sha256("0eac7a4a8ad5ca5324b6cc7cf078f16cc9abb55b78dd6bb27e3f9753aed0036d"),
    File::labels("train-labels-idx1-ubyte", TRAIN)
        .sha256("a1a658277042e8a934b6aa7078d701b93d9b1f5a8c9946904169221a733b4e36"),
    File::images("t10k-images-idx3-ubyte", TEST)
        .sha256("5dba63ce4e3f1c84ff2ed1e3141535406c83ce073016bed0fdbb451d4e7404c1"),
    File::labels("t10k-labels-idx1-ubyte", TEST)
        .sha256("861523175c59f8b396f2c9d94ec24f68df10edf1022e77c1453a882ab0740356"),
];

/// Training images in the sample.
pub(crate) const TRAIN: usize = 10_000;
const TEST: usize = 2_000;

const PACKED: [&[u8]; 4] = [
    include_bytes!("../sample/train-images-idx3-ubyte.gz"),
    include_bytes!("../sample/train-labels-idx1-ubyte.gz"),
    include_bytes!("../sample/t10k-images-idx3-ubyte.gz"),
    include_bytes!("../sample/t10k-labels-idx1-ubyte.gz"),
];

impl Set {
    /// True if this crate includes a sample of the set.
    pub fn has_sample(&self) -> bool {
        self.name == MNIST.name
    }
}

/// The sample's four arrays, checked like any file.
pub(crate) fn read() -> Result<[Idx; 4], Error> {
    Ok([read_file(0)?, read_file(1)?, read_file(2)?, read_file(3)?])
}

/// Names for error messages.
pub(crate) fn paths() -> [PathBuf; 4] {
    FILES.map(|file| Path::new("embedded sample").join(file.name))
}

fn read_file(index: usize) -> Result<Idx, Error> {
    let (file, path) = (&FILES[index], &paths()[index]);
    let bytes = gzip::unpack(path, PACKED[index].to_vec(), file.bytes)?;
    check::idx(&MNIST, file, path, bytes, None)
}

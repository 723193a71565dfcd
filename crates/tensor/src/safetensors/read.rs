//! Readers of files and bytes in two steps: the header, then the numbers.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use files::text;

use super::checksum;
use super::dtype::{Dtype, half_to_f32};
use super::error::Error;
use super::header::{self, Header, Info, LENGTH};

/// Open file with a checked header, whose numbers have not been read. A caller can refuse the shapes before
/// memory is allocated for them.
#[derive(Debug)]
pub struct Reader {
    path: PathBuf,
    file: File,
    header: Header,
}

impl Reader {
    /// Opens a regular file, and reads and checks its header.
    ///
    /// # Errors
    /// If it cannot be read or is not a complete safetensors file.
    pub fn open(path: &Path) -> Result<Reader, Error> {
        let located = |error: Error| error.or_kind(|| files::sniff_file(path)).at(path);
        let (mut file, size) = files::open(path)?;
        let start = read(&mut file, path, size.min(LENGTH as u64) as usize, vec![])?;
        let length = header::length(&start, size).map_err(located)?;
        let head = read(&mut file, path, length, start)?;
        let header = Header::parse(&head, size - head.len() as u64).map_err(located)?;
        Ok(Reader { path: path.into(), file, header })
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Takes the prefixes of wrapped models off all names; see [`Header::unwrap_names`].
    ///
    /// # Errors
    /// If only a part of the names has such a prefix.
    pub fn unwrap_names(&mut self) -> Result<String, Error> {
        self.header.unwrap_names().map_err(|error| error.at(&self.path))
    }

    /// Reads the numbers, and checks them if the file has a checksum.
    ///
    /// # Errors
    /// If they cannot be read or are damaged.
    pub fn read(mut self) -> Result<SafeTensors<'static>, Error> {
        let data = read(&mut self.file, &self.path, self.header.data_len(), vec![])?;
        let tensors = SafeTensors { header: self.header, data: Cow::Owned(data) };
        tensors.check().map_err(|error| error.at(&self.path))?;
        Ok(tensors)
    }
}

/// A whole safetensors file in memory, its header checked against its bytes.
#[derive(Debug, Clone)]
pub struct SafeTensors<'a> {
    header: Header,
    data: Cow<'a, [u8]>,
}

/// One tensor with its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor<'a> {
    /// Name, dtype, shape and place.
    pub info: Info<'a>,
    /// The numbers, little-endian.
    pub bytes: &'a [u8],
}

impl<'a> SafeTensors<'a> {
    /// Checks the bytes of a file.
    ///
    /// # Errors
    /// If they are not a complete safetensors file, or damaged.
    pub fn parse(bytes: &'a [u8]) -> Result<SafeTensors<'a>, Error> {
        let named = |error: Error| error.or_kind(|| files::sniff(bytes));
        let length = header::length(bytes, bytes.len() as u64).map_err(named)?;
        let (head, data) = bytes.split_at(LENGTH + length);
        let header = Header::parse(head, data.len() as u64).map_err(named)?;
        let tensors = SafeTensors { header, data: Cow::Borrowed(data) };
        tensors.check()?;
        Ok(tensors)
    }

    /// Reads a whole file.
    ///
    /// # Errors
    /// If it cannot be read, is not a complete safetensors file, or is damaged.
    pub fn load(path: &Path) -> Result<SafeTensors<'static>, Error> {
        Reader::open(path)?.read()
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The tensor of this name.
    pub fn get(&self, name: &str) -> Option<Tensor<'_>> {
        self.header.tensor(name).map(|info| self.tensor(info))
    }

    /// The tensor of this name, which must be there.
    ///
    /// # Errors
    /// If it is not; the error lists the first of those that are.
    pub fn expect(&self, name: &str) -> Result<Tensor<'_>, Error> {
        self.header.expect(name).map(|info| self.tensor(info))
    }

    fn tensor<'t>(&'t self, info: Info<'t>) -> Tensor<'t> {
        let bytes = &self.data[info.range.clone()];
        Tensor { info, bytes }
    }

    fn check(&self) -> Result<(), Error> {
        match checksum::of_data(self.header.all_metadata(), self.header.is_checked())? {
            Some(stored) => checksum::check_data(&self.data, &stored),
            None => Ok(()),
        }
    }
}

impl Info<'_> {
    /// Checks the shape and returns itself.
    ///
    /// # Errors
    /// If it has another one.
    pub fn with_shape(self, shape: &[usize]) -> Result<Self, Error> {
        if self.shape == shape {
            return Ok(self);
        }
        let (name, found) = (text::name(self.name), self.shape);
        Err(Error::tensor(format!("tensor `{name}`: expected shape {shape:?}, found {found:?}")))
    }

    /// Checks that the dtype converts to `f32` (F32, F64, F16 or BF16) and returns itself.
    ///
    /// # Errors
    /// If they are of another type.
    pub fn with_floats(self) -> Result<Self, Error> {
        match self.dtype {
            Dtype::F32 | Dtype::F64 | Dtype::F16 | Dtype::Bf16 => Ok(self),
            _ => Err(self.other_dtype("F32")),
        }
    }

    /// Checks the dtype and returns itself.
    ///
    /// # Errors
    /// If they are of another one.
    pub fn with_dtype(self, dtype: Dtype) -> Result<Self, Error> {
        if self.dtype == dtype { Ok(self) } else { Err(self.other_dtype(&dtype.to_string())) }
    }

    fn other_dtype(&self, expected: &str) -> Error {
        let name = text::name(self.name);
        Error::tensor(format!("tensor `{name}`: expected dtype {expected}, found {}", self.dtype))
    }
}

impl<'a> Tensor<'a> {
    /// Checks the shape and returns itself.
    ///
    /// # Errors
    /// If it has another one.
    pub fn with_shape(self, shape: &[usize]) -> Result<Tensor<'a>, Error> {
        Ok(Tensor { info: self.info.with_shape(shape)?, ..self })
    }

    /// Checks the dtype and returns itself.
    ///
    /// # Errors
    /// If they are of another one.
    pub fn with_dtype(self, dtype: Dtype) -> Result<Tensor<'a>, Error> {
        Ok(Tensor { info: self.info.with_dtype(dtype)?, ..self })
    }

    /// The numbers: those of dtype F32 bit for bit, F64, F16 and BF16 converted.
    ///
    /// # Errors
    /// If they are of another type.
    pub fn f32s(&self) -> Result<Vec<f32>, Error> {
        let dtype = self.info.clone().with_floats()?.dtype;
        Ok(match dtype {
            Dtype::F64 => self.numbers(|bytes| f64::from_le_bytes(bytes) as f32),
            Dtype::F16 => self.numbers(|bytes| half_to_f32(u16::from_le_bytes(bytes))),
            Dtype::Bf16 => self.numbers(|bytes| f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16)),
            _ => self.numbers(f32::from_le_bytes),
        })
    }

    /// The numbers of a tensor of dtype F64, bit for bit.
    ///
    /// # Errors
    /// If they are of another type.
    pub fn f64s(&self) -> Result<Vec<f64>, Error> {
        self.info.clone().with_dtype(Dtype::F64)?;
        Ok(self.numbers(f64::from_le_bytes))
    }

    fn numbers<T, const N: usize>(&self, number: impl Fn([u8; N]) -> T) -> Vec<T> {
        self.bytes.as_chunks::<N>().0.iter().map(|&bytes| number(bytes)).collect()
    }
}

/// Appends the next `count` bytes of a file to `bytes`.
fn read(file: &mut File, path: &Path, count: usize, mut bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    let failed =
        |source| Error::from(files::Error::Io { action: "read", path: path.into(), flag: None, source });
    bytes.try_reserve_exact(count).map_err(|_| failed(io::ErrorKind::OutOfMemory.into()))?;
    let wanted = bytes.len() + count;
    file.take(count as u64).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() < wanted {
        // The file was truncated after it was opened.
        return Err(failed(io::ErrorKind::UnexpectedEof.into()));
    }
    Ok(bytes)
}

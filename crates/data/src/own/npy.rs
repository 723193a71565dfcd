//! NumPy's `.npy` format, versions 1 to 3: a magic number, a Python dictionary as header, then the elements
//! (NumPy's NEP 1).

use std::io::Read;
use std::path::Path;

use super::elements::{Array, ElementType, Elements, TooLarge};
use super::{Fault, quoted};
use crate::error::Error;
use crate::text::grouped;

const MAGIC: &[u8] = b"\x93NUMPY";

/// Maximum length of a header in bytes; those of plain arrays have a few hundred.
const LONGEST_HEADER: usize = 1 << 16;

/// Reads an array of numbers, big or little-endian, in C or Fortran order. The size of the file is
/// checked against the header before anything is allocated.
pub(super) fn read(path: &Path) -> Result<Array, Error> {
    let (mut file, bytes) = files::open(path)?;
    let failed = |source| Error::Io { action: "read", path: path.into(), source };
    let mut start = vec![0; bytes.min(12) as usize];
    file.read_exact(&mut start).map_err(failed)?;
    let (skip, length) = preamble(&start).map_err(|fault| fault.of(path))?;
    let mut header = start.split_off(skip);
    let begun = header.len();
    if length > LONGEST_HEADER || (skip + length) as u64 > bytes {
        let expected =
            format!("a header of at most {} bytes within the file", grouped(LONGEST_HEADER as u64));
        return Err(
            Fault::expected("", &expected, &format!("one of {}", grouped(length as u64)), RESAVE).of(path)
        );
    }
    header.resize(length.max(begun), 0);
    file.read_exact(&mut header[begun..]).map_err(failed)?;
    // A valid header has at least 16 bytes, so the elements begin after the first 12.
    let Header { kind, big_endian, fortran, shape } =
        Header::parse(&header[..length]).map_err(|f| f.of(path))?;
    let count = shape.iter().try_fold(1_u64, |n, &size| n.checked_mul(size as u64));
    let promised = count.and_then(|n| n.checked_mul(kind.size() as u64)?.checked_add((skip + length) as u64));
    if promised != Some(bytes) {
        let expected =
            promised.map_or("a size below 2⁶⁴ bytes".into(), |n| format!("{} bytes", grouped(n)));
        let found = format!("{} bytes for shape {shape:?} of {}", grouped(bytes), kind.name());
        return Err(Fault::expected("", &expected, &found, "copy the file again: it is truncated").of(path));
    }
    let mut body = vec![0; (bytes - (skip + length) as u64) as usize];
    file.read_exact(&mut body).map_err(failed)?;
    let elements = Elements::decode(kind, big_endian, body).map_err(|fault: TooLarge| fault.of(path))?;
    Ok(Array { elements: if fortran { elements.transposed(&shape) } else { elements }, shape })
}

const RESAVE: &str = "save the array with numpy.save";

/// Offset and length of the header.
fn preamble(start: &[u8]) -> Result<(usize, usize), Fault> {
    if start.starts_with(b"PK\x03\x04") {
        let hint = "save one array with numpy.save, rather than several with numpy.savez";
        return Err(Fault::expected("", "a .npy file", "an .npz archive", hint));
    }
    if !start.starts_with(MAGIC) {
        return Err(Fault::expected(
            "",
            "a .npy file, which begins with \\x93NUMPY",
            "another beginning",
            RESAVE,
        ));
    }
    match start[MAGIC.len()..] {
        [1, _, a, b, ..] => Ok((10, usize::from(u16::from_le_bytes([a, b])))),
        [2 | 3, _, a, b, c, d, ..] => Ok((12, u32::from_le_bytes([a, b, c, d]) as usize)),
        [version, ..] => {
            Err(Fault::expected("", "version 1, 2 or 3 of the format", &version.to_string(), RESAVE))
        }
        [] => Err(Fault::expected("", "a version of the format", "the end of the file", RESAVE)),
    }
}

struct Header {
    kind: ElementType,
    big_endian: bool,
    fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
    fn parse(header: &[u8]) -> Result<Header, Fault> {
        let text = String::from_utf8_lossy(header);
        let wrong = |expected: &str| Fault::expected("header", expected, &quoted(text.trim()), RESAVE);
        let after = |key: &str| {
            let at = text.find(&format!("'{key}'")).map(|at| at + key.len() + 2);
            at.and_then(|at| text[at..].trim_start().strip_prefix(':')).map(str::trim_start)
        };
        let descr = after("descr").ok_or_else(|| wrong("an entry 'descr'"))?;
        let descr = descr.strip_prefix('\'').and_then(|rest| rest.split('\'').next());
        let descr = descr.ok_or_else(|| wrong("one element type, found several"))?;
        let (big_endian, kind) = element_type(descr)?;
        let order = after("fortran_order").ok_or_else(|| wrong("an entry 'fortran_order'"))?;
        let fortran = match order {
            order if order.starts_with("True") => true,
            order if order.starts_with("False") => false,
            _ => return Err(wrong("'fortran_order' True or False")),
        };
        let shape = after("shape").and_then(|rest| rest.strip_prefix('(')?.split_once(')'));
        let (shape, _) = shape.ok_or_else(|| wrong("an entry 'shape'"))?;
        let sizes = shape.split(',').map(str::trim).filter(|size| !size.is_empty());
        let shape: Result<Vec<usize>, _> = sizes.map(str::parse).collect();
        let shape = shape.map_err(|_| wrong("a shape of whole numbers"))?;
        Ok(Header { kind, big_endian, fortran, shape })
    }
}

/// Byte order and type of `<f4` and the like.
fn element_type(descr: &str) -> Result<(bool, ElementType), Fault> {
    let refused = |hint: &str| {
        Fault::expected("header", "numbers", &format!("elements of type {}", quoted(descr)), hint)
    };
    let (big_endian, kind) = match descr.split_at_checked(1) {
        Some(("<" | "|" | "=", kind)) => (false, kind),
        Some((">", kind)) => (true, kind),
        _ => (false, descr),
    };
    let kind = match kind {
        "u1" => ElementType::U8,
        "b1" => ElementType::Bool,
        "i1" => ElementType::I8,
        "u2" => ElementType::U16,
        "i2" => ElementType::I16,
        "u4" => ElementType::U32,
        "i4" => ElementType::I32,
        "u8" => ElementType::U64,
        "i8" => ElementType::I64,
        "f16" | "c8" | "c16" => return Err(refused("convert it with array.astype(numpy.float32)")),
        "f2" => ElementType::F16,
        "f4" => ElementType::F32,
        "f8" => ElementType::F64,
        kind if kind.starts_with('O') => {
            return Err(refused("pickled objects are not supported; convert them to an array of numbers"));
        }
        _ => {
            return Err(refused("number the classes, for example with numpy.unique(…, return_inverse=True)"));
        }
    };
    Ok((big_endian, kind))
}

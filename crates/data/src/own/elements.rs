//! Elements of arrays: their types in files, and in memory.

use std::path::Path;

use super::Fault;
use crate::error::Error;
use crate::text::grouped;

/// Array with its elements in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Size of each dimension, outermost first.
    pub shape: Vec<usize>,
    /// The elements.
    pub elements: Elements,
}

/// Elements: unsigned bytes, or any other type as `f32`.
#[derive(Debug, Clone, PartialEq)]
pub enum Elements {
    /// Unsigned bytes.
    Bytes(Vec<u8>),
    /// Numbers of another type.
    Numbers {
        /// The numbers, rounded to `f32`.
        values: Vec<f32>,
        /// True if the type in the file is an integer type.
        whole: bool,
    },
}

/// Element types of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ElementType {
    Bool,
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F16,
    F32,
    F64,
}

impl ElementType {
    pub(super) fn size(self) -> usize {
        match self {
            ElementType::Bool | ElementType::U8 | ElementType::I8 => 1,
            ElementType::U16 | ElementType::I16 | ElementType::F16 => 2,
            ElementType::U32 | ElementType::I32 | ElementType::F32 => 4,
            ElementType::U64 | ElementType::I64 | ElementType::F64 => 8,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            ElementType::Bool => "bool",
            ElementType::U8 => "u8",
            ElementType::I8 => "i8",
            ElementType::U16 => "u16",
            ElementType::I16 => "i16",
            ElementType::U32 => "u32",
            ElementType::I32 => "i32",
            ElementType::U64 => "u64",
            ElementType::I64 => "i64",
            ElementType::F16 => "f16",
            ElementType::F32 => "f32",
            ElementType::F64 => "f64",
        }
    }
}

/// A number that is not finite in `f32`.
pub(super) struct TooLarge {
    index: usize,
    value: f64,
}

impl TooLarge {
    pub(super) fn of(self, file: &Path) -> Error {
        let place = format!("element {} (from 0)", grouped(self.index as u64));
        let hint = "remove the example, or fill in the value: f32 has finite numbers up to 3.4e38";
        Fault::expected(place, "a finite number", &self.value.to_string(), hint).of(file)
    }
}

impl Elements {
    /// Parses elements from bytes.
    pub(super) fn decode(kind: ElementType, big_endian: bool, bytes: Vec<u8>) -> Result<Elements, TooLarge> {
        macro_rules! numbers {
            ($type:ty) => {{
                let read = if big_endian { <$type>::from_be_bytes } else { <$type>::from_le_bytes };
                let (elements, _) = bytes.as_chunks();
                elements.iter().map(|&bytes| read(bytes) as f64).enumerate().map(finite).collect()
            }};
        }
        let values: Result<Vec<f32>, TooLarge> = match kind {
            ElementType::U8 => return Ok(Elements::Bytes(bytes)),
            ElementType::Bool => Ok(bytes.iter().map(|&byte| f32::from(u8::from(byte != 0))).collect()),
            ElementType::I8 => numbers!(i8),
            ElementType::U16 => numbers!(u16),
            ElementType::I16 => numbers!(i16),
            ElementType::U32 => numbers!(u32),
            ElementType::I32 => numbers!(i32),
            ElementType::U64 => numbers!(u64),
            ElementType::I64 => numbers!(i64),
            ElementType::F16 => {
                let read = if big_endian { u16::from_be_bytes } else { u16::from_le_bytes };
                let (elements, _) = bytes.as_chunks();
                elements.iter().map(|&bytes| half(read(bytes))).enumerate().map(finite).collect()
            }
            ElementType::F32 => numbers!(f32),
            ElementType::F64 => numbers!(f64),
        };
        let whole = !matches!(kind, ElementType::F16 | ElementType::F32 | ElementType::F64);
        Ok(Elements::Numbers { values: values?, whole })
    }

    /// Converts column-major to row-major order.
    pub(super) fn transposed(self, shape: &[usize]) -> Elements {
        match self {
            Elements::Bytes(values) => Elements::Bytes(transposed(&values, shape)),
            Elements::Numbers { values, whole } => {
                Elements::Numbers { values: transposed(&values, shape), whole }
            }
        }
    }

    pub(super) fn number(&self, index: usize) -> f32 {
        match self {
            Elements::Bytes(values) => values[index].into(),
            Elements::Numbers { values, .. } => values[index],
        }
    }

    pub(super) fn are_whole(&self) -> bool {
        matches!(self, Elements::Bytes(_) | Elements::Numbers { whole: true, .. })
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Elements::Bytes(values) => values.len(),
            Elements::Numbers { values, .. } => values.len(),
        }
    }
}

/// Narrows the number at an index.
pub(super) fn finite((index, value): (usize, f64)) -> Result<f32, TooLarge> {
    let narrow = value as f32;
    if narrow.is_finite() { Ok(narrow) } else { Err(TooLarge { index, value }) }
}

/// The number that these bits are in half precision.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff) / 1024.0);
    match exponent {
        0 => sign * fraction * 2f64.powi(-14),
        0x1f if fraction == 0.0 => sign * f64::INFINITY,
        0x1f => f64::NAN,
        _ => sign * (1.0 + fraction) * 2f64.powi(exponent - 15),
    }
}

/// Converts column-major to row-major order.
fn transposed<T: Copy>(values: &[T], shape: &[usize]) -> Vec<T> {
    let mut strides = vec![1; shape.len()];
    for i in 1..shape.len() {
        strides[i] = strides[i - 1] * shape[i - 1];
    }
    let mut index = vec![0; shape.len()];
    let mut from = 0;
    let mut result = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        result.push(values[from]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            from += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            from -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    result
}

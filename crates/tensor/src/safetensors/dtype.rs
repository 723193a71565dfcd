//! Number types of files and their conversion to `f32`.

use std::fmt;

/// The type of a tensor's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dtype {
    /// Double precision.
    F64,
    /// Single precision.
    F32,
    /// IEEE half precision: 5 bits of exponent.
    F16,
    /// bfloat16: the 8 exponent bits of `F32` and 7 of fraction.
    Bf16,
    /// Eight bits, 4 of exponent.
    F8E4M3,
    /// Eight bits, 5 of exponent.
    F8E5M2,
    /// Signed, 64 bits.
    I64,
    /// Signed, 32 bits.
    I32,
    /// Signed, 16 bits.
    I16,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 64 bits.
    U64,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 8 bits.
    U8,
    /// One byte, 0 or 1.
    Bool,
}

/// Every type with its name in files and its size in bytes.
const TYPES: [(Dtype, &str, usize); 15] = [
    (Dtype::F64, "F64", 8),
    (Dtype::F32, "F32", 4),
    (Dtype::F16, "F16", 2),
    (Dtype::Bf16, "BF16", 2),
    (Dtype::F8E4M3, "F8_E4M3", 1),
    (Dtype::F8E5M2, "F8_E5M2", 1),
    (Dtype::I64, "I64", 8),
    (Dtype::I32, "I32", 4),
    (Dtype::I16, "I16", 2),
    (Dtype::I8, "I8", 1),
    (Dtype::U64, "U64", 8),
    (Dtype::U32, "U32", 4),
    (Dtype::U16, "U16", 2),
    (Dtype::U8, "U8", 1),
    (Dtype::Bool, "BOOL", 1),
];

impl Dtype {
    /// Type with this name in a file.
    pub(super) fn by_name(name: &str) -> Option<Dtype> {
        TYPES.iter().find(|(_, word, _)| *word == name).map(|&(dtype, ..)| dtype)
    }

    /// Bytes of one number.
    pub fn size(self) -> usize {
        self.row().2
    }

    fn row(self) -> &'static (Dtype, &'static str, usize) {
        TYPES.iter().find(|(dtype, ..)| *dtype == self).expect("every type has a row")
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().1)
    }
}

/// Value of a half-precision number: 1 sign bit, 5 exponent bits with bias 15, 10 fraction bits.
pub(super) fn half_to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let (exponent, fraction) = (u32::from(bits >> 10 & 0x1f), u32::from(bits & 0x3ff));
    match exponent {
        // Subnormal: the fraction counts steps of 2⁻²⁴, exact in single precision.
        0 => f32::from_bits(sign | (fraction as f32 * 2f32.powi(-24)).to_bits()),
        0x1f => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_matches_the_definition() {
        for bits in 0..=u16::MAX {
            let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff) / 1024.0);
            let size = match exponent {
                0 => fraction * 2f64.powi(-14),
                0x1f if fraction == 0.0 => f64::INFINITY,
                0x1f => f64::NAN,
                _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
            };
            let expected = if bits >> 15 == 1 { -size } else { size };
            let found = f64::from(half_to_f32(bits));
            assert!(found == expected || found.is_nan() && expected.is_nan(), "{bits:#x}: {found}");
            assert_eq!(found.is_sign_negative(), bits >> 15 == 1, "{bits:#x}");
        }
    }
}

//! Floating-point numbers that survive JSON bit for bit.
//!
//! JSON has no word for NaN or the infinities, and a diverged run is full of them. A finite number
//! is written as a JSON number, shortest form that reads back to the same bits (so `-0.0` and
//! subnormals are kept). The others are strings: `"NaN"`, `"Infinity"`, `"-Infinity"`. A NaN
//! whose bits are not those of [`f64::NAN`] carries them, as C's `strtod` has it:
//! `"NaN(0xfff8000000000000)"`.
//!
//! For a field: `#[serde(with = "crate::json_number")]`.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserializer, Serializer};

/// Writes a finite number as a number and any other as a string.
pub fn serialize<S: Serializer>(x: &f64, to: S) -> Result<S::Ok, S::Error> {
    match *x {
        x if x.is_finite() => to.serialize_f64(x),
        f64::INFINITY => to.serialize_str("Infinity"),
        f64::NEG_INFINITY => to.serialize_str("-Infinity"),
        x if x.to_bits() == f64::NAN.to_bits() => to.serialize_str("NaN"),
        x => to.serialize_str(&format!("NaN(0x{:016x})", x.to_bits())),
    }
}

/// Reads what [`serialize`] wrote; whole numbers without a point are accepted as well.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    from.deserialize_any(Number)
}

struct Number;

impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(r#"a number, "NaN", "Infinity" or "-Infinity""#)
    }

    fn visit_f64<E: Error>(self, x: f64) -> Result<f64, E> {
        Ok(x)
    }

    fn visit_u64<E: Error>(self, x: u64) -> Result<f64, E> {
        Ok(x as f64)
    }

    fn visit_i64<E: Error>(self, x: i64) -> Result<f64, E> {
        Ok(x as f64)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<f64, E> {
        match text {
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            "NaN" => Some(f64::NAN),
            _ => nan_with_bits(text),
        }
        .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }
}

fn nan_with_bits(text: &str) -> Option<f64> {
    let digits = text.strip_prefix("NaN(0x")?.strip_suffix(')')?;
    let x = f64::from_bits(u64::from_str_radix(digits, 16).ok()?);
    x.is_nan().then_some(x)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize)]
    struct Field {
        #[serde(with = "super")]
        x: f64,
    }

    fn written(x: f64) -> String {
        serde_json::to_string(&Field { x }).unwrap()
    }

    fn read(text: &str) -> Result<f64, serde_json::Error> {
        serde_json::from_str::<Field>(text).map(|field| field.x)
    }

    #[test]
    fn numbers_that_json_lacks_are_strings() {
        assert_eq!(written(f64::NAN), r#"{"x":"NaN"}"#);
        assert_eq!(written(f64::INFINITY), r#"{"x":"Infinity"}"#);
        assert_eq!(written(f64::NEG_INFINITY), r#"{"x":"-Infinity"}"#);
        let negative = f64::from_bits(0xfff8_0000_0000_0000);
        assert_eq!(written(negative), r#"{"x":"NaN(0xfff8000000000000)"}"#);
        assert_eq!(written(0.5), r#"{"x":0.5}"#);
    }

    #[test]
    fn edges_keep_their_bits() {
        for x in [
            0.0,
            -0.0,
            f64::MIN_POSITIVE,
            f64::from_bits(1),
            -f64::from_bits(1),
            f64::MAX,
            f64::MIN,
            f64::EPSILON,
            9_007_199_254_740_993.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ] {
            assert_eq!(read(&written(x)).unwrap().to_bits(), x.to_bits(), "{x:e}");
        }
    }

    #[test]
    fn other_programs_may_write_whole_numbers() {
        assert_eq!(read(r#"{"x":3}"#).unwrap(), 3.0);
        assert_eq!(read(r#"{"x":-3}"#).unwrap(), -3.0);
    }

    #[test]
    fn anything_else_is_refused_in_words() {
        for text in ["\"nan\"", "\"NaN(0x1)\"", "\"NaN(0xzz)\"", "\"1.5\"", "null", "true", "1e999"] {
            assert!(read(&format!(r#"{{"x":{text}}}"#)).is_err(), "{text}");
        }
        let message = read(r#"{"x":"many"}"#).unwrap_err().to_string();
        assert!(message.contains(r#"a number, "NaN", "Infinity""#), "{message}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn every_bit_pattern_returns(bits in any::<u64>()) {
            let x = f64::from_bits(bits);
            prop_assert_eq!(read(&written(x)).unwrap().to_bits(), bits);
        }

        #[test]
        fn every_nan_and_subnormal_returns(mantissa in 1..(1u64 << 52), exponent in 0..2u64, sign in 0..2u64) {
            let bits = sign << 63 | (exponent * 0x7ff) << 52 | mantissa;
            let x = f64::from_bits(bits);
            prop_assert_eq!(read(&written(x)).unwrap().to_bits(), bits);
        }
    }
}

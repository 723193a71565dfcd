//! Safetensors files: round trips, and refusal of malformed and damaged files.

use proptest::prelude::*;
use tensor::safetensors::{CHECKSUM, Dtype, Fault, NewTensor, Reader, SafeTensors, Values, to_bytes};
use tensor::{Layout, ParamVec, Role};

/// File with this header and `data` zero bytes after it.
fn file(header: &str, data: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; data]].concat()
}

/// A tensor in a header.
fn entry(name: &str, dtype: &str, shape: &str, place: [u64; 2]) -> String {
    format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{},{}]}}"#, place[0], place[1])
}

fn refused(bytes: &[u8]) -> String {
    let error = SafeTensors::parse(bytes).expect_err("no whole file");
    // The same file on disk is refused, before or after its numbers are read.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).unwrap();
    let located = SafeTensors::load(&path).expect_err("no whole file");
    assert_eq!(located.to_string(), format!("{}: {error}", path.display()));
    assert!(!located.hint().is_empty());
    let message = error.to_string();
    assert!(message.len() < 700 && !message.contains(char::is_control), "{message:?}");
    message
}

#[test]
fn malformed_files_are_refused_with_a_reason() {
    let one = entry("a", "F32", "[1]", [0, 4]);
    let both = |second: &str| format!("{{{one},{second}}}");
    let long = "n".repeat(100_000);
    let deep = format!("{{{}}}", "[".repeat(100_000));
    let rows: Vec<(Vec<u8>, &str)> = vec![
        (vec![1, 0, 0, 0, 0, 0, 0], "expected at least 8 bytes, found 7"),
        (vec![0xff; 64], "expected a header of at most 100000000 bytes, found 18446744073709551615"),
        (file("{}", 0)[..9].to_vec(), "expected a header of 2 bytes, found 1 bytes"),
        (file("", 0), "EOF"),
        (file("[]", 0), "an object of tensors"),
        (file("{} {}", 0), "trailing characters"),
        (file("{\"a\":1}", 0), "dtype, shape and data_offsets of a tensor"),
        (file(&format!("{{{one}}}"), 3), "expected 4 bytes of numbers, found 3"),
        (file(&format!("{{{one}}}"), 5), "expected 4 bytes of numbers, found 5"),
        (file("{}", 1), "expected 0 bytes of numbers, found 1"),
        (file(&both(&one), 4), "duplicate tensor `a`"),
        (
            file(&both(&entry("b", "F32", "[1]", [0, 4])), 4),
            "tensor `b` overlaps another: expected start 4, found 0",
        ),
        (
            file(&both(&entry("b", "F32", "[1]", [2, 6])), 6),
            "tensor `b` overlaps another: expected start 4, found 2",
        ),
        (
            file(&both(&entry("b", "F32", "[1]", [8, 12])), 12),
            "tensor `b` follows a gap: expected start 4, found 8",
        ),
        (
            file(&format!("{{{}}}", entry("a", "F32", "[2]", [0, 4])), 4),
            "tensor `a`: expected 8 bytes for shape [2] of F32",
        ),
        (file(&format!("{{{}}}", entry("a", "F32", "[1]", [4, 0])), 4), "found range 4 to 0"),
        (
            file(&format!("{{{}}}", entry("a", "F64", "[4294967296,4294967296]", [0, 8])), 8),
            "tensor `a` of shape [4294967296, 4294967296] is larger than any file",
        ),
        (
            file(&format!("{{{}}}", entry("a", "U8", "[9223372036854775808,2]", [0, 0])), 0),
            "larger than any file",
        ),
        (file(&format!("{{{}}}", entry("a", "F32", "[-1]", [0, 4])), 4), "invalid value: integer `-1`"),
        (file(&format!("{{{}}}", entry("a", "F32", "[1.0]", [0, 4])), 4), "invalid type: floating point"),
        (file(&format!("{{{}}}", entry("a", "F4", "[2]", [0, 1])), 1), "unknown dtype `F4`"),
        (
            file(r#"{"a":{"dtype":"F32","shape":[0]}}"#, 0),
            "expected dtype, shape and data_offsets of tensor `a`",
        ),
        (
            file(r#"{"a":{"dtype":"F32","shape":[0],"shape":[0],"data_offsets":[0,0]}}"#, 0),
            "duplicate field of tensor `a`",
        ),
        (
            file(&format!("{{{}}}", entry("a", "F32", "[1,1,1,1,1,1,1,1,1]", [0, 4])), 4),
            "expected at most 8 sizes",
        ),
        (file(r#"{"__metadata__":{"a":"1","a":"2"}}"#, 0), "duplicate metadata entry `a`"),
        (file(r#"{"__metadata__":{},"__metadata__":{}}"#, 0), "duplicate __metadata__"),
        (file(r#"{"__metadata__":{"a":1}}"#, 0), "a text"),
        (file("{\"a\u{1b}", 0), "control character"),
        (
            file(&format!("{{{}}}", entry(&long, "F32", "[1]", [0, 0])), 0),
            "nnn… (100000 bytes)`: expected 4 bytes",
        ),
        (file(&format!("{{{}}}", entry("a", &long, "[1]", [0, 0])), 0), "nnn… (100000 bytes)`"),
        (file(&format!(r#"{{"a":"{long}"}}"#), 0), "invalid type: string"),
        (file(&deep, 0), "damaged or not a complete safetensors file"),
        (
            file(r#"{"fc1.\u001b[2J":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}"#, 8),
            r"tensor `fc1.\u{1b}[2J`",
        ),
    ];
    for (bytes, why) in rows {
        let message = refused(&bytes);
        assert!(message.starts_with("is damaged or not a complete safetensors file: "), "{message}");
        assert!(message.contains(why), "{message}\nexpected: {why}");
    }
    assert_eq!(refused(&[]), "expected a safetensors file, found an empty file");
}

#[test]
fn files_of_torch_save_are_recognized() {
    let zip = [&b"PK\x03\x04"[..], &[0; 200]].concat();
    let real_zip = [&b"PK\x03\x04\x00\x00\x08\x08"[..], &[0; 200]].concat();
    let old = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e";
    for bytes in [&zip[..], &real_zip, old] {
        assert_eq!(refused(bytes), "this is a file of torch.save; save with safetensors.torch.save_file");
    }
}

#[test]
fn a_file_of_another_program_is_read() {
    let header = format!(
        r#"{{ "fc10" :{},"fc2":{},"half":{},"none":{},"more":{{"extra":[1,{{}}],"shape":[2],"dtype":"BF16","data_offsets":[10,14]}},
            "__metadata__":{{"format":"pt","n\u00e4me":"ü"}}}}   "#,
        &entry("", "F32", "[]", [0, 4])[3..],
        &entry("", "F32", "[1,1]", [4, 8])[3..],
        &entry("", "F16", "[1]", [8, 10])[3..],
        &entry("", "I64", "[5,0]", [14, 14])[3..],
    );
    let mut bytes = file(&header, 14);
    let data = bytes.len() - 14;
    bytes[data..].copy_from_slice(&[0, 0, 128, 63, 0, 0, 0, 192, 0, 60, 128, 63, 0, 192]);
    let tensors = SafeTensors::parse(&bytes).unwrap();
    let names: Vec<&str> = tensors.header().tensors().map(|info| info.name).collect();
    assert_eq!(names, ["fc2", "fc10", "half", "more", "none"]);
    for (name, expected) in [("fc10", &[1.0][..]), ("fc2", &[-2.0]), ("half", &[1.0]), ("more", &[1.0, -2.0])]
    {
        assert_eq!(tensors.expect(name).unwrap().f32s().unwrap(), expected, "{name}");
    }
    assert_eq!(tensors.header().metadata("näme"), Some("ü"));
    assert!(!tensors.header().is_checked());
    let none = tensors.get("none").unwrap();
    assert_eq!((none.info.dtype, none.info.shape, none.bytes), (Dtype::I64, &[5, 0][..], &[][..]));
    let message = none.f32s().unwrap_err().to_string();
    assert_eq!(message, "tensor `none`: expected dtype F32, found I64");
    let message = tensors.expect("fc3").unwrap_err().to_string();
    assert_eq!(message, "expected a tensor `fc3`, found `fc2`, `fc10`, `half`, `more`, `none`");
}

/// Small file with every feature of the format.
fn written() -> Vec<u8> {
    let weight = NewTensor { name: "w".into(), shape: vec![2, 1], values: Values::F32(&[0.5, -1.5]) };
    let scalar = NewTensor { name: "s".into(), shape: vec![], values: Values::F64(&[0.1]) };
    to_bytes(&[weight, scalar], &[("notes", "{\"a\":\"b\"}")])
}

#[test]
fn damage_to_any_byte_is_found() {
    let whole = written();
    assert!(SafeTensors::parse(&whole).unwrap().header().is_checked());
    for place in 0..whole.len() {
        for change in (0..8).map(|bit| 1 << bit).chain([0xff]) {
            let mut other = whole.clone();
            other[place] ^= change;
            let message = SafeTensors::parse(&other).expect_err("damaged").to_string();
            assert!(message.contains("damaged"), "byte {place}: {message}");
        }
    }
    for end in 1..whole.len() {
        assert!(refused(&whole[..end]).contains("damaged"));
    }
    assert!(refused(&[]).contains("an empty file"));
}

/// Damage to the name of the checksum and to the checksum at once.
#[test]
fn damage_to_two_bytes_is_found() {
    let whole = written();
    for first in 0..60 {
        for second in (first + 1)..whole.len() {
            for byte in [b' ', b'0', b'x'] {
                let mut other = whole.clone();
                (other[first], other[second]) = (byte, byte);
                let accepted = SafeTensors::parse(&other).is_ok();
                assert_eq!(accepted, other == whole, "bytes {first} and {second} are {byte:?}");
            }
        }
    }
}

/// Bytes that were moved, or come from another file with a checksum.
#[test]
fn damage_to_many_bytes_is_found() {
    let whole = written();
    let other =
        to_bytes(&[NewTensor { name: "w".into(), shape: vec![4], values: Values::F32(&[0.5; 4]) }], &[]);
    let data = whole.len() - 16;
    let mut swapped = whole.clone();
    swapped[data..].rotate_left(8);
    let mixed = [&whole[..data], &other[other.len() - 16..]].concat();
    for bytes in [swapped, mixed] {
        assert!(matches!(SafeTensors::parse(&bytes).unwrap_err().fault(), Fault::Checksum { .. }));
    }
}

/// A program that keeps the metadata of a file but writes other numbers or another order of keys.
#[test]
fn a_stale_checksum_differs_from_a_missing_one() {
    let whole = written();
    let value = SafeTensors::parse(&whole).unwrap().header().metadata(CHECKSUM).unwrap().to_string();
    for key in [CHECKSUM, "descent.sha255"] {
        let message = refused(&file(&format!(r#"{{"__metadata__":{{"a":"","{key}":"{value}"}}}}"#), 0));
        assert!(message.starts_with("is damaged: its checksum is not "), "{message}");
    }
    let carried = file(&format!(r#"{{"__metadata__":{{"a":"","{CHECKSUM}":"{value}"}}}}"#), 0);
    let error = SafeTensors::parse(&carried);
    assert!(error.unwrap_err().hint().ends_with("leave out the metadata entry descent.sha256"));
}

#[test]
fn a_sparse_file_after_a_short_header_costs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse");
    std::fs::write(&path, file(&format!("{{{}}}", entry("a", "F32", "[1]", [0, 4])), 4)).unwrap();
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(1 << 40).unwrap();
    let message = SafeTensors::load(&path).unwrap_err().to_string();
    assert!(message.contains("expected 4 bytes of numbers, found 1099511627"), "{message}");
    // The header matches the file, so the shape can be refused before the numbers are read.
    let size = (1u64 << 40) - 8;
    let header = format!("{{{}}}", entry("a", "U8", &format!("[{size}]"), [0, size]));
    std::fs::write(&path, file(&header, 0)).unwrap();
    let whole = 8 + header.len() as u64 + size;
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(whole).unwrap();
    let reader = Reader::open(&path).unwrap();
    assert_eq!(reader.header().tensor("a").unwrap().shape, [size as usize]);
    let mut layout = Layout::new();
    layout.push("a", [1], Role::Bias);
    let message = ParamVec::load(&path, layout).unwrap_err().to_string();
    assert!(message.ends_with("tensor `a`: expected dtype F32, found U8"), "{message}");
}

#[test]
fn a_special_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path(), std::path::Path::new("no/such/file")] {
        assert!(matches!(SafeTensors::load(path).unwrap_err().fault(), Fault::File(_)));
    }
}

fn layout() -> Layout {
    let mut layout = Layout::new();
    layout.push("fc.weight", [2, 3], Role::Matrix);
    layout.push("fc.bias", [2], Role::Bias);
    layout
}

#[test]
fn parameters_round_trip_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    let mut weights: ParamVec = ParamVec::zeros(layout());
    let odd = [f32::NAN, -f32::NAN, f32::from_bits(0x7f80_0001), -0.0, 1e-45, f32::NEG_INFINITY, 1.0, 2.0];
    weights.as_mut_slice().copy_from_slice(&odd);
    weights.save(&path).unwrap();
    let bits = |weights: &ParamVec| weights.as_slice().iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&ParamVec::load(&path, layout()).unwrap()), bits(&weights));

    let mut wider = layout();
    wider.push("head.weight", [1], Role::Matrix);
    let mut other = Layout::new();
    other.push("fc.weight", [3, 2], Role::Matrix);
    let mut fewer = Layout::new();
    fewer.push("fc.bias", [2], Role::Bias);
    for (layout, why) in [
        (wider, "expected a tensor `head.weight`, found `fc.bias`, `fc.weight`"),
        (other, "tensor `fc.weight`: expected shape [3, 2], found [2, 3]"),
        (fewer, "unknown tensors: `fc.weight`"),
    ] {
        let message = ParamVec::load(&path, layout).unwrap_err().to_string();
        assert_eq!(message, format!("{}: {why}", path.display()));
    }
}

#[test]
fn prefixes_separate_vectors_of_one_file() {
    let mut weights: ParamVec = ParamVec::zeros(layout());
    weights.as_mut_slice().fill(2.0);
    let zeros = weights.zeros_like();
    let bytes = to_bytes(&[weights.tensors("weights."), zeros.tensors("momenta.")].concat(), &[]);
    let tensors = SafeTensors::parse(&bytes).unwrap();
    assert_eq!(ParamVec::from_tensors(&tensors, "weights.", layout()).unwrap(), weights);
    assert_eq!(ParamVec::from_tensors(&tensors, "momenta.", layout()).unwrap(), zeros);
}

#[test]
#[should_panic(expected = "expected 2 numbers, found 1")]
fn a_shape_that_does_not_fit_its_numbers_panics() {
    to_bytes(&[NewTensor { name: "a".into(), shape: vec![2], values: Values::F32(&[0.0]) }], &[]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any names, texts, shapes and bits.
    #[test]
    fn what_is_written_comes_back(
        tensors in prop::collection::btree_map(".{0,12}", (prop::collection::vec(0..4usize, 0..4), any::<u32>()), 0..6),
        notes in prop::collection::btree_map(".{0,12}", ".{0,20}", 0..4),
    ) {
        prop_assume!(!tensors.contains_key("__metadata__"));
        let values: Vec<Vec<f32>> = tensors.values().map(|(shape, bits)| {
            let count = shape.iter().product::<usize>() as u32;
            (0..count).map(|i| f32::from_bits(bits.wrapping_mul(i + 1))).collect()
        }).collect();
        let new: Vec<NewTensor<'_>> = tensors.iter().zip(&values).map(|((name, (shape, _)), values)| {
            NewTensor { name: name.clone(), shape: shape.clone(), values: Values::F32(values) }
        }).collect();
        let metadata: Vec<(&str, &str)> = notes.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let bytes = to_bytes(&new, &metadata);
        let read = SafeTensors::parse(&bytes).unwrap();
        prop_assert_eq!(read.header().tensors().len(), tensors.len());
        prop_assert_eq!(read.header().all_metadata().len(), notes.len() + 1);
        for tensor in &new {
            let Values::F32(values) = tensor.values else { unreachable!() };
            let found = read.expect(&tensor.name).unwrap().with_shape(&tensor.shape).unwrap().f32s().unwrap();
            let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&found), bits(values));
        }
        for (key, value) in &notes {
            prop_assert_eq!(read.header().metadata(key), Some(value.as_str()));
        }
    }
}

//! Weights to and from PyTorch.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use autograd::BufferPool;
use nn::{Activation, Architecture, Model};
use tensor::ParamVec;
use tensor::safetensors::to_bytes;
use train::weights;

/// Written by `scripts/pytorch/weights.py`: a net that PyTorch initialized, an input, and the
/// output that PyTorch computed.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// The running statistics of a model that has none.
fn none() -> ParamVec {
    ParamVec::zeros(tensor::Layout::new())
}

#[test]
fn a_file_from_pytorch_gives_pytorchs_output() {
    let saved = weights::load(&fixture("from_pytorch.safetensors")).unwrap();
    let expected = Architecture::Mlp { hidden: vec![5, 4], activation: Activation::Relu };
    assert_eq!((&saved.architecture, saved.inputs, saved.classes), (&expected, 6, 3));
    let model = saved.architecture.build(1, 6, 3);
    let text = std::fs::read_to_string(fixture("from_pytorch.json")).unwrap();
    let expected: HashMap<String, Vec<f32>> = serde_json::from_str(&text).unwrap();
    let pool = BufferPool::new();
    let tape = pool.tape(&saved.weights);
    let output = model.forward(tape.input([2, 6], &expected["input"]));
    for (ours, theirs) in output.values().iter().zip(&expected["output"]) {
        assert!((ours - theirs).abs() < 1e-6, "{ours}, in PyTorch {theirs}");
    }
}

/// `scripts/pytorch/weights.py --check` loads this very file in PyTorch.
#[test]
fn a_file_for_pytorch_is_byte_for_byte_the_one_that_pytorch_was_seen_to_load() {
    let weights = Model::mlp(&[6, 5, 4, 3], Activation::Relu).init(11);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    weights::save(&path, &weights, &none(), &BTreeMap::new()).unwrap();
    let written = std::fs::read(&path).unwrap();
    let committed = fixture("to_pytorch.safetensors");
    if std::env::var_os("DESCENT_BLESS").is_some() {
        std::fs::write(&committed, &written).unwrap();
    }
    assert_eq!(written, std::fs::read(committed).unwrap());
    assert_eq!(weights::load(&path).unwrap().weights, weights);
}

#[test]
fn odd_bits_survive() {
    let mut weights = Model::mlp(&[2, 2], Activation::Relu).init(0);
    let odd =
        [f32::NAN, -f32::NAN, f32::from_bits(0x7f80_0001), -0.0, f32::MIN_POSITIVE / 4.0, f32::NEG_INFINITY];
    weights.as_mut_slice().copy_from_slice(&odd);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.safetensors");
    weights::save(&path, &weights, &none(), &BTreeMap::new()).unwrap();
    let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(weights::load(&path).unwrap().weights.as_slice()), bits(&odd));
}

#[test]
fn what_is_no_model_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.safetensors");
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        weights::load(&path).unwrap_err().to_string()
    };
    for no_file in [Path::new("/dev/zero"), folder.path()] {
        let message = weights::load(no_file).unwrap_err().to_string();
        assert!(message.contains("expected a regular file") || message.contains("No such file"), "{message}");
    }
    assert!(refused(b"").contains("expected a safetensors file, found an empty file"));
    assert!(refused(b"\x89PNG\r\n\x1a\n....").contains("expected a safetensors file, found a PNG picture"));
    assert!(refused(&[0xff; 64]).contains("not a complete safetensors file"));
    let file = |header: &str, data: usize| {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; data]].concat()
    };
    let tensor = |name: &str, dtype: &str, shape: &str, from: usize, to: usize| {
        format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{from},{to}]}}"#)
    };
    let weight = tensor("fc1.weight", "F32", "[1,2]", 0, 8);
    let missing = refused(&file(&format!("{{{weight}}}"), 8));
    assert!(missing.contains("fc1.bias"), "{missing}");
    let wrong_type = refused(&file(&format!("{{{}}}", tensor("fc1.weight", "F16", "[2,2]", 0, 8)), 8));
    assert!(wrong_type.contains("fc1"), "{wrong_type}");
    let wrong_shape =
        refused(&file(&format!("{{{weight},{}}}", tensor("fc1.bias", "F32", "[3]", 8, 20)), 20));
    assert!(wrong_shape.contains("tensor `fc1.bias`: expected shape [1], found [3]"), "{wrong_shape}");
    let bias = tensor("fc1.bias", "F32", "[1]", 8, 12);
    let extra =
        refused(&file(&format!("{{{weight},{bias},{}}}", tensor("conv.weight", "F32", "[1]", 12, 16)), 16));
    assert!(extra.contains("conv.weight"), "{extra}");
    let overlap = refused(&file(&format!("{{{weight},{}}}", tensor("fc1.bias", "F32", "[1]", 4, 8)), 12));
    assert!(overlap.contains("not a complete safetensors file"), "{overlap}");
}

/// Each architecture is known again by the names of its tensors, whoever wrote them.
#[test]
fn every_model_comes_back_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    for (name, _) in Architecture::NAMES {
        let architecture = Architecture::by_name(name).unwrap();
        let model = architecture.build(28, 28, 7);
        let (weights, mut buffers) = (model.init(1), model.buffers());
        buffers.as_mut_slice().iter_mut().enumerate().for_each(|(i, x)| *x = i as f32);
        weights::save(&path, &weights, &buffers, &BTreeMap::new()).unwrap();
        let saved = weights::load(&path).unwrap();
        assert_eq!((saved.architecture, saved.inputs, saved.classes), (architecture, 784, 7));
        assert_eq!((saved.weights, saved.buffers), (weights, buffers), "{name}");
    }
}

/// PyTorch also stores the number of batches of each batch norm.
#[test]
fn the_counters_of_pytorchs_batch_norm_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = Architecture::by_name("resnet-mini").unwrap().build(28, 28, 10);
    weights::save(&path, &model.init(1), &model.buffers(), &BTreeMap::new()).unwrap();
    let whole = std::fs::read(&path).unwrap();
    let length = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let data = &whole[8 + length..];
    let mut header: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&whole[8..8 + length]).unwrap();
    // A file of PyTorch has no notes, and no checksum among them.
    header.remove("__metadata__").unwrap();
    let counter = serde_json::json!({
        "dtype": "I64", "shape": [], "data_offsets": [data.len(), data.len() + 8],
    });
    header.insert("bn1.num_batches_tracked".to_string(), counter);
    let header = serde_json::to_vec(&header).unwrap();
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_slice(), data, &[0; 8]].concat();
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(weights::load(&path).unwrap().weights, model.init(1));
}

/// As `DataParallel`, `torch.compile` and trainers that hold the model as an attribute write them.
#[test]
fn prefixes_of_wrapped_models_are_taken_off_where_all_names_have_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrapped.safetensors");
    let prefixes = ["module.", "_orig_mod.", "model.", "_orig_mod.module.", "model.module."];
    for (name, _) in Architecture::NAMES {
        let model = Architecture::by_name(name).unwrap().build(28, 28, 3);
        let (weights, buffers) = (model.init(1), model.buffers());
        for prefix in prefixes {
            let tensors = [weights.tensors(prefix), buffers.tensors(prefix)].concat();
            std::fs::write(&path, to_bytes(&tensors, &[("format", "pt")])).unwrap();
            let saved = weights::load(&path).unwrap();
            assert_eq!((saved.weights, saved.buffers), (weights.clone(), buffers.clone()), "{prefix}{name}");
            assert_eq!(saved.prefix, prefix);
        }
    }
}

#[test]
fn names_with_and_without_a_prefix_in_one_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.safetensors");
    let weights = Model::mlp(&[3, 2], Activation::Relu).init(0);
    for (weight, bias, prefix) in [
        ("module.fc1.weight", "fc1.bias", "module."),
        ("fc1.weight", "model.fc1.bias", "model."),
        ("module.fc1.weight", "model.fc1.bias", "model."),
    ] {
        let mut tensors = weights.tensors("");
        tensors[0].name = weight.to_string();
        tensors[1].name = bias.to_string();
        std::fs::write(&path, to_bytes(&tensors, &[])).unwrap();
        let message = weights::load(&path).unwrap_err().to_string();
        let expected = format!("expected `{prefix}` before all names of tensors or before none");
        for part in [&*expected, weight, bias] {
            assert!(message.contains(part), "no {part:?} in {message}");
        }
    }
}

/// Files that declare more than they contain, or contents that no model has.
#[test]
fn hostile_files_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hostile.safetensors");
    let refused = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        weights::load(&path).unwrap_err().to_string()
    };
    let file = |tensors: &[(&str, &str, usize)]| {
        let (mut at, mut parts) = (0, vec![]);
        for (name, shape, bytes) in tensors {
            let end = at + bytes;
            parts.push(format!(r#""{name}":{{"dtype":"F32","shape":{shape},"data_offsets":[{at},{end}]}}"#));
            at = end;
        }
        let header = format!("{{{}}}", parts.join(","));
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; at]].concat()
    };
    let hole = refused(&file(&[("fc1.weight", "[1,1]", 4), ("fc2.weight", "[1099511627776,0]", 0)]));
    assert!(
        hole.contains("tensor `fc2.weight`: expected widths of 1 or more, found [1099511627776, 0]"),
        "{hole}"
    );
    let pair =
        refused(&file(&[("fc1.weight", "[100000,1]", 400_000), ("fc2.weight", "[100000,1]", 400_000)]));
    let expected = "expected 100000 inputs, as many as `fc1.weight` has outputs, found 1";
    assert!(pair.contains(expected), "{pair}");
    let torch = refused(&[b"PK\x03\x04".as_slice(), &[0; 200]].concat());
    assert!(torch.contains("this is a file of torch.save; save with safetensors.torch.save_file"), "{torch}");
    let escape = refused(&file(&[("fc1.\\u001b[2J\\u001b]0;owned\\u0007weight", "[1,1]", 4)]));
    let expected = r"expected a tensor `fc1.weight`, found `fc1.\u{1b}[2J\u{1b}]0;owned\u{7}weight`";
    assert!(escape.contains(expected), "{escape}");
    let gap =
        refused(&file(&[("fc1.weight", "[1,1]", 4), ("fc1.bias", "[1]", 4), ("fc3.weight", "[1,1]", 4)]));
    assert!(gap.contains("found `fc3.weight` too"), "{gap}");
    let empty = refused(&file(&[("fc1.weight", "[1152921504606846976,0]", 0)]));
    assert!(empty.contains("expected widths of 1 or more"), "{empty}");
    let many: Vec<String> = (0..5000).map(|i| format!("layer{i:05}.{}", "x".repeat(100))).collect();
    let many: Vec<(&str, &str, usize)> = many.iter().map(|name| (name.as_str(), "[1]", 4)).collect();
    let long = refused(&file(&many));
    assert!(long.len() < 1500 && long.contains("(5000 in all)"), "{long}");
}

#[test]
fn a_weight_that_is_not_finite_is_named() {
    let mut weights = Model::mlp(&[2, 2], Activation::Relu).init(0);
    assert_eq!(weights::not_finite(&weights), None);
    weights.as_mut_slice()[5] = f32::NAN;
    assert_eq!(weights::not_finite(&weights), Some(("fc1.bias", 1)));
}

/// A file for one purpose that was given for another.
#[test]
fn models_checkpoints_and_states_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    let optimizer = optim::Optimizer::of_slice("adam".parse().unwrap(), 3).unwrap();
    std::fs::write(&path, optimizer.state_dict().to_safetensors()).unwrap();
    let message = weights::load(&path).unwrap_err().to_string();
    assert!(
        message.ends_with("expected a model or a checkpoint, found a file of `optimizer state`"),
        "{message}"
    );
}

#[test]
fn damage_to_any_byte_of_a_model_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let notes = [("dataset", "mnist"), ("mean", "0.5")].map(|(name, text)| (name.into(), text.into()));
    let whole = weights::model(&Model::mlp(&[3, 2], Activation::Relu).init(0), &none(), &notes.into());
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 1 << (place % 8);
        std::fs::write(&path, &damaged).unwrap();
        let message = weights::load(&path).unwrap_err().to_string();
        assert!(message.contains("damaged"), "byte {place}: {message}");
    }
}

/// Time grows with the file in proportion: twice the square of these layers would take minutes.
#[test]
fn a_model_of_many_layers_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep.safetensors");
    let model = Model::mlp(&[1; 30_001], Activation::Relu);
    weights::save(&path, &model.init(0), &none(), &BTreeMap::new()).unwrap();
    let saved = weights::load(&path).unwrap();
    assert_eq!(saved.weights.layout().entries().len(), 60_000);
}

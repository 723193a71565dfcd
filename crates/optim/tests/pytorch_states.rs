//! Training that PyTorch began, gone on with: against where PyTorch itself went on to.
//!
//! `tests/fixtures/continued.safetensors` was written by `scripts/pytorch/continued.py`, whose versions are
//! in its metadata. A recording's name is the spec that goes on.

use std::path::Path;

use optim::{Optimizer, OptimizerSpec};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};
use tensor::{Layout, Role};

/// Steps of PyTorch's before the export, and the steps after it at which weights were recorded.
const BEFORE: u64 = 10;
const SAMPLED: [usize; 3] = [1, 10, 100];
/// Relative ℓ² distance at the first step after it and later.
const BOUNDS: [f64; 3] = [1e-7, 1e-6, 1e-6];

#[test]
fn every_rule_that_pytorch_has_goes_on_as_pytorch_does() {
    let fixture = fixture();
    let file = SafeTensors::deserialize(&fixture).expect("a safetensors file");
    let gradients = floats(file.tensor("gradients").expect("recorded"));
    let mut seen = vec![];
    for recipe in recipes(&file) {
        let (mut optimizer, part) = optimizer(&recipe);
        optimizer
            .load_pytorch(state(&file, &recipe), false)
            .unwrap_or_else(|error| panic!("{recipe}: {error}"));
        assert_eq!((optimizer.steps(), optimizer.gradient_calls()), (BEFORE, BEFORE), "{recipe}");
        let recorded = floats(file.tensor(&format!("{recipe}/weights")).expect("recorded"));
        let of = |row: usize, rows: &[f32]| -> Vec<f32> {
            let row = &rows[34 * row..34 * (row + 1)];
            part.iter().map(|&i| row[i]).collect()
        };
        let mut w = of(0, &recorded);
        for step in 1..=100 {
            optimizer.step(&mut w, &of(step - 1, &gradients));
            if let Some(k) = SAMPLED.iter().position(|&sampled| sampled == step) {
                let distance = relative_distance(&w, &of(k + 1, &recorded));
                assert!(distance <= BOUNDS[k], "{recipe}: {distance:.1e} after {step} more steps");
            }
        }
        seen.push(recipe.split([' ', ',']).next().expect("a rule").to_string());
    }
    let known = "adadelta adafactor adagrad adam adamax adamw asgd muon nadam nadamw radam rmsprop rprop sgd";
    seen.sort();
    seen.dedup();
    assert_eq!(seen.join(" "), known);
}

#[test]
fn another_optimizer_or_other_settings_are_refused_by_name() {
    let fixture = fixture();
    let file = SafeTensors::deserialize(&fixture).expect("a safetensors file");
    for (saved, ours, why) in [
        ("adamw", "adam", "to have the rule `adam`, found `adamw`"),
        ("nadamw", "nadam weight_decay=0.01", "to have the rule `nadam`, found `nadamw`"),
        (
            "adam beta2=0.99",
            "adam lr=0.01 eps=1e-7",
            "lr is 0.001 there, 0.01 here; beta2 is 0.99 there, 0.999 here; eps is",
        ),
        ("rmsprop", "rmsprop centered=true", "centered is false there, true here"),
        (
            "adagrad lr=0.05 lr_decay=0.01 initial_accumulator=0.1",
            "adagrad lr=0.05 lr_decay=0.01",
            "initial_accumulator is 0.1 there",
        ),
        (
            "sgd lr=0.05 momentum=0.9, maximize",
            "sgd lr=0.05 momentum=0.9",
            "maximize is true there, false here",
        ),
        ("adam, bias: lr=0.01", "adam", "lr is 0.01 there, 0.001 here"),
        (
            "adam beta2=0.99",
            "ema(adam beta2=0.99)",
            "expected a recipe without wrappers, as in PyTorch, found `ema`",
        ),
        ("adam beta2=0.99", "adam beta2=0.99, plateau", "expected a recipe without a plateau"),
        (
            "rprop",
            "rprop eta_plus=1.5 step_max=40",
            "eta_plus is 1.2 there, 1.5 here; step_max is 50 there, 40 here",
        ),
    ] {
        let (mut optimizer, _) = optimizer(ours);
        let before = optimizer.state_dict();
        let message = optimizer.load_pytorch(state(&file, saved), false).expect_err(ours).to_string();
        assert!(message.contains(why), "{message}");
        assert_eq!(optimizer.state_dict(), before, "{ours}");
    }
}

#[test]
fn other_settings_can_be_wanted() {
    let fixture = fixture();
    let file = SafeTensors::deserialize(&fixture).expect("a safetensors file");
    let (mut optimizer, _) = optimizer("adam lr=0.5, cosine");
    assert!(optimizer.load_pytorch(state(&file, "adam beta2=0.99"), false).is_err());
    optimizer.load_pytorch(state(&file, "adam beta2=0.99"), true).expect("forced");
    assert_eq!(
        (optimizer.steps(), optimizer.spec().to_string()),
        (BEFORE, "adam lr=0.5, cosine".to_string())
    );
}

#[test]
fn parameters_are_found_by_name_or_by_order_and_must_have_the_same_sizes() {
    let fixture = fixture();
    let file = SafeTensors::deserialize(&fixture).expect("a safetensors file");
    let bytes = state(&file, "adamax");
    let made = |rows: &[(&str, &[usize])]| {
        let mut layout = Layout::new();
        rows.iter().for_each(|(name, shape)| _ = layout.push(*name, *shape, Role::Matrix));
        Optimizer::of("adamax".parse::<OptimizerSpec>().expect("valid"), layout).expect("valid")
    };
    let [a, bias, b]: [(&str, &[usize]); 3] =
        [("a.weight", &[5, 3]), ("a.bias", &[5]), ("b.weight", &[2, 7])];
    let mut straight = made(&[a, bias, b]);
    straight.load_pytorch(bytes, false).expect("fits");
    let mut turned = made(&[b, a, bias]);
    turned.load_pytorch(bytes, false).expect("found by name");
    let means = |optimizer: &Optimizer| optimizer.state_dict().arrays[0].1.clone();
    assert_eq!(means(&turned)[14..], means(&straight)[..20]);
    assert_eq!(means(&turned)[..14], means(&straight)[20..]);
    let mut renamed = made(&[("u", a.1), ("v", bias.1), ("w", b.1)]);
    renamed.load_pytorch(bytes, false).expect("found by order");
    assert_eq!(means(&renamed), means(&straight));

    for (mut other, why) in [
        (made(&[a, bias]), "expected 2 parameters, found 3"),
        (
            made(&[a, ("a.bias", &[6]), b]),
            "expected parameter 1 to have the shape [6] of `a.bias`, found [5]",
        ),
    ] {
        let message = other.load_pytorch(bytes, false).expect_err(why).to_string();
        assert!(message.contains(why), "{message}");
    }
}

/// `DataParallel` and `torch.compile` put a word before every name; by order, two moments of one shape would
/// be swapped.
#[test]
fn prefixes_are_taken_off_and_equal_shapes_are_never_found_by_order() {
    let fixture = fixture();
    let file = SafeTensors::deserialize(&fixture).expect("a safetensors file");
    let bytes = state(&file, "adamax");
    let made = |rows: [(&str, &[usize]); 3]| {
        let mut layout = Layout::new();
        rows.iter().for_each(|(name, shape)| _ = layout.push(*name, *shape, Role::Matrix));
        Optimizer::of("adamax".parse::<OptimizerSpec>().expect("valid"), layout).expect("valid")
    };
    // Two of one shape, in another order than PyTorch's.
    let rows: [(&str, &[usize]); 3] = [("c.weight", &[5]), ("a.bias", &[5]), ("a.weight", &[5, 3])];
    let renamed = |names: [&'static str; 3]| {
        changed(bytes, move |notes, tensors| {
            notes["names"] = names.into();
            notes["shapes"][2] = vec![5].into();
            for tensor in tensors.iter_mut().filter(|(name, ..)| name.starts_with("2/") && name != "2/step") {
                (tensor.2, tensor.3) = (vec![5], tensor.3[..20].to_vec());
            }
        })
    };
    let means = |optimizer: &Optimizer| optimizer.state_dict().arrays[0].1.clone();
    let mut plain = made(rows);
    plain.load_pytorch(&renamed(["a.weight", "a.bias", "c.weight"]), false).expect("found by name");
    for names in [
        ["module.a.weight", "module.a.bias", "module.c.weight"],
        ["_orig_mod.a.weight", "_orig_mod.a.bias", "_orig_mod.c.weight"],
        ["_orig_mod.module.a.weight", "_orig_mod.module.a.bias", "_orig_mod.module.c.weight"],
        ["model.a.weight", "model.a.bias", "model.c.weight"],
    ] {
        let mut wrapped = made(rows);
        wrapped.load_pytorch(&renamed(names), false).expect("the prefix is taken off");
        assert_eq!(means(&wrapped), means(&plain), "{names:?}");
    }
    for names in [
        ["net.a.weight", "net.a.bias", "net.c.weight"],
        ["module.a.weight", "a.bias", "c.weight"],
        ["a.weight", "a.bias", "a.bias"],
    ] {
        let mut other = made(rows);
        let before = other.state_dict();
        let message = other.load_pytorch(&renamed(names), false).expect_err("other names").to_string();
        assert!(message.contains("expected a parameter `"), "{message}");
        assert_eq!(other.state_dict(), before);
    }
}

#[test]
fn damaged_files_are_errors_that_say_what_is_wrong() {
    let fixture = fixture();
    let file = SafeTensors::deserialize(&fixture).expect("a safetensors file");
    for (saved, change, why) in [
        (
            "adam beta2=0.99",
            (|_, tensors| set_step(tensors, "1/step", 11.0)) as Change,
            "`step` is 10 for `a.weight` and 11 for `a.bias`",
        ),
        (
            "adam beta2=0.99",
            |_, tensors| (0..3).for_each(|i| set_step(tensors, &format!("{i}/step"), 0.5)),
            "expected a whole number of steps, found 0.5",
        ),
        (
            "adam beta2=0.99",
            |_, tensors| tensors.retain(|(name, ..)| !name.starts_with("2/")),
            "expected `step` of `b.weight`",
        ),
        (
            "adam beta2=0.99",
            |_, tensors| tensors.retain(|(name, ..)| name != "2/exp_avg"),
            "expected `exp_avg` of `b.weight`",
        ),
        ("nadam", |_, tensors| set_step(tensors, "1/mu_product", 0.5), "`mu_product` is"),
        (
            "adam beta2=0.99",
            |notes, _| notes["names"] = vec!["x", "a.weight", "a.bias", "b.weight"].into(),
            "expected 3 names in its notes, found 4",
        ),
        (
            "adam beta2=0.99",
            |notes, _| notes["class"] = json!("Sophia"),
            "expected one of the optimizers SGD, ",
        ),
        (
            "adam beta2=0.99",
            |notes, _| notes["version"] = json!(2),
            "expected notes of `torch.optim state` version 1, found `torch.optim state` version 2",
        ),
        (
            "adam beta2=0.99",
            |notes, _| notes["groups"][0]["params"] = json!([0, 2]),
            "expected parameter 1 in one of its groups",
        ),
        (
            "adam beta2=0.99",
            |notes, _| drop(notes.as_object_mut().and_then(|notes| notes.remove("groups"))),
            "missing field `groups`",
        ),
        ("sgd lr=0.05 momentum=0.9", |notes, _| notes["steps"] = Value::Null, "does not count its steps"),
        ("adafactor", |notes, _| notes["groups"][0]["eps"] = json!([1e-3, 1e-3]), "eps1 is 0.001 there"),
        (
            "muon",
            |notes, _| notes["groups"][0]["ns_coefficients"] = json!([2.0, -1.5, 0.5]),
            "ns_coefficients is [2.0,-1.5,0.5] there",
        ),
        (
            "radam",
            |notes, _| notes["groups"][0]["decoupled_weight_decay"] = json!(true),
            "decoupled_weight_decay is true there, always false here",
        ),
    ] {
        let bytes = changed(state(&file, saved), change);
        let (mut optimizer, _) = optimizer(saved);
        let message = optimizer.load_pytorch(&bytes, false).expect_err(why).to_string();
        assert!(message.contains(why), "{message}");
    }
    let bytes = state(&file, "adam beta2=0.99");
    for end in 0..bytes.len() {
        assert!(optimizer("adam beta2=0.99").0.load_pytorch(&bytes[..end], false).is_err());
    }
    let ours = optimizer("adam").0.state_dict().to_safetensors();
    let message = optimizer("adam").0.load_pytorch(&ours, false).expect_err("no export").to_string();
    assert!(message.contains("export_optimizer.py"), "{message}");
}

/// An optimizer that has made no step has no state.
#[test]
fn an_optimizer_without_a_step_is_one_at_its_start() {
    let fixture = fixture();
    let file = SafeTensors::deserialize(&fixture).expect("a safetensors file");
    let bytes = changed(state(&file, "adamax"), |_, tensors| tensors.clear());
    let (mut optimizer, _) = optimizer("adamax");
    let before = optimizer.state_dict();
    optimizer.load_pytorch(&bytes, false).expect("an early export");
    assert_eq!(optimizer.state_dict(), before);
}

type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);
type Change = fn(&mut Value, &mut Vec<Tensor>);

/// The same file with other notes or tensors.
fn changed(bytes: &[u8], change: impl Fn(&mut serde_json::Value, &mut Vec<Tensor>)) -> Vec<u8> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).expect("a header");
    let file = SafeTensors::deserialize(bytes).expect("a safetensors file");
    let mut notes =
        serde_json::from_str(&metadata.metadata().as_ref().expect("notes")["torch"]).expect("JSON");
    let tensors = file.iter().map(|(name, tensor)| {
        (name.to_string(), tensor.dtype(), tensor.shape().to_vec(), tensor.data().to_vec())
    });
    let mut tensors: Vec<Tensor> = tensors.collect();
    change(&mut notes, &mut tensors);
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        (name, TensorView::new(*dtype, shape.clone(), bytes).expect("as many bytes as before"))
    });
    safetensors::serialize(views, Some([("torch".to_string(), notes.to_string())].into())).expect("a file")
}

fn set_step(tensors: &mut [Tensor], name: &str, number: f32) {
    let tensor = tensors.iter_mut().find(|(known, ..)| known == name).expect(name);
    tensor.3 = number.to_le_bytes().to_vec();
}

/// An optimizer of the recorded parameters, and which of the recorded numbers are its weights.
fn optimizer(recipe: &str) -> (Optimizer, Vec<usize>) {
    let mut layout = Layout::new();
    layout.push("a.weight", [5, 3], Role::Matrix);
    let spec: OptimizerSpec = recipe.parse().expect(recipe);
    // PyTorch's Muon takes nothing but matrices.
    let matrices = spec.rule.info().name == "muon";
    if !matrices {
        layout.push("a.bias", [5], Role::Bias);
    }
    layout.push("b.weight", [2, 7], Role::Matrix);
    let part = if matrices { (0..15).chain(20..34).collect() } else { (0..34).collect() };
    (Optimizer::of(spec, layout).expect(recipe), part)
}

fn recipes(file: &SafeTensors<'_>) -> Vec<String> {
    let mut recipes: Vec<String> =
        file.names().iter().filter_map(|name| name.strip_suffix("/state")).map(str::to_string).collect();
    recipes.sort();
    recipes
}

fn state<'a>(file: &SafeTensors<'a>, recipe: &str) -> &'a [u8] {
    file.tensor(&format!("{recipe}/state")).expect(recipe).data()
}

fn floats(tensor: TensorView<'_>) -> Vec<f32> {
    tensor.data().as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

fn fixture() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/continued.safetensors");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// ‖a − b‖ / ‖b‖.
fn relative_distance(a: &[f32], b: &[f32]) -> f64 {
    let difference: f64 = a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2)).sum();
    (difference / b.iter().map(|&b| f64::from(b).powi(2)).sum::<f64>()).sqrt()
}

//! State dicts as bytes: every bit is kept, and no bytes are worse than an error.

use optim::{Optimizer, OptimizerSpec, Requires, StateDict, rules};
use proptest::prelude::*;
use tensor::{Layout, Role};

/// A state with arrays and scalars, of a rule inside a wrapper.
fn prodigy_in_ema() -> Optimizer {
    let mut layout = Layout::new();
    layout.push("weight", [2, 3], Role::Matrix);
    layout.push("bias", [2], Role::Bias);
    let spec = crate::wrapped_bits::spec(&["ema"], "prodigy lr=0.5");
    let mut optimizer = Optimizer::of(spec, layout).expect("valid").with_total_steps(9);
    let mut w = crate::numbers(8, 0);
    (1..4).for_each(|step| optimizer.step(&mut w, &crate::numbers(8, step)));
    optimizer
}

#[test]
fn every_bit_is_kept() {
    let mut state = prodigy_in_ema().state_dict();
    let odd = [0x7fc0_1234, 0xff80_0000, 0x8000_0000, 0x0000_0001].map(f32::from_bits);
    state.arrays[0].1[..4].copy_from_slice(&odd);
    for (scalar, bits) in state.scalars.iter_mut().zip([0x7ff8_0000_0000_5678, 1, 1 << 63]) {
        scalar.1 = f64::from_bits(bits);
    }
    state.steps = (1 << 53) - 1;
    let again = StateDict::from_safetensors(&state.to_safetensors()).expect("whole");
    let bits = |state: &StateDict| -> (Vec<u32>, Vec<u64>) {
        let arrays = state.arrays.iter().flat_map(|(_, array)| array).map(|x| x.to_bits()).collect();
        (arrays, state.scalars.iter().map(|(_, x)| x.to_bits()).collect())
    };
    assert_eq!(bits(&again), bits(&state));
    assert_eq!((again.steps, again.parameters), (state.steps, state.parameters));
    assert_eq!(again.recipe, "ema(prodigy lr=0.5)");
}

#[test]
fn a_state_of_something_else_is_refused_with_the_difference() {
    let saved = prodigy_in_ema().state_dict();
    for (change, difference) in [
        (
            (|state| state.recipe = "ema(prodigy lr=0.25)".into()) as fn(&mut StateDict),
            "(expected `lr=0.5)`, found `lr=0.25)`)",
        ),
        (
            |state| state.recipe = "prodigy lr=0.5".into(),
            "state: expected the state of `ema(prodigy lr=0.5)`, found that of `prodigy lr=0.5`",
        ),
        (|state| state.total_steps = 10, "expected schedules over 9 updates, found 10"),
        (
            |state| state.parameters[1].0 = "shift".into(),
            "expected the parameter `bias` [2], found `shift` [2]",
        ),
        (
            |state| state.parameters[0].1 = vec![3, 2],
            "expected the parameter `weight` [2, 3], found `weight` [3, 2]",
        ),
        (|state| state.parameters.truncate(1), "expected 2 parameters, found 1"),
        (|state| state.arrays.truncate(1), ", found [\"exp_avg\"]"),
        (|state| state.arrays[2].1.truncate(5), "expected 8 numbers in `s`, found 5"),
        (|state| state.scalars.clear(), ", found []"),
    ] {
        let mut other = saved.clone();
        change(&mut other);
        let mut optimizer = prodigy_in_ema();
        let message = optimizer.load_state_dict(other).expect_err(difference).to_string();
        assert!(
            message.starts_with("incompatible optimizer state: ") && message.contains(difference),
            "{message}"
        );
        assert_eq!(optimizer.state_dict(), saved, "{difference}: something was changed");
    }
}

#[test]
fn another_method_can_be_wanted_all_the_same() {
    let mut faster =
        Optimizer::from_boxed(optim::parse_rule("adam lr=0.1").expect("valid"), 3).expect("valid");
    let slower = Optimizer::from_boxed(optim::parse_rule("adam lr=0.01").expect("valid"), 3).expect("valid");
    let state = StateDict { steps: 5, total_steps: 7, ..slower.state_dict() };
    assert!(faster.load_state_dict(state.clone()).is_err());
    faster.load_state_dict_of_another(state).expect("the arrays fit");
    assert_eq!(faster.steps(), 5);
}

#[test]
fn a_file_that_is_cut_off_is_an_error_at_every_byte() {
    let file = prodigy_in_ema().state_dict().to_safetensors();
    for end in 0..file.len() {
        let message = StateDict::from_safetensors(&file[..end]).expect_err("cut off").to_string();
        let expected = if end == 0 { "found an empty file" } else { "not a complete safetensors file" };
        assert!(message.contains(expected), "{end}: {message}");
    }
}

#[test]
fn a_file_with_other_notes_or_tensors_is_an_error_that_names_them() {
    let file = unchecked(prodigy_in_ema().state_dict().to_safetensors());
    // The same number of bytes, so that the header's length is right.
    for (from, to, why) in [
        ("optimizer state", "optimizer stats", "`optimizer stats`"),
        (
            r#"\"version\":1"#,
            r#"\"version\":2"#,
            "expected notes of `optimizer state` version 1, found `optimizer state` version 2",
        ),
        (r#"\"steps\":3"#, r#"\"stops\":3"#, "invalid notes: missing field `steps`"),
        (r#""descent""#, r#""ascents""#, "expected an entry `descent`"),
        (r#""exp_avg":{"#, r#""exp_Avg":{"#, "expected a tensor `exp_avg`"),
        (r#""dtype":"F32""#, r#""dtype":"I32""#, "expected dtype F32, found I32"),
        (r#""dtype":"F64""#, r#""dtype":"I64""#, "expected dtype F64, found I64"),
        (
            r#"[\"exp_avg\",\"exp_avg_sq\","#,
            r#"[\"exp_avg\"               ,"#,
            " tensors of its notes, found ",
        ),
        (
            r#"[\"exp_avg\",\"exp_avg_sq\","#,
            r#"[\"exp_avg\",\"exp_avg\"   ,"#,
            "duplicate `exp_avg` in its notes",
        ),
    ] {
        let at = file.windows(from.len()).position(|bytes| bytes == from.as_bytes()).expect(from);
        let mut other = file.clone();
        other[at..at + to.len()].copy_from_slice(to.as_bytes());
        let message = StateDict::from_safetensors(&other).expect_err(to).to_string();
        assert!(message.starts_with("invalid optimizer state: ") && message.contains(why), "{message}");
    }
    let weights = safetensors::serialize([("w", VIEW)], None).expect("a file of weights");
    assert!(StateDict::from_safetensors(&weights).is_err());
}

/// The file under another checksum's name, as a program would leave it that writes none.
fn unchecked(mut file: Vec<u8>) -> Vec<u8> {
    let (from, to) = (&b"descent.sha256\":\"sha256:"[..], &b"another_number\":\"number:"[..]);
    let at = file.windows(from.len()).position(|bytes| bytes == from).expect("it has a checksum");
    file[at..at + to.len()].copy_from_slice(to);
    file
}

#[test]
fn the_reference_implementation_reads_what_is_written() {
    let state = prodigy_in_ema().state_dict();
    let file = state.to_safetensors();
    let read = safetensors::SafeTensors::deserialize(&file).expect("whole");
    for (name, array) in &state.arrays {
        let bytes: Vec<u8> = array.iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(read.tensor(name).expect(name).data(), bytes, "{name}");
    }
}

const VIEW: Bytes = Bytes;

/// One number, for a file that is no state.
struct Bytes;

impl safetensors::View for Bytes {
    fn dtype(&self) -> safetensors::Dtype {
        safetensors::Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &[1]
    }

    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        vec![0; 4].into()
    }

    fn data_len(&self) -> usize {
        4
    }
}

/// Numbers that no run leaves, one by one in each place of every spec's state.
#[test]
fn numbers_out_of_range_are_refused_or_survived() {
    let wrapped = [
        "accumulate(sgd)",
        "if_finite(sgd)",
        "swa(sgd) start=0 every=1",
        "ema(lookahead(sgd))",
        "sgd, plateau",
    ];
    let methods = rules::all().iter().map(|rule| OptimizerSpec::new(rule.boxed())).collect::<Vec<_>>();
    for spec in methods.into_iter().chain(wrapped.map(|text| text.parse().expect("valid"))) {
        let fresh = || Optimizer::of_slice(spec.clone(), 3).expect("valid");
        let mut first = fresh();
        let mut w = [1.0, -2.0, 3.0];
        step(&mut first, &mut w);
        let saved = first.state_dict();
        for place in 0..saved.scalars.len() {
            for x in [-1.0, 0.5, 1.0, 1e3, 2f64.powi(53), 1e300, f64::INFINITY, f64::NAN] {
                let (mut changed, mut other) = (saved.clone(), fresh());
                changed.scalars[place].1 = x;
                if let Err(error) = other.load_state_dict(changed) {
                    assert!(error.to_string().contains(&saved.scalars[place].0), "{error}");
                    assert_eq!(other.state_dict(), fresh().state_dict(), "{spec}: nothing is changed");
                } else {
                    step(&mut other, &mut w);
                    step(&mut other, &mut w);
                }
            }
        }
        for (steps, gradient_calls) in [(u64::MAX, 1), (1 << 53, u64::MAX)] {
            let mut other = fresh();
            if other.load_state_dict(StateDict { steps, gradient_calls, ..saved.clone() }).is_ok() {
                step(&mut other, &mut w);
            }
        }
    }
}

#[test]
fn a_count_beyond_the_memory_is_named() {
    let fresh = || Optimizer::of_slice("lbfgs history=7".parse().expect("valid"), 3).expect("valid");
    let mut saved = fresh().state_dict();
    saved.scalars.iter_mut().find(|(name, _)| name == "pairs").expect("lbfgs counts its pairs").1 = 8.0;
    let refused = fresh().load_state_dict(saved).expect_err("room for seven").to_string();
    assert!(refused.contains("expected `pairs` to be a whole number from 0 to 7, found 8.0"), "{refused}");
}

/// One step on a parabola with all that the spec asks for.
fn step(optimizer: &mut Optimizer, w: &mut [f32]) {
    let mut objective = |w: &[f32], g: &mut [f32]| {
        g.copy_from_slice(w);
        1.0
    };
    match optimizer.requires() {
        Requires::Gradient => optimizer.step(w, &[0.5, -1.0, 0.0]),
        Requires::Loss | Requires::Closure => _ = optimizer.step_on(w, &mut objective),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Files that look like true ones may load, and then steps are made from them.
    #[test]
    fn changed_bytes_are_no_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let all = rules::all();
        let rule = &all[which.index(all.len())];
        let fresh = || Optimizer::of_slice(OptimizerSpec::new(rule.boxed()), 3).expect("valid");
        let mut optimizer = fresh();
        let mut w = [1.0, -2.0, 3.0];
        step(&mut optimizer, &mut w);
        let whole = optimizer.state_dict().to_safetensors();
        let change = |mut file: Vec<u8>| {
            for (place, byte) in &changes {
                let place = place.index(file.len());
                file[place] = *byte;
            }
            file
        };
        let damaged = change(whole.clone());
        prop_assert_eq!(StateDict::from_safetensors(&damaged).is_ok(), damaged == whole);
        // Without a checksum, some changes cannot be told.
        let file = change(unchecked(whole));
        if let Ok(state) = StateDict::from_safetensors(&file) {
            let mut other = fresh();
            if other.load_state_dict(state).is_ok() {
                step(&mut other, &mut w);
                step(&mut other, &mut w);
            }
        }
    }
}

//! Updates, bit for bit those of `optim`.

use lessons::browser::kernel;
use optim::hyper::Value;
use optim::{Optimizer, OptimizerSpec};
use tensor::random::Stream;

/// Recipes of a rule: its defaults, then each setting changed, alone and with the settings before it.
pub(crate) fn recipes(name: &str) -> Vec<OptimizerSpec> {
    let default: OptimizerSpec = name.parse().expect("a rule");
    let (mut found, mut all_changed) = (vec![default.clone()], default.clone());
    for hyper in default.rule.hypers() {
        let changed = match hyper.default {
            Value::Number(0.0) => Value::Number(0.1),
            Value::Number(x) => Value::Number(0.9 * x),
            Value::Flag(flag) => Value::Flag(!flag),
            _ => continue,
        };
        for base in [&default, &all_changed.clone()] {
            let mut spec = base.clone();
            spec.rule.set(hyper.name, changed).expect("in range");
            if spec.validate().is_ok() {
                found.push(spec.clone());
                all_changed = spec;
            }
        }
    }
    let mut clipped = default;
    clipped.clip = format!("{name}, clip=0.5").parse::<OptimizerSpec>().expect("a recipe").clip;
    found.push(clipped);
    found
}

#[test]
fn updates_equal_those_of_optim_bit_for_bit() {
    // One block and a part of one; some gradients are 0, some tiny, some huge.
    const WEIGHTS: usize = 37;
    for rule in wasm::rules::ALL {
        for spec in recipes(rule.name) {
            let numbers = kernel(&spec).unwrap_or_else(|| panic!("`{spec}` has no kernel"));
            let mut settings = [0.0; 8];
            settings.copy_from_slice(&numbers.settings);
            let max_norm = numbers.max_norm.unwrap_or(f64::INFINITY);
            let mut ours = wasm::Optimizer::new(rule, settings, max_norm, WEIGHTS);
            let mut theirs = Optimizer::of_slice(spec.clone(), WEIGHTS).expect("a valid recipe");
            let mut stream = Stream::new(1, rule.name);
            let mut draw = || -> Vec<f32> { (0..WEIGHTS).map(|_| stream.normal()).collect() };
            let mut weights = [draw(), vec![]];
            weights[1] = weights[0].clone();
            for step in 0..60 {
                let mut gradient = draw();
                gradient[step % WEIGHTS] = 0.0;
                gradient[(step + 1) % WEIGHTS] *= 1e-30;
                gradient[(step + 2) % WEIGHTS] *= 1e4;
                ours.step(&mut weights[0], &gradient);
                theirs.step(&mut weights[1], &gradient);
                assert_eq!(bits(&weights[0]), bits(&weights[1]), "`{spec}` at step {step}");
            }
            let arrays = theirs.state_dict().arrays;
            let names: Vec<&str> = arrays.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, numbers.arrays, "`{spec}`");
            let state: Vec<f32> = arrays.into_iter().flat_map(|(_, array)| array).collect();
            assert_eq!(bits(ours.state()), bits(&state), "`{spec}`");
        }
    }
}

fn bits(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn parts_that_the_kernels_lack_are_seen() {
    for recipe in [
        "sam(adam)",
        "adam, cosine",
        "adam, clip_value=1",
        "adamw, no_decay=bias",
        "sgd, fc1.*: lr=0.1",
        "shampoo",
        "adam, beta1: one_cycle 0.95..0.85",
    ] {
        assert_eq!(kernel(&recipe.parse().expect(recipe)), None, "{recipe}");
    }
}

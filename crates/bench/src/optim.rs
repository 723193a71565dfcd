//! Cost of an update: each rule, a plain in-place stream over as many arrays, and the
//! optimizers of other libraries, in turns; and what rules with matrix products reach of the peak.

mod matrix;
mod stream;
mod table;

use std::time::Instant;

use nn::{Activation, Model};
use optim::{DynRule, Optimizer, Requires, Tier, rules};
use tensor::{Layout, Role};

use super::baselines::{Baseline, Comparison, Program, Target, Tools, data_folder, python, read};
use super::options::Options;
use super::workload::{Repetition, Workload, size};
use super::write_json;

/// Many more weights than any cache holds; the SimpleNN's.
const SIZES: [usize; 2] = [10_000_000, 109_386];

const BASELINES: [Baseline; 6] = [
    Baseline::new("Descent", "Descent", Program::Descent, "update"),
    Baseline::new("stream", "stream", Program::Descent, "stream"),
    Baseline::new("PyTorch fused", "fused", Program::Script("pytorch_update.py"), "fused"),
    Baseline::new("PyTorch foreach", "each", Program::Script("pytorch_update.py"), "foreach"),
    Baseline::new("PyTorch for-loop", "loop", Program::Script("pytorch_update.py"), "forloop"),
    Baseline::new("optax, one jit", "optax", Program::Script("optax_update.py"), "jit"),
];

/// Measures every rule of the registry.
pub(super) fn run(options: &Options) -> Result<(), String> {
    let workloads: Vec<Workload> =
        workloads().into_iter().filter(|work| options.wants(&work.name())).collect();
    let path = options.json_or("results/bench-optim.json");
    let rounds = options.rounds_or(5);
    if !workloads.is_empty() && rounds > 0 {
        let baselines = if options.baselines { &BASELINES[..] } else { &BASELINES[..2] };
        let python = if options.baselines { python(options.python.as_ref()) } else { Err(String::new()) };
        let tools = Tools { data: data_folder(), python, rust: Err(String::new()) };
        let seconds = options.seconds;
        let comparison = Comparison { baselines, tools: &tools, rounds, seconds, tolerance: 0.02, targets };
        comparison.run(&workloads, &path)?;
    }
    let rows = matrix::measure(options, rounds);
    if workloads.is_empty() && rows.is_empty() && rounds > 0 {
        return Err(options.nothing());
    }
    if !rows.is_empty() {
        let mut report = read(&path);
        rows.into_iter().for_each(|(name, figures)| report["matrix"][name] = figures);
        write_json(&path, &report)?;
    }
    table::show(&path, &BASELINES)
}

fn workloads() -> Vec<Workload> {
    let mut workloads = Vec::new();
    for threads in [1, 2] {
        for weights in SIZES {
            for rule in rules::all() {
                if rule.requires() == Requires::Gradient {
                    let (warm, updates) = if weights < 1_000_000 { (50, 200) } else { (1, 3) };
                    let words = format!("update {rule} weights={weights}");
                    workloads.push(Workload { words, updates, warm, threads });
                }
            }
        }
    }
    workloads
}

/// Targets, as multiples of Descent's time. Rules that look at whole tensors are held to the
/// machine's peak instead.
fn targets(workload: &str) -> Vec<Target> {
    let rule = spec(workload).and_then(|spec| optim::parse_rule(spec).ok());
    if rule.is_none_or(|rule| rule.tier() != Tier::Elementwise) {
        return vec![];
    }
    let target = |against, baselines, times| Target { against, baselines, times };
    let (fused, optax) = (&["PyTorch fused"], &["optax, one jit"]);
    match size(workload, "weights") {
        Ok(10_000_000) => vec![
            target("fused", fused, 1.0),
            target("optax", optax, 1.5),
            target("foreach", &["PyTorch foreach"], 5.0),
            target("for-loop", &["PyTorch for-loop"], 5.0),
        ],
        _ => vec![target("fused", fused, 4.0), target("optax", optax, 4.0)],
    }
}

/// The rule and its settings in a workload's words.
fn spec(workload: &str) -> Option<&str> {
    Some(workload.strip_prefix("update ")?.split_once(" weights=")?.0)
}

/// `update RULE weights=N warm=K updates=U`, of the rule itself or of its stream.
pub(super) fn repetition(workload: &str, variant: &str) -> Result<Repetition, String> {
    let [n, warm, updates] =
        [size(workload, "weights")?, size(workload, "warm")?, size(workload, "updates")?];
    let spec = spec(workload).ok_or_else(|| format!("no workload `{workload}`"))?;
    let rule = optim::parse_rule(spec).map_err(|error| error.to_string())?;
    let g: Vec<f32> = (0..n).map(|i| ((i % 97) as f32 - 48.0) * 1e-3).collect();
    if variant == "stream" {
        return Ok(stream::repetition(arrays(&*rule), g, warm, updates));
    }
    let layout = layout(n);
    let mut w = vec![1.0_f32; n];
    Ok(Box::new(move || {
        w.fill(1.0);
        let mut optimizer =
            Optimizer::from_boxed(rule.boxed(), n).expect("defaults are valid").with_layout(layout.clone());
        (0..warm).for_each(|_| optimizer.step(&mut w, &g));
        let begun = Instant::now();
        (0..updates).for_each(|_| optimizer.step(&mut w, &g));
        let seconds = begun.elapsed().as_secs_f64();
        let moved = w.iter().map(|w| f64::from((w - 1.0).abs())).sum::<f64>();
        // Some rules double their steps while gradients stay.
        (seconds, Some(moved / n as f64).filter(|moved| moved.is_finite()))
    }))
}

/// Arrays that are read and written: the weights, and the state of each weight.
fn arrays(rule: &dyn DynRule) -> usize {
    rule.memory_traffic().written as usize
}

/// The SimpleNN's parameters, or one of `n` weights.
fn layout(n: usize) -> Layout {
    let simplenn = Model::mlp(&[784, 128, 64, 10], Activation::Relu);
    if simplenn.layout().len() == n {
        return (**simplenn.layout()).clone();
    }
    let mut layout = Layout::new();
    layout.push("weights", [n], Role::Matrix);
    layout
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every rule that is listed can be asked for by the words of its workload, and moves.
    #[test]
    fn every_rule_has_its_workload() {
        for work in workloads().iter().filter(|work| work.threads == 1 && work.words.ends_with("=109386")) {
            let words = work.words.replace("=109386", "=970") + " warm=1 updates=2";
            let (seconds, moved) = repetition(&words, "update").expect("its own words")();
            let moved = moved.expect("a distance");
            assert!(seconds > 0.0 && moved > 0.0 && moved.is_finite(), "{words}: {moved}");
            let (seconds, value) = repetition(&words, "stream").expect("its own words")();
            assert!(seconds > 0.0 && value.is_none(), "{words}");
        }
    }
}

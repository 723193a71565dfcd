//! What an update costs: each rule beside a plain in-place stream over as many arrays, and beside the
//! optimizers of other libraries, in turns.

mod stream;
mod table;

use std::time::Instant;

use nn::{Activation, Model};
use optim::{Needs, Optimizer, Rule, rules};
use tensor::{Layout, Role};

use super::options::Options;
use super::peers::{Comparison, Peer, Program, Repetition, Tools, Workload, data_folder, python, size};

/// Many more weights than any cache holds; the SimpleNN's.
const SIZES: [usize; 2] = [10_000_000, 109_386];

const PEERS: [Peer; 6] = [
    Peer::new("Descent", "Descent", Program::Descent, "update"),
    Peer::new("stream", "stream", Program::Descent, "stream"),
    Peer::new("PyTorch fused", "fused", Program::Script("pytorch_update.py"), "fused"),
    Peer::new("PyTorch foreach", "each", Program::Script("pytorch_update.py"), "foreach"),
    Peer::new("PyTorch for-loop", "loop", Program::Script("pytorch_update.py"), "forloop"),
    Peer::new("optax, one jit", "optax", Program::Script("optax_update.py"), "jit"),
];

/// Measures every rule of the registry.
pub(super) fn run(options: &Options) -> Result<(), String> {
    let workloads: Vec<Workload> =
        workloads().into_iter().filter(|work| options.wants(&work.name())).collect();
    let path = options.json_or("results/bench-optim.json");
    let rounds = options.rounds_or(5);
    if !workloads.is_empty() && rounds > 0 {
        let peers = if options.peers { &PEERS[..] } else { &PEERS[..2] };
        let python = if options.peers { python(options.python.as_ref()) } else { Err(String::new()) };
        let tools = Tools { data: data_folder(), python, rust: Err(String::new()) };
        let seconds = options.seconds;
        Comparison { peers, tools: &tools, rounds, seconds, tolerance: 0.02 }.run(&workloads, &path)?;
    }
    table::show(&path, &PEERS)
}

fn workloads() -> Vec<Workload> {
    let mut workloads = Vec::new();
    for threads in [1, 2] {
        for weights in SIZES {
            for rule in rules::all() {
                if rule.needs() == Needs::Gradient {
                    let updates = if weights < 1_000_000 { 200 } else { 3 };
                    workloads.push(Workload {
                        words: format!("update {rule} weights={weights}"),
                        updates,
                        threads,
                    });
                }
            }
        }
    }
    workloads
}

/// `update RULE weights=N updates=U`, of the rule itself or of the stream beside it.
pub(super) fn repetition(workload: &str, variant: &str) -> Result<Repetition, String> {
    let (n, updates) = (size(workload, "weights")?, size(workload, "updates")?);
    let spec = workload.strip_prefix("update ").and_then(|rest| rest.split_once(" weights="));
    let (spec, _) = spec.ok_or_else(|| format!("no workload `{workload}`"))?;
    let rule = rules::parse(spec).map_err(|error| error.to_string())?;
    let g: Vec<f32> = (0..n).map(|i| ((i % 97) as f32 - 48.0) * 1e-3).collect();
    if variant == "stream" {
        return Ok(stream::repetition(arrays(&*rule), g, updates));
    }
    let layout = layout(n);
    let mut w = vec![1.0_f32; n];
    Ok(Box::new(move || {
        w.fill(1.0);
        let mut optimizer =
            Optimizer::from_boxed(rule.boxed(), n).expect("defaults are valid").with_layout(layout.clone());
        optimizer.step(&mut w, &g);
        let begun = Instant::now();
        (0..updates).for_each(|_| optimizer.step(&mut w, &g));
        let seconds = begun.elapsed().as_secs_f64();
        let moved = w.iter().map(|w| f64::from((w - 1.0).abs())).sum::<f64>();
        (seconds, Some(moved / n as f64))
    }))
}

/// Arrays that are read and written: the weights, and the state of each weight.
fn arrays(rule: &dyn Rule) -> usize {
    rule.passes().written as usize
}

/// The SimpleNN's parameters, or one of so many weights.
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
            let words = work.words.replace("=109386", "=970") + " updates=2";
            let (seconds, moved) = repetition(&words, "update").expect("its own words")();
            let moved = moved.expect("a distance");
            assert!(seconds > 0.0 && moved > 0.0 && moved.is_finite(), "{words}: {moved}");
            let (seconds, value) = repetition(&words, "stream").expect("its own words")();
            assert!(seconds > 0.0 && value.is_none(), "{words}");
        }
    }
}

//! The dense network against the machine: products and whole steps as shares of its multiply-add
//! peak, threads and simultaneous runs, memory, and the way to the first step.

use std::io::IsTerminal;

use serde_json::json;
use tensor::simd;

use super::options::Options;
use super::product::Product;
use super::{Case, child, conv, peak, product, quantiles, step, tasks, write_json};

/// Rows whose times are compared: one thread, all cores, and how much faster the second should be.
const SPEEDUPS: [(&str, &str, f64, &str); 3] = [
    ("step, batch 64, sgd", "step, batch 64, sgd, 2 threads", 1.5, "one run on two threads, batch 64"),
    ("step, batch 512, sgd", "step, batch 512, sgd, 2 threads", 1.85, "one run on two threads, batch 512"),
    ("step, batch 64, sgd", "two runs at once, batch 64, sgd", 1.9, "two runs at once, a core each"),
];

pub(super) fn run(options: &Options) -> Result<(), String> {
    if options.rounds_or(15) == 0 {
        return Err(
            "--rounds 0 shows what --baselines has measured; without --baselines, at least 1 is needed"
                .into(),
        );
    }
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let mut cases = cases(options, cores)?;
    let processes = PROCESSES.iter().filter(|(batch, recipe, _)| options.wants(&process(*batch, recipe)));
    if cases.len() == PEAKS && processes.count() == 0 {
        return Err(options.nothing());
    }
    let rounds = options.rounds_or(15);
    let live = std::io::stderr().is_terminal();
    for round in 0..rounds {
        if live {
            eprint!("\rround {} of {rounds}", round + 1);
        }
        for case in &mut cases {
            let seconds = (case.work)();
            case.seconds.push(seconds);
        }
    }
    if live {
        eprint!("\r{:24}\r", "");
    }
    show(&cases, cores, options)
}

/// Rows that are always there.
const PEAKS: usize = 2;

/// The two peaks, which all else is a share of, and what the options ask for.
fn cases(options: &Options, cores: usize) -> Result<Vec<Case>, String> {
    let mut cases = vec![peak::case(1), peak::case(cores)];
    for batch in [64, 512] {
        let products = [Product::Forward, Product::WeightGradient];
        let products = products.into_iter().flat_map(|kind| product::cases(kind, batch));
        cases.extend(products.filter(|case| options.wants(&case.name)));
    }
    let rules = [("sgd", "sgd lr=0.01"), ("adam", "adam lr=0.001"), ("rmsprop", "rmsprop lr=0.001")];
    let digits = step::digits(options.data_dir.as_deref())?;
    for (batch, target) in [(64, 0.75), (512, 0.85), (1, 0.0)] {
        for (name, recipe) in rules {
            let name = format!("step, batch {batch}, {name}");
            if options.wants(&name) {
                cases.push(Case { target, ..step::case(&name, recipe, &digits, batch, 1) });
            }
        }
    }
    for (batch, target) in [(64, 0.75), (512, 0.85)] {
        let name = format!("step, batch {batch}, sgd, noise");
        if options.wants(&name) {
            cases.push(Case { target, ..step::case(&name, "sgd lr=0.01", &step::noise(), batch, 1) });
        }
    }
    if cores > 1 {
        for (batch, target) in [(64, 0.0), (512, 0.0), (60_000, 0.85)] {
            let name = format!("step, batch {batch}, sgd, 2 threads");
            if options.wants(&name) {
                cases.push(Case { target, ..step::case(&name, "sgd lr=0.01", &digits, batch, 2) });
            }
        }
        let name = "two runs at once, batch 64, sgd";
        if options.wants(name) {
            cases.push(step::two_at_once(name, "sgd lr=0.01", &digits, 64));
        }
    }
    cases.extend(conv::cases(cores).into_iter().filter(|case| options.wants(&case.name)));
    cases.extend(tasks::cases(options, cores)?);
    Ok(cases)
}

fn show(cases: &[Case], cores: usize, options: &Options) -> Result<(), String> {
    let kernel = simd::path().name();
    let machine = processor();
    println!("{machine}, {cores} cores, kernels {kernel}");
    println!("medians of {} rounds; shares of the peak in the same round\n", options.rounds_or(15));
    println!("{:<34}{:>11}{:>8}{:>9}{:>9}{:>8}", "", "µs", "spread", "GFLOP/s", "of peak", "target");
    let mut rows = Vec::new();
    for case in cases {
        let [low, median, high] = quantiles(&sorted(&case.seconds));
        let rate = case.operations / median;
        let peak = if case.cores == 1 { &cases[0] } else { &cases[1] };
        let shares: Vec<f64> = case
            .seconds
            .iter()
            .zip(&peak.seconds)
            .map(|(s, p)| (case.operations / s) / (peak.operations / p))
            .collect();
        let [_, share, _] = quantiles(&sorted(&shares));
        let target = if case.target > 0.0 { format!("{:.0}%", 100.0 * case.target) } else { String::new() };
        println!(
            "{:<34}{:>11.1}{:>7.0}%{:>9.1}{:>8.0}%{target:>8}",
            case.name,
            1e6 * median,
            100.0 * (high - low) / median,
            rate / 1e9,
            100.0 * share
        );
        rows.push(json!({
            "name": case.name, "seconds": {"min": low, "median": median, "max": high},
            "gflops": rate / 1e9, "share_of_peak": share, "target": case.target, "a_second": 1.0 / median,
        }));
    }
    println!();
    let speedups = show_speedups(cases);
    let children = show_children(options);
    let report = json!({
        "schema": 2, "machine": machine, "kernel": kernel, "cores": cores,
        "rounds": options.rounds_or(15), "rows": rows, "speedups": speedups, "processes": children,
    });
    let path = options.json_or("results/bench.json");
    write_json(&path, &report)?;
    eprintln!("\nfigures: {}", path.display());
    Ok(())
}

/// Speedups of two over one, where both were measured.
fn show_speedups(cases: &[Case]) -> Vec<serde_json::Value> {
    let find = |name: &str| cases.iter().find(|case| case.name == name);
    let mut rows = Vec::new();
    for (one, two, target, what) in SPEEDUPS {
        let (Some(one), Some(two)) = (find(one), find(two)) else { continue };
        let ratios: Vec<f64> = one
            .seconds
            .iter()
            .zip(&two.seconds)
            .map(|(a, b)| (a / one.operations) / (b / two.operations))
            .collect();
        let [low, median, high] = quantiles(&sorted(&ratios));
        println!("{what:<36}{median:>6.2} times  ({low:.2} to {high:.2}; target {target})");
        rows.push(json!({"name": what, "times": median, "min": low, "max": high, "target": target}));
    }
    rows
}

/// Batch, recipe and target, of processes that are measured from outside.
const PROCESSES: [(usize, &str, &str); 2] =
    [(64, "adam lr=0.001", " (target 150)"), (60_000, "sgd lr=0.1", "")];

fn process(batch: usize, recipe: &str) -> String {
    format!("process, batch {batch}, {}", recipe.split(' ').next().unwrap_or(recipe))
}

/// Start-up and peak memory of separate processes.
fn show_children(options: &Options) -> Vec<serde_json::Value> {
    let mut rows = Vec::new();
    for (batch, recipe, target) in PROCESSES {
        let name = process(batch, recipe);
        if !options.wants(&name) {
            continue;
        }
        match child::measure(recipe, batch, options.data_dir.as_deref()) {
            Ok(child) => {
                println!(
                    "{name:<30}first step after {:>4.0} ms{target:<11}; {:>3.0} MB at most, {:.0} allowed",
                    1e3 * child.first_step,
                    child.peak / 1e6,
                    child.allowed / 1e6
                );
                rows.push(json!({
                    "name": name, "first_step_seconds": child.first_step,
                    "peak_bytes": child.peak, "allowed_bytes": child.allowed,
                }));
            }
            Err(why) => println!("{name:<30}not measured: {why}"),
        }
    }
    rows
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values
}

/// Name of the processor, where the system tells it.
pub(super) fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let named = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    named.map_or_else(|| std::env::consts::ARCH.to_string(), |(_, name)| name.to_string())
}

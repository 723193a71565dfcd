//! The machine's peak and the speed of a training step, in one run.

mod conv;
mod optim;
mod options;
mod peak;
mod peers;
mod product;
mod step;

use std::ffi::OsString;
use std::fs;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};
use tensor::simd;

use self::options::{Options, Subcommand};
use self::product::Product;

/// Something to be timed: one call does `work` and returns its seconds.
struct Subject {
    name: String,
    /// Floating-point operations in one call.
    operations: f64,
    /// Which peak its share is of.
    cores: usize,
    work: Box<dyn FnMut() -> f64>,
    seconds: Vec<f64>,
}

pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    let options = match options::parse(arguments) {
        Ok(options) => options,
        Err(message) => {
            let code = message.exit_code();
            let _ = message.print();
            return ExitCode::from(code as u8);
        }
    };
    let done = match &options.subcommand {
        Subcommand::Worker { data, threads, variant } => peers::serve(data, *threads, variant),
        Subcommand::Optim => optim::run(&options),
        Subcommand::Training if options.peers => peers::run(&options),
        Subcommand::Training => dense(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The machine's peak, and products and steps as shares of it.
fn dense(options: &Options) -> Result<(), String> {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let mut subjects = vec![peak::subject(1), peak::subject(cores)];
    for batch in [64, 512] {
        subjects.extend(product::subjects(Product::Forward, batch));
        subjects.extend(product::subjects(Product::WeightGradient, batch));
    }
    for batch in [1, 64, 512] {
        for recipe in ["sgd lr=0.01", "adam lr=0.001"] {
            subjects.push(step::subject(recipe, batch));
        }
    }
    subjects.extend(conv::subjects(cores));
    // The two peaks stay: all else is a share of them.
    let mut place = 0;
    subjects.retain(|subject| {
        place += 1;
        place <= 2 || options.wants(&subject.name)
    });
    let live = std::io::stderr().is_terminal();
    for round in 0..options.rounds_or(15) {
        if live {
            eprint!("\rround {} of {}", round + 1, options.rounds_or(15));
        }
        for subject in &mut subjects {
            let seconds = (subject.work)();
            subject.seconds.push(seconds);
        }
    }
    if live {
        eprint!("\r{:24}\r", "");
    }
    show(&mut subjects, cores, options)
}

fn show(subjects: &mut [Subject], cores: usize, options: &Options) -> Result<(), String> {
    for subject in subjects.iter_mut() {
        subject.seconds.sort_by(f64::total_cmp);
    }
    // The peak is the best that was seen: what the machine can do when nobody disturbs it.
    let best = |subject: &Subject| subject.operations / subject.seconds[0];
    let peaks = [best(&subjects[0]), best(&subjects[1])];
    let kernel = simd::path().name();
    println!("{cores} cores, kernels {kernel}, medians of {} interleaved rounds\n", options.rounds_or(15));
    println!("{:<34}{:>12}{:>9}{:>11}{:>13}", "", "median µs", "spread", "GFLOP/s", "of peak");
    let mut rows = Vec::new();
    for subject in subjects.iter() {
        let [low, median, high] = quantiles(&subject.seconds);
        let rate = subject.operations / median;
        let share = rate / if subject.cores == 1 { peaks[0] } else { peaks[1] };
        println!(
            "{:<34}{:>12.1}{:>8.0}%{:>11.1}{:>12.0}%",
            subject.name,
            1e6 * median,
            100.0 * (high - low) / median,
            rate / 1e9,
            100.0 * share
        );
        rows.push(json!({
            "name": subject.name, "seconds": {"min": low, "median": median, "max": high},
            "gflops": rate / 1e9, "share_of_peak": share,
        }));
    }
    let report =
        json!({"schema": 1, "kernel": kernel, "cores": cores, "rounds": options.rounds_or(15), "rows": rows});
    let path = options.json_or("results/bench.json");
    write_json(&path, &report)?;
    eprintln!("\nfigures: {}", path.display());
    Ok(())
}

/// Writes figures to a file, whose folder is made where it is missing.
fn write_json(path: &Path, report: &Value) -> Result<(), String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let text = format!("{report:#}\n");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    Ok(())
}

/// The least, the middle and the greatest of sorted values.
fn quantiles(sorted: &[f64]) -> [f64; 3] {
    [sorted[0], sorted[sorted.len() / 2], sorted[sorted.len() - 1]]
}

/// Seconds of one call.
fn time(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

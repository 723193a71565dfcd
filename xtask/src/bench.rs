//! The machine's peak and the speed of a training step, in one run.

mod peak;
mod product;
mod step;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Instant;

use tensor::simd;

use self::product::Product;

/// How often each thing is measured; everything is measured once before anything is measured
/// again, so that a change in the machine's load meets all alike.
const ROUNDS: usize = 15;

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
    let json = match arguments {
        [] => false,
        [flag] if flag == "--json" => true,
        _ => {
            eprintln!("error: bench takes --json or nothing\nhint: cargo xtask bench");
            return ExitCode::from(2);
        }
    };
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
    let live = std::io::stderr().is_terminal();
    for round in 0..ROUNDS {
        if live {
            eprint!("\rround {} of {ROUNDS}", round + 1);
        }
        for subject in &mut subjects {
            let seconds = (subject.work)();
            subject.seconds.push(seconds);
        }
    }
    if live {
        eprint!("\r{:24}\r", "");
    }
    show(&mut subjects, cores, json);
    ExitCode::SUCCESS
}

fn show(subjects: &mut [Subject], cores: usize, json: bool) {
    for subject in subjects.iter_mut() {
        subject.seconds.sort_by(f64::total_cmp);
    }
    // The peak is the best that was seen: what the machine can do when nobody disturbs it.
    let best = |subject: &Subject| subject.operations / subject.seconds[0];
    let peaks = [best(&subjects[0]), best(&subjects[1])];
    let peak_of = |subject: &Subject| if subject.cores == 1 { peaks[0] } else { peaks[1] };
    if json {
        for subject in subjects.iter() {
            let [low, median, high] = quantiles(&subject.seconds);
            let row = serde_json::json!({
                "schema": 1, "name": subject.name, "seconds": {"min": low, "median": median, "max": high},
                "gflops": subject.operations / median / 1e9, "share_of_peak": subject.operations / median / peak_of(subject),
                "kernel": simd::path().name(),
            });
            println!("{row}");
        }
        return;
    }
    println!("{} cores, kernels {}, medians of {ROUNDS} interleaved rounds\n", cores, simd::path().name());
    println!("{:<34}{:>12}{:>9}{:>11}{:>13}", "", "median µs", "spread", "GFLOP/s", "of peak");
    for subject in subjects.iter() {
        let [low, median, high] = quantiles(&subject.seconds);
        let rate = subject.operations / median;
        println!(
            "{:<34}{:>12.1}{:>8.0}%{:>11.1}{:>12.0}%",
            subject.name,
            1e6 * median,
            100.0 * (high - low) / median,
            rate / 1e9,
            100.0 * rate / peak_of(subject)
        );
    }
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

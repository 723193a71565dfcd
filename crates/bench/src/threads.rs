//! Training steps on as many threads as a run chooses, and on all cores, against one thread.

use std::io::{IsTerminal, Read};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};
use tensor::parallel::{Adaptive, Threads, cores, spinning};

use super::dense::processor;
use super::options::Options;
use super::{Step, conv, quantiles, step, tasks, time, write_json};

/// The word that starts [`be_busy`] instead of a bench; no user needs it.
pub(super) const BUSY: &str = "busy";

/// Seconds of one measurement, and its steps at least: about as much as a short run, whose first steps choose.
const SECONDS: f64 = 0.6;
const STEPS: usize = 30;

/// Share of one thread's speed below which a row has lost by its threads.
const LOSS: f64 = 0.98;

/// A step and what it took.
struct Row {
    name: String,
    step: Step,
    /// Steps of one measurement.
    count: usize,
    /// Seconds of a step on one thread, on as many as the run chose, on all, and on one thread again.
    seconds: Vec<[f64; 4]>,
}

pub(super) fn run(options: &Options) -> Result<(), String> {
    let mut rows = rows(options)?;
    if rows.is_empty() {
        return Err(options.nothing());
    }
    let all = cores();
    if all == 1 {
        return Err("threads are compared on two cores or more, and this machine has one".into());
    }
    let rounds = options.rounds_or(7).max(1);
    println!(
        "{}, {all} cores; medians of {rounds} rounds of {SECONDS} s and {STEPS} steps at least\n",
        processor()
    );
    let [one, many] = [1, all].map(|count| Threads::start(count).map_err(|error| error.to_string()));
    let (one, many) = (one?, many?);
    for row in &mut rows {
        let step = &mut row.step;
        row.count = one.run(|| steps_in(SECONDS, step)).max(STEPS);
    }
    let mut report = Vec::new();
    for (about, is_busy) in [("alone", false), ("next to a busy process", true)] {
        let busy = if is_busy { Some(Busy::start()?) } else { None };
        measure(&mut rows, rounds, [&one, &many], about);
        drop(busy);
        report.push(json!({ "machine": about, "rows": show(&rows, about) }));
    }
    let path = options.json_or("results/bench-threads.json");
    write_json(&path, &json!({ "schema": 1, "cores": all, "rounds": rounds, "measured": report }))?;
    eprintln!("figures: {}", path.display());
    Ok(())
}

/// Number of steps that take these seconds, by a tenth of that time after the first steps, which find cold caches.
fn steps_in(seconds: f64, step: &mut Step) -> usize {
    (0..3).for_each(|_| step());
    let (start, mut steps) = (Instant::now(), 0);
    while start.elapsed().as_secs_f64() < seconds / 10.0 {
        step();
        steps += 1;
    }
    (f64::from(steps) * seconds / start.elapsed().as_secs_f64()).ceil() as usize
}

/// The training steps of all other benches.
fn rows(options: &Options) -> Result<Vec<Row>, String> {
    let digits = step::digits(options.data_dir.as_deref())?;
    let mut rows: Vec<(String, Step)> = Vec::new();
    let rules = [("sgd", "sgd lr=0.01"), ("adam", "adam lr=0.001"), ("rmsprop", "rmsprop lr=0.001")];
    for batch in [1, 64, 512, 60_000] {
        for (name, recipe) in rules {
            let row = format!("step, batch {batch}, {name}");
            if options.wants(&row) {
                rows.push((row, Box::new(step::steps(recipe, &digits, batch))));
            }
        }
    }
    for batch in [64, 512] {
        let row = format!("step, batch {batch}, sgd, noise");
        if options.wants(&row) {
            rows.push((row, Box::new(step::steps("sgd lr=0.01", &step::noise(), batch))));
        }
    }
    if options.wants(conv::STEP) {
        rows.push((conv::STEP.into(), Box::new(conv::steps())));
    }
    rows.extend(tasks::all_steps(options)?);
    Ok(rows.into_iter().map(|(name, step)| Row { name, step, count: 0, seconds: vec![] }).collect())
}

/// Measures each row in turns, round after round.
fn measure(rows: &mut [Row], rounds: u32, [one, many]: [&Threads; 2], about: &str) {
    let live = std::io::stderr().is_terminal();
    rows.iter_mut().for_each(|row| row.seconds.clear());
    for round in 0..rounds {
        for row in rows.iter_mut() {
            if live {
                eprint!("\r\x1b[K{about}: round {} of {rounds}, {}", round + 1, row.name);
            }
            let (step, count) = (&mut row.step, row.count);
            let mut choosing = |threads: &Threads, most: usize| {
                threads.run(|| time(|| Adaptive::new(most).steps(count, &mut *step))) / count as f64
            };
            let [alone, chosen, again] = [choosing(one, 1), choosing(many, cores()), choosing(one, 1)];
            let fixed = || spinning(|| time(|| (0..count).for_each(|_| step())));
            row.seconds.push([alone, chosen, many.run(fixed) / count as f64, again]);
        }
    }
    if live {
        eprint!("\r\x1b[K");
    }
}

/// Prints how many times as fast as one thread each row is; one thread again shows by how much equal things differ.
fn show(rows: &[Row], about: &str) -> Vec<Value> {
    println!("{about:<34}{:>10}   times as fast as one thread", "");
    println!("{:<34}{:>10}{:>20}{:>20}{:>20}", "", "µs on one", "as chosen", "all cores", "one again");
    let mut values = Vec::new();
    let mut lost = 0;
    for row in rows {
        let of = |index: usize| {
            let mut ratios: Vec<f64> = row.seconds.iter().map(|s| s[0] / s[index]).collect();
            ratios.sort_by(f64::total_cmp);
            quantiles(&ratios)
        };
        let mut alone: Vec<f64> = row.seconds.iter().map(|s| s[0]).collect();
        alone.sort_by(f64::total_cmp);
        let [_, median, _] = quantiles(&alone);
        let [chosen, all, again] = [1, 2, 3].map(of);
        let text = |[low, middle, high]: [f64; 3]| format!("{middle:.2} ({low:.2} to {high:.2})");
        let shown = [chosen, all, again].map(|ratios| format!("{:>20}", text(ratios))).concat();
        println!("{:<34}{:>10.1}{shown}", row.name, 1e6 * median);
        lost += u32::from(chosen[1] < LOSS);
        let spread = |[min, median, max]: [f64; 3]| json!({ "min": min, "median": median, "max": max });
        values.push(json!({
            "name": row.name, "seconds": median,
            "chosen": spread(chosen), "all": spread(all), "again": spread(again),
        }));
    }
    println!("{lost} of {} rows below {LOSS} as chosen\n", rows.len());
    values
}

/// A process that keeps a core busy as long as this lives.
struct Busy(Child);

impl Busy {
    fn start() -> Result<Busy, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let child = Command::new(program).arg(BUSY).stdin(Stdio::piped()).spawn();
        child.map(Busy).map_err(|error| format!("the busy process cannot be started: {error}"))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Computes nothing until its standard input ends, as when the program that started it is gone.
pub(super) fn be_busy() -> ! {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    loop {
        std::hint::spin_loop();
    }
}

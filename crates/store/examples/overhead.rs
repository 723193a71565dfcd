//! Overhead of studies and of the store at batch 64: CPU seconds and seconds of the same runs by the plain loop, and as a
//! study in a SQLite file, in turns: `cargo run -p store --example overhead [RUNS] [ROUNDS] [EPOCHS]`.
//!
//! Reads the times of a process from Linux's `/proc`; MNIST is looked for as `descent train` does, the embedded sample is
//! taken where it is not there.
#![allow(clippy::print_stdout, reason = "an example shows something")]

use std::error::Error;
use std::ops::{ControlFlow, Range};
use std::time::Instant;

use lab::study::{Engine, Entry, Ruleset, Study};
use lab::tasks::{Setup, TaskSpec};
use train::{Budget, Recipe, Split, Task, Training};

fn main() -> Result<(), Box<dyn Error>> {
    let number =
        |place, usual: u64| std::env::args().nth(place).map_or(Ok(usual), |text| text.parse::<u64>());
    let (runs, rounds, epochs) = (number(1, 8)?, number(2, 5)?, number(3, 5)? as u32);
    let task = "simplenn".parse::<TaskSpec>()?.build(&mut Setup::offline())?;
    let recipe: Recipe = "adam lr=0.001".parse()?;
    println!(
        "{runs} runs of {epochs} epochs, {} examples, batch {}",
        task.examples.len(Split::Train),
        recipe.batch
    );
    println!("{:>27}{:>27}", "CPU s: plain, study", "s: plain, study");
    let mut all = [[0.0; 2]; 2];
    // The first round warms up.
    for round in 0..=rounds {
        let seeds = round * runs..(round + 1) * runs;
        let (expected, plain) = timed(|| plain_loop(&task, &recipe, seeds.clone(), epochs))?;
        let (found, study) = timed(|| as_study(&task, &recipe, seeds, epochs))?;
        assert_eq!(found, expected, "the same runs have the same scores");
        if round > 0 {
            show([0, 1].map(|clock| [plain[clock], study[clock]]));
            for (clock, all) in all.iter_mut().enumerate() {
                *all = [all[0] + plain[clock], all[1] + study[clock]];
            }
        }
    }
    println!("together");
    show(all);
    Ok(())
}

/// By each clock: the plain loop, the study, and how much longer that took.
fn show(clocks: [[f64; 2]; 2]) {
    let texts = clocks
        .map(|[plain, study]| format!("{plain:>9.2}{study:>9.2}{:>+8.1}%", 100.0 * (study / plain - 1.0)));
    println!("{}", texts.concat());
}

fn plain_loop(
    task: &Task,
    recipe: &Recipe,
    seeds: Range<u64>,
    epochs: u32,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut scores = Vec::new();
    for seed in seeds {
        let mut training = Training::new(task, recipe, seed, Budget { epochs, evaluations: 1 })?;
        training.run(&mut |_| ControlFlow::Continue(()));
        scores.extend(training.record().final_metric());
    }
    Ok(scores)
}

/// A study in which nothing is tuned: its runs are those of the plain loop.
fn as_study(
    task: &Task,
    recipe: &Recipe,
    seeds: Range<u64>,
    epochs: u32,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let entries = vec![Entry { batch: Some(recipe.batch), ..Entry::new("adam", recipe.clone()) }];
    let study = Study {
        rulesets: vec![Ruleset::Default],
        seeds,
        epochs: Some(epochs),
        ..Study::new("overhead", vec![task.name.clone()], entries)
    };
    let folder = tempfile::tempdir()?;
    let store = store::Sqlite::open(&folder.path().join("runs.db"))?;
    let tasks = std::slice::from_ref(task);
    let engine = Engine::new(&study, tasks, &store)?.with_threads(1);
    let outcome = engine.run(&|_, _| ControlFlow::Continue(()), &|_| ControlFlow::Continue(()))?;
    Ok(outcome.cells[0].scores())
}

/// A result with the CPU seconds that this process took for it, in the system too, and the seconds that passed.
fn timed<T>(work: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<(T, [f64; 2]), Box<dyn Error>> {
    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    let value = work()?;
    Ok((value, [cpu_seconds()? - cpu, start.elapsed().as_secs_f64()]))
}

/// User and system time: the eleventh and twelfth field after the name in parentheses, in hundredths of a second.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("expected a name")?.1.split_whitespace().collect();
    let ticks = |place: usize| -> Result<f64, Box<dyn Error>> { Ok(fields[place].parse::<f64>()? / 100.0) };
    Ok(ticks(11)? + ticks(12)?)
}

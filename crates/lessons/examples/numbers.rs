//! Prints the numbers and the verdict of a lesson and of its counterexample: `cargo run --example numbers -- momentum`.
#![allow(clippy::print_stdout, reason = "an example")]

use lessons::{Error, Settings};

fn main() -> Result<(), Error> {
    let ids: Vec<String> = std::env::args().skip(1).collect();
    let chosen = |lesson: &&lessons::Lesson| ids.is_empty() || ids.iter().any(|id| id == lesson.id);
    for lesson in lessons::ALL.iter().filter(chosen) {
        for settings in [Settings::quick(), Settings::quick().counterexample()] {
            let start = std::time::Instant::now();
            let measured = (lesson.measure)(&Settings { threads: 2, ..settings })?;
            println!("{} ({:.2} s): {}", lesson.id, start.elapsed().as_secs_f64(), (lesson.judge)(&measured));
            for number in &measured.numbers {
                println!(
                    "    {:28} theory {:?}, measured {:.6}",
                    number.key, number.predicted, number.measured
                );
            }
        }
    }
    Ok(())
}

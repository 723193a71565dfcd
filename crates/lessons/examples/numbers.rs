//! Prints the numbers and the verdict of a lesson and of its counterexample: `cargo run --example numbers -- momentum`.
//! With `full=FOLDER` in full size, with the MNIST family in that folder.
#![allow(clippy::print_stdout, reason = "an example")]

use data::Request;
use lessons::{Error, Settings};

fn main() -> Result<(), Error> {
    let (flags, ids): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.contains('='));
    let folder = flags.iter().find_map(|flag| flag.strip_prefix("full="));
    let load = |set: &'static data::Set| {
        let data_dir = folder.map(std::path::PathBuf::from);
        let request = Request { data_dir, offline: true, ..Request::new(set) };
        data::load(&request, &mut |_| ())
    };
    let chosen = |lesson: &&lessons::Lesson| ids.is_empty() || ids.iter().any(|id| id == lesson.id);
    for lesson in lessons::ALL.iter().filter(chosen) {
        for settings in [Settings::quick(), Settings::quick().counterexample()] {
            let start = std::time::Instant::now();
            let settings = match folder {
                Some(_) => Settings { quick: false, load: &load, ..settings },
                None => settings,
            };
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

use std::fmt;
use std::path::PathBuf;

use clap::{Args, value_parser};
use files::Output;
use optim::hyper::Value;
use optim::{HyperSchedule, LrSchedule, PlateauSettings};
use serde_json::json;

use super::Command;
use crate::args::{DEFAULT_OPTIMIZER, OutputArgs};
use crate::chart;
use crate::console;
use crate::failure::Failure;
use crate::text;

/// More steps than a run has, and few enough to compute them all.
const MOST_STEPS: u64 = 10_000_000;

#[derive(Args)]
#[command(
    about = "Draws a learning rate schedule",
    long_about = "Draws what a schedule multiplies the learning rate with at each step, in the terminal and as SVG. \
        Schedules are multiplied with * and follow each other with until=STEP then. Settings that are \
        times are steps (500), epochs (3ep) or shares of all steps (5%).",
    after_help = "Examples:\n  descent schedule 'one_cycle three_phase=true'\n  \
        descent schedule 'cosine warmup=5%' --steps 4690 --svg cosine.svg\n  \
        descent schedule 'cosine * step every=20% gamma=0.5'\n  \
        descent schedule 'constant until=60% then linear' --json\n  \
        descent schedule 'momentum: one_cycle 0.95..0.85'\n\n\
        `descent explain` lists the schedules, `descent explain NAME` tells their settings.",
    mut_arg("json", |json| json.help("Print the factor of every step as JSON and nothing else")),
)]
pub(crate) struct Schedule {
    /// As in a recipe: 'cosine warmup=5%'
    #[arg(value_name = "SCHEDULE")]
    schedule: String,
    /// Updates in all
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=MOST_STEPS), default_value_t = 1000)]
    steps: u64,
    /// Updates in an epoch, for lengths such as every=3ep
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=MOST_STEPS))]
    steps_per_epoch: Option<u64>,
    /// Write a picture here
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Command for Schedule {
    const NAME: &'static str = "schedule";

    fn run(self) -> Result<(), Failure> {
        let Schedule { schedule, steps, steps_per_epoch, svg, output: OutputArgs { json } } = self;
        let schedule = Drawn::read(&schedule)?.in_steps(steps_per_epoch)?;
        let factors: Vec<f64> = (0..steps).map(|step| schedule.value(step, steps)).collect();
        let output = svg.as_ref().map(|path| Output::claim(path, "--svg")).transpose()?;
        let drawn = output.map_or(Ok(()), |output| {
            output.commit(report::schedule_svg(&schedule.to_string(), &factors).as_bytes())
        });
        show(json, &schedule, &factors, svg.as_ref().filter(|_| drawn.is_ok()))?;
        Ok(drawn?)
    }
}

/// The values on standard output, and where the picture is.
fn show(json: bool, schedule: &Drawn, factors: &[f64], svg: Option<&PathBuf>) -> Result<(), Failure> {
    let steps = factors.len() as u64;
    if json {
        let object = json!({
            "schema": crate::console::SCHEMA,
            "kind": schedule.kind(),
            "schedule": schedule.to_string(),
            "steps": steps,
            (schedule.kind()): factors,
        });
        return Ok(console::print(&object.to_string())?);
    }
    let mut page = text::wrap(&schedule.to_string(), console::width()).join("\n") + "\n\n";
    page += &chart::values(&|step| schedule.value(step, steps), steps, console::width());
    page += &format!("\n{}", text::paragraph(&summary(factors), 2, console::width()));
    if let Some(path) = svg {
        page += &format!("\npicture: {}\n", files::text::path(path));
    }
    Ok(console::print(&page)?)
}

/// Values to draw: the factor of a learning rate, or another hyperparameter.
enum Drawn {
    Factor(LrSchedule),
    Values(String, HyperSchedule),
}

impl Drawn {
    /// Reads a schedule, or `beta1: linear 0.85..0.95`.
    fn read(text: &str) -> Result<Drawn, Failure> {
        let plateau = PlateauSettings::INFO.name;
        if text.split_whitespace().next() == Some(plateau) {
            let message = format!(
                "`{plateau}` cannot be drawn: it falls when the loss does, which nobody knows before"
            );
            let hint = format!(
                "`descent train --recipe '{DEFAULT_OPTIMIZER}, {plateau} patience=3'` trains with one"
            );
            return Err(Failure::usage(message, hint));
        }
        let Some((name, course)) = text.split_once(':') else { return Ok(Drawn::Factor(text.parse()?)) };
        let (name, start) = (name.trim(), text.len() - course.len());
        let course = course.parse::<HyperSchedule>().map_err(|error| error.within(text, start))?;
        Ok(Drawn::Values(name.to_string(), course))
    }

    /// With lengths in epochs as steps.
    fn in_steps(self, steps_per_epoch: Option<u64>) -> Result<Drawn, Failure> {
        let has_epochs = match &self {
            Drawn::Factor(schedule) => schedule.has_epochs(),
            Drawn::Values(_, course) => course.has_epochs(),
        };
        match (steps_per_epoch, self) {
            (Some(steps), Drawn::Factor(schedule)) => Ok(Drawn::Factor(schedule.in_steps(steps))),
            (Some(steps), Drawn::Values(name, course)) => Ok(Drawn::Values(name, course.in_steps(steps))),
            (None, drawn) if has_epochs => Err(Failure::usage(
                format!("`{drawn}` counts epochs, whose number of updates is not known"),
                "say it, as in --steps-per-epoch 938 for MNIST in batches of 64",
            )),
            (None, drawn) => Ok(drawn),
        }
    }

    /// At a step of `total`; of a hyperparameter that is only multiplied, the factor.
    fn value(&self, step: u64, total: u64) -> f64 {
        match self {
            Drawn::Factor(schedule) => schedule.factor(step, total),
            Drawn::Values(_, course) => course.value(1.0, step, total),
        }
    }

    /// Name of the values.
    fn kind(&self) -> &'static str {
        match self {
            Drawn::Values(_, HyperSchedule::Between(..)) => "values",
            Drawn::Factor(_) | Drawn::Values(_, HyperSchedule::Factor(_)) => "factors",
        }
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Drawn::Factor(schedule) => write!(f, "{schedule}"),
            Drawn::Values(name, course) => write!(f, "{name}: {course}"),
        }
    }
}

/// The first, the greatest and the last factor.
fn summary(factors: &[f64]) -> String {
    let (at, greatest) = factors.iter().enumerate().fold((0, f64::NEG_INFINITY), |best, (step, &factor)| {
        if factor > best.1 { (step, factor) } else { best }
    });
    let [first, last] =
        [factors.first(), factors.last()].map(|factor| digits(*factor.expect("at least one step")));
    format!(
        "starts at {first}, is greatest at step {} with {}, ends at {last}",
        text::grouped(at as u64),
        digits(greatest)
    )
}

/// A factor with four significant digits.
fn digits(x: f64) -> String {
    let short: f64 = format!("{x:.3e}").parse().expect("a number as printed");
    Value::Number(short).to_string()
}

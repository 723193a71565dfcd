use std::io::{self, BufRead, IsTerminal};

use anstyle::Style;
use clap::Args;
use lessons::{Case, Lesson, Measured, Settings, Table, book, math};

use super::SizeArgs;
use super::watch::Watch;
use crate::args::{OutputArgs, PlaceArgs, ThreadsArgs};
use crate::chart;
use crate::console;
use crate::failure::Failure;
use crate::text;

/// Makes one experiment and prints claim, numbers, picture and verdict
#[derive(Args)]
#[command(
    after_help = "Examples:\n  descent lessons run adam-diverges\n  descent lessons run momentum --quiz\n  \
        descent lessons run saddles --quick --json\n  descent lessons run clipping --counterexample",
    mut_arg("json", |json| json.help("Print one JSON object with all numbers and nothing else"))
)]
pub(super) struct Run {
    /// The lesson: `descent lessons` lists them
    #[arg(value_name = "ID")]
    id: String,
    /// Ask the question first and wait for an answer
    #[arg(long, conflicts_with = "json")]
    quiz: bool,
    /// Change the set-up so that the claim gets another verdict
    #[arg(long)]
    counterexample: bool,
    #[command(flatten)]
    size: SizeArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    threads: ThreadsArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Run {
    pub(super) fn run(self) -> Result<(), Failure> {
        let lesson = lessons::by_name(&self.id)?;
        let quick = self.size.quick;
        if !self.output.json {
            console::print(&head(lesson))?;
        }
        let guess = if self.quiz { Some(ask(lesson)?) } else { None };
        let watch = Watch::new(&self.place)?;
        watch.begin(lesson.id);
        let settings = Settings {
            quick,
            threads: self.threads.count(),
            case: if self.counterexample { Case::Counterexample } else { Case::Lesson },
            load: &|set| watch.load(set),
            progress: &|done, total| watch.progress(done, total),
        };
        let measured = (lesson.measure)(&settings).map_err(|error| watch.failure(error))?;
        watch.finish();
        let page = match self.output.json {
            true => book::json(lesson, &measured, quick),
            false => body(lesson, &measured, guess, self.counterexample, quick),
        };
        Ok(console::print(&page)?)
    }
}

fn heading(title: &str) -> String {
    let bold = Style::new().bold();
    format!("\n{bold}{title}{bold:#}\n")
}

fn paragraph(words: &str) -> String {
    text::paragraph(&math::plain(words), 2, console::width())
}

fn head(lesson: &Lesson) -> String {
    let bold = Style::new().bold();
    let title = math::plain(lesson.title);
    format!("{bold}{title}{bold:#}\n")
        + &heading("Claim")
        + &paragraph(lesson.claim)
        + &heading("Experiment")
        + &paragraph(lesson.setup)
}

/// The reader's answer: the index of an option, or none if nobody answers.
fn ask(lesson: &Lesson) -> Result<Option<usize>, Failure> {
    let question = &lesson.question;
    let mut page = heading("Predict") + &paragraph(question.ask);
    for (index, option) in question.options.iter().enumerate() {
        page += &paragraph(&format!("{}. {option}", index + 1));
    }
    console::print(&page)?;
    if io::stdin().is_terminal() {
        console::note(&format!("Your answer, 1 to {} [Enter to go on]:", question.options.len()));
    }
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    let chosen = answer.trim().parse::<usize>().ok();
    Ok(chosen.and_then(|number| number.checked_sub(1)).filter(|&index| index < question.options.len()))
}

fn body(
    lesson: &Lesson,
    measured: &Measured,
    guess: Option<Option<usize>>,
    counterexample: bool,
    quick: bool,
) -> String {
    let width = console::width();
    let mut page = String::new();
    if let Some(guess) = guess {
        let right = (lesson.question.answer)(measured);
        let judged = match guess {
            Some(guess) if guess == right => "Right: ",
            Some(_) => "No: ",
            None => "",
        };
        page += &heading("Answer");
        page += &paragraph(&format!("{judged}{}", lesson.question.options[right]));
    }
    page += &heading("Why");
    page += &paragraph(lesson.theory);
    page += &heading("Measured");
    for table in std::iter::once(&book::numbers_table(measured)).chain(&measured.tables) {
        page += &columns(table, width);
        page.push('\n');
    }
    for picture in &measured.charts {
        page += &chart::picture(picture, width);
        page.push('\n');
    }
    page += heading("Verdict").trim_start();
    page += &paragraph(&(lesson.judge)(measured).to_string());
    if counterexample {
        page += &paragraph(&format!("This is the counterexample: {}", lesson.counterexample));
    }
    if let Some(data) = &measured.data {
        page += &paragraph(&format!("Data: {data}."));
    }
    if quick {
        page += &paragraph("A quick run: fewer repetitions and smaller data than without --quick.");
    }
    page += &heading("Limits");
    page += &paragraph(lesson.limits);
    page += &heading("Try it yourself");
    page += &lesson.try_it.iter().map(|command| text::command(command, 2, width)).collect::<String>();
    if !counterexample {
        let command = format!("descent lessons run {} --counterexample", lesson.id);
        page += &text::command(&command, 2, width);
    }
    page + &heading("Source") + &paragraph(lesson.source)
}

/// A table whose first column is wrapped to what the others leave.
fn columns(table: &Table, width: usize) -> String {
    let plain = |cells: &Vec<String>| cells.iter().map(|cell| math::plain(cell)).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = std::iter::once(&table.head).chain(&table.rows).map(plain).collect();
    let widest = |column: usize| rows.iter().map(|row| text::width(&row[column])).max().unwrap_or(0);
    let others: Vec<usize> = (1..table.head.len()).map(widest).collect();
    let taken = others.iter().map(|width| width + 2).sum::<usize>() + 2;
    let first = widest(0).min(width.saturating_sub(taken).max(12));
    let mut page = String::new();
    for row in &rows {
        let lines = text::wrap(&row[0], first);
        for (index, line) in lines.iter().enumerate() {
            page += &format!("  {}", text::pad(line, first));
            if index + 1 == lines.len() {
                for (cell, &width) in row[1..].iter().zip(&others) {
                    page += &format!("  {}{cell}", " ".repeat(width.saturating_sub(text::width(cell))));
                }
            }
            page = page.trim_end().to_string() + "\n";
        }
    }
    page
}

use std::path::Path;
use std::time::Instant;

use files::Output;
use lessons::{ALL, Answer, Case, Lesson, Settings, Verdict, book, math};
use serde_json::json;

use super::watch::Watch;
use crate::args::{PlaceArgs, ThreadsArgs};
use crate::console;
use crate::failure::Failure;
use crate::text;

/// Runs every lesson, or those of `only`, and writes the book. The others have their recorded verdicts in the index, and
/// their pages and figures stay.
pub(super) fn write(
    folder: &Path,
    only: &[String],
    quick: bool,
    place: &PlaceArgs,
    threads: ThreadsArgs,
    as_json: bool,
) -> Result<(), Failure> {
    let chosen = only.iter().map(|id| lessons::by_name(id)).collect::<Result<Vec<_>, _>>()?;
    let is_chosen = |lesson: &Lesson| only.is_empty() || chosen.iter().any(|chosen| chosen.id == lesson.id);
    files::claim_folder(folder, "--html")?;
    let claim = |name: &str| Output::claim(&folder.join(name), "--html");
    let (index, answers) = (claim("index.html")?, claim("answers.json")?);
    let (notes, markdown) = (claim("teacher.html")?, claim("index.md")?);
    let page = |lesson: &Lesson| is_chosen(lesson).then(|| claim(&book::page_name(lesson))).transpose();
    let pages = ALL.iter().map(page).collect::<Result<Vec<_>, _>>()?;
    let watch = Watch::new(place)?;
    let mut results = Results { recorded: book::recorded(), ..Results::default() };
    for (number, (lesson, output)) in ALL.iter().zip(&pages).enumerate() {
        let Some(output) = output else {
            results.keep(lesson, folder);
            continue;
        };
        let start = Instant::now();
        watch.begin(&format!("{} of {}: {}", number + 1, ALL.len(), lesson.id));
        let settings = Settings {
            quick,
            threads: threads.count(),
            case: Case::Lesson,
            load: &|set| watch.load(set),
            progress: &|done, total| watch.progress(done, total),
        };
        let measured = (lesson.measure)(&settings).map_err(|error| watch.failure(error))?;
        let neighbors = [number.checked_sub(1).and_then(|before| ALL.get(before)), ALL.get(number + 1)];
        output.commit(book::page(lesson, &measured, quick, neighbors).as_bytes())?;
        for (index, chart) in measured.charts.iter().enumerate() {
            let name = book::figure_name(lesson, index);
            claim(&name)?.commit(chart.svg().as_bytes())?;
            results.figures.push((lesson.id, name));
        }
        let verdict = (lesson.judge)(&measured);
        watch.finish();
        tell(lesson, &verdict, start.elapsed().as_secs_f64(), as_json)?;
        results.verdicts.push((lesson, verdict));
    }
    index.commit(book::index(&results.verdicts, quick).as_bytes())?;
    let figures = |lesson: &Lesson| results.figures_of(lesson);
    markdown.commit(book::markdown(&results.verdicts, &figures).as_bytes())?;
    notes.commit(book::teacher().as_bytes())?;
    answers.commit(book::answers(&results.verdicts).as_bytes())?;
    if !as_json {
        console::print(&format!("\nbook: {}", files::text::path(index.path())))?;
    }
    Ok(())
}

/// Verdicts and figures, measured or recorded.
#[derive(Default)]
struct Results {
    recorded: Vec<Answer>,
    verdicts: Vec<(&'static Lesson, Verdict)>,
    figures: Vec<(&'static str, String)>,
}

impl Results {
    /// Takes the recorded verdict of a lesson that is not run, and the figures of it that the folder has.
    fn keep(&mut self, lesson: &'static Lesson, folder: &Path) {
        let recorded = self.recorded.iter().find(|answer| answer.id == lesson.id);
        self.verdicts.extend(recorded.map(|answer| (lesson, answer.verdict.clone())));
        let figures = (0..).map(|index| book::figure_name(lesson, index));
        let kept = figures.take_while(|name| folder.join(name).exists());
        self.figures.extend(kept.map(|name| (lesson.id, name)));
    }

    fn figures_of(&self, lesson: &Lesson) -> Vec<String> {
        self.figures.iter().filter(|(id, _)| *id == lesson.id).map(|(_, name)| name.clone()).collect()
    }
}

fn tell(lesson: &Lesson, verdict: &Verdict, seconds: f64, as_json: bool) -> Result<(), Failure> {
    if as_json {
        let object = json!({
            "schema": console::SCHEMA,
            "id": lesson.id,
            "verdict": verdict.word(),
            "why": verdict.why(),
            "seconds": seconds,
        });
        return Ok(console::print(&object.to_string())?);
    }
    let line = format!("{} ({seconds:.1} s)\n", lesson.id);
    let verdict = text::paragraph(&math::plain(&verdict.to_string()), 4, console::width());
    Ok(console::print(&(line + &verdict))?)
}

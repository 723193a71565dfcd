use std::path::Path;
use std::time::Instant;

use files::Output;
use lessons::{ALL, Case, Lesson, Settings, Verdict, book, math};
use serde_json::json;

use super::watch::Watch;
use crate::args::{PlaceArgs, ThreadsArgs};
use crate::console;
use crate::failure::Failure;
use crate::text;

/// Runs every lesson and writes the book.
pub(super) fn write(
    folder: &Path,
    quick: bool,
    place: &PlaceArgs,
    threads: ThreadsArgs,
    as_json: bool,
) -> Result<(), Failure> {
    files::claim_folder(folder, "--html")?;
    let claim = |name: &str| Output::claim(&folder.join(name), "--html");
    let (index, answers) = (claim("index.html")?, claim("answers.json")?);
    let (notes, markdown) = (claim("teacher.html")?, claim("index.md")?);
    let pages = ALL.iter().map(|lesson| claim(&book::page_name(lesson))).collect::<Result<Vec<_>, _>>()?;
    let watch = Watch::new(place)?;
    let mut results: Vec<(&Lesson, Verdict)> = vec![];
    let mut figures: Vec<(&str, String)> = vec![];
    for (number, (lesson, output)) in ALL.iter().zip(&pages).enumerate() {
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
            figures.push((lesson.id, name));
        }
        let verdict = (lesson.judge)(&measured);
        watch.finish();
        tell(lesson, &verdict, start.elapsed().as_secs_f64(), as_json)?;
        results.push((lesson, verdict));
    }
    index.commit(book::index(&results, quick).as_bytes())?;
    let of = |lesson: &Lesson| {
        let figures = figures.iter().filter(|(id, _)| *id == lesson.id);
        figures.map(|(_, name)| name.clone()).collect::<Vec<_>>()
    };
    markdown.commit(book::markdown(&results, &of).as_bytes())?;
    notes.commit(book::teacher().as_bytes())?;
    answers.commit(book::answers(&results).as_bytes())?;
    if !as_json {
        console::print(&format!("\nbook: {}", files::text::path(index.path())))?;
    }
    Ok(())
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

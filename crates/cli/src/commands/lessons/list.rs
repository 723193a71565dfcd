use anstyle::Style;
use lessons::{ALL, Chapter, Lesson, Verdict, book, math};
use serde_json::json;

use crate::console;
use crate::failure::Failure;
use crate::text;

/// Prints every lesson with its recorded answer.
pub(super) fn print(as_json: bool) -> Result<(), Failure> {
    let recorded = book::recorded();
    let answer = |lesson: &Lesson| {
        recorded.iter().find(|answer| answer.id == lesson.id).map(|answer| answer.verdict.clone())
    };
    let page = match as_json {
        true => ALL.iter().map(|lesson| line(lesson, answer(lesson).as_ref())).collect(),
        false => list(&answer),
    };
    Ok(console::print(&page)?)
}

fn line(lesson: &Lesson, verdict: Option<&Verdict>) -> String {
    let object = json!({
        "schema": console::SCHEMA,
        "id": lesson.id,
        "title": math::plain(lesson.title),
        "chapter": lesson.chapter.title(),
        "claim": math::plain(lesson.claim),
        "verdict": verdict.map(Verdict::word),
        "why": verdict.map(Verdict::why),
        "source": math::plain(lesson.source),
    });
    object.to_string() + "\n"
}

fn list(answer: &dyn Fn(&Lesson) -> Option<Verdict>) -> String {
    let (bold, width) = (Style::new().bold(), console::width());
    let mut page = String::new();
    for chapter in Chapter::ALL {
        let lessons: Vec<&Lesson> = ALL.iter().filter(|lesson| lesson.chapter == chapter).collect();
        if lessons.is_empty() {
            continue;
        }
        page += &format!("{bold}{}{bold:#}\n", chapter.title());
        for lesson in lessons {
            page += &text::paragraph(&format!("{}: {}", lesson.id, math::plain(lesson.claim)), 2, width);
            let answer = answer(lesson).map_or("not run yet".to_string(), |verdict| verdict.short());
            page += &format!("      {}\n", one_line(&math::plain(&answer), width.saturating_sub(6)));
        }
        page.push('\n');
    }
    let note = "The answers are those of the last whole book, in short. `descent lessons run ID` makes the experiment here.";
    page + &text::paragraph(note, 0, width)
}

/// The words that fit in a line.
fn one_line(words: &str, columns: usize) -> String {
    if text::width(words) <= columns {
        return words.to_string();
    }
    let fitting = text::wrap(words, columns.saturating_sub(2));
    fitting.first().map_or(String::new(), |line| format!("{} …", line.trim_end_matches([',', ':', ';'])))
}

//! The book: an index and a page per lesson, each one file that makes no request.

use report::chart::Chart;
use report::document::SAVE_SCRIPT;
use report::escape;
use serde_json::json;

use crate::lesson::{Answer, Chapter, Lesson, Verdict};
use crate::math;
use crate::measured::{Measured, Number, Table, number_text};

const STYLE: &str = include_str!("book/page.css");
const SCRIPT: &str = include_str!("book/page.js");

/// Verdicts that were recorded with the last full book, in the order of the course.
///
/// ```
/// assert!(lessons::book::recorded().iter().all(|answer| lessons::by_name(&answer.id).is_ok()));
/// ```
pub fn recorded() -> Vec<Answer> {
    serde_json::from_str(include_str!("book/answers.json")).expect("it was written by this program")
}

/// Verdicts as JSON, for [`recorded`].
pub fn answers(results: &[(&Lesson, Verdict)]) -> String {
    let answer = |(lesson, verdict): &(&Lesson, Verdict)| Answer {
        id: lesson.id.to_string(),
        verdict: verdict.clone(),
    };
    let answers: Vec<Answer> = results.iter().map(answer).collect();
    serde_json::to_string_pretty(&answers).expect("plain data") + "\n"
}

/// One lesson with its numbers, as one JSON object.
pub fn json(lesson: &Lesson, measured: &Measured, quick: bool) -> String {
    let verdict = (lesson.judge)(measured);
    let object = json!({
        "schema": 1,
        "id": lesson.id,
        "title": lesson.title,
        "chapter": lesson.chapter.title(),
        "claim": math::plain(lesson.claim),
        "quick": quick,
        "verdict": verdict.word(),
        "why": verdict.why(),
        "answer": lesson.question.options[(lesson.question.answer)(measured)],
        "measured": measured,
    });
    object.to_string() + "\n"
}

/// Rows of the table of numbers: quantity, theory, measured.
pub fn numbers_table(measured: &Measured) -> Table {
    let cell = |number: &Number| match number.margin {
        Some(_) => number.with_margin(),
        None => number_text(number.measured),
    };
    let has_theory = measured.numbers.iter().any(|number| number.predicted.is_some());
    let row = |number: &Number| match has_theory {
        true => {
            vec![number.label.clone(), number.predicted.map_or("–".to_string(), number_text), cell(number)]
        }
        false => vec![number.label.clone(), cell(number)],
    };
    let head: &[&str] =
        if has_theory { &["quantity", "theory", "measured"] } else { &["quantity", "measured"] };
    Table {
        head: head.iter().map(ToString::to_string).collect(),
        rows: measured.numbers.iter().map(row).collect(),
    }
}

/// Name of a lesson's page.
pub fn page_name(lesson: &Lesson) -> String {
    format!("{}.html", lesson.id)
}

/// Name of the picture of a lesson with this index.
pub fn figure_name(lesson: &Lesson, index: usize) -> String {
    format!("{}-{}.svg", lesson.id, index + 1)
}

/// Page of a lesson; `neighbors` are the lessons before and after it.
pub fn page(lesson: &Lesson, measured: &Measured, quick: bool, neighbors: [Option<&Lesson>; 2]) -> String {
    let verdict = (lesson.judge)(measured);
    let answer = (lesson.question.answer)(measured);
    let options: String = lesson
        .question
        .options
        .iter()
        .enumerate()
        .map(|(index, option)| {
            let right = if index == answer { " class=\"right\"" } else { "" };
            format!(
                "<li{right}><label><input type=\"radio\" name=\"answer\"/> {}</label></li>",
                math::html(option)
            )
        })
        .collect();
    let figure =
        |(index, chart): (usize, &Chart)| figure(chart, figure_name(lesson, index).trim_end_matches(".svg"));
    let figures: String = measured.charts.iter().enumerate().map(figure).collect();
    let tables: String =
        std::iter::once(&numbers_table(measured)).chain(&measured.tables).map(table).collect();
    let commands: String = lesson.try_it.iter().map(|command| format!("{}\n", escape(command))).collect();
    let data = measured
        .data
        .as_ref()
        .map_or(String::new(), |data| format!("<p class=\"soft\">Data: {}.</p>", escape(data)));
    let size = if quick {
        "<p class=\"soft\">A quick run: fewer repetitions and smaller data than in the whole book.</p>"
    } else {
        ""
    };
    let [before, after] = neighbors.map(|neighbor| {
        neighbor.map_or(String::new(), |lesson| {
            format!("<a href=\"{}\">{}</a>", page_name(lesson), escape(lesson.title))
        })
    });
    let body = format!(
        "<p class=\"eyebrow\"><a href=\"index.html\">Optimizers, measured</a> · {chapter}</p>\n<h1>{title}</h1>\n\
         <p class=\"claim\">{claim}</p>\n\
         <section><h2>The experiment</h2><p>{setup}</p>{data}{size}</section>\n\
         <section class=\"quiz\"><h2>Predict</h2><p>{ask}</p><ol>{options}</ol>\n\
         <details id=\"reveal\"><summary>Reveal the measurement</summary>\n\
         <p class=\"answer\">Answer: {right}</p>\n\
         <p class=\"verdict {class}\"><b>{word}</b> {why}</p>\n\
         {figures}\n<h2>Theory and measurement</h2><p>{theory}</p>\n{tables}\n\
         <h2>It could have come out otherwise</h2><p>The claim gets another verdict with {counterexample}</p>\n\
         </details></section>\n\
         <section><h2>Limits</h2><p>{limits}</p></section>\n\
         <section><h2>Try it yourself</h2><pre>descent lessons run {id}\n{commands}</pre></section>\n\
         <section><h2>Source</h2><p>{source}</p></section>\n\
         <nav><span>{before}</span><span>{after}</span></nav>",
        chapter = escape(lesson.chapter.title()),
        title = math::html(lesson.title),
        claim = math::html(lesson.claim),
        setup = math::html(lesson.setup),
        ask = math::html(lesson.question.ask),
        right = math::html(lesson.question.options[answer]),
        class = class(&verdict),
        word = word(&verdict),
        why = math::html(verdict.why()),
        theory = math::html(lesson.theory),
        counterexample = math::html(lesson.counterexample),
        limits = math::html(lesson.limits),
        id = lesson.id,
        source = math::html(lesson.source),
    );
    document(&math::plain(lesson.title), &body)
}

/// A picture in both widths, with its name and numbers for a script that saves them.
fn figure(chart: &Chart, name: &str) -> String {
    let (wide, narrow) = (chart.svg(), chart.narrow_svg());
    format!(
        "<figure data-name=\"{name}\" data-csv=\"{}\"><div class=\"wide\">{wide}</div><div class=\"narrow\" aria-hidden=\"true\">{narrow}</div></figure>",
        chart.csv().split("\r\n").map(escape).collect::<Vec<_>>().join("&#13;&#10;")
    )
}

/// Index of the book in the order of the course, with every verdict; a script hides these until they are asked for.
pub fn index(results: &[(&Lesson, Verdict)], quick: bool) -> String {
    let mut body = String::from(
        "<h1>Optimizers, measured</h1>\n<p class=\"claim\">A course in which every claim is an experiment: predict, \
         then reveal. The verdicts are computed from the numbers of each page.</p>\n",
    );
    if quick {
        body +=
            "<p class=\"soft\">A quick run: fewer repetitions and smaller data than in the whole book.</p>\n";
    }
    for (number, chapter) in Chapter::ALL.iter().enumerate() {
        let of_chapter: Vec<_> = results.iter().filter(|(lesson, _)| lesson.chapter == *chapter).collect();
        if of_chapter.is_empty() {
            continue;
        }
        body += &format!("<section><h2>{}. {}</h2>\n<ul class=\"lessons\">\n", number + 1, chapter.title());
        for (lesson, verdict) in of_chapter {
            body += &format!(
                "<li><a href=\"{}\">{}</a><p>{}</p><p class=\"verdict {}\"><b>{}</b> {}</p></li>\n",
                page_name(lesson),
                math::html(lesson.title),
                math::html(lesson.claim),
                class(verdict),
                word(verdict),
                math::html(verdict.why())
            );
        }
        body += "</ul></section>\n";
    }
    body += "<nav><span><a href=\"teacher.html\">Notes for teachers</a></span></nav>";
    document("Optimizers, measured", &body)
}

/// Index in Markdown with the pictures, for a repository.
pub fn markdown(results: &[(&Lesson, Verdict)], figures: &dyn Fn(&Lesson) -> Vec<String>) -> String {
    let mut page = String::from(
        "# Optimizers, measured\n\nEvery claim is an experiment: `descent lessons run ID` makes it, `cargo xtask book` makes \
         all of them, this page and its pictures. The verdicts are computed from the numbers.\n",
    );
    for chapter in Chapter::ALL {
        let of_chapter: Vec<_> = results.iter().filter(|(lesson, _)| lesson.chapter == chapter).collect();
        if !of_chapter.is_empty() {
            page += &format!("\n## {}\n", chapter.title());
        }
        for (lesson, verdict) in of_chapter {
            let [title, claim, why] = [lesson.title, lesson.claim, verdict.why()].map(math::plain);
            page += &format!("\n### {title}\n\n`{}`: {claim}\n\n**{}** {why}\n", lesson.id, word(verdict));
            for name in figures(lesson) {
                page += &format!("\n![{title}]({name})\n");
            }
        }
    }
    page
}

/// Notes for teachers: goals, time, and the misconceptions that the course meets.
pub fn teacher() -> String {
    let misconceptions = [
        (
            "Adam needs no tuning, so it is the fair choice for a comparison.",
            "Each method has a range of good rates, and the default rate of one is not in the range of the others.",
            ["adam-easy-lr", "fair-tuning"],
        ),
        (
            "Momentum and averages of gradients reduce noise.",
            "At the same rate momentum raises the noise around the minimum; it pays where the valley is narrow.",
            ["momentum", "slow-convergence"],
        ),
        (
            "The method with the better mean in a few runs is the better method.",
            "The tuned seed, the order of the batches and the moment of looking all favor somebody.",
            ["lucky-seed", "rankings-flip"],
        ),
    ];
    let row = |(wrong, right, ids): &(&str, &str, [&str; 2])| {
        let links = ids.map(|id| format!("<a href=\"{id}.html\">{id}</a>")).join(" ");
        format!("<tr><td>{}</td><td>{} {links}</td></tr>\n", escape(wrong), escape(right))
    };
    let rows: String = misconceptions.iter().map(row).collect();
    let minutes = 10 * crate::ALL.len();
    let body = format!(
        "<p class=\"eyebrow\"><a href=\"index.html\">Optimizers, measured</a></p>\n<h1>Notes for teachers</h1>\n\
         <section><h2>Learning goals</h2><ul>\
         <li>Derive the largest stable rate of a method on a parabola and check it by a run.</li>\
         <li>Say which difficulty a method answers: narrow valleys, plateaus, rare features, noise.</li>\
         <li>Read an interval, and say what a comparison of two optimizers would need to be fair.</li>\
         <li>Write down a prediction before looking at a measurement.</li></ul></section>\n\
         <section><h2>Time</h2><p>About ten minutes a lesson, {minutes} in all: two to predict and argue, one to run, \
         five for the theory, two for the limits. Each chapter can be taught without the others; the first two \
         chapters fit in a double period.</p></section>\n\
         <section><h2>Three misconceptions</h2><table class=\"words\"><thead><tr><th>heard</th><th>measured</th></tr></thead>\
         <tbody>{rows}</tbody></table></section>\n\
         <section><h2>Without the answer</h2><p>The measurement of a page is folded. In a terminal, \
         <code>descent lessons run ID --quiz</code> waits for an answer. Nothing is stored.</p></section>"
    );
    document("Notes for teachers", &body)
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Holds(_) => "Holds:",
        Verdict::HoldsOnlyWhen(_) => "Holds only when",
        Verdict::DoesNotHoldHere(_) => "Does not hold here:",
    }
}

fn class(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Holds(_) => "yes",
        Verdict::HoldsOnlyWhen(_) => "when",
        Verdict::DoesNotHoldHere(_) => "no",
    }
}

fn table(table: &Table) -> String {
    let row = |cells: &[String], tag: &str| {
        let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", math::html(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = table.rows.iter().map(|cells| row(cells, "td")).collect();
    format!(
        "<div class=\"scroll\"><table><thead>{}</thead><tbody>{rows}</tbody></table></div>\n",
        row(&table.head, "th")
    )
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n\
         <script>\n{SAVE_SCRIPT}{SCRIPT}</script>\n</body>\n</html>\n",
        escape(title)
    )
}

//! Every lesson runs, can come out otherwise, and makes a page that needs nothing else.

use std::collections::BTreeSet;

use lessons::{ALL, Chapter, Measured, Settings, Verdict, book};

/// Threads of the tests; no number depends on them.
const THREADS: usize = 2;

fn measure(lesson: &lessons::Lesson, settings: Settings<'_>) -> Measured {
    (lesson.measure)(&Settings { threads: THREADS, ..settings })
        .unwrap_or_else(|error| panic!("{}: {error}", lesson.id))
}

#[test]
fn every_lesson_has_a_verdict_that_its_counterexample_flips() {
    let mut pages = vec![];
    for lesson in ALL {
        let measured = measure(lesson, Settings::quick());
        let verdict = (lesson.judge)(&measured);
        let otherwise = (lesson.judge)(&measure(lesson, Settings::quick().counterexample()));
        assert!(!verdict.agrees(&otherwise), "{}: {verdict}\n{otherwise}", lesson.id);
        check_text(lesson, &verdict);
        check_text(lesson, &otherwise);
        assert!(!measured.numbers.is_empty() && !measured.charts.is_empty(), "{} shows nothing", lesson.id);
        let answer = (lesson.question.answer)(&measured);
        assert!(answer < lesson.question.options.len(), "{}: answer {answer}", lesson.id);
        pages.push((lesson, measured, verdict));
    }
    for (lesson, measured, _) in &pages {
        let page = book::page(lesson, measured, true, [Some(&ALL[0]), None]);
        check_page(lesson.id, &page);
        let json: serde_json::Value =
            serde_json::from_str(&book::json(lesson, measured, true)).expect("JSON");
        assert_eq!(json["id"], lesson.id);
    }
    let results: Vec<_> = pages.iter().map(|(lesson, _, verdict)| (*lesson, verdict.clone())).collect();
    check_page("index", &book::index(&results, true));
    check_page("teacher", &book::teacher());
}

/// The reason of a verdict is a sentence with numbers in it.
fn check_text(lesson: &lessons::Lesson, verdict: &Verdict) {
    let why = verdict.why();
    assert!(why.ends_with('.') && !why.contains("NaN"), "{}: {why}", lesson.id);
}

/// A page is well-formed and asks for no other file but pages of the book.
fn check_page(name: &str, page: &str) {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let parsed = roxmltree::Document::parse_with_options(page, options)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    for node in parsed.descendants().filter(roxmltree::Node::is_element) {
        assert!(node.attribute("src").is_none(), "{name} asks for a file");
        let Some(target) = node.attribute("href") else { continue };
        let known = ["index.html", "teacher.html"].contains(&target)
            || ALL.iter().any(|lesson| book::page_name(lesson) == target);
        assert!(known, "{name} leads to {target}");
    }
    for request in ["url(", "@import", "fetch(", "<link"] {
        assert!(!page.contains(request), "{name} contains {request}");
    }
    let text = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!text.contains("http"), "{name} has an address");
}

#[test]
fn lessons_are_complete_and_in_the_order_of_the_course() {
    let ids: BTreeSet<&str> = ALL.iter().map(|lesson| lesson.id).collect();
    assert_eq!(ids.len(), ALL.len(), "ids are unique");
    assert!(ALL.is_sorted_by_key(|lesson| lesson.chapter), "chapters are in order");
    assert!(ALL.iter().all(|lesson| Chapter::ALL.contains(&lesson.chapter)));
    for lesson in ALL {
        assert!(lesson.question.options.len() > 1, "{}", lesson.id);
        assert!(lesson.try_it.iter().all(|command| command.starts_with("descent ")), "{}", lesson.id);
        assert!(!lesson.try_it.is_empty() && lesson.claim.ends_with('.'), "{}", lesson.id);
        assert!(lesson.question.ask.ends_with('?'), "{}", lesson.id);
    }
}

#[test]
fn numbers_do_not_depend_on_the_number_of_threads() {
    for lesson in ["momentum", "adam-diverges"] {
        let lesson = lessons::by_name(lesson).expect("listed");
        let run = |threads| (lesson.measure)(&Settings { threads, ..Settings::quick() }).expect("it runs");
        assert_eq!(run(1), run(3), "{}", lesson.id);
    }
}

#[test]
fn the_recorded_verdicts_are_of_these_lessons() {
    let recorded: Vec<String> = book::recorded().into_iter().map(|answer| answer.id).collect();
    let all: Vec<&str> = ALL.iter().map(|lesson| lesson.id).collect();
    assert_eq!(recorded, all, "run `cargo xtask book`");
}

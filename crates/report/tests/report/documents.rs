//! One document in every form: the page of a study, Markdown, LaTeX, CSV, JSON and templates.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use lab::Comparison;
use lab::store::Memory;
use lab::study::{Engine, Entry, Outcome, Ruleset, Study};
use lab::tasks::Setup;
use report::document::{Block, Document, Format};
use report::{StudyParts, comparison_document, study_document};
use train::Task;

use crate::made;
use crate::page::HOSTILE;

/// A study of two functions and a small classifier that was really run.
struct Ran {
    study: Study,
    outcome: Outcome,
    runs: Vec<Comparison>,
}

static RAN: LazyLock<Ran> = LazyLock::new(|| {
    let entries = ["sgd", "sgd momentum=0.9", "adam"].map(|text| Entry::new(text, text.parse().unwrap()));
    let tasks = ["beale", "quadratic-rotated", "mnist1d-logreg"].map(str::to_string).to_vec();
    let study = Study {
        rulesets: vec![Ruleset::Default, Ruleset::Lr],
        trials: 4,
        tuning_seeds: 1,
        fresh_seeds: 1,
        seeds: 0..3,
        epochs: Some(1),
        ..Study::new("valleys", tasks, entries.into())
    };
    let mut setup = Setup::offline().with_validation();
    let tasks: Vec<Task> =
        study.specs().unwrap().iter().map(|spec| spec.build(&mut setup).unwrap()).collect();
    let store = Memory::default();
    let engine = Engine::new(&study, &tasks, &store).unwrap().with_threads(1);
    let outcome = engine.run(&|_, _| ControlFlow::Continue(()), &|_| ControlFlow::Continue(())).unwrap();
    let places = (0..3).flat_map(|task| (0..2).map(move |ruleset| (task, ruleset)));
    let runs =
        places.map(|place| Comparison::of_study(&outcome, place, &store, String::new()).unwrap()).collect();
    Ran { study, outcome, runs }
});

fn document(ran: &Ran) -> Document {
    let Ran { study, outcome, runs } = ran;
    study_document(&StudyParts { study, outcome, runs, command: "descent study resume valleys" })
}

#[test]
fn the_page_of_a_study_has_every_part() {
    let page = document(&RAN).render(Format::Html);
    for part in [
        "Over 3 tasks, lr tuned, ",
        "critical difference",
        "at most τ times the lowest",
        "mnist1d-logreg, lr tuned",
        "Pairs as a matrix",
        "Sensitivity to the learning rate",
        "Expected best after a number of trials",
        "Runs that have reached",
        "What was chosen",
        "How it was done",
        &RAN.outcome.definition_sha256,
        "fresh_seeds = 1",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let verdict = page.split("class=\"verdict\">").nth(1).unwrap();
    let verdict = &verdict[..verdict.find("</p>").unwrap()];
    assert!(verdict.matches(". ").count() <= 1, "{verdict}");
    for forbidden in ["http:", "https:", "src=", "@import", "fetch(", "XMLHttp", "<iframe"] {
        let page = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let mut pictures = 0;
    for part in page.split("<svg").skip(1) {
        let svg = format!("<svg{}</svg>", &part[..part.find("</svg>").unwrap()]);
        roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
        pictures += 1;
    }
    assert!(pictures > 20, "{pictures}");
}

#[test]
fn every_part_of_a_study_has_a_verdict_of_two_sentences() {
    for comparison in &RAN.outcome.comparisons {
        let verdict = report::prose::study::verdict(&RAN.outcome, comparison);
        assert!(verdict.ends_with('.') && verdict.matches(". ").count() <= 1, "{verdict}");
    }
}

#[test]
fn hostile_names_stay_in_their_place_in_every_form() {
    let Ran { study, outcome, runs } = &*RAN;
    let long = "n".repeat(10_000);
    let tags = |text: &str| text.matches('<').count();
    let honest = tags(&document(&RAN).render(Format::Html));
    for name in HOSTILE.into_iter().chain([long.as_str()]) {
        let (mut outcome, mut runs, mut study) = (outcome.clone(), runs.clone(), study.clone());
        outcome.study = name.into();
        study.name = name.into();
        outcome.entries[0] = name.into();
        outcome.tasks[0].name = name.into();
        for comparison in &mut runs {
            comparison.rows[0].optimizer = name.into();
            for run in &mut comparison.runs {
                run.task.data.name = name.into();
                run.task.data.origin = name.into();
                run.environment.version = name.into();
            }
        }
        let found = document(&Ran { study, outcome, runs });
        let page = found.render(Format::Html);
        assert_eq!(tags(&page), honest, "{name}");
        assert!(!page.contains("<img") && !page.contains("12341234"), "{name}");
        assert!(!page.contains(['\u{2028}', '\u{0}', '\u{1b}', '\u{202e}']), "{name}");
        let markdown = found.render(Format::Markdown);
        // In a fence everything is text.
        let markdown: String = markdown.split("\n```").step_by(2).collect();
        assert!(!markdown.contains("<script") && !markdown.contains("<img"), "{name}");
        let latex = found.render(Format::Latex);
        assert_eq!(latex.matches('{').count(), latex.matches('}').count(), "{name}");
        let json: serde_json::Value = serde_json::from_str(&found.render(Format::Json)).unwrap();
        assert_eq!(json["kind"], "study");
        if name == long {
            let table = page.split("<table").nth(1).unwrap();
            assert!(!table[..table.find("</table").unwrap()].contains(&"n".repeat(100)));
        }
    }
}

#[test]
fn the_csv_has_a_row_a_cell_and_numbers_in_full() {
    let csv = document(&RAN).render(Format::Csv);
    let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 1 + RAN.outcome.cells.len());
    let mean = lines[0].split(',').position(|name| name == "mean").unwrap();
    for (line, cell) in lines[1..].iter().zip(&RAN.outcome.cells) {
        // Recipes have commas, so they are quoted; the other fields have none.
        let plain = line.split('"').step_by(2).collect::<Vec<_>>().join("recipe");
        let text = plain.split(',').nth(mean).unwrap().to_string();
        assert_eq!(text.parse::<f64>().ok(), cell.mean(), "{line}");
    }
}

#[test]
fn a_comparison_has_the_same_forms() {
    let comparison = made::comparison(&made::three(), 3, 2);
    let document = comparison_document(&comparison, None);
    let csv = document.render(Format::Csv);
    assert!(csv.starts_with("optimizer,recipe,settings,measure,test_metric,low,high,"), "{csv}");
    assert_eq!(csv.lines().count(), 4);
    let markdown = document.render(Format::Markdown);
    assert!(
        markdown.contains("| Optimizer | Train loss |") && markdown.contains("## Settings"),
        "{markdown}"
    );
    let mut bars = document.clone();
    bars.data.columns[0].name = "a|b".into();
    bars.blocks = vec![Block::Table(bars.data.clone())];
    let markdown = bars.render(Format::Markdown);
    assert!(markdown.contains("\n| a\\|b | recipe |"), "{markdown}");
    let latex = document.render(Format::Latex);
    for part in ["\\begin{tabular}{lrrrrrr}", "\\toprule", "adam & ", "\\% "] {
        assert!(latex.contains(part), "{part} is not in\n{latex}");
    }
    let template =
        "{% for row in data.rows %}{{ row[0].text }} {{ row[4].values[0]|round(2) }}\n{% endfor %}";
    let text = document.render_with("mine.txt", template).unwrap();
    assert_eq!(text.lines().count(), 3);
    assert!(text.contains("adam 0.9"), "{text}");
    let endless = "{% for i in range(99999) %}{% for j in range(99999) %}{{ i * j }}{% endfor %}{% endfor %}";
    assert!(document.render_with("mine.txt", endless).is_err());
    assert!(report::document::check_template("mine.txt", "{% for %}").is_err());
}

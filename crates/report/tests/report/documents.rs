//! One document in every form: the page of a study, Markdown, LaTeX, CSV, JSON and templates.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use lab::Comparison;
use lab::store::Memory;
use lab::study::outcome::compare;
use lab::study::{
    DecidingTest, Engine, Entry, HalvingPlan, Outcome, PilotPlan, Ruleset, SearchMethod, Study,
};
use lab::tasks::Setup;
use report::document::{Block, Document, Format};
use report::{StudyParts, comparison_document, study_document};
use train::{Direction, Order, Task};

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
    ran(study)
});

fn ran(study: Study) -> Ran {
    let mut setup = Setup::offline().with_validation();
    let tasks: Vec<Task> =
        study.specs().unwrap().iter().map(|spec| spec.build(&mut setup).unwrap()).collect();
    let store = Memory::default();
    let engine = Engine::new(&study, &tasks, &store).unwrap().with_threads(1);
    let outcome = engine.run(&|_, _| ControlFlow::Continue(()), &|_| ControlFlow::Continue(())).unwrap();
    let rulesets = study.rulesets.len();
    let places = (0..tasks.len()).flat_map(|task| (0..rulesets).map(move |ruleset| (task, ruleset)));
    let runs =
        places.map(|place| Comparison::of_study(&outcome, place, &store, String::new()).unwrap()).collect();
    Ran { study, outcome, runs }
}

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

/// The outcome of the entries on `mnist1d-logreg` with nothing tuned, with these scores of their seeds.
fn with_scores(scores: [[Option<f64>; 3]; 3]) -> Outcome {
    let mut outcome = RAN.outcome.clone();
    for cell in outcome.cells.iter_mut().filter(|cell| (cell.id.task, cell.id.ruleset) == (2, 0)) {
        let scores = scores[cell.id.entry];
        cell.diverged = scores.iter().filter(|score| score.is_none()).count();
        cell.runs.iter_mut().zip(scores).for_each(|(run, score)| run.score = score);
    }
    let scores = scores.map(|scores| scores.to_vec());
    let found = outcome.comparisons.iter_mut().find(|found| (found.task, found.ruleset) == (2, 0)).unwrap();
    *found = compare((2, 0), &scores, Direction::Maximize, &RAN.study.decision(0));
    outcome
}

#[test]
fn a_verdict_says_what_is_the_same_and_that_nothing_finished() {
    let verdict = |scores| {
        let outcome = with_scores(scores);
        let found = outcome.comparisons.iter().find(|found| (found.task, found.ruleset) == (2, 0)).unwrap();
        report::prose::study::verdict(&outcome, found)
    };
    assert_eq!(verdict([[None; 3]; 3]), "Every run of every entry diverged, so nothing can be compared.");
    let same = [0.3, 0.31, 0.32].map(Some);
    assert_eq!(
        verdict([same, same, [0.30, 0.30, 0.31].map(Some)]),
        "sgd, and with the same score on every seed sgd momentum=0.9, have the best mean, but are not shown to be \
         better than any. They are not told apart from adam: 3 seeds show differences of 2.55 points or more."
    );
}

#[test]
fn entries_that_share_the_best_mean_rank_are_named_together() {
    let mut outcome = RAN.outcome.clone();
    let over = outcome.over_tasks.iter_mut().max_by_key(|over| over.ruleset).unwrap();
    let ranks = [1.5, 1.5, 3.0];
    over.entries.iter_mut().zip(ranks).for_each(|(entry, rank)| entry.mean_rank = Some(rank));
    assert_eq!(
        report::prose::study::summary(&outcome),
        "Over 3 tasks, lr tuned, sgd and sgd momentum=0.9 share the best mean rank (1.50), which tells them apart from \
         no other."
    );
    let over = outcome.over_tasks.iter_mut().max_by_key(|over| over.ruleset).unwrap();
    over.entries.iter_mut().for_each(|entry| entry.mean_rank = Some(2.0));
    let summary = report::prose::study::summary(&outcome);
    assert_eq!(summary, "Over 3 tasks, lr tuned, all 3 entries have the same mean rank (2.00).");
}

#[test]
fn the_protocol_on_a_page_is_that_of_the_study() {
    let page = |study: &Study| {
        document(&Ran { study: study.clone(), outcome: RAN.outcome.clone(), runs: RAN.runs.clone() })
            .render(Format::Html)
    };
    let usual = page(&RAN.study);
    let changes: [(Study, &[&str], &[&str]); 5] = [
        (
            Study { fresh_seeds: 0, ..RAN.study.clone() },
            &["The best was chosen."],
            &["The two best ran again on 1 further seed, which chose."],
        ),
        (
            Study { sampler: SearchMethod::Grid, extend: false, ..RAN.study.clone() },
            &["or as many points of a grid as fit, on 1 tuning seed"],
            &["4 trials, scrambled Sobol points of its space, and 1 trial more, beyond the ends"],
        ),
        (
            Study { halving: Some(HalvingPlan { first: 2, eta: 3 }), ..RAN.study.clone() },
            &["they began with 2 epochs, and one in 3 went on to 3 times as many"],
            &[],
        ),
        (
            Study { order: Order::Fixed, test: DecidingTest::SignFlip, ..RAN.study.clone() },
            &["in every epoch the same", "told apart by the sign-flip test"],
            &["in every epoch others", "told apart by Student"],
        ),
        (
            Study { rulesets: vec![Ruleset::Default; 2], ..RAN.study.clone() },
            &["Nothing was tuned"],
            &["Each entry had", "variance of a difference is added"],
        ),
    ];
    assert!(usual.contains("A test function has no examples"), "two tasks are functions");
    for (study, changed, as_usual) in changes {
        let page = page(&study);
        for words in changed {
            assert!(page.contains(words) && !usual.contains(words), "{words}");
        }
        for words in as_usual {
            assert!(!page.contains(words) && usual.contains(words), "{words}");
        }
    }
}

#[test]
fn runs_have_the_names_of_their_rows() {
    let page = document(&RAN).render(Format::Markdown);
    assert!(page.contains("| sgd momentum=0.9 | 2 | finished |"), "{page}");
    // The loss is shown once where it is the metric; the gap of a function is none.
    let document =
        comparison_document(&made::comparison(&made::three(), 3, 2), None).render(Format::Markdown);
    assert!(document.contains("| Test loss | Test accuracy |") && page.contains("| Test loss | Test gap |"));
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

/// A study of a classifier with a pilot and an A/A twin.
fn checked() -> Ran {
    let entries = ["sgd", "adam"].map(|text| Entry::new(text, text.parse().unwrap()));
    let mut study = Study {
        trials: 4,
        tuning_seeds: 1,
        fresh_seeds: 1,
        seeds: 0..3,
        epochs: Some(1),
        pilot: Some(PilotPlan { entry: "adam".into(), seeds: 20 }),
        ..Study::new("checked", vec!["mnist1d-logreg".into()], entries.into())
    };
    study.entries.push(study.entries[1].twin("adam again"));
    ran(study)
}

#[test]
fn a_pilot_and_an_aa_check_are_said_in_every_form() {
    let ran = checked();
    let page = document(&ran).render(Format::Html);
    for part in [
        "A/A: adam again is adam on other seeds, and the two are not told apart (",
        "Pilot: adam on 20 further seeds: standard deviation ",
        "A pilot measured the spread of adam in its reported settings on 20 further seeds",
        "adam again is adam once more, on tuning and reporting seeds that no other entry has (A/A)",
        "variance over the pilot&#39;s",
        "2000000 to 2000019",
        "aa = &#34;adam&#34;",
    ] {
        let entity = [part.to_string(), part.replace("&#39;", "'"), part.replace("&#34;", "&quot;")];
        assert!(entity.iter().any(|part| page.contains(part)), "{part}");
    }
    let table = report::study_table(&ran.outcome, 100, report::Style::Plain);
    let table = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        table.contains("A/A: adam again is adam on other seeds") && table.contains("Pilot: adam on 20"),
        "{table}"
    );
    let json = ran.outcome.to_json();
    assert!(json.contains("\"aa\":[{\"task\":0,") && json.contains("\"variance_ratio\":"), "{json}");
    assert!(!RAN.outcome.to_json().contains("\"aa\"") && !RAN.outcome.to_json().contains("pilot"));

    // Told apart, it is a warning; a pilot with a diverged run is not used.
    let mut ran = ran;
    ran.outcome.aa[0].told_apart = true;
    ran.outcome.cells[1].pilot.as_mut().unwrap().scores[3] = None;
    ran.outcome.cells[1].pilot.as_mut().unwrap().std = None;
    let page = document(&ran).render(Format::Markdown);
    assert!(page.contains("the two are told apart, which is chance or a fault"), "{page}");
    assert!(page.contains("That may happen in 5% of such studies"), "{page}");
    assert!(
        page.contains("Pilot: adam on 20 further seeds: 1 run diverged, so each pair has its own spread.")
    );
}

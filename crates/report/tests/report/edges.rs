//! Comparisons at the edge: none, one, all diverged, no number at all, very many.

use lab::compare::Comparison;
use report::{Style, csv, curves_svg, jsonl, page, parse_jsonl, table};

use crate::made;

/// Everything made from one comparison, checked for form.
fn all(comparison: &Comparison) -> (String, String) {
    let svg = curves_svg(comparison);
    roxmltree::Document::parse(&svg).unwrap();
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    assert_eq!(parse_jsonl(&jsonl(&comparison.runs)).unwrap().len(), comparison.runs.len());
    assert!(csv(&comparison.runs).lines().count() > comparison.runs.len());
    (table(comparison, 80, Style::Plain), page(comparison))
}

#[test]
fn no_runs() {
    let (table, page) = all(&made::comparison(&[], 0, 0));
    assert!(table.contains("there are no runs"), "{table}");
    assert!(page.contains("There are no runs"));
}

#[test]
fn one_run_of_one_epoch() {
    let (table, page) = all(&made::comparison(&made::three()[..1], 1, 1));
    assert!(table.contains("1 seed"), "{table}");
    assert!(page.contains("Lines are single runs."));
}

#[test]
fn all_diverged() {
    let mut comparison = made::comparison(&made::three(), 2, 2);
    for row in 0..3 {
        made::diverge(&mut comparison, row, 2);
    }
    let (table, page) = all(&comparison);
    assert_eq!(table.matches(" † ").count(), 3, "{table}");
    assert!(page.contains("diverged at step 3"));
    assert!(page.contains("Nothing to draw"));
}

#[test]
fn numbers_that_are_none() {
    let mut comparison = made::comparison(&made::three(), 2, 3);
    for point in &mut comparison.rows[0].score_curve {
        point.mean = f64::NAN;
    }
    comparison.rows[1].train_curve[5].mean = f64::NAN;
    comparison.rows[1].train_curve[7].high = f64::INFINITY;
    comparison.rows[2].train_curve[9].mean = 1e300;
    comparison.rows[2].train_curve[9].low = -0.0;
    comparison.rows[2].score.as_mut().unwrap().mean = f64::NAN;
    comparison.runs[0].curves.get_mut("test_accuracy").unwrap()[1].value = f64::NAN;
    let (table, _) = all(&comparison);
    let last = table.lines().rfind(|line| line.contains("reached")).unwrap();
    assert!(last.starts_with("— sgd"), "{table}");
    assert!(table.contains("NaN"), "{table}");
    let svg = curves_svg(&comparison);
    assert!(svg.contains("Without a finite value, so not drawn: sgd."), "{svg}");
}

#[test]
fn ten_thousand_runs_are_a_small_page() {
    let optimizers: Vec<made::Made> = (0..20)
        .map(|i| {
            let name = format!("optimizer with a long name {i}");
            made::made(&name, &name, 4, 0.06 + 0.004 * i as f64, 0.5)
        })
        .collect();
    let (table, page) = all(&made::comparison(&optimizers, 500, 2));
    assert!(table.lines().all(|line| line.chars().count() <= 80));
    assert!(page.contains("10,000 runs; the first 200 are here, the other 9,800 are in"));
    // Single runs are in the file, thinned, and read when they are asked for.
    assert!(page.contains("id=\"loss-seeds\">"));
    assert!(page.len() < 4_000_000, "{} bytes", page.len());
}

#[test]
fn labels_of_twenty_lines_do_not_overlap() {
    let optimizers: Vec<made::Made> =
        (0..20).map(|i| made::made(&format!("rule-{i:02}"), "", 4, 0.06, 0.5)).collect();
    let svg = curves_svg(&made::comparison(&optimizers, 2, 2));
    let picture = roxmltree::Document::parse(&svg).unwrap();
    for panel in picture.root_element().children().filter(|node| node.has_tag_name("g")) {
        let mut heights: Vec<f64> = panel
            .descendants()
            .filter(|node| node.has_tag_name("text"))
            .filter(|node| node.text().is_some_and(|text| text.starts_with("rule-")))
            .map(|node| node.attribute("y").unwrap().parse().unwrap())
            .collect();
        assert_eq!(heights.len(), 20);
        heights.sort_by(f64::total_cmp);
        assert!(heights.windows(2).all(|pair| pair[1] - pair[0] > 12.0), "{heights:?}");
    }
}

#[test]
fn long_runs_are_thinned_to_the_pixels() {
    let comparison = made::comparison(&made::three(), 2, 1000);
    assert_eq!(comparison.rows[0].train_curve.len(), 10_000);
    let svg = curves_svg(&comparison);
    assert!(svg.len() < 150_000, "{} bytes", svg.len());
}

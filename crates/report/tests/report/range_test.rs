//! Range tests as pictures and as rows; the numbers are made up.

use lab::lr_finder::{Across, Ended, RangeTest, SeedSweep, Suggestion, Sweep};
use report::{range_test_csv, range_test_json, range_test_svg};

const SWEEP: Sweep = Sweep { from: 1e-6, to: 1.0, steps: 61, smoothing: 0.9, stop: 4.0 };

fn across(median: f64) -> Option<Across> {
    Some(Across { median, low: median / 2.0, high: median * 2.0, seeds: 2 })
}

/// Losses that fall by 1.5 from 10⁻⁴ on and climb out of sight from 10⁻¹ on.
fn sweep(seed: u64) -> SeedSweep {
    let loss = |x: f64| 2.3 + 0.01 * seed as f64 - 0.5 * (x + 4.0).clamp(0.0, 3.0) + 1e3 * (x + 1.0).max(0.0);
    let losses: Vec<f64> = (0..61).map(|step| loss(SWEEP.rate(step).log10())).collect();
    let reading = Suggestion {
        beginning: 2.3,
        noise: 0.01,
        lowest: 0.8,
        lowest_at: 0.1,
        steepest: Some(1e-3),
        tenth: Some(1e-2),
        choice: Some(3.2e-3),
        edge: Some(0.11),
    };
    SeedSweep { seed, smoothed: losses.clone(), losses, ended: Ended::LastRate, reading }
}

pub(crate) fn made() -> RangeTest {
    let sweeps = vec![sweep(0), sweep(1)];
    RangeTest {
        schema: 1,
        dataset: "mnist".into(),
        origin: "made up".into(),
        sample: false,
        model: "784-128-64-10".into(),
        weights: 109_386,
        optimizer: "adam".into(),
        recipe: "adam lr=0.001, batch=64".into(),
        start: "fresh weights".into(),
        kernel: "portable".into(),
        sweep: SWEEP,
        median: sweeps[0].smoothed.clone(),
        sweeps,
        steepest: across(1e-3),
        tenth: across(1e-2),
        edge: across(0.11),
        choices: across(3.2e-3),
        choice: Some(3.2e-3),
        chosen: Some("adam lr=0.0032, batch=64".into()),
        departures: vec![],
    }
}

fn attribute(node: roxmltree::Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

#[test]
fn every_suggestion_is_drawn_at_its_rate() {
    let svg = range_test_svg(&made());
    let document = roxmltree::Document::parse(&svg).unwrap();
    let plot = document.descendants().find(|node| node.attribute("clip-path").is_some()).unwrap();
    let uprights: Vec<f64> =
        plot.children().filter(|n| n.has_tag_name("line")).map(|n| attribute(n, "x1")).collect();
    // Six decades on a straight scale of the logarithm.
    let rect =
        document.descendants().find(|node| node.has_tag_name("clipPath")).unwrap().first_element_child();
    let (left, width) = (attribute(rect.unwrap(), "x"), attribute(rect.unwrap(), "width"));
    let place = |rate: f64| left + width * (rate.log10() + 6.0) / 6.0;
    let expected = [3.2e-3, 1e-3, 1e-2, 0.11].map(place);
    assert_eq!(uprights.len(), 4);
    assert!(uprights.iter().zip(expected).all(|(got, want)| (got - want).abs() < 0.01), "{uprights:?}");
    // A band a seed's spread wide for each, a thin line a seed, a thick one for the median.
    assert_eq!(plot.children().filter(|n| n.has_tag_name("rect")).count(), 4);
    let widths: Vec<&str> = plot
        .children()
        .filter(|n| n.has_tag_name("path"))
        .filter_map(|n| n.attribute("stroke-width"))
        .collect();
    assert_eq!(widths, ["1", "1", "2.6"]);
    for said in
        ["chosen: 0.0032", "steepest descent: 0.001, 2 seeds from 5e-4 to 0.002", "edge of divergence: 0.11"]
    {
        assert!(svg.contains(said), "{said}");
    }
    assert!(svg.contains(">1e-6<") && svg.contains(">learning rate<"), "the axis has its ends and its name");
}

#[test]
fn every_test_is_a_picture() {
    let mut flat = made();
    flat.sweeps.iter_mut().for_each(|sweep| sweep.smoothed.fill(0.0));
    flat.sweeps.iter_mut().for_each(|sweep| (sweep.reading.beginning, sweep.reading.lowest) = (0.0, 0.0));
    (flat.steepest, flat.tenth, flat.edge, flat.choices, flat.choice) = (None, None, None, None, None);
    let mut empty = RangeTest { sweeps: vec![], median: vec![], ..flat.clone() };
    empty.recipe = "<b>&\"'\u{1b}[2J".repeat(30);
    let mut broken = made();
    broken.sweeps.iter_mut().for_each(|sweep| {
        sweep.smoothed.clear();
        (sweep.reading.beginning, sweep.reading.lowest) = (f64::NAN, f64::NAN);
    });
    for test in [flat, empty, broken] {
        let svg = range_test_svg(&test);
        let document = roxmltree::Document::parse(&svg).unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert!(document.descendants().any(|node| node.has_tag_name("title")));
        assert_eq!(svg, range_test_svg(&test), "the same bytes each time");
    }
}

#[test]
fn rows_are_those_of_the_sweeps() {
    let csv = range_test_csv(&made());
    let rows: Vec<&str> = csv.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 1 + 2 * 61);
    assert_eq!(rows[0], "dataset,recipe,seed,step,learning_rate,loss,smoothed_loss");
    assert!(rows[1].starts_with("mnist,\"adam lr=0.001, batch=64\",0,0,0.000001,2.3,"), "{}", rows[1]);
    let last: Vec<&str> = rows[122].rsplit(',').take(4).collect();
    assert_eq!(last[2..], ["1", "60"]);
}

#[test]
fn the_json_form_has_the_numbers_and_the_sentences() {
    let json: serde_json::Value = serde_json::from_str(&range_test_json(&made())).unwrap();
    assert_eq!(json["choice"], 3.2e-3);
    assert!(json["why"].as_str().unwrap().starts_with("lr=0.0032 would be chosen: half way"), "{json}");
    assert_eq!((&json["doubts"], &json["notes"]), (&serde_json::json!([]), &serde_json::json!([])));
    let back: RangeTest = serde_json::from_value(json).unwrap();
    assert_eq!(back, made());
}

//! The table and the picture of a small comparison, and of a schedule, byte for byte.
//!
//! After a wanted change: `DESCENT_BLESS=1 cargo test -p report golden`, then read the difference.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use lab::compare::Comparison;
use report::Style;

use crate::made;

#[test]
fn the_table_is_the_same_bytes() {
    check("table.txt", &report::table(&FIXTURE, 80, Style::Plain));
}

#[test]
fn the_narrow_table_is_the_same_bytes() {
    check("table-40.txt", &report::table(&FIXTURE, 40, Style::Plain));
}

#[test]
fn the_picture_is_the_same_bytes() {
    check("curves.svg", &report::curves_svg(&FIXTURE));
}

#[test]
fn the_rows_are_the_same_bytes() {
    check("results.csv", &report::csv(&FIXTURE.runs));
}

#[test]
fn the_schedule_is_the_same_bytes() {
    let factors: Vec<f64> =
        (0..40).map(|step| if step < 8 { 0.125 * f64::from(step) } else { 0.5 }).collect();
    check("schedule.svg", &report::schedule_svg("a rise, then half of it", &factors));
}

/// Committed as JSON, so that no logarithm of another platform moves it.
static FIXTURE: LazyLock<Comparison> = LazyLock::new(|| {
    let text = read_or_bless("comparison.json", || {
        let mut comparison = made::comparison(&made::three(), 2, 2);
        made::diverge(&mut comparison, 2, 1);
        serde_json::to_string_pretty(&comparison).unwrap() + "\n"
    });
    serde_json::from_str(&text).unwrap()
});

fn check(file: &str, got: &str) {
    let want = read_or_bless(file, || got.to_string());
    assert!(got == want, "{file} has changed; it is now:\n{got}");
}

fn read_or_bless(file: &str, fresh: impl FnOnce() -> String) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/report/golden").join(file);
    if std::env::var_os("DESCENT_BLESS").is_some() {
        fs::write(&path, fresh()).unwrap();
    }
    fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

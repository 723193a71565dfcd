//! Writes report.html, curves.svg, the table and the records of a made-up comparison, in which
//! some runs of a fourth optimizer diverge, into the folder given.
//!
//! `cargo run -p report --example demo -- target/demo`

#[path = "../tests/report/made.rs"]
mod made;

use std::fs;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_string()));
    let mut optimizers = made::three();
    optimizers.push(made::made("sgd-momentum", "sgd lr=0.1 momentum=0.9, batch=64", 4, 0.075, 0.5));
    let mut comparison = made::comparison(&optimizers, 5, 5);
    made::diverge(&mut comparison, 3, 2);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("report.html"), report::page(&comparison))?;
    fs::write(folder.join("curves.svg"), report::curves_svg(&comparison))?;
    fs::write(folder.join("table.txt"), report::table(&comparison, 80, report::Style::Plain))?;
    fs::write(folder.join("results.csv"), report::csv(&comparison.runs))?;
    fs::write(folder.join("results.jsonl"), report::jsonl(&comparison.runs))
}

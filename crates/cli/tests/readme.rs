//! Every example of the READMEs runs, and the training among them learns.

mod common;

use std::fs;
use std::path::Path;

use image::GrayImage;

/// The lines of a README that call the program, with a trailing comment removed.
fn examples(readme: &str) -> Vec<String> {
    let lines = readme.lines().filter_map(|line| line.strip_prefix("descent "));
    lines.map(|line| line.split("  #").next().unwrap_or(line).trim().to_string()).collect()
}

/// Arguments as a shell splits them, for lines with single quotes only.
fn arguments(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (i, part) in line.split('\'').enumerate() {
        match i % 2 {
            1 => found.push(part.to_string()),
            _ => found.extend(part.split_whitespace().map(String::from)),
        }
    }
    found
}

/// Runs an example with nothing but the embedded sample in reach; returns its output.
fn run(folder: &Path, line: &str) -> String {
    let arguments = arguments(line);
    let mut command = common::descent(folder);
    command.args(&arguments);
    if ["train", "compare", "evaluate"].contains(&arguments[0].as_str()) {
        command.arg("--offline");
    }
    let output = command.output().expect("the program starts");
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "descent {line}: {text}");
    text.into_owned()
}

/// A vertical stroke, black on white.
fn picture(path: &Path) {
    let stroke = |x, y| (18..22).contains(&x) && (8..32).contains(&y);
    let pixel = |x, y| image::Luma([if stroke(x, y) { 0 } else { 255 }]);
    GrayImage::from_fn(40, 40, pixel).save(path).expect("a PNG is written");
}

#[test]
fn examples_of_the_readmes_run_and_learn() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for readme in [root.join("README.md"), root.join("../../README.md")] {
        let folder = tempfile::tempdir().unwrap();
        picture(&folder.path().join("photo.png"));
        let lines = examples(&fs::read_to_string(&readme).expect("a README"));
        assert!(lines.len() >= 4, "{}: {lines:?}", readme.display());
        for line in lines {
            let text = run(folder.path(), &line);
            if line.starts_with("train") {
                let accuracy = text.rsplit_once("test accuracy ").expect("an evaluation").1;
                let accuracy: f64 = accuracy.split('%').next().unwrap_or_default().parse().expect("a number");
                assert!(accuracy > 80.0, "descent {line}: {accuracy}%");
            }
        }
    }
}

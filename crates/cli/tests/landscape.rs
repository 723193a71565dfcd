//! `descent landscape`: the loss around trained networks.

mod common;
#[path = "common/text.rs"]
mod text;

use std::path::Path;
use std::process::Output;

use common::descent;
use text::text;

fn run(folder: &Path, arguments: &str) -> Output {
    descent(folder).args(arguments.split(' ')).env("COLUMNS", "60").output().expect("the program starts")
}

#[track_caller]
fn says(folder: &Path, arguments: &str) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn one_two_and_three_models_are_drawn() {
    let folder = tempfile::tempdir().unwrap();
    for (name, epochs) in [("a", 1), ("b", 2), ("c", 3)] {
        says(
            folder.path(),
            &format!("train --offline --optimizer adam --epochs {epochs} --save {name}.safetensors"),
        );
    }
    let small = "--offline --examples 50 --points 5";
    let page = says(folder.path(), &format!("landscape a.safetensors {small} --svg a.svg"));
    assert!(page.contains("loss around a.safetensors") && page.contains("✕"), "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 60), "{page}");
    assert!(std::fs::read_to_string(folder.path().join("a.svg")).unwrap().starts_with("<svg"));
    let empty = run(folder.path(), &format!("landscape a.safetensors {small} --range 1e300"));
    let told = text(&empty.stderr);
    assert_eq!((empty.status.code(), empty.stdout.len()), (Some(2), 0), "{told}");
    assert!(told.contains("--range 1e300: no loss in the plane is finite"), "{told}");
    let line = says(folder.path(), &format!("landscape a.safetensors b.safetensors {small} --json"));
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((line["kind"].as_str(), line["losses"].as_array().unwrap().len()), (Some("line"), 5));
    let path = format!("landscape a.safetensors b.safetensors c.safetensors {small} --json");
    let path: serde_json::Value = serde_json::from_str(&says(folder.path(), &path)).unwrap();
    assert_eq!(path["path"].as_array().unwrap().len(), 3);
    assert!(path["about"].as_str().unwrap().contains("principal components"));
}

#[test]
fn a_page_says_what_the_picture_shows() {
    let folder = tempfile::tempdir().unwrap();
    says(folder.path(), "train --task mnist1d-logreg --epochs 1 --save a.safetensors");
    says(folder.path(), "train --task mnist1d-logreg --epochs 2 --save b.safetensors");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let small = "--examples 50 --points 5";
    says(folder.path(), &format!("landscape a.safetensors {small} --html plane.html"));
    assert!(read("plane.html").contains("The lowest loss of the plane is "));
    says(folder.path(), &format!("landscape a.safetensors b.safetensors {small} --html line.html"));
    assert!(read("line.html").contains("a.safetensors and b.safetensors"));
    let told = run(folder.path(), "landscape a.safetensors --svg a.svg --html a.svg");
    assert_eq!(told.status.code(), Some(2));

    says(folder.path(), "train --task mnist1d-mlp --epochs 1 --save other.safetensors");
    let told = run(folder.path(), &format!("landscape a.safetensors other.safetensors {small}"));
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("other.safetensors: expected the same network as in a.safetensors"), "{told}");
    says(folder.path(), "train --task booth --save f.safetensors");
    let told = String::from_utf8(run(folder.path(), "landscape f.safetensors").stderr).unwrap();
    assert!(
        told.contains("booth: expected a task with examples, found a function\nhint: `descent race booth"),
        "{told}"
    );
}

#[test]
#[cfg(feature = "store")]
fn a_stored_run_is_trained_again_and_its_path_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let compare =
        "compare --task mnist1d-logreg --optimizers sgd --epochs 2 --seeds 1 --untuned --store runs.db";
    says(folder.path(), compare);
    let listed = says(folder.path(), "runs list --json --store runs.db");
    let run_of: serde_json::Value = serde_json::from_str(listed.lines().next().unwrap()).unwrap();
    let key = &run_of["key"].as_str().unwrap()[..10];
    let small = "--examples 50 --points 5 --store runs.db --json";
    let path = says(folder.path(), &format!("landscape {key} {small}"));
    let path: serde_json::Value = serde_json::from_str(&path).unwrap();
    let steps = path["path"].as_array().unwrap();
    assert!(steps.len() > 20 && steps.len() <= 32, "{}", steps.len());
    let loss = |step: &serde_json::Value| step["loss"].as_f64().unwrap();
    assert!(loss(&steps[steps.len() - 1]) < loss(&steps[0]));
    let around = says(folder.path(), &format!("landscape {key} --plane random {small}"));
    assert!(around.contains("normalized filter by filter"), "{around}");
    let told = String::from_utf8(run(folder.path(), "landscape 0000dead --store runs.db").stderr).unwrap();
    assert!(told.contains("unknown run `0000dead`"), "{told}");
}

#[test]
fn wrong_words_are_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("text"), "no model").unwrap();
    std::fs::write(folder.path().join("t.csv"), "a,y\n1,2\n").unwrap();
    for (arguments, code, words) in [
        ("landscape", 2, "<MODEL>"),
        ("landscape none.safetensors", 66, "none.safetensors"),
        ("landscape text", 65, "text"),
        ("landscape text --points 2", 2, "--points"),
        ("landscape text --svg none/a.svg", 73, "none"),
        ("landscape other text --svg text", 2, "--svg conflicts with MODEL: both are text"),
        ("landscape text --data t.csv --target y --svg t.csv", 2, "--svg conflicts with --data"),
    ] {
        let output = run(folder.path(), arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments}: {told}");
        assert!(told.contains(words), "{arguments}: {told}");
    }
}

//! `descent play`: a page that trains a network.

mod common;
#[path = "common/run.rs"]
mod run;

use run::run;

#[test]
fn a_page_has_the_images_and_optimizers_that_were_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let output =
        run(folder.path(), "play --offline --examples 30 --test-examples 20 --html a.html momentum adam");
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        told.contains("30 training and 20 test images of MNIST") && told.contains("page: a.html"),
        "{told}"
    );
    let page = std::fs::read_to_string(folder.path().join("a.html")).unwrap();
    for part in ["30 training and 20 test images", "embedded sample", "sgd lr=0.01 momentum=0.9</option>"] {
        assert!(page.contains(part), "expected {part}");
    }
    assert_eq!(page.matches("<option").count(), 2);
}

#[test]
fn mistakes_are_named_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, code, words) in [
        ("play --offline sam(adam)", 2, "`sam(adam)` is not computed in a page"),
        ("play --offline adan2", 2, "adan2"),
        ("play --offline --examples 0", 2, "expected a whole number from 1, or all"),
        ("play --offline --html none/a.html", 73, "none"),
        ("play --data-dir missing", 66, "missing"),
    ] {
        let output = run(folder.path(), arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments}: {told}");
        assert!(told.contains(words) && told.contains("hint: "), "{arguments}: {told}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{arguments}");
    }
}

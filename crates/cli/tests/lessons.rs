//! The course on the command line: listed, run, asked, and the commands that its pages give.

mod common;

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = common::descent(folder);
    command.args(arguments).env("COLUMNS", "80").env("XDG_STATE_HOME", folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // Commands that read nothing may be over before.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    child.wait_with_output().expect("it ends")
}

#[track_caller]
fn says(folder: &Path, arguments: &[&str], input: &str) -> String {
    let output = run(folder, arguments, input);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_lesson_is_listed_with_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let page = says(folder.path(), &["lessons"], "");
    let lines = says(folder.path(), &["lessons", "--json"], "");
    for answer in lessons::book::recorded() {
        assert!(page.contains(&format!("  {}: ", answer.id)), "{}", answer.id);
        assert!(lines.contains(&format!("\"id\":\"{}\"", answer.id)), "{}", answer.id);
    }
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    assert_eq!(lines.lines().count(), lessons::ALL.len());
}

#[test]
fn a_lesson_is_run_with_its_numbers_picture_and_verdict() {
    let folder = tempfile::tempdir().unwrap();
    let page = says(folder.path(), &["lessons", "run", "adam-diverges", "--quick"], "");
    for part in ["Claim", "average regret of Adam", "theory", "│", "● adam", "Verdict", "  Holds: ", "Source"]
    {
        assert!(page.contains(part), "expected {part} in {page}");
    }
    assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    let json = says(folder.path(), &["lessons", "run", "adam-diverges", "--quick", "--json"], "");
    let object: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(object["verdict"], "holds");
    assert!(object["measured"]["numbers"][0]["measured"].is_number());
    let other = says(folder.path(), &["lessons", "run", "adam-diverges", "--quick", "--counterexample"], "");
    assert!(other.contains("  Does not hold here: "), "{other}");
}

#[test]
fn a_quiz_asks_first_and_takes_any_answer() {
    let folder = tempfile::tempdir().unwrap();
    for (input, judged) in
        [("3\n", "Right: At +1"), ("1\n", "No: At +1"), ("x\n", "  At +1"), ("", "  At +1")]
    {
        let page = says(folder.path(), &["lessons", "run", "adam-diverges", "--quick", "--quiz"], input);
        let (ask, answer) = (page.find("Where does Adam end?").unwrap(), page.find(judged).expect(judged));
        assert!(ask < answer && answer < page.find("Measured").unwrap(), "{page}");
    }
}

#[test]
fn a_page_of_the_book_is_written_again_and_the_index_keeps_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let told = says(folder.path(), &["lessons", "--only", "rmsprop", "--quick", "--html", "book"], "");
    assert!(told.contains("rmsprop") && !told.contains("adagrad ("), "{told}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join("book").join(name)).unwrap();
    assert!(read("rmsprop.html").contains("A quick run"));
    assert!(!folder.path().join("book/momentum.html").exists());
    for answer in lessons::book::recorded() {
        assert!(read("index.html").contains(&format!("{}.html", answer.id)), "{}", answer.id);
        assert!(read("answers.json").contains(&format!("\"{}\"", answer.id)), "{}", answer.id);
    }
}

#[test]
fn wrong_words_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, code, words) in [
        ("lessons run adam-diverge", 2, "unknown lesson `adam-diverge`; did you mean `adam-diverges`?"),
        ("lessons run", 2, "<ID>"),
        ("lessons --all", 2, "--html"),
        ("lessons --html book", 2, "--all"),
        ("lessons --only momentum", 2, "--html"),
        ("lessons --only momentum,sadles --html book", 2, "did you mean `saddles`?"),
        ("lessons --all --only momentum --html book", 2, "conflicts with"),
        ("lessons run momentum --quiz --json", 2, "--json"),
        ("lessons --all --quick --html file/book", 73, "file/book"),
    ] {
        std::fs::write(folder.path().join("file"), "").unwrap();
        let output = run(folder.path(), &arguments.split(' ').collect::<Vec<_>>(), "");
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments}: {told}");
        assert!(told.contains(words), "{arguments}: {told}");
    }
}

#[test]
fn the_commands_of_every_page_work() {
    let folder = tempfile::tempdir().unwrap();
    let commands: std::collections::BTreeSet<&str> =
        lessons::ALL.iter().flat_map(|lesson| lesson.try_it.iter().copied()).collect();
    for command in commands {
        says(folder.path(), &words(command), "");
    }
}

/// The words of a command; those in quotes are one.
fn words(command: &str) -> Vec<&str> {
    let pieces = command.strip_prefix("descent ").expect("the program").split('\'').enumerate();
    pieces
        .flat_map(|(index, piece)| match index % 2 {
            1 => vec![piece],
            _ => piece.split_whitespace().collect(),
        })
        .collect()
}

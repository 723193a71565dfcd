//! Several processes on one store: no run twice, none lost, whatever ends them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lab::store::{Claim, Filter, Holder, Put};

use crate::made::{both, contents, record, rounds};

/// Runs that eight processes want.
fn runs() -> u64 {
    rounds(48)
}

/// The part of another process: this test program with a role in its environment.
#[test]
fn child() {
    let Ok(role) = std::env::var("STORE_TEST_ROLE") else { return };
    let path = std::env::var("STORE_TEST_FILE").expect("a file");
    let number: u64 = std::env::var("STORE_TEST_NUMBER").expect("a number").parse().expect("a number");
    let store = store::open(Path::new(&path)).expect("a store");
    match role.as_str() {
        // Each begins elsewhere, so that they meet everywhere.
        "work" => {
            for place in 0..runs() {
                let run = record((place + number * 7) % runs());
                if store.claim(&run.key(), &Holder::new()).expect("a claim") == Claim::Ours {
                    let put = store.put(&run).expect("a run");
                    assert_eq!(put, Put::New);
                    say(&format!("ran {}", run.seed));
                }
            }
        }
        "write" => {
            for seed in number * 1000.. {
                store.claim(&record(seed).key(), &Holder::new()).expect("a claim");
                store.put(&record(seed)).expect("a run");
                say(&format!("put {seed}"));
            }
        }
        other => panic!("{other}"),
    }
}

/// A line for the process that started this one.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).expect("somebody reads");
}

fn start(role: &str, path: &Path, number: u64) -> Child {
    Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "processes::child", "--nocapture"])
        .env("STORE_TEST_ROLE", role)
        .env("STORE_TEST_FILE", path)
        .env("STORE_TEST_NUMBER", number.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process")
}

/// The numbers in lines that begin with a word. Output of the test program may precede the first.
fn numbers(output: &[u8], word: &str) -> Vec<u64> {
    let text = String::from_utf8_lossy(output);
    // A killed process may have written half a line.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().filter_map(|line| line.split_once(word)?.1.trim().parse().ok()).collect()
}

#[test]
fn eight_processes_run_each_run_once() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in both(folder.path()) {
        // Nobody has made the file before: they meet there too.
        let children: Vec<Child> = (0..8).map(|number| start("work", &path, number)).collect();
        let mut ran = Vec::new();
        for child in children {
            let output = child.wait_with_output().expect("it ends");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            ran.extend(numbers(&output.stdout, "ran "));
        }
        ran.sort_unstable();
        assert_eq!(ran, (0..runs()).collect::<Vec<u64>>(), "{}", path.display());
        let store = store::open_existing(&path).expect("a store");
        assert_eq!(store.list(&Filter::default()).expect("a list").len(), runs() as usize);
        assert!(store.running().expect("claims").is_empty());
        let rest: Vec<_> = fs::read_dir(folder.path()).expect("a folder").flatten().collect();
        assert!(rest.iter().all(|entry| !entry.file_name().to_string_lossy().ends_with(".new")), "{rest:?}");
    }
}

#[test]
fn what_was_put_survives_a_kill_and_claims_of_the_dead_are_free() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in both(folder.path()) {
        let mut put = Vec::new();
        for round in 0..rounds(10) {
            let mut child = start("write", &path, round);
            // Killed in the middle of its work: as soon as it has done a few, another number each round.
            let mut output = std::io::BufReader::new(child.stdout.take().expect("piped"));
            let (mut lines, mut line) = (Vec::new(), String::new());
            while numbers(&lines, "put ").len() <= round as usize % 12 {
                line.clear();
                let read = std::io::BufRead::read_line(&mut output, &mut line).expect("a line");
                assert!(read > 0, "{}", String::from_utf8_lossy(&lines));
                lines.extend_from_slice(line.as_bytes());
            }
            child.kill().expect("it runs");
            std::io::Read::read_to_end(&mut output, &mut lines).expect("the rest");
            child.wait().expect("it ends");
            put.extend(numbers(&lines, "put "));
        }
        let store = store::open(&path).expect("a store");
        for seed in &put {
            assert_eq!(
                format!("{:?}", store.get(&record(*seed).key()).expect("a store")),
                format!("{:?}", Some(record(*seed)))
            );
        }
        // One more a round, whose word had not come out yet.
        let found = store.list(&Filter::default()).expect("a list").len();
        assert!((put.len()..=put.len() + rounds(10) as usize).contains(&found), "{found} of {}", put.len());
        for claim in store.running().expect("claims") {
            let taken = store.claim(&claim.key, &Holder::new()).expect("a claim");
            assert!(!cfg!(target_os = "linux") || taken == Claim::Ours, "{taken:?}");
        }
        contents(&*store).expect("a whole store");
    }
}

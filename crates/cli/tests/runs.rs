//! `descent runs` as a user runs it.
#![cfg(feature = "store")]

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

/// Output of the program with nothing but the embedded sample in reach.
fn descent(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = common::descent(folder);
    command.args(arguments).env("XDG_STATE_HOME", folder.join("state")).env("COLUMNS", "80");
    command.output().expect("the program starts")
}

/// Output of a command, which must have done its work.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = descent(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The error of a command, which must have ended with this code.
fn fails(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let output = descent(folder, arguments);
    let errors = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
    assert!(errors.starts_with("error: ") && errors.contains("\nhint: "), "{arguments:?}: {errors}");
    errors
}

/// A folder with the records of two optimizers and two seeds, and their store.
fn with_runs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let compare = [
        "compare",
        "--optimizers",
        "sgd,adam",
        "--epochs",
        "1",
        "--seeds",
        "2",
        "--untuned",
        "--layers",
        "784,8,10",
    ];
    done(folder.path(), &[&compare[..], &["--batch-size", "500", "--offline", "--out", "made"]].concat());
    let first = done(folder.path(), &["runs", "import", "made/results.jsonl"]);
    assert!(first.contains("4 new runs, 0 that were there"), "{first}");
    folder
}

/// The keys of all runs, in their order.
fn keys(folder: &Path) -> Vec<String> {
    let lines = done(folder, &["runs", "list", "--json"]);
    let key = |line: &str| {
        let run: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!((run["schema"].as_u64(), run["kind"].as_str()), (Some(1), Some("run")));
        run["key"].as_str().expect("a key").to_string()
    };
    lines.lines().map(key).collect()
}

#[test]
fn runs_are_kept_once_listed_shown_and_exported_again() {
    let folder = with_runs();
    let folder = folder.path();
    assert!(folder.join("state/descent/runs.db").is_file(), "the user's folder for state");
    let again = done(folder, &["runs", "import", "made/results.jsonl"]);
    assert!(again.contains("0 new runs, 4 that were there"), "{again}");

    let list = done(folder, &["runs", "list"]);
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    assert!(list.starts_with("task mlp, data mnist, model 784-8-10, epochs 1, measure accuracy\n"), "{list}");
    assert_eq!(list.lines().filter(|line| line.contains("batch=500")).count(), 4, "{list}");
    let some = done(folder, &["runs", "list", "--optimizer", "adam", "--seed", "1"]);
    assert_eq!(some.lines().filter(|line| line.contains("batch=500")).count(), 1, "{some}");
    assert_eq!(done(folder, &["runs", "list", "--status", "diverged"]), "no runs\n");
    assert_eq!(done(folder, &["runs", "list", "--status", "diverged", "--json"]), "");
    let none = descent(folder, &["runs", "list", "--optimizer", "adma"]);
    let there = String::from_utf8_lossy(&none.stderr);
    assert_eq!(there, "the store has 4 runs: tasks mlp; optimizers adam, sgd\n");

    let id = &keys(folder)[0][..8];
    let page = done(folder, &["runs", "show", id]);
    for part in [id, "784-8-10", "sgd lr=0.01, batch=500", "finished", "test_accuracy"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    // Records go out and come back as they are.
    let records = fs::read_to_string(folder.join("made/results.jsonl")).expect("records");
    assert_eq!(done(folder, &["runs", "export", "jsonl"]), records);
    done(folder, &["runs", "export", "csv", "--out", "runs.csv"]);
    let csv = fs::read_to_string(folder.join("runs.csv")).expect("a table");
    assert_eq!(csv, fs::read_to_string(folder.join("made/results.csv")).expect("a table"));
    assert!(done(folder, &["runs", "check"]).contains("4 runs, all as they were written"));
    assert!(done(folder, &["runs", "gc", "--json"]).contains("\"claims\":0"));
}

#[test]
fn a_replay_has_the_same_bits_and_a_changed_record_is_told_from_it() {
    let folder = with_runs();
    let folder = folder.path();
    for key in keys(folder) {
        let said = done(folder, &["runs", "replay", &key[..10], "--threads", "1"]);
        assert!(said.contains("the same bits"), "{said}");
    }
    let records = fs::read_to_string(folder.join("made/results.jsonl")).expect("records");
    let mut changed: serde_json::Value =
        serde_json::from_str(records.lines().next().expect("a record")).expect("JSON");
    changed["curves"]["test_loss"][1]["value"] = 0.125.into();
    fs::write(folder.join("changed.jsonl"), changed.to_string()).expect("a file");
    done(folder, &["runs", "import", "changed.jsonl", "--store", "changed.db"]);
    let id = &keys(folder)[0][..8];
    let error = fails(folder, 1, &["runs", "replay", id, "--store", "changed.db"]);
    assert!(error.contains("curves.test_loss[1].value: 0.125 and "), "{error}");

    // The same store of another machine is a conflict that names both, and nothing is written.
    let store = "state/descent/runs.db";
    let error = fails(folder, 65, &["runs", "merge", store, "--store", "changed.db"]);
    for part in ["changed.db", store, "curves.test_loss[1].value"] {
        assert!(error.contains(part), "{part} in {error}");
    }
    assert_eq!(done(folder, &["runs", "list", "--store", "changed.db", "--json"]).lines().count(), 1);
    let error = fails(folder, 65, &["runs", "import", "changed.jsonl"]);
    for part in ["changed.jsonl: the new run", "runs.db: the stored run", "curves.test_loss[1].value"] {
        assert!(error.contains(part), "{part} in {error}");
    }
    let merged = done(folder, &["runs", "merge", store, "--store", "all.jsonl"]);
    assert!(merged.contains("4 new runs"), "{merged}");
    let merged = done(folder, &["runs", "merge", store, "--store", "all.jsonl"]);
    assert!(merged.contains("0 new runs, 4 that were there"), "{merged}");
    assert!(done(folder, &["runs", "check", "--store", "all.jsonl"]).contains("4 runs"));
    for command in [&["gc"][..], &["sql", "SELECT 1"]] {
        let error = fails(folder, 2, &[&["runs"], command, &["--store", "all.jsonl"]].concat());
        assert!(error.contains("all.jsonl: expected a SQLite store"), "{error}");
    }
}

#[test]
fn runs_of_a_study_are_replayed_those_of_tuning_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let study = "name = 's'\ntasks = ['mnist1d-logreg', 'booth', 'logreg']\nepochs = 1\ntrials = 2\n\
        seeds = 2\ntuning_seeds = 1\norder = 'fixed'\n[[entries]]\nrecipe = 'sgd'\n[[entries]]\nrecipe = 'adam'\n";
    fs::write(folder.join("s.toml"), study).expect("a file");
    done(folder, &["study", "run", "s.toml", "--offline"]);
    let runs = keys(folder);
    assert!(runs.len() >= 6, "{runs:?}");
    for key in runs {
        let said = done(folder, &["runs", "replay", &key[..10], "--offline"]);
        assert!(said.contains("the same bits"), "{said}");
    }
}

#[test]
fn comparisons_share_their_runs_through_a_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let compare = |optimizers: &str, out: &str| {
        let arguments = [
            "compare",
            "--epochs",
            "1",
            "--seeds",
            "2",
            "--untuned",
            "--layers",
            "784,8,10",
            "--batch-size",
            "500",
        ];
        let more = ["--offline", "--store", "shared.db", "--optimizers", optimizers, "--out", out];
        done(folder, &[&arguments[..], &more[..]].concat());
        fs::read_to_string(folder.join(out).join("results.jsonl")).expect("records")
    };
    // At the same time, from two processes: seconds and all, so no run was trained twice.
    let [first, second] = std::thread::scope(|scope| {
        let other = scope.spawn(|| compare("sgd,adam", "one"));
        [compare("sgd,adam", "two"), other.join().expect("it ends")]
    });
    assert_eq!(first, second);
    assert_eq!(done(folder, &["runs", "export", "jsonl", "--store", "shared.db"]).lines().count(), 4);
    // A comparison that needs more trains only that.
    let third = compare("adam,rmsprop", "three");
    let shared = first.lines().filter(|line| third.contains(*line)).count();
    assert_eq!((shared, third.lines().count()), (2, 4));
    let list = done(folder, &["runs", "list", "--store", "shared.db", "--json"]);
    assert_eq!(list.lines().count(), 6);
}

#[test]
fn questions_in_sql_are_answered_and_change_nothing() {
    let folder = with_runs();
    let folder = folder.path();
    let ask = |extra: &[&str]| {
        let sql =
            "SELECT optimizer, count(*) AS runs, max(value) > 0.1 AS learned FROM results GROUP BY optimizer";
        done(folder, &[&["runs", "sql", sql], extra].concat())
    };
    assert_eq!(ask(&[]), "optimizer  runs  learned\nadam          2        1\nsgd           2        1\n");
    assert_eq!(ask(&["--csv"]), "optimizer,runs,learned\nadam,2,1\nsgd,2,1\n");
    let first = ask(&["--json"]).lines().next().map(str::to_string).expect("a line");
    assert_eq!(first, r#"{"optimizer":"adam","runs":2,"learned":1}"#);
    // Two columns of one name are two.
    let twice = "SELECT 1 AS id, 'a' AS id, 'b' AS \"id:1\", 2 AS x";
    assert_eq!(
        done(folder, &["runs", "sql", twice, "--json"]),
        "{\"id\":1,\"id:1\":\"a\",\"id:1:1\":\"b\",\"x\":2}\n"
    );
    let wide = done(folder, &["runs", "sql", "SELECT * FROM results"]);
    assert!(wide.lines().all(|line| line.chars().count() <= 80), "{wide}");
    let odd = done(folder, &["runs", "sql", "SELECT char(27) || '[2J' AS x"]);
    assert_eq!(odd, "x\n\\u{1b}[2J\n");

    for (sql, part) in [
        ("SELECT answer FROM results", "no such column: answer"),
        ("DELETE FROM runs", "expected a statement that reads"),
        ("DROP VIEW results", "expected a statement that reads"),
    ] {
        let error = fails(folder, 2, &["runs", "sql", sql]);
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(keys(folder).len(), 4);
}

#[test]
fn what_cannot_be_done_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for command in [&["list"][..], &["show", "ab"], &["sql", "SELECT 1"], &["check"], &["export", "csv"]] {
        let error = fails(folder, 66, &[&["runs"], command].concat());
        assert!(error.contains("no store"), "{error}");
    }
    assert!(!folder.join("state").exists(), "asking makes no store");
    fs::write(folder.join("notes.txt"), "no records at all").expect("a file");
    let error = fails(folder, 65, &["runs", "import", "notes.txt"]);
    assert!(error.contains("notes.txt: line 1"), "{error}");
    assert!(!folder.join("state").exists(), "nothing to import makes no store");
    let error = fails(folder, 65, &["runs", "list", "--store", "notes.txt"]);
    assert!(error.contains("notes.txt: expected a store of runs"), "{error}");
    fails(folder, 66, &["runs", "import", "missing.jsonl"]);
    let error = fails(folder, 66, &["runs", "merge", "missing.db"]);
    assert!(error.contains("missing.db"), "{error}");

    let made = with_runs();
    let error = fails(made.path(), 2, &["runs", "show", "zz"]);
    assert!(error.contains("unknown run `zz`"), "{error}");
    let error = fails(made.path(), 2, &["runs", "show", ""]);
    assert!(error.contains("unknown run"), "{error}");
    // A damaged store is an error, never another table.
    let store = made.path().join("state/descent/runs.db");
    let mut bytes = fs::read(&store).expect("a store");
    let place = bytes.windows(12).position(|part| part == b"lr=0.001, ba").expect("a recipe");
    bytes[place + 4] = b'9';
    fs::write(&store, bytes).expect("a store");
    for command in [&["list"][..], &["check"], &["sql", "SELECT * FROM results"], &["export", "jsonl"]] {
        let error = fails(made.path(), 65, &[&["runs"], command].concat());
        assert!(error.contains("runs.db: damaged: "), "{error}");
    }
}

/// Exit code and standard output, or error, of the program as a user whom modes bind.
#[cfg(unix)]
fn as_ordinary_user(folder: &Path, arguments: &str) -> (i32, String) {
    use std::os::unix::fs::MetadataExt;
    let program = folder.join("descent");
    if !program.exists() {
        // A place that every user can reach.
        fs::copy(env!("CARGO_BIN_EXE_descent"), &program).expect("a copy");
    }
    let shell = format!("cd '{}' && ./descent {arguments}", folder.display());
    let (starter, first) = match fs::metadata(folder).expect("a folder").uid() {
        0 => ("su", &["nobody", "-s", "/bin/sh", "-c"][..]),
        _ => ("/bin/sh", &["-c"][..]),
    };
    let mut command = std::process::Command::new(starter);
    command.args(first).arg(shell).env("COLUMNS", "80").env_remove("DESCENT_STORE");
    let output = command.output().expect("a shell");
    let text = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.code().expect("a code"), String::from_utf8(text).expect("UTF-8"))
}

#[cfg(unix)]
#[test]
fn a_store_that_one_may_not_write_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = with_runs();
    let folder = folder.path();
    fs::rename(folder.join("state/descent/runs.db"), folder.join("runs.db")).expect("a store");
    let mode = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
    };
    mode(folder, 0o755);
    assert_eq!(as_ordinary_user(folder, "--version").0, 0);
    let store = folder.join("runs.db");
    // File and folder write-protected, and one of them.
    let list = done(folder, &["runs", "list", "--store", "runs.db"]);
    for (file, of_folder) in [(0o444, 0o555), (0o444, 0o777), (0o666, 0o555)] {
        mode(&store, file);
        mode(folder, of_folder);
        for arguments in ["list", "check", "export csv", "gc --dry-run", "sql 'SELECT count(*) FROM results'"]
        {
            let (code, text) = as_ordinary_user(folder, &format!("runs {arguments} --store runs.db"));
            assert_eq!(code, 0, "{arguments} of {file:o} in {of_folder:o}: {text}");
            assert!(arguments != "list" || text == list, "{text}");
        }
        for write in ["import made/results.jsonl", "gc"] {
            let (code, text) = as_ordinary_user(folder, &format!("runs {write} --store runs.db"));
            assert_eq!(code, 74, "{write}: {text}");
            for part in ["cannot write runs.db: ", " is ", "its mode 0", "hint: reading it works"] {
                assert!(text.contains(part), "{part} of {write}: {text}");
            }
        }
        assert!(!folder.join("runs.db-shm").exists() && !folder.join("runs.db-wal").exists());
    }
    mode(folder, 0o755);
    mode(&store, 0o644);
    // A writer is at work: its log is read too.
    let writer = store::open(&store).expect("a store");
    let record = writer.records(&lab::store::Filter::default()).expect("records").remove(0);
    writer.put(&train::Record { seed: 99, ..record }).expect("a run");
    assert!(folder.join("runs.db-wal").exists());
    let (code, text) = as_ordinary_user(folder, "runs list --json --store runs.db");
    assert_eq!((code, text.lines().count()), (0, 5), "{text}");
}

#[test]
fn runs_of_other_recipes_never_look_alike() {
    let folder = with_runs();
    let folder = folder.path();
    let lines = fs::read_to_string(folder.join("made/results.jsonl")).expect("records");
    let adam =
        lines.lines().find(|line| line.contains("\"adam lr=0.001")).expect("a run of adam").to_string();
    let recipe = |lr: &str| {
        format!("adam lr={lr} beta1=0.9 beta2=0.999 eps=0.00000001, clip=1, cosine warmup=5%, batch=500")
    };
    let record = train::Record::parse(&adam).expect("a record");
    let store = store::open(&folder.join("long.db")).expect("a store");
    for lr in ["0.001", "0.0012", "0.002"] {
        store.put(&train::Record { recipe: recipe(lr), ..record.clone() }).expect("a run");
    }
    let list = done(folder, &["runs", "list", "--store", "long.db"]);
    assert!(
        list.contains("adam lr=0.0012 ") && list.contains("settings in which those of an optimizer differ"),
        "{list}"
    );
    // Where not even that fits, the recipe is below.
    let long = format!("{}, cosine warmup=7% floor=0.001 cycles=3", recipe("0.001"));
    let twin = format!("{}, onecycle warmup=30% floor=0.002 peak=0.9 shape=linear cycles=4", recipe("0.5"));
    for recipe in [&long, &twin] {
        store.put(&train::Record { recipe: recipe.clone(), ..record.clone() }).expect("a run");
    }
    let list = done(folder, &["runs", "list", "--store", "long.db"]);
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
    let words = list.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&long) && words.contains(&twin), "{list}");
}

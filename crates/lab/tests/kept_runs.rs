//! A folder that keeps finished runs: it goes on after any end, and never takes another comparison.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;

use lab::run_matrix::{KeptError, KeptRuns, RunId, kept_in};
use lab::{Halt, RunMatrix};
use train::{Budget, Event, Record, Task};

const RESULTS: [&str; 1] = ["report.html"];

fn task(examples: usize) -> Task {
    let whole = data::load(&data::Request::embedded(data::set("mnist").unwrap()), &mut |_| ()).unwrap();
    Task::notebook(whole.first(examples, 100))
}

fn matrix<'t>(task: &'t Task, recipes: &[&str], seeds: u64, epochs: u32) -> RunMatrix<'t> {
    let recipes = recipes.iter().map(|text| text.parse().unwrap()).collect();
    let budget = Budget { epochs, evaluations: 1 };
    RunMatrix { task, recipes, seeds: (0..seeds).collect(), budget, threads: 1 }
}

fn open(folder: &Path, matrix: &RunMatrix<'_>) -> Result<KeptRuns, KeptError> {
    KeptRuns::open(folder, &matrix.settings().unwrap(), &RESULTS, &mut || panic!("nobody else has it"))
}

/// Trains runs that are missing, at most `most` of them, and keeps them; returns which were trained, and all records.
fn go_on(folder: &Path, matrix: &RunMatrix<'_>, most: usize) -> (Vec<RunId>, Vec<Record>) {
    let (kept, trained) = (open(folder, matrix).unwrap(), Mutex::new(Vec::new()));
    let records = matrix.run_others(&|key| kept.get(key), &|id, event| {
        let mut trained = trained.lock().unwrap();
        match event {
            Event::Progress { batches: 1, .. } if trained.len() == most => {
                return ControlFlow::Break(Halt::All);
            }
            Event::Progress { batches: 1, .. } => trained.push(id),
            Event::RunFinished { record } => kept.put(record).unwrap(),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    (trained.into_inner().unwrap(), records.unwrap())
}

/// Without what differs between two runs of the same thing: the time.
fn timeless(mut records: Vec<Record>) -> Vec<Record> {
    for record in &mut records {
        record.curves.values_mut().flatten().for_each(|point| point.seconds = 0.0);
    }
    records
}

#[test]
fn a_comparison_goes_on_after_any_torn_line_and_trains_nothing_twice() {
    let (task, folder) = (task(200), tempfile::tempdir().unwrap());
    let matrix = matrix(&task, &["sgd lr=0.1, batch=50", "adam, batch=50"], 2, 1);
    let whole = matrix.run(&|_, _| ControlFlow::Continue(())).unwrap();

    let (trained, records) = go_on(folder.path(), &matrix, 2);
    assert_eq!((trained.len(), records.len()), (2, 2));
    let path = folder.path().join("results.jsonl");
    let bytes = fs::read(&path).unwrap();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').collect();
    assert_eq!(lines.len(), 2);
    // Killed in the middle of the second line, wherever that is.
    for torn in [0, 1, lines[1].len() / 2, lines[1].len() - 1] {
        fs::write(&path, &bytes[..lines[0].len() + torn]).unwrap();
        assert_eq!(kept_in(folder.path(), &matrix.settings().unwrap()), Some(1));
        assert_eq!(open(folder.path(), &matrix).unwrap().len(), 1);
        assert_eq!(fs::read(&path).unwrap(), lines[0]);
    }
    let (trained, records) = go_on(folder.path(), &matrix, 99);
    assert_eq!(trained.len(), 3);
    assert_eq!(timeless(records.clone()), timeless(whole));

    // All of it is there: nothing is trained, and the records are the same to the last digit of their times.
    let kept = fs::read(&path).unwrap();
    assert_eq!(go_on(folder.path(), &matrix, 0), (vec![], records));
    assert_eq!(fs::read(&path).unwrap(), kept);
}

#[test]
fn another_comparison_is_refused_by_its_differences() {
    let (few, more, folder) = (task(200), task(250), tempfile::tempdir().unwrap());
    let recipes = ["sgd lr=0.1, batch=50", "adam, batch=50"];
    go_on(folder.path(), &matrix(&few, &recipes, 1, 1), 99);
    let before = fs::read(folder.path().join("results.jsonl")).unwrap();
    for (other, said) in [
        (
            matrix(&few, &["sgd lr=0.2, batch=50", recipes[1]], 1, 1),
            "recipes: sgd lr=0.1, batch=50 in the folder",
        ),
        (matrix(&few, &[recipes[1], recipes[0]], 1, 1), "recipes: another order in the folder, this one now"),
        (
            matrix(&few, &recipes[..1], 1, 1),
            "recipes: adam lr=0.001, batch=50 in the folder, nothing else now",
        ),
        (matrix(&few, &recipes, 3, 1), "seeds: nothing else in the folder, 1, 2 now"),
        (matrix(&few, &recipes, 1, 2), "epochs: 1 in the folder, 2 now"),
        (matrix(&more, &recipes, 1, 1), "data: mnist"),
    ] {
        let refused = open(folder.path(), &other).unwrap_err();
        assert!(matches!(refused, KeptError::Other { .. }));
        assert!(refused.to_string().contains(said), "expected `{said}` in\n{refused}");
        assert_eq!(kept_in(folder.path(), &other.settings().unwrap()), None);
    }
    assert_eq!(fs::read(folder.path().join("results.jsonl")).unwrap(), before);
}

#[test]
fn files_of_others_and_damage_are_refused_and_left_alone() {
    let (task, folder) = (task(200), tempfile::tempdir().unwrap());
    let matrix = matrix(&task, &["sgd, batch=50"], 1, 1);
    let foreign = folder.path().join("report.html");
    fs::write(&foreign, "mine").unwrap();
    let refused = open(folder.path(), &matrix).unwrap_err();
    assert!(matches!(refused, KeptError::Foreign { .. }), "{refused}");
    assert_eq!(fs::read_to_string(&foreign).unwrap(), "mine");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was made");
    fs::remove_file(foreign).unwrap();

    go_on(folder.path(), &matrix, 99);
    for (name, damage, said) in [
        ("results.jsonl", "{}\n", "results.jsonl is damaged: line 1: missing field"),
        ("results.jsonl", "\u{1b}\n", "results.jsonl is damaged: line 1: "),
        ("comparison.json", "{", "comparison.json is damaged: EOF"),
        ("comparison.json", "{\"schema\": 2}", "schema: 2 in the folder, 1 now"),
    ] {
        let path = folder.path().join(name);
        let before = fs::read(&path).unwrap();
        fs::write(&path, damage).unwrap();
        let refused = open(folder.path(), &matrix).unwrap_err().to_string();
        assert!(refused.contains(said) && !refused.contains('\u{1b}'), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), damage);
        fs::write(&path, before).unwrap();
    }
}

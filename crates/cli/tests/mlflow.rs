//! `descent runs export mlflow` against a server that answers as MLflow does. `cargo xtask test-mlflow` does the same
//! with MLflow itself.
#![cfg(feature = "mlflow")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

/// Runs of the server: the body that made each, its batches, and its status.
#[derive(Debug, Default)]
struct Tracking {
    experiment: Option<String>,
    runs: Vec<(Value, Vec<Value>, String)>,
    /// Header of each request.
    authorizations: Vec<String>,
    /// Requests to `log-batch` that are answered before the server refuses.
    patience: Option<usize>,
}

/// Starts a server that keeps what it is sent; its address.
fn server() -> (String, Arc<Mutex<Tracking>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let kept = Arc::new(Mutex::new(Tracking::default()));
    let shared = kept.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.expect("a connection"), &mut shared.lock().expect("no panic"));
        }
    });
    (address, kept)
}

/// Answers one request and closes the connection.
fn answer(stream: TcpStream, kept: &mut Tracking) {
    let mut reader = BufReader::new(&stream);
    let (mut first, mut length, mut authorization) = (String::new(), 0, String::new());
    reader.read_line(&mut first).expect("a request");
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a header");
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        match &*name.to_ascii_lowercase() {
            "content-length" => length = value.parse().expect("a length"),
            "authorization" => authorization = value.to_string(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    kept.authorizations.push(authorization);
    let path = first.split(' ').nth(1).expect("a path").split('?').next().expect("a path").to_string();
    let (code, answer) = kept.answer(path.trim_start_matches("/api/2.0/mlflow/"), body);
    let answer = answer.to_string();
    let head =
        format!("HTTP/1.1 {code} Reply\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
    (&stream).write_all((head + &answer).as_bytes()).expect("an answer");
}

impl Tracking {
    fn answer(&mut self, path: &str, mut body: Value) -> (u16, Value) {
        let run = |body: &Value| body["run_id"].as_str().expect("an id").parse::<usize>().expect("an id");
        match path {
            "experiments/get-by-name" => match &self.experiment {
                Some(_) => {
                    (200, json!({ "experiment": { "experiment_id": "7", "lifecycle_stage": "active" } }))
                }
                None => (404, json!({ "error_code": "RESOURCE_DOES_NOT_EXIST" })),
            },
            "experiments/create" => {
                self.experiment = body["name"].as_str().map(str::to_string);
                (200, json!({ "experiment_id": "7" }))
            }
            "runs/search" => {
                let filter = body["filter"].as_str().expect("a filter").to_string();
                let matches = |made: &Value| {
                    let mut tags = made["tags"].as_array().expect("tags").iter();
                    tags.any(|tag| {
                        filter == format!("tags.`{}` = '{}'", text(&tag["key"]), text(&tag["value"]))
                    })
                };
                let runs = self
                    .runs
                    .iter()
                    .enumerate()
                    .filter(|(_, (made, _, status))| status != "DELETED" && matches(made));
                let info = |(id, (_, _, status)): (usize, &(Value, Vec<Value>, String))| json!({ "info": { "run_id": id.to_string(), "status": status } });
                (200, json!({ "runs": runs.map(info).collect::<Vec<_>>() }))
            }
            "runs/create" => {
                self.runs.push((body, vec![], "RUNNING".to_string()));
                (200, json!({ "run": { "info": { "run_id": (self.runs.len() - 1).to_string() } } }))
            }
            "runs/log-batch" => {
                if self.patience == Some(0) {
                    return (503, json!({ "message": "the disk is full\u{1b}[31m" }));
                }
                self.patience = self.patience.map(|left| left - 1);
                let id = run(&body);
                self.runs[id].1.push(body.take());
                (200, json!({}))
            }
            "runs/update" => {
                self.runs[run(&body)].2 = text(&body["status"]);
                (200, json!({}))
            }
            "runs/delete" => {
                self.runs[run(&body)].2 = "DELETED".to_string();
                (200, json!({}))
            }
            _ => (404, json!({})),
        }
    }

    fn with_status(&self, wanted: &str) -> usize {
        self.runs.iter().filter(|(_, _, status)| status == wanted).count()
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_string()
}

fn descent(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = common::descent(folder);
    command.args(arguments).env("DESCENT_STORE", "runs.db");
    for name in ["URI", "TOKEN", "USERNAME", "PASSWORD"] {
        command.env_remove(format!("MLFLOW_TRACKING_{name}"));
    }
    command.env("NO_PROXY", "127.0.0.1").envs(variables.iter().copied());
    command.output().expect("the program starts")
}

/// A folder with a store of three runs, one of which diverged.
fn with_runs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let compare = "compare --task mnist1d-mlp --epochs 2 --seeds 1 --untuned --out made --optimizers";
    let arguments: Vec<&str> = compare.split(' ').chain(["sgd; adam; sgd lr=1e30"]).collect();
    let output = descent(folder.path(), &arguments, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn runs_are_sent_once_with_all_of_their_measurements() {
    let folder = with_runs();
    let (address, kept) = server();
    let export = ["runs", "export", "mlflow", "--to", &address, "--experiment", "first & \"last\""];
    let output = descent(folder.path(), &export, &[]);
    assert!(said(&output).contains("3 new runs, 0 that were there"), "{}", said(&output));
    let again = descent(folder.path(), &export, &[]);
    assert!(said(&again).contains("0 new runs, 3 that were there"), "{}", said(&again));

    let kept = kept.lock().expect("no panic");
    assert_eq!(kept.experiment.as_deref(), Some("first & \"last\""));
    assert_eq!((kept.with_status("FINISHED"), kept.with_status("FAILED")), (2, 1));
    let csv = fs::read_to_string(folder.path().join("made/points.csv")).expect("points");
    let batches = || kept.runs.iter().flat_map(|(_, batches, _)| batches);
    let metrics: usize = batches().map(|batch| batch["metrics"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(metrics, csv.lines().count() - 1);
    let params = |name: &str, value: &str| {
        let of = |batch: &Value| {
            batch["params"].as_array().is_some_and(|it| it.contains(&json!({ "key": name, "value": value })))
        };
        batches().filter(|batch| of(batch)).count()
    };
    assert_eq!((params("optimizer", "sgd"), params("beta1", "0.9"), params("batch_size", "100")), (2, 1, 3));
}

#[test]
fn half_of_a_run_is_sent_again_and_a_refusal_is_told() {
    let folder = with_runs();
    let (address, kept) = server();
    kept.lock().expect("no panic").patience = Some(3);
    let export = ["runs", "export", "mlflow", "--to", &address];
    let output = descent(folder.path(), &export, &[("MLFLOW_TRACKING_TOKEN", "secret")]);
    assert_eq!(output.status.code(), Some(1));
    let refused = "refused runs/log-batch with 503: the disk is full\\u{1b}[31m\nhint: ";
    assert!(said(&output).contains(refused) && !said(&output).contains("secret"), "{}", said(&output));
    {
        let mut kept = kept.lock().expect("no panic");
        assert_eq!(kept.with_status("RUNNING"), 1);
        assert!(kept.authorizations.iter().all(|header| header == "Bearer secret"));
        kept.patience = None;
    }
    let output = descent(folder.path(), &export, &[("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")]);
    assert!(said(&output).contains("2 new runs, 1 that were there"), "{}", said(&output));
    let kept = kept.lock().expect("no panic");
    assert_eq!((kept.with_status("RUNNING"), kept.with_status("DELETED")), (0, 1));
}

#[test]
fn what_is_no_mlflow_server_is_named() {
    let folder = with_runs();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = format!("http://{}", silent.local_addr().expect("an address"));
    drop(silent);
    for (to, code, words) in [
        (&[][..], 2, "expected an MLflow server\nhint: name one with --to"),
        (&["--to", "ftp://x"], 2, "expected the address of an MLflow server, found `ftp://x`"),
        (&["--to", &closed], 1, "cannot reach the MLflow server http://127.0.0.1:"),
        (&["--to", "http://[", "--experiment", "x"], 1, "cannot reach the MLflow server http://["),
        (&["--to", &closed, "--out", "file"], 2, "--out conflicts with mlflow"),
    ] {
        let output = descent(folder.path(), &[&["runs", "export", "mlflow"], to].concat(), &[]);
        assert_eq!(output.status.code(), Some(code), "{to:?}: {}", said(&output));
        assert!(said(&output).contains(words), "{to:?}: {}", said(&output));
    }
}

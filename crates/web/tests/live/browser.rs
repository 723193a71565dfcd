//! A server of the embedded sample, and a small browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use lab::Store;
use lab::store::Memory;
use serde_json::{Value, json};
use tempfile::TempDir;
use web::{Ended, Server, Settings};

/// A server on a thread.
pub(crate) struct Live {
    pub(crate) host: String,
    pub(crate) token: String,
    pub(crate) store: Arc<Memory>,
    pub(crate) folder: Arc<TempDir>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<Ended>>,
}

/// An answer: status, the header lines in lower case, and the body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Live {
    /// With a new folder and store.
    pub(crate) fn start() -> Live {
        Live::start_in(Arc::new(tempfile::tempdir().unwrap()), Arc::default())
    }

    /// With this folder and store, which an earlier server may have used.
    pub(crate) fn start_in(folder: Arc<TempDir>, store: Arc<Memory>) -> Live {
        let load = |set| {
            let mut request = data::Request::embedded(set);
            request.offline = true;
            Ok(data::load(&request, &mut |_| ())?.first(2000, 500))
        };
        let as_store: Arc<dyn Store> = store.clone();
        let server = Server::bind(Settings {
            address: ([127, 0, 0, 1], 0).into(),
            load: Arc::new(load),
            store: Some(as_store),
            folder: folder.path().join("serve"),
            runs: 2,
            threads: 3,
        })
        .unwrap();
        let url = server.url();
        let (host, token) =
            url.strip_prefix("http://").unwrap().trim_end_matches('/').split_once('/').unwrap();
        let (host, token) = (host.to_string(), token.to_string());
        let ends = Arc::new(AtomicBool::new(false));
        let flag = ends.clone();
        let thread = std::thread::spawn(move || server.serve(&|| flag.load(Ordering::Relaxed)).unwrap());
        Live { host, token, store, folder, ends, thread: Some(thread) }
    }

    /// Ends the server, as Ctrl-C does.
    pub(crate) fn end(mut self) -> Ended {
        self.ends.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap()
    }

    pub(crate) fn kept(&self) -> Vec<String> {
        files_in(&self.folder.path().join("serve"))
    }

    /// Sends a request with these lines of headers, and reads all of the answer.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        )
        .unwrap();
        // A server that refuses early may close before it has read all.
        let _ = stream.write_all(body);
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8(bytes).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{method} {path}: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_string() }
    }

    fn own(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let Live { host, token, .. } = self;
        let headers = format!("Host: {host}\r\nOrigin: http://{host}\r\n");
        self.send(method, &format!("/{token}/{path}"), &headers, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.own("GET", path, b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.own("POST", path, body.to_string().as_bytes())
    }

    pub(crate) fn post_bytes(&self, path: &str, body: &[u8]) -> Answer {
        self.own("POST", path, body)
    }

    /// Starts one run and returns its number.
    pub(crate) fn run(&self, recipe: &str, more: Value) -> u64 {
        let mut asked = json!({ "task": "simplenn", "recipes": recipe });
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self.post("runs", &asked);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["runs"][0].as_u64().unwrap()
    }

    pub(crate) fn wish(&self, run: u64, wish: Value) {
        let answer = self.post(&format!("runs/{run}"), &wish);
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    pub(crate) fn page(&self) -> Page {
        Page::open(self)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Names of the files of a folder, in order.
pub(crate) fn files_in(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// Longest silence of a server, which sends signs of life, and lines without an event before a test gives up.
const PATIENT: Duration = Duration::from_secs(100);
const SIGNS: usize = 100;

/// A page that listens: what it knows of runs, put together as the script does.
pub(crate) struct Page {
    reader: BufReader<TcpStream>,
    pub(crate) runs: std::collections::BTreeMap<u64, Shown>,
    pub(crate) studies: std::collections::BTreeMap<u64, Value>,
    pub(crate) events: usize,
}

/// A run as a page knows it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub(crate) head: Value,
    pub(crate) batches: u64,
    pub(crate) losses: Vec<Value>,
    pub(crate) evaluations: Vec<Value>,
}

impl Shown {
    pub(crate) fn status(&self) -> &str {
        self.head["status"].as_str().unwrap_or("")
    }
}

impl Page {
    fn open(live: &Live) -> Page {
        let mut stream = TcpStream::connect(&live.host).unwrap();
        stream.set_read_timeout(Some(PATIENT)).unwrap();
        write!(stream, "GET /{}/events HTTP/1.1\r\nHost: {}\r\n\r\n", live.token, live.host).unwrap();
        Page {
            reader: BufReader::new(stream),
            runs: Default::default(),
            studies: Default::default(),
            events: 0,
        }
    }

    /// Reads the next event.
    pub(crate) fn read(&mut self) {
        let mut line = String::new();
        // An idle server sends signs of life for ever.
        for _ in 0..SIGNS {
            line.clear();
            assert!(self.reader.read_line(&mut line).expect("an event in time") > 0, "the stream has ended");
            let Some(text) = line.strip_prefix("data: ") else { continue };
            let news: Value = serde_json::from_str(text).unwrap();
            self.take(&news);
            self.events += 1;
            return;
        }
        panic!("no event: {:?} {:?}", self.runs, self.studies);
    }

    fn take(&mut self, news: &Value) {
        for run in news["runs"].as_array().into_iter().flatten() {
            let shown = self.runs.entry(run["id"].as_u64().unwrap()).or_default();
            let place = |name: &str| run[name].as_u64().unwrap() as usize;
            shown.losses.truncate(place("from"));
            shown.losses.extend(run["losses"].as_array().unwrap().clone());
            shown.evaluations.truncate(place("from_evaluation"));
            shown.evaluations.extend(run["evaluations"].as_array().unwrap().clone());
            shown.batches = run["batches"].as_u64().unwrap();
            if run["head"].is_object() {
                shown.head = run["head"].clone();
            }
        }
        for id in news["gone"].as_array().into_iter().flatten() {
            self.runs.remove(&id.as_u64().unwrap());
        }
        for study in news["studies"].as_array().into_iter().flatten() {
            self.studies.insert(study["id"].as_u64().unwrap(), study.clone());
        }
    }

    /// Reads until a run is as wanted.
    pub(crate) fn until(&mut self, run: u64, wanted: impl Fn(&Shown) -> bool) -> Shown {
        loop {
            if let Some(shown) = self.runs.get(&run).filter(|shown| wanted(shown)) {
                return shown.clone();
            }
            self.read();
        }
    }

    pub(crate) fn until_status(&mut self, run: u64, status: &str) -> Shown {
        self.until(run, |shown| {
            assert_ne!(shown.status(), "failed", "{}", shown.head);
            shown.status() == status
        })
    }
}

//! A program that serves, and requests to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// `descent serve` in a folder, with nothing but the embedded sample in reach.
pub(crate) fn descent(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_descent"));
    command.args(["serve", "--offline"]).args(arguments.split_whitespace()).current_dir(folder);
    command
        .env("XDG_CACHE_HOME", folder)
        .env("DESCENT_STORE", folder.join("runs.db"))
        .env_remove("DESCENT_DATA");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A program that serves.
pub(crate) struct Live {
    pub(crate) child: Child,
    pub(crate) host: String,
    token: String,
}

impl Live {
    pub(crate) fn start(folder: &Path, arguments: &str) -> Live {
        let mut child = descent(folder, arguments).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("expected an address: {line:?}"));
        let (host, rest) = address.split_once('/').unwrap();
        let token = rest.split('/').next().unwrap().to_string();
        Live { host: host.to_string(), token, child }
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = body.len();
        let Live { host, token, .. } = self;
        write!(stream, "{method} /{token}/{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        BufReader::new(stream)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let mut text = String::new();
        self.send("POST", path, &body.to_string()).read_to_string(&mut text).unwrap();
        serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// The first event of a new page: all that there is.
    pub(crate) fn state(&self) -> Value {
        let lines = self.send("GET", "events", "").lines();
        let text =
            lines.map(|line| line.unwrap()).find_map(|line| line.strip_prefix("data: ").map(str::to_string));
        serde_json::from_str(&text.expect("an event")).unwrap()
    }

    /// Batches of the first run so far.
    pub(crate) fn batches(&self) -> u64 {
        self.state()["runs"][0]["batches"].as_u64().unwrap()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! Web server on 127.0.0.1 with scripted misbehavior.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// The parts of a request that tests use.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The path without its first slash.
    pub(crate) path: String,
    /// The start of the range asked for.
    pub(crate) range: Option<usize>,
    pub(crate) if_range: Option<String>,
    /// Number of earlier requests for this path.
    pub(crate) before: usize,
}

/// Pieces to send before closing the connection.
pub(crate) type Reply = Vec<Piece>;

pub(crate) enum Piece {
    Bytes(Vec<u8>),
    Pause(Duration),
    /// Zeros until the client disconnects.
    Endless,
    /// Closes with a reset.
    Reset,
}

pub(crate) struct Server {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Serves until the test's process ends.
    pub(crate) fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (asked.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, answer) = (log.clone(), answer.clone());
                thread::spawn(move || serve(stream, &log, &*answer));
            }
        });
        Server { url, asked }
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// A response with its length.
pub(crate) fn respond(status: &str, headers: &str, body: &[u8]) -> Reply {
    vec![head(status, &format!("Content-Length: {}\r\n{headers}", body.len())), bytes(body)]
}

/// The head of an answer; each header ends with `\r\n`.
pub(crate) fn head(status: &str, headers: &str) -> Piece {
    bytes(format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n").as_bytes())
}

pub(crate) fn bytes(bytes: &[u8]) -> Piece {
    Piece::Bytes(bytes.to_vec())
}

/// Correct response for a file, with ranges and `If-Range`.
pub(crate) fn good(asked: &Asked, body: &[u8], tag: &str) -> Reply {
    let same = asked.if_range.as_deref() == Some(tag);
    let headers = format!("ETag: {tag}\r\nContent-Type: application/x-gzip\r\n");
    match asked.range {
        Some(start) if same && start >= body.len() => {
            let headers = format!("Content-Range: bytes */{}\r\n", body.len());
            respond("416 Range Not Satisfiable", &headers, b"")
        }
        Some(start) if same => {
            let span = format!("bytes {start}-{}/{}", body.len() - 1, body.len());
            let headers = format!("{headers}Content-Range: {span}\r\n");
            respond("206 Partial Content", &headers, &body[start..])
        }
        _ => respond("200 OK", &headers, body),
    }
}

/// The head of a correct response with the whole length, but only the first bytes of the body.
pub(crate) fn cut(body: &[u8], keep: usize, tag: &str) -> Reply {
    let headers = format!("Content-Length: {}\r\nETag: {tag}\r\n", body.len());
    vec![head("200 OK", &headers), bytes(&body[..keep])]
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked) -> Reply) {
    let Some(request) = peek_request(&stream) else {
        return;
    };
    let asked = {
        let mut log = log.lock().unwrap();
        let mut asked = parse(&request);
        asked.before = log.iter().filter(|other| other.path == asked.path).count();
        log.push(asked.clone());
        asked
    };
    let pieces = answer(&asked);
    // Bytes that are left unread when a socket closes make the system send a reset.
    if !pieces.iter().any(|piece| matches!(piece, Piece::Reset)) {
        let _ = stream.read_exact(&mut vec![0; request.len()]);
    }
    for piece in pieces {
        let sent = match piece {
            Piece::Bytes(bytes) => stream.write_all(&bytes),
            Piece::Pause(time) => {
                thread::sleep(time);
                Ok(())
            }
            Piece::Endless => {
                while stream.write_all(&[0; 4096]).is_ok() {}
                return;
            }
            Piece::Reset => {
                // Let the sent bytes arrive: a reset discards them.
                thread::sleep(Duration::from_millis(20));
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read(&mut [0; 64]);
}

/// The head of a request, left in the socket.
fn peek_request(stream: &TcpStream) -> Option<String> {
    let mut buffer = [0; 8192];
    for _ in 0..1000 {
        let count = stream.peek(&mut buffer).ok().filter(|&count| count > 0)?;
        let text = String::from_utf8_lossy(&buffer[..count]);
        if let Some(end) = text.find("\r\n\r\n") {
            return Some(text[..end + 4].to_string());
        }
        thread::sleep(Duration::from_millis(1));
    }
    None
}

fn parse(request: &str) -> Asked {
    let target = request.split(' ').nth(1).unwrap_or_default();
    let header = |name: &str| {
        let lines = request.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.to_string())
    };
    let range = header("range").and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    Asked { path: target.trim_start_matches('/').to_string(), range, if_range: header("if-range"), before: 0 }
}

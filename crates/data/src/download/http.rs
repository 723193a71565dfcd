//! Sequential downloads over http with resumption and time limits.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use md5::{Digest, Md5};
use reqwest::StatusCode;
use reqwest::blocking::{Client, RequestBuilder};
use reqwest::header::{self, HeaderMap, HeaderName};
use reqwest::redirect::{Attempt, Policy};

use super::part::{Note, Part};
use crate::check;
use crate::error::{Error, Kind};
use crate::event::Event;
use crate::fault::GzipFault;
use crate::network::{Network, TICK};
use crate::sets::File;
use crate::store::Store;
use crate::text::grouped;

/// Downloads the wanted files from a server's folder, packed or else plain, and stores them.
pub(crate) fn obtain(
    store: &Store,
    network: &Network,
    base: &str,
    wanted: &[&'static File],
    progress: &mut dyn FnMut(Event),
) -> Result<(), Error> {
    let client =
        client(network).map_err(|error| Error::Server { place: base.into(), why: reason(&error) })?;
    for file in wanted {
        let packed = Download::of(store, network, &client, base, file, ".gz");
        let plain = Download::of(store, network, &client, base, file, "");
        match packed.run(progress) {
            Err(Failure::Gone(why)) => plain.run(progress).map_err(|failure| match failure {
                Failure::Gone(_) => packed.error(Failure::Gone(why)),
                failure => plain.error(failure),
            }),
            result => result.map_err(|failure| packed.error(failure)),
        }?;
    }
    Ok(())
}

/// Client that follows only safe redirects and does not decompress.
fn client(network: &Network) -> reqwest::Result<Client> {
    // An error means that the program has installed a provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("descent/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(network.connect)
        .timeout(network.stall) // For this client: the timeout of each read.
        .redirect(Policy::custom(redirect));
    if !network.proxy {
        builder = builder.no_proxy();
    }
    builder.build()
}

/// Follows at most ten redirects: to other hosts only over https, and never from https to http.
fn redirect(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let previous = attempt.previous();
    let (url, from) = (attempt.url(), previous.last());
    let other_host = from.is_some_and(|from| from.host_str() != url.host_str());
    let downgrade = from.is_some_and(|from| from.scheme() == "https") && url.scheme() != "https";
    let refused = if previous.len() > 10 {
        "more than ten redirects"
    } else if !matches!(url.scheme(), "https" | "http") || downgrade {
        "a redirect away from https"
    } else if other_host && url.scheme() != "https" {
        "a redirect to another host without https"
    } else {
        return attempt.follow();
    };
    let mut chain: Vec<&str> = previous.iter().map(|url| url.as_str()).collect();
    chain.push(url.as_str());
    let why = format!("{refused}: {}", chain.join(" → "));
    attempt.error(why)
}

/// Download of one file from one server.
struct Download<'a> {
    store: &'a Store,
    network: &'a Network,
    client: &'a Client,
    file: &'static File,
    url: String,
    part: Part,
    /// Maximum length of the file in bytes, packed or plain.
    longest: u64,
}

/// Failure of an attempt, by the next step.
enum Failure {
    /// The server does not have the file in this form.
    Gone(String),
    /// The server refuses: try the next one.
    Final(String),
    /// Temporary: try again after the delay that the server asks for.
    Passing { why: String, wait: Option<Duration> },
    /// The bytes are wrong, or cannot be stored.
    Local(Error),
}

/// Message of the thread that talks to the server.
enum Message {
    Answer { status: StatusCode, headers: HeaderMap, length: Option<u64> },
    Bytes(Vec<u8>),
    NoAnswer(reqwest::Error),
    BrokenOff(io::Error),
    End,
}

impl<'a> Download<'a> {
    fn of(
        store: &'a Store,
        network: &'a Network,
        client: &'a Client,
        base: &str,
        file: &'static File,
        extension: &str,
    ) -> Download<'a> {
        let name = format!("{}{extension}", file.name);
        let part = Part::of(&store.folder, &name);
        // Compression can enlarge incompressible bytes a little.
        let longest = file.bytes + file.bytes / 1000 + 4096;
        Download { store, network, client, file, url: format!("{base}{name}"), part, longest }
    }

    /// Retries until the file is stored or the failure is permanent.
    fn run(&self, progress: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let mut backoff = self.network.backoff;
        let mut attempt = 1;
        loop {
            match self.attempt(progress) {
                Err(Failure::Passing { why, wait }) if attempt < self.network.tries => {
                    let wait = wait.unwrap_or(backoff).min(self.network.longest_wait);
                    let why = format!("{why}; trying again");
                    progress(Event::Failed { what: self.url.clone(), why });
                    self.network.cancel.sleep(wait).map_err(Failure::Local)?;
                    backoff = (2 * backoff).min(8 * self.network.backoff);
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    /// One request and its body.
    fn attempt(&self, progress: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let resumed = self.part.resumable(&self.url);
        let mut request = self.client.get(&self.url).header(header::ACCEPT_ENCODING, "identity");
        if let Some((length, note)) = &resumed {
            request = request
                .header(header::RANGE, format!("bytes={length}-"))
                .header(header::IF_RANGE, &note.validator);
        }
        let messages = talk(request);
        let (status, headers, length) = match self.next(&messages)? {
            Message::Answer { status, headers, length } => (status, headers, length),
            Message::NoAnswer(error) => return Err(self.no_answer(&error)),
            _ => return Err(passing("the connection closed without an answer".into())),
        };
        let headers = &headers;
        match (status, resumed) {
            (StatusCode::OK, _) => {
                let note = self.note(headers, length);
                self.refuse_web_page(headers)?;
                self.refuse_length(note.total)?;
                let file = self.part.start(&note).map_err(Failure::Local)?;
                self.receive(&messages, file, 0, note.total, progress)?;
                self.finish(note.total.is_some(), false, progress)
            }
            (StatusCode::PARTIAL_CONTENT, Some((length, note))) => {
                let Some(total) = continuation(headers, length, &note) else {
                    return Err(self.retry("the server resumed with another version or offset"));
                };
                self.refuse_length(total)?;
                let file = self.part.go_on().map_err(Failure::Local)?;
                self.receive(&messages, file, length, total, progress)?;
                self.finish(total.is_some(), true, progress)
            }
            // All bytes are present: the last run ended between the last byte and the check.
            (StatusCode::RANGE_NOT_SATISFIABLE, Some((length, _)))
                if text(headers, header::CONTENT_RANGE) == Some(&format!("bytes */{length}")) =>
            {
                self.finish(true, true, progress)
            }
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(_)) => {
                Err(self.retry("the server has no bytes at the offset to resume from"))
            }
            (status, _) => Err(self.refusal(status, headers)),
        }
    }

    /// Writes the body after the first `have` bytes, up to the maximum length.
    fn receive(
        &self,
        messages: &Receiver<Message>,
        mut file: std::fs::File,
        have: u64,
        total: Option<u64>,
        progress: &mut dyn FnMut(Event),
    ) -> Result<(), Failure> {
        let mut done = have;
        let (mut since, mut then) = (Instant::now(), have);
        loop {
            let bytes = match self.next(messages)? {
                Message::Bytes(bytes) => bytes,
                Message::BrokenOff(error) => return Err(self.broken_off(&error, done, total)),
                _ => break,
            };
            done += bytes.len() as u64;
            if since.elapsed() >= self.network.stall {
                let least = self.network.slowest as f64 * since.elapsed().as_secs_f64();
                if ((done - then) as f64) < least {
                    return Err(Failure::Final(self.too_slow()));
                }
                (since, then) = (Instant::now(), done);
            }
            if done > total.unwrap_or(self.longest) {
                self.part.remove();
                return Err(Failure::Final(self.too_long()));
            }
            let written = file.write_all(&bytes);
            written.map_err(|error| Failure::Local(self.part.failed("write", error)))?;
            progress(Event::Progress { file: self.file.name.into(), done, total });
        }
        let synced = file.sync_all();
        synced.map_err(|error| Failure::Local(self.part.failed("write", error)))
    }

    /// Checks and stores the complete bytes of the part. `sure` is true if the server declared the length, `resumed`
    /// if they came in more than one piece.
    fn finish(&self, sure: bool, resumed: bool, progress: &mut dyn FnMut(Event)) -> Result<(), Failure> {
        let bytes = self.part.read().map_err(Failure::Local)?;
        let path = Path::new(&self.url);
        let kept = self.check_md5(&bytes).and_then(|()| self.store.keep(self.file, path, bytes, progress));
        match kept {
            Ok(()) => {
                self.part.remove();
                Ok(())
            }
            Err(Error::Gzip { fault: GzipFault::Truncated { got, .. }, .. }) if !sure => {
                Err(passing(format!("the connection ended after {} bytes", grouped(got))))
            }
            Err(error) if error.kind() == Kind::BadData => {
                self.part.remove();
                // The pieces may not fit together, so download again in one piece.
                Err(if resumed { passing(error.to_string()) } else { Failure::Local(error) })
            }
            Err(error) => Err(Failure::Local(error)),
        }
    }

    /// Checks the packed file's MD5 for sets that publish no SHA-256.
    fn check_md5(&self, bytes: &[u8]) -> Result<(), Error> {
        let (None, Some(expected)) = (self.file.sha256, self.file.gz_md5) else {
            return Ok(());
        };
        let found = check::hex(&Md5::digest(bytes));
        if found == expected {
            return Ok(());
        }
        let (file, expected) = (self.url.clone().into(), expected.into());
        Err(Error::Checksum { file, algorithm: "MD5", expected, found })
    }

    /// Version that the body of a fresh response belongs to.
    fn note(&self, headers: &HeaderMap, total: Option<u64>) -> Note {
        // A weak tag does not guarantee the same bytes.
        let tag = text(headers, header::ETAG).filter(|tag| !tag.starts_with("W/"));
        let validator = tag.or(text(headers, header::LAST_MODIFIED)).unwrap_or_default().into();
        Note { url: self.url.clone(), validator, total }
    }

    fn refuse_web_page(&self, headers: &HeaderMap) -> Result<(), Failure> {
        let kind = text(headers, header::CONTENT_TYPE).unwrap_or_default();
        if kind.to_ascii_lowercase().starts_with("text/html") {
            let why = "the server sent a web page (text/html) instead of the file";
            return Err(Failure::Final(why.into()));
        }
        Ok(())
    }

    fn refuse_length(&self, total: Option<u64>) -> Result<(), Failure> {
        match total {
            Some(total) if total > self.longest => Err(Failure::Final(self.too_long())),
            _ => Ok(()),
        }
    }

    fn too_long(&self) -> String {
        format!("the server sends more than the {} bytes expected", grouped(self.longest))
    }

    /// Error of a request without a response.
    fn no_answer(&self, error: &reqwest::Error) -> Failure {
        let why = reason(error);
        if error.is_timeout() && !error.is_connect() {
            Failure::Final(self.stalled())
        } else if error.is_connect() || error.is_redirect() || error.is_builder() {
            Failure::Final(why)
        } else {
            passing(why)
        }
    }

    /// Error of a truncated body.
    fn broken_off(&self, error: &io::Error, done: u64, total: Option<u64>) -> Failure {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
        if inner.is_some_and(reqwest::Error::is_timeout) || error.kind() == io::ErrorKind::TimedOut {
            return Failure::Final(self.stalled());
        }
        let total = total.map_or(String::new(), |total| format!(" of {}", grouped(total)));
        passing(format!("the connection broke off after {}{total} bytes", grouped(done)))
    }

    /// Next message, or an error on cancellation.
    fn next(&self, messages: &Receiver<Message>) -> Result<Message, Failure> {
        loop {
            self.network.cancel.check().map_err(Failure::Local)?;
            match messages.recv_timeout(TICK) {
                Ok(message) => return Ok(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(Message::End),
            }
        }
    }

    fn too_slow(&self) -> String {
        format!("the server sends fewer than {} bytes a second", grouped(self.network.slowest))
    }

    fn stalled(&self) -> String {
        format!("the server sent nothing for {:?}", self.network.stall)
    }

    /// Error of a response that is neither the file nor part of it.
    fn refusal(&self, status: StatusCode, headers: &HeaderMap) -> Failure {
        let why = format!("the server answered {status}");
        match status.as_u16() {
            404 | 410 => Failure::Gone(why),
            408 | 429 | 500..=599 => {
                let seconds = text(headers, header::RETRY_AFTER).and_then(|s| s.parse().ok());
                Failure::Passing { why, wait: seconds.map(Duration::from_secs) }
            }
            _ => Failure::Final(why),
        }
    }

    /// Discards the part and retries from the start.
    fn retry(&self, why: &str) -> Failure {
        self.part.remove();
        passing(why.into())
    }

    fn error(&self, failure: Failure) -> Error {
        match failure {
            Failure::Gone(why) | Failure::Final(why) | Failure::Passing { why, .. } => {
                Error::Server { place: self.url.clone(), why }
            }
            Failure::Local(error) => error,
        }
    }
}

/// Sends the request and reads its response on a thread, so that waiting for a server can be cancelled. The
/// thread writes nothing and ends once the receiver is dropped.
fn talk(request: RequestBuilder) -> Receiver<Message> {
    let (sender, receiver) = mpsc::sync_channel(4);
    thread::spawn(move || {
        let mut response = match request.send() {
            Ok(response) => response,
            Err(error) => return drop(sender.send(Message::NoAnswer(error))),
        };
        let (status, headers) = (response.status(), response.headers().clone());
        let mut message = Message::Answer { status, headers, length: response.content_length() };
        let mut buffer = vec![0; 1 << 16];
        while sender.send(message).is_ok() {
            message = match response.read(&mut buffer) {
                Ok(0) => return drop(sender.send(Message::End)),
                Ok(count) => Message::Bytes(buffer[..count].to_vec()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => Message::Bytes(Vec::new()),
                Err(error) => return drop(sender.send(Message::BrokenOff(error))),
            };
        }
    });
    receiver
}

fn passing(why: String) -> Failure {
    Failure::Passing { why, wait: None }
}

/// Checks that a 206 continues exactly after the present bytes in the same version; returns the file's total
/// size if declared.
fn continuation(headers: &HeaderMap, length: u64, note: &Note) -> Option<Option<u64>> {
    let range = text(headers, header::CONTENT_RANGE)?.strip_prefix("bytes ")?;
    let (span, total) = range.split_once('/')?;
    let start: u64 = span.split_once('-')?.0.parse().ok()?;
    let total: Option<u64> = if total == "*" { note.total } else { Some(total.parse().ok()?) };
    let same_size = note.total.is_none_or(|noted| total == Some(noted));
    let tag = text(headers, header::ETAG);
    let same_tag = tag.is_none_or(|tag| !note.validator.starts_with('"') || tag == note.validator);
    (start == length && same_size && same_tag).then_some(total)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// Innermost cause of an error, which is the informative one.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() && error.is_connect() {
        return "connection timed out".into();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

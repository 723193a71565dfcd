//! One file after the other over http: resumed where it broke off, given up in good time.

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
use crate::error::{Error, GzipFault, Kind};
use crate::event::Event;
use crate::network::{Network, TICK};
use crate::sets::File;
use crate::store::Store;
use crate::text::grouped;

/// Downloads the wanted files from a folder on a server, packed or else plain, and stores them.
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

/// A client that follows only safe redirects and unpacks nothing on its own.
fn client(network: &Network) -> reqwest::Result<Client> {
    // An error says that the program has chosen its own provider already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .user_agent(concat!("descent/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(network.connect)
        .timeout(network.stall) // For this client: of each single read.
        .redirect(Policy::custom(redirect));
    if !network.proxy {
        builder = builder.no_proxy();
    }
    builder.build()
}

/// Follows at most ten redirects, to other hosts only over https, and never from https to http.
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

/// One file from one server.
struct Download<'a> {
    store: &'a Store,
    network: &'a Network,
    client: &'a Client,
    file: &'static File,
    url: String,
    part: Part,
    /// No right file is longer than this, packed or plain.
    longest: u64,
}

/// Why an attempt failed, and so what to do next.
enum Failure {
    /// The server does not have the file: ask it for no other version.
    Gone(String),
    /// The server will not give it: go to the next one.
    Final(String),
    /// Try again, after the wait that the server asks for.
    Passing { why: String, wait: Option<Duration> },
    /// The bytes came but are wrong, or this machine cannot keep them.
    Local(Error),
}

/// What the thread that talks with the server has to say.
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
        // Packing can add a little to bytes that do not compress.
        let longest = file.bytes + file.bytes / 1000 + 4096;
        Download { store, network, client, file, url: format!("{base}{name}"), part, longest }
    }

    /// Tries until the file is stored, or trying makes no more sense.
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

    /// One request, and the bytes that come of it.
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
                    return Err(self.again("the server went on with another version or place"));
                };
                self.refuse_length(total)?;
                let file = self.part.go_on().map_err(Failure::Local)?;
                self.receive(&messages, file, length, total, progress)?;
                self.finish(total.is_some(), true, progress)
            }
            // All bytes are here already: the last run ended between the last byte and the check.
            (StatusCode::RANGE_NOT_SATISFIABLE, Some((length, _)))
                if text(headers, header::CONTENT_RANGE) == Some(&format!("bytes */{length}")) =>
            {
                self.finish(true, true, progress)
            }
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(_)) => {
                Err(self.again("the server has nothing at the place to go on from"))
            }
            (status, _) => Err(self.refusal(status, headers)),
        }
    }

    /// Writes the body behind the first `have` bytes, and not one byte more than is allowed.
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

    /// Checks and stores the bytes of the part, which are all there. `sure` says that the server
    /// told the length, `resumed` that they came in more than one piece.
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
                // Perhaps the pieces do not fit together, so once more in one piece.
                Err(if resumed { passing(error.to_string()) } else { Failure::Local(error) })
            }
            Err(error) => Err(Failure::Local(error)),
        }
    }

    /// For sets that publish no SHA-256, the packed file's MD5 is all there is to guard a
    /// download.
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

    /// What the body of a fresh answer belongs to.
    fn note(&self, headers: &HeaderMap, total: Option<u64>) -> Note {
        // A weak tag promises the same meaning, not the same bytes.
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

    /// A request that got no answer.
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

    /// A body that ended before its end.
    fn broken_off(&self, error: &io::Error, done: u64, total: Option<u64>) -> Failure {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
        if inner.is_some_and(reqwest::Error::is_timeout) || error.kind() == io::ErrorKind::TimedOut {
            return Failure::Final(self.stalled());
        }
        let total = total.map_or(String::new(), |total| format!(" of {}", grouped(total)));
        passing(format!("the connection broke off after {}{total} bytes", grouped(done)))
    }

    /// The next message, unless the fetch is asked to stop before it comes.
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

    /// An answer that is neither the file nor part of it.
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

    /// To begin anew.
    fn again(&self, why: &str) -> Failure {
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

/// Sends the request and reads its answer on a thread, so that the wait for a server can be ended. The
/// thread writes nothing, and ends once nobody listens.
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

/// Whether a 206 goes on right behind the bytes that are here and in the same version; if so,
/// the whole file's size where it is told.
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

/// The innermost cause of an error, which is the one that tells something.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() && error.is_connect() {
        return "no connection in time".into();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

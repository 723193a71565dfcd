//! Downloads from servers that misbehave.

use std::time::Duration;
use std::{env, fs, process};

use data::{Error, Event, Kind, Origin, Request, fetch, load};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::fetch::assert_cached;
use crate::server::{Asked, Piece, Reply, Server, bytes, cut, good, head, respond};
use crate::tiny;

const TAG: &str = "\"v1\"";
/// The file that goes wrong in most tests.
const FILE: &str = "train-images-idx3-ubyte.gz";

/// Packed file with this name, if any.
fn body(path: &str) -> Option<Vec<u8>> {
    let index = tiny::NAMES.iter().position(|name| format!("{name}.gz") == path)?;
    Some(tiny::packed()[index].clone())
}

/// Server with special responses for one file.
fn server(answer: impl Fn(&Asked, &[u8]) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |asked| match body(&asked.path) {
        Some(body) if asked.path == FILE => answer(asked, &body),
        Some(body) => good(asked, &body, TAG),
        None => respond("404 Not Found", "", b"no such file"),
    })
}

fn good_server() -> Server {
    server(|asked, body| good(asked, body, TAG))
}

fn request(servers: &[&Server]) -> (TempDir, Request) {
    let root = tempfile::tempdir().unwrap();
    let mut request = tiny::request(tiny::set(), root.path());
    request.network.mirrors = Some(servers.iter().map(|server| server.url.clone()).collect());
    (root, request)
}

/// Fetches the set successfully; returns the requests for the file.
fn arrives(server: &Server) -> Vec<Asked> {
    let (_root, request) = request(&[server]);
    fetch(&request, &mut tiny::ignore).unwrap();
    assert_cached(&request);
    asked(server)
}

/// Fails on the server and falls back to the next one; returns the reason and the requests for the file.
fn fails(bad: &Server) -> (String, Vec<Asked>) {
    let good = good_server();
    let (_root, request) = request(&[bad, &good]);
    let mut reasons = Vec::new();
    let origin = fetch(&request, &mut |event| match event {
        Event::Failed { what, why } if what == bad.url => reasons.push(why),
        _ => {}
    });
    assert!(matches!(origin.unwrap(), Origin::Downloaded { from, .. } if from == good.url));
    assert_cached(&request);
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    (reasons.remove(0), asked(bad))
}

fn asked(server: &Server) -> Vec<Asked> {
    server.asked().into_iter().filter(|asked| asked.path == FILE).collect()
}

#[test]
fn a_good_server_is_asked_once_for_each_file() {
    let server = good_server();
    assert_eq!(arrives(&server).len(), 1);
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn load_fetches_once_and_then_reads_the_cache() {
    let server = good_server();
    let (_root, request) = request(&[&server]);
    let first = load(&request, &mut tiny::ignore).unwrap();
    assert!(matches!(first.origin, Origin::Downloaded { .. }));
    let second = load(&request, &mut tiny::ignore).unwrap();
    assert!(matches!(second.origin, Origin::Cache(_)));
    assert_eq!(first.train, second.train);
    assert_eq!(server.asked().len(), 4);
}

#[test]
fn plain_files_are_used_if_no_packed_ones_exist() {
    let server = Server::start(|asked| match tiny::NAMES.iter().position(|name| *name == asked.path) {
        Some(index) => good(asked, &tiny::plain()[index], TAG),
        None => respond("404 Not Found", "", b""),
    });
    let (_root, mut request) = request(&[]);
    request.from = Some(server.url.trim_end_matches('/').into());
    fetch(&request, &mut tiny::ignore).unwrap();
    assert_cached(&request);
}

#[test]
fn permanent_refusals_are_not_repeated() {
    for status in ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "410 Gone"] {
        let bad = server(move |_, _| respond(status, "", b"no"));
        let (why, asked) = fails(&bad);
        assert!(why.ends_with(&format!("the server answered {status}")), "{why}");
        assert_eq!(asked.len(), 1);
    }
}

#[test]
fn temporary_refusals_are_tried_four_times() {
    for status in ["429 Too Many Requests", "500 Internal Server Error", "502 Bad Gateway"] {
        let bad = server(move |_, _| respond(status, "", b"busy"));
        let (why, asked) = fails(&bad);
        assert!(why.ends_with(&format!("the server answered {status}")), "{why}");
        assert_eq!(asked.len(), 4);
        let mending = server(move |asked, body| match asked.before {
            0..3 => respond(status, "", b"busy"),
            _ => good(asked, body, TAG),
        });
        assert_eq!(arrives(&mending).len(), 4);
    }
}

/// The delay is limited even if the server asks for more.
#[test]
fn retry_after_is_respected_up_to_the_limit() {
    for after in ["0", "1000000000", "18446744073709551616", "Fri, 31 Dec 2100 23:59:59 GMT", "-1", "soon"] {
        let server = server(move |asked, body| match asked.before {
            0 => respond("503 Service Unavailable", &format!("Retry-After: {after}\r\n"), b""),
            _ => good(asked, body, TAG),
        });
        assert_eq!(arrives(&server).len(), 2, "{after}");
    }
}

#[test]
fn an_interrupted_download_is_resumed() {
    let length = body(FILE).unwrap().len();
    for keep in [1, length / 4, length / 2, length - 1] {
        for reset in [false, true] {
            let server = server(move |asked, body| match asked.before {
                0 => {
                    let mut reply = cut(body, keep, TAG);
                    reply.extend(reset.then_some(Piece::Reset));
                    reply
                }
                _ => good(asked, body, TAG),
            });
            let asked = arrives(&server);
            assert_eq!(asked.len(), 2);
            // A reset may throw away bytes that had arrived.
            match (reset, asked[1].range) {
                (false, range) => assert_eq!(range, Some(keep)),
                (true, range) => assert!(range.is_none_or(|start| start <= keep)),
            }
            assert_eq!(asked[1].if_range.is_some(), asked[1].range.is_some());
        }
    }
}

#[test]
fn a_connection_closed_without_a_response_is_retried() {
    let bad = server(|_, _| Vec::new());
    assert_eq!(fails(&bad).1.len(), 4);
}

/// Another run does not request the bytes of the first one again.
#[test]
fn a_later_run_resumes() {
    let server = server(|asked, body| match asked.before {
        0 => cut(body, 3000, TAG),
        _ => good(asked, body, TAG),
    });
    let (_root, mut request) = request(&[&server]);
    request.network.tries = 1;
    assert_eq!(fetch(&request, &mut tiny::ignore).unwrap_err().kind(), Kind::Unreachable);
    fetch(&request, &mut tiny::ignore).unwrap();
    assert_cached(&request);
    assert_eq!(asked(&server)[1].range, Some(3000));
}

/// All bytes arrived, but the process ended before checking them.
#[test]
fn a_complete_part_is_not_requested_again() {
    let server = server(|asked, body| match asked.before {
        // The length is one byte too large, so that all bytes arrive and the run fails.
        0 => vec![
            head("200 OK", &format!("ETag: {TAG}\r\nContent-Length: {}\r\n", body.len() + 1)),
            bytes(body),
        ],
        _ => good(asked, body, TAG),
    });
    let asked = arrives(&server);
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].range, Some(body(FILE).unwrap().len()));
}

/// Partial response from an offset in the file.
fn partial(start: usize, total: usize, body: &[u8], tag: &str) -> Reply {
    let span = format!("bytes {start}-{}/{total}", total - 1);
    let headers = format!("ETag: {tag}\r\nContent-Range: {span}\r\n");
    respond("206 Partial Content", &headers, &body[start..])
}

/// Two versions are never mixed, for any response to a range request.
#[test]
fn answers_to_a_range() {
    type Answer = fn(&Asked, &[u8]) -> Reply;
    // (what it does, its answer, how many requests that takes in all)
    let cases: [(&str, Answer, usize); 7] = [
        ("all of it, with 200", |_, body| respond("200 OK", "", body), 2),
        ("from the start", |_, body| partial(0, body.len(), body, TAG), 3),
        ("from further on", |_, body| partial(2100, body.len(), body, TAG), 3),
        ("another size", |_, body| partial(2000, body.len() + 9, body, TAG), 3),
        ("another version", |_, body| partial(2000, body.len(), body, "\"v2\""), 3),
        ("no place", |_, body| respond("206 Partial Content", "", &body[2000..]), 3),
        ("nothing", |_, _| respond("416 Range Not Satisfiable", "", b""), 3),
    ];
    for (name, answer, requests) in cases {
        let server = server(move |asked, body| match (asked.before, asked.range) {
            (0, _) => cut(body, 2000, TAG),
            (_, Some(2000)) => answer(asked, body),
            _ => good(asked, body, TAG),
        });
        assert_eq!(arrives(&server).len(), requests, "{name}");
    }
}

#[test]
fn only_a_strong_version_is_resumed() {
    let cases = [
        ("ETag: \"v1\"\r\n", Some("\"v1\"")),
        ("ETag: W/\"v1\"\r\n", None),
        ("Last-Modified: Fri, 01 Jan 2021 00:00:00 GMT\r\n", Some("Fri, 01 Jan 2021 00:00:00 GMT")),
        ("", None),
    ];
    for (header, validator) in cases {
        let server = server(move |asked, body| match asked.before {
            0 => {
                let headers = format!("Content-Length: {}\r\n{header}", body.len());
                vec![head("200 OK", &headers), bytes(&body[..2000])]
            }
            // `If-Range` names no version that is here: all of it.
            _ => respond("200 OK", header, body),
        });
        let asked = arrives(&server);
        assert_eq!(asked[1].range, validator.map(|_| 2000), "{header}");
        assert_eq!(asked[1].if_range.as_deref(), validator, "{header}");
    }
}

/// The pieces match according to the server but are not the file: it is downloaded again in one piece.
#[test]
fn mismatched_pieces_are_discarded() {
    let server = server(|asked, body| match (asked.before, asked.range) {
        (0, _) => cut(&vec![0x1f; body.len()], 2000, TAG),
        _ => good(asked, body, TAG),
    });
    let asked = arrives(&server);
    assert_eq!(asked.iter().map(|a| a.range).collect::<Vec<_>>(), [None, Some(2000), None]);
}

#[test]
fn wrong_lengths() {
    let sent = |length: &'static str| {
        server(move |asked, body| match asked.before {
            0 => {
                let headers = format!("{}ETag: {TAG}\r\n", length);
                vec![head("200 OK", &headers), bytes(body)]
            }
            _ => good(asked, body, TAG),
        })
    };
    // A complete body is accepted with and without a length.
    assert_eq!(arrives(&sent("")).len(), 1);
    // Length too large: the missing rest is requested in vain.
    assert_eq!(arrives(&sent("Content-Length: 9999\r\n")).len(), 2);
    // Length too small: the body is not a complete gzip file.
    assert!(fails(&sent("Content-Length: 500\r\n")).0.contains("truncated"));
    // Far too many, refused unread.
    for length in ["Content-Length: 1000000\r\n", "Content-Length: 9223372036854775808\r\n"] {
        let (why, asked) = fails(&sent(length));
        assert!(why.contains("more than the") && asked.len() == 1, "{why}");
    }
    // No number, or two: an invalid response; the next attempt succeeds.
    for length in ["Content-Length: -1\r\n", "Content-Length: 10\r\nContent-Length: 20\r\n"] {
        assert_eq!(arrives(&sent(length)).len(), 2, "{length}");
    }
}

#[test]
fn chunks() {
    let chunked = |tail: &'static [u8]| {
        server(move |asked, body| match asked.before {
            0 => vec![
                head("200 OK", &format!("ETag: {TAG}\r\nTransfer-Encoding: chunked\r\n")),
                bytes(format!("{:x}\r\n", body.len()).as_bytes()),
                bytes(body),
                bytes(tail),
            ],
            _ => good(asked, body, TAG),
        })
    };
    assert_eq!(arrives(&chunked(b"\r\n0\r\n\r\n")).len(), 1);
    // Truncated, an impossible size, no size: the body is complete, as the server confirms.
    for tail in [&b"\r\n"[..], b"\r\nffffffffffffffffff\r\n", b"\r\nxyz\r\n"] {
        assert_eq!(arrives(&chunked(tail)).len(), 2);
    }
}

/// A body without a length that never ends.
#[test]
fn an_endless_body_is_stopped() {
    let bad = server(|_, _| vec![head("200 OK", ""), Piece::Endless]);
    let (why, asked) = fails(&bad);
    assert!(why.contains("more than the 13,529 bytes expected"), "{why}");
    assert_eq!(asked.len(), 1);
}

#[test]
fn a_silent_server_is_abandoned() {
    let silence = || Piece::Pause(Duration::from_secs(20));
    let before = server(move |_, _| vec![silence()]);
    let within = server(move |_, body| {
        let mut reply = cut(body, 2000, TAG);
        reply.push(silence());
        reply
    });
    for bad in [before, within] {
        let (why, asked) = fails(&bad);
        assert!(why.contains("the server sent nothing for 1s"), "{why}");
        assert_eq!(asked.len(), 1);
    }
}

#[test]
fn a_slow_server_is_waited_for() {
    let server = server(|_, body| {
        let headers = format!("Content-Length: {}\r\n", body.len());
        let mut reply = vec![head("200 OK", &headers)];
        // Longer in total than the stall limit.
        for piece in body.chunks(body.len().div_ceil(12)) {
            reply.extend([bytes(piece), Piece::Pause(Duration::from_millis(100))]);
        }
        reply
    });
    assert_eq!(arrives(&server).len(), 1);
}

#[test]
fn redirects() {
    let to =
        |target: String| server(move |_, _| respond("302 Found", &format!("Location: {target}\r\n"), b""));
    // On the same server: followed.
    let moved = server(|asked, body| match asked.before {
        0 => respond("302 Found", &format!("Location: /{FILE}\r\n"), b""),
        _ => good(asked, body, TAG),
    });
    assert_eq!(arrives(&moved).len(), 2);
    // In a cycle: fails after ten.
    let (why, asked) = fails(&to(format!("/{FILE}")));
    assert!(why.contains("more than ten redirects") && why.contains(" → "), "{why}");
    assert_eq!(asked.len(), 11);
    // To another host without https, to another scheme.
    let (why, _) = fails(&to(good_server().url.replace("127.0.0.1", "localhost")));
    assert!(why.contains("another host without https"), "{why}");
    let (why, _) = fails(&to("file:///etc/passwd".into()));
    assert!(!why.is_empty());
}

#[test]
fn a_web_page_is_reported() {
    let page = b"<!DOCTYPE html><html>please log in</html>";
    let honest = server(|_, _| respond("200 OK", "Content-Type: text/html; charset=utf-8\r\n", page));
    assert!(fails(&honest).0.contains("a web page (text/html)"));
    let silent = server(|_, _| respond("200 OK", "", page));
    assert!(fails(&silent).0.contains("found a web page"));
}

#[test]
fn wrong_bytes_of_the_right_length_are_refused_and_removed() {
    let mut wrong = tiny::plain()[0].clone();
    wrong[1000] ^= 1;
    let wrong = tiny::pack(&wrong);
    let bad = server(move |_, _| respond("200 OK", "ETag: \"v1\"\r\n", &wrong));
    let (why, asked) = fails(&bad);
    assert!(why.contains("wrong checksum: expected SHA-256"), "{why}");
    assert_eq!(asked.len(), 1);

    let (root, request) = request(&[&bad]);
    assert!(fetch(&request, &mut tiny::ignore).is_err());
    let left = fs::read_dir(root.path().join("cache/Tiny/raw")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [".lock"], "neither the file nor a part of it");
}

/// Without a published SHA-256, the packed file's MD5 is checked.
#[test]
fn md5_is_checked_without_sha256() {
    let published = tiny::set_without_sums();
    let with_md5 = |md5: &'static str| {
        let mut set = data::Set { ..*published };
        set.files[0].gz_md5 = Some(md5);
        &*Box::leak(Box::new(set))
    };
    let server = good_server();
    let (_root, mut request) = request(&[&server]);
    request.set = with_md5("00000000000000000000000000000000");
    let error = fetch(&request, &mut tiny::ignore).unwrap_err().to_string();
    let found = error.split("MD5 00000000000000000000000000000000, found ").nth(1);
    let found = found.and_then(|rest| rest.split(' ').next()).unwrap_or_else(|| panic!("{error}"));
    // The reported MD5 is correct.
    request.set = with_md5(found.to_string().leak());
    fetch(&request, &mut tiny::ignore).unwrap();
}

/// The packed file with a content encoding is not unpacked twice.
#[test]
fn content_encoding_is_left_alone() {
    let server = server(|_, body| respond("200 OK", "Content-Encoding: gzip\r\n", body));
    assert_eq!(arrives(&server).len(), 1);
}

#[test]
fn a_megabyte_of_headers_is_refused() {
    let bad = server(|_, _| respond("200 OK", &"X: y\r\n".repeat(170_000), b""));
    assert!(!fails(&bad).0.is_empty());
}

#[test]
fn all_failures_are_reported() {
    let gone = server(|_, _| respond("404 Not Found", "", b""));
    let nobody = "http://127.0.0.1:9/".to_string();
    let (_root, mut request) = request(&[&gone]);
    request.network.mirrors.as_mut().unwrap().push(nobody.clone());
    let error = fetch(&request, &mut tiny::ignore).unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
    let text = error.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].starts_with(&format!("  {}", gone.url)) && lines[1].contains("404"), "{text}");
    assert!(lines[2].starts_with(&format!("  {nobody}: ")) && lines[2].contains("refused"), "{text}");
    let hint = error.hint();
    assert!(hint.contains("by hand") && hint.contains("Tiny/raw"), "{hint}");
    assert!(hint.contains("train-images-idx3-ubyte") && hint.contains("example.invalid"), "{hint}");
    // A URL named by the user is reported unchanged.
    request.from = Some(nobody);
    assert!(matches!(fetch(&request, &mut tiny::ignore), Err(Error::Server { .. })));
}

#[test]
fn offline_mode_sends_no_request() {
    let server = good_server();
    let (_root, mut request) = request(&[&server]);
    request.offline = true;
    assert!(matches!(load(&request, &mut tiny::ignore), Err(Error::NotHere { .. })));
    assert!(fetch(&request, &mut tiny::ignore).is_err());
    request.from = Some(server.url.clone());
    assert!(fetch(&request, &mut tiny::ignore).is_err());
    assert!(server.asked().is_empty());
}

/// Variables for a test that runs as a child process.
const URL: &str = "DESCENT_TEST_URL";
const ROOT: &str = "DESCENT_TEST_ROOT";

/// Starts a test of this file as a child process that fetches from a URL below a root.
fn start(test: &str, url: &str, root: &TempDir) -> process::Command {
    let mut command = process::Command::new(env::current_exe().unwrap());
    command.args([&format!("download::{test}"), "--exact", "--quiet"]);
    command.env(URL, url).env(ROOT, root.path()).stdout(process::Stdio::null());
    command
}

/// Runs the fetch and returns true in a child process.
fn started() -> bool {
    let (Ok(url), Ok(root)) = (env::var(URL), env::var(ROOT)) else { return false };
    let mut request = tiny::request(tiny::set(), root.as_ref());
    request.network.mirrors = Some(vec![url]);
    request.network.stall = Duration::from_secs(20);
    request.network.proxy = true;
    fetch(&request, &mut tiny::ignore).unwrap();
    true
}

/// Several processes fetch the same set at once. Then one is killed in the middle of a file, and the next resumes
/// immediately.
#[test]
fn many_processes_fetch_once() {
    if started() {
        return;
    }
    let start = |server: &Server, root: &TempDir| {
        let mut command = start("many_processes_fetch_once", &server.url, root);
        command.env("NO_PROXY", "127.0.0.1").spawn().unwrap()
    };

    let server = good_server();
    let (root, here) = request(&[]);
    let mut children: Vec<_> = (0..6).map(|_| start(&server, &root)).collect();
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    assert_eq!(server.asked().len(), 4);
    assert_cached(&here);

    let halting = self::server(|asked, body| match asked.before {
        0 => {
            let mut reply = cut(body, 2000, TAG);
            reply.push(Piece::Pause(Duration::from_secs(60)));
            reply
        }
        _ => good(asked, body, TAG),
    });
    let (root, here) = request(&[]);
    let mut killed = start(&halting, &root);
    let part = root.path().join("cache/Tiny/raw").join(format!("{FILE}.part"));
    while fs::metadata(&part).map_or(0, |meta| meta.len()) < 2000 {
        assert!(killed.try_wait().unwrap().is_none(), "it ended on its own");
        std::thread::sleep(Duration::from_millis(5));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(start(&halting, &root).wait().unwrap().success());
    assert_cached(&here);
    assert_eq!(asked(&halting)[1].range, Some(2000));
}

#[test]
fn threads_of_one_process_fetch_once_too() {
    let server = good_server();
    let (_root, request) = request(&[&server]);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fetch(&request, &mut tiny::ignore).unwrap());
        }
    });
    assert_eq!(server.asked().len(), 4);
    assert_cached(&request);
}

/// The proxy of the environment is used except for excluded hosts.
#[test]
fn the_environments_proxy_is_used() {
    if started() {
        return;
    }
    let proxy = Server::start(|asked| {
        let name = asked.path.strip_prefix("http://example.invalid/");
        match name.and_then(body) {
            Some(body) => good(asked, &body, TAG),
            None => respond("502 Bad Gateway", "", b""),
        }
    });
    let (root, here) = request(&[]);
    let mut through = start("the_environments_proxy_is_used", "http://example.invalid/", &root);
    let through = through.env("http_proxy", &proxy.url).env_remove("NO_PROXY").env_remove("no_proxy");
    assert!(through.status().unwrap().success());
    assert_cached(&here);
    assert_eq!(proxy.asked().len(), 4);

    let server = good_server();
    let (root, here) = request(&[]);
    let mut around = start("the_environments_proxy_is_used", &server.url, &root);
    let around = around.env("http_proxy", &proxy.url).env("NO_PROXY", "127.0.0.1");
    assert!(around.status().unwrap().success());
    assert_cached(&here);
    assert_eq!((proxy.asked().len(), server.asked().len()), (4, 4));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// A server with random versions and failures: the right file arrives, or none.
    #[test]
    fn versions_are_never_mixed(acts in prop::collection::vec((0..7u8, 1..4000usize), 0..4)) {
        let server = server(move |asked, body| {
            let other = vec![0x1f; body.len()];
            match acts.get(asked.before) {
                None => good(asked, body, TAG),
                Some((0, keep)) => cut(body, *keep, TAG),
                Some((1, keep)) => cut(&other, *keep, "\"v2\""),
                // The same tag for other bytes: only the checksum can tell.
                Some((2, keep)) => cut(&other, *keep, TAG),
                Some((3, start)) => partial(*start, body.len(), body, TAG),
                Some((4, _)) => respond("416 Range Not Satisfiable", "", b""),
                Some((5, _)) => respond("500 Internal Server Error", "", b""),
                Some(_) => good(asked, &other, "\"v2\""),
            }
        });
        let (root, mut request) = request(&[&server]);
        request.set = tiny::set_without_sums();
        let fetched = fetch(&request, &mut tiny::ignore);
        let path = root.path().join("cache/Tiny/raw").join(FILE.trim_end_matches(".gz"));
        match fs::read(path) {
            Ok(bytes) => prop_assert_eq!(&bytes, &tiny::plain()[0]),
            Err(_) => prop_assert!(fetched.is_err()),
        }
    }
}

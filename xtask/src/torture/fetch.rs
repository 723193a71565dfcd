//! A fetch as a job: a data set of a few images, from a server in this process that breaks off and is busy.
//!
//! The sets that the program knows have published checksums, so only their real files could be served. The child process
//! is therefore this program, which fetches a made-up set by the same code.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use data::sets::{File, Holds};
use data::{Network, Request, Set};
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};

/// First argument of the child process.
pub(crate) const WORD: &str = "fetch-of-torture";

const NAMES: [&str; 4] = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
];
/// Images of the parts; some hundred kilobytes, which are several writes.
const ITEMS: [usize; 4] = [300, 300, 50, 50];

/// Files that it writes.
pub(super) const FILES: [&str; 4] = [
    "Torture/raw/train-images-idx3-ubyte",
    "Torture/raw/train-labels-idx1-ubyte",
    "Torture/raw/t10k-images-idx3-ubyte",
    "Torture/raw/t10k-labels-idx1-ubyte",
];

/// Arguments of the child process; the server starts with them.
pub(super) fn arguments() -> &'static str {
    static ARGUMENTS: LazyLock<String> = LazyLock::new(|| format!("{WORD} {}", serve()));
    &ARGUMENTS
}

/// Fetches into the current folder, as a process: 0, or 74 with a message.
pub(crate) fn child(arguments: &[OsString]) -> ExitCode {
    let [url] = arguments else { return ExitCode::from(2) };
    let mut request = Request::embedded(set());
    (request.offline, request.allow_sample) = (false, false);
    request.from = Some(url.to_string_lossy().into_owned());
    request.data_dir = Some(PathBuf::from("."));
    request.network = Network {
        stall: Duration::from_secs(5),
        tries: 8,
        backoff: Duration::from_millis(1),
        longest_wait: Duration::from_millis(20),
        proxy: false,
        npm: None,
        apt: None,
        ..Network::default()
    };
    match data::fetch(&request, &mut |_| ()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(74)
        }
    }
}

fn plain(index: usize) -> Vec<u8> {
    let count = ITEMS[index];
    let is_images = index.is_multiple_of(2);
    let mut bytes = vec![0, 0, 8, if is_images { 3 } else { 1 }];
    let sizes = [count, 28, 28];
    let sizes = if is_images { &sizes[..] } else { &sizes[..1] };
    bytes.extend(sizes.iter().flat_map(|&size| (size as u32).to_be_bytes()));
    let length: usize = sizes.iter().product();
    // Noise, which no compression makes shorter than a write.
    let mut noise = tensor::random::Stream::new(1, NAMES[index]);
    bytes.extend((0..length).map(|_| (noise.next_u32() % if is_images { 256 } else { 10 }) as u8));
    bytes
}

fn packed(index: usize) -> Vec<u8> {
    let mut packer = GzBuilder::new().write(Vec::new(), Compression::fast());
    packer.write_all(&plain(index)).expect("memory");
    packer.finish().expect("memory")
}

fn set() -> &'static Set {
    let file = |index: usize, holds| {
        let bytes = plain(index);
        let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        File {
            name: NAMES[index],
            holds,
            items: ITEMS[index],
            bytes: bytes.len() as u64,
            sha256: Some(sum.leak()),
            gz_md5: None,
        }
    };
    let files =
        [file(0, Holds::Images), file(1, Holds::Labels), file(2, Holds::Images), file(3, Holds::Labels)];
    Box::leak(Box::new(Set {
        name: "torture",
        title: "Torture",
        about: "noise",
        files,
        mirrors: &[],
        npm: None,
        debian: None,
        torchvision: "Torture",
        system: None,
        ..data::SETS[0]
    }))
}

/// Starts the server and returns its URL. Every third request is refused or broken off.
fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of this machine");
    let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
    thread::spawn(move || {
        let asked = AtomicUsize::new(0);
        for stream in listener.incoming().flatten() {
            // Whoever was killed does not read the answer.
            let _ = answer(stream, asked.fetch_add(1, Ordering::Relaxed));
        }
    });
    url
}

fn answer(mut stream: TcpStream, number: usize) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.set_write_timeout(Some(Duration::from_secs(5)))?;
    let mut path = String::new();
    let mut start = None;
    for line in BufReader::new(&stream).lines() {
        let line = line?.to_ascii_lowercase();
        if let Some(rest) = line.strip_prefix("get /") {
            path = rest.split(' ').next().unwrap_or_default().to_string();
        }
        if let Some(rest) = line.strip_prefix("range: bytes=") {
            start = rest.trim_end_matches('-').parse::<usize>().ok();
        }
        if line.is_empty() {
            break;
        }
    }
    let Some(body) = NAMES.iter().position(|name| path == format!("{name}.gz")).map(packed) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    };
    if number % 6 == 2 {
        let busy = b"HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        return stream.write_all(busy);
    }
    let start = start.filter(|start| *start < body.len());
    let (status, from) = if start.is_some() { ("206 Partial Content", start) } else { ("200 OK", Some(0)) };
    let (from, end) = (from.unwrap_or(0), body.len());
    let range =
        start.map_or(String::new(), |from| format!("Content-Range: bytes {from}-{}/{end}\r\n", end - 1));
    let head = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nETag: \"{path}\"\r\n{range}Content-Length: {}\r\n\r\n",
        end - from
    );
    stream.write_all(head.as_bytes())?;
    let rest = &body[from..];
    // Every sixth answer breaks off in the middle.
    stream.write_all(if number % 6 == 5 { &rest[..rest.len() / 2] } else { rest })
}

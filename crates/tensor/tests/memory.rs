//! Memory for a file: at most a small multiple of its size, for any header.

use peak_alloc::PeakAlloc;
use tensor::safetensors::{Reader, SafeTensors};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// In multiples of the bytes of the file; a vector that grows takes three times its room for a moment.
const MULTIPLE: usize = 6;
/// Constant part, in bytes.
const AROUND: usize = 64 << 10;

/// Peak number of additional bytes in use while `work` runs.
fn peak<T>(work: impl FnOnce() -> T) -> (usize, T) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let result = work();
    (MEMORY.peak_usage().saturating_sub(before), result)
}

fn file(header: String) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat()
}

/// A single test, because the allocator counts for the whole process.
#[test]
fn memory_is_bounded_by_the_size_of_the_file() {
    let many = |count: usize, name: fn(usize) -> String| {
        let tensors = (0..count)
            .map(|i| format!(r#""{}":{{"dtype":"U8","shape":[],"data_offsets":[{i},{}]}}"#, name(i), i + 1));
        let header = format!("{{{}}}", tensors.collect::<Vec<_>>().join(","));
        [file(header), vec![0; count]].concat()
    };
    let metadata = |count: usize| {
        let entries = (0..count).map(|i| format!(r#""{i}":"""#));
        file(format!(r#"{{"__metadata__":{{{}}}}}"#, entries.collect::<Vec<_>>().join(",")))
    };
    let rows: Vec<(&str, Vec<u8>)> = vec![
        ("many tensors", many(60_000, |i| format!("{i}"))),
        ("names alike but at their ends", many(3_000, |i| format!("{}{i}", "a".repeat(1000)))),
        ("escaped names", many(20_000, |i| format!(r"\u0041\u0042{i}"))),
        ("one long name", many(1, |_| "n".repeat(4_000_000))),
        ("one long escaped name", many(1, |_| r"\u0041".repeat(700_000))),
        ("many texts", metadata(300_000)),
        (
            "many sizes",
            file(format!(
                r#"{{"a":{{"dtype":"U8","shape":[{}0],"data_offsets":[0,0]}}}}"#,
                "1,".repeat(1_000_000)
            )),
        ),
        (
            "eight sizes each",
            file(format!(
                "{{{}}}",
                (0..40_000)
                    .map(|i| format!(
                        r#""{i}":{{"dtype":"U8","shape":[0,1,1,1,1,1,1,1],"data_offsets":[0,0]}}"#
                    ))
                    .collect::<Vec<_>>()
                    .join(",")
            )),
        ),
        ("spaces", file(format!("{{{}}}", " ".repeat(4_000_000)))),
        ("depth", file(format!(r#"{{"a":{{"x":{}"#, "[".repeat(2_000_000)))),
        ("a long unknown dtype", file(format!(r#"{{"a":{{"dtype":"{}""#, "F".repeat(4_000_000)))),
        (
            "sizes beyond any file",
            file(r#"{"a":{"dtype":"F32","shape":[1099511627776,0],"data_offsets":[0,0]}}"#.into()),
        ),
        ("a length beyond the file", [&99_000_000u64.to_le_bytes()[..], &[b' '; 100]].concat()),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for (name, bytes) in rows {
        let allowed = MULTIPLE * bytes.len() + AROUND;
        let (used, result) = peak(|| SafeTensors::parse(&bytes).map(drop).map_err(|error| error.to_string()));
        assert!(used <= allowed, "{name}: {used} bytes for a file of {}", bytes.len());
        assert!(
            result.is_ok() || result.as_ref().is_err_and(|message| message.len() < 700),
            "{name}: {result:?}"
        );
        std::fs::write(&path, &bytes).unwrap();
        let (used, from_disk) = peak(|| Reader::open(&path).and_then(Reader::read).is_ok());
        assert!(used <= allowed, "{name}: {used} bytes for a file of {} on the disk", bytes.len());
        assert_eq!(from_disk, result.is_ok(), "{name}");
    }
}

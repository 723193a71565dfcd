//! Files from anywhere: every file that the program reads, changed in structure and in bytes.
//!
//! Each [target](targets) has files that are right and a reader. The files are changed thousands of times;
//! whatever comes of it, the reader must not panic, take more memory than a small multiple of the file, or
//! answer with a text that is long or holds control characters. The changes follow from a number, so a
//! failure comes again. `DESCENT_HOSTILE=100` makes a hundred times as many.

mod bytes;
mod json;
mod rng;
mod safetensors;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};

use peak_alloc::PeakAlloc;

use rng::Rng;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Changed files of each target, times `DESCENT_HOSTILE`.
const ROUNDS: u64 = 1500;
/// Bytes of an error's text.
const LONGEST_TEXT: usize = 1500;

/// One test, for the allocator counts for the whole process.
#[test]
fn no_file_is_worse_than_an_error() {
    let times = std::env::var("DESCENT_HOSTILE").ok().map_or(1, |times| times.parse().expect("a number"));
    for target in targets::all() {
        let (mut read, mut refused) = (0, 0);
        for file in &target.files {
            assert_eq!((target.read)(file), Ok(()), "{}: an unchanged file is refused", target.name);
        }
        for round in 0..ROUNDS * times {
            let mut rng = Rng::new(round, target.name);
            let file = &target.files[rng.below(target.files.len())];
            let changed = (target.change)(file, &mut rng);
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            let result = catch_unwind(AssertUnwindSafe(|| (target.read)(&changed)));
            let used = MEMORY.peak_usage().saturating_sub(before);
            let place = || {
                let path = std::env::temp_dir().join(format!("descent-hostile-{}", target.name));
                std::fs::write(&path, &changed).expect("room for a file");
                format!("{} round {round}, kept as {}", target.name, path.display())
            };
            let Ok(result) = result else { panic!("a panic: {}", place()) };
            let allowed = target.around + target.multiple * changed.len();
            assert!(used <= allowed, "{used} bytes for a file of {}: {}", changed.len(), place());
            match result {
                Ok(()) => read += 1,
                Err(text) => {
                    refused += 1;
                    let is_short = text.len() <= LONGEST_TEXT;
                    assert!(is_short, "a text of {} bytes: {}", text.len(), place());
                    let steers = text.contains(|c: char| c.is_control() && c != '\n');
                    assert!(!steers, "{text:?}: {}", place());
                }
            }
        }
        // Changes that are all refused, or none, would test half of a reader.
        assert!(read > 0 && refused > 0, "{}: {read} read, {refused} refused", target.name);
    }
}

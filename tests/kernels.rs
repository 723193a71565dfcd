//! The kernels of pages: the committed file belongs to the committed sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

const SUMS: &str = "crates/report/src/browser/kernels.sha256";

#[test]
fn the_checksums_are_of_the_kernels_and_all_their_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in the workspace");
    let sums = fs::read_to_string(root.join(SUMS)).expect("checksums");
    let mut listed = BTreeSet::new();
    for line in sums.lines() {
        let (expected, name) = line.split_once("  ").expect("a checksum and a name");
        let digest = Sha256::digest(fs::read(root.join(name)).expect("a listed file"));
        let found: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            found, expected,
            "{name} was changed: `cargo xtask wasm --bless` builds the kernels again"
        );
        listed.insert(name.to_string());
    }
    assert!(listed.contains("crates/report/src/browser/kernels.wasm"));
    let mut folders = vec!["crates/wasm/src".to_string()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).expect("a folder of the repository") {
            let entry = entry.expect("an entry");
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            match entry.path().is_dir() {
                true => folders.push(name),
                false => assert!(listed.contains(&name), "{name} is not in {SUMS}"),
            }
        }
    }
}

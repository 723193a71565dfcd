//! Writes the networks of the test as ONNX files with a batch for each and its outputs here, for `scripts/onnx/record.py`.
//!
//! `cargo run -p train --example onnx_models -- target/onnx`

#[path = "../tests/onnx/networks.rs"]
mod networks;

use std::fs;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "target/onnx".to_string()));
    fs::create_dir_all(&folder)?;
    for case in networks::cases() {
        fs::write(folder.join(format!("{}.onnx", case.name)), case.onnx())?;
        let batch = serde_json::json!({
            "shape": [networks::BATCH, case.inputs],
            "type": if case.vocabulary.is_some() { "int64" } else { "float32" },
            "input": case.input(),
            "output": case.output(),
        });
        fs::write(folder.join(format!("{}.json", case.name)), batch.to_string())?;
    }
    Ok(())
}

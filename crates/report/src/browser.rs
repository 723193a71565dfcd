//! Parts of pages that compute: kernels as WebAssembly, and numbers by which a page calls them.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

/// The crate `wasm` as a browser runs it; `cargo xtask wasm` builds it again.
pub const KERNELS: &[u8] = include_bytes!("browser/kernels.wasm");

/// Start of every worker.
const WORKER_START: &str = include_str!("browser/kernels.js");

/// Start of every page that has one.
const PAGE_START: &str = include_str!("browser/page.js");

/// An optimizer by the numbers that the kernels know it by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Kernel {
    /// Place of the rule among those of the kernels.
    pub rule: usize,
    /// Values of its settings; the first is the learning rate.
    pub settings: Vec<f64>,
    /// Maximum norm of a gradient.
    pub max_norm: Option<f64>,
    /// The recipe with `{}` in place of its rate.
    pub recipe: String,
    /// Names of the state arrays.
    pub arrays: Vec<String>,
    /// Factor of the learning rate at each step of a race; empty for a constant rate.
    pub factors: Vec<f64>,
}

/// Bytes as text in a page: gzip, then base64.
///
/// ```
/// let text = report::browser::packed(&[0; 1000]);
/// assert!(text.len() < 100 && !text.contains('<'));
/// ```
pub fn packed(bytes: &[u8]) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory takes all");
    STANDARD.encode(encoder.finish().expect("memory takes all"))
}

/// Script that a page needs before its own: `KERNELS`, the text `WORKER` of a worker, and `startWorker`.
pub(crate) fn embedded(worker: &str) -> String {
    let source =
        serde_json::Value::from(format!("{WORKER_START}{worker}")).to_string().replace('<', "\\u003c");
    format!("const KERNELS = \"{}\";\nconst WORKER = {source};\n{PAGE_START}", packed(KERNELS))
}

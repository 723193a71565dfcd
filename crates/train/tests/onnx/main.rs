//! Exported networks give the answers that onnxruntime gives.

mod networks;

use std::collections::BTreeMap;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use train::onnx::{self, Network, UnknownLayer};

use networks::cases;

/// Outputs that onnxruntime computed from the file with this hash: `scripts/onnx/record.py`.
#[derive(Deserialize)]
struct Recorded {
    sha256: String,
    output: Vec<f64>,
}

#[test]
fn onnxruntime_computes_the_same_to_a_hundred_thousandth() {
    let recorded: BTreeMap<String, Recorded> =
        serde_json::from_str(include_str!("../fixtures/onnx.json")).unwrap();
    let cases = cases();
    assert_eq!(cases.len(), recorded.len());
    for case in cases {
        let Recorded { sha256, output } = &recorded[&case.name];
        let hash: String = Sha256::digest(case.onnx()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(&hash, sha256, "{}: the file has changed: record it again", case.name);
        let ours = case.output();
        assert_eq!(ours.len(), output.len(), "{}", case.name);
        for (ours, theirs) in ours.iter().zip(output) {
            assert!(
                (f64::from(*ours) - theirs).abs() <= 1e-5 * theirs.abs().max(1.0),
                "{}: {ours} {theirs}",
                case.name
            );
        }
    }
}

#[test]
fn a_network_without_a_form_is_refused() {
    let model = nn::models::char_gru(5);
    let (weights, buffers): (_, tensor::ParamVec) = (model.init(0), model.buffers());
    let (mean, std, targets) = (&[0.0][..], &[1.0][..], None);
    let network = Network { model: &model, weights: &weights, buffers: &buffers, mean, std, targets };
    assert_eq!(onnx::model(&network), Err(UnknownLayer));
}

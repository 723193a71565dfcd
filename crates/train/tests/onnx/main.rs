//! Exported networks give the answers that onnxruntime gives.

mod networks;

use std::collections::BTreeMap;

use nn::layers::{Embedding, SinusoidalEncoding};
use nn::{Builder, Kind, Linear, Model, Sequential, models};
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
    let mut builder = Builder::new();
    let net = Sequential::new()
        .then(Embedding::new(&mut builder, "embedding", 5, 4))
        .then(SinusoidalEncoding)
        .then(Linear::new(&mut builder, "fc", 4, 5));
    let model = Model::new(builder, net);
    let (weights, buffers): (_, tensor::ParamVec) = (model.init(0), model.buffers());
    let (mean, std, targets) = (&[0.0][..], &[1.0][..], None);
    let network =
        Network { model: &model, weights: &weights, buffers: &buffers, mean, std, targets, metadata: &[] };
    assert_eq!(onnx::model(&network), Err(UnknownLayer));
}

#[test]
fn every_model_of_the_registry_has_a_form() {
    for info in models::ALL {
        let model = match info.kind {
            Kind::Images { .. } | Kind::Autoencoder => info.architecture().build(28, 28, 10),
            Kind::Vectors | Kind::Text => info.architecture().build_for([40], 10),
        };
        let (weights, buffers): (_, tensor::ParamVec) = (model.init(0), model.buffers());
        let (mean, std, targets) = (&[0.5][..], &[0.5][..], None);
        let network = Network {
            model: &model,
            weights: &weights,
            buffers: &buffers,
            mean,
            std,
            targets,
            metadata: &[],
        };
        assert!(onnx::model(&network).is_ok(), "{}", info.name);
    }
}

//! Models: names, initializers and gradients.

use autograd::BufferPool;
use autograd::check::gradient_error;
use nn::{Activation, Architecture, Context, Kind, Model, models};
use tensor::random::Stream;
use tensor::{ParamId, ParamVec};

#[test]
fn an_mlp_has_the_names_and_shapes_of_pytorch() {
    let model = Model::mlp(&[784, 128, 64, 10], Activation::Relu);
    let names: Vec<String> =
        model.layout().entries().iter().map(|e| format!("{} {}", e.name, e.shape)).collect();
    assert_eq!(
        names,
        [
            "fc1.weight [128, 784]",
            "fc1.bias [128]",
            "fc2.weight [64, 128]",
            "fc2.bias [64]",
            "fc3.weight [10, 64]",
            "fc3.bias [10]"
        ]
    );
    assert_eq!(model.layout().len(), 109_386);
}

#[test]
fn an_added_layer_keeps_the_initial_weights_of_the_others() {
    let (small, large) =
        (Model::mlp(&[5, 4, 3], Activation::Relu), Model::mlp(&[5, 4, 3, 2], Activation::Relu));
    let (a, b) = (small.init(9), large.init(9));
    assert_eq!(a.as_slice(), &b.as_slice()[..a.as_slice().len()]);
    assert_ne!(a, small.init(10));
}

#[test]
fn the_gradient_is_right_through_every_activation() {
    for (name, activation) in Activation::ALL {
        let model = Model::mlp(&[3, 5, 4, 3], activation);
        let start = model.init(4);
        let mut at = ParamVec::<f64>::zeros(model.layout().clone());
        at.as_mut_slice().iter_mut().zip(start.as_slice()).for_each(|(a, &w)| *a = w.into());
        let error = gradient_error(&at, |tape| {
            let x = tape.input([2, 3], &[0.3, -0.2, 0.9, -0.5, 0.4, 0.1]);
            model.forward(x).cross_entropy(&[2, 0])
        });
        assert!(error < 1e-6, "{name}: {error:e}");
        assert_eq!(Activation::by_name(name), Some(activation));
        assert_eq!(activation.name(), name);
    }
}

/// Small sizes, except for models with fixed ones.
fn small(architecture: &Architecture, kind: Kind) -> (Model, usize) {
    match kind {
        Kind::Images { least_side } => {
            let side = least_side.max(6);
            (architecture.build(side, side, 3), side * side)
        }
        Kind::Vectors => (architecture.build_for([12], 3), 12),
        Kind::Autoencoder => (architecture.build_for([4, 4], 16), 16),
        Kind::Text => (architecture.build_for([5], 7), 5),
    }
}

/// The directional derivative of a loss along a random direction of each parameter matches the gradient.
#[test]
fn every_model_has_the_gradient_of_its_forward_formula() {
    for info in models::ALL {
        let (model, inputs) = small(&info.architecture(), info.kind);
        let start = model.init(4);
        let mut at = ParamVec::<f64>::zeros(model.layout().clone());
        at.as_mut_slice().iter_mut().zip(start.as_slice()).for_each(|(a, &w)| *a = w.into());
        let pool = BufferPool::new();
        let loss = |weights: &ParamVec<f64>, gradients: Option<&mut ParamVec<f64>>| {
            let tape = pool.tape(weights);
            let mut stream = Stream::new(1, "inputs");
            let x = match info.kind {
                Kind::Text => tape.input_tokens([2, inputs], |tokens| {
                    tokens.iter_mut().for_each(|token| *token = stream.below(7));
                }),
                _ => tape.input_with([2, inputs], |x| {
                    x.iter_mut().for_each(|x| *x = stream.uniform().into());
                }),
            };
            let mut buffers = model.buffers();
            let y = model.forward_in(x, Context::Train { seed: 5, step: 3, buffers: &mut buffers });
            let scales = tape.input_with(y.shape(), |s| {
                s.iter_mut().enumerate().for_each(|(i, s)| *s = (i as f64 + 0.5).sin());
            });
            let loss = (y * scales).sum();
            if let Some(gradients) = gradients {
                loss.backward(gradients);
            }
            loss.item()
        };
        let mut gradients = at.zeros_like();
        loss(&at, Some(&mut gradients));

        // A small step, because a ReLU kink between the two ends would be an error.
        const STEP: f64 = 1e-7;
        for (id, param) in model.layout().ids().zip(model.layout().entries()) {
            let mut stream = Stream::new(7, &param.name);
            let direction: Vec<f64> =
                (0..param.shape.len()).map(|_| 2.0 * f64::from(stream.uniform()) - 1.0).collect();
            let moved = |id: ParamId, step: f64| {
                let mut point = at.clone();
                point.get_mut(id).iter_mut().zip(&direction).for_each(|(w, d)| *w += step * d);
                loss(&point, None)
            };
            let slope = (moved(id, STEP) - moved(id, -STEP)) / (2.0 * STEP);
            let found: f64 = gradients.get(id).iter().zip(&direction).map(|(g, d)| g * d).sum();
            let size = gradients.get(id).iter().map(|g| g.abs()).sum::<f64>().max(1.0);
            let error = (slope - found).abs() / size;
            assert!(
                error <= 1e-6,
                "{}: {}: {found} by backward, {slope} by differences",
                info.name,
                param.name
            );
        }
    }
}

#[test]
fn models_have_the_documented_number_of_weights() {
    let named = |name: &str| Architecture::by_name(name).unwrap();
    for (name, input, outputs, weights) in [
        ("mnist1d-mlp", 40, 10, 15_210),
        ("mnist1d-conv", 40, 10, 5_210),
        ("autoencoder", 784, 784, 2_837_314),
    ] {
        let model = named(name).build_for([input], outputs);
        assert_eq!(model.layout().len(), weights, "{name}");
        assert_eq!(named(name).to_string(), name);
    }
}

#[test]
fn names_are_unique() {
    for (i, info) in models::ALL.iter().enumerate() {
        assert!(models::ALL[..i].iter().all(|other| other.name != info.name), "duplicate `{}`", info.name);
        assert!(!info.about.is_empty() && !info.about.ends_with('.'), "{}", info.name);
    }
}

//! Models: names, starts, gradients, and what a start does not depend on.

use autograd::check::gradient_error;
use nn::{Activation, Model};
use tensor::ParamVec;

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
fn another_layer_leaves_the_starts_of_the_others_as_they_were() {
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

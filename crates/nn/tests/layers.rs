//! Image models: names and counts, training against evaluation, panics.

use autograd::{BufferPool, Var};
use nn::layers::{Cell, Dropout, Embedding, Recurrent, Residual};
use nn::{Activation, Architecture, Builder, Context, Init, Linear, Model, Module, Sequential, models};
use tensor::{Kernels, Layout, ParamId, ParamVec, Role};

fn named(name: &str) -> Architecture {
    Architecture::by_name(name).unwrap()
}

#[test]
fn models_have_their_published_names_and_sizes() {
    let sizes = [
        ("mlp", 109_386),
        ("logreg", 7_850),
        ("2c2d", 3_274_634),
        ("lenet", 61_706),
        ("resnet-mini", 77_754),
    ];
    for ((name, _), (known, weights)) in Architecture::NAMES.iter().zip(sizes) {
        let architecture = Architecture::by_name(name).unwrap();
        assert_eq!((architecture.to_string().as_str(), *name), (known, known));
        assert_eq!(architecture.build(28, 28, 10).layout().len(), weights, "{name}");
        let least = architecture.least_side();
        let small = architecture.build(least, least + 1, 3);
        let weights = small.init(0);
        let pool = BufferPool::new();
        let tape = pool.tape(&weights);
        let x = tape.input_with([2, least * (least + 1)], |x| x.fill(0.5));
        let scores = small.forward_in(x, Context::Evaluate { buffers: &small.buffers() });
        assert_eq!(*scores.shape(), [2, 3], "{name}");
    }
    assert_eq!(Architecture::by_name("vgg"), None);
}

#[test]
fn images_in_color_have_three_channels_in_the_first_layer() {
    for (name, _) in Architecture::NAMES {
        let architecture = named(name);
        let least = architecture.least_side();
        let [gray, explicit, color] = [&[least, least][..], &[least, least, 1], &[least, least, 3]]
            .map(|sizes| architecture.build_for(tensor::Shape::from(sizes), 2));
        assert_eq!(gray.layout(), explicit.layout(), "{name}");
        let first = |model: &Model| model.layout().entries()[0].shape;
        assert_eq!(first(&color)[1], 3 * first(&gray)[1], "{name}");
        let weights = color.init(0);
        let pool = BufferPool::new();
        let x = [0.5; 3].repeat(2 * least * least);
        let tape = pool.tape(&weights);
        let scores = color.forward_in(
            tape.input([2, 3 * least * least], &x),
            Context::Evaluate { buffers: &color.buffers() },
        );
        assert_eq!(*scores.shape(), [2, 2], "{name}");
    }
}

#[test]
fn every_parameter_has_its_role() {
    let model = Architecture::by_name("resnet-mini").unwrap().build(28, 28, 10);
    for entry in model.layout().entries() {
        let norm = entry.name.contains("bn") || entry.name.contains("downsample.1");
        let role = match entry.name.ends_with(".bias") {
            _ if norm => Role::Norm,
            true => Role::Bias,
            false => Role::Matrix,
        };
        assert_eq!(entry.role, role, "{}", entry.name);
    }
    let mut builder = Builder::new();
    let table = Embedding::new(&mut builder, "words", 10, 4);
    let model = Model::new(builder, table);
    assert_eq!(model.layout().entries()[0].role, Role::Embedding);
}

#[test]
fn dropout_masks_are_functions_of_seed_name_and_step() {
    let nothing = ParamVec::<f32>::zeros(Layout::new());
    let model = |name: &str| Model::new(Builder::new(), Dropout::new(name, 0.5));
    let pool = BufferPool::new();
    let tape = pool.tape(&nothing);
    let x = tape.input_with([1, 1000], |x| x.fill(1.0));
    let mask = |name: &str, seed: u64, step: u64| {
        let y = model(name).forward_in(x, Context::Train { seed, step, buffers: &mut nothing.clone() });
        y.values().to_vec()
    };
    let first = mask("drop1", 7, 3);
    assert_eq!(first, mask("drop1", 7, 3));
    for other in [mask("drop2", 7, 3), mask("drop1", 8, 3), mask("drop1", 7, 4)] {
        assert_ne!(first, other);
    }
    assert_eq!(*model("drop1").forward(x).values(), *x.values());
}

/// A batch of one element per channel has no unbiased variance.
#[test]
fn running_statistics_stay_finite_for_a_batch_of_one() {
    let model = named("resnet-mini").build(1, 1, 2);
    let weights = model.init(0);
    let mut buffers = model.buffers();
    let pool = BufferPool::new();
    for step in 0..3 {
        let tape = pool.tape(&weights);
        let x = tape.input([1, 1], &[0.5]);
        let y = model.forward_in(x, Context::Train { seed: 0, step, buffers: &mut buffers });
        assert!(y.values().iter().all(|y| y.is_finite()));
    }
    assert!(buffers.as_slice().iter().all(|x| x.is_finite()));
    assert_ne!(buffers, model.buffers());
}

#[test]
#[should_panic(expected = "expected the 18 buffers of `Model::buffers`, found 0")]
fn a_model_with_batch_norm_needs_its_statistics() {
    let model = named("resnet-mini").build(28, 28, 10);
    let weights = model.init(0);
    let pool = BufferPool::new();
    model.forward(pool.tape(&weights).input([1, 784], &[0.0; 784]));
}

#[test]
#[should_panic(
    expected = "expected a shape of 1566 elements for an array of shape [2, 783], found [2, 28, 28, 1]"
)]
fn images_of_another_size_are_refused() {
    let model = named("lenet").build(28, 28, 10);
    let weights = model.init(0);
    let pool = BufferPool::new();
    model.forward(pool.tape(&weights).input([2, 783], &[0.0; 2 * 783]));
}

#[test]
#[should_panic(expected = "expected images of at least 12 × 12 pixels for lenet, found 28 × 11")]
fn images_that_are_too_small_are_refused() {
    named("lenet").build(28, 11, 10);
}

#[test]
#[should_panic(expected = "found body [1, 3] and shortcut [1, 2]")]
fn a_residual_block_with_two_shapes_is_refused() {
    let mut builder = Builder::new();
    let body = Sequential::new().then(Linear::new(&mut builder, "fc", 2, 3)).then(Activation::Relu);
    let model = Model::new(builder, Residual { body, shortcut: Sequential::new() });
    let weights = model.init(0);
    let pool = BufferPool::new();
    model.forward(pool.tape(&weights).input([1, 2], &[0.0; 2]));
}

#[test]
#[should_panic(expected = "expected the index of a row, found 0.5")]
fn a_fractional_index_is_refused() {
    let mut builder = Builder::new();
    let table = Embedding::new(&mut builder, "words", 3, 2);
    let model = Model::new(builder, table);
    let weights = model.init(0);
    let pool = BufferPool::new();
    model.forward(pool.tape(&weights).input([1, 2], &[1.0, 0.5]));
}

/// Rosenbrock's function: a model without layers that ignores its input.
#[derive(Debug)]
struct Rosenbrock(ParamId);

impl Module for Rosenbrock {
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let point = x.tape().param(self.0);
        let [a, b] = [0, 1].map(|row| point.embedding(&[row], [1]));
        (a.scale(-T::one()).shift(T::one())).square() + (b - a.square()).square().scale(T::from_f64(100.0))
    }
}

#[test]
fn a_model_may_ignore_its_input() {
    let mut builder = Builder::new();
    let point = builder.param("point", [2, 1], Role::Matrix, Init::Constant(0.0), (1, 1));
    let model = Model::new(builder, Rosenbrock(point));
    let mut weights = model.init(0);
    weights.as_mut_slice().copy_from_slice(&[-1.2, 1.0]);
    let (mut gradients, pool) = (weights.zeros_like(), BufferPool::new());
    let tape = pool.tape(&weights);
    let value = model.forward(tape.input([0], &[]));
    value.backward(&mut gradients);
    assert!((value.item() - 24.2).abs() < 1e-4, "{}", value.item());
    let expected = [-215.6_f32, -88.0];
    assert!(gradients.as_slice().iter().zip(expected).all(|(g, e)| (g - e).abs() < 1e-3), "{gradients:?}");
}

/// Evaluation repeats its noise, and training draws new noise in every step.
#[test]
fn noise_is_a_function_of_seed_and_step() {
    let model = models::vae(4, 4);
    let (weights, pool) = (model.init(0), BufferPool::new());
    let tape = pool.tape(&weights);
    let x = tape.input_with([2, 16], |x| x.fill(0.5));
    let mut buffers = model.buffers();
    let mut train = |seed: u64, step: u64| {
        model.forward_in(x, Context::Train { seed, step, buffers: &mut buffers }).values().to_vec()
    };
    let first = train(1, 0);
    assert_eq!(first.len(), 2 * (16 + 2 * 8));
    assert_eq!(first, train(1, 0));
    assert_ne!(first, train(1, 1));
    assert_ne!(first, train(2, 0));
    let [once, again] = [model.forward(x), model.forward(x)];
    assert_eq!(*once.values(), *again.values());
}

#[test]
#[should_panic(expected = "expected images whose sides 4 divides, found 28 × 30")]
fn a_variational_autoencoder_needs_sides_that_4_divides() {
    models::vae(28, 30);
}

#[test]
#[should_panic(expected = "expected at least 1 layer of at least 1 hidden state, found 0 of 8")]
fn a_recurrent_network_has_a_layer() {
    Recurrent::new(&mut Builder::new(), "lstm", Cell::Lstm, 4, 8, 0);
}

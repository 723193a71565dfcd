//! Layers and models against PyTorch: outputs, gradients and running statistics, recorded in double
//! precision by `scripts/pytorch/models.py`. Gradients of layers against central differences too.

use std::collections::BTreeMap;
use std::path::Path;

use autograd::check::gradient_error;
use autograd::{BufferPool, Var};
use nn::layers::{
    AvgPool1d, AvgPool2d, BatchNorm, Cell, Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, Embedding,
    Flatten, FlattenRows, GroupNorm, LayerNorm, MaxPool1d, MaxPool2d, MultiHeadAttention,
    PositionalEmbedding, Recurrent, RmsNorm, SinusoidalEncoding, Unflatten, Upsample,
};
use nn::{Architecture, Builder, Context, Init, Kind, Model, Sequential, models};
use serde::Deserialize;
use tensor::conv::Padding;
use tensor::{Kernels, ParamId, ParamVec, Role};

#[derive(Deserialize)]
struct Recorded {
    models: BTreeMap<String, Case>,
    color_models: BTreeMap<String, Case>,
    layers: BTreeMap<String, Case>,
}

#[derive(Deserialize)]
struct Case {
    inputs: usize,
    batch: usize,
    output: Summary,
    gradients: BTreeMap<String, Gradient>,
    input_gradient: Option<Summary>,
    #[serde(default, rename = "running")]
    buffers: BTreeMap<String, Summary>,
    evaluation: Option<Summary>,
}

/// Norm of an array, and every n-th element.
#[derive(Deserialize)]
struct Summary {
    norm: f64,
    every: usize,
    some: Vec<f64>,
}

#[derive(Deserialize)]
struct Gradient {
    salt: u32,
    shape: Vec<usize>,
    #[serde(flatten)]
    summary: Summary,
}

fn recorded() -> Recorded {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pytorch.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Numbers by a hash of index and salt, as in the script.
fn numbers(count: usize, salt: u32, low: f64, high: f64) -> Vec<f64> {
    let hash = |i: u32| {
        let mut x = i.wrapping_mul(2_654_435_761).wrapping_add(salt.wrapping_mul(374_761_393));
        x = (x ^ (x >> 15)).wrapping_mul(2_246_822_519);
        x = (x ^ (x >> 13)).wrapping_mul(3_266_489_917);
        x ^ (x >> 16)
    };
    (0..count as u32).map(|i| low + (high - low) * (f64::from(hash(i)) / 4_294_967_296.0)).collect()
}

/// Weights of the script for a model of these parameters.
fn weights<T: Kernels>(model: &Model, gradients: &BTreeMap<String, Gradient>) -> ParamVec<T> {
    let mut weights = ParamVec::zeros(model.layout().clone());
    for (id, entry) in model.layout().ids().zip(model.layout().entries()) {
        let Some(Gradient { salt, shape, .. }) = gradients.get(&entry.name) else { continue };
        assert_eq!(shape.as_slice(), &*entry.shape, "{}", entry.name);
        let bound = match shape.as_slice() {
            [_] => 0.5,
            [_, rest @ ..] => (rest.iter().product::<usize>() as f64).powf(-0.5),
            [] => unreachable!("parameters have at least one dimension"),
        };
        let center = if entry.role == Role::Norm && entry.name.ends_with("weight") { 1.0 } else { 0.0 };
        let values = numbers(entry.shape.len(), *salt, -bound, bound);
        weights.get_mut(id).iter_mut().zip(values).for_each(|(w, x)| *w = T::from_f64(center + x));
    }
    weights
}

fn near<T: Kernels>(what: &str, ours: &[T], theirs: &Summary, bound: f64) {
    let norm = |x: &mut dyn Iterator<Item = f64>| x.map(|x| x * x).sum::<f64>().sqrt();
    let all = norm(&mut ours.iter().map(|x| x.widen()));
    assert!(
        (all - theirs.norm).abs() <= bound * theirs.norm,
        "{what}: norm {all}, in PyTorch {}",
        theirs.norm
    );
    let some: Vec<f64> = ours.iter().step_by(theirs.every).map(|x| x.widen()).collect();
    assert_eq!(some.len(), theirs.some.len(), "{what}");
    let distance = norm(&mut some.iter().zip(&theirs.some).map(|(a, b)| a - b));
    let size = norm(&mut theirs.some.iter().copied()).max(bound * theirs.norm);
    assert!(distance <= bound * size, "{what}: relative distance {:e}", distance / size);
}

/// Source of a case's input.
#[derive(Clone, Copy)]
enum Input {
    /// A constant.
    Numbers,
    /// A parameter, whose gradient is compared too.
    Param(ParamId),
    /// Tokens below 11.
    Tokens,
}

/// Runs a case of the script.
fn compare<T: Kernels>(name: &str, model: &Model, kind: Input, case: &Case, bound: f64) {
    let mut weights = weights::<T>(model, &case.gradients);
    let wide = numbers(case.batch * case.inputs, 1000, -1.0, 1.0);
    let input: Vec<T> = wide.iter().map(|&x| T::from_f64(x)).collect();
    let x = match kind {
        Input::Param(x) => Some(x),
        Input::Numbers | Input::Tokens => None,
    };
    if let Some(x) = x {
        weights.get_mut(x).copy_from_slice(&input);
    }
    let (mut buffers, mut gradients) = (model.buffers::<T>(), weights.zeros_like());
    let pool = BufferPool::new();
    let tape = pool.tape(&weights);
    let shape = [case.batch, case.inputs];
    let x_var = || -> Var<'_, T> {
        match kind {
            Input::Numbers => tape.input(shape, &input),
            Input::Param(x) => tape.param(x),
            Input::Tokens => tape.input_tokens(shape, |tokens| {
                tokens.iter_mut().zip(&wide).for_each(|(token, x)| *token = ((x + 1.0) * 5.5) as u32);
            }),
        }
    };
    let y = model.forward_in(x_var(), Context::Train { seed: 0, step: 0, buffers: &mut buffers });
    near(&format!("{name}: output"), &y.values(), &case.output, bound);
    let scales: Vec<T> = numbers(y.shape().len(), 2000, -1.0, 1.0).into_iter().map(T::from_f64).collect();
    (y * tape.input(y.shape(), &scales)).sum().backward(&mut gradients);

    let mut compared = 0;
    for (id, entry) in model.layout().ids().zip(model.layout().entries()).filter(|(id, _)| Some(*id) != x) {
        let theirs = &case.gradients[&entry.name].summary;
        near(&format!("{name}: gradient of {}", entry.name), gradients.get(id), theirs, bound);
        compared += 1;
    }
    assert_eq!(compared, case.gradients.len(), "{name}");
    if let (Some(x), Some(theirs)) = (x, &case.input_gradient) {
        near(&format!("{name}: gradient of the input"), gradients.get(x), theirs, bound);
    }
    assert_eq!(buffers.layout().entries().len(), case.buffers.len(), "{name}");
    for (id, entry) in buffers.layout().ids().zip(buffers.layout().entries()) {
        near(&format!("{name}: {}", entry.name), buffers.get(id), &case.buffers[&entry.name], bound);
    }
    if let Some(theirs) = &case.evaluation {
        let y = model.forward_in(x_var(), Context::Evaluate { buffers: &buffers });
        near(&format!("{name}: output in evaluation"), &y.values(), theirs, bound);
    }
}

/// Bounds for single and for double precision.
const BOUNDS: (f64, f64) = (1e-5, 1e-11);

/// Sizes of each model in the script.
fn model(name: &str) -> Model {
    let architecture = Architecture::by_name(name).unwrap();
    match models::ALL.iter().find(|info| info.name == name).unwrap().kind {
        Kind::Images { .. } => architecture.build(28, 28, 10),
        _ if name.starts_with("mnist1d") => architecture.build_for([40], 10),
        Kind::Vectors if name == "table-mlp" => architecture.build_for([12], 3),
        Kind::Vectors => architecture.build_for([784], 10),
        Kind::Autoencoder => architecture.build_for([28, 28], 784),
        Kind::Text => architecture.build_for([7], 11),
    }
}

#[test]
fn every_model_matches_pytorch() {
    let recorded = recorded().models;
    assert_eq!(recorded.len(), models::ALL.len());
    for info in models::ALL {
        let model = model(info.name);
        let input = if info.kind == Kind::Text { Input::Tokens } else { Input::Numbers };
        compare::<f32>(info.name, &model, input, &recorded[info.name], BOUNDS.0);
        compare::<f64>(info.name, &model, input, &recorded[info.name], BOUNDS.1);
    }
}

/// Images of 20 × 24 pixels with their channels next to each other.
#[test]
fn every_model_of_images_matches_pytorch_in_color() {
    let recorded = recorded().color_models;
    let images = models::ALL.iter().filter(|info| matches!(info.kind, Kind::Images { .. }));
    assert_eq!(recorded.len(), images.clone().count());
    for info in images {
        let model = Architecture::by_name(info.name).unwrap().build_for([20, 24, 3], 10);
        compare::<f32>(info.name, &model, Input::Numbers, &recorded[info.name], BOUNDS.0);
        compare::<f64>(info.name, &model, Input::Numbers, &recorded[info.name], BOUNDS.1);
    }
}

#[test]
fn every_layer_matches_pytorch() {
    let images = |height: usize, width: usize, channels: usize| {
        Sequential::new().then(Unflatten::new([height, width, channels]))
    };
    let rows = |length: usize, channels: usize| Sequential::new().then(Unflatten::new([length, channels]));
    let recorded = recorded().layers;
    let mut done = 0;
    let mut check = |name: &str, make: &dyn Fn(&mut Builder) -> Sequential| {
        let case = &recorded[name];
        let mut builder = Builder::new();
        let x = builder.param("x", [case.batch, case.inputs], Role::Matrix, Init::Constant(0.0), (1, 1));
        let layers = make(&mut builder);
        let model = Model::new(builder, layers);
        compare::<f32>(name, &model, Input::Param(x), case, BOUNDS.0);
        compare::<f64>(name, &model, Input::Param(x), case, BOUNDS.1);
        let mut at = weights::<f64>(&model, &case.gradients);
        at.get_mut(x).copy_from_slice(&numbers(case.batch * case.inputs, 1000, -1.0, 1.0));
        let error = gradient_error(&at, |tape| {
            let mut buffers = model.buffers();
            let context = Context::Train { seed: 0, step: 0, buffers: &mut buffers };
            let y = model.forward_in(tape.param(x), context);
            (y * tape.input(y.shape(), &numbers(y.shape().len(), 2000, -1.0, 1.0))).sum()
        });
        assert!(error <= 1e-6, "{name}: {error:e} against central differences");
        done += 1;
    };
    check("conv 3, stride 2", &|b| {
        images(7, 6, 3).then(Conv2d::new(b, "layer", 3, 4, 3).stride(2).padding(Padding::Zeros(1)))
    });
    check("conv 4, same", &|b| images(6, 5, 2).then(Conv2d::new(b, "layer", 2, 3, 4)));
    check("conv 2, stride 3", &|b| {
        let conv = Conv2d::without_bias(b, "layer", 2, 5, 2).stride(3).padding(Padding::Zeros(0));
        images(7, 8, 2).then(conv)
    });
    check("max pool 3, stride 2", &|_| images(8, 7, 3).then(MaxPool2d { size: 3, stride: 2 }));
    check("avg pool 2", &|_| images(5, 6, 3).then(AvgPool2d { size: 2, stride: 2 }));
    check("avg pool 3, stride 2", &|_| images(8, 7, 3).then(AvgPool2d { size: 3, stride: 2 }));
    check("batch norm, images", &|b| images(3, 2, 4).then(BatchNorm::new(b, "layer", 4)));
    check("batch norm, features", &|b| Sequential::new().then(BatchNorm::new(b, "layer", 6)));
    check("layer norm", &|b| Sequential::new().then(LayerNorm::new(b, "layer", 9)));
    check("conv 3, dilated", &|b| {
        let conv = Conv2d::new(b, "layer", 3, 4, 3).stride(2).dilation(2).padding(Padding::Zeros(2));
        images(9, 8, 3).then(conv)
    });
    check("conv 3, 2 groups", &|b| images(6, 5, 4).then(Conv2d::grouped(b, "layer", 4, 6, 3, 2)));
    check("conv 3, a group a channel", &|b| images(6, 5, 4).then(Conv2d::grouped(b, "layer", 4, 4, 3, 4)));
    check("conv1d 5, stride 2", &|b| {
        rows(11, 3).then(Conv1d::new(b, "layer", 3, 4, 5).stride(2).padding(Padding::Zeros(1)))
    });
    check("conv1d 3, dilated", &|b| rows(11, 2).then(Conv1d::new(b, "layer", 2, 3, 3).dilation(3)));
    check("flatten rows", &|_| rows(6, 3).then(FlattenRows));
    check("conv transpose 4, stride 2", &|b| {
        images(4, 3, 3).then(ConvTranspose2d::new(b, "layer", 3, 2, 4).stride(2))
    });
    check("conv transpose 3, output padding", &|b| {
        let conv = ConvTranspose2d::new(b, "layer", 2, 3, 3).stride(2).padding(Padding::Zeros(1));
        images(4, 3, 2).then(conv.output_padding(1))
    });
    check("conv transpose1d 3, stride 2", &|b| {
        rows(5, 3).then(ConvTranspose1d::new(b, "layer", 3, 2, 3).stride(2).padding(Padding::Zeros(0)))
    });
    check("max pool1d 3, stride 2", &|_| rows(8, 3).then(MaxPool1d { size: 3, stride: 2 }));
    check("avg pool1d 2", &|_| rows(9, 2).then(AvgPool1d { size: 2, stride: 2 }));
    check("upsample 2", &|_| images(3, 4, 3).then(Upsample { scale: 2 }));
    check("group norm, images", &|b| images(3, 4, 6).then(GroupNorm::new(b, "layer", 3, 6)));
    check("group norm, features", &|b| Sequential::new().then(GroupNorm::new(b, "layer", 2, 8)));
    check("instance norm", &|b| images(3, 4, 3).then(GroupNorm::instance(b, "layer", 3)));
    check("rms norm", &|b| Sequential::new().then(RmsNorm::new(b, "layer", 9)));
    let mut recurrent =
        |name: &str, [steps, inputs]: [usize; 2], cell: Cell, [hidden, layers]: [usize; 2]| {
            check(name, &|b| {
                let make =
                    if name.ends_with("both ways") { Recurrent::bidirectional } else { Recurrent::new };
                rows(steps, inputs).then(make(b, "layer", cell, inputs, hidden, layers)).then(Flatten)
            });
        };
    recurrent("rnn", [5, 3], Cell::Rnn, [4, 1]);
    recurrent("lstm, 2 layers", [5, 3], Cell::Lstm, [4, 2]);
    recurrent("gru, 2 layers", [5, 3], Cell::Gru, [4, 2]);
    recurrent("lstm, both ways", [5, 3], Cell::Lstm, [4, 2]);
    recurrent("gru, both ways", [6, 2], Cell::Gru, [3, 1]);
    check("attention", &|b| rows(5, 12).then(MultiHeadAttention::new(b, "layer", 12, 3)));
    check("attention, causal", &|b| rows(6, 8).then(MultiHeadAttention::new(b, "layer", 8, 2).causal()));
    check("learned positions", &|b| rows(4, 6).then(PositionalEmbedding::new(b, "layer", 5, 6)));
    check("sinusoidal positions", &|_| rows(7, 6).then(SinusoidalEncoding));
    assert_eq!(done, recorded.len() - 1);
}

/// Its integer input has no gradient.
#[test]
fn an_embedding_matches_pytorch() {
    let case = &recorded().layers["embedding"];
    let mut builder = Builder::new();
    let embedding = Embedding::new(&mut builder, "layer", 7, 5);
    let model = Model::new(builder, embedding);
    let weights = weights::<f64>(&model, &case.gradients);
    let indices: Vec<f64> =
        numbers(case.batch * case.inputs, 1000, 0.0, 7.0).iter().map(|x| x.floor()).collect();
    let pool = BufferPool::new();
    let tape = pool.tape(&weights);
    let y = model.forward(tape.input([case.batch, case.inputs], &indices));
    assert_eq!(*y.shape(), [case.batch, case.inputs, 5]);
    near("embedding", &y.values(), &case.output, BOUNDS.1);
    let scales = numbers(y.shape().len(), 2000, -1.0, 1.0);
    let mut gradients = weights.zeros_like();
    (y * tape.input(y.shape(), &scales)).sum().backward(&mut gradients);
    near("embedding", gradients.as_slice(), &case.gradients["layer.weight"].summary, BOUNDS.1);
}

//! `quadratic_deep` of DeepOBS: a noisy quadratic in 100 dimensions.

use autograd::Var;
use data::generated::quadratic_deep::{DIMENSIONS, START, hessian, test_points, train_points};
use data::samples::{Inputs, Samples, Targets};
use nn::{Builder, Context, Init, Model, Module};
use tensor::{Kernels, ParamId, Role};
use train::{Batching, Budget, DataInfo, Metric, Task, loss};

use super::{Data, Info};

pub(super) const INFO: Info = Info {
    name: "quadratic-deep",
    why: "a noisy quadratic with the spectrum of a neural net: closed forms for every rate",
    data: Data::Generated("1,000 points in 100 dimensions"),
    model: "½(θ − x)ᵀQ(θ − x), 100 dimensions",
    loss: "function value",
    metric: Metric::Loss,
    target: Some(87.7032),
    budget: Budget { epochs: 100, evaluations: 1 },
    batch: 128,
    source: "DeepOBS (Schneider, Balles & Hennig 2019)",
    build: |info, setup| {
        let [train, test] = [train_points(), test_points()].map(samples);
        let data = DataInfo {
            name: info.name.into(),
            origin: "generated as DeepOBS does, from NumPy's RandomState".into(),
            sample: false,
        };
        let examples = setup.in_memory(data, train, test);
        let mut builder = Builder::new();
        let theta =
            builder.param("theta", [DIMENSIONS], Role::Matrix, Init::Constant(START), (DIMENSIONS, 1));
        let model = Model::new(builder, Quadratic { theta, hessian: hessian() });
        let task = info.task(examples, model, loss::Output);
        let batching = Batching { drop_last: true, evaluation: info.batch, ..task.batching };
        Ok(Task { batching, ..task })
    },
};

fn samples(points: Vec<f32>) -> Samples {
    let inputs = Inputs::Numbers { shape: vec![DIMENSIONS], values: points };
    Samples { inputs, targets: Targets::None }
}

/// ½(θ − x)ᵀQ(θ − x) for each point x.
#[derive(Debug)]
struct Quadratic {
    theta: ParamId,
    /// Q, row by row.
    hessian: Vec<f64>,
}

impl Module for Quadratic {
    fn forward<'t, T: Kernels>(&self, x: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let tape = x.tape();
        let q = tape.input_with([DIMENSIONS, DIMENSIONS], |q| {
            q.iter_mut().zip(&self.hessian).for_each(|(q, &exact)| *q = T::from_f64(exact));
        });
        let distance = tape.param(self.theta) - x;
        (distance.matmul(q) * distance).sum_axis(1) * 0.5
    }
}

//! candle: variables, `candle_nn`'s loss and optimizers.

use std::error::Error;
use std::time::Instant;

use candle_core::{Device, Result, Tensor, Var};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, SGD, loss};

use crate::Repetition;
use crate::training::{Net, PIXELS, Training};

/// `None` if the optimizer is unknown.
pub fn repetition(training: Training) -> std::result::Result<Option<Repetition>, Box<dyn Error>> {
    if !["sgd", "adam"].contains(&training.optimizer.as_str()) {
        return Ok(None);
    }
    let device = Device::Cpu;
    let x = Tensor::from_slice(&training.pixels, (training.labels.len(), PIXELS), &device)?;
    let labels: Vec<u32> = training.labels.iter().map(|&label| label.into()).collect();
    let y = Tensor::new(&labels[..], &device)?;
    let batches: Vec<Tensor> =
        training.batches.iter().map(|batch| Tensor::new(&batch[..], &device)).collect::<Result<_>>()?;

    let repetition = move |batches: &[Tensor]| -> Result<(f64, f64)> {
        let mut vars = Vec::new();
        for layer in &training.layers {
            let weight = Tensor::from_slice(&layer.weight, (layer.outputs, layer.inputs), &device)?;
            vars.push(Var::from_tensor(&match layer.inputs {
                inputs if training.net == Net::Convolutional && inputs % 25 == 0 => {
                    weight.reshape((layer.outputs, inputs / 25, 5, 5))?
                }
                _ => weight,
            })?);
            vars.push(Var::from_tensor(&Tensor::new(&layer.bias[..], &device)?)?);
        }
        let lr = training.learning_rate;
        if training.optimizer == "sgd" {
            epoch(&vars, SGD::new(vars.clone(), lr)?, &training, &x, &y, batches)
        } else {
            let adam = ParamsAdamW { lr, weight_decay: 0.0, ..ParamsAdamW::default() };
            epoch(&vars, AdamW::new(vars.clone(), adam)?, &training, &x, &y, batches)
        }
    };
    repetition(&batches[..batches.len().min(3)])?;
    Ok(Some(Box::new(move || Ok(repetition(&batches)?))))
}

fn epoch(
    vars: &[Var],
    mut optimizer: impl Optimizer,
    training: &Training,
    x: &Tensor,
    y: &Tensor,
    batches: &[Tensor],
) -> Result<(f64, f64)> {
    let (start, mut total) = (Instant::now(), 0.0);
    for batch in batches {
        let (x, y) = match training.is_full() {
            true => (x.clone(), y.clone()),
            false => (x.index_select(batch, 0)?, y.index_select(batch, 0)?),
        };
        let output = match training.net {
            Net::SimpleNn => simplenn(&x, vars)?,
            Net::Convolutional => convolutional(&x, vars)?,
        };
        let loss = loss::cross_entropy(&output, &y)?;
        optimizer.backward_step(&loss)?;
        total += f64::from(loss.to_scalar::<f32>()?);
    }
    Ok((start.elapsed().as_secs_f64(), total / batches.len() as f64))
}

fn simplenn(x: &Tensor, vars: &[Var]) -> Result<Tensor> {
    let hidden = dense(x, &vars[..2])?.relu()?;
    let hidden = dense(&hidden, &vars[2..4])?.relu()?;
    dense(&hidden, &vars[4..])
}

fn convolutional(x: &Tensor, vars: &[Var]) -> Result<Tensor> {
    let x = x.reshape(((), 1, 28, 28))?;
    let x = block(&x, &vars[..2])?;
    let x = block(&x, &vars[2..4])?;
    let hidden = dense(&x.flatten_from(1)?, &vars[4..6])?.relu()?;
    dense(&hidden, &vars[6..])
}

/// Convolution, ReLU, pooling.
fn block(x: &Tensor, layer: &[Var]) -> Result<Tensor> {
    let bias = layer[1].reshape((1, (), 1, 1))?;
    x.conv2d(&layer[0], 2, 1, 1, 1)?.broadcast_add(&bias)?.relu()?.max_pool2d(2)
}

fn dense(x: &Tensor, layer: &[Var]) -> Result<Tensor> {
    x.matmul(&layer[0].t()?)?.broadcast_add(&layer[1])
}

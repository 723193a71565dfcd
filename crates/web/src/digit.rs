//! A drawn digit, and the answers of networks that learn.

use std::sync::{Arc, PoisonError};

use data::pictures::{self, Polarity, SIDE};
use data::samples::{Inputs, Samples, Targets};
use serde_json::{Value, json};
use train::{DataInfo, InMemory, Split, Task};

use crate::numbers::number;
use crate::problem::Problem;
use crate::run::Learned;
use crate::session::{Reading, Session};

/// Maximum number of pixels along a side of a drawing.
const MOST: usize = 280;

/// The answers of runs to a square drawing, light ink on a dark ground, a byte a pixel.
pub(crate) fn answers(session: &Session, runs: &[u64], drawing: &[u8]) -> Result<Value, Problem> {
    let side = drawing.len().isqrt();
    if side * side != drawing.len() || !(SIDE..=MOST).contains(&side) {
        return Err(Problem::bad(
            format!(
                "expected a square of {SIDE} × {SIDE} to {MOST} × {MOST} pixels, found {} bytes",
                drawing.len()
            ),
            "send a byte for each pixel, row after row",
        ));
    }
    let digit = read(session, drawing, side)?;
    let answers = runs.iter().map(|&id| {
        let learned = session.run(id)?.learned();
        Ok(learned.map_or(Value::Null, |learned| answer(id, &learned, &digit)))
    });
    let answers = answers.collect::<Result<Vec<Value>, Problem>>()?;
    Ok(json!({ "side": SIDE, "digit": digit, "answers": answers }))
}

/// The drawing as the networks get it; the last one is kept, because pages ask again while networks learn.
fn read(session: &Session, drawing: &[u8], side: usize) -> Result<Vec<u8>, Problem> {
    let lock = || session.reading.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(last) = lock().as_ref().filter(|last| last.drawing == drawing) {
        return Ok(last.digit.clone());
    }
    let digit = pictures::from_gray(drawing, side, Polarity::LightOnDark)?;
    *lock() = Some(Reading { drawing: drawing.to_vec(), digit: digit.clone() });
    Ok(digit)
}

/// The probability of each class.
fn answer(id: u64, learned: &Learned, digit: &[u8]) -> Value {
    let Learned { task, weights, buffers, batches } = learned;
    let names = crate::training::classes(task);
    let samples = Samples {
        inputs: Inputs::Bytes { shape: vec![SIDE, SIDE, 1], values: digit.to_vec() },
        // The label is not known: the loss that it would give is not looked at.
        targets: Targets::Classes { labels: vec![0], names: names.clone() },
    };
    let info = DataInfo { name: "drawing".into(), origin: String::new(), sample: false };
    let examples = InMemory::new(info, Samples::default(), Samples::default(), samples);
    let task = Task { examples: Arc::new(examples), ..Task::clone(task) };
    let score = task.score(weights, buffers, Split::Test);
    let seen = score.predictions.first().copied().unwrap_or(0) as usize;
    json!({
        "id": id,
        "batches": batches,
        "classes": names,
        "seen": seen,
        "probabilities": score.probabilities.iter().map(|&p| number(p.into())).collect::<Vec<Value>>(),
    })
}

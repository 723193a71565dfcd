//! Many small networks from different initial weights.

use lab::stats::{mean, std};
use report::chart::{Chart, Scale, Series};
use train::{Split, Task};

use crate::digits::Digits;
use crate::nets::at_end;
use crate::{Error, Measured, Settings};

/// Hidden units.
pub(super) const WIDTHS: [usize; 4] = [2, 4, 8, 32];

/// Final losses of networks with one hidden layer of several widths, from many initial weights: `spread` is their
/// standard deviation over their mean.
///
/// # Errors
/// If the data cannot be loaded, or the reader of the progress stops.
pub(super) fn measure(settings: &Settings<'_>, measured: &mut Measured) -> Result<(), Error> {
    let (inits, epochs) = settings.size((12, 15), (200, 20));
    let digits = Digits::load(settings, settings.size(150, 300), 50)?.shrunk(10);
    let tasks = WIDTHS.iter().map(|&width| digits.report(&[width])).collect::<Result<Vec<_>, _>>()?;
    let cases: Vec<(usize, u64)> =
        (0..WIDTHS.len()).flat_map(|width| (0..inits).map(move |seed| (width, seed))).collect();
    let losses = settings.parts(&cases, |&(width, seed)| final_loss(&tasks[width], seed, epochs))?;
    let (mut spreads, mut lows) = (vec![], vec![]);
    for (width, losses) in WIDTHS.iter().zip(losses.chunks(inits as usize)) {
        measured.note(
            &format!("net mean {width}"),
            &format!("mean final loss of {inits} networks, width {width}"),
            mean(losses),
        );
        measured.note(
            &format!("net spread {width}"),
            &format!("standard deviation of it, width {width}"),
            std(losses),
        );
        spreads.push((*width as f64, std(losses)));
        lows.push((*width as f64, mean(losses)));
    }
    measured.charts.push(Chart {
        title: "Final training losses of networks from many initial weights".into(),
        x: ("hidden units".into(), Scale::Log),
        y: ("loss".into(), Scale::Log),
        series: vec![Series::line("mean", lows), Series::line("standard deviation", spreads)],
        marks: vec![],
    });
    measured.data = Some(digits.origin());
    Ok(())
}

/// Training loss after a cosine to 0, so that what is left is where the network ended and not noise.
fn final_loss(task: &Task, seed: u64, epochs: u32) -> Result<f64, lab::Error> {
    at_end(task, "adam lr=0.02, batch=25, cosine", seed, epochs, |training| {
        task.evaluate(training.weights(), training.buffers(), Split::Train).loss
    })
}

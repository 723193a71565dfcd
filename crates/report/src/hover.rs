//! Values under the pointer: the spots of a picture for the page's script.

use serde::Serialize;

use crate::number;
use crate::panel::{Finite, Line, Panel, Spot, TOP};

/// The spots of one picture, in its own coordinates.
#[derive(Serialize)]
pub(crate) struct Hover {
    panel: &'static str,
    top: f64,
    bottom: f64,
    lines: Vec<HoverLine>,
}

#[derive(Serialize)]
struct HoverLine {
    name: String,
    look: usize,
    spots: Vec<HoverSpot>,
}

#[derive(Serialize)]
struct HoverSpot {
    x: f64,
    y: f64,
    epoch: String,
    value: String,
}

impl Panel {
    /// Text for the pointer.
    pub(crate) fn hover(&self) -> Hover {
        let spot = |spot: &Spot| HoverSpot {
            x: rounded(spot.x),
            y: rounded(spot.y.clamp(TOP, self.bottom)),
            epoch: number::fixed(spot.point.epoch, 2),
            value: self.with_band(spot.point),
        };
        let line = |line: &Line| HoverLine {
            name: line.name.clone(),
            look: line.look.index,
            spots: line.stretches.iter().flatten().map(spot).collect(),
        };
        Hover {
            panel: self.name,
            top: rounded(TOP),
            bottom: rounded(self.bottom),
            lines: self.lines.iter().map(line).collect(),
        }
    }

    fn with_band(&self, point: Finite) -> String {
        let mean = self.value(point.mean);
        if point.low == point.high {
            return mean;
        }
        let (low, high) = (self.value(point.low), self.value(point.high));
        format!("{mean} ({low} to {high})")
    }
}

fn rounded(x: f64) -> f64 {
    (x * 100.0).round() / 100.0
}

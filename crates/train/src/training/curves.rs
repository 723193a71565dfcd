//! Measurements while a run is under way.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::record::Point;

/// Curves by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Curves(BTreeMap<String, Vec<Point>>);

impl Curves {
    pub(super) fn new() -> Curves {
        Curves::default()
    }

    pub(super) fn push(&mut self, name: &str, point: Point) {
        match self.0.get_mut(name) {
            Some(curve) => curve.push(point),
            None => drop(self.0.insert(name.to_string(), vec![point])),
        }
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(super) fn last(&self, name: &str) -> Option<&Point> {
        self.0.get(name)?.last()
    }

    pub(super) fn points(&self) -> &BTreeMap<String, Vec<Point>> {
        &self.0
    }

    /// Leaves out what was measured after this epoch.
    pub(super) fn cut_after(&mut self, epoch: f64) {
        self.0.values_mut().for_each(|curve| curve.retain(|point| point.epoch <= epoch));
    }

    /// True if all points are between the start and this end, in order.
    pub(super) fn are_within(&self, end: &Point) -> bool {
        let follows = |a: &Point, b: &Point| {
            (0.0..=b.epoch).contains(&a.epoch)
                && a.updates <= b.updates
                && (0.0..=b.seconds).contains(&a.seconds)
        };
        self.0.values().all(|curve| {
            let next = curve.iter().skip(1).chain([end]);
            curve.iter().zip(next).all(|(point, next)| follows(point, next))
        })
    }
}

/// The mean of numbers that come one by one.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct RunningMean {
    sum: f64,
    pub(super) count: u64,
}

impl RunningMean {
    pub(super) fn add(&mut self, x: f64) {
        self.sum += x;
        self.count += 1;
    }

    /// The mean, if there is one; the next begins new.
    pub(super) fn take(&mut self) -> Option<f64> {
        let RunningMean { sum, count } = std::mem::take(self);
        (count > 0).then(|| sum / count as f64)
    }
}

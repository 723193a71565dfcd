//! Conclusions from a range test, as values; `report::prose` has the sentences.

use super::{Across, RangeTest, SeedSweep};

/// The grounds on which a rate is chosen, or none is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason {
    /// Half way, in orders of magnitude, between two readings.
    Middle {
        /// The rate that is chosen.
        choice: f64,
        /// Median rate of steepest descent, which tends to be too great.
        steepest: f64,
        /// Median tenth of the rate of the lowest loss, which tends to be too small.
        tenth: f64,
        /// Median edge of divergence, if the sweeps reached it.
        edge: Option<f64>,
    },
    /// The loss does not clearly fall at any rate.
    NeverFalls {
        /// Median rate from which it climbs, if it does.
        climbs_from: Option<f64>,
    },
    /// No sweep was finished.
    NoSweep,
}

/// A reason not to trust the choice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doubt {
    /// The loss never falls clearly below its beginning.
    Flat {
        /// Seeds of which this is true.
        seeds: usize,
    },
    /// The edge of divergence was not reached.
    NoEdge {
        /// Seeds of which this is true.
        seeds: usize,
    },
    /// The loss falls from the first rates on.
    FallsFromStart {
        /// Seeds of which this is true.
        seeds: usize,
    },
    /// The choices of the seeds are far apart.
    Disagreement(Across),
    /// The two readings are so far apart that their middle says little.
    ReadingsApart {
        /// The greater reading divided by the smaller.
        factor: f64,
    },
    /// The choice is near the edge of divergence.
    NearEdge {
        /// The least edge of the seeds.
        edge: f64,
    },
    /// One seed cannot tell luck from merit.
    OneSeed,
    /// The test ran on the embedded sample of the data set.
    Sample,
}

/// Choices within this factor agree.
const AGREE: f64 = 5.0;
/// Two readings within this factor have a middle.
const APART: f64 = 30.0;
/// A choice is near an edge within this factor.
const NEAR: f64 = 3.0;

impl RangeTest {
    /// The grounds of the choice, or of its absence.
    pub fn reason(&self) -> Reason {
        let edge = self.edge.map(|edge| edge.median);
        match (self.choice, self.steepest, self.tenth) {
            (Some(choice), Some(steepest), Some(tenth)) => {
                Reason::Middle { choice, steepest: steepest.median, tenth: tenth.median, edge }
            }
            _ if self.sweeps.is_empty() => Reason::NoSweep,
            _ => Reason::NeverFalls { climbs_from: edge },
        }
    }

    /// Reasons not to trust the choice, the gravest first; none without a sweep.
    pub fn doubts(&self) -> Vec<Doubt> {
        if self.sweeps.is_empty() {
            return vec![];
        }
        let low = self.sweep.rate(self.sweep.steps as usize / 5);
        let some = |seeds: usize| (seeds > 0).then_some(seeds);
        let count = |of: &dyn Fn(&SeedSweep) -> bool| some(self.sweeps.iter().filter(|s| of(s)).count());
        [
            count(&|sweep| sweep.reading.choice.is_none()).map(|seeds| Doubt::Flat { seeds }),
            count(&|sweep| sweep.reading.edge.is_none()).map(|seeds| Doubt::NoEdge { seeds }),
            count(&|sweep| sweep.reading.choice.is_some_and(|choice| choice < low))
                .map(|seeds| Doubt::FallsFromStart { seeds }),
            self.choices.filter(|found| found.high > AGREE * found.low).map(Doubt::Disagreement),
            self.readings_apart().map(|factor| Doubt::ReadingsApart { factor }),
            self.near_edge().map(|edge| Doubt::NearEdge { edge }),
            (self.sweeps.len() == 1).then_some(Doubt::OneSeed),
            self.sample.then_some(Doubt::Sample),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The factor between the two readings, if they are far apart.
    fn readings_apart(&self) -> Option<f64> {
        let (steepest, tenth) = (self.steepest?.median, self.tenth?.median);
        let factor = (steepest / tenth).max(tenth / steepest);
        (factor > APART).then_some(factor)
    }

    /// The least edge of the seeds, if the choice is near it.
    fn near_edge(&self) -> Option<f64> {
        let (choice, edge) = (self.choice?, self.edge?.low);
        (edge < NEAR * choice).then_some(edge)
    }
}

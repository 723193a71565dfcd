use crate::error::Error;
use crate::hyper::{List, Time};
use crate::schedule::{Schedule, ScheduleInfo, half_cosine, linear, progress};
use crate::{choices, hyperparameters};

hyperparameters! {
    /// Given factors from given steps on.
    pub struct Piecewise {
        /// The factors, the first from the start.
        values: List<f64> = "1/0.5/0.1" in 0.0..,
        /// Where each of the others begins.
        at: List<Time> = "50%/75%",
        /// Interpolation between two of them.
        between: Between = "hold",
    }
}

choices! {
    /// Interpolation between two given factors.
    pub enum Between {
        /// The earlier of the two.
        Hold = "hold",
        /// A straight line.
        Linear = "linear",
        /// Half a cosine.
        Cosine = "cosine",
    }
}

impl Schedule for Piecewise {
    const INFO: ScheduleInfo = ScheduleInfo {
        name: "piecewise",
        title: "given factors from given steps on",
        problem: "the course that is wanted has no name",
        formula: "f = valuesᵢ from atᵢ to the next
f: valuesᵢ at atᵢ, a straight line or half a cosine between        (between)",
        ends: [1.0, 0.1],
        good_when: "a course from elsewhere is to be followed exactly",
        bad_when: "anything with a name does: this one has the most to tune",
        source: "optax: piecewise_constant_schedule, piecewise_interpolate_schedule",
        examples: ["piecewise", "piecewise values=0/1/0 at=5%/100% between=linear"],
    };

    fn check(&self) -> Result<(), Error> {
        let Piecewise { values, at, .. } = *self;
        let rising = at.windows(2).all(|pair| match pair {
            [Time::Steps(a), Time::Steps(b)] => a < b,
            [Time::Percent(a), Time::Percent(b)] => a < b,
            _ => false,
        });
        let why = if !rising {
            "expected ascending steps in `at`, all in updates or all in percent".to_string()
        } else if values.len() != at.len() + 1 {
            format!("expected {} values for {} steps in `at`, found {}", at.len() + 1, at.len(), values.len())
        } else {
            return Ok(());
        };
        Err(Error::Conflict { of: Self::INFO.name.to_string(), why })
    }

    fn factor(&self, s: f64, total: f64) -> f64 {
        let Piecewise { values, at, between } = *self;
        let passed = at.iter().filter(|time| time.steps(total) <= s).count();
        let line = match between {
            Between::Linear => linear,
            Between::Cosine => half_cosine,
            Between::Hold => return values[passed],
        };
        let Some(next) = at.get(passed) else { return values[passed] };
        let from = if passed == 0 { 0.0 } else { at[passed - 1].steps(total) };
        line(values[passed], values[passed + 1], progress(s - from, next.steps(total) - from))
    }
}

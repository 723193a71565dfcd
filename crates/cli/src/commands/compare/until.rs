//! Seeds that are added until the intervals of all pairs are narrow.

use std::ops::Range;
use std::str::FromStr;

use clap::{Args, value_parser};
use lab::compare::Looks;
use lab::study::TUNING_SEEDS_FROM;
use train::Task;

use crate::failure::Failure;

/// Seeds of the first look at least: fewer have intervals that say nothing.
pub(super) const FEWEST: u32 = 5;

/// Maximum number of seeds where nothing is said.
const MOST: u32 = 100;

#[derive(Args)]
pub(super) struct UntilArgs {
    /// Add seeds until every pair's 95% interval reaches at most W to either side: points of accuracy, else the metric's
    /// unit. p-values and intervals are corrected for each look
    #[arg(long, value_name = "W", allow_negative_numbers = true)]
    until_ci: Option<Width>,
    /// The most seeds that --until-ci goes to [default: 100]
    #[arg(long, value_name = "N", requires = "until_ci", value_parser = value_parser!(u32).range(5..=100_000))]
    most_seeds: Option<u32>,
}

/// Half of the width of an interval, in the unit of the table.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Width(f64);

impl FromStr for Width {
    type Err = String;

    fn from_str(text: &str) -> Result<Width, String> {
        match text.parse() {
            Ok(width) if width > 0.0 && f64::is_finite(width) => Ok(Width(width)),
            _ => Err(format!("expected a number above 0 such as 0.5, found `{}`", files::text::name(text))),
        }
    }
}

impl UntilArgs {
    /// True if seeds are to be added.
    pub(super) fn is_given(&self) -> bool {
        self.until_ci.is_some()
    }

    /// The most seeds that are asked for.
    pub(super) fn most(&self) -> u32 {
        self.most_seeds.unwrap_or(MOST)
    }

    /// Refuses what no seeds could settle, before anything is loaded or trained; `seeds` are those to begin with.
    pub(super) fn check(&self, seeds: &Range<u64>, recipes: usize, is_seeded: bool) -> Result<(), Failure> {
        let (count, most) = (seeds.end - seeds.start, u64::from(self.most()));
        let refused = |message: String, hint: &str| Err(Failure::usage(message, hint));
        match self.until_ci {
            None => Ok(()),
            Some(_) if !is_seeded => refused(
                "--until-ci: no seed changes a test function, so its differences have no interval".into(),
                "leave out --until-ci, or take a task with data; `descent tasks` lists them",
            ),
            Some(_) if recipes < 2 => refused(
                "--until-ci: expected at least 2 optimizers, found 1: intervals are those of pairs".into(),
                "name another one in --optimizers",
            ),
            Some(_) if count < u64::from(FEWEST) => refused(
                format!("--until-ci: expected at least {FEWEST} seeds to begin with, found {count}"),
                "such as --seeds 5; --until-ci adds what is missing",
            ),
            Some(_) if count > most => refused(
                format!("--until-ci begins with {count} seeds, more than the most, {most}"),
                "give fewer --seeds, or more --most-seeds",
            ),
            Some(_) if seeds.start + most > TUNING_SEEDS_FROM => refused(
                format!("expected seeds below {TUNING_SEEDS_FROM}, found {}", seeds.start + most - 1),
                "give lower --seeds, or fewer --most-seeds",
            ),
            Some(_) => Ok(()),
        }
    }

    /// The first look at a comparison on this task, if it is to have looks, up to `most` seeds.
    pub(super) fn first(&self, task: &Task, seeds: &Range<u64>, most: u32) -> Option<Looks> {
        let Width(width) = self.until_ci?;
        let half_width = if task.metric.is_fraction() { width / 100.0 } else { width };
        Some(Looks::first(half_width, most as usize, (seeds.end - seeds.start) as usize))
    }

    /// The rule, as a folder of results keeps it.
    pub(super) fn rule(&self, most: u32) -> Option<String> {
        let Width(width) = self.until_ci?;
        Some(format!("intervals reach at most {width} to either side, or {most} seeds"))
    }

    /// The flags that ask for the same, each after a space; `most` are the most seeds, if a budget gave them.
    pub(super) fn flags(&self, most: Option<u32>) -> String {
        let width = self.until_ci.map_or(String::new(), |Width(width)| format!(" --until-ci {width}"));
        let most = most.or(self.most_seeds).filter(|&most| most != MOST);
        width + &most.map_or(String::new(), |most| format!(" --most-seeds {most}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_is_a_number_above_0() {
        assert_eq!("0.5".parse(), Ok(Width(0.5)));
        for text in ["0", "-1", "NaN", "inf", "0.5%", ""] {
            let message = text.parse::<Width>().unwrap_err();
            assert!(message.starts_with("expected a number above 0 such as 0.5, found"), "{message}");
        }
    }
}

//! Sentences about seeds that were added until intervals were narrow.

use lab::compare::{Comparison, Looks, Pair, half_width};
use train::Metric;

use super::gain;
use crate::number::{self, counted};
use crate::text::listed;

/// With more pairs than this that are still wide, the others are counted.
const MOST_NAMED: usize = 3;

/// The rule by which seeds were added, the looks, the level of the last one, and the pairs that are still wide, of the recipes
/// as they are set and of those that were tuned; `None` where no seeds were added.
pub fn looks(comparison: &Comparison, tuned: Option<&Comparison>) -> Option<String> {
    let looks = comparison.looks.as_ref()?;
    let metric = comparison.metric;
    let places: Vec<String> = looks.seeds.iter().map(|&seeds| number::count(seeds)).collect();
    let protocol = format!(
        "Seeds were added until the 95% interval of every pair reaches at most {} to either side, or there are {}: {}, at \
         {} seeds.",
        asked(metric, looks.half_width),
        number::count(looks.most_seeds),
        counted(looks.seeds.len(), "look"),
        listed(&places),
    );
    let level = format!(
        "The looks share the level of 5%, and the last one has {}: its p-values are multiplied by {}, and its intervals \
         widened to match, so that they hold although results decided when to stop.",
        number::percent(looks.level()),
        looks.factor(),
    );
    let tuned_wide = tuned.map(|tuned| still_wide(looks, tuned));
    let found = match (still_wide(looks, comparison), tuned_wide) {
        (None, None | Some(None)) => "All intervals are that narrow.".to_string(),
        (Some(wide), None) => format!("Still wider: {wide}."),
        (as_set, Some(tuned)) => {
            let none = || "none".to_string();
            let (as_set, tuned) = (as_set.unwrap_or_else(none), tuned.unwrap_or_else(none));
            format!("Still wider as they are set: {as_set}; each tuned alike: {tuned}.")
        }
    };
    Some(format!("{protocol} {level} {found}"))
}

/// A short sentence on a look after which more seeds are trained: `look 1, 5 seeds: wider than 0.5 points to
/// either side are 2 of 3 intervals, the widest 1.20 points; the next look is at 12 seeds`.
pub fn next_look<'p>(
    metric: Metric,
    looks: &Looks,
    next: &Looks,
    pairs: impl Iterator<Item = &'p Pair>,
) -> String {
    let pairs: Vec<&Pair> = pairs.collect();
    let wide: Vec<&Pair> = pairs.iter().copied().filter(|pair| looks.is_wide(pair)).collect();
    let widest = wide.iter().map(|pair| half_width(pair).unwrap_or(f64::INFINITY)).fold(0.0, f64::max);
    let last = |looks: &Looks| number::count(looks.seeds.last().copied().unwrap_or_default());
    format!(
        "look {}, {} seeds: wider than {} to either side are {} of {}, the widest {}; the next look is at {} seeds",
        looks.number(),
        last(looks),
        asked(metric, looks.half_width),
        wide.len(),
        counted(pairs.len(), "interval"),
        if widest.is_finite() { gain(metric, widest) } else { "without an end".to_string() },
        last(next),
    )
}

/// The pairs that are still wide: `sgd over adam (0.71 points)`.
fn still_wide(looks: &Looks, comparison: &Comparison) -> Option<String> {
    let wide: Vec<&Pair> = comparison.pairs.iter().filter(|pair| looks.is_wide(pair)).collect();
    let named = wide.iter().take(MOST_NAMED).map(|pair| {
        let half = half_width(pair).map_or("no interval".to_string(), |half| gain(comparison.metric, half));
        format!("{} over {} ({half})", pair.better, pair.worse)
    });
    let mut named: Vec<String> = named.collect();
    if wide.len() > MOST_NAMED {
        named.push(counted(wide.len() - MOST_NAMED, "more pair"));
    }
    (!named.is_empty()).then(|| listed(&named))
}

/// A width as it was asked for: `0.5 points`, `0.02`.
fn asked(metric: Metric, half_width: f64) -> String {
    let scale = if metric.is_fraction() { 100.0 } else { 1.0 };
    // Without the last bits that the scale leaves.
    let rounded = format!("{:.9e}", scale * half_width).parse::<f64>().unwrap_or(scale * half_width);
    let unit = match metric.is_fraction() {
        true if rounded == 1.0 => " point",
        true => " points",
        false => "",
    };
    format!("{rounded}{unit}")
}

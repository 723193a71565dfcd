//! Best scores by number of trials, and who is better.

use lab::search::{best_within, nested_budgets};
use lab::stats::{Direction, Superiority, paired_superiority};
use serde_json::Value;

use super::searchers::{SEARCHERS, before_edges};

/// Level of all intervals.
const CONFIDENCE: f64 = 0.95;
/// Width of a column.
const WIDTH: usize = 27;

/// Prints a table for each workload of a file.
pub(super) fn show(report: &Value) -> Result<(), String> {
    for (name, figures) in report["workloads"].as_object().into_iter().flatten() {
        print!("{}", table(name, figures).ok_or_else(|| format!("{name}: expected scores of tunings"))?);
    }
    Ok(())
}

fn table(name: &str, figures: &Value) -> Option<String> {
    let direction = if figures["direction"] == "max" { Direction::Maximize } else { Direction::Minimize };
    let scores: Vec<Vec<Vec<f64>>> =
        SEARCHERS.iter().map(|kind| read(&figures["scores"][kind.name])).collect::<Option<_>>()?;
    let (repetitions, trials) = (scores[0].len(), scores[0].first()?.len());
    let measure = figures["measure"].as_str()?;
    let mut text = format!(
        "\n{name}\n{}\nvalidation {measure} of the best of B trials, median of {repetitions} tunings and its 95% interval\n{:>4}",
        figures["space"].as_str()?,
        "B"
    );
    SEARCHERS.iter().for_each(|kind| text += &format!("{:>WIDTH$}", kind.name));
    let best = |place: usize, budget: usize| -> Vec<f64> {
        scores[place].iter().map(|scores| best_of(scores, budget, direction)).collect()
    };
    for budget in nested_budgets(trials) {
        text += &format!("\n{budget:>4}");
        (0..SEARCHERS.len())
            .for_each(|place| text += &format!("{:>WIDTH$}", median_text(best(place, budget))));
    }
    // Before ours goes beyond the edges, and at the end.
    for budget in [before_edges(trials), trials] {
        for (place, kind) in SEARCHERS.iter().enumerate().skip(1) {
            let merits = |place| best(place, budget).into_iter().map(|score| direction.merit(score));
            let signs: Vec<f64> =
                merits(place).zip(merits(0)).map(|(theirs, ours)| sign(theirs, ours)).collect();
            let verdict = verdict(kind.name, &paired_superiority(&signs, CONFIDENCE)?);
            text += &format!("\nafter {budget} trials {verdict}");
        }
    }
    Some(text + "\n")
}

fn read(scores: &Value) -> Option<Vec<Vec<f64>>> {
    let numbers = |one: &Value| -> Option<Vec<f64>> {
        Some(one.as_array()?.iter().map(|score| score.as_f64().unwrap_or(f64::NAN)).collect())
    };
    scores.as_array()?.iter().map(numbers).collect()
}

/// The best of the first trials; the worst of all numbers where all diverged.
fn best_of(scores: &[f64], budget: usize, direction: Direction) -> f64 {
    let worst = if direction == Direction::Maximize { f64::NEG_INFINITY } else { f64::INFINITY };
    best_within(scores, budget, direction).map_or(worst, |place| scores[place])
}

/// Also of infinite numbers, whose difference is none.
fn sign(a: f64, b: f64) -> f64 {
    match a.partial_cmp(&b) {
        Some(std::cmp::Ordering::Greater) => 1.0,
        Some(std::cmp::Ordering::Less) => -1.0,
        _ => 0.0,
    }
}

fn median_text(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    let count = values.len();
    let middle = 0.5 * (values[(count - 1) / 2] + values[count / 2]);
    let number = |x: f64| if x != 0.0 && x.abs() < 1e-3 { format!("{x:.1e}") } else { format!("{x:.4}") };
    match median_interval(count) {
        Some((low, high)) => {
            format!("{} ({} to {})", number(middle), number(values[low]), number(values[high]))
        }
        None => number(middle),
    }
}

/// Places of the sorted values between which the median lies at [`CONFIDENCE`], by the binomial distribution;
/// `None` for too few.
fn median_interval(count: usize) -> Option<(usize, usize)> {
    let (mut term, mut tail, mut place) = ((-(count as f64)).exp2(), 0.0, 0);
    // The interval leaves out `place` values on each side with probability P(X < place) ≤ 2.5%.
    while tail + term <= 0.5 * (1.0 - CONFIDENCE) {
        tail += term;
        term *= (count - place) as f64 / (place + 1) as f64;
        place += 1;
    }
    place.checked_sub(1).map(|low| (low, count - 1 - low))
}

fn verdict(name: &str, Superiority { probability, interval, wins, ties, losses }: &Superiority) -> String {
    let who = match (interval.low > 0.5, interval.high < 0.5) {
        (true, _) => format!("{name} is better"),
        (_, true) => "ours is better".to_string(),
        _ => "not told apart".to_string(),
    };
    format!(
        "P({name} better than ours) = {probability:.2} ({:.2} to {:.2}), {wins} wins, {ties} ties, {losses} losses: {who}",
        interval.low, interval.high
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order statistics of the usual tables: 6th and 15th of 20, 2nd and 9th of 10.
    #[test]
    fn the_interval_of_a_median_is_that_of_the_binomial_distribution() {
        assert_eq!(median_interval(20), Some((5, 14)));
        assert_eq!(median_interval(10), Some((1, 8)));
        assert_eq!(median_interval(5), None);
    }

    #[test]
    fn a_tuning_in_which_all_diverged_is_the_worst() {
        assert_eq!(best_of(&[f64::NAN, 0.5], 1, Direction::Minimize), f64::INFINITY);
        assert_eq!(best_of(&[f64::NAN, 0.5, 0.4], 3, Direction::Maximize), 0.5);
        assert_eq!(sign(f64::INFINITY, f64::INFINITY), 0.0);
    }

    #[test]
    fn the_table_says_who_is_better() {
        let tunings = |score: f64| serde_json::json!(vec![vec![score; 4]; 20]);
        let figures = serde_json::json!({
            "space": "lr=0.1..1 log", "measure": "accuracy", "direction": "max",
            "scores": {
                "Sobol, edges": tunings(0.9), "random": tunings(0.8), "Optuna TPE": tunings(0.95),
                "TPE, multivariate": tunings(0.9),
            },
        });
        let text = table("task", &figures).expect("all is there");
        for line in [
            "20 losses: ours is better",
            "0 losses: Optuna TPE is better",
            "20 ties, 0 losses: not told apart",
        ] {
            assert!(text.contains(line), "no {line:?} in {text}");
        }
    }
}

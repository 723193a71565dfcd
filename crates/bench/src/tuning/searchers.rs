//! The searchers that are compared.

use std::path::Path;

use lab::search::{Extension, Point, Sampler, Space, best_within, extension, limits};
use lab::stats::Direction;
use train::Recipe;

use super::optuna::Optuna;
use super::searcher::Searcher;

/// A searcher by its name in tables and files.
pub(super) struct Kind {
    pub(super) name: &'static str,
    choice: Choice,
}

enum Choice {
    SobolAndEdges,
    Random,
    Tpe { multivariate: bool },
}

/// Ours first: all comparisons are with it.
pub(super) const SEARCHERS: [Kind; 4] = [
    Kind { name: "Sobol, edges", choice: Choice::SobolAndEdges },
    Kind { name: "random", choice: Choice::Random },
    Kind { name: "Optuna TPE", choice: Choice::Tpe { multivariate: false } },
    Kind { name: "TPE, multivariate", choice: Choice::Tpe { multivariate: true } },
];

/// Trials before the quarter more that looks beyond the edges.
pub(super) fn before_edges(trials: usize) -> usize {
    trials * 4 / 5
}

impl Kind {
    pub(super) fn start(
        &self,
        recipe: &Recipe,
        space: &Space,
        seed: u64,
        direction: Direction,
        trials: usize,
        python: &Path,
    ) -> Result<Box<dyn Searcher>, String> {
        Ok(match self.choice {
            Choice::SobolAndEdges => Box::new(SobolAndEdges {
                recipe: recipe.clone(),
                space: space.clone(),
                seed,
                direction,
                first: before_edges(trials),
                wider: None,
            }),
            Choice::Random => Box::new(Random { space: space.clone(), seed }),
            Choice::Tpe { multivariate } => {
                Box::new(Optuna::start(python, space, seed, direction, multivariate)?)
            }
        })
    }
}

/// The search of a study on one tuning seed: scrambled Sobol points, then a quarter more beyond the edges at which the
/// best of them is, or in the same space where it is at none.
struct SobolAndEdges {
    recipe: Recipe,
    space: Space,
    seed: u64,
    direction: Direction,
    /// Trials before the quarter more.
    first: usize,
    wider: Option<Extension>,
}

impl Searcher for SobolAndEdges {
    fn next(&mut self, points: &[Point], scores: &[f64]) -> Result<Point, String> {
        let index = points.len();
        if index == self.first {
            let best = best_within(scores, index, self.direction);
            self.wider = best
                .and_then(|best| extension(&self.space, &points[best], |name| limits(&self.recipe, name)));
        }
        Ok(match &self.wider {
            // Another scrambling: the points beyond are not those before, moved.
            Some(wider) => Sampler::Sobol.trial(&wider.beyond, !self.seed, (index - self.first) as u32),
            None => Sampler::Sobol.trial(&self.space, self.seed, index as u32),
        })
    }
}

struct Random {
    space: Space,
    seed: u64,
}

impl Searcher for Random {
    fn next(&mut self, points: &[Point], _: &[f64]) -> Result<Point, String> {
        Ok(Sampler::Random.trial(&self.space, self.seed, points.len() as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The best of sixteen is at the upper end, so the last four are beyond it; in the middle they are not.
    #[test]
    fn the_last_quarter_lies_beyond_an_edge_only_where_the_best_is_there() {
        let recipe: Recipe = "sgd".parse().expect("valid");
        let space: Space = "lr=0.001..1 log".parse().expect("valid");
        for (best_at, beyond) in [(1.0_f64, true), (0.03, false)] {
            let kind = &SEARCHERS[0];
            let started = kind.start(&recipe, &space, 1, Direction::Minimize, 20, Path::new(""));
            let mut searcher = started.expect("it needs no program");
            let (mut points, mut scores, mut rates) = (vec![], vec![], vec![]);
            for _ in 0..20 {
                let point = searcher.next(&points, &scores).expect("it needs no program");
                let rate: f64 = point.get("lr").expect("a dimension").to_string().parse().expect("a number");
                scores.push((rate.ln() - best_at.ln()).abs());
                rates.push(rate);
                points.push(point);
            }
            assert!(rates[..16].iter().all(|&rate| rate <= 1.0), "{rates:?}");
            assert_eq!(rates[16..].iter().all(|&rate| rate > 1.0), beyond, "{rates:?}");
        }
    }
}

//! A cell of a study: what it does next, as a function of the scores so far.

use std::ops::Range;

use tensor::random::Stream;

use super::facts::Facts;
use super::run::{CellId, Phase, Run};
use super::tuning::{EdgeHit, Tuning, TuningTrial, middle};
use super::{Entry, HalvingPlan, SearchMethod, Study};
use crate::search::{
    Edge, Finalist, Halving, Point, Sampler, Side, Space, choose, edges, extension, extra_trials, limits,
};
use crate::stats::Direction;

/// Trials that run on fresh seeds before one is chosen.
const FINALISTS: usize = 2;

/// Work of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effort {
    pub(super) runs: usize,
    /// Epochs of all runs together.
    pub(super) epochs: u64,
}

/// Scores by run: `None` for one that is not there, not finite for one that diverged.
pub(super) type Scores<'s> = dyn Fn(&Run) -> Option<f64> + 's;

/// A cell with all that decides what it does.
#[derive(Debug, Clone)]
pub(super) struct Cell<'s> {
    study: &'s Study,
    pub(super) id: CellId,
    pub(super) entry: &'s Entry,
    pub(super) facts: &'s Facts,
    /// The space that is declared.
    pub(super) space: Space,
    /// Seeds of the points of the trials, and of those beyond an edge.
    points: [u64; 2],
}

/// A cell after the scores so far.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Its trials; `None` where nothing is tuned.
    pub(super) tuning: Option<Tuning>,
    /// The settings of each trial so far.
    pub(super) points: Vec<Point>,
    /// The settings that are reported, once they are chosen; `None` inside for those of the recipe.
    pub(super) chosen: Option<Option<usize>>,
    /// True if every trial diverged, so that nothing can be reported.
    pub(super) hopeless: bool,
    /// Runs whose scores are needed before anything else.
    pub(super) missing: Vec<Run>,
}

/// Runs whose scores are needed first.
struct Missing(Vec<Run>);

impl<'s> Cell<'s> {
    pub(super) fn new(study: &'s Study, facts: &'s Facts, id: CellId) -> Cell<'s> {
        let entry = &study.entries[id.entry];
        // Entries share the places of their trials, so that no difference is the luck of a draw: with separate ones the
        // same recipe, tuned twice, is told apart in up to half of all simulated studies.
        let name = format!("{}/{}", study.tasks[id.task], study.rulesets[id.ruleset]);
        let seed = |what: &str| {
            let mut stream = Stream::new(study.seed, &format!("{what} of {name}"));
            u64::from(stream.next_u32()) << 32 | u64::from(stream.next_u32())
        };
        let points = [seed("trials"), seed("trials beyond")];
        Cell { study, id, entry, facts, space: entry.space_of(&study.rulesets[id.ruleset]), points }
    }

    /// Epochs of a whole run.
    pub(super) fn epochs(&self) -> u32 {
        self.facts.epochs
    }

    fn direction(&self) -> Direction {
        self.facts.direction()
    }

    /// The whole cell, at most.
    pub(super) fn planned(&self) -> Effort {
        let count = |phase| self.seeds(phase).count();
        let (tuning, fresh) = (count(Phase::Tuning), count(Phase::Choosing));
        let reporting = count(Phase::Reporting) + count(Phase::Pilot);
        let whole = |runs: usize| Effort { runs, epochs: runs as u64 * u64::from(self.epochs()) };
        if self.space.dimensions.is_empty() {
            return whole(reporting);
        }
        let extra = if self.study.extend { extra_trials(self.study.trials) } else { 0 };
        let races = [self.first_trials(), extra].map(|trials| self.race_of(trials));
        // Finalists that no race ran whole run so before they are compared.
        let late = FINALISTS.min(self.first_trials() + extra).saturating_sub(races[0].1);
        let rest = whole(late * tuning + FINALISTS * fresh + reporting);
        Effort {
            runs: races.iter().map(|(race, _)| race.runs * tuning).sum::<usize>() + rest.runs,
            epochs: races.iter().map(|(race, _)| race.epochs * tuning as u64).sum::<u64>() + rest.epochs,
        }
    }

    /// A number of trials on one seed: a whole run each, or with halving a run for each rung that a trial reaches. And
    /// the number of trials that run whole.
    fn race_of(&self, trials: usize) -> (Effort, usize) {
        let most = self.epochs();
        let Some(HalvingPlan { first, eta }) = self.study.halving.filter(|_| trials > 0) else {
            return (Effort { runs: trials, epochs: trials as u64 * u64::from(most) }, trials);
        };
        let mut halving = Halving::new(trials, first.min(most).into(), most.into(), eta, self.direction());
        let (mut effort, mut whole) = (Effort { runs: 0, epochs: 0 }, 0);
        loop {
            let rung: Vec<_> = std::iter::from_fn(|| halving.next()).collect();
            if rung.is_empty() {
                return (effort, whole);
            }
            for job in rung {
                let epochs = job.budget.round() as u64;
                whole += usize::from(epochs == u64::from(most));
                (effort.runs, effort.epochs) = (effort.runs + 1, effort.epochs + epochs);
                halving.report(job.trial, job.rung, 0.0);
            }
        }
    }

    /// The state of the cell, with the runs that it needs next.
    pub(super) fn state(&self, scores: &Scores<'_>) -> State {
        let mut state = State::default();
        match self.space.dimensions.is_empty() {
            true => state.chosen = Some(None),
            false => {
                if let Err(Missing(runs)) = self.tune(scores, &mut state) {
                    state.missing = runs;
                    return state;
                }
            }
        }
        if let Some(trial) = state.chosen {
            let runs =
                [Phase::Reporting, Phase::Pilot].into_iter().flat_map(|phase| self.of_chosen(phase, trial));
            state.missing = runs.filter(|run| scores(run).is_none()).collect();
        }
        state
    }

    /// The seeds of a phase.
    pub(super) fn seeds(&self, phase: Phase) -> Range<u64> {
        self.facts.seeds(self.study, self.id.entry, phase)
    }

    /// The reporting runs of a trial, or those of the pilot.
    pub(super) fn of_chosen(&self, phase: Phase, trial: Option<usize>) -> impl Iterator<Item = Run> + use<> {
        let epochs = self.epochs();
        self.seeds(phase).map(move |seed| Run { phase, trial, epochs, seed })
    }

    fn tune(&self, scores: &Scores<'_>, state: &mut State) -> Result<(), Missing> {
        let searched = self.search(scores, state);
        for trial in state.tuning.iter_mut().flat_map(|tuning| &mut tuning.trials) {
            trial.point = state.points.get(trial.trial).map_or(String::new(), ToString::to_string);
        }
        self.choose(&searched?, scores, state)
    }

    /// Runs the trials, as far as scores are known, and those beyond an edge; the space with them.
    fn search(&self, scores: &Scores<'_>, state: &mut State) -> Result<Space, Missing> {
        let first = self.first_trials();
        state.points =
            (0..first).map(|trial| self.sampler().trial(&self.space, self.points[0], trial as u32)).collect();
        let tuning = state.tuning.insert(Tuning { space: self.space.to_string(), ..Tuning::default() });
        self.race(0, &state.points, scores, &mut tuning.trials)?;
        let mut searched = self.space.clone();
        if self.study.extend {
            let extra = extra_trials(self.study.trials);
            let best = ranked(&tuning.trials, self.direction()).first().copied();
            let wider = best.and_then(|best| {
                let point = &state.points[best];
                tuning.edges = edges(&self.space, point).into_iter().map(hit).collect();
                extension(&self.space, point, |name| limits(&self.entry.recipe, name))
            });
            let beyond = wider.is_some();
            let more: Vec<Point> = match &wider {
                Some(wider) => (0..extra)
                    .map(|i| self.endless().trial(&wider.beyond, self.points[1], i as u32))
                    .collect(),
                None => (0..extra).map(|i| self.further(first, i)).collect(),
            };
            if let Some(wider) = wider {
                searched = wider.space;
                tuning.extended = Some(searched.to_string());
            }
            state.points.extend(more);
            self.race(first, &state.points[first..], scores, &mut tuning.trials)?;
            if beyond {
                self.finish_best(&mut tuning.trials[first..], scores)?;
            }
            tuning.trials[first..].iter_mut().for_each(|trial| trial.beyond = beyond);
        }
        Ok(searched)
    }

    /// Settings of the trials that follow where nothing lies beyond an edge.
    fn further(&self, first: usize, i: usize) -> Point {
        match self.study.sampler {
            // A grid has no further points.
            SearchMethod::Grid => self.endless().trial(&self.space, self.points[1], i as u32),
            _ => self.sampler().trial(&self.space, self.points[0], (first + i) as u32),
        }
    }

    /// Number of trials before any are added.
    fn first_trials(&self) -> usize {
        self.sampler().trials(&self.space).map_or(self.study.trials, |all| all.min(self.study.trials))
    }

    fn sampler(&self) -> Sampler {
        match self.study.sampler {
            SearchMethod::Sobol => Sampler::Sobol,
            SearchMethod::Random => Sampler::Random,
            SearchMethod::Grid => {
                let fits = |levels: &usize| {
                    Sampler::Grid { levels: *levels }
                        .trials(&self.space)
                        .is_some_and(|all| all <= self.study.trials)
                };
                // With words alone, every number of levels is the same grid.
                let levels = (1..=self.study.trials).take_while(fits).last().unwrap_or(1);
                Sampler::Grid { levels }
            }
        }
    }

    /// The sampler where the number of points is not that of a grid.
    fn endless(&self) -> Sampler {
        match self.study.sampler {
            SearchMethod::Random => Sampler::Random,
            SearchMethod::Sobol | SearchMethod::Grid => Sampler::Sobol,
        }
    }

    /// Runs trials, numbered from `from`, on the tuning seeds: whole, or by halving.
    fn race(
        &self,
        from: usize,
        points: &[Point],
        scores: &Scores<'_>,
        trials: &mut Vec<TuningTrial>,
    ) -> Result<(), Missing> {
        let Some(plan) = self.study.halving else {
            let all = (from..from + points.len()).map(|trial| (trial, self.epochs()));
            trials.extend(self.trials(all, scores)?);
            return Ok(());
        };
        let (first, most) = (plan.first.min(self.epochs()), self.epochs());
        let mut halving = Halving::new(points.len(), first.into(), most.into(), plan.eta, self.direction());
        let mut furthest: Vec<Option<TuningTrial>> = vec![None; points.len()];
        loop {
            // All jobs of a rung, reported together: which run ends first changes nothing.
            let rung: Vec<_> = std::iter::from_fn(|| halving.next()).collect();
            if rung.is_empty() {
                break;
            }
            let asked = rung.iter().map(|job| (from + job.trial, job.budget.round() as u32));
            for (job, trial) in rung.iter().zip(self.trials(asked, scores)?) {
                halving.report(job.trial, job.rung, trial.score.unwrap_or(f64::NAN));
                furthest[job.trial] = Some(trial);
            }
        }
        trials.extend(furthest.into_iter().flatten());
        Ok(())
    }

    /// Runs the best of trials beyond an edge whole. They are few, so their race may end before, and a trial that ran
    /// less is never chosen over one that ran whole: what lies beyond would be searched in vain.
    fn finish_best(&self, trials: &mut [TuningTrial], scores: &Scores<'_>) -> Result<(), Missing> {
        let best = ranked(trials, self.direction()).first().copied();
        let short = trials.iter_mut().find(|trial| Some(trial.trial) == best && trial.epochs < self.epochs());
        if let Some(trial) = short {
            let whole = self.trials(std::iter::once((trial.trial, self.epochs())), scores)?;
            whole.into_iter().for_each(|found| *trial = found);
        }
        Ok(())
    }

    /// Trials with their scores on the tuning seeds.
    fn trials(
        &self,
        asked: impl Iterator<Item = (usize, u32)>,
        scores: &Scores<'_>,
    ) -> Result<Vec<TuningTrial>, Missing> {
        let (mut trials, mut missing) = (Vec::new(), Vec::new());
        for (trial, epochs) in asked {
            let found = self.on_seeds(Phase::Tuning, trial, epochs, scores, &mut missing);
            let score = middle(&found, self.direction());
            trials.push(TuningTrial { trial, epochs, scores: found, score, ..TuningTrial::default() });
        }
        if missing.is_empty() { Ok(trials) } else { Err(Missing(missing)) }
    }

    /// The scores of a trial on all seeds of a phase; `None` for diverged runs, and for missing ones, which are listed.
    fn on_seeds(
        &self,
        phase: Phase,
        trial: usize,
        epochs: u32,
        scores: &Scores<'_>,
        missing: &mut Vec<Run>,
    ) -> Vec<Option<f64>> {
        let mut found = Vec::new();
        for seed in self.seeds(phase) {
            let run = Run { phase, trial: Some(trial), epochs, seed };
            match scores(&run) {
                Some(score) => found.push(Some(score).filter(|score| score.is_finite())),
                None => missing.push(run),
            }
        }
        found
    }

    /// Chooses between the best trials.
    fn choose(&self, searched: &Space, scores: &Scores<'_>, state: &mut State) -> Result<(), Missing> {
        let (direction, epochs) = (self.direction(), self.epochs());
        let Some(tuning) = &mut state.tuning else { return Ok(()) };
        let mut best = ranked(&tuning.trials, direction);
        best.truncate(FINALISTS);
        let mut missing = Vec::new();
        let finalists: Vec<Finalist> = best
            .iter()
            .map(|&trial| {
                let mut on = |phase| {
                    let found = self.on_seeds(phase, trial, epochs, scores, &mut missing);
                    found.into_iter().map(|score| score.unwrap_or(f64::NAN)).collect::<Vec<f64>>()
                };
                Finalist { trial, tuning: on(Phase::Tuning), fresh: on(Phase::Choosing) }
            })
            .collect();
        if !missing.is_empty() {
            return Err(Missing(missing));
        }
        tuning.finalists = finalists.iter().map(|finalist| (finalist, direction).into()).collect();
        let winner = choose(&finalists, direction);
        let Some(trial) = winner.map(|winner| winner.trial).or(best.first().copied()) else {
            state.hopeless = true;
            return Ok(());
        };
        tuning.chosen = Some(trial);
        tuning.tuning_score = tuning.finalists.iter().find(|f| f.trial == trial).and_then(|f| f.tuning_score);
        tuning.fresh_score = winner.map(|winner| winner.fresh_score);
        tuning.optimism = winner.map(|winner| winner.optimism).filter(|optimism| optimism.is_finite());
        tuning.edges_left = edges(searched, &state.points[trial]).into_iter().map(hit).collect();
        state.chosen = Some(Some(trial));
        Ok(())
    }
}

/// Trials with a finite score: those with the most epochs first, then the best, then the first.
fn ranked(trials: &[TuningTrial], direction: Direction) -> Vec<usize> {
    let merit = |trial: &TuningTrial| direction.merit(trial.score.unwrap_or(f64::NAN));
    let mut finite: Vec<&TuningTrial> = trials.iter().filter(|trial| merit(trial).is_finite()).collect();
    finite.sort_by(|a, b| {
        b.epochs.cmp(&a.epochs).then(merit(b).total_cmp(&merit(a))).then(a.trial.cmp(&b.trial))
    });
    finite.into_iter().map(|trial| trial.trial).collect()
}

fn hit(Edge { name, side }: Edge) -> EdgeHit {
    EdgeHit { name, high: side == Side::High }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::study::{HalvingPlan, Ruleset};
    use train::Metric;

    /// A study of one entry on a task of accuracy.
    pub(in crate::study) fn study(recipes: &[&str]) -> Study {
        let entry = |(i, recipe): (usize, &&str)| {
            Entry::new(&format!("{recipe} {i}"), recipe.parse().expect("a recipe"))
        };
        Study::new("synthetic", vec!["simplenn".into()], recipes.iter().enumerate().map(entry).collect())
    }

    pub(in crate::study) fn facts() -> Facts {
        let name = "simplenn".into();
        Facts { name, metric: Metric::Accuracy, target: None, epochs: 9, batch: 64, seeded: true }
    }

    /// Answers a cell until it needs nothing; returns its state and its runs in the order in which it asked.
    pub(in crate::study) fn play(
        cell: &Cell<'_>,
        objective: &dyn Fn(&Point, &Run) -> f64,
    ) -> (State, Vec<Run>) {
        let (mut known, mut asked) = (BTreeMap::new(), Vec::new());
        loop {
            let state = cell.state(&|run| known.get(run).copied());
            if state.missing.is_empty() {
                return (state, asked);
            }
            for &run in &state.missing {
                let point = run.trial.map_or(Point::default(), |trial| state.points[trial].clone());
                assert!(known.insert(run, objective(&point, &run)).is_none(), "{run:?} was known");
                asked.push(run);
            }
        }
    }

    fn lr(point: &Point) -> f64 {
        point.get("lr").map_or(f64::NAN, |value| value.to_string().parse().expect("a number"))
    }

    /// An accuracy that falls with the decades from a best rate, and noise by seed and trial.
    fn basin(best: f64) -> impl Fn(&Point, &Run) -> f64 {
        move |point, run| {
            let mut noise = Stream::new(run.seed, &format!("{point} {:?}", run.phase));
            0.9 - 0.05 * (lr(point) / best).log10().powi(2) + 0.002 * f64::from(noise.normal())
        }
    }

    fn cell<'s>(study: &'s Study, facts: &'s Facts) -> Cell<'s> {
        Cell::new(study, facts, CellId { task: 0, ruleset: 0, entry: 0 })
    }

    fn count(runs: &[Run], phase: Phase) -> usize {
        runs.iter().filter(|run| run.phase == phase).count()
    }

    #[test]
    fn a_cell_tunes_extends_chooses_and_reports() {
        let (study, facts) = (study(&["sgd"]), facts());
        let cell = cell(&study, &facts);
        let (state, runs) = play(&cell, &basin(0.03));
        assert_eq!([Phase::Tuning, Phase::Choosing, Phase::Reporting].map(|p| count(&runs, p)), [45, 6, 10]);
        assert_eq!(runs.len(), cell.planned().runs);
        assert_eq!(runs.iter().map(|run| u64::from(run.epochs)).sum::<u64>(), cell.planned().epochs);
        let tuning = state.tuning.expect("a rate is tuned");
        assert!(tuning.edges.is_empty() && tuning.extended.is_none() && tuning.trials.len() == 15);
        assert!(tuning.trials.iter().all(|trial| !trial.beyond && trial.scores.len() == 3));
        let rate = lr(&state.points[state.chosen.flatten().expect("one is chosen")]);
        assert!((0.01..0.1).contains(&rate), "{rate}");
        // No seed of tuning is a seed of a report.
        let seeds = |phase| runs.iter().filter(move |run| run.phase == phase).map(|run| run.seed);
        assert!(seeds(Phase::Reporting).all(|seed| seed < 10));
        assert!(seeds(Phase::Tuning).chain(seeds(Phase::Choosing)).all(|seed| seed >= 1_000_000));
        assert!(seeds(Phase::Tuning).all(|seed| !seeds(Phase::Choosing).any(|other| other == seed)));
    }

    #[test]
    fn a_best_trial_at_an_edge_opens_a_decade_and_everyone_has_as_many_trials() {
        let (study, facts) = (study(&["sgd"]), facts());
        let cell = cell(&study, &facts);
        let (state, runs) = play(&cell, &basin(10.0));
        assert_eq!(runs.len(), cell.planned().runs);
        assert_eq!(runs.iter().map(|run| u64::from(run.epochs)).sum::<u64>(), cell.planned().epochs);
        let tuning = state.tuning.expect("a rate is tuned");
        assert_eq!(tuning.edges, [EdgeHit { name: "lr".into(), high: true }]);
        assert_eq!(
            (tuning.space.as_str(), tuning.extended.as_deref()),
            ("lr=0.0001..1 log", Some("lr=0.0001..10 log"))
        );
        assert!(tuning.trials[12..].iter().all(|trial| trial.beyond));
        assert!(state.points[12..].iter().all(|point| (1.0..=10.0).contains(&lr(point))));
        assert!(tuning.chosen >= Some(12), "{tuning:?}");
        // Twice as far, the chosen trial is still at the edge, and that is said.
        let (state, _) = play(&cell, &basin(1e4));
        assert_eq!(state.tuning.expect("tuned").edges_left, [EdgeHit { name: "lr".into(), high: true }]);
    }

    #[test]
    fn the_order_of_results_changes_nothing() {
        let (study, facts) = (study(&["adamw"]), facts());
        let study = Study { rulesets: vec![Ruleset::Full], ..study };
        let cell = cell(&study, &facts);
        let objective = basin(1e-3);
        let (whole, runs) = play(&cell, &objective);
        let mut known = BTreeMap::new();
        let mut stream = Stream::new(1, "order");
        // One result at a time, from anywhere in what is missing.
        loop {
            let state = cell.state(&|run| known.get(run).copied());
            let Some(run) = state.missing.get(stream.below(state.missing.len().max(1) as u32) as usize)
            else {
                assert_eq!((state.tuning, state.chosen), (whole.tuning, whole.chosen));
                break;
            };
            let point = run.trial.map_or(Point::default(), |trial| state.points[trial].clone());
            known.insert(*run, objective(&point, run));
        }
        assert_eq!(known.len(), runs.len());
    }

    #[test]
    fn the_trials_of_a_smaller_budget_are_the_first_of_a_larger_one() {
        let facts = facts();
        for sampler in [SearchMethod::Sobol, SearchMethod::Random] {
            let [small, large] =
                [4, 9].map(|trials| Study { trials, sampler, extend: false, ..study(&["adam"]) });
            let [small, large] =
                [&small, &large].map(|study| play(&cell(study, &facts), &basin(0.01)).0.points);
            assert_eq!(small[..], large[..4]);
        }
    }

    #[test]
    fn a_grid_has_as_many_points_as_fit() {
        let facts = facts();
        let grid = |rulesets, trials| {
            let study =
                Study { sampler: SearchMethod::Grid, trials, rulesets: vec![rulesets], ..study(&["sgd"]) };
            let (state, _) = play(&cell(&study, &facts), &basin(0.01));
            state.tuning.expect("tuned").trials.len()
        };
        assert_eq!(grid(Ruleset::Lr, 5), 5 + 2);
        assert_eq!(grid(Ruleset::Names(vec!["lr".into(), "momentum".into()]), 12), 9 + 3);
    }

    #[test]
    fn halving_spends_less_and_finds_as_good_a_rate() {
        let facts = facts();
        let halving = Some(HalvingPlan { first: 1, eta: 3 });
        let study = Study { halving, ..study(&["sgd"]) };
        let cell = cell(&study, &facts);
        let (state, runs) = play(&cell, &basin(0.03));
        let epochs = |runs: &[Run]| {
            runs.iter().filter(|run| run.phase == Phase::Tuning).map(|run| run.epochs).sum::<u32>()
        };
        assert!(runs.len() <= cell.planned().runs, "{} of {:?}", runs.len(), cell.planned());
        // 12 trials of 1 epoch, 4 of 3, 1 of 9, then 3 of 1 and 1 of 3, and the second best whole: on 3 seeds.
        assert!(
            epochs(&runs) <= 3 * (12 + 4 * 3 + 9 + 3 + 3 + 9) && epochs(&runs) < 15 * 3 * 9 / 2,
            "{}",
            epochs(&runs)
        );
        let tuning = state.tuning.expect("tuned");
        assert_eq!(tuning.trials.iter().map(|trial| trial.epochs).max(), Some(9));
        let rate = lr(&state.points[tuning.chosen.expect("chosen")]);
        assert!((0.003..0.3).contains(&rate), "{rate}");
    }

    #[test]
    fn the_best_trial_beyond_an_edge_runs_whole_and_may_be_chosen() {
        let facts = facts();
        let mut extended = 0;
        for (trials, eta) in [(16, 2), (9, 2), (12, 3), (8, 3), (4, 3), (2, 3)] {
            let halving = Some(HalvingPlan { first: 1, eta });
            let study = Study { halving, trials, ..study(&["sgd"]) };
            let cell = cell(&study, &facts);
            // Longer runs are better, so that a trial of a short race is never ahead by its score alone.
            let objective = |point: &Point, run: &Run| {
                basin(10.0)(point, run) - 0.02 * f64::from(facts.epochs - run.epochs)
            };
            let (state, runs) = play(&cell, &objective);
            let tuning = state.tuning.expect("tuned");
            let chosen = tuning.chosen.expect("chosen");
            extended += usize::from(tuning.extended.is_some());
            assert_eq!(
                tuning.trials[chosen].beyond,
                tuning.extended.is_some(),
                "{trials}, {eta}: {tuning:?}"
            );
            let (planned, epochs) =
                (cell.planned(), runs.iter().map(|run| u64::from(run.epochs)).sum::<u64>());
            assert!(runs.len() <= planned.runs && epochs <= planned.epochs, "{trials}, {eta}: {planned:?}");
        }
        assert!(extended >= 4, "{extended} of 6 were at an edge");
    }

    #[test]
    fn where_every_trial_diverges_nothing_is_reported() {
        let (study, facts) = (study(&["sgd"]), facts());
        let (state, runs) = play(&cell(&study, &facts), &|_, _| f64::NAN);
        assert!(state.hopeless && state.chosen.is_none());
        assert_eq!((count(&runs, Phase::Tuning), count(&runs, Phase::Reporting)), (45, 0));
        // One seed of three may diverge: the median is of a finished run.
        let (state, _) = play(&cell(&study, &facts), &|point, run| {
            if run.seed == 1_000_000 { f64::NAN } else { basin(0.03)(point, run) }
        });
        assert!(state.chosen.is_some() && !state.hopeless);
    }

    #[test]
    fn nothing_is_tuned_under_the_default_ruleset_and_one_seed_is_enough_for_a_function() {
        let mut facts = facts();
        let study = Study { rulesets: vec![Ruleset::Default], ..study(&["sgd"]) };
        let (state, runs) = play(&cell(&study, &facts), &basin(0.03));
        assert!(state.tuning.is_none() && runs.len() == 10 && runs.iter().all(|run| run.trial.is_none()));
        facts.seeded = false;
        let (_, runs) = play(&cell(&study, &facts), &basin(0.03));
        assert_eq!(runs.len(), 1);
    }
}

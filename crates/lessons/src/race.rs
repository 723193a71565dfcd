//! Optimizers on a test function from the same start, at the same rate and each tuned alike.

mod presets;

use std::str::FromStr;

use lab::tasks::functions::{Function, by_name};
use optim::hyper::Value;
use optim::{Optimizer, OptimizerSpec};
use report::race::{Heat, Lane, Live, Race, Step};
use tensor::random::Normals;

pub use self::presets::{PRESETS, Preset, preset};
use crate::browser::kernel_over;
use crate::error::Error;

/// A recipe in a race.
#[derive(Debug, Clone)]
pub struct Entrant {
    /// The recipe.
    pub spec: OptimizerSpec,
    /// True if the text has a rate: then it runs at that rate only.
    pub states_rate: bool,
}

/// Names that a recipe has in a race, and the recipe.
pub const SHORT_NAMES: [(&str, &str); 2] =
    [("momentum", "sgd momentum=0.9"), ("nesterov", "sgd momentum=0.9 nesterov=true")];

/// ```
/// let entrants = ["adam", "adam lr=0.1", "adabound final_lr=0.1"]
///     .map(|text| text.parse::<lessons::race::Entrant>().unwrap());
/// assert_eq!(entrants.map(|entrant| entrant.states_rate), [false, true, false]);
/// let momentum: lessons::race::Entrant = "momentum".parse()?;
/// assert_eq!(momentum.spec.to_string(), "sgd lr=0.01 momentum=0.9");
/// # Ok::<(), lessons::Error>(())
/// ```
impl FromStr for Entrant {
    type Err = Error;

    fn from_str(text: &str) -> Result<Entrant, Error> {
        let short = SHORT_NAMES.iter().find(|(name, _)| *name == text);
        let text = short.map_or(text, |(_, recipe)| recipe);
        let mut words = text.split(|c: char| c.is_whitespace() || "(),:".contains(c));
        Ok(Entrant { spec: text.parse()?, states_rate: words.any(|word| word.starts_with("lr=")) })
    }
}

/// Settings of a race.
#[derive(Debug, Clone, PartialEq)]
pub struct RaceSettings {
    /// The start; that of the function if there is none.
    pub start: Option<[f32; 2]>,
    /// Standard deviation of the noise in each number of a gradient.
    pub noise: f64,
    /// Seed of the noise.
    pub seed: u64,
    /// Steps of each path.
    pub steps: u64,
    /// The rate of all in the heat of the same rate; one over the largest curvature at the start if there is none.
    pub lr: Option<f64>,
    /// Rates that are tried for each recipe.
    pub trials: u32,
}

impl Default for RaceSettings {
    /// 200 steps without noise, 25 rates tried.
    fn default() -> RaceSettings {
        RaceSettings { start: None, noise: 0.0, seed: 0, steps: 200, lr: None, trials: 25 }
    }
}

/// Updates of an epoch, as of a task without examples.
const EPOCH: u64 = 100;

/// Lowest and highest rate that is tried.
const RATES: [f64; 2] = [1e-5, 10.0];

/// Number of points of the grid along each axis.
const GRID: usize = 161;

/// Paths of recipes on a function: at the same rate, and each with the rate of the lowest end of
/// the same number of rates between 1e-5 and 10. A recipe that states its rate keeps it both times.
///
/// ```
/// use lessons::race::{RaceSettings, race};
///
/// let recipes = ["sgd", "adam"].map(|recipe| recipe.parse().unwrap());
/// let race = race("quadratic", &recipes, &RaceSettings::default())?;
/// let end = |heat: usize, lane: usize| race.heats[heat].lanes[lane].steps.last().unwrap().value;
/// assert!(end(1, 0) < end(0, 0) && end(1, 1) < end(0, 1));
/// # Ok::<(), lessons::Error>(())
/// ```
///
/// # Errors
/// If the function is unknown or a recipe cannot be used.
pub fn race(function: &str, entrants: &[Entrant], settings: &RaceSettings) -> Result<Race, Error> {
    let found = by_name(function).ok_or_else(|| Error::unknown("function", function, &functions()))?;
    let start = settings.start.unwrap_or(found.start);
    let lr = settings.lr.unwrap_or_else(|| 1.0 / largest_curvature(found, start));
    let run = |spec: &OptimizerSpec, lr: f64| lane(found, with_rate(spec, lr), start, settings);
    let kept = kept(entrants.iter().any(|entrant| entrant.states_rate));
    let mut heats = [
        Heat { rates: format!("the same rate, {}{kept}", report::chart::significant(lr)), lanes: vec![] },
        Heat { rates: format!("each tuned alike, {} trials{kept}", settings.trials), lanes: vec![] },
    ];
    for Entrant { spec, states_rate } in entrants {
        if *states_rate {
            let stated = lane(found, spec.clone(), start, settings)?;
            heats.iter_mut().for_each(|heat| heat.lanes.push(stated.clone()));
            continue;
        }
        heats[0].lanes.push(run(spec, lr)?);
        let tried = rates(settings.trials).map(|lr| run(spec, lr)).collect::<Result<Vec<_>, _>>()?;
        let best = tried.into_iter().min_by(|a, b| end(a, settings).total_cmp(&end(b, settings)));
        heats[1].lanes.extend(best);
    }
    Ok(Race {
        function: found.name.to_string(),
        formula: found.formula.to_string(),
        domain: found.domain,
        minima: found.minima.to_vec(),
        grid: grid(found),
        noise: settings.noise,
        heats: heats.into(),
        prediction: None,
    })
}

/// Numbers by which a page computes the paths of a race from another start; `None` if its kernels lack the function or
/// all recipes.
///
/// ```
/// use lessons::race::{Entrant, RaceSettings, live};
///
/// let recipes: [Entrant; 2] = ["sgd", "sam(adam lr=0.1)"].map(|recipe| recipe.parse().unwrap());
/// let live = live("booth", &recipes, &RaceSettings::default()).unwrap();
/// assert_eq!([0, 1].map(|place| live.entrants[place].kernel.is_some()), [true, false]);
/// ```
pub fn live(function: &str, entrants: &[Entrant], settings: &RaceSettings) -> Option<Live> {
    let place = wasm::functions::ALL.iter().position(|twin| twin.name == function)?;
    let found = by_name(function)?;
    let start = settings.start.unwrap_or(found.start);
    let of = |entrant: &Entrant| report::race::Entrant {
        recipe: entrant.spec.to_string(),
        kernel: kernel_over(&entrant.spec, settings.steps),
        keeps_rate: entrant.states_rate,
    };
    let entrants: Vec<_> = entrants.iter().map(of).collect();
    if entrants.iter().all(|entrant| entrant.kernel.is_none()) {
        return None;
    }
    let count = if settings.noise > 0.0 { 2 * (settings.steps + 1) } else { 0 };
    let noise = Normals::new(settings.seed, NOISE);
    Some(Live {
        function: place,
        steps: settings.steps,
        noise: settings.noise,
        normals: (0..count).map(|index| noise.at(index)).collect(),
        rates: rates(settings.trials).map(rounded).collect(),
        kept: kept(entrants.iter().any(|entrant| entrant.keeps_rate)).to_string(),
        entrants,
        lr: settings.lr,
        shown: rounded(settings.lr.unwrap_or_else(|| 1.0 / largest_curvature(found, start))),
    })
}

/// Words after the rates of a race in which some are stated.
fn kept(any: bool) -> &'static str {
    if any { "; stated rates stay" } else { "" }
}

/// Name of the random stream of the noise.
const NOISE: &str = "race";

/// Names of all functions.
pub fn functions() -> Vec<&'static str> {
    lab::tasks::functions::ALL.iter().map(|function| function.name).collect()
}

/// Rates at equal ratios.
fn rates(trials: u32) -> impl Iterator<Item = f64> {
    let [low, high] = RATES;
    let last = f64::from(trials.max(2) - 1);
    (0..trials).map(move |trial| low * (high / low).powf(f64::from(trial) / last))
}

/// Value at the end; infinite for a path that ended early.
fn end(lane: &Lane, settings: &RaceSettings) -> f64 {
    match lane.steps.last() {
        Some(last) if lane.steps.len() as u64 == settings.steps + 1 && last.value.is_finite() => last.value,
        _ => f64::INFINITY,
    }
}

fn with_rate(spec: &OptimizerSpec, lr: f64) -> OptimizerSpec {
    let mut spec = spec.clone();
    if spec.rule.get("lr").is_some() {
        spec.rule.set("lr", Value::Number(rounded(lr))).expect("a positive number is a rate");
    }
    spec
}

/// Three digits of a rate, as the recipe is printed.
fn rounded(lr: f64) -> f64 {
    format!("{lr:.2e}").parse().expect("a number")
}

fn lane(
    function: &Function,
    spec: OptimizerSpec,
    start: [f32; 2],
    settings: &RaceSettings,
) -> Result<Lane, Error> {
    let recipe = spec.to_string();
    let optimizer = Optimizer::of_slice(spec, 2).map_err(lab::Error::from)?;
    let mut optimizer = optimizer.with_total_steps(settings.steps).with_steps_per_epoch(EPOCH);
    let noise = Normals::new(settings.seed, NOISE);
    let (mut at, mut steps) = (start, vec![]);
    for step in 0..=settings.steps {
        let point = at.map(f64::from);
        let (value, exact) = function.at(point);
        if !(value.is_finite() && exact.iter().all(|g| g.is_finite())) {
            break;
        }
        let noisy = |exact: [f64; 2]| -> [f64; 2] {
            std::array::from_fn(|axis| {
                exact[axis] + settings.noise * f64::from(noise.at(2 * step + axis as u64))
            })
        };
        let gradient = noisy(exact);
        if step < settings.steps {
            // Elsewhere, the noise of this step is the same.
            let mut elsewhere = |at: &[f32], into: &mut [f32]| {
                let (value, exact) = function.at([at[0].into(), at[1].into()]);
                into.iter_mut().zip(noisy(exact)).for_each(|(into, g)| *into = g as f32);
                value
            };
            optimizer.step_with(&mut at, &gradient.map(|g| g as f32), value, &mut elsewhere);
        }
        let update = std::array::from_fn(|axis| f64::from(at[axis]) - point[axis]);
        steps.push(Step { at: point, value, gradient, update, state: state(&optimizer) });
    }
    Ok(Lane { recipe, steps })
}

/// Arrays of the optimizer with a number for each coordinate.
fn state(optimizer: &Optimizer) -> Vec<(String, [f64; 2])> {
    let arrays = optimizer.state_dict().arrays.into_iter();
    arrays
        .filter_map(|(name, array)| match array[..] {
            [x, y] => Some((name, [x.into(), y.into()])),
            _ => None,
        })
        .collect()
}

/// Largest absolute eigenvalue of the matrix of second derivatives, by central differences.
fn largest_curvature(function: &Function, start: [f32; 2]) -> f64 {
    let [x, y] = start.map(f64::from);
    let h = 1e-4;
    let difference = |dx: f64, dy: f64| {
        let [after, before] = [1.0, -1.0].map(|sign| function.at([x + sign * dx, y + sign * dy]).1);
        [0, 1].map(|axis| (after[axis] - before[axis]) / (2.0 * h))
    };
    let ([a, b], [c, d]) = (difference(h, 0.0), difference(0.0, h));
    let (mean, off) = ((a + d) / 2.0, (b + c) / 2.0);
    let spread = ((a - d) / 2.0).hypot(off);
    (mean.abs() + spread).max(1e-3)
}

fn grid(function: &Function) -> Vec<Vec<f64>> {
    let [across, up] = function.domain;
    let at = |[low, high]: [f64; 2], index: usize| low + (high - low) * index as f64 / (GRID - 1) as f64;
    let row = |y: usize| (0..GRID).map(|x| function.at([at(across, x), at(up, y)]).0).collect();
    (0..GRID).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specs(recipes: &[&str]) -> Vec<Entrant> {
        recipes.iter().map(|recipe| recipe.parse().expect("a recipe")).collect()
    }

    #[test]
    fn sgd_goes_against_the_gradient_by_its_rate() {
        let settings = RaceSettings { lr: Some(0.01), steps: 5, ..RaceSettings::default() };
        let race = race("booth", &specs(&["sgd"]), &settings).expect("a race");
        let lane = &race.heats[0].lanes[0];
        assert_eq!(lane.steps.len(), 6);
        for step in &lane.steps[..5] {
            for axis in 0..2 {
                assert!((step.update[axis] + 0.01 * step.gradient[axis]).abs() < 1e-5, "{step:?}");
            }
        }
        assert_eq!(lane.steps[5].update, [0.0, 0.0]);
    }

    #[test]
    fn every_optimizer_can_race() {
        let settings = RaceSettings { steps: 30, trials: 2, noise: 0.1, ..RaceSettings::default() };
        let rules = optim::rules::all().into_iter().map(|rule| rule.info().name.to_string());
        let wrappers =
            optim::wrappers::all().into_iter().map(|wrapper| format!("{}(sgd)", wrapper.info().name));
        let recipes: Vec<String> = rules
            .chain(wrappers)
            .chain(["sgd, step every=2ep".to_string(), "adam, cosine".to_string()])
            .collect();
        let recipes: Vec<&str> = recipes.iter().map(String::as_str).collect();
        let race = race("booth", &specs(&recipes), &settings).expect("a race");
        assert_eq!(race.heats[0].lanes.len(), recipes.len());
        assert!(race.heats[0].lanes.iter().all(|lane| lane.steps.len() > 1));
    }

    #[test]
    fn a_stated_rate_stays() {
        let settings = RaceSettings { steps: 20, ..RaceSettings::default() };
        let race = race("booth", &specs(&["sgd lr=0.003", "sgd"]), &settings).expect("a race");
        for heat in &race.heats {
            assert_eq!(heat.lanes[0].recipe, "sgd lr=0.003");
            assert_ne!(heat.lanes[1].recipe, "sgd lr=0.003");
            assert!(heat.rates.ends_with("stated rates stay"), "{}", heat.rates);
        }
    }

    #[test]
    fn every_preset_shows_its_failure_and_its_prediction() {
        for preset in PRESETS {
            let race = preset.race().expect("a race");
            let prediction = race.prediction.as_ref().expect("a preset predicts");
            assert_eq!(prediction.path.len() as u64, preset.steps + 1, "{}", preset.name);
            assert!(prediction.path.iter().flatten().all(|x| x.is_finite()), "{}", preset.name);
            // The first recipe that the prediction is for ends where it says.
            let lane =
                &race.heats[0].lanes[PREDICTED.iter().find(|it| it.0 == preset.name).expect("listed").1];
            let (end, predicted) =
                (lane.steps.last().expect("steps").at, prediction.path[lane.steps.len() - 1]);
            let domain = race.domain.map(|[low, high]| high - low);
            let apart =
                (0..2).map(|axis| (end[axis] - predicted[axis]).abs() / domain[axis]).fold(0.0, f64::max);
            assert!(apart < 0.05, "{}: {end:?} and {predicted:?}", preset.name);
        }
    }

    /// The lane that each prediction is for.
    const PREDICTED: [(&str, usize); 6] =
        [("overshoot", 0), ("plateau", 1), ("saddle", 0), ("cliff", 1), ("rotated-valley", 0), ("reddi", 0)];

    #[test]
    fn the_same_rate_is_that_of_the_curvature_at_the_start() {
        // ½(x² + κy²): the larger curvature is κ.
        let function = by_name("quadratic").expect("listed");
        let steep = function.at([0.0, 1.0]).1[1];
        let found = largest_curvature(function, function.start);
        assert!((found - steep).abs() < 1e-6 * steep, "{found} is not {steep}");
    }

    #[test]
    fn a_tuned_path_ends_no_higher_and_noise_is_the_same_for_all() {
        let settings = RaceSettings { noise: 0.5, steps: 50, ..RaceSettings::default() };
        let race = race("rosenbrock", &specs(&["sgd", "adam"]), &settings).expect("a race");
        for (same, tuned) in race.heats[0].lanes.iter().zip(&race.heats[1].lanes) {
            assert!(end(tuned, &settings) <= end(same, &settings) * 1.5, "{}", tuned.recipe);
        }
        let [a, b] = [0, 1].map(|lane| race.heats[0].lanes[lane].steps[0].gradient);
        assert_eq!(a, b);
        assert_eq!(race, super::race("rosenbrock", &specs(&["sgd", "adam"]), &settings).expect("a race"));
    }
}

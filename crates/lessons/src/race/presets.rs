//! Races that show a failure, with its formula's prediction.

use std::f64::consts::FRAC_1_SQRT_2;

use lab::tasks::functions::{Function, by_name};
use optim::Optimizer;
use report::race::{Heat, Lane, Live, Prediction, Race, Step};

use super::{Entrant, GRID, RaceSettings, live, race};
use crate::error::Error;

/// A race that shows how a method fails.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Name on the command line: `overshoot`.
    pub name: &'static str,
    /// The failure in one line.
    pub why: &'static str,
    /// Function, recipes and start.
    board: Board,
    /// Number of steps.
    pub steps: u64,
    /// The prediction in words and formula.
    pub predicts: &'static str,
    path: Path,
}

/// Predicted path.
#[derive(Debug, Clone, Copy)]
enum Path {
    /// The point after a number of steps.
    Formula(fn(f64) -> [f64; 2]),
    /// Gradient flow on a test function from a start, whose speed is clipped at 1, for the time of a rate a step.
    Flow(&'static str, [f64; 2], f64),
}

/// The place of a race.
#[derive(Debug, Clone, Copy)]
enum Board {
    /// A test function with recipes that state their rates, and the start.
    Function(&'static str, &'static [&'static str], [f32; 2]),
    /// Reddi's sequence, the steps from left to right.
    Reddi,
}

/// The slope of every third step of Reddi's sequence.
const REDDI: f64 = 3.0;

/// Every preset.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "overshoot",
        why: "a rate above 2/L jumps from side to side and grows",
        board: Board::Function("quadratic", &["sgd lr=0.021", "sgd lr=0.019"], [1.4, 0.2]),
        steps: 30,
        predicts: "at 2.1/L: x = (1 − η)ᵗ x₀, y = (1 − 100η)ᵗ y₀, so |y| grows by 1.1 a step",
        path: Path::Formula(|t| [1.4 * (1.0_f64 - 0.021).powf(t), 0.2 * signed_power(1.0 - 2.1, t)]),
    },
    Preset {
        name: "plateau",
        why: "gradients of 1e-6 move SGD nowhere; dividing by their size does",
        board: Board::Function("easom", &["sgd lr=1", "sign_sgd lr=0.01", "adam lr=0.01"], [6.0, 6.0]),
        steps: 100,
        predicts: "a method that divides the gradient by its size moves by η in each coordinate: x = y = 6 − 0.01t",
        path: Path::Formula(|t| [6.0 - 0.01 * t; 2]),
    },
    Preset {
        name: "saddle",
        why: "a saddle entered exactly on its axis holds every method without noise",
        board: Board::Function(
            "saddle",
            &["sgd lr=0.05", "sgd lr=0.05 momentum=0.9", "adam lr=0.05"],
            [1.0, 0.0],
        ),
        steps: 200,
        predicts: "SGD: x = (1 − 2η)ᵗ and y = 0, which ends at the saddle",
        path: Path::Formula(|t| [0.9_f64.powf(t), 0.0]),
    },
    Preset {
        name: "cliff",
        why: "one gradient at a wall throws the weights far away; clipping bounds the step",
        board: Board::Function("cliff", &["sgd lr=0.1", "sgd lr=0.1, clip=1"], [5.0, -1.9]),
        steps: 200,
        predicts: "with the norm clipped at 1 a step is at most η long, so descent follows the clipped gradient flow",
        path: Path::Flow("cliff", [5.0, -1.9], 0.1),
    },
    Preset {
        name: "rotated-valley",
        why: "Adam's rate for each coordinate is no help in a valley that lies across the axes",
        board: Board::Function("quadratic-rotated", &["sgd lr=0.0198", "adam lr=0.1"], [1.414, 0.0]),
        steps: 150,
        predicts: "SGD at 2/(L + m): u = (1 − η)ᵗ u₀ along the valley, v = (1 − 100η)ᵗ v₀ across, at any angle",
        path: Path::Formula(|t| {
            let (u, v) = ((1.0_f64 - 0.0198).powf(t), -signed_power(1.0 - 1.98, t));
            [(u - v) * FRAC_1_SQRT_2, (u + v) * FRAC_1_SQRT_2]
        }),
    },
    Preset {
        name: "reddi",
        why: "Adam ends at the worst point of a sequence of slopes C, −1, −1",
        board: Board::Reddi,
        steps: 600,
        predicts: "Adam ends at x = 1 with an average regret of at least (2C − 4)/3; the best point is −1",
        path: Path::Formula(|t| [t, 1.0]),
    },
];

/// The preset of this name.
///
/// ```
/// let race = lessons::race::preset("overshoot")?.race()?;
/// let sgd = &race.heats[0].lanes[0];
/// let predicted = race.prediction.as_ref().unwrap().path[30];
/// assert!((sgd.steps[30].at[1] - predicted[1]).abs() < 1e-4);
/// # Ok::<(), lessons::Error>(())
/// ```
///
/// # Errors
/// [`Error::Unknown`] with the most similar name.
pub fn preset(name: &str) -> Result<&'static Preset, Error> {
    let names: Vec<&'static str> = PRESETS.iter().map(|preset| preset.name).collect();
    PRESETS.iter().find(|preset| preset.name == name).ok_or_else(|| Error::unknown("preset", name, &names))
}

impl Preset {
    /// Runs the race, with the predicted path.
    ///
    /// # Errors
    /// If a recipe cannot be used.
    pub fn race(&self) -> Result<Race, Error> {
        let mut found = match self.board {
            Board::Function(function, recipes, start) => {
                let entrants =
                    recipes.iter().map(|recipe| recipe.parse()).collect::<Result<Vec<Entrant>, _>>()?;
                let settings =
                    RaceSettings { start: Some(start), steps: self.steps, ..RaceSettings::default() };
                race(function, &entrants, &settings)?
            }
            Board::Reddi => reddi(self.steps)?,
        };
        found.heats.truncate(1);
        found.heats[0].rates = format!("preset {}", self.name);
        found.prediction = Some(Prediction { label: self.predicts.to_string(), path: self.path() });
        Ok(found)
    }

    /// Numbers by which a page computes the paths from another start; `None` for a race that is on no test function.
    ///
    /// # Errors
    /// If a recipe cannot be used.
    pub fn live(&self) -> Result<Option<Live>, Error> {
        let Board::Function(function, recipes, start) = self.board else { return Ok(None) };
        let entrants = recipes.iter().map(|recipe| recipe.parse()).collect::<Result<Vec<Entrant>, _>>()?;
        let settings = RaceSettings { start: Some(start), steps: self.steps, ..RaceSettings::default() };
        Ok(live(function, &entrants, &settings))
    }

    fn path(&self) -> Vec<[f64; 2]> {
        match self.path {
            Path::Formula(at) => (0..=self.steps).map(|step| at(step as f64)).collect(),
            Path::Flow(function, start, lr) => {
                flow(by_name(function).expect("it is listed"), start, lr, self.steps)
            }
        }
    }
}

/// A negative base to the power of a whole number of steps.
fn signed_power(base: f64, steps: f64) -> f64 {
    base.powi(steps as i32)
}

/// Points of the gradient flow whose speed is at most 1, each after a time of `lr`.
fn flow(function: &Function, mut at: [f64; 2], lr: f64, steps: u64) -> Vec<[f64; 2]> {
    const PARTS: u32 = 10;
    let mut path = vec![at];
    for _ in 0..steps {
        for _ in 0..PARTS {
            let (_, [x, y]) = function.at(at);
            let slower = lr / f64::from(PARTS) / x.hypot(y).max(1.0);
            at = [at[0] - slower * x, at[1] - slower * y];
        }
        path.push(at);
    }
    path
}

/// Reddi's sequence on [−1, 1], with the steps from left to right.
fn reddi(steps: u64) -> Result<Race, Error> {
    let beta2 = 1.0 / (1.0 + REDDI * REDDI);
    let recipes = ["adam", "adam amsgrad=true", "adopt clip=false"];
    let run = |rule: &str| -> Result<Lane, Error> {
        let recipe = format!("{rule} lr=0.1 beta1=0 beta2={beta2}, rsqrt flat=1");
        let spec: optim::OptimizerSpec = recipe.parse().map_err(lab::Error::from)?;
        let mut optimizer = Optimizer::of_slice(spec, 1).map_err(lab::Error::from)?.with_total_steps(steps);
        let (mut x, mut path) = ([0.0_f32], vec![]);
        for step in 0..=steps {
            let slope = if step % 3 == 0 { REDDI } else { -1.0 };
            let before = f64::from(x[0]);
            if step < steps {
                optimizer.step(&mut x, &[slope as f32]);
                x[0] = x[0].clamp(-1.0, 1.0);
            }
            let update = [0.0, f64::from(x[0]) - before];
            let arrays = optimizer.state_dict().arrays.into_iter();
            let state = arrays.map(|(name, array)| (name, [0.0, f64::from(array[0])])).collect();
            let at = [step as f64, before];
            path.push(Step { at, value: mean_slope() * before, gradient: [0.0, slope], update, state });
        }
        Ok(Lane { recipe: rule.to_string(), steps: path })
    };
    let domain = [[0.0, steps as f64], [-1.2, 1.2]];
    let row = |index: usize| {
        let y = -1.2 + 2.4 * index as f64 / (GRID - 1) as f64;
        vec![mean_slope() * y; GRID]
    };
    Ok(Race {
        function: "Reddi's sequence".into(),
        formula: format!("slopes {REDDI}, −1, −1, … on [−1, 1]; across: the step, up: x"),
        domain,
        minima: vec![[steps as f64, -1.0]],
        grid: (0..GRID).map(row).collect(),
        noise: 0.0,
        heats: vec![Heat {
            rates: String::new(),
            lanes: recipes.iter().map(|rule| run(rule)).collect::<Result<_, _>>()?,
        }],
        prediction: None,
    })
}

/// Mean of the slopes of a cycle.
fn mean_slope() -> f64 {
    (REDDI - 2.0) / 3.0
}

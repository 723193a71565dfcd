//! Races of optimizers on a test function, made again whenever the start is dragged.

use lab::tasks::functions::by_name;
use lessons::race::{Entrant, RaceSettings, preset, race};
use report::race::{Heat, Lane, Race, contour, levels};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::numbers::{number, row};
use crate::problem::Problem;

/// Maximum numbers of recipes, steps and trials.
const MOST: (usize, u64, u32) = (12, 2000, 100);

/// A race that a page asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    function: Option<String>,
    /// A known failure in place of all else.
    preset: Option<String>,
    #[serde(default)]
    recipes: Vec<String>,
    start: Option<[f32; 2]>,
    #[serde(default)]
    noise: f64,
    #[serde(default)]
    seed: u64,
    steps: Option<u64>,
    lr: Option<f64>,
    /// Rates that are tried for each recipe; with 0 only the race at one rate is made.
    trials: Option<u32>,
}

/// Contours of a function, its start and where it is least, in its own coordinates.
pub(crate) fn ground(function: &str) -> Result<Value, Problem> {
    let found = by_name(function);
    // A race of nobody has the grid, or the error.
    let settings = RaceSettings { steps: 0, trials: 0, ..RaceSettings::default() };
    let race = race(function, &[], &settings)?;
    let start = found.map(|found| found.start.map(f64::from));
    Ok(drawn(&race, start))
}

fn drawn(race: &Race, start: Option<[f64; 2]>) -> Value {
    let last = (race.grid.len() - 1) as f64;
    let place = |(column, row): (f64, f64)| [column / last, row / last];
    let contours: Vec<Value> = levels(&race.grid)
        .into_iter()
        .map(|level| contour(&race.grid, level).into_iter().flatten().flat_map(place).map(short).collect())
        .collect();
    json!({
        "function": race.function,
        "formula": race.formula,
        "domain": race.domain,
        "minima": race.minima,
        "start": start,
        "contours": contours,
    })
}

/// A fraction of the picture to a fifth of a pixel.
fn short(fraction: f64) -> Value {
    ((fraction * 2000.0).round() / 2000.0).into()
}

/// Paths from a start.
pub(crate) fn paths(asked: Asked) -> Result<Value, Problem> {
    let Asked { function, preset: failure, recipes, start, noise, seed, steps, lr, trials } = asked;
    if let Some(name) = failure {
        let race = preset(&name)?.race()?;
        let mut value = with_heats(&race);
        value["ground"] = drawn(&race, None);
        return Ok(value);
    }
    let (steps, trials) = (steps.unwrap_or(200), trials.unwrap_or(0));
    let (most_recipes, most_steps, most_trials) = MOST;
    let is_positive = |x: &f64| x.is_finite() && *x > 0.0;
    for (is_right, expected, found) in [
        (recipes.len() <= most_recipes, format!("at most {most_recipes} recipes"), recipes.len().to_string()),
        ((1..=most_steps).contains(&steps), format!("1 to {most_steps} steps"), steps.to_string()),
        (trials <= most_trials, format!("at most {most_trials} trials"), trials.to_string()),
        (noise.is_finite() && noise >= 0.0, "noise from 0".to_string(), noise.to_string()),
        (lr.as_ref().is_none_or(is_positive), "a rate above 0".to_string(), format!("{lr:?}")),
        (
            start.is_none_or(|at| at.iter().all(|x| x.is_finite())),
            "a finite start".to_string(),
            format!("{start:?}"),
        ),
    ] {
        if !is_right {
            return Err(Problem::bad(format!("expected {expected}, found {found}"), "change it"));
        }
    }
    let entrants = recipes.iter().map(|recipe| recipe.trim().parse()).collect::<Result<Vec<Entrant>, _>>()?;
    let settings = RaceSettings { start, noise, seed, steps, lr, trials };
    Ok(with_heats(&race(&function.unwrap_or_default(), &entrants, &settings)?))
}

fn with_heats(race: &Race) -> Value {
    let heats = race.heats.iter().filter(|heat| !heat.lanes.is_empty());
    let heats: Vec<Value> = heats.map(|Heat { rates, lanes }| json!({ "rates": rates, "lanes": lanes.iter().map(lane).collect::<Vec<Value>>() })).collect();
    let prediction = race.prediction.as_ref();
    json!({
        "heats": heats,
        "prediction": prediction.map(|found| json!({
            "label": found.label,
            "path": found.path.iter().map(|at| row(at)).collect::<Vec<Value>>(),
        })),
    })
}

fn lane(Lane { recipe, steps }: &Lane) -> Value {
    let path: Vec<Value> = steps.iter().map(|step| row(&step.at)).collect();
    let values: Vec<Value> = steps.iter().map(|step| number(step.value)).collect();
    json!({ "recipe": recipe, "path": path, "values": values })
}

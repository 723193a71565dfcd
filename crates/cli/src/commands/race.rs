use std::path::PathBuf;

use clap::Args;
use files::Output;
use lessons::race::{Entrant, PRESETS, RaceSettings, SHORT_NAMES, live, preset, race};
use optim::hyper::Value;
use report::chart::significant;
use report::race::{Heat, Race};

use super::Command;
use crate::args::OutputArgs;
use crate::console;
use crate::failure::Failure;
use crate::text;

#[derive(Args)]
#[command(
    about = "Lets optimizers run over a test function and draws their paths",
    long_about = "Lets optimizers run over a function of two numbers from the same start with the same noise, twice: at the \
        same rate, and each tuned alike, with the best of the same number of rates between 1e-5 and 10. --svg \
        draws the paths over contours, --html writes one page that plays them and shows the gradient, the state and the \
        update of each step; its switch between the two choices of rates is always in view. The page computes the \
        paths again from another start or at another rate, without a network. A recipe that states its rate keeps it. --preset runs a known failure and draws what its formula predicts.",
    after_help = examples_and_names(),
    mut_arg("json", |json| json.help("Print the paths as one JSON object and nothing else")),
)]
pub(crate) struct RaceArgs {
    /// The function: rosenbrock, saddle, rastrigin
    #[arg(value_name = "FUNCTION", required_unless_present = "preset")]
    function: Option<String>,
    /// Recipes: sgd momentum 'adam beta1=0.5'
    #[arg(value_name = "RECIPE", required_unless_present = "preset")]
    recipes: Vec<String>,
    /// A known failure with its prediction, in place of a function and recipes
    #[arg(long, value_name = "NAME", conflicts_with_all = ["function", "recipes", "start", "noise", "seed", "steps", "rates", "lr", "trials"])]
    preset: Option<String>,
    /// The start instead of the function's
    #[arg(long, value_name = "X,Y", value_parser = point, allow_hyphen_values = true)]
    start: Option<[f32; 2]>,
    /// Standard deviation of noise in each number of a gradient
    #[arg(long, value_name = "STD", value_parser = not_negative, allow_hyphen_values = true, default_value_t = 0.0)]
    noise: f64,
    /// Seed of the noise
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Steps of each path
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=5_000), default_value_t = 200)]
    steps: u64,
    /// The rates that the table and --svg show; --html has both
    #[arg(long, value_enum, value_name = "CHOICE", default_value_t = Rates::Tuned)]
    rates: Rates,
    /// The rate of --rates same: without it, 1/L with the largest curvature L at the start
    #[arg(long, value_name = "LR", value_parser = positive)]
    lr: Option<f64>,
    /// Rates that --rates tuned tries for each recipe
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(2..=200), default_value_t = 25)]
    trials: u32,
    /// Write the paths over contours here
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the page that plays the paths here
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

fn examples_and_names() -> String {
    let presets: String =
        PRESETS.iter().map(|preset| format!("  {}: {}\n", preset.name, preset.why)).collect();
    let short = SHORT_NAMES.map(|(name, recipe)| format!("`{name}` is `{recipe}`")).join(", ");
    format!(
        "Examples:\n  descent race rosenbrock sgd momentum adam\n  \
        descent race saddle sgd adam --start 1,0.0001 --html race.html\n  \
        descent race rastrigin 'sgd momentum=0.99' adam --noise 20 --rates same --lr 0.002 --svg race.svg\n  \
        descent race --preset overshoot --svg overshoot.svg\n\n\
        Presets:\n{presets}\n`descent tasks` lists the functions, `descent optimizers` the optimizers. {short}."
    )
}

/// Choice of rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Rates {
    /// The same for all
    Same,
    /// Each tuned alike
    Tuned,
}

impl Command for RaceArgs {
    const NAME: &'static str = "race";

    fn run(self) -> Result<(), Failure> {
        let RaceArgs {
            function,
            recipes,
            preset: failure,
            start,
            noise,
            seed,
            steps,
            rates,
            lr,
            trials,
            svg,
            html,
            output,
        } = self;
        let failure = failure.map(|name| preset(&name)).transpose()?;
        let entrants = recipes.iter().map(|recipe| recipe.parse()).collect::<Result<Vec<Entrant>, _>>()?;
        let claim =
            |path: &Option<PathBuf>, flag| path.as_ref().map(|path| Output::claim(path, flag)).transpose();
        let (svg_file, html_file) = (claim(&svg, "--svg")?, claim(&html, "--html")?);
        if let (Some(page), Some(picture)) = (&html_file, &svg) {
            page.differs_from(picture, "--svg")?;
        }
        let settings = RaceSettings { start, noise, seed, steps, lr, trials };
        let function = function.unwrap_or_default();
        let (race, live) = match failure {
            Some(preset) => (preset.race()?, preset.live()?),
            None => (race(&function, &entrants, &settings)?, live(&function, &entrants, &settings)),
        };
        let heat = usize::from(rates == Rates::Tuned).min(race.heats.len() - 1);
        if let Some(file) = svg_file {
            file.commit(race.svg(heat).as_bytes())?;
        }
        if let Some(file) = html_file {
            let page = live.map_or_else(|| race.page(), |live| race.live_page(&live));
            file.commit(page.as_bytes())?;
        }
        if output.json {
            let mut object = serde_json::to_value(&race).expect("plain data");
            object["schema"] = console::SCHEMA.into();
            return Ok(console::print(&object.to_string())?);
        }
        let mut page = shown(&race, &race.heats[heat]);
        for (name, path) in [("picture", &svg), ("page", &html)] {
            if let Some(path) = path {
                page += &format!("\n{name}: {}", files::text::path(path));
            }
        }
        Ok(console::print(&page)?)
    }
}

fn point(text: &str) -> Result<[f32; 2], String> {
    let numbers: Vec<f32> = text.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    match numbers[..] {
        [x, y] if x.is_finite() && y.is_finite() && text.matches(',').count() == 1 => Ok([x, y]),
        _ => Err("expected two numbers such as `-1.2,1`".to_string()),
    }
}

fn not_negative(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|x: &f64| x.is_finite() && *x >= 0.0)
        .ok_or_else(|| "expected a number from 0".to_string())
}

pub(super) fn positive(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|x: &f64| x.is_finite() && *x > 0.0)
        .ok_or_else(|| "expected a number above 0".to_string())
}

const SHADES: [char; 6] = [' ', '·', ':', '-', '=', '#'];
const GLYPHS: [char; 6] = ['●', '■', '▲', '◆', '▼', '○'];

/// The function in shades, darker where it is higher, with the paths, and a table of their ends.
fn shown(race: &Race, heat: &Heat) -> String {
    let width = console::width();
    let mut page = format!("{}: {}\n", race.function, race.formula);
    page = text::wrap(&page, width).join("\n") + "\n";
    let noise =
        if race.noise > 0.0 { format!("; noise {}", Value::Number(race.noise)) } else { String::new() };
    page += &text::paragraph(&format!("rates: {}{noise}", heat.rates), 0, width);
    page.push('\n');
    page += &board(race, heat, width.saturating_sub(4).clamp(20, 64));
    page.push('\n');
    for (index, lane) in heat.lanes.iter().enumerate() {
        let glyph = GLYPHS[index % GLYPHS.len()];
        let end = lane.steps.last().map_or("no step is finite".to_string(), |last| {
            let [x, y] = last.at.map(significant);
            format!("f = {} at ({x}, {y}) after {} steps", significant(last.value), lane.steps.len() - 1)
        });
        page += &text::paragraph(&format!("{glyph} {}: {end}", lane.recipe), 2, width);
    }
    let predicted = race.prediction.as_ref().map_or(String::new(), |prediction| {
        text::paragraph(&format!("+ prediction: {}", prediction.label), 2, width)
    });
    let [left, right, bottom, top] =
        [race.domain[0][0], race.domain[0][1], race.domain[1][0], race.domain[1][1]];
    page + &text::paragraph(
        &format!("x from {left} to {right}, y from {bottom} to {top}; ✕ is a minimum"),
        2,
        width,
    ) + &predicted
}

pub(super) fn board(race: &Race, heat: &Heat, columns: usize) -> String {
    let rows = columns / 3;
    let levels = report::race::levels(&race.grid);
    let last = race.grid.len() - 1;
    let shade = |row: usize, column: usize| {
        let value = race.grid[last - row * last / (rows - 1)][column * last / (columns - 1)];
        let above = levels.iter().filter(|level| value > **level).count();
        SHADES[above * (SHADES.len() - 1) / levels.len().max(1)]
    };
    let mut cells: Vec<Vec<char>> =
        (0..rows).map(|row| (0..columns).map(|column| shade(row, column)).collect()).collect();
    let cell = |[x, y]: [f64; 2]| {
        let place = |value: f64, [low, high]: [f64; 2], count: usize| {
            let fraction = (value - low) / (high - low);
            (0.0..=1.0).contains(&fraction).then(|| (fraction * (count - 1) as f64).round() as usize)
        };
        Some((rows - 1 - place(y, race.domain[1], rows)?, place(x, race.domain[0], columns)?))
    };
    let predicted = race.prediction.iter().flat_map(|prediction| &prediction.path);
    for (row, column) in predicted.filter_map(|&at| cell(at)) {
        cells[row][column] = '+';
    }
    for (index, lane) in heat.lanes.iter().enumerate() {
        for (row, column) in lane.steps.iter().filter_map(|step| cell(step.at)) {
            cells[row][column] = GLYPHS[index % GLYPHS.len()];
        }
    }
    for (row, column) in race.minima.iter().filter_map(|&minimum| cell(minimum)) {
        cells[row][column] = '✕';
    }
    cells.into_iter().map(|row| format!("  {}\n", row.into_iter().collect::<String>().trim_end())).collect()
}

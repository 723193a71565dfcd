//! The comparison as one HTML file.

mod tuning;
mod why;

use lab::compare::{Comparison, Pair, Tuned};
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use train::record::Status;
use train::{Metric, Record, Split};

use crate::heading::{headline, line_and_band};
use crate::look::{STYLE, look};
use crate::measure;
use crate::number::{self, NONE, count, counted};
use crate::panel::Panel;
use crate::prose;
use crate::ranking::ranked;
use crate::table::{cells, footnotes, target};
use crate::text::{plain, shorten};

/// One self-contained page: the verdict, the table, the curves, what each number means, the
/// settings and every run.
///
/// It makes no request: pictures, styles and the script are inside, and its content security policy
/// forbids everything else, scripts from elsewhere and inline handlers included. It is complete
/// without JavaScript, which only adds the values under the pointer. Names are escaped, whatever
/// they hold. At most 200 runs and 400 pairs are shown, and the page says how many are left out.
pub fn page(comparison: &Comparison) -> String {
    render(content(comparison))
}

/// The same page with the recipes tuned alike after those as they are set, and a verdict on both. `tuning` says how
/// the settings were chosen.
pub fn tuned_page(comparison: &Comparison, tuned: &Tuned, tuning: &str) -> String {
    let mut content = content(comparison);
    content.verdict = sentence(&prose::tuned_verdict(comparison, tuned));
    content.warnings.extend(prose::tuning_warnings(tuned).iter().map(|warning| sentence(warning)));
    let tuned = tuning::content(tuned, tuning);
    let [loss, score] = [Panel::loss(comparison), Panel::score(comparison)];
    let [tuned_loss, tuned_score] = &tuned.hover;
    content.hover = for_script(&[&loss.hover(), &score.hover(), tuned_loss, tuned_score]);
    content.tuned = Some(tuned);
    render(content)
}

fn render(content: Content) -> String {
    let environment = Environment::new();
    // The name decides that values are escaped for HTML.
    environment
        .render_named_str("page.html", TEMPLATE, Serde(content))
        .expect("the template is part of the program and every value is plain data")
}

const TEMPLATE: &str = include_str!("page/page.html");
const CSS: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// SHA-256 of [`SCRIPT`] in base 64: with it in the policy no other script runs.
const SCRIPT_HASH: &str = "DqaNa/2D53j6UCgrFl3QUunurfZptbeEscXO+dUPF9I=";

const MOST_RUNS: usize = 200;
const MOST_PAIRS: usize = 400;
const NAME_COLUMNS: usize = 60;
const SENTENCE_COLUMNS: usize = 1000;

/// Data of the template.
#[derive(Serialize)]
struct Content {
    policy: String,
    style: String,
    script: &'static str,
    headline: String,
    facts: String,
    sample: Option<Sample>,
    verdict: String,
    warnings: Vec<String>,
    measure: &'static str,
    unit: &'static str,
    direction: String,
    target: String,
    rows: Vec<ResultRow>,
    footnotes: Vec<String>,
    line_and_band: String,
    panels: [String; 2],
    hover: String,
    pairs: Vec<PairRow>,
    pair_count: String,
    pairs_left_out: bool,
    tuned: Option<tuning::Content>,
    rules: Vec<why::RuleNote>,
    command: String,
    settings: Vec<(String, String)>,
    recipes: Vec<String>,
    runs: Vec<RunRow>,
    run_count: String,
    runs_left_out: Option<String>,
}

#[derive(Serialize)]
struct Sample {
    dataset: String,
    train: String,
    test: String,
}

#[derive(Serialize)]
struct ResultRow {
    look: usize,
    swatch: String,
    name: String,
    loss: String,
    score: String,
    interval: String,
    epochs_to_target: String,
    seconds_to_target: String,
    seconds_per_epoch: String,
    state: String,
}

#[derive(Serialize)]
struct PairRow {
    better: String,
    worse: String,
    difference: String,
    interval: String,
    seeds: String,
    p_value: String,
    distinct: bool,
}

#[derive(Serialize)]
struct RunRow {
    optimizer: String,
    seed: u64,
    ended: String,
    epochs: usize,
    train_loss: String,
    test_loss: String,
    test_score: String,
    seconds: String,
    kernel: String,
}

fn content(comparison: &Comparison) -> Content {
    let Comparison { command, settings, metric, rows, pairs, runs, .. } = comparison;
    let panels = [Panel::loss(comparison), Panel::score(comparison)];
    let left_out = runs.len().saturating_sub(MOST_RUNS);
    Content {
        policy: format!(
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{SCRIPT_HASH}'; \
             img-src data:; base-uri 'none'; form-action 'none'"
        ),
        style: format!("{CSS}{STYLE}"),
        script: SCRIPT,
        headline: headline(comparison),
        facts: runs.first().map(facts).unwrap_or_default(),
        sample: runs.iter().find(|run| run.task.data.sample).map(sample),
        verdict: sentence(&prose::verdict(comparison)),
        warnings: prose::warnings(comparison).iter().map(|warning| sentence(warning)).collect(),
        measure: metric.name(),
        unit: measure::unit(*metric),
        direction: measure::direction(*metric),
        target: target(comparison),
        rows: result_rows(comparison),
        footnotes: footnotes(comparison),
        line_and_band: line_and_band(comparison),
        hover: for_script(&panels.each_ref().map(Panel::hover)),
        panels: panels.map(|panel| panel.inline()),
        pairs: pairs.iter().take(MOST_PAIRS).map(|pair| pair_row(pair, *metric)).collect(),
        pair_count: counted(pairs.len(), "pair"),
        pairs_left_out: pairs.len() > MOST_PAIRS,
        tuned: None,
        rules: why::rules(rows),
        command: sentence(command),
        settings: settings.iter().map(|(name, value)| (sentence(name), sentence(value))).collect(),
        recipes: rows.iter().map(|row| sentence(&row.recipe)).collect(),
        runs: runs.iter().take(MOST_RUNS).map(run_row).collect(),
        run_count: counted(runs.len(), "run"),
        runs_left_out: (left_out > 0).then(|| count(left_out)),
    }
}

fn facts(run: &Record) -> String {
    let model = format!("model {} with {} weights", name(&run.task.model), count(run.task.weights));
    match run.examples(Split::Train) {
        0 => model,
        train => {
            let test = count(run.examples(Split::Test));
            format!("{} training and {test} test examples · {model}", count(train))
        }
    }
}

fn sample(run: &Record) -> Sample {
    Sample {
        dataset: name(&run.task.data.name),
        train: count(run.examples(Split::Train)),
        test: count(run.examples(Split::Test)),
    }
}

fn result_rows(comparison: &Comparison) -> Vec<ResultRow> {
    let in_order = ranked(comparison).into_iter().zip(cells(comparison));
    in_order
        .map(|(index, cells)| {
            let (score, interval) = match cells.score.split_once(' ') {
                Some((mean, interval)) => (mean.to_string(), interval.to_string()),
                None => (cells.score, String::new()),
            };
            ResultRow {
                look: index,
                swatch: look(index).swatch(),
                name: shorten(&cells.name, NAME_COLUMNS),
                loss: cells.loss,
                score,
                interval,
                epochs_to_target: cells.epochs_to_target,
                seconds_to_target: cells.seconds_to_target,
                seconds_per_epoch: cells.seconds_per_epoch,
                state: cells.state,
            }
        })
        .collect()
}

fn pair_row(pair: &Pair, metric: Metric) -> PairRow {
    let Pair { better, worse, difference, p_value, distinct } = pair;
    let interval = match (difference.low, difference.high) {
        (Some(low), Some(high)) => {
            format!("{} to {}", measure::gain(metric, low), measure::gain(metric, high))
        }
        _ => NONE.to_string(),
    };
    PairRow {
        better: name(better),
        worse: name(worse),
        difference: measure::gain(metric, difference.mean),
        interval,
        seeds: count(difference.n),
        p_value: p_value.map_or(NONE.to_string(), number::p_value),
        distinct: *distinct,
    }
}

fn run_row(run: &Record) -> RunRow {
    let epochs = run.curve(Record::EPOCH_LOSS);
    let [loss, score] = [run.loss_curve(Split::Test), run.metric_curve(Split::Test)].map(<[_]>::last);
    RunRow {
        optimizer: name(&run.optimizer),
        seed: run.seed,
        ended: match run.status {
            Status::Finished => "finished".to_string(),
            Status::Diverged { step } => format!("diverged at step {step}"),
        },
        epochs: epochs.len(),
        train_loss: epochs.last().map_or(NONE.into(), |epoch| number::loss(epoch.value)),
        test_loss: loss.map_or(NONE.into(), |loss| number::loss(loss.value)),
        test_score: score.map_or(NONE.into(), |score| measure::value(run.task.metric, score.value)),
        seconds: loss.map_or(NONE.into(), |loss| number::seconds(loss.seconds, &[loss.seconds])),
        kernel: name(&run.environment.kernel),
    }
}

fn name(text: &str) -> String {
    shorten(&plain(text), NAME_COLUMNS)
}

fn sentence(text: &str) -> String {
    shorten(&plain(text), SENTENCE_COLUMNS)
}

/// JSON that cannot end its script element.
fn for_script(data: &impl Serialize) -> String {
    serde_json::to_string(data)
        .expect("spots have no map and no fallible field")
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_allows_the_script() {
        let hash = base64(&Sha256::digest(SCRIPT.as_bytes()));
        assert_eq!(hash, SCRIPT_HASH, "the script has changed: set SCRIPT_HASH to the left value");
    }

    #[test]
    fn data_cannot_leave_its_script() {
        let text = for_script(&["</script><!--", "&amp;", "\u{2028}\u{2029}"]);
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{text}");
        let back: Vec<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(back, ["</script><!--", "&amp;", "\u{2028}\u{2029}"]);
    }

    fn base64(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digit = |group: u32, place: u32| DIGITS[(group >> (18 - 6 * place)) as usize & 63] as char;
        bytes
            .chunks(3)
            .flat_map(|chunk| {
                let bits = chunk.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte));
                let group = bits << (8 * (3 - chunk.len()));
                (0..4).map(move |place| if place as usize <= chunk.len() { digit(group, place) } else { '=' })
            })
            .collect()
    }
}

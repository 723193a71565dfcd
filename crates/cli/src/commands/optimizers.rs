use anstyle::Style;
use clap::Args;
use optim::cost::{self, Cost};
use optim::hyper::Hyper;
use optim::{DynRule, Error, Info, LrSchedule, PlateauSettings, Tier, hyper::Hyperparameters};
use optim::{clips, rules, schedules, wrappers};
use serde_json::json;

use super::Command;
use crate::args::OutputArgs;
use crate::console;
use crate::facts;
use crate::failure::Failure;
use crate::text;

#[derive(Args)]
#[command(
    about = "Lists the optimizers and the wrappers around them, with the memory that each takes",
    long_about = "Lists every optimizer by family, and every wrapper around optimizers: its name, the learning \
        rate that it starts from, the bytes of state that it keeps for each weight on top of the weight and \
        its gradient, its passes over memory in a step, and the settings that raise them.",
    after_help = "Examples:\n  descent optimizers\n  descent optimizers --json\n  \
        descent optimizers --markdown > docs/optimizers.md\n  \
        descent explain adam             the formula, and each setting\n  \
        descent train --optimizer adam   try one\n  \
        descent compare --optimizers sgd,adam",
    mut_arg("json", |json| json.help("Print one JSON object an optimizer or wrapper and nothing else")),
)]
pub(crate) struct Optimizers {
    #[command(flatten)]
    output: OutputArgs,
    /// Print tables of all optimizers, wrappers, schedules and ways of clipping in Markdown
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

impl Command for Optimizers {
    const NAME: &'static str = "optimizers";

    fn run(self) -> Result<(), Failure> {
        let text = match (self.output.json, self.markdown) {
            (true, _) => json_lines()?,
            (_, true) => markdown()?,
            _ => page()?,
        };
        Ok(console::print(&text)?)
    }
}

fn json_lines() -> Result<String, Error> {
    let mut lines = String::new();
    for rule in rules::all() {
        let (card, cost) = (rule.info(), Cost::of_rule(&*rule)?);
        let object = json!({
            "schema": crate::console::SCHEMA,
            "kind": "optimizer",
            "name": card.name,
            "title": card.title,
            "family": card.family,
            "lr": rule.get("lr").map(facts::as_json),
            "state_bytes_per_weight": cost.state_bytes,
            "state_bytes_per_vector_weight": cost.state_bytes_of_vectors,
            "passes": facts::passes_as_json(cost.memory_traffic),
            "gradients": cost.gradients,
            "raised_by": facts::increases_as_json(&cost::increases(&*rule)?),
        });
        lines += &format!("{object}\n");
    }
    for wrapper in wrappers::all() {
        let (card, cost) = (wrapper.info(), Cost::of_wrapper(&*wrapper)?);
        let object = json!({
            "schema": crate::console::SCHEMA,
            "kind": "wrapper",
            "name": card.name,
            "title": card.title,
            "family": card.family,
            "state_bytes_per_weight": cost.state_bytes,
            "passes": facts::passes_as_json(cost.memory_traffic),
            "gradients": cost.gradients,
        });
        lines += &format!("{object}\n");
    }
    Ok(lines)
}

fn page() -> Result<String, Error> {
    let mut rows = vec![["", "lr", "bytes", "passes", ""].map(String::from)];
    // All families are one table, so that their columns are aligned.
    let mut heads: Vec<(usize, &str)> = vec![];
    for (family, members) in by_family() {
        heads.push((rows.len(), family));
        for rule in members {
            let (card, cost, increases) = (rule.info(), Cost::of_rule(&*rule)?, cost::increases(&*rule)?);
            let more = facts::bytes_in_words(&increases);
            rows.push([
                card.name.to_string(),
                rule.get("lr").map_or(String::new(), |lr| lr.to_string()),
                cost.state_bytes.to_string(),
                rounded(cost.memory_traffic.total()),
                if more.is_empty() { card.title.to_string() } else { format!("{} ({more})", card.title) },
            ]);
        }
    }
    heads.push((rows.len(), "wrappers, which go around any of them"));
    for wrapper in wrappers::all() {
        let (card, cost) = (wrapper.info(), Cost::of_wrapper(&*wrapper)?);
        let gradients = match cost.gradients {
            None | Some(1.0) => String::new(),
            Some(more) => format!(" ({} gradients a step)", rounded(more)),
        };
        let what = format!("{}{gradients}", card.title);
        let passes = rounded(cost.memory_traffic.total());
        rows.push([card.name.to_string(), String::new(), cost.state_bytes.to_string(), passes, what]);
    }
    let bold = Style::new().bold();
    let mut page = String::new();
    for (index, lines) in text::table(&rows, 2, console::width()).into_iter().enumerate() {
        if let Some((_, head)) = heads.iter().find(|(start, _)| *start == index) {
            page += &format!("{bold}{head}{bold:#}\n");
        }
        page += &lines;
    }
    let legend = "lr is the learning rate where none is given. bytes are those of state for each weight of a \
                  matrix, on top of 4 for the weight and 4 for its gradient; some settings add to them. passes \
                  are arrays as long as the weights that a step reads or writes; a wrapper's come on top.";
    page += &format!("\n{}", text::paragraph(legend, 0, console::width()));
    let next = "`descent explain NAME` tells what one does, with its formula and settings.";
    page += &format!("\n{}", text::paragraph(next, 0, console::width()));
    Ok(page)
}

/// The rules of each family, in the order of the registry.
fn by_family() -> Vec<(&'static str, Vec<Box<dyn DynRule>>)> {
    let mut families: Vec<(&'static str, Vec<Box<dyn DynRule>>)> = vec![];
    for rule in rules::all() {
        let family = rule.info().family;
        match families.iter_mut().find(|(known, _)| *known == family) {
            Some((_, members)) => members.push(rule),
            None => families.push((family, vec![rule])),
        }
    }
    families
}

fn markdown() -> Result<String, Error> {
    let mut page = String::from(
        "# Optimizers, wrappers, schedules and clipping\n\n\
         This page is written by `descent optimizers --markdown`, and a test compares the two: change the \
         declarations, not the page. `descent explain NAME` has the formula, the meaning and range of each \
         setting, and when a thing is a good choice.\n\n\
         *Bytes* are those of state for each weight of a matrix, on top of 4 for the weight and 4 for its \
         gradient; where those of a vector's weights differ, they follow the slash. *Passes* are the \
         arrays as long as the weights that a step reads and writes; *+* is what a setting adds. *Sees* is \
         what the update of a weight depends on: the weight alone, its whole parameter, or all weights.\n",
    );
    for (family, members) in by_family() {
        page += &format!("\n## {}\n\n", capital(family));
        page +=
            "| name | what | settings | bytes | passes | sees | source |\n|---|---|---|---|---|---|---|\n";
        for rule in members {
            page += &markdown_row(&*rule)?;
        }
    }
    page += "\n## Wrappers\n\n";
    page += "| name | what | settings | bytes | passes | gradients a step | source |\n|---|---|---|---|---|---|---|\n";
    for wrapper in wrappers::all() {
        let (Info { name, title, source, .. }, cost) = (wrapper.info(), Cost::of_wrapper(&*wrapper)?);
        let (settings, passes) = (defaults(wrapper.hypers()), rounded(cost.memory_traffic.total()));
        let gradients = cost.gradients.map_or(String::new(), rounded);
        page += &row(&[name, title, &settings, &cost.state_bytes.to_string(), &passes, &gradients, source]);
    }
    page += "\n## Schedules of the learning rate\n\n";
    page += &format!("Each also has `{}`, {}.\n\n", LrSchedule::WARMUP.name, lower(LrSchedule::WARMUP.doc));
    page += "| name | what | settings | first and last factor | source |\n|---|---|---|---|---|\n";
    for course in schedules::all() {
        let card = course.info();
        let [first, last] = card.ends;
        let ends = format!("{first}, {last}");
        page += &row(&[card.name, card.title, &defaults(course.hypers()), &ends, card.source]);
    }
    let plateau = PlateauSettings::default();
    let card = PlateauSettings::INFO;
    page +=
        &row(&[card.name, card.title, &defaults(plateau.hypers()), "1, depends on the loss", card.source]);
    page += "\n## Clipping\n\n| name | what | formula | passes | source |\n|---|---|---|---|---|\n";
    for clip in clips::all() {
        let card = clip.info();
        let passes = rounded(clip.memory_traffic().total());
        page += &row(&[card.name, card.title, &card.formula.replace('\n', " "), &passes, card.source]);
    }
    Ok(page)
}

fn markdown_row(rule: &dyn DynRule) -> Result<String, Error> {
    let (card, cost, increases) = (rule.info(), Cost::of_rule(rule)?, cost::increases(rule)?);
    let with =
        |plain: String, more: String| if more.is_empty() { plain } else { format!("{plain} ({more})") };
    let bytes = match (cost.state_bytes, cost.state_bytes_of_vectors) {
        (bytes, vector) if bytes == vector => bytes.to_string(),
        (bytes, vector) => format!("{bytes} / {vector}"),
    };
    let bytes = with(bytes, facts::bytes_in_words(&increases));
    let passes = with(rounded(cost.memory_traffic.total()), facts::passes_in_words(&increases));
    let sees = match rule.tier() {
        Tier::Elementwise => "weight",
        Tier::Tensor => "parameter",
        Tier::Vector => "all",
    };
    Ok(row(&[card.name, card.title, &defaults(rule.hypers()), &bytes, &passes, sees, card.source]))
}

/// A row of a table in Markdown; the first cell is a name.
fn row(cells: &[&str]) -> String {
    let cell = |(i, cell): (usize, &&str)| {
        let cell = cell.replace('|', "\\|");
        if i == 0 { format!("| `{cell}` ") } else { format!("| {cell} ") }
    };
    cells.iter().enumerate().map(cell).collect::<String>() + "|\n"
}

/// Settings with their defaults: `lr=0.001 beta1=0.9`.
fn defaults(hypers: Vec<Hyper>) -> String {
    let settings: Vec<String> =
        hypers.iter().map(|hyper| format!("{}={}", hyper.name, hyper.default)).collect();
    if settings.is_empty() { String::new() } else { format!("`{}`", settings.join(" ")) }
}

/// With at most two decimals.
fn rounded(x: f64) -> String {
    ((x * 100.0).round() / 100.0).to_string()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn lower(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
}

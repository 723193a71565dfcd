use anstyle::Style;
use clap::{Arg, ArgAction, ArgMatches, Command};
use optim::{Rule, rules};
use serde_json::json;

use crate::console;
use crate::facts;
use crate::failure::Failure;
use crate::text;

pub(crate) fn command() -> Command {
    Command::new("optimizers")
        .about("Lists the optimizers with the memory that each takes")
        .long_about(
            "Lists every optimizer by family: its name, the learning rate that it starts from, the bytes of \
             state that it keeps for each weight beside the weight and its gradient, and the settings that \
             raise them.",
        )
        .after_help(
            "Examples:\n  descent optimizers\n  descent optimizers --json\n  \
             descent explain adam             the formula, and each setting\n  \
             descent train --optimizer adam   try one\n  \
             descent compare --optimizers sgd,adam",
        )
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Print one JSON object an optimizer and nothing else"),
        )
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let rules = rules::all();
    console::print(&if matches.get_flag("json") { json_lines(&rules)? } else { page(&rules)? })?;
    Ok(())
}

fn json_lines(rules: &[Box<dyn Rule>]) -> Result<String, Failure> {
    let mut lines = String::new();
    for rule in rules {
        let card = rule.card();
        let object = json!({
            "schema": lab::record::SCHEMA,
            "kind": "optimizer",
            "name": card.name,
            "title": card.title,
            "family": card.family,
            "lr": rule.get("lr").map(facts::as_json),
            "state_bytes_per_weight": facts::state_bytes(&**rule)?,
            "raised_by": facts::raised_by_as_json(&**rule)?,
        });
        lines += &format!("{object}\n");
    }
    Ok(lines)
}

fn page(rules: &[Box<dyn Rule>]) -> Result<String, Failure> {
    let heads = ["", "lr", "bytes", ""].map(String::from);
    let mut rows = vec![heads];
    let mut families: Vec<&str> = Vec::new();
    for rule in rules {
        if !families.contains(&rule.card().family) {
            families.push(rule.card().family);
        }
    }
    // All families are one table, so that their columns stand below each other.
    let mut starts = Vec::new();
    for family in &families {
        starts.push(rows.len());
        for rule in rules.iter().filter(|rule| rule.card().family == *family) {
            let card = rule.card();
            let more = facts::raised_by_in_words(&**rule)?;
            rows.push([
                card.name.to_string(),
                rule.get("lr").map_or(String::new(), |lr| lr.to_string()),
                facts::state_bytes(&**rule)?.to_string(),
                if more.is_empty() { card.title.to_string() } else { format!("{} ({more})", card.title) },
            ]);
        }
    }
    let bold = Style::new().bold();
    let mut page = String::new();
    for (index, lines) in text::table(&rows, 2, console::width()).into_iter().enumerate() {
        if let Some(place) = starts.iter().position(|&start| start == index) {
            page += &format!("{bold}{}{bold:#}\n", families[place]);
        }
        page += &lines;
    }
    let legend = "lr is the learning rate where none is given. bytes are those of state for each weight, beside \
                  4 for the weight and 4 for its gradient; some settings add to them.";
    page += &format!("\n{}", text::paragraph(legend, 0, console::width()));
    page += "\n`descent explain NAME` tells what one does, with its formula and settings.\n";
    Ok(page)
}

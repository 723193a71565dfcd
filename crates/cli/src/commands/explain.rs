use anstyle::Style;
use clap::{Arg, ArgAction, ArgMatches, Command};
use optim::{Rule, Schedule, rules};
use serde_json::json;

use crate::console;
use crate::facts;
use crate::failure::Failure;
use crate::schedules::{PAGES, Page};
use crate::text;

pub(crate) fn command() -> Command {
    Command::new("explain")
        .about("Explains an optimizer or a schedule: formula, settings, memory, source")
        .long_about(
            "Explains an optimizer or a schedule of the learning rate: the problem that it answers, its \
             formula, each setting with default, range and meaning, the state that it keeps, when it is a \
             good choice and when not, and where it was published. Without a name, lists what there is.",
        )
        .after_help(
            "Examples:\n  descent explain\n  descent explain adam\n  descent explain cosine\n  \
             descent explain sgd --json",
        )
        .arg(Arg::new("name").value_name("NAME").help("An optimizer or a schedule"))
        .arg(
            Arg::new("json")
                .long("json")
                .action(ArgAction::SetTrue)
                .help("Print JSON, one object a line, and nothing else"),
        )
}

pub(crate) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let json = matches.get_flag("json");
    let Some(name) = matches.get_one::<String>("name") else {
        console::print(&if json { list_as_json() } else { list() })?;
        return Ok(());
    };
    let text = match PAGES.iter().find(|page| page.name == name) {
        Some(page) if json => schedule_as_json(page),
        Some(page) => schedule(page)?,
        None => {
            let rule = rules::by_name(name).map_err(unknown)?;
            if json { rule_as_json(&*rule)? } else { self::rule(&*rule)? }
        }
    };
    console::print(&text)?;
    Ok(())
}

/// The registry's error, with the schedules among the names.
fn unknown(error: optim::Error) -> Failure {
    let optim::Error::Unknown { name, known, .. } = &error else { return error.into() };
    // A name that is like a schedule's is found by asking for that schedule.
    let nearest = match name.parse::<Schedule>() {
        Err(optim::Error::Unknown { nearest: Some(nearest), .. }) => format!("; did you mean `{nearest}`?"),
        _ => String::new(),
    };
    let names = |names: Vec<String>| names.join(", ");
    let schedules = names(Schedule::SHAPES.map(|(name, _)| name.to_string()).into());
    let hint = format!("there are the optimizers {}, and the schedules {schedules}", names(known.clone()));
    match error.to_string() {
        message if message.contains("did you mean") => Failure::usage(text::plain(&message), hint),
        _ => Failure::usage(
            format!("there is no optimizer or schedule `{}`{nearest}", text::plain(name)),
            hint,
        ),
    }
}

fn list() -> String {
    let rows = |names: Vec<(&str, &str)>| {
        let rows: Vec<_> =
            names.into_iter().map(|(name, what)| [name.to_string(), what.to_string()]).collect();
        text::table(&rows, 2, console::width()).concat()
    };
    let optimizers = rules::all().iter().map(|rule| (rule.card().name, rule.card().title)).collect();
    format!(
        "{}{}\n{}{}\n`descent explain NAME` explains one.\n",
        title("Optimizers"),
        rows(optimizers),
        title("Schedules of the learning rate"),
        rows(Schedule::SHAPES.into()),
    )
}

fn list_as_json() -> String {
    let line = |kind: &str, name: &str, title: &str| {
        format!("{}\n", json!({ "schema": lab::record::SCHEMA, "kind": kind, "name": name, "title": title }))
    };
    let optimizers =
        rules::all().into_iter().map(|rule| line("optimizer", rule.card().name, rule.card().title));
    optimizers.chain(Schedule::SHAPES.iter().map(|(name, what)| line("schedule", name, what))).collect()
}

fn rule(rule: &dyn Rule) -> Result<String, Failure> {
    let width = console::width();
    let card = rule.card();
    let mut page =
        format!("{}{}", title(&format!("{}: {}", card.name, card.title)), said(card.family, card.problem));
    page += &title("\nThe step, for a weight w and its gradient g");
    page += &formula(card.formula);

    page += &title("\nSettings");
    let mut rows = vec![["", "default", "allowed", ""].map(String::from)];
    rows.extend(rule.hypers().into_iter().map(|hyper| {
        let allowed = hyper.range.map_or("true, false".to_string(), |range| {
            let words = range.to_string();
            words.trim_start_matches("a finite number, ").to_string()
        });
        [hyper.name.to_string(), hyper.default.to_string(), allowed, hyper.doc.to_string()]
    }));
    page += &text::table(&rows, 2, width).concat();

    page += &title("\nState");
    let state = rule.state();
    let rows: Vec<_> = state
        .iter()
        .map(|state| {
            [state.symbol.to_string(), state.name.to_string(), format!("{} at the start", state.start)]
        })
        .collect();
    page += &text::table(&rows, 2, width).concat();
    let (bytes, more) = (facts::state_bytes(rule)?, facts::raised_by_in_words(rule)?);
    let more = if more.is_empty() { more } else { format!("; {more}") };
    page += &text::paragraph(&format!("{bytes} bytes for each weight{more}"), 2, width);

    page += &choice(card.good_when, card.bad_when, card.source);
    page += &title("\nTry it");
    let other = if card.name == "sgd" { "adam" } else { "sgd" };
    page +=
        &format!("  descent train --optimizer {0}\n  descent compare --optimizers {other},{0}\n", card.name);
    Ok(page)
}

fn rule_as_json(rule: &dyn Rule) -> Result<String, Failure> {
    let card = rule.card();
    let settings: Vec<_> = rule
        .hypers()
        .into_iter()
        .map(|hyper| {
            json!({
                "name": hyper.name,
                "default": facts::as_json(hyper.default),
                "allowed": hyper.range.map(|range| range.to_string()),
                "meaning": hyper.doc,
            })
        })
        .collect();
    let state: Vec<_> = rule
        .state()
        .iter()
        .map(|state| json!({ "name": state.name, "symbol": state.symbol, "start": state.start }))
        .collect();
    let object = json!({
        "schema": lab::record::SCHEMA,
        "kind": "optimizer",
        "name": card.name,
        "title": card.title,
        "family": card.family,
        "problem": card.problem,
        "formula": card.formula,
        "settings": settings,
        "state": state,
        "state_bytes_per_weight": facts::state_bytes(rule)?,
        "raised_by": facts::raised_by_as_json(rule)?,
        "good_when": card.good_when,
        "bad_when": card.bad_when,
        "source": card.source,
    });
    Ok(object.to_string())
}

fn schedule(page: &Page) -> Result<String, Failure> {
    let width = console::width();
    let mut text = title(&format!("{}: {}", page.name, what(page.name)));
    text += &said("schedules of the learning rate", page.problem);
    text += &title("\nThe factor of the learning rate at step s of T (after the warm-up)");
    text += &formula(page.formula);
    for spelling in page.drawn {
        text += &title(&format!("\n{spelling}"));
        text += &plot(&spelling.parse()?, width);
    }
    text += &title("\nSettings");
    let mut rows = vec![["", "default", ""].map(String::from)];
    rows.extend(
        page.settings.iter().map(|(name, default, meaning)| [name, default, meaning].map(|x| x.to_string())),
    );
    text += &text::table(&rows, 2, width).concat();
    text += &choice(page.good_when, page.bad_when, page.source);
    text += &title("\nTry it");
    text += &format!("  descent train --optimizer adam --schedule '{}'\n", page.drawn[1]);
    Ok(text)
}

fn schedule_as_json(page: &Page) -> String {
    let settings: Vec<_> = page
        .settings
        .iter()
        .map(|(name, default, meaning)| json!({ "name": name, "default": default, "meaning": meaning }))
        .collect();
    let object = json!({
        "schema": lab::record::SCHEMA,
        "kind": "schedule",
        "name": page.name,
        "title": what(page.name),
        "problem": page.problem,
        "formula": page.formula,
        "settings": settings,
        "good_when": page.good_when,
        "bad_when": page.bad_when,
        "source": page.source,
    });
    object.to_string()
}

/// The one line that the registry has for a schedule.
fn what(name: &str) -> &'static str {
    Schedule::SHAPES.iter().find(|(known, _)| *known == name).map_or("", |(_, what)| what)
}

/// The factor over all steps as columns of blocks.
fn plot(schedule: &Schedule, width: usize) -> String {
    const ROWS: usize = 6;
    const LEFT: usize = 6;
    const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let columns = width.saturating_sub(LEFT + 1).clamp(10, 60);
    let heights: Vec<usize> = (0..columns as u64)
        .map(|step| (schedule.factor(step, columns as u64) * (8 * ROWS) as f64).round() as usize)
        .collect();
    let mut text = String::new();
    for row in (0..ROWS).rev() {
        let label = match row {
            0 => "0",
            row if row == ROWS - 1 => "1",
            _ => "",
        };
        let line: String =
            heights.iter().map(|height| EIGHTHS[height.saturating_sub(8 * row).min(8)]).collect();
        text += format!("  {label:>1} │{line}").trim_end();
        text.push('\n');
    }
    text + &format!(
        "    └{}\n     first step{:>2$}\n",
        "─".repeat(columns),
        "last",
        columns - "first step".len()
    )
}

fn title(text: &str) -> String {
    let bold = Style::new().bold();
    let (before, text) = text.strip_prefix('\n').map_or(("", text), |text| ("\n", text));
    let lines = text::wrap(text, console::width());
    format!("{before}{bold}{}{bold:#}\n", lines.join("\n"))
}

/// What it is a kind of, and the problem that it answers.
fn said(family: &str, problem: &str) -> String {
    let width = console::width();
    format!(
        "{}{}",
        text::paragraph(family, 2, width),
        text::paragraph(&format!("Problem: {problem}."), 2, width)
    )
}

/// The formula as it is written; only a line that is too long is broken.
fn formula(formula: &str) -> String {
    let width = console::width();
    let line = |line: &str| match text::width(line) + 2 <= width {
        true => format!("  {line}\n"),
        false => text::paragraph(line, 2, width),
    };
    formula.lines().map(line).collect()
}

fn choice(good_when: &str, bad_when: &str, source: &str) -> String {
    let width = console::width();
    [("Good when", good_when), ("Not when", bad_when), ("Source", source)]
        .map(|(head, words)| title(&format!("\n{head}")) + &text::paragraph(words, 2, width))
        .concat()
}

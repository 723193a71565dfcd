use anstyle::Style;
use clap::{Arg, ArgAction, ArgMatches, Command};
use optim::hyper::{Hyper, Value};
use optim::{Course, Rule, Schedule, rules, schedules};
use serde_json::json;

use crate::chart;
use crate::console;
use crate::facts;
use crate::failure::Failure;
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
    let text = match schedules::by_name(name) {
        Ok(course) if json => schedule_as_json(&*course),
        Ok(course) => schedule(&*course)?,
        Err(_) => {
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
    // The registry of schedules knows what is like one of its names.
    let nearest = match schedules::by_name(name) {
        Err(optim::Error::Unknown { nearest: Some(nearest), .. }) => format!("; did you mean `{nearest}`?"),
        _ => String::new(),
    };
    let schedules: Vec<_> = schedules::all().iter().map(|course| course.card().name).collect();
    let (optimizers, schedules) = (known.join(", "), schedules.join(", "));
    let hint = format!("there are the optimizers {optimizers}, and the schedules {schedules}");
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
        rows(schedules::all().iter().map(|course| (course.card().name, course.card().title)).collect()),
    )
}

fn list_as_json() -> String {
    let line = |kind: &str, name: &str, title: &str| {
        format!("{}\n", json!({ "schema": lab::record::SCHEMA, "kind": kind, "name": name, "title": title }))
    };
    let optimizers =
        rules::all().into_iter().map(|rule| line("optimizer", rule.card().name, rule.card().title));
    let schedules =
        schedules::all().into_iter().map(|course| line("schedule", course.card().name, course.card().title));
    optimizers.chain(schedules).collect()
}

fn rule(rule: &dyn Rule) -> Result<String, Failure> {
    let width = console::width();
    let card = rule.card();
    let mut page =
        format!("{}{}", title(&format!("{}: {}", card.name, card.title)), said(card.family, card.problem));
    page += &title("\nThe step, for a weight w and its gradient g");
    page += &formula(card.formula);

    page += &settings(rule.hypers());

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
        "settings": settings_as_json(rule.hypers()),
        "state": state,
        "state_bytes_per_weight": facts::state_bytes(rule)?,
        "raised_by": facts::raised_by_as_json(rule)?,
        "good_when": card.good_when,
        "bad_when": card.bad_when,
        "source": card.source,
    });
    Ok(object.to_string())
}

fn schedule(course: &dyn Course) -> Result<String, Failure> {
    let width = console::width();
    let card = course.card();
    let mut page = title(&format!("{}: {}", card.name, card.title));
    page += &said("schedules of the learning rate", card.problem);
    page += &title("\nThe factor f of the learning rate at step s of T (after the warm-up)");
    page += &formula(card.formula);
    for spelling in card.examples {
        page += &title(&format!("\n{spelling}"));
        page += &chart::factors(&spelling.parse()?, 1000, width);
    }
    page += &settings(all_settings(course));
    page += &choice(card.good_when, card.bad_when, card.source);
    page += &title("\nTry it");
    let [_, example] = card.examples;
    page += &format!("  descent schedule '{example}'\n  descent train --schedule '{example}'\n");
    Ok(page)
}

fn schedule_as_json(course: &dyn Course) -> String {
    let card = course.card();
    let object = json!({
        "schema": lab::record::SCHEMA,
        "kind": "schedule",
        "name": card.name,
        "title": card.title,
        "problem": card.problem,
        "formula": card.formula,
        "ends": card.ends,
        "settings": settings_as_json(all_settings(course)),
        "good_when": card.good_when,
        "bad_when": card.bad_when,
        "source": card.source,
    });
    object.to_string()
}

/// A schedule's own settings, and the one that all have.
fn all_settings(course: &dyn Course) -> Vec<Hyper> {
    course.hypers().into_iter().chain([Schedule::WARMUP]).collect()
}

fn settings(hypers: Vec<Hyper>) -> String {
    let mut rows = vec![["", "default", "allowed", ""].map(String::from)];
    rows.extend(hypers.into_iter().map(|hyper| {
        let allowed = match hyper.default {
            Value::Span(_) => "steps or a share".to_string(),
            Value::Spans(_) => "steps or shares".to_string(),
            Value::Numbers(_) => "numbers".to_string(),
            Value::Number(_) | Value::Flag(_) | Value::Word(_) => {
                let words = hyper.allowed();
                words.trim_start_matches("a finite number, ").trim_start_matches("one of ").to_string()
            }
        };
        [hyper.name.to_string(), hyper.default.to_string(), allowed, hyper.doc.to_string()]
    }));
    title("\nSettings") + &text::table(&rows, 2, console::width()).concat()
}

fn settings_as_json(hypers: Vec<Hyper>) -> serde_json::Value {
    let setting = |hyper: Hyper| {
        json!({
            "name": hyper.name,
            "default": facts::as_json(hyper.default),
            "allowed": hyper.allowed(),
            "meaning": hyper.doc,
        })
    };
    hypers.into_iter().map(setting).collect()
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

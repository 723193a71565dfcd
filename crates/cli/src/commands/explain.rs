use anstyle::Style;
use clap::Args;
use optim::DynClip;
use optim::cost::{self, Cost, Increase};
use optim::hyper::{Hyper, Hyperparameters, Value};
use optim::{DynRule, DynSchedule, DynWrapper, Error, Info, LrSchedule, PlateauSettings, Requires, Slot};
use optim::{clips, rules, schedules, wrappers};
use serde_json::json;

use super::Command;
use crate::args::{DEFAULT_OPTIMIZER, OutputArgs};
use crate::chart;
use crate::console;
use crate::facts;
use crate::failure::Failure;
use crate::glossary::{WORDS, Word};
use crate::text;

#[derive(Args)]
#[command(
    about = "Explains an optimizer, a wrapper, a schedule or a way of clipping",
    long_about = "Explains an optimizer, a wrapper around optimizers, a schedule of the learning rate or a way of \
        clipping gradients: the problem that it answers, its formula, each setting with default, range \
        and meaning, the state that it keeps, what a step costs, when it is a good choice and when not, \
        what it is related to, and where it was published. Words of training such as momentum, warmup or \
        'batch size' get a paragraph. Without a name, lists what there is.",
    after_help = "Examples:\n  descent explain\n  descent explain adam\n  descent explain sam\n  \
        descent explain cosine\n  descent explain clip\n  descent explain momentum\n  descent explain sgd --json"
)]
pub(crate) struct Explain {
    /// An optimizer, wrapper, schedule or way of clipping, or a word of training such as 'batch size'
    name: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

impl Command for Explain {
    const NAME: &'static str = "explain";

    fn run(self) -> Result<(), Failure> {
        run(&self)
    }
}

fn run(Explain { name, output: OutputArgs { json } }: &Explain) -> Result<(), Failure> {
    let json = *json;
    let all = Entry::all();
    let Some(name) = name else {
        console::print(&if json { list_as_json(&all) } else { list(&all) })?;
        return Ok(());
    };
    let columns = console::width();
    let found = match (all.iter().find(|entry| entry.name() == name), Word::find(name)) {
        (Some(found), _) => found,
        (None, Some(word)) if json => return Ok(console::print(&word_as_json(word))?),
        (None, Some(word)) => {
            let page = title(word.name, columns) + &text::paragraph(word.meaning, 2, columns);
            return Ok(console::print(&page)?);
        }
        (None, None) => return Err(unknown(name, &all)),
    };
    let text = match found {
        Entry::Rule(rule) if json => rule_as_json(&**rule)?,
        Entry::Rule(rule) => self::rule(&**rule, columns)?,
        Entry::Wrapper(wrapper) if json => wrapper_as_json(&**wrapper)?,
        Entry::Wrapper(wrapper) => self::wrapper(&**wrapper, columns)?,
        Entry::LrSchedule(course) if json => schedule_as_json(&**course),
        Entry::LrSchedule(course) => schedule(&**course, columns)?,
        Entry::Plateau(settings) if json => plateau_as_json(settings),
        Entry::Plateau(settings) => plateau(settings, columns),
        Entry::Clip(clip) if json => clip_as_json(&**clip),
        Entry::Clip(clip) => self::clip(&**clip, columns),
    };
    console::print(&text)?;
    Ok(())
}

/// The page of a rule, in `columns` columns.
pub(crate) fn rule(rule: &dyn DynRule, columns: usize) -> Result<String, Error> {
    let (card, cost, increases) = (rule.info(), Cost::of_rule(rule)?, cost::increases(rule)?);
    let mut page = head(card, columns);
    page += &title("\nThe step, for a weight w and its gradient g", columns);
    page += &formula(card.formula, columns);
    page += &settings(rule.hypers(), columns);
    page += &state(&rule.state(), cost, &increases, columns);
    page += &title("\nCost of a step", columns);
    page += &text::paragraph(&passes(cost, &increases), 2, columns);
    let gradients = match (cost.gradients, rule.requires()) {
        (None, _) => "the gradient, and more at points that it chooses".to_string(),
        (Some(count), Requires::Loss) => format!("{} and the loss", gradients(count)),
        (Some(count), _) => gradients(count),
    };
    page += &text::paragraph(&gradients, 2, columns);
    page += &choice(card, columns);
    page += &title("\nTry it", columns);
    let usual = rules::all().first().map_or(DEFAULT_OPTIMIZER, |rule| rule.info().name);
    let other = if card.name == usual { DEFAULT_OPTIMIZER } else { usual };
    page += &text::command(&format!("descent train --optimizer {}", card.name), 2, columns);
    page += &text::command(&format!("descent compare --optimizers {other},{}", card.name), 2, columns);
    Ok(page)
}

fn rule_as_json(rule: &dyn DynRule) -> Result<String, Error> {
    let (card, cost, increases) = (rule.info(), Cost::of_rule(rule)?, cost::increases(rule)?);
    let mut object = card_as_json("optimizer", card);
    object["settings"] = settings_as_json(rule.hypers());
    object["state"] = state_as_json(&rule.state());
    object["state_bytes_per_weight"] = cost.state_bytes.into();
    object["state_bytes_per_vector_weight"] = cost.state_bytes_of_vectors.into();
    object["passes"] = facts::passes_as_json(cost.memory_traffic);
    object["gradients"] = cost.gradients.into();
    object["raised_by"] = facts::increases_as_json(&increases);
    Ok(object.to_string())
}

fn wrapper(wrapper: &dyn DynWrapper, columns: usize) -> Result<String, Error> {
    let (card, cost) = (wrapper.info(), Cost::of_wrapper(wrapper)?);
    let mut page = head(card, columns);
    page += &title("\nThe step around that of a rule", columns);
    page += &formula(card.formula, columns);
    page += &settings(wrapper.hypers(), columns);
    page += &state(&wrapper.state(), cost, &[], columns);
    page += &title("\nCost of a step on top of the rule's", columns);
    page += &text::paragraph(&passes(cost, &[]), 2, columns);
    let gradients = cost.gradients.map_or(String::new(), gradients);
    page += &text::paragraph(&format!("{gradients} for each step of the rule inside"), 2, columns);
    page += &choice(card, columns);
    page += &title("\nTry it", columns);
    page +=
        &text::command(&format!("descent train --recipe '{}({DEFAULT_OPTIMIZER})'", card.name), 2, columns);
    Ok(page)
}

fn wrapper_as_json(wrapper: &dyn DynWrapper) -> Result<String, Error> {
    let cost = Cost::of_wrapper(wrapper)?;
    let mut object = card_as_json("wrapper", wrapper.info());
    object["settings"] = settings_as_json(wrapper.hypers());
    object["state"] = state_as_json(&wrapper.state());
    object["state_bytes_per_weight"] = cost.state_bytes.into();
    object["passes"] = facts::passes_as_json(cost.memory_traffic);
    object["gradients"] = cost.gradients.into();
    Ok(object.to_string())
}

fn schedule(course: &dyn DynSchedule, columns: usize) -> Result<String, Error> {
    let card = course.info();
    let mut page = title(&format!("{}: {}", card.name, card.title), columns);
    page += &said("schedules of the learning rate", card.problem, columns);
    page += &title("\nThe factor f of the learning rate at step s of T (after the warm-up)", columns);
    page += &formula(card.formula, columns);
    for spelling in card.examples {
        page += &title(&format!("\n{spelling}"), columns);
        page += &chart::schedule(&spelling.parse()?, 1000, columns);
    }
    page += &settings(all_settings(course), columns);
    for (head, words) in [("Good when", card.good_when), ("Not when", card.bad_when), ("Source", card.source)]
    {
        page += &(title(&format!("\n{head}"), columns) + &text::paragraph(words, 2, columns));
    }
    page += &title("\nTry it", columns);
    let [_, example] = card.examples;
    page += &text::command(&format!("descent schedule '{example}'"), 2, columns);
    page += &text::command(&format!("descent train --schedule '{example}'"), 2, columns);
    Ok(page)
}

fn schedule_as_json(course: &dyn DynSchedule) -> String {
    let card = course.info();
    let object = json!({
        "schema": crate::console::SCHEMA,
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

fn plateau(settings: &PlateauSettings, columns: usize) -> String {
    let card = &PlateauSettings::INFO;
    let mut page = head(card, columns);
    page += &title("\nThe factor f of the learning rate after each loss that is measured", columns);
    page += &formula(card.formula, columns);
    page += &self::settings(settings.hypers(), columns);
    page += &choice(card, columns);
    page + &title("\nTry it", columns)
        + &text::command(
            &format!("descent train --recipe '{DEFAULT_OPTIMIZER}, {} patience=3'", card.name),
            2,
            columns,
        )
}

fn plateau_as_json(settings: &PlateauSettings) -> String {
    let card = &PlateauSettings::INFO;
    let mut object = card_as_json(card.name, card);
    object["settings"] = settings_as_json(settings.hypers());
    object.to_string()
}

fn clip(clip: &dyn DynClip, columns: usize) -> String {
    let card = clip.info();
    let mut page = head(card, columns);
    page += &title("\nWhat it makes of a gradient g before the rule sees it", columns);
    page += &formula(card.formula, columns);
    page += &title("\nSetting", columns);
    page += "  c  a finite number greater than 0; no default\n";
    page += &title("\nCost of a step on top of the rule's", columns);
    page += &text::paragraph(&format!("passes over memory: {}", clip.memory_traffic()), 2, columns);
    page += &choice(card, columns);
    page + &title("\nTry it", columns)
        + &text::command(
            &format!("descent train --recipe '{DEFAULT_OPTIMIZER}, {}=1'", card.name),
            2,
            columns,
        )
}

fn clip_as_json(clip: &dyn DynClip) -> String {
    let mut object = card_as_json(CLIPPING, clip.info());
    object["passes"] = facts::passes_as_json(clip.memory_traffic());
    object.to_string()
}

/// The kind of all ways of clipping, as `--kind` and JSON name it.
const CLIPPING: &str = "clip";

/// Something that has a page.
enum Entry {
    Rule(Box<dyn DynRule>),
    Wrapper(Box<dyn DynWrapper>),
    LrSchedule(Box<dyn DynSchedule>),
    Plateau(PlateauSettings),
    Clip(Box<dyn DynClip>),
}

impl Entry {
    /// The heads of the list, in its order.
    const KINDS: [(&'static str, &'static str); 4] = [
        ("optimizer", "Optimizers"),
        ("wrapper", "Wrappers around an optimizer"),
        ("schedule", "Schedules of the learning rate"),
        (CLIPPING, "Clipping of gradients"),
    ];

    fn all() -> Vec<Entry> {
        let rules = rules::all().into_iter().map(Entry::Rule);
        let wrappers = wrappers::all().into_iter().map(Entry::Wrapper);
        let schedules = schedules::all().into_iter().map(Entry::LrSchedule);
        let plateau = std::iter::once(Entry::Plateau(PlateauSettings::default()));
        let clips = clips::all().into_iter().map(Entry::Clip);
        rules.chain(wrappers).chain(schedules).chain(plateau).chain(clips).collect()
    }

    fn kind(&self) -> &'static str {
        match self {
            Entry::Rule(_) => "optimizer",
            Entry::Wrapper(_) => "wrapper",
            Entry::LrSchedule(_) | Entry::Plateau(_) => "schedule",
            Entry::Clip(_) => CLIPPING,
        }
    }

    fn name(&self) -> &'static str {
        self.name_and_title().0
    }

    fn name_and_title(&self) -> (&'static str, &'static str) {
        let of = |card: &'static Info| (card.name, card.title);
        match self {
            Entry::Rule(rule) => of(rule.info()),
            Entry::Wrapper(wrapper) => of(wrapper.info()),
            Entry::LrSchedule(course) => (course.info().name, course.info().title),
            Entry::Plateau(_) => of(&PlateauSettings::INFO),
            Entry::Clip(clip) => of(clip.info()),
        }
    }
}

fn unknown(name: &str, all: &[Entry]) -> Failure {
    let names: Vec<&str> = all.iter().map(Entry::name).chain(WORDS.iter().map(|word| word.name)).collect();
    let error = Error::unknown("word", &files::text::visible(name), names);
    Failure::usage(error.to_string(), "`descent explain` lists what there is")
}

fn word_as_json(word: &Word) -> String {
    json!({ "schema": crate::console::SCHEMA, "kind": "word", "name": word.name, "meaning": word.meaning })
        .to_string()
}

fn list(all: &[Entry]) -> String {
    let columns = console::width();
    // One table, so that all titles are aligned.
    let rows: Vec<_> =
        all.iter().map(|entry| <[&str; 2]>::from(entry.name_and_title()).map(String::from)).collect();
    let lines = text::table(&rows, 2, columns);
    let mut page = String::new();
    for (kind, head) in Entry::KINDS {
        page += &title(&format!("{}{head}", if page.is_empty() { "" } else { "\n" }), columns);
        let of_kind = all.iter().zip(&lines).filter(|(entry, _)| entry.kind() == kind);
        page.extend(of_kind.map(|(_, lines)| lines.as_str()));
    }
    page += &title("\nWords", columns);
    let words: Vec<&str> = WORDS.iter().map(|word| word.name).collect();
    page += &text::paragraph(&words.join(", "), 2, columns);
    page + "\n`descent explain NAME` explains one.\n"
}

fn list_as_json(all: &[Entry]) -> String {
    let line = |entry: &Entry| {
        let (name, title) = entry.name_and_title();
        let object =
            json!({ "schema": crate::console::SCHEMA, "kind": entry.kind(), "name": name, "title": title });
        format!("{object}\n")
    };
    all.iter().map(line).collect()
}

fn card_as_json(kind: &str, card: &Info) -> serde_json::Value {
    json!({
        "schema": crate::console::SCHEMA,
        "kind": kind,
        "name": card.name,
        "title": card.title,
        "family": card.family,
        "problem": card.problem,
        "formula": card.formula,
        "good_when": card.good_when,
        "bad_when": card.bad_when,
        "relatives": card.relatives,
        "source": card.source,
    })
}

/// A schedule's own settings, and the one that all have.
fn all_settings(course: &dyn DynSchedule) -> Vec<Hyper> {
    course.hypers().into_iter().chain([LrSchedule::WARMUP]).collect()
}

fn settings(hypers: Vec<Hyper>, columns: usize) -> String {
    let mut rows = vec![["", "default", "allowed", ""].map(String::from)];
    rows.extend(hypers.into_iter().map(|hyper| {
        let allowed = match hyper.default {
            Value::Time(_) => "steps or a share".to_string(),
            Value::Times(_) => "steps or shares".to_string(),
            Value::Numbers(_) => "numbers".to_string(),
            Value::Number(_) | Value::Flag(_) | Value::Word(_) => {
                let words = hyper.allowed();
                words.trim_start_matches("a finite number, ").trim_start_matches("one of ").to_string()
            }
        };
        [hyper.name.to_string(), hyper.default.to_string(), allowed, hyper.doc.to_string()]
    }));
    title("\nSettings", columns) + &text::table(&rows, 2, columns).concat()
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

fn state(state: &[Slot], cost: Cost, increases: &[Increase], columns: usize) -> String {
    let row = |state: &Slot| {
        [state.symbol.to_string(), state.name.to_string(), format!("{} at the start", state.start)]
    };
    let rows: Vec<_> = state.iter().map(row).collect();
    let Cost { state_bytes, state_bytes_of_vectors, .. } = cost;
    let mut words = match (state_bytes, state_bytes_of_vectors) {
        (bytes, vector) if bytes == vector => format!("{bytes} bytes for each weight"),
        (0, vector) => {
            format!("a number for each row and column of a matrix; {vector} bytes for each other weight")
        }
        (bytes, vector) => format!("{bytes} bytes for each weight of a matrix, {vector} for each other"),
    };
    let more = facts::bytes_in_words(increases);
    if !more.is_empty() {
        words += &format!("; {more}");
    }
    title("\nState", columns)
        + &text::table(&rows, 2, columns).concat()
        + &text::paragraph(&words, 2, columns)
}

fn state_as_json(state: &[Slot]) -> serde_json::Value {
    let object = |state: &Slot| json!({ "name": state.name, "symbol": state.symbol, "start": state.start });
    state.iter().map(object).collect()
}

fn passes(cost: Cost, increases: &[Increase]) -> String {
    let more = facts::passes_in_words(increases);
    let more = if more.is_empty() { more } else { format!("; {more}") };
    format!("passes over memory: {}{more}", cost.memory_traffic)
}

fn gradients(count: f64) -> String {
    if count == 1.0 { "1 gradient".to_string() } else { format!("{count} gradients") }
}

fn title(text: &str, columns: usize) -> String {
    let bold = Style::new().bold();
    let (before, text) = text.strip_prefix('\n').map_or(("", text), |text| ("\n", text));
    let lines = text::wrap(text, columns);
    format!("{before}{bold}{}{bold:#}\n", lines.join("\n"))
}

fn head(card: &Info, columns: usize) -> String {
    title(&format!("{}: {}", card.name, card.title), columns) + &said(card.family, card.problem, columns)
}

/// The family, and the problem that it answers.
fn said(family: &str, problem: &str, columns: usize) -> String {
    let problem = if problem.is_empty() { String::new() } else { format!("Problem: {problem}.") };
    text::paragraph(family, 2, columns) + &text::paragraph(&problem, 2, columns)
}

/// The formula as it is written; only a line that is too long is broken.
fn formula(formula: &str, columns: usize) -> String {
    let line = |line: &str| match text::width(line) + 2 <= columns {
        true => format!("  {line}\n"),
        false => text::paragraph(line, 2, columns),
    };
    formula.lines().map(line).collect()
}

fn choice(card: &Info, columns: usize) -> String {
    let parts = [
        ("Good when", card.good_when),
        ("Not when", card.bad_when),
        ("Relatives", card.relatives),
        ("Source", card.source),
    ];
    // Rules of one's own need not say all.
    let said = parts.into_iter().filter(|(_, words)| !words.is_empty());
    said.map(|(head, words)| title(&format!("\n{head}"), columns) + &text::paragraph(words, 2, columns))
        .collect()
}

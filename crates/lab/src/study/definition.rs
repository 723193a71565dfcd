//! A study as TOML: read with places in errors, and printed so that it reads back.

use std::ops::Range;
use std::str::FromStr;

use data::own::Fault;
use data::own::keys::{Keys, Placed};
use files::text::{name as shown, nearest};
use train::{Order, Recipe};

use super::{
    DecidingTest, Entry, HalvingPlan, MOST, PilotPlan, Ruleset, SearchMethod, Study, TUNING_SEEDS_FROM,
};
use crate::error::Error;
use crate::search::Space;
use crate::tasks::TaskSpec;

/// A commented study that runs in seconds.
///
/// ```
/// let study: lab::study::Study = lab::study::EXAMPLE.parse().unwrap();
/// assert_eq!(study.to_toml().parse(), Ok(study));
/// ```
pub const EXAMPLE: &str = include_str!("example.toml");

impl FromStr for Study {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Study, Fault> {
        let mut keys = Keys::parse(text)?;
        let most = MOST as u64;
        let (name, _) = keys.string("name")?.ok_or_else(|| missing("name", "such as name = \"rates\""))?;
        let seed = keys.integer("seed", 0..=u64::MAX)?;
        let tasks = tasks(&mut keys)?;
        let rulesets = keys.strings("rulesets")?;
        let sampler = keys.string("sampler")?;
        let trials = keys.integer("trials", 1..=most)?;
        let tuning_seeds = keys.integer("tuning_seeds", 1..=most)?;
        let fresh_seeds = keys.integer("fresh_seeds", 0..=most)?;
        let extend = keys.boolean("extend")?;
        let seeds = keys.word("seeds")?;
        let epochs = keys.integer("epochs", 1..=most)?;
        let evaluations = keys.integer("evaluations", 1..=most)?;
        let order = keys.string("order")?;
        let test = keys.string("test")?;
        let confidence = keys.number("confidence")?;
        let threads = keys.integer("threads", 1..=1024)?;
        let halving = keys.section("halving")?.map(halving).transpose()?;
        let pilot = keys.section("pilot")?.map(pilot).transpose()?;
        let listed = keys.sections("entries")?.into_iter().map(listed).collect::<Result<Vec<_>, _>>()?;
        let entries = with_twins(listed)?;
        if entries.is_empty() {
            return Err(missing("entries", "such as [[entries]] and recipe = \"adam\" on the next line"));
        }

        let mut study = Study::new(&name, tasks, entries);
        if let Some(words) = rulesets {
            study.rulesets = rulesets_of(&keys, &words)?;
        }
        if let Some(word) = sampler {
            study.sampler = choice(&keys, &word, SearchMethod::WORDS, SearchMethod::of_word)?;
        }
        if let Some(word) = order {
            study.order = choice(&keys, &word, &["reshuffle", "fixed"], order_of_word)?;
        }
        if let Some(word) = test {
            study.test = choice(&keys, &word, DecidingTest::WORDS, DecidingTest::of_word)?;
        }
        if let Some(word) = seeds {
            study.seeds = seeds_of(&keys, &word)?;
        }
        if let Some(number) = confidence {
            study.confidence = level(&keys, &number)?;
        }
        let set = |to: &mut usize, given: Option<u64>| *to = given.map_or(*to, |given| given as usize);
        set(&mut study.trials, trials);
        set(&mut study.tuning_seeds, tuning_seeds);
        set(&mut study.fresh_seeds, fresh_seeds);
        study.seed = seed.unwrap_or(study.seed);
        study.extend = extend.unwrap_or(study.extend);
        study.epochs = epochs.map(|epochs| epochs as u32);
        study.evaluations = evaluations.map_or(study.evaluations, |evaluations| evaluations as u32);
        study.threads = threads.map(|threads| threads as usize);
        study.halving = halving;
        study.pilot = pilot;
        keys.finish()?;
        study.check().map_err(of_whole_file)?;
        Ok(study)
    }
}

fn of_whole_file(error: Error) -> Fault {
    let hint = error.hint().unwrap_or_default();
    Fault { place: String::new(), message: error.to_string(), hint }
}

/// Names of tasks, each of which is known.
fn tasks(keys: &mut Keys<'_>) -> Result<Vec<String>, Fault> {
    let given = keys.strings("tasks")?;
    let (tasks, span) = given.ok_or_else(|| missing("tasks", "such as tasks = [\"simplenn\"]"))?;
    for task in &tasks {
        task.parse::<TaskSpec>()
            .map_err(|error| keys.fault(&span, error.to_string(), "`descent tasks` lists all tasks"))?;
    }
    Ok(tasks)
}

fn rulesets_of(keys: &Keys<'_>, (words, span): &Placed<Vec<String>>) -> Result<Vec<Ruleset>, Fault> {
    let rulesets = words.iter().map(|word| word.parse::<Ruleset>()).collect::<Result<_, _>>();
    let hint = "default, lr, full, or names such as lr+weight_decay";
    rulesets.map_err(|message| keys.fault(span, message, hint))
}

fn order_of_word(word: &str) -> Option<Order> {
    match word {
        "reshuffle" => Some(Order::Reshuffle),
        "fixed" => Some(Order::Fixed),
        _ => None,
    }
}

fn seeds_of(keys: &Keys<'_>, (word, span): &Placed<String>) -> Result<Range<u64>, Fault> {
    seed_range(word).ok_or_else(|| {
        let message =
            format!("expected 1 to {MOST} seeds below {TUNING_SEEDS_FROM}, found `{}`", shown(word));
        keys.fault(span, message, "such as seeds = 10, or seeds = \"10..30\"")
    })
}

/// Level of confidence.
fn level(keys: &Keys<'_>, (number, span): &Placed<f64>) -> Result<f64, Fault> {
    if (0.5..1.0).contains(number) {
        return Ok(*number);
    }
    let message = format!("expected a number from 0.5 to less than 1, found {number}");
    Err(keys.fault(span, message, "such as confidence = 0.95"))
}

impl Study {
    /// The study as TOML, a setting a line, with defaults written out; it reads back as the same study.
    pub fn to_toml(&self) -> String {
        let mut lines = self.settings();
        lines.extend(self.threads.map(|threads| format!("threads = {threads}")));
        lines.extend(self.tables());
        lines.join("\n") + "\n"
    }

    /// All that results depend on, for a store: TOML that reads back as the study, without the number of threads, with
    /// the spaces of each entry and further `facts`, a comment each.
    pub fn definition(&self, facts: &[String]) -> String {
        let mut lines = self.settings();
        lines.extend(self.tables());
        lines.push(String::new());
        for entry in &self.entries {
            let tuned = self.rulesets.iter().filter(|ruleset| **ruleset != Ruleset::Default);
            lines.extend(tuned.map(|ruleset| {
                format!("# searched by {} under {ruleset}: {}", entry.name, entry.space_of(ruleset))
            }));
        }
        lines.extend(facts.iter().map(|fact| format!("# {}", files::text::visible(fact))));
        lines.join("\n") + "\n"
    }

    /// The keys before the first table.
    fn settings(&self) -> Vec<String> {
        let Study { name, seed, tasks, rulesets, sampler, trials, .. } = self;
        let rulesets: Vec<String> = rulesets.iter().map(ToString::to_string).collect();
        let order = if self.order == Order::Fixed { "fixed" } else { "reshuffle" };
        let mut lines = vec![
            format!("name = {name:?}"),
            format!("seed = {seed}"),
            format!("tasks = {tasks:?}"),
            format!("rulesets = {rulesets:?}"),
            format!("sampler = \"{sampler}\""),
            format!("trials = {trials}"),
            format!("tuning_seeds = {}", self.tuning_seeds),
            format!("fresh_seeds = {}", self.fresh_seeds),
            format!("extend = {}", self.extend),
            match self.seeds {
                Range { start: 0, end } => format!("seeds = {end}"),
                Range { start, end } => format!("seeds = \"{start}..{end}\""),
            },
        ];
        lines.extend(self.epochs.map(|epochs| format!("epochs = {epochs}")));
        lines.extend([
            format!("evaluations = {}", self.evaluations),
            format!("order = \"{order}\""),
            format!("test = \"{}\"", self.test),
            format!("confidence = {}", self.confidence),
        ]);
        lines
    }

    /// Halving, the pilot and the entries.
    fn tables(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(HalvingPlan { first, eta }) = self.halving {
            lines.extend([
                String::new(),
                "[halving]".into(),
                format!("first = {first}"),
                format!("eta = {eta}"),
            ]);
        }
        if let Some(PilotPlan { entry, seeds }) = &self.pilot {
            lines.extend([
                String::new(),
                "[pilot]".into(),
                format!("entry = {entry:?}"),
                format!("seeds = {seeds}"),
            ]);
        }
        for entry in &self.entries {
            if let Some(of) = &entry.aa {
                let name = format!("name = {:?}", entry.name);
                lines.extend([String::new(), "[[entries]]".into(), name, format!("aa = {of:?}")]);
                continue;
            }
            let batch = entry.batch.map_or(String::new(), |batch| format!(", batch={batch}"));
            lines.extend([
                String::new(),
                "[[entries]]".into(),
                format!("name = {:?}", entry.name),
                format!("recipe = {:?}", format!("{}{batch}", entry.recipe.spec)),
            ]);
            lines.extend(entry.space.as_ref().map(|space| format!("space = {:?}", space.to_string())));
        }
        lines
    }
}

fn halving(mut keys: Keys<'_>) -> Result<HalvingPlan, Fault> {
    let first = keys.integer("first", 1..=MOST as u64)?.unwrap_or(1) as u32;
    let eta = keys.integer("eta", 2..=1000)?.unwrap_or(3) as usize;
    keys.finish()?;
    Ok(HalvingPlan { first, eta })
}

fn pilot(mut keys: Keys<'_>) -> Result<PilotPlan, Fault> {
    let entry = keys.string("entry")?;
    let seeds = keys.integer("seeds", 1..=MOST as u64)?;
    keys.finish()?;
    let (entry, _) =
        entry.ok_or_else(|| missing("entry", "name the entry whose spread is measured in [pilot]"))?;
    Ok(PilotPlan { entry, seeds: seeds.map_or(PilotPlan::SEEDS, |seeds| seeds as usize) })
}

/// An entry as a file has it.
enum Listed {
    Entry(Box<Entry>),
    /// The entry `of` once more; `unknown` is the error if no entry has that name.
    Twin {
        name: Option<String>,
        of: String,
        unknown: Fault,
    },
}

/// Entries, each twin as the entry that it repeats.
fn with_twins(listed: Vec<Listed>) -> Result<Vec<Entry>, Fault> {
    let entries = listed.iter().filter_map(|listed| match listed {
        Listed::Entry(entry) => Some(Entry::clone(entry)),
        Listed::Twin { .. } => None,
    });
    let originals: Vec<Entry> = entries.collect();
    let entry = |listed| match listed {
        Listed::Entry(entry) => Ok(*entry),
        Listed::Twin { name, of, unknown } => {
            let original = originals.iter().find(|entry| entry.name == of).ok_or(unknown)?;
            Ok(original.twin(&name.unwrap_or_else(|| format!("{of} again"))))
        }
    };
    listed.into_iter().map(entry).collect()
}

/// An entry, or a twin that is named by `aa`.
fn listed((mut keys, at): Placed<Keys<'_>>) -> Result<Listed, Fault> {
    let Some((of, span)) = keys.string("aa")? else { return Ok(Listed::Entry(Box::new(entry((keys, at))?))) };
    let name = keys.string("name")?.map(|(name, _)| name);
    for key in ["recipe", "space"] {
        if let Some((_, span)) = keys.string(key)? {
            let hint = "leave it out: a twin has the recipe and the space of the entry that it repeats";
            return Err(keys.fault(&span, format!("`{key}` conflicts with `aa`"), hint));
        }
    }
    let message = format!("unknown entry `{}` in `aa`", shown(&of));
    let unknown = keys.fault(&span, message, "name an entry of this study that is no twin itself");
    keys.finish()?;
    Ok(Listed::Twin { name, of, unknown })
}

fn entry((mut keys, at): Placed<Keys<'_>>) -> Result<Entry, Fault> {
    let name = keys.string("name")?;
    let recipe = keys.string("recipe")?;
    let space = keys.string("space")?;
    let Some((text, span)) = recipe else {
        return Err(keys.fault(
            &at,
            "expected a key `recipe`, found none".into(),
            "such as recipe = \"adam\"",
        ));
    };
    let parsed = |batch| {
        let mut list = Recipe::list(&text, batch).map_err(|error| {
            let hint = error.hint().unwrap_or_else(|| "`descent optimizers` lists all optimizers".into());
            keys.fault(&span, error.to_string(), &hint)
        })?;
        match list.len() {
            1 => Ok(list.remove(0).0),
            count => {
                let message = format!("expected one recipe, found {count}");
                Err(keys.fault(&span, message, "make an entry of each"))
            }
        }
    };
    // With another default, the size is another one just where the text states none.
    let recipe = parsed(Recipe::BATCH)?;
    let batch = (parsed(Recipe::BATCH + 1)?.batch == recipe.batch).then_some(recipe.batch);
    let space = space.map(|(text, span)| {
        text.parse::<Space>().map_err(|error| keys.fault(&span, error.to_string(), &error.hint()))
    });
    // As it is written: settings that are tuned would be named by a default that no run has.
    let as_written = || text.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = name.map_or_else(as_written, |(name, _)| name);
    let entry = Entry { name, batch, space: space.transpose()?, recipe, aa: None };
    entry
        .check()
        .map_err(|error: Error| keys.fault(&span, error.to_string(), &error.hint().unwrap_or_default()))?;
    keys.finish()?;
    Ok(entry)
}

/// `10` for the seeds 0 to 9, or `10..30`.
fn seed_range(text: &str) -> Option<Range<u64>> {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let range = match text.split_once("..") {
        Some((start, end)) => number(start)?..number(end)?,
        None => 0..number(text)?,
    };
    let count = range.end.checked_sub(range.start)?;
    ((1..=MOST as u64).contains(&count) && range.end <= TUNING_SEEDS_FROM).then_some(range)
}

fn choice<T>(
    keys: &Keys<'_>,
    (word, span): &Placed<String>,
    words: &[&str],
    of_word: impl Fn(&str) -> Option<T>,
) -> Result<T, Fault> {
    of_word(word).ok_or_else(|| {
        let meant = nearest(word, words).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        let message = format!("expected one of {}, found `{}`{meant}", words.join(", "), shown(word));
        keys.fault(span, message, "change the word, or leave the key out for the default")
    })
}

fn missing(key: &str, hint: &str) -> Fault {
    Fault { place: String::new(), message: format!("expected a key `{key}`, found none"), hint: hint.into() }
}

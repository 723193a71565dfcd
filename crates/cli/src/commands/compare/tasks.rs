//! A comparison on several tasks: a study from the same flags, in a folder of results.

use std::fs;
use std::path::{Path, PathBuf};

use lab::study::{Facts, Outcome, Ruleset, Study};

use super::{Compare, QUICK_SEEDS, SEEDS, tuning};
use crate::args::Seeds;
use crate::commands::runs::{self, StoreArgs};
use crate::commands::study::{RunArgs, entries, keep, names};
use crate::failure::Failure;
use crate::folders;

/// The study, and the store of its runs, in the folder.
const STUDY: &str = "study.toml";
const STORE: &str = "runs.db";
/// Everything that is known in the end.
const OUTCOME: &str = "study.json";

/// Compares the recipes on all tasks, as they are set and each tuned alike.
pub(super) fn run(compare: &Compare) -> Result<(), Failure> {
    let study = study(compare)?;
    let folder = folder(compare, &study)?;
    let text = study.to_toml();
    keep(&folder.join(STUDY), &text, "--out", |kept| another(&folder, kept, &text))?;
    let place = compare.store.clone().or_else(runs::of_environment);
    let place = StoreArgs::at(place.unwrap_or_else(|| folder.join(STORE)));
    let store = place.open()?;
    let run = RunArgs::new(
        place,
        (compare.threads, compare.tui),
        compare.output.clone(),
        folder.join("report.html"),
        compare.task.data.place.clone(),
    );
    run.go(&study, None, &*store)?;
    let outcome = Outcome::of_store(&study, &Facts::of_registry(&study)?, &*store)?;
    files::atomic_write(&folder.join(OUTCOME), (outcome.to_json() + "\n").as_bytes())
        .map_err(|error| error.with_flag("--out"))?;
    if !compare.output.json() {
        let place = files::text::path(&folder);
        crate::console::note(&format!("\n{place} has the study, its runs and the outcome as JSON"));
    }
    Ok(())
}

/// The protocol of a comparison of one task, on several: short, and with each task's own length and batch.
fn study(compare: &Compare) -> Result<Study, Failure> {
    let listed =
        |batch| super::recipes(&compare.optimizers, compare.batch_size.map_or(batch, |batch| batch as usize));
    let epochs = compare.epochs.or(compare.quick.then_some(1));
    let tuned = compare.ruleset(true).filter(|ruleset| *ruleset != Ruleset::Default);
    let seeds = u64::from(if compare.quick { QUICK_SEEDS } else { SEEDS });
    let study = Study::new("compare", names(&compare.tasks), entries(&listed)?);
    let study = Study {
        rulesets: [Ruleset::Default].into_iter().chain(tuned).collect(),
        seeds: compare.seeds.as_ref().map_or(0..seeds, Seeds::range),
        ..tuning::protocol(compare, epochs, study)
    };
    study.check()?;
    // In a store that other comparisons share, the name is that of the settings.
    let digest = lab::store::StudyText { name: String::new(), text: study.to_toml() }.sha256();
    Ok(Study { name: format!("compare-{}", &digest[..8]), ..study })
}

/// The folder has another comparison.
fn another(folder: &Path, kept: &str, text: &str) -> Failure {
    let differences = lab::store::line_differences(kept, text);
    // The name is made of the rest.
    let differences = differences.into_iter().filter(|line| !line[1..].starts_with(" name = \"compare-"));
    let differences: Vec<String> = differences.collect();
    let place = files::text::path(folder);
    Failure::usage(
        format!("{place} has another comparison:\n{}", differences.join("\n")),
        "give the settings of the folder to go on with it, or another folder with --out",
    )
}

/// The folder that is named, the last one of this study, or a new one.
fn folder(compare: &Compare, study: &Study) -> Result<PathBuf, Failure> {
    if let Some(folder) = &compare.out {
        files::claim_folder(folder, "--out")?;
        return Ok(folder.clone());
    }
    let (parent, name, text) = (Path::new("results"), "compare-tasks", study.to_toml());
    let same = |folder: &PathBuf| fs::read_to_string(folder.join(STUDY)).is_ok_and(|kept| kept == text);
    match folders::numbered(parent, name).into_iter().find(same) {
        Some(folder) => Ok(folder),
        None => folders::make_next(parent, name),
    }
}

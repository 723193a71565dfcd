use std::path::{Path, PathBuf};
use std::slice;

use clap::{Args, Subcommand, value_parser};
use data::{Checked, Error, Evidence, Found, Kind, Origin, Request, SETS, Set, Verified};
use serde_json::json;

use super::Command;
use crate::args::{DataArgs, OutputArgs, PlaceArgs, sets};
use crate::console;
use crate::dataset::Watch;
use crate::failure::Failure;
use crate::picture::{self, Look, Picture};
use crate::text;
use crate::trained::{self, SplitArgs};

#[derive(Args)]
#[command(
    about = "Shows, fetches and checks the data sets",
    long_about = "Shows which data sets are on this machine, fetches those that are not, checks every byte of \
        them, and draws their images. Sets are looked for in --data-dir alone if it is given, or else \
        in the folder that DESCENT_DATA names, ./data, the system's folder and the cache.",
    after_help = "Examples:\n  descent data list\n  descent data fetch mnist fashion-mnist\n  \
        descent data fetch mnist --from /media/usb/mnist\n  descent data verify\n  \
        descent data show mnist --count 10",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Data {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    List(List),
    Fetch(Fetch),
    Verify(Verify),
    Show(Show),
}

#[derive(Args)]
#[command(
    about = "Lists the data sets and where they are",
    long_about = None,
    after_help = "Examples:\n  descent data list\n  descent data list --json"
)]
struct List {
    /// Read the sets from this folder only (torchvision's layout, or the four files)
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Args)]
#[command(
    about = "Brings data sets to this machine and checks every byte",
    long_about = None,
    after_help = "Examples:\n  descent data fetch\n  descent data fetch mnist kmnist\n  \
        descent data fetch mnist --from ~/Downloads/mnist\n  \
        descent data fetch mnist --from https://example.org/mnist --data-dir data\n\n\
        Files that are there and right are not fetched again; what broke off goes on.",
)]
struct Fetch {
    /// The data sets [default: mnist]
    #[arg(value_name = "SET", value_parser = sets())]
    sets: Vec<String>,
    /// Take the files from this folder, .tar.gz archive or URL of a folder
    #[arg(long, value_name = "DIR|URL")]
    from: Option<String>,
    /// Put the files below this folder [default: DESCENT_DATA, or the cache folder]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Open no connection: see what is here, or copy with --from
    #[arg(long)]
    offline: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Args)]
#[command(
    about = "Checks every byte of the data sets on this machine",
    long_about = None,
    after_help = "Examples:\n  descent data verify\n  descent data verify mnist --data-dir data\n\n\
        Ends with code 65 if a file is damaged, 66 if one is missing.",
)]
struct Verify {
    /// The data sets [default: all that are here]
    #[arg(value_name = "SET", value_parser = sets())]
    sets: Vec<String>,
    /// Read the sets from this folder only (torchvision's layout, or the four files)
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Args)]
#[command(
    about = "Draws images of a data set with their labels",
    long_about = None,
    after_help = "Examples:\n  descent data show\n  descent data show fashion-mnist --count 9\n  \
        descent data show mnist --split train --index 59999",
)]
struct Show {
    /// The data set
    #[arg(value_name = "SET", value_parser = sets(), default_value = DataArgs::DEFAULT)]
    set: String,
    /// One image, counted from 0
    #[arg(long, value_name = "N", conflicts_with = "count")]
    index: Option<u64>,
    /// Number of images, from the first
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..), default_value_t = 6)]
    count: u32,
    #[command(flatten)]
    split: SplitArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Command for Data {
    const NAME: &'static str = "data";

    fn run(self) -> Result<(), Failure> {
        match self.action {
            Action::List(arguments) => list(&arguments),
            Action::Fetch(arguments) => fetch(&arguments),
            Action::Verify(arguments) => verify(&arguments),
            Action::Show(arguments) => show(&arguments),
        }
    }
}

/// Refuses a folder that is not there.
fn must_be_folder(folder: Option<&Path>) -> Result<(), Failure> {
    match folder.filter(|folder| !folder.is_dir()) {
        Some(missing) => Err(Failure::missing(
            format!("--data-dir {}: no such folder", files::text::path(missing)),
            "name a folder with data sets, or leave --data-dir out",
        )),
        None => Ok(()),
    }
}

fn list(arguments: &List) -> Result<(), Failure> {
    must_be_folder(arguments.data_dir.as_deref())?;
    let mut text = String::new();
    for set in SETS {
        let mut found = located(set, arguments.data_dir.as_deref());
        found.retain(|found| !data::is_foreign(set, found));
        text += &if arguments.output.json { listed_as_json(set, &found) } else { listed(set, &found) };
    }
    console::print(&text)?;
    Ok(())
}

fn listed(set: &Set, found: &[Found]) -> String {
    let width = console::width();
    let images = |file: usize| text::grouped(set.files[file].items as u64);
    let about =
        format!("{}; {} training and {} test images; {}", set.about, images(0), images(2), set.license);
    let mut text = text::table(&[[set.name.to_string(), about]], 0, width).concat();
    for found in found {
        let (here, bytes) =
            (found.files.iter().filter(|file| file.path.is_some()).count(), megabytes(found.bytes()));
        let files = if here == 4 { "4 files".to_string() } else { format!("only {here} of 4 files") };
        text += &format!("    {}\n    {files}, {bytes}\n", files::text::visible(&found.origin.to_string()));
    }
    if !found.iter().any(Found::is_whole) {
        let hint = format!("not here: `descent data fetch {}` brings it", set.name);
        text += &text::paragraph(&hint, 4, width);
        if set.has_sample() {
            text += &text::paragraph(&format!("until then commands use {}", Origin::Sample), 4, width);
        }
    }
    text + "\n"
}

fn listed_as_json(set: &Set, found: &[Found]) -> String {
    let found: Vec<_> = found
        .iter()
        .map(|found| {
            let files = found.files.iter().map(|file| {
                json!({ "name": file.name, "path": file.path.as_deref().map(lossy), "bytes": file.bytes })
            });
            json!({
                "folder": found.origin.folder().map(|folder| folder.to_string_lossy()),
                "whole": found.is_whole(),
                "bytes": found.bytes(),
                "files": files.collect::<Vec<_>>(),
            })
        })
        .collect();
    let object = json!({
        "schema": crate::console::SCHEMA,
        "kind": "data set",
        "name": set.name,
        "title": set.title,
        "about": set.about,
        "train_images": set.files[0].items,
        "test_images": set.files[2].items,
        "classes": set.class_names,
        "license": set.license,
        "source": set.source,
        "found": found,
    });
    format!("{object}\n")
}

fn fetch(arguments: &Fetch) -> Result<(), Failure> {
    let mut sets = named(&arguments.sets)?;
    if sets.is_empty() {
        sets.push(data::set(DataArgs::DEFAULT)?);
    }
    for set in sets {
        let mut request = at(set, arguments.data_dir.as_deref());
        (request.offline, request.from) = (arguments.offline, arguments.from.clone());
        let mut watch = Watch::new();
        let origin = data::fetch(&request, &mut |event| watch.event(event));
        watch.finish();
        let origin = origin.map_err(|error| unless_offline(error, &request))?;
        let folder = origin.folder().map(|folder| folder.to_string_lossy().into_owned()).unwrap_or_default();
        let object = json!({
            "schema": crate::console::SCHEMA,
            "kind": "fetched",
            "name": set.name,
            "folder": folder,
            "origin": origin.to_string(),
        });
        let line = format!("{} is whole and right in {}", set.name, files::text::visible(&folder));
        console::print(&if arguments.output.json { object.to_string() } else { line })?;
    }
    Ok(())
}

/// Where nothing was tried, because nothing was allowed, that is what there is to say.
fn unless_offline(error: Error, request: &Request) -> Failure {
    match error {
        Error::Unreachable { set, tried, folder, .. } if request.offline && tried.is_empty() => {
            Failure::missing(
                format!("{set} is not in {}, and --offline allows no connection", folder.display()),
                "leave --offline out, or name a folder that has the files with --from",
            )
        }
        error => error.into(),
    }
}

fn verify(arguments: &Verify) -> Result<(), Failure> {
    must_be_folder(arguments.data_dir.as_deref())?;
    let (named, data_dir) = (named(&arguments.sets)?, arguments.data_dir.as_deref());
    let sets: Vec<&'static Set> = if named.is_empty() { SETS.iter().collect() } else { named.clone() };
    let requests: Vec<Request> = sets.iter().map(|set| at(set, data_dir)).collect();
    // A set that was named is checked wherever its files are looked for.
    let mut checked: Vec<Checked> = match named.is_empty() {
        true => data::verify_all(&requests),
        false => requests.iter().flat_map(|request| data::verify_all(slice::from_ref(request))).collect(),
    };
    checked.retain(|checked| is_below_named(&checked.found, data_dir));
    let json = arguments.output.json;
    for checked in &checked {
        console::print(&if json { verified_as_json(checked) } else { verified(checked) })?;
    }
    let files = checked.iter().flat_map(|checked| &checked.files);
    let damaged = files.filter(|file| is_damaged(file)).count();
    if damaged > 0 {
        let hint = "`descent data fetch SET --data-dir DIR` brings whole files into another folder";
        return Err(Failure::bad_data(format!("damaged files: {damaged}"), hint));
    }
    let is_whole = |set: &Set| checked.iter().any(|checked| checked.set == set && checked.found.is_whole());
    let expected: Vec<&Set> =
        if named.is_empty() { checked.iter().map(|checked| checked.set).collect() } else { named };
    let mut missing: Vec<&str> =
        expected.into_iter().filter(|set| !is_whole(set)).map(|set| set.name).collect();
    missing.dedup();
    if checked.is_empty() || !missing.is_empty() {
        let what = match missing.is_empty() {
            true => "no data set is here".into(),
            false => format!("not here: {}", missing.join(", ")),
        };
        return Err(Failure::missing(what, "`descent data fetch` brings what is missing"));
    }
    Ok(())
}

fn is_damaged(file: &Result<Verified, Error>) -> bool {
    file.as_ref().is_err_and(|error| error.kind() != Kind::MissingInput)
}

fn verified(checked: &Checked) -> String {
    let Checked { set, found, files } = checked;
    let mut text = format!("{}: {}\n", set.name, files::text::visible(&found.origin.to_string()));
    for (file, result) in found.files.iter().zip(files) {
        text += &match result {
            Ok(Verified { bytes, evidence }) => {
                let bytes = text::grouped(*bytes);
                match evidence {
                    Evidence::Published => format!("  ok       {}, {bytes} bytes\n", file.name),
                    Evidence::Stored => {
                        format!("  ok       {}, {bytes} bytes, as it was stored\n", file.name)
                    }
                    Evidence::Shape => {
                        format!("  ok       {}, {bytes} bytes: size and shape only\n", file.name)
                    }
                }
            }
            Err(_) if !is_damaged(result) => format!("  missing  {}\n", file.name),
            Err(error) => {
                format!(
                    "  DAMAGED  {}\n{}",
                    file.name,
                    text::paragraph(&files::text::visible(&error.to_string()), 11, console::width())
                )
            }
        };
    }
    if files.iter().flatten().any(|file| file.evidence == Evidence::Shape) {
        let why = format!("No checksum is published for the files of {}.", set.title);
        text += &text::paragraph(&why, 2, console::width());
    }
    text
}

fn verified_as_json(checked: &Checked) -> String {
    let Checked { set, found, files } = checked;
    let line = |(file, result): (&data::FoundFile, &Result<Verified, Error>)| {
        let status = match result {
            Ok(_) => "ok",
            Err(_) if is_damaged(result) => "damaged",
            Err(_) => "missing",
        };
        let evidence = result.as_ref().ok().map(|file| match file.evidence {
            Evidence::Published => "published checksum",
            Evidence::Stored => "checksum as stored",
            Evidence::Shape => "size and shape only",
        });
        let object = json!({
            "schema": crate::console::SCHEMA,
            "kind": "file",
            "set": set.name,
            "folder": found.origin.folder().map(|folder| folder.to_string_lossy()),
            "name": file.name,
            "path": file.path.as_deref().map(lossy),
            "status": status,
            "evidence": evidence,
            "error": result.as_ref().err().map(ToString::to_string),
        });
        format!("{object}\n")
    };
    found.files.iter().zip(files).map(line).collect()
}

fn show(arguments: &Show) -> Result<(), Failure> {
    let dataset = arguments.place.load(data::set(&arguments.set)?)?;
    let (name, split) = arguments.split.of(&dataset);
    let images = match arguments.index {
        Some(index) => {
            let index = trained::checked_index(index, &dataset, (name, split))?;
            index..index + 1
        }
        None => 0..split.len().min(arguments.count as usize),
    };
    let class = |index: usize| dataset.class_names[usize::from(split.labels[index])];
    if arguments.output.json {
        let line = |index: usize| {
            let object = json!({
                "schema": crate::console::SCHEMA,
                "kind": "image",
                "dataset": dataset.name,
                "sample": dataset.is_sample(),
                "split": name,
                "index": index,
                "label": split.labels[index],
                "class": class(index),
                "rows": split.rows,
                "columns": split.cols,
                "pixels": split.image(index),
            });
            format!("{object}\n")
        };
        console::print(&images.map(line).collect::<String>())?;
        return Ok(());
    }
    let picture = |index: usize| {
        let caption = format!("index {index}: {}", class(index));
        Picture { pixels: split.image(index), columns: split.cols, caption }
    };
    let pictures: Vec<_> = images.map(picture).collect();
    let heading = format!("{}'s {name} split, from {}", dataset.name, dataset.origin);
    let heading = text::paragraph(&heading, 0, console::width());
    console::print(&format!("{heading}\n{}", picture::page(&pictures, Look::of_stdout(), console::width())))?;
    Ok(())
}

/// The sets that the arguments name, each once.
fn named(names: &[String]) -> Result<Vec<&'static Set>, Failure> {
    let mut sets: Vec<&'static Set> = Vec::new();
    for name in names {
        let set = data::set(name)?;
        if !sets.contains(&set) {
            sets.push(set);
        }
    }
    Ok(sets)
}

/// The folders that hold files of a set; where the user named one, only what is in it.
fn located(set: &'static Set, data_dir: Option<&Path>) -> Vec<Found> {
    let mut found = data::locate(&at(set, data_dir));
    found.retain(|found| is_below_named(found, data_dir));
    found
}

/// The set, in the folder that the user named if there is one.
fn at(set: &'static Set, data_dir: Option<&Path>) -> Request {
    let mut request = Request::new(set);
    request.data_dir = data_dir.map(Path::to_path_buf);
    request
}

/// True but for folders outside of the one that the user named.
fn is_below_named(found: &Found, data_dir: Option<&Path>) -> bool {
    data_dir.is_none_or(|named| found.origin.folder().is_some_and(|folder| folder.starts_with(named)))
}

fn lossy(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Bytes in millions.
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

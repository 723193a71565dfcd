//! Data of a user's own: tables, arrays, folders of pictures and texts.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use data::own::array::ImageLayout;
use data::own::csv::{Options, TargetKind};
use data::own::description::{Kind, Test};
use data::own::pictures::Channels;
use data::own::{Description, Normalization};
use data::samples::Holdout;

use crate::failure::Failure;
use crate::shell::quoted;

/// Flags for data of a user's own.
#[derive(Args, Debug, Clone)]
pub(crate) struct OwnArgs {
    /// Your own data: a table (CSV with a header, and --target), inputs and targets as two .npy or IDX files, a
    /// folder of pictures with a sub-folder a class, a text (.txt), or a TOML file that describes them
    #[arg(long, value_name = "FILE|DIR", num_args = 1..=2, conflicts_with = "data_dir")]
    pub(crate) data: Vec<PathBuf>,
    /// The column of the table to learn, by name or number
    #[arg(long, value_name = "COLUMN", requires = "data")]
    pub(crate) target: Option<String>,
    /// Kind of the targets: classes or numbers; auto decides by their values
    #[arg(long, value_name = "KIND", value_parser = ["auto", "classes", "numbers"], requires = "data")]
    targets: Option<String>,
    /// Targets that are numbers are learned as (y − MEAN)/STD, and answers are in their own units. `auto` takes both
    /// from the training data [default: auto]
    #[arg(long, value_name = "MEAN,STD|none|auto", allow_negative_numbers = true, requires = "data")]
    pub(crate) normalize_targets: Option<Normalization>,
    /// Columns of the table to leave out
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', requires = "data")]
    ignore: Vec<String>,
    /// Columns of words, each to become a column of 0 and 1 a word
    #[arg(long, value_name = "COLUMN,…", value_delimiter = ',', requires = "data")]
    one_hot: Vec<String>,
    /// Channels of a folder's pictures: 1 for gray, 3 for color [default: 3 if a picture has color, otherwise 1]
    #[arg(long, value_name = "1|3", requires = "data")]
    channels: Option<Channels>,
    /// Characters of a text that the model sees at once [default: 50]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536), requires = "data")]
    length: Option<u32>,
    /// Test data: files like those of --data, or a part to hold out [default: 20%]
    #[arg(long, value_name = "FILE|DIR|PART", num_args = 1..=2, requires = "data")]
    test: Vec<String>,
    /// A part of the training data to hold out for validation
    #[arg(long, value_name = "PART", requires = "data")]
    validation: Option<Holdout>,
}

impl OwnArgs {
    /// Names of the flags that say more about `--data`, but for `--target`, which has another meaning in `compare`.
    pub(crate) const OPTIONS: [&'static str; 8] =
        ["targets", "normalize_targets", "ignore", "one_hot", "channels", "length", "test", "validation"];

    /// True if the data are a user's own.
    pub(crate) fn is_given(&self) -> bool {
        !self.data.is_empty()
    }

    /// Name of the data: that of the file or folder.
    pub(crate) fn name(&self) -> Option<String> {
        let path = self.data.first()?;
        let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
        Some(name.map_or("data".to_string(), |name| files::text::name(&name.to_string_lossy())))
    }

    /// The flags that name the same data, each after a space.
    pub(crate) fn flags(&self) -> String {
        let mut flags = String::new();
        let mut add = |flag: &str, values: Vec<String>| {
            if !values.is_empty() {
                flags += &format!(" --{flag}");
                values.iter().for_each(|value| flags += &format!(" {}", quoted(value)));
            }
        };
        add("data", self.data.iter().map(|path| path.to_string_lossy().into_owned()).collect());
        add("target", self.target.iter().filter(|_| self.is_given()).cloned().collect());
        add("targets", self.targets.iter().cloned().collect());
        add("normalize-targets", self.normalize_targets.iter().map(ToString::to_string).collect());
        let joined = |names: &[String]| if names.is_empty() { vec![] } else { vec![names.join(",")] };
        add("ignore", joined(&self.ignore));
        add("one-hot", joined(&self.one_hot));
        add("channels", self.channels.iter().map(|channels| channels.count().to_string()).collect());
        add("length", self.length.iter().map(ToString::to_string).collect());
        add("test", self.test.clone());
        add("validation", self.validation.iter().map(ToString::to_string).collect());
        flags
    }

    /// The files and folders that are read, with the flags that name them.
    pub(crate) fn inputs(&self) -> Vec<(&'static str, PathBuf)> {
        let mut inputs: Vec<_> = self.data.iter().map(|path| ("--data", path.clone())).collect();
        inputs.extend(self.test.iter().map(|path| ("--test", path.into())));
        // What is wrong in a description is said where it is read.
        let described = self.data.first().filter(|path| matches!(kind(path), Ok(Found::Toml)));
        if let Some(Ok(Description { train, test, .. })) = described.map(|path| Description::open(path)) {
            let tests = if let Test::Files(files) = test { files } else { Vec::new() };
            inputs.extend(train.into_iter().chain(tests).map(|path| ("--data", path)));
        }
        inputs
    }

    /// The description that the flags make, or that of a TOML file with the flags on top.
    pub(crate) fn describe(&self, normalize: Option<Normalization>) -> Result<Description, Failure> {
        let mut description = self.found()?;
        self.describe_columns(&mut description.kind)?;
        self.describe_kind(&mut description.kind)?;
        match self.targets.as_deref() {
            Some("classes") => description.targets = TargetKind::Classes,
            Some("numbers") => description.targets = TargetKind::Numbers,
            _ => {}
        }
        match &self.test[..] {
            [] => {}
            [part] if part.parse::<Holdout>().is_ok() => {
                description.test = Test::Part(part.parse().expect("it was just parsed"));
            }
            files => description.test = Test::Files(files.iter().map(PathBuf::from).collect()),
        }
        description.validation = self.validation.or(description.validation);
        description.normalize = normalize.unwrap_or(description.normalize);
        description.normalize_targets = self.normalize_targets.or(description.normalize_targets);
        Ok(description)
    }

    /// The description of what is found under the name that `--data` gives.
    fn found(&self) -> Result<Description, Failure> {
        let first = &self.data[0];
        let found = match kind(first)? {
            // An archive of arrays is refused where arrays are read.
            Found::Table if self.target.is_none() && first.extension().is_some_and(|of| of == "npz") => {
                Found::Arrays(Vec::new())
            }
            found => found,
        };
        if let ([_, second, ..], true) = (&self.data[..], !matches!(found, Found::Arrays(_))) {
            return Err(Failure::usage(
                format!(
                    "{}: expected one table, folder, text or description, found two names",
                    files::text::path(second)
                ),
                "only arrays come in two files, inputs and targets; test data are named with --test",
            ));
        }
        let table = || Description::new(Kind::Csv(self.table()), vec![first.clone()]);
        Ok(match found {
            Found::Toml => Description::open(first)?,
            Found::Table => table(),
            Found::Text if self.target.is_some() => table(),
            Found::Text => Description::new(Kind::TEXT, vec![first.clone()]),
            Found::Arrays(files) => {
                let files = if files.is_empty() { self.data.clone() } else { files };
                if files.len() != 2 {
                    return Err(Failure::usage(
                        format!("{}: expected inputs and targets, found one file", files::text::path(first)),
                        "name both: --data images.npy labels.npy",
                    ));
                }
                Description::new(Kind::Array { layout: ImageLayout::Auto }, files)
            }
            Found::Pictures { train, test } => {
                let mut description = Description::new(Kind::Pictures { channels: None }, vec![train]);
                if let Some(test) = test {
                    description.test = Test::Files(vec![test]);
                }
                description
            }
        })
    }

    /// Settings of columns, which only tables have.
    fn describe_columns(&self, kind: &mut Kind) -> Result<(), Failure> {
        let Kind::Csv(options) = kind else {
            if self.target.is_none() && self.ignore.is_empty() && self.one_hot.is_empty() {
                return Ok(());
            }
            return Err(Failure::usage(
                "--target, --ignore and --one-hot conflict with data that have no columns",
                "leave them out, or name a CSV file with --data",
            ));
        };
        options.target = self.target.clone().or(options.target.take());
        for (list, flags) in [(&mut options.ignore, &self.ignore), (&mut options.one_hot, &self.one_hot)] {
            if !flags.is_empty() {
                list.clone_from(flags);
            }
        }
        if options.target.is_none() {
            let first = files::text::path(&self.data[0]);
            return Err(Failure::usage(
                format!("{first}: expected the column to learn, found none named"),
                "name it with --target COLUMN",
            ));
        }
        Ok(())
    }

    /// Settings of one kind of data, which others refuse.
    fn describe_kind(&self, kind: &mut Kind) -> Result<(), Failure> {
        match (&*kind, self.targets.as_deref()) {
            (Kind::Pictures { .. }, Some("numbers")) => {
                return Err(Failure::usage(
                    "--targets numbers conflicts with pictures, whose folders are classes",
                    "leave it out, or name two arrays with --data",
                ));
            }
            (Kind::Text { .. }, Some("classes" | "numbers")) => {
                return Err(Failure::usage(
                    "--targets conflicts with a text, whose next characters are learned",
                    "leave it out",
                ));
            }
            _ => {}
        }
        match (kind, self.channels, self.length) {
            (Kind::Pictures { channels }, given, None) => *channels = given.or(*channels),
            (Kind::Text { length }, None, given) => *length = given.map_or(*length, |given| given as usize),
            (_, None, None) => {}
            (_, Some(_), _) => {
                return Err(Failure::usage(
                    "--channels conflicts with data that are no folder of pictures",
                    "leave it out: the channels of arrays are one of their dimensions",
                ));
            }
            (_, _, Some(_)) => {
                return Err(Failure::usage(
                    "--length conflicts with data that are no text",
                    "leave it out, or name a text (.txt) with --data",
                ));
            }
        }
        Ok(())
    }

    fn table(&self) -> Options {
        Options {
            target: self.target.clone(),
            kind: TargetKind::Auto,
            ignore: self.ignore.clone(),
            one_hot: self.one_hot.clone(),
            header: true,
        }
    }
}

/// Data as they are found under a name.
enum Found {
    Toml,
    Table,
    Text,
    /// Inputs and targets of a folder; none for a file.
    Arrays(Vec<PathBuf>),
    Pictures {
        train: PathBuf,
        test: Option<PathBuf>,
    },
}

/// The kind of data, by the name and the first bytes.
fn kind(path: &Path) -> Result<Found, Failure> {
    if path.is_dir() {
        return Ok(folder(path));
    }
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let (mut file, _) = files::open(path)?;
    let mut start = [0; 2];
    let length = std::io::Read::read(&mut file, &mut start).unwrap_or(0);
    Ok(match (&*extension, &start[..length]) {
        ("toml", _) => Found::Toml,
        (_, [0x93, _] | [0, 0] | [0x1f, 0x8b]) | ("npy" | "gz", _) => Found::Arrays(Vec::new()),
        ("txt" | "text", _) => Found::Text,
        _ => Found::Table,
    })
}

/// A folder with `dataset.toml`, or pictures, perhaps in folders for training and test.
fn folder(path: &Path) -> Found {
    let below = |name: &str| Some(path.join(name)).filter(|path| path.is_dir());
    let has_folders = |path: &PathBuf| {
        fs::read_dir(path).into_iter().flatten().flatten().any(|entry| entry.path().is_dir())
    };
    let train = below("train").filter(has_folders);
    match train {
        Some(train) => Found::Pictures { train, test: below("test").filter(has_folders) },
        None => Found::Pictures { train: path.into(), test: None },
    }
}

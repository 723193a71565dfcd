//! A user's data set, described by flags or by a TOML file.
//!
//! ```toml
//! kind = "csv"            # csv, array (.npy or IDX), pictures (a folder), text
//! train = "wine.csv"      # arrays: ["inputs.npy", "targets.npy"]
//! test = "20%"            # a file like `train`, or a part of it to hold out: 500, 20%
//! validation = "10%"      # a part of the remaining examples; none by default
//! target = "quality"      # csv: the column, by name or number
//! targets = "classes"     # classes, numbers, auto
//! ignore = ["id"]         # csv: columns to leave out
//! one_hot = ["color"]     # csv: columns of words
//! header = true           # csv
//! length = 50             # text: characters of a window
//! normalize = "auto"      # auto, none, "0.5,0.5"
//! ```
//!
//! Paths are relative to the file.

use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::csv::{self, TargetKind};
use super::keys::Keys;
use super::{Fault, Normalization, array, quoted};
use crate::characters::{self, Vocabulary};
use crate::error::Error;
use crate::samples::{Holdout, Samples, SamplesFault, Splits, Standardization, Targets};
use crate::text::grouped;
use files::text::nearest;

/// Description of a user's data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Kind of the files, with its options.
    pub kind: Kind,
    /// Training file; for arrays, the inputs and optionally the targets.
    pub train: Vec<PathBuf>,
    /// Test files, or a part to hold out.
    pub test: Test,
    /// Part of the training data to hold out for validation.
    pub validation: Option<Holdout>,
    /// Kind of the targets.
    pub targets: TargetKind,
    /// Normalization of the inputs.
    pub normalize: Normalization,
}

/// Kind of files.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A table; the kind of the targets is that of the description.
    Csv(csv::Options),
    /// `.npy` or IDX files.
    Array,
    /// Folders of pictures, a sub-folder for each class.
    #[cfg(feature = "pictures")]
    Pictures,
    /// A UTF-8 text, for next-character prediction.
    Text {
        /// Length of a window in characters.
        length: usize,
    },
}

/// Test data: files like the training data, or a part of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// Files, as [`Description::train`] has them.
    Files(Vec<PathBuf>),
    /// A part of the training data, the same in every run.
    Part(Holdout),
}

/// A user's data set in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// Splits; numbers are already normalized, bytes are not.
    pub splits: Splits,
    /// Mean and standard deviation of the normalization, to be saved with a model.
    pub standardization: Standardization,
    /// Names of the features, for tables.
    pub features: Vec<String>,
    /// Characters, for texts.
    pub vocabulary: Option<Vocabulary>,
}

/// Facts of the data that a model was trained on.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Shape of an input; any if empty.
    pub shape: Vec<usize>,
    /// Names of the features, for tables; any if empty.
    pub features: Vec<String>,
    /// Names of the classes; any if empty.
    pub classes: Vec<String>,
    /// Normalization of the inputs.
    pub standardization: Standardization,
}

impl Known {
    /// Checks features and shape, and gives labels the numbers that they have in the model.
    fn check(&self, features: &[String], splits: &mut Splits) -> Result<(), Fault> {
        let names = |names: &[String]| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let shape = splits.train.inputs.shape();
        let widths = [1, shape.last().copied().unwrap_or(1)];
        let hint = "use data with the columns that the model was trained on, in the same order";
        if !self.features.is_empty() && self.features != features {
            let expected = format!("the features {}", names(&self.features));
            return Err(Fault::expected("", &expected, &names(features), hint));
        }
        if (!self.shape.is_empty() && self.shape != shape)
            || !widths.contains(&self.standardization.mean.len())
        {
            let expected = format!("inputs of shape {:?}, as the model has them", self.shape);
            return Err(Fault::expected("", &expected, &format!("{shape:?}"), hint));
        }
        if self.classes.is_empty() {
            return Ok(());
        }
        for samples in [&mut splits.train, &mut splits.validation, &mut splits.test] {
            let Targets::Classes { labels, names: found } = &mut samples.targets else { continue };
            let place = |name: &String| {
                self.classes.iter().position(|known| known == name).ok_or_else(|| {
                    let expected = format!("one of the model's classes {}", names(&self.classes));
                    let hint = "use data with the classes that the model was trained on";
                    Fault::expected("", &expected, &quoted(name), hint)
                })
            };
            let places: Vec<usize> = found.iter().map(place).collect::<Result<_, _>>()?;
            labels.iter_mut().for_each(|label| *label = places[*label as usize] as u32);
            *found = self.classes.clone();
        }
        Ok(())
    }
}

/// Refuses a single class, which nothing could be told apart from.
fn several_classes(targets: &Targets) -> Result<(), Fault> {
    match targets {
        Targets::Classes { names, .. } if names.len() < 2 => {
            let found = names.first().map_or("none".to_string(), |name| format!("one, {}", quoted(name)));
            Err(Fault::expected("", "2 classes or more", &found, "check which column or file is the target"))
        }
        _ => Ok(()),
    }
}

/// Default test part.
const TEST_PART: Holdout = Holdout::Fraction(0.2);

/// Seed of the held-out parts.
const SEED: u64 = 0;

#[cfg(feature = "pictures")]
const KINDS: [&str; 4] = ["csv", "array", "pictures", "text"];
#[cfg(not(feature = "pictures"))]
const KINDS: [&str; 3] = ["csv", "array", "text"];

impl Description {
    /// Reads a TOML file.
    pub fn open(path: &Path) -> Result<Description, Error> {
        let text = read_text(path, 1 << 20)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Description::parse(&text, folder).map_err(|fault| fault.of(path))
    }

    /// Description with these files and default settings.
    pub fn new(kind: Kind, train: Vec<PathBuf>) -> Description {
        Description {
            kind,
            train,
            test: Test::Part(TEST_PART),
            validation: None,
            targets: TargetKind::Auto,
            normalize: Normalization::Auto,
        }
    }

    fn parse(text: &str, folder: &Path) -> Result<Description, Fault> {
        let mut keys = Keys::parse(text)?;
        let missing = |key: &str, hint: &str| Fault::expected("", &format!("a key `{key}`"), "none", hint);
        let kind = keys.string("kind")?;
        let train = keys.strings("train")?;
        let test = keys.strings("test")?;
        let validation = keys.word("validation")?;
        let target = keys.word("target")?;
        let targets = keys.string("targets")?;
        let ignore = keys.strings("ignore")?;
        let one_hot = keys.strings("one_hot")?;
        let header = keys.boolean("header")?;
        let length = keys.word("length")?;
        let normalize = keys.string("normalize")?;

        let (kind, kind_span) = kind.ok_or_else(|| missing("kind", "such as kind = \"csv\""))?;
        let (train, train_span) = train.ok_or_else(|| missing("train", "such as train = \"table.csv\""))?;
        let only_csv = [&target, &None].into_iter().flatten().map(|(_, span)| span.clone()).next();
        let only_csv = only_csv.or(ignore.as_ref().or(one_hot.as_ref()).map(|(_, span)| span.clone()));
        if let Some(span) = only_csv.filter(|_| kind != "csv") {
            let message = format!("expected kind \"csv\" for this key, found {}", quoted(&kind));
            return Err(keys.fault(
                &span,
                message,
                "tables have columns; arrays name their targets in `train`",
            ));
        }
        let kind = match &kind[..] {
            "csv" => Kind::Csv(csv::Options {
                target: target.map(|(name, _)| name),
                kind: TargetKind::Auto,
                ignore: ignore.map_or(Vec::new(), |(names, _)| names),
                one_hot: one_hot.map_or(Vec::new(), |(names, _)| names),
                header: header.unwrap_or(true),
            }),
            "array" => Kind::Array,
            #[cfg(feature = "pictures")]
            "pictures" => Kind::Pictures,
            "text" => Kind::Text {
                length: match &length {
                    None => 50,
                    Some((word, span)) => word.parse().ok().filter(|&n| n > 0).ok_or_else(|| {
                        let message = format!("expected 1 character or more, found {}", quoted(word));
                        keys.fault(span, message, "such as length = 50")
                    })?,
                },
            },
            other => {
                let meant =
                    nearest(other, &KINDS).map_or(String::new(), |k| format!("; did you mean \"{k}\"?"));
                let message = format!("unknown kind {}{meant}", quoted(other));
                return Err(keys.fault(&kind_span, message, &format!("the kinds are {}", KINDS.join(", "))));
            }
        };
        let most = if kind == Kind::Array { 2 } else { 1 };
        if train.is_empty() || train.len() > most {
            let message = format!("expected 1 to {most} files, found {}", train.len());
            return Err(keys.fault(&train_span, message, "arrays: [\"inputs.npy\", \"targets.npy\"]"));
        }
        let below = |names: Vec<String>| names.iter().map(|name| folder.join(name)).collect::<Vec<_>>();
        let test = match test {
            None => Test::Part(TEST_PART),
            Some((names, _)) if names.len() == 1 && train.len() == 1 => match names[0].parse() {
                Ok(part) => Test::Part(part),
                Err(_) => Test::Files(below(names)),
            },
            Some((names, _)) if names.len() == 1 && names[0].parse::<Holdout>().is_ok() => {
                Test::Part(names[0].parse().expect("it was just parsed"))
            }
            Some((names, _)) if names.len() == train.len() => Test::Files(below(names)),
            Some((names, span)) => {
                let message = format!("expected {} files, as in `train`, found {}", train.len(), names.len());
                return Err(keys.fault(
                    &span,
                    message,
                    "name as many files, or a part to hold out, such as \"20%\"",
                ));
            }
        };
        let targets = match targets {
            None => TargetKind::Auto,
            Some((word, span)) => match &word[..] {
                "auto" => TargetKind::Auto,
                "classes" => TargetKind::Classes,
                "numbers" => TargetKind::Numbers,
                other => {
                    let message = format!("expected classes, numbers or auto, found {}", quoted(other));
                    return Err(keys.fault(&span, message, "the key is the kind of the targets"));
                }
            },
        };
        let parsed = |word: Option<(String, Range<usize>)>| {
            word.map(|(word, span)| word.parse().map_err(|message| keys.fault(&span, message, NORMALIZE)))
                .transpose()
        };
        let validation = parsed(validation)?;
        let normalize = normalize
            .map(|(word, span)| word.parse().map_err(|message| keys.fault(&span, message, NORMALIZE)))
            .transpose()?
            .unwrap_or_default();
        keys.finish()?;
        Ok(Description { kind, train: below(train), test, validation, targets, normalize })
    }

    /// Reads the files, holds parts out, and normalizes numbers by the training split.
    ///
    /// # Errors
    /// If a file cannot be read or holds something else than expected, with its place, or there is one class.
    pub fn load(&self) -> Result<Loaded, Error> {
        self.load_as(None)
    }

    /// Reads the files for a model that was trained on `known` data: its features, classes and normalization.
    ///
    /// # Errors
    /// As for [`load`](Description::load), and for other features or classes.
    pub fn load_for(&self, known: &Known) -> Result<Loaded, Error> {
        self.load_as(Some(known))
    }

    fn load_as(&self, known: Option<&Known>) -> Result<Loaded, Error> {
        let first = self.train.first().map_or(Path::new(""), PathBuf::as_path);
        let (mut features, mut vocabulary) = (Vec::new(), None);
        let (train, test) = match &self.kind {
            Kind::Csv(options) => {
                let options = csv::Options { kind: self.targets, ..options.clone() };
                let table = csv::read(first, &options)?;
                let test = match &self.test {
                    Test::Files(files) => Some(csv::read_alike(named(files, 0)?, &options, &table)?),
                    Test::Part(_) => None,
                };
                features = table.features;
                (table.samples, test)
            }
            Kind::Array => {
                let train = self.arrays(&self.train, None)?;
                let known = match &train.targets {
                    Targets::Classes { names, .. } => Some(names.clone()),
                    _ => None,
                };
                let test = match &self.test {
                    Test::Files(files) => Some(self.arrays(files, known.as_deref())?),
                    Test::Part(_) => None,
                };
                (train, test)
            }
            #[cfg(feature = "pictures")]
            Kind::Pictures => {
                let train = super::pictures::read(first, None)?;
                let names = match &train.targets {
                    Targets::Classes { names, .. } => names.as_slice(),
                    _ => &[],
                };
                let test = match &self.test {
                    Test::Files(files) => Some(super::pictures::read(named(files, 0)?, Some(names))?),
                    Test::Part(_) => None,
                };
                (train, test)
            }
            Kind::Text { length } => {
                let text = read_text(first, u64::MAX)?;
                let symbols = Vocabulary::of(&text);
                let windows = |path: &Path, text: &str| {
                    let tokens = symbols.encode(text).map_err(|unknown| {
                        let hint = "test data may only have characters of the training data".into();
                        Fault { place: String::new(), message: unknown.to_string(), hint }.of(path)
                    })?;
                    if tokens.len() <= *length {
                        let expected = format!("more than {} characters", grouped(*length as u64));
                        let hint = "choose a smaller `length`";
                        return Err(Fault::expected("", &expected, &tokens.len().to_string(), hint).of(path));
                    }
                    Ok(characters::next_character(&tokens, symbols.len(), *length, *length))
                };
                let train = windows(first, &text)?;
                let test = match &self.test {
                    Test::Files(files) => {
                        let path = named(files, 0)?;
                        Some(windows(path, &read_text(path, u64::MAX)?)?)
                    }
                    Test::Part(_) => None,
                };
                vocabulary = Some(symbols);
                (train, test)
            }
        };
        let refused = |fault: SamplesFault| {
            Fault { place: String::new(), message: fault.to_string(), hint: HOLD_OUT.into() }.of(first)
        };
        let (train, test) = match (test, &self.test) {
            (Some(test), _) => (train, test),
            (None, Test::Part(part)) => train.split(*part, SEED).map_err(refused)?,
            (None, Test::Files(_)) => (train, Samples::default()),
        };
        let (train, validation) = match self.validation {
            Some(part) => train.split(part, SEED).map_err(refused)?,
            None => (train, Samples::default()),
        };
        let mut splits = Splits { train, validation, test };
        for (samples, name) in [(&splits.train, "training"), (&splits.test, "test")] {
            if samples.is_empty() {
                let expected = format!("one {name} example or more");
                return Err(Fault::expected("", &expected, "none", HOLD_OUT).of(first));
            }
        }
        if splits.train.inputs.shape() != splits.test.inputs.shape() {
            let expected = format!("test inputs of shape {:?}", splits.train.inputs.shape());
            let found = format!("{:?}", splits.test.inputs.shape());
            return Err(
                Fault::expected("", &expected, &found, "training and test data need one shape").of(first)
            );
        }
        match known {
            Some(known) => known.check(&features, &mut splits).map_err(|fault| fault.of(first))?,
            None => several_classes(&splits.train.targets).map_err(|fault| fault.of(first))?,
        }
        let standardization = match known {
            Some(known) => known.standardization.clone(),
            None => self.normalize.resolve(&splits.train.inputs),
        };
        for samples in [&mut splits.train, &mut splits.validation, &mut splits.test] {
            if !samples.is_empty() {
                standardization.apply(&mut samples.inputs);
            }
        }
        Ok(Loaded { splits, standardization, features, vocabulary })
    }

    fn arrays(&self, files: &[PathBuf], known: Option<&[String]>) -> Result<Samples, Error> {
        let inputs = named(files, 0)?;
        let targets =
            files.get(1).map(|path| Ok::<_, Error>((array::read(path)?, path.as_path()))).transpose()?;
        array::samples((array::read(inputs)?, inputs), targets, self.targets, known)
    }
}

const NORMALIZE: &str = "bytes are normalized on the scale from 0 to 1";
const HOLD_OUT: &str = "hold a smaller part out, or add examples";

/// File at this index, which a hand-made description may lack.
fn named(files: &[PathBuf], index: usize) -> Result<&Path, Error> {
    files.get(index).map(PathBuf::as_path).ok_or_else(|| {
        Fault::expected("", "the name of a file", "none", "name the file to read").of(Path::new("data"))
    })
}

/// Reads a UTF-8 text file.
fn read_text(path: &Path, most: u64) -> Result<String, Error> {
    let (file, bytes) = files::open(path)?;
    if bytes > most {
        let expected = format!("at most {} bytes", grouped(most));
        return Err(Fault::expected("", &expected, &grouped(bytes), "check the path").of(path));
    }
    let mut text = Vec::new();
    let failed = |source| Error::Io { action: "read", path: path.into(), source };
    file.take(bytes).read_to_end(&mut text).map_err(failed)?;
    String::from_utf8(text).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let place = format!("byte {}", grouped(at as u64));
        Fault::expected(place, "text in UTF-8", "other bytes", "save the file as UTF-8").of(path)
    })
}

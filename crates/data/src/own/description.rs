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
//! layout = "auto"         # array: order of images with channels: nchw, nhwc, auto
//! channels = 3            # pictures: 1 for gray, 3 for color; by default 3 if one has color
//! length = 50             # text: characters of a window
//! normalize = "auto"      # auto, none, "0.5,0.5"
//! normalize_targets = "auto" # the same for targets that are numbers
//! ```
//!
//! Paths are relative to the file.

mod file;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::array::ImageLayout;
use super::csv::{self, TargetKind};
#[cfg(feature = "pictures")]
use super::pictures::{self, Channels};
use super::{Fault, Normalization, array, quoted};
use crate::characters::{self, Vocabulary};
use crate::error::Error;
use crate::samples::{Holdout, Inputs, Samples, SamplesFault, Splits, Standardization, Targets};
use crate::text::grouped;

/// Description of a user's data set.
#[derive(Debug, Clone, PartialEq)]
pub struct Description {
    /// Kind of the files, with its options.
    pub kind: Kind,
    /// Training file; for arrays, the inputs and optionally the targets.
    pub train: Vec<PathBuf>,
    /// Test files, or a part to hold out: of a text its end, otherwise examples by chance.
    pub test: Test,
    /// Part of the training data to hold out for validation.
    pub validation: Option<Holdout>,
    /// Kind of the targets.
    pub targets: TargetKind,
    /// Normalization of the inputs.
    pub normalize: Normalization,
    /// Normalization of targets that are numbers; automatic if not said.
    pub normalize_targets: Option<Normalization>,
}

/// Kind of files.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A table; the kind of the targets is that of the description.
    Csv(csv::Options),
    /// `.npy` or IDX files.
    Array {
        /// Order of the dimensions of images.
        layout: ImageLayout,
    },
    /// Folders of pictures, a sub-folder for each class.
    #[cfg(feature = "pictures")]
    Pictures {
        /// Channels of a pixel; 3 if a picture of the training data has color, otherwise 1, if not said.
        channels: Option<Channels>,
    },
    /// A UTF-8 text, for next-character prediction.
    Text {
        /// Length of a window in characters.
        length: usize,
    },
}

impl Kind {
    /// Text in windows of 50 characters.
    pub const TEXT: Kind = Kind::Text { length: LENGTH };
}

/// Default length of a window in characters.
const LENGTH: usize = 50;

/// Maximum number of distinct characters of a text, each of which is an output of the model.
const MOST_CHARACTERS: usize = 1024;

/// Maximum length of a text in bytes.
const LONGEST_TEXT: u64 = 256 << 20;

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
    /// Mean and standard deviation that targets are normalized by while a model learns them, for targets that
    /// are numbers. The targets themselves are as in the files.
    pub targets: Option<Standardization>,
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
    /// True if inputs are unsigned bytes, which are from 0 to 1 before they are normalized; any if not known.
    pub bytes: Option<bool>,
    /// Names of the classes; any if empty.
    pub classes: Vec<String>,
    /// Normalization of the inputs.
    pub standardization: Standardization,
    /// Normalization of the targets, if they are numbers.
    pub targets: Option<Standardization>,
    /// Characters, for texts; those of the training file if `None`.
    pub vocabulary: Option<Vocabulary>,
}

impl Known {
    /// Checks features and shape, and gives labels the numbers that they have in the model.
    fn check(&self, features: &[String], splits: &mut Splits) -> Result<(), Fault> {
        let names = |names: &[String]| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
        let shape = splits.train.inputs.shape();
        let widths = [1, shape.last().copied().unwrap_or(1)];
        let hint = match shape.len() {
            3 => "use pictures with the size in pixels and the channels that the model was trained on",
            _ => "use data with the columns that the model was trained on, in the same order",
        };
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
        if let Some(bytes) = self.bytes.filter(|&bytes| bytes != are_bytes(&splits.train.inputs)) {
            let expected = format!("inputs of {}, as the model has them", elements(bytes));
            return Err(Fault::expected("", &expected, elements(!bytes), ONE_TYPE));
        }
        if let (Targets::Numbers { width, .. }, Some(targets)) = (&splits.train.targets, &self.targets)
            && ![1, *width].contains(&targets.mean.len())
        {
            let expected = format!("{} numbers as targets, as the model has them", targets.mean.len());
            return Err(Fault::expected("", &expected, &width.to_string(), hint));
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

impl Description {
    /// Reads a TOML file.
    pub fn open(path: &Path) -> Result<Description, Error> {
        let text = read_text(path, 1 << 20)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        file::parse(&text, folder).map_err(|fault| fault.of(path))
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
            normalize_targets: None,
        }
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
        let [first, last] =
            [self.train.first(), self.train.last()].map(|path| path.map_or(Path::new(""), PathBuf::as_path));
        self.same_number_of_files()?;
        let kind = self.target_kind(known);
        let Read { train, test, features, vocabulary } = match &self.kind {
            Kind::Csv(options) => self.read_tables(first, options, kind)?,
            Kind::Array { layout } => self.read_arrays(*layout, kind)?,
            #[cfg(feature = "pictures")]
            Kind::Pictures { channels } => {
                // A model in color takes gray pictures too.
                let known = known.and_then(|known| Channels::of(&known.shape));
                self.read_pictures(first, channels.or(known))?
            }
            Kind::Text { length } => self.read_texts(first, *length, known)?,
        };
        let mut splits = self.held_out(train, test).map_err(|fault| fault.of(first))?;
        not_empty(&splits).map_err(|fault| fault.of(first))?;
        if let Test::Files(files) = &self.test {
            same_inputs(&splits).map_err(|fault| fault.of(files.first().map_or(first, PathBuf::as_path)))?;
            same_targets(&splits).map_err(|fault| fault.of(files.last().map_or(last, PathBuf::as_path)))?;
        }
        match known {
            Some(known) => known.check(&features, &mut splits).map_err(|fault| fault.of(first))?,
            None => several_classes(&splits.train.targets).map_err(|fault| fault.of(last))?,
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
        let targets = self.target_standardization(&splits.train.targets, known);
        let targets = targets.map_err(|fault| fault.of(first))?;
        Ok(Loaded { splits, standardization, targets, features, vocabulary })
    }

    /// Refuses test data of fewer or more files than the training data.
    fn same_number_of_files(&self) -> Result<(), Error> {
        let Test::Files(files) = &self.test else { return Ok(()) };
        if files.len() == self.train.len() {
            return Ok(());
        }
        let (expected, found) = (self.train.len(), files.len());
        let expected =
            format!("{expected} test file{}, as of the training data", if expected == 1 { "" } else { "s" });
        let hint = "name as many files, or a part to hold out, such as 20%";
        Err(Fault::expected("", &expected, &found.to_string(), hint).of(named(files, 0)?))
    }

    /// Kind of the targets: that of a model, where nothing else is said, since few examples may not tell.
    fn target_kind(&self, known: Option<&Known>) -> TargetKind {
        match (self.targets, known) {
            (TargetKind::Auto, Some(known)) if !known.classes.is_empty() => TargetKind::Classes,
            (TargetKind::Auto, Some(known)) if known.targets.is_some() => TargetKind::Numbers,
            (kind, _) => kind,
        }
    }

    /// Normalization of the targets, by the setting and the training split, or as a model has it.
    fn target_standardization(
        &self,
        train: &Targets,
        known: Option<&Known>,
    ) -> Result<Option<Standardization>, Fault> {
        match (train, self.normalize_targets) {
            (Targets::Numbers { width, values }, setting) => Ok(Some(match known {
                Some(known) => known.targets.clone().unwrap_or_else(Standardization::identity),
                None => {
                    let columns = Inputs::Numbers { shape: vec![*width], values: values.clone() };
                    setting.unwrap_or_default().resolve(&columns)
                }
            })),
            (_, None) => Ok(None),
            (_, Some(_)) => {
                let found = if train.classes().is_some() { "classes" } else { "others" };
                let hint = "leave it out, or say that the targets are numbers";
                Err(Fault::expected("", "targets that are numbers, to normalize them", found, hint))
            }
        }
    }

    fn read_tables(&self, first: &Path, options: &csv::Options, kind: TargetKind) -> Result<Read, Error> {
        let options = csv::Options { kind, ..options.clone() };
        let table = csv::read(first, &options)?;
        let test = self.test_file()?.map(|path| csv::read_alike(path, &options, &table)).transpose()?;
        Ok(Read { features: table.features, ..Read::new(table.samples, test) })
    }

    fn read_arrays(&self, layout: ImageLayout, kind: TargetKind) -> Result<Read, Error> {
        let train = arrays(&self.train, layout, kind, None)?;
        // Numbers that are all whole in the test data are numbers still.
        let kind = if matches!(train.targets, Targets::Numbers { .. }) { TargetKind::Numbers } else { kind };
        let test = match &self.test {
            Test::Files(files) => Some(arrays(files, layout, kind, class_names(&train.targets))?),
            Test::Part(_) => None,
        };
        Ok(Read::new(train, test))
    }

    #[cfg(feature = "pictures")]
    fn read_pictures(&self, first: &Path, channels: Option<Channels>) -> Result<Read, Error> {
        let train = pictures::read(first, channels, None)?;
        let names = class_names(&train.targets).unwrap_or_default();
        // Gray test pictures of training pictures in color.
        let channels = channels.or(Channels::of(train.inputs.shape()).filter(|&of| of == Channels::Rgb));
        let test = self.test_file()?.map(|path| pictures::read(path, channels, Some(names))).transpose()?;
        Ok(Read::new(train, test))
    }

    fn read_texts(&self, first: &Path, length: usize, known: Option<&Known>) -> Result<Read, Error> {
        let text = read_text(first, LONGEST_TEXT)?;
        let (length, vocabulary) = match known {
            Some(Known { shape, vocabulary: Some(vocabulary), .. }) => {
                (shape.first().copied().unwrap_or(length), vocabulary.clone())
            }
            _ => (length, Vocabulary::of(&text)),
        };
        let windows = |path: &Path, text: &str| {
            let tokens = vocabulary.encode(text).map_err(|unknown| {
                let hint = "a model knows the characters of its training data only".into();
                Fault { place: String::new(), message: unknown.to_string(), hint }.of(path)
            })?;
            if tokens.len() <= length {
                let expected = format!("more than {} characters", grouped(length as u64));
                let hint = "choose a smaller `length`";
                return Err(Fault::expected("", &expected, &tokens.len().to_string(), hint).of(path));
            }
            Ok(characters::next_character(&tokens, vocabulary.len(), length, length))
        };
        let train = windows(first, &text)?;
        several_characters(&vocabulary).map_err(|fault| fault.of(first))?;
        let test =
            self.test_file()?.map(|path| windows(path, &read_text(path, LONGEST_TEXT)?)).transpose()?;
        Ok(Read { vocabulary: Some(vocabulary), ..Read::new(train, test) })
    }

    /// The first test file, if files are named.
    fn test_file(&self) -> Result<Option<&Path>, Error> {
        match &self.test {
            Test::Files(files) => named(files, 0).map(Some),
            Test::Part(_) => Ok(None),
        }
    }

    /// Splits with the parts held out of the training examples that are asked for.
    fn held_out(&self, train: Samples, test: Option<Samples>) -> Result<Splits, Fault> {
        let refused = |fault: SamplesFault| Fault {
            place: String::new(),
            message: fault.to_string(),
            hint: HOLD_OUT.into(),
        };
        let (train, test) = match (test, &self.test) {
            (Some(test), _) => (train, test),
            (None, Test::Part(part)) => split(&train, *part).map_err(refused)?,
            (None, Test::Files(_)) => (train, Samples::default()),
        };
        let (train, validation) = match self.validation {
            Some(part) => split(&train, part).map_err(refused)?,
            None => (train, Samples::default()),
        };
        Ok(Splits { train, validation, test })
    }
}

/// Inputs and targets of arrays.
fn arrays(
    files: &[PathBuf],
    layout: ImageLayout,
    kind: TargetKind,
    known: Option<&[String]>,
) -> Result<Samples, Error> {
    let inputs = named(files, 0)?;
    let targets =
        files.get(1).map(|path| Ok::<_, Error>((array::read(path)?, path.as_path()))).transpose()?;
    let images = array::read(inputs)?.channels_last(layout);
    array::samples((images, inputs), targets, kind, known)
}

/// Files as they are read: training examples, test examples if they have files, and facts of the training file.
struct Read {
    train: Samples,
    test: Option<Samples>,
    features: Vec<String>,
    vocabulary: Option<Vocabulary>,
}

impl Read {
    fn new(train: Samples, test: Option<Samples>) -> Read {
        Read { train, test, features: Vec::new(), vocabulary: None }
    }
}

/// Remaining and held-out examples. A text loses its end: windows from its middle are no unseen text.
fn split(samples: &Samples, part: Holdout) -> Result<(Samples, Samples), SamplesFault> {
    match samples.targets {
        Targets::Tokens { .. } => samples.split_end(part),
        _ => samples.split(part, SEED),
    }
}

/// Refuses a vocabulary from which nothing can be learned, or which would make a model too large.
fn several_characters(vocabulary: &Vocabulary) -> Result<(), Fault> {
    let found = grouped(vocabulary.len() as u64);
    match vocabulary.len() {
        0..2 => {
            Err(Fault::expected("", "2 distinct characters or more", &found, "check that it is the text"))
        }
        2..=MOST_CHARACTERS => Ok(()),
        _ => {
            let expected = format!("at most {} distinct characters", grouped(MOST_CHARACTERS as u64));
            Err(Fault::expected("", &expected, &found, "replace rare characters, such as by a question mark"))
        }
    }
}

fn class_names(targets: &Targets) -> Option<&[String]> {
    match targets {
        Targets::Classes { names, .. } => Some(names),
        _ => None,
    }
}

/// Refuses an empty split.
fn not_empty(Splits { train, test, .. }: &Splits) -> Result<(), Fault> {
    let splits = [(train, "training", HOLD_OUT), (test, "test", "hold a larger part out, or add examples")];
    match splits.into_iter().find(|(samples, ..)| samples.is_empty()) {
        Some((_, name, hint)) => {
            Err(Fault::expected("", &format!("one {name} example or more"), "none", hint))
        }
        None => Ok(()),
    }
}

/// Refuses test inputs of another shape or on another scale.
fn same_inputs(Splits { train, test, .. }: &Splits) -> Result<(), Fault> {
    let [expected, found] = [train, test].map(|samples| samples.inputs.shape());
    if expected != found {
        let expected = format!("test inputs of shape {expected:?}");
        let hint = "training and test data need one shape";
        return Err(Fault::expected("", &expected, &format!("{found:?}"), hint));
    }
    let [expected, found] = [train, test].map(|samples| are_bytes(&samples.inputs));
    if expected == found {
        return Ok(());
    }
    let expected = format!("test inputs of {}, as in the training data", elements(expected));
    Err(Fault::expected("", &expected, elements(found), ONE_TYPE))
}

/// Refuses test targets of another kind or width.
fn same_targets(Splits { train, test, .. }: &Splits) -> Result<(), Fault> {
    let kind = |targets: &Targets| match targets {
        Targets::Classes { .. } => "classes".to_string(),
        Targets::Numbers { width: 1, .. } => "a number".to_string(),
        Targets::Numbers { width, .. } => format!("{width} numbers"),
        Targets::Tokens { .. } => "tokens".to_string(),
        Targets::None => "none".to_string(),
    };
    let [expected, found] = [train, test].map(|samples| kind(&samples.targets));
    if expected == found {
        return Ok(());
    }
    let hint = "training and test data need targets of one kind";
    Err(Fault::expected("", &format!("test targets that are {expected} each"), &found, hint))
}

fn are_bytes(inputs: &Inputs) -> bool {
    matches!(inputs, Inputs::Bytes { .. })
}

fn elements(bytes: bool) -> &'static str {
    if bytes { "unsigned bytes" } else { "numbers of another type" }
}

const ONE_TYPE: &str =
    "save both with one element type: bytes are read on the scale from 0 to 1, other numbers as they are";

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

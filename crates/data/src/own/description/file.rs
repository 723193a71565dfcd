//! The TOML file of a description.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use files::text::nearest;

use super::{Description, Kind, LENGTH, TEST_PART, Test};
use crate::own::array::ImageLayout;
use crate::own::csv::{self, TargetKind};
use crate::own::keys::{Keys, Placed};
#[cfg(feature = "pictures")]
use crate::own::pictures::Channels;
use crate::own::{Fault, Normalization, quoted};
use crate::samples::Holdout;

#[cfg(feature = "pictures")]
const KINDS: [&str; 4] = ["csv", "array", "pictures", "text"];
#[cfg(not(feature = "pictures"))]
const KINDS: [&str; 3] = ["csv", "array", "text"];

/// Parses a description, whose paths are relative to `folder`.
pub(super) fn parse(text: &str, folder: &Path) -> Result<Description, Fault> {
    let mut keys = Keys::parse(text)?;
    let missing = |key: &str, hint: &str| Fault::expected("", &format!("a key `{key}`"), "none", hint);
    let kind = keys.string("kind")?;
    let train = keys.strings("train")?;
    let test = keys.strings("test")?;
    let validation = keys.word("validation")?;
    let table = Table {
        target: keys.word("target")?,
        ignore: keys.strings("ignore")?,
        one_hot: keys.strings("one_hot")?,
        header: keys.boolean("header")?,
    };
    let targets = keys.string("targets")?;
    let options = Options {
        layout: keys.string("layout")?,
        channels: keys.word("channels")?,
        length: keys.word("length")?,
    };
    let normalize = keys.string("normalize")?;
    let normalize_targets = keys.string("normalize_targets")?;

    let kind = kind.ok_or_else(|| missing("kind", "such as kind = \"csv\""))?;
    let train = train.ok_or_else(|| missing("train", "such as train = \"table.csv\""))?;
    let kind = self::kind(&keys, kind, table, options)?;
    let train = self::train(&keys, &kind, train)?;
    let test = self::test(&keys, folder, train.len(), test)?;
    let train = below(folder, &train);
    let validation = parsed::<Holdout>(&keys, validation, "such as validation = \"10%\"")?;
    let normalize = parsed::<Normalization>(&keys, normalize, NORMALIZE)?.unwrap_or_default();
    let normalize_targets = parsed(&keys, normalize_targets, "numbers are normalized in their own units")?;
    let targets = self::targets(&keys, targets)?;
    keys.finish()?;
    Ok(Description { kind, train, test, validation, targets, normalize, normalize_targets })
}

const NORMALIZE: &str = "bytes are normalized on the scale from 0 to 1";

/// Keys that only tables have.
struct Table {
    target: Option<Placed<String>>,
    ignore: Option<Placed<Vec<String>>>,
    one_hot: Option<Placed<Vec<String>>>,
    header: Option<bool>,
}

impl Table {
    /// Place of the first key that was given.
    fn place(&self) -> Option<&Range<usize>> {
        let target = self.target.as_ref().map(|(_, span)| span);
        target.or(self.ignore.as_ref().or(self.one_hot.as_ref()).map(|(_, span)| span))
    }

    fn options(self) -> csv::Options {
        csv::Options {
            target: self.target.map(|(name, _)| name),
            kind: TargetKind::Auto,
            ignore: self.ignore.map_or(Vec::new(), |(names, _)| names),
            one_hot: self.one_hot.map_or(Vec::new(), |(names, _)| names),
            header: self.header.unwrap_or(true),
        }
    }
}

/// Keys that one other kind has.
struct Options {
    layout: Option<Placed<String>>,
    channels: Option<Placed<String>>,
    length: Option<Placed<String>>,
}

impl Options {
    /// Refuses keys of another kind than this one.
    fn check(&self, keys: &Keys<'_>, kind: &str) -> Result<(), Fault> {
        let Options { layout, channels, length } = self;
        for (of, key, hint) in [
            ("array", layout, "the key is the order of an array's dimensions"),
            (
                "pictures",
                channels,
                "the key is the number of a pixel's channels; those of arrays are a dimension",
            ),
            ("text", length, "the key is the length of a text's windows"),
        ] {
            if let Some((_, span)) = key.as_ref().filter(|_| kind != of) {
                let message = format!("expected kind \"{of}\" for this key, found {}", quoted(kind));
                return Err(keys.fault(span, message, hint));
            }
        }
        Ok(())
    }
}

fn kind(
    keys: &Keys<'_>,
    (name, span): Placed<String>,
    table: Table,
    options: Options,
) -> Result<Kind, Fault> {
    if let Some(place) = table.place().filter(|_| name != "csv") {
        let message = format!("expected kind \"csv\" for this key, found {}", quoted(&name));
        return Err(keys.fault(place, message, "tables have columns; arrays name their targets in `train`"));
    }
    if KINDS.contains(&&name[..]) {
        options.check(keys, &name)?;
    }
    match &name[..] {
        "csv" => Ok(Kind::Csv(table.options())),
        "array" => Ok(Kind::Array { layout: layout(keys, options.layout)? }),
        #[cfg(feature = "pictures")]
        "pictures" => Ok(Kind::Pictures { channels: channels(keys, options.channels)? }),
        "text" => Ok(Kind::Text { length: length(keys, options.length)? }),
        other => {
            let meant = nearest(other, &KINDS).map_or(String::new(), |k| format!("; did you mean \"{k}\"?"));
            let message = format!("unknown kind {}{meant}", quoted(other));
            Err(keys.fault(&span, message, &format!("the kinds are {}", KINDS.join(", "))))
        }
    }
}

/// Order of the dimensions of images.
fn layout(keys: &Keys<'_>, given: Option<Placed<String>>) -> Result<ImageLayout, Fault> {
    let Some((word, span)) = given else { return Ok(ImageLayout::Auto) };
    let known = ImageLayout::NAMES.iter().find(|(name, _)| *name == word);
    known.map(|&(_, layout)| layout).ok_or_else(|| {
        let message = format!("expected nchw, nhwc or auto, found {}", quoted(&word));
        keys.fault(&span, message, "nchw is the order of PyTorch: examples, channels, height, width")
    })
}

/// Channels of a pixel.
#[cfg(feature = "pictures")]
fn channels(keys: &Keys<'_>, given: Option<Placed<String>>) -> Result<Option<Channels>, Fault> {
    parsed(keys, given, "leave it out to have 3 if a picture has color, otherwise 1")
}

/// Characters of a window.
fn length(keys: &Keys<'_>, given: Option<Placed<String>>) -> Result<usize, Fault> {
    let Some((word, span)) = given else { return Ok(LENGTH) };
    word.parse().ok().filter(|&length| length > 0).ok_or_else(|| {
        let message = format!("expected 1 character or more, found {}", quoted(&word));
        keys.fault(&span, message, "such as length = 50")
    })
}

fn train(keys: &Keys<'_>, kind: &Kind, (names, span): Placed<Vec<String>>) -> Result<Vec<String>, Fault> {
    let most = if matches!(kind, Kind::Array { .. }) { 2 } else { 1 };
    if (1..=most).contains(&names.len()) {
        return Ok(names);
    }
    let message = format!("expected 1 to {most} files, found {}", names.len());
    Err(keys.fault(&span, message, "arrays: [\"inputs.npy\", \"targets.npy\"]"))
}

/// A part to hold out, or test files as many as training files.
fn test(
    keys: &Keys<'_>,
    folder: &Path,
    expected: usize,
    given: Option<Placed<Vec<String>>>,
) -> Result<Test, Fault> {
    let Some((names, span)) = given else { return Ok(Test::Part(TEST_PART)) };
    if let [part] = &names[..]
        && let Ok(part) = part.parse()
    {
        return Ok(Test::Part(part));
    }
    if names.len() == expected {
        return Ok(Test::Files(below(folder, &names)));
    }
    let message = format!("expected {expected} files, as in `train`, found {}", names.len());
    Err(keys.fault(&span, message, "name as many files, or a part to hold out, such as \"20%\""))
}

fn below(folder: &Path, names: &[String]) -> Vec<PathBuf> {
    names.iter().map(|name| folder.join(name)).collect()
}

fn targets(keys: &Keys<'_>, given: Option<Placed<String>>) -> Result<TargetKind, Fault> {
    let Some((word, span)) = given else { return Ok(TargetKind::Auto) };
    match &word[..] {
        "auto" => Ok(TargetKind::Auto),
        "classes" => Ok(TargetKind::Classes),
        "numbers" => Ok(TargetKind::Numbers),
        other => {
            let message = format!("expected classes, numbers or auto, found {}", quoted(other));
            Err(keys.fault(&span, message, "the key is the kind of the targets"))
        }
    }
}

/// A value that is parsed from its text.
fn parsed<T: FromStr<Err = String>>(
    keys: &Keys<'_>,
    given: Option<Placed<String>>,
    hint: &str,
) -> Result<Option<T>, Fault> {
    given.map(|(word, span)| word.parse().map_err(|message| keys.fault(&span, message, hint))).transpose()
}

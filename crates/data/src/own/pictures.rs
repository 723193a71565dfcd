//! Folders of pictures: a sub-folder for each class, with PNG and JPEG files of one size.
//!
//! The layout is that of torchvision's `ImageFolder`. Pictures become bytes `[rows, columns, 1]` if all are
//! gray, else `[rows, columns, 3]`, unless [`Channels`] are chosen; transparency is left out. Hidden files are passed
//! over.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::classes::Classes;
use super::{Fault, quoted};
use crate::error::Error;
use crate::pictures::{MAX_FILE, decode};
use crate::samples::{Inputs, Samples, Targets};
use crate::text::grouped;

/// Bytes that the pixels of a folder may take.
const MOST: usize = 1 << 32;

/// Channels of a pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channels {
    /// One, the brightness: luma of ITU-R BT.601.
    Gray,
    /// Three: red, green and blue.
    Rgb,
}

impl Channels {
    /// Number of channels.
    pub fn count(self) -> usize {
        match self {
            Channels::Gray => 1,
            Channels::Rgb => 3,
        }
    }

    /// Channels of images of this shape, `[height, width, channels]`; `None` for other shapes.
    pub fn of(shape: &[usize]) -> Option<Channels> {
        match shape {
            [_, _, 1] => Some(Channels::Gray),
            [_, _, 3] => Some(Channels::Rgb),
            _ => None,
        }
    }
}

/// Parses `1` or `3`.
impl FromStr for Channels {
    type Err = String;

    fn from_str(text: &str) -> Result<Channels, String> {
        match text.trim() {
            "1" => Ok(Channels::Gray),
            "3" => Ok(Channels::Rgb),
            other => Err(format!("expected 1 or 3 channels, found {}", quoted(other))),
        }
    }
}

/// Reads a folder; without `channels`, pictures are gray if all of them are. `known` names the classes of the training
/// data, where these are test data.
///
/// # Errors
/// If a picture cannot be read or has another size, or a class has none.
pub fn read(folder: &Path, channels: Option<Channels>, known: Option<&[String]>) -> Result<Samples, Error> {
    if known.is_some() && folder.is_file() {
        let hint = "test data are of the kind of the training data: name a folder with a sub-folder a class, or a part to \
             hold out, such as 20%";
        return Err(
            Fault::expected("", "a folder of pictures, as of the training data", "a file", hint).of(folder)
        );
    }
    let mut pixels = Pixels::new(channels);
    let mut classes = known.map_or_else(Classes::new, Classes::known);
    let of_classes = folders(folder)?;
    if of_classes.is_empty() {
        let hint = "put the pictures of each class into a sub-folder of its name";
        return Err(Fault::expected("", "a sub-folder for each class", "none", hint).of(folder));
    }
    for of_class in &of_classes {
        let name = of_class.file_name().unwrap_or_default().to_string_lossy();
        let pictures = pictures(of_class)?;
        if pictures.is_empty() {
            let hint = "add pictures of the class, or move the empty folder elsewhere";
            return Err(Fault::expected("", "PNG or JPEG files", "none", hint).of(of_class));
        }
        for path in pictures {
            let pushed = if known.is_some() { classes.push_known(&name) } else { classes.push(&name) };
            pushed.map_err(|no| Fault::expected("", &no.expected, &no.found, &no.hint).of(of_class))?;
            pixels.push(&path)?;
        }
    }
    let Pixels { size: [rows, columns], channels, values, .. } = pixels;
    let (labels, names) = match known {
        Some(names) => (classes.into_known(), names.to_vec()),
        None => classes.finish(),
    };
    let inputs = Inputs::Bytes { shape: vec![rows, columns, channels], values };
    Ok(Samples { inputs, targets: Targets::Classes { labels, names } })
}

/// Pictures of one size as they come.
struct Pixels {
    size: [usize; 2],
    channels: usize,
    /// Gray until a picture has color.
    grows: bool,
    values: Vec<u8>,
    first: Option<PathBuf>,
}

impl Pixels {
    fn new(channels: Option<Channels>) -> Pixels {
        Pixels {
            size: [0, 0],
            channels: channels.unwrap_or(Channels::Gray).count(),
            grows: channels.is_none(),
            values: Vec::new(),
            first: None,
        }
    }

    fn push(&mut self, path: &Path) -> Result<(), Error> {
        let bytes = files::read(path, MAX_FILE)?;
        let picture = decode::upright(&bytes).map_err(|fault| {
            Fault { place: String::new(), message: fault.to_string(), hint: fault.hint().into() }.of(path)
        })?;
        let size = [picture.rows(), picture.columns()];
        let first = self.first.get_or_insert_with(|| {
            self.size = size;
            path.into()
        });
        if size != self.size {
            let [rows, columns] = self.size;
            let expected = format!("{columns} × {rows} pixels as in {}", files::text::path(first));
            let found = format!("{} × {}", size[1], size[0]);
            return Err(Fault::expected("", &expected, &found, "scale all pictures to one size").of(path));
        }
        let is_gray = picture.rgb().all(|[red, green, blue]| red == green && red == blue);
        if self.grows && self.channels == 1 && !is_gray {
            self.channels = 3;
            self.values = self.values.iter().flat_map(|&gray| [gray; 3]).collect();
        }
        if self.values.len() + 3 * size[0] * size[1] > MOST {
            let expected = format!("at most {} bytes of pixels", grouped(MOST as u64));
            return Err(Fault::expected("", &expected, "more", "scale the pictures down").of(path));
        }
        match self.channels {
            1 => self.values.extend(picture.rgb().map(decode::gray)),
            _ => self.values.extend(picture.rgb().flatten()),
        }
        Ok(())
    }
}

/// Sub-folders by name.
pub(crate) fn folders(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// The pictures of a class by name; anything else is an error.
fn pictures(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = entries(folder)?;
    let is_picture = |path: &Path| {
        let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        path.is_file() && ["png", "jpg", "jpeg"].contains(&&*extension)
    };
    match entries.iter().find(|path| !is_picture(path)) {
        Some(other) => {
            let name = quoted(&other.file_name().unwrap_or_default().to_string_lossy());
            let found = if other.is_dir() { format!("the folder {name}") } else { name };
            let hint = "a class has PNG and JPEG files; move other files elsewhere";
            Err(Fault::expected("", "a PNG or JPEG file", &found, hint).of(other))
        }
        None => Ok(entries),
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |source| Error::Io { action: "read", path: folder.into(), source };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        if !name.to_string_lossy().starts_with('.') && name != "Thumbs.db" {
            paths.push(entry.path());
        }
    }
    // The order of a file system is no order.
    paths.sort();
    Ok(paths)
}

//! Header of a file, checked against the file's size.

use std::ops::Range;

use files::text;

use super::dtype::Dtype;
use super::error::Error;
use super::json::{Contents, Entry, Span};
use super::{checksum, json};

/// Maximum length of a header in bytes, as in the reference implementation.
const MAX_HEADER: u64 = 100_000_000;
/// Prefixes of parameter names in a wrapped model: by `DataParallel`, by `torch.compile`, or as an attribute.
pub const WRAPPER_PREFIXES: [&str; 3] = ["module.", "_orig_mod.", "model."];
/// Bytes before the header: its length.
pub(super) const LENGTH: usize = 8;

/// Names, shapes and byte ranges of all tensors, and the metadata. Every range is inside the file, ranges have
/// no gaps and do not overlap, and each has the length that its shape needs.
#[derive(Debug, Clone, Default)]
pub struct Header {
    contents: Contents,
    checked: bool,
    data: usize,
}

/// Description of one tensor in a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Info<'a> {
    /// Name, unescaped as in the file.
    pub name: &'a str,
    /// Type of the numbers.
    pub dtype: Dtype,
    /// Shape, row-major.
    pub shape: &'a [usize],
    /// Byte range after the header.
    pub range: Range<usize>,
}

/// Length of the header by a file's first bytes.
pub(super) fn length(start: &[u8], file_size: u64) -> Result<usize, Error> {
    let Some(first) = start.first_chunk::<LENGTH>() else {
        return Err(Error::format(format!("expected at least {LENGTH} bytes, found {file_size}")));
    };
    let (length, room) = (u64::from_le_bytes(*first), file_size - LENGTH as u64);
    if length <= room.min(MAX_HEADER) {
        return Ok(length as usize);
    }
    Err(Error::format(match length > MAX_HEADER {
        true => format!("expected a header of at most {MAX_HEADER} bytes, found {length}"),
        false => format!("expected a header of {length} bytes, found {room} bytes"),
    }))
}

impl Header {
    /// Reads and checks a header; `head` is the length and the header, `data` the number of bytes after it.
    pub(super) fn parse(head: &[u8], data: u64) -> Result<Header, Error> {
        checksum::check_head(head)?;
        let mut header = Header {
            contents: json::parse(&head[LENGTH..])?,
            checked: checksum::leads(&head[LENGTH..]),
            data: usize::try_from(data).map_err(|_| Error::format("it is larger than the address space"))?,
        };
        header.sort()?;
        header.check_places(data)?;
        checksum::of_data(header.all_metadata(), header.checked)?;
        Ok(header)
    }

    /// All tensors in the natural order of their names.
    pub fn tensors(&self) -> impl ExactSizeIterator<Item = Info<'_>> {
        self.contents.tensors.iter().map(|entry| self.info(entry))
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<Info<'_>> {
        let order = |entry: &Entry| text::natural_order(self.text(entry.name), name);
        self.contents
            .tensors
            .binary_search_by(order)
            .ok()
            .map(|place| self.info(&self.contents.tensors[place]))
    }

    /// The tensor of this name, which must be there.
    ///
    /// # Errors
    /// If it is not; the error lists the first of those that are.
    pub fn expect(&self, name: &str) -> Result<Info<'_>, Error> {
        self.tensor(name).ok_or_else(|| {
            let found = text::list(self.tensors().map(|info| info.name));
            Error::tensor(format!("expected a tensor `{}`, found {found}", text::name(name)))
        })
    }

    /// Takes the [prefixes of wrapped models](WRAPPER_PREFIXES) off all names, as often as all names have one, and
    /// returns what was taken off.
    ///
    /// # Errors
    /// If only a part of the names has such a prefix; one of each part is named.
    pub fn unwrap_names(&mut self) -> Result<String, Error> {
        let mut taken = String::new();
        loop {
            let wrapped = |name: &str| WRAPPER_PREFIXES.into_iter().find(|prefix| name.starts_with(prefix));
            let prefixes = || self.contents.tensors.iter().map(|entry| wrapped(self.text(entry.name)));
            let Some(prefix) = prefixes().flatten().next() else { return Ok(taken) };
            if let Some(place) = prefixes().position(|found| found != Some(prefix)) {
                let with = prefixes().position(|found| found == Some(prefix)).expect("it was found");
                let [with, without] =
                    [with, place].map(|i| text::name(self.text(self.contents.tensors[i].name)));
                return Err(Error::tensor(format!(
                    "expected `{prefix}` before all names of tensors or before none, found `{with}` and `{without}`"
                )));
            }
            taken += prefix;
            // The order of the names stays the same.
            self.contents.tensors.iter_mut().for_each(|entry| entry.name.start += prefix.len() as u32);
        }
    }

    /// Metadata entry with this key.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        let place = self.contents.metadata.binary_search_by(|[found, _]| self.text(*found).cmp(key)).ok()?;
        Some(self.text(self.contents.metadata[place][1]))
    }

    /// All metadata entries, in the order of the keys.
    pub fn all_metadata(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.contents.metadata.iter().map(|&[key, value]| (self.text(key), self.text(value)))
    }

    /// True if the file has a checksum, which detects damage to any byte.
    pub fn is_checked(&self) -> bool {
        self.checked
    }

    /// Number of bytes after the header.
    pub fn data_len(&self) -> usize {
        self.data
    }

    fn info(&self, entry: &Entry) -> Info<'_> {
        // Both ends are at most `data`, which is a usize.
        let [start, end] = entry.place.map(|place| place as usize);
        Info {
            name: self.text(entry.name),
            dtype: entry.dtype,
            shape: self.shape(entry.shape),
            range: start..end,
        }
    }

    fn text(&self, span: Span) -> &str {
        &self.contents.texts[span.start as usize..span.end as usize]
    }

    fn shape(&self, span: Span) -> &[usize] {
        &self.contents.sizes[span.start as usize..span.end as usize]
    }

    /// Sorts tensors and metadata by name; refuses duplicates.
    fn sort(&mut self) -> Result<(), Error> {
        let Contents { texts, tensors, metadata, .. } = &mut self.contents;
        let text = |span: Span| &texts[span.start as usize..span.end as usize];
        tensors.sort_unstable_by(|a, b| text::natural_order(text(a.name), text(b.name)));
        metadata.sort_unstable_by(|[a, _], [b, _]| text(*a).cmp(text(*b)));
        for pair in tensors.windows(2) {
            if text(pair[0].name) == text(pair[1].name) {
                return Err(Error::format(format!("duplicate tensor `{}`", text::name(text(pair[0].name)))));
            }
        }
        for pair in metadata.windows(2) {
            if text(pair[0][0]) == text(pair[1][0]) {
                return Err(Error::format(format!(
                    "duplicate metadata entry `{}`",
                    text::name(text(pair[0][0]))
                )));
            }
        }
        Ok(())
    }

    /// Checks that each tensor has the bytes that its shape needs, and that all bytes are used exactly once.
    fn check_places(&self, data: u64) -> Result<(), Error> {
        for entry in &self.contents.tensors {
            let [start, end] = entry.place;
            let (name, shape) = (text::name(self.text(entry.name)), self.shape(entry.shape));
            let needed = bytes(shape, entry.dtype).ok_or_else(|| {
                Error::format(format!("tensor `{name}` of shape {shape:?} is larger than any file"))
            })?;
            if end.checked_sub(start) != Some(needed) {
                return Err(Error::format(format!(
                    "tensor `{name}`: expected {needed} bytes for shape {shape:?} of {}, found range {start} to {end}",
                    entry.dtype
                )));
            }
        }
        let mut places: Vec<(u64, u64, u32)> = self
            .contents
            .tensors
            .iter()
            .zip(0..)
            .map(|(entry, i)| (entry.place[0], entry.place[1], i))
            .collect();
        places.sort_unstable();
        let mut filled = 0;
        for &(start, end, index) in &places {
            if start != filled {
                let name = text::name(self.text(self.contents.tensors[index as usize].name));
                let fault = if start < filled { "overlaps another" } else { "follows a gap" };
                return Err(Error::format(format!(
                    "tensor `{name}` {fault}: expected start {filled}, found {start}"
                )));
            }
            filled = end;
        }
        if filled != data {
            return Err(Error::format(format!("expected {filled} bytes of numbers, found {data}")));
        }
        Ok(())
    }
}

/// Size of a tensor in bytes; `None` on overflow.
fn bytes(shape: &[usize], dtype: Dtype) -> Option<u64> {
    shape.iter().try_fold(dtype.size() as u64, |bytes, &size| bytes.checked_mul(u64::try_from(size).ok()?))
}

//! Parser of the header's JSON in one pass, without temporary copies.

use std::fmt;

use files::text;
use serde_core::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::dtype::Dtype;
use super::error::Error;

/// Key of the metadata.
const METADATA: &str = "__metadata__";
/// Maximum number of dimensions of a tensor: two bytes of a file must not take eight of memory without limit.
const MAX_DIMENSIONS: usize = 8;

/// Names, shapes, ranges and metadata of a header.
#[derive(Debug, Clone, Default)]
pub(super) struct Contents {
    /// All names, keys and values; entries hold ranges of it. Separate strings would take more
    /// memory than short names themselves.
    pub(super) texts: String,
    /// All dimensions; entries hold ranges of it.
    pub(super) sizes: Vec<usize>,
    /// In natural order of the names.
    pub(super) tensors: Vec<Entry>,
    /// In order of the keys.
    pub(super) metadata: Vec<[Span; 2]>,
}

/// A range within a header, which has fewer bytes than a `u32` can count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

/// A tensor in the header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) name: Span,
    pub(super) shape: Span,
    pub(super) dtype: Dtype,
    pub(super) place: [u64; 2],
}

/// Reads a header without checking it.
pub(super) fn parse(json: &[u8]) -> Result<Contents, Error> {
    let mut contents = Contents::default();
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    Whole(&mut contents)
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(Error::format)?;
    Ok(contents)
}

/// The whole object.
struct Whole<'h>(&'h mut Contents);

impl<'de> DeserializeSeed<'de> for Whole<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut has_metadata = false;
        while let Some(name) = map.next_key_seed(Text(&mut self.0.texts))? {
            if &self.0.texts[name.start as usize..name.end as usize] != METADATA {
                map.next_value_seed(Tensor { contents: self.0, name })?;
            } else if std::mem::replace(&mut has_metadata, true) {
                return Err(M::Error::custom(format!("duplicate {METADATA}")));
            } else {
                map.next_value_seed(Metadata(self.0))?;
            }
        }
        Ok(())
    }
}

/// Map of metadata strings.
struct Metadata<'h>(&'h mut Contents);

impl<'de> DeserializeSeed<'de> for Metadata<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Metadata<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "texts under {METADATA}")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key_seed(Text(&mut self.0.texts))? {
            let value = map.next_value_seed(Text(&mut self.0.texts))?;
            self.0.metadata.push([key, value]);
        }
        Ok(())
    }
}

/// One tensor: `{"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}`.
struct Tensor<'h> {
    contents: &'h mut Contents,
    name: Span,
}

impl<'de> DeserializeSeed<'de> for Tensor<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Tensor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dtype, shape and data_offsets of a tensor")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let Tensor { contents, name } = self;
        let (mut dtype, mut shape, mut place) = (None, None, None);
        let shown = |contents: &Contents| text::name(&contents.texts[name.start as usize..name.end as usize]);
        while let Some(field) = map.next_key_seed(Field)? {
            let is_new = match field {
                Known::Dtype => dtype.replace(map.next_value_seed(Type)?).is_none(),
                Known::Shape => shape.replace(map.next_value_seed(Sizes(&mut contents.sizes))?).is_none(),
                Known::Place => place.replace(map.next_value::<[u64; 2]>()?).is_none(),
                Known::Other => map.next_value::<IgnoredAny>().is_ok(),
            };
            if !is_new {
                return Err(M::Error::custom(format!("duplicate field of tensor `{}`", shown(contents))));
            }
        }
        let (Some(dtype), Some(shape), Some(place)) = (dtype, shape, place) else {
            let why = "expected dtype, shape and data_offsets of tensor";
            return Err(M::Error::custom(format!("{why} `{}`", shown(contents))));
        };
        contents.tensors.push(Entry { name, shape, dtype, place });
        Ok(())
    }
}

/// A field of a tensor.
enum Known {
    Dtype,
    Shape,
    Place,
    Other,
}

struct Field;

impl<'de> DeserializeSeed<'de> for Field {
    type Value = Known;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Known, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Field {
    type Value = Known;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field of a tensor")
    }

    fn visit_str<E>(self, name: &str) -> Result<Known, E> {
        Ok(match name {
            "dtype" => Known::Dtype,
            "shape" => Known::Shape,
            "data_offsets" => Known::Place,
            _ => Known::Other,
        })
    }
}

struct Type;

impl<'de> DeserializeSeed<'de> for Type {
    type Value = Dtype;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Dtype, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Type {
    type Value = Dtype;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a dtype")
    }

    fn visit_str<E: serde_core::de::Error>(self, name: &str) -> Result<Dtype, E> {
        Dtype::by_name(name).ok_or_else(|| E::custom(format!("unknown dtype `{}`", text::name(name))))
    }
}

/// Sizes, added to those of other tensors.
struct Sizes<'h>(&'h mut Vec<usize>);

impl<'de> DeserializeSeed<'de> for Sizes<'_> {
    type Value = Span;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Span, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Sizes<'_> {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the sizes of a tensor")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut sequence: S) -> Result<Span, S::Error> {
        let start = self.0.len();
        while let Some(size) = sequence.next_element()? {
            if self.0.len() - start == MAX_DIMENSIONS {
                return Err(S::Error::custom(format!("expected at most {MAX_DIMENSIONS} sizes of a tensor")));
            }
            self.0.push(size);
        }
        Ok(span(start, self.0.len()))
    }
}

/// A text, added to the others.
struct Text<'h>(&'h mut String);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = Span;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Span, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Text<'_> {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Span, E> {
        let start = self.0.len();
        self.0.push_str(text);
        Ok(span(start, self.0.len()))
    }
}

fn span(start: usize, end: usize) -> Span {
    Span { start: start as u32, end: end as u32 }
}

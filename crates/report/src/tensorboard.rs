//! Event files of TensorBoard: protocol buffers in records with checksums.

use std::collections::BTreeMap;

use train::Record;
use train::protobuf::Message;
use train::record::Point;

/// The event file of a run: the recipe as text, then a scalar for each point of each curve and diagnostic, at the number
/// of updates, in the order in which they were measured. `started` is the run's start in seconds since 1970; points lie
/// after it by their seconds of training.
pub fn tensorboard(run: &Record, started: f64) -> Vec<u8> {
    EventFile::new(&run.recipe, started).news([&run.curves, &run.diagnostics])
}

/// An event file that is written while its run is under way.
#[derive(Debug, Clone)]
pub struct EventFile {
    recipe: String,
    /// Seconds since 1970.
    started: f64,
    /// Points of each curve, and of each diagnostic, that are in the file; none before its first part.
    written: Option<[BTreeMap<String, usize>; 2]>,
}

impl EventFile {
    /// A file with nothing in it, of a run of this recipe that starts at this number of seconds since 1970.
    pub fn new(recipe: &str, started: f64) -> EventFile {
        EventFile { recipe: recipe.to_string(), started, written: None }
    }

    /// Bytes of what was measured since the last call, to be appended to the file: at first its beginning. Takes the
    /// run's curves and diagnostics so far; the parts are together the file of the whole run.
    pub fn news(&mut self, measured: [&BTreeMap<String, Vec<Point>>; 2]) -> Vec<u8> {
        let mut file = Vec::new();
        if self.written.is_none() {
            push(&mut file, event(self.started, 0).text(VERSION, "brain.Event:2"));
            let text = Message::default().message(VALUE, recipe(&self.recipe));
            push(&mut file, event(self.started, 0).message(SUMMARY, text));
        }
        let written = self.written.get_or_insert_default();
        let mut points: Vec<(&str, &Point)> = Vec::new();
        for (curves, written) in measured.into_iter().zip(written) {
            for (name, curve) in curves {
                let count = written.get(name).copied().unwrap_or(0);
                if count < curve.len() {
                    points.extend(curve[count..].iter().map(|point| (&**name, point)));
                    written.insert(name.clone(), curve.len());
                }
            }
        }
        // A batch's points come before the next one's; a stable order keeps the curves of one.
        points.sort_by(|(_, a), (_, b)| a.epoch.total_cmp(&b.epoch));
        for (name, point) in points {
            let value = Message::default().text(TAG, name).float(SIMPLE_VALUE, point.value as f32);
            let summary = Message::default().message(VALUE, value);
            let seconds = if point.seconds.is_finite() { point.seconds } else { 0.0 };
            push(&mut file, event(self.started + seconds, point.updates).message(SUMMARY, summary));
        }
        file
    }
}

// Fields of `Event`, `Summary`, `Summary.Value`, `TensorProto` and `SummaryMetadata` in tensorflow/core/framework and
// tensorflow/core/util.
const WALL_TIME: u32 = 1;
const STEP: u32 = 2;
const VERSION: u32 = 3;
const SUMMARY: u32 = 5;
const VALUE: u32 = 1;
const TAG: u32 = 1;
const SIMPLE_VALUE: u32 = 2;
const TENSOR: u32 = 8;
const METADATA: u32 = 9;
const DTYPE: u32 = 1;
/// `DT_STRING`.
const STRING: u64 = 7;
const SHAPE: u32 = 2;
const STRING_VAL: u32 = 8;
const PLUGIN_DATA: u32 = 1;
const PLUGIN_NAME: u32 = 1;

fn event(wall_time: f64, step: u64) -> Message {
    Message::default().double(WALL_TIME, wall_time).varint(STEP, step)
}

/// A value of the text plugin: a tensor of one string.
fn recipe(recipe: &str) -> Message {
    let scalar = Message::default();
    let tensor = Message::default().varint(DTYPE, STRING).message(SHAPE, scalar);
    let tensor = tensor.bytes(STRING_VAL, recipe.as_bytes());
    let metadata = Message::default().message(PLUGIN_DATA, Message::default().text(PLUGIN_NAME, "text"));
    Message::default().text(TAG, "recipe").message(TENSOR, tensor).message(METADATA, metadata)
}

/// Appends a record: length, its checksum, data, their checksum.
fn push(file: &mut Vec<u8>, event: Message) {
    let data = event.into_bytes();
    let length = (data.len() as u64).to_le_bytes();
    file.extend(length);
    file.extend(masked(&length).to_le_bytes());
    file.extend(&data);
    file.extend(masked(&data).to_le_bytes());
}

/// TensorFlow's masked CRC-32C.
fn masked(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli) of reflected bits.
fn crc32c(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    !bytes.iter().fold(!0, |crc, byte| TABLE[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ (crc >> 8))
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let (mut crc, mut bit) = (index as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { 0x82f6_3b78 ^ (crc >> 1) } else { crc >> 1 };
            bit += 1;
        }
        table[index] = crc;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_rfc_3720() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    }
}

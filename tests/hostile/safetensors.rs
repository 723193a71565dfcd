//! Changes of safetensors files that go past the length, the JSON and the checksum.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::rng::Rng;
use crate::{bytes, json};

const CHECKSUM: &str = "descent.sha256";
const METADATA: &str = "__metadata__";

/// A file in its parts.
struct File {
    tensors: Map<String, Value>,
    metadata: Map<String, Value>,
    data: Vec<u8>,
    has_checksum: bool,
}

/// A changed file: of its parts, with a checksum that is right, or of its bytes.
pub(crate) fn change(whole: &[u8], rng: &mut Rng) -> Vec<u8> {
    if rng.one_in(4) {
        return bytes::change(whole.to_vec(), rng);
    }
    let mut file = File::parse(whole);
    for _ in 0..=rng.below(3) {
        file.change(rng);
    }
    let changed = file.write();
    if rng.one_in(6) { bytes::change(changed, rng) } else { changed }
}

impl File {
    fn parse(whole: &[u8]) -> File {
        let length = u64::from_le_bytes(whole[..8].try_into().expect("eight bytes")) as usize;
        let mut tensors: Map<String, Value> =
            serde_json::from_slice(&whole[8..8 + length]).expect("an unchanged header");
        let metadata = tensors.remove(METADATA).unwrap_or(json!({}));
        let mut metadata = metadata.as_object().expect("texts by name").clone();
        let has_checksum = metadata.remove(CHECKSUM).is_some();
        File { tensors, metadata, data: whole[8 + length..].to_vec(), has_checksum }
    }

    fn change(&mut self, rng: &mut Rng) {
        let names: Vec<String> = self.tensors.keys().cloned().collect();
        let any = |rng: &mut Rng| names.get(rng.below(names.len().max(1))).cloned().unwrap_or_default();
        match rng.below(14) {
            0 | 1 => {
                let mut tensors = Value::Object(std::mem::take(&mut self.tensors));
                json::change(&mut tensors, rng);
                self.tensors = tensors.as_object().cloned().unwrap_or_default();
            }
            2..=4 => {
                let mut metadata = Value::Object(std::mem::take(&mut self.metadata));
                json::change(&mut metadata, rng);
                self.metadata = metadata.as_object().cloned().unwrap_or_default();
            }
            5 | 6 => self.resize(&any(rng), *rng.pick(&[0, 1, 2, 3, 7, 100, 3000]), rng),
            7 => {
                let (first, second) = (any(rng), any(rng));
                if let Some(taken) = self.tensors.remove(&first) {
                    let other = self.tensors.insert(second, taken);
                    self.tensors.extend(other.map(|other| (first, other)));
                }
            }
            8 => {
                let end = self.data.len();
                for i in 0..200 {
                    let empty =
                        json!({"dtype": "F32", "shape": [0, 1_u64 << 40], "data_offsets": [end, end]});
                    self.tensors.insert(format!("fc{}.weight", i + rng.below(3)), empty);
                }
            }
            9 => self.data.truncate(rng.below(self.data.len() + 1)),
            10 => self.data.extend(vec![rng.byte(); rng.below(5000)]),
            11 => {
                let place = rng.below(self.data.len() / 4 + 1) * 4;
                let odd = rng.pick(&[f32::NAN, f32::INFINITY, -f32::INFINITY, 1e38, -0.0, 1e-45]);
                if let Some(number) = self.data.get_mut(place..place + 4) {
                    number.copy_from_slice(&odd.to_le_bytes());
                }
            }
            12 => self.has_checksum = !self.has_checksum,
            _ => {
                if let Some(info) = self.tensors.get_mut(&any(rng)).filter(|info| info.is_object()) {
                    info["dtype"] =
                        json!(rng.pick(&["F32", "F64", "F16", "BF16", "I64", "U8", "BOOL", "F4"]));
                }
            }
        }
    }

    /// Gives a tensor another number of elements, and moves the others: the file stays whole.
    fn resize(&mut self, name: &str, elements: usize, rng: &mut Rng) {
        let place =
            |info: &Value| Some([info["data_offsets"][0].as_u64()?, info["data_offsets"][1].as_u64()?]);
        let Some([start, end]) = self.tensors.get(name).and_then(place) else { return };
        let (start, end) = (start as usize, end as usize);
        if start > end || end > self.data.len() {
            return;
        }
        let bytes = elements * 4;
        self.data.splice(start..end, vec![rng.byte(); bytes]);
        for (other, info) in &mut self.tensors {
            let Some([from, to]) = place(info) else { continue };
            if other == name {
                info["data_offsets"] = json!([from, from + bytes as u64]);
                info["shape"] = match rng.below(4) {
                    0 => json!([elements, 1]),
                    1 => json!([1, elements]),
                    2 => json!([1, 1, elements, 1]),
                    _ => json!([elements]),
                };
            } else if from >= end as u64 {
                let moved = |x: u64| (x + bytes as u64).wrapping_sub((end - start) as u64);
                info["data_offsets"] = json!([moved(from), moved(to)]);
            }
        }
    }

    fn write(&self) -> Vec<u8> {
        let mut header = String::from("{");
        let zeros = "0".repeat(64);
        let entry = |(name, value): (&String, &Value)| format!("{}:{value}", Value::from(name.as_str()));
        let mut metadata: Vec<String> = self.metadata.iter().map(entry).collect();
        if self.has_checksum {
            metadata.insert(0, format!(r#""{CHECKSUM}":"sha256:{zeros}:{}""#, hex(&self.data)));
        }
        let mut fields = vec![format!(r#""{METADATA}":{{{}}}"#, metadata.join(","))];
        fields.extend(self.tensors.iter().map(entry));
        header += &fields.join(",");
        header.push('}');
        let mut whole = (header.len() as u64).to_le_bytes().to_vec();
        whole.extend(header.as_bytes());
        if self.has_checksum {
            let at = 8 + header.find(&zeros).expect("the checksum's place");
            let digest = hex(&whole);
            whole[at..at + 64].copy_from_slice(digest.as_bytes());
        }
        whole.extend(&self.data);
        whole
    }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

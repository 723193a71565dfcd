//! Orientation of the camera, which EXIF records.

/// Tag of the orientation in EXIF, and the type of its value: one unsigned integer of 16 bits.
const TAG: u16 = 0x0112;
const SHORT: u16 = 3;

/// Changes that make a stored picture upright, in this order; none by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Orientation {
    /// Left and right change places.
    mirrored: bool,
    /// Top and bottom change places.
    flipped: bool,
    /// Rows become columns.
    transposed: bool,
}

impl Orientation {
    /// Orientation in EXIF data, which are a TIFF file without pixels; `None` if they lack a valid one.
    pub(super) fn from_exif(tiff: &[u8]) -> Option<Orientation> {
        let little_endian = match tiff.get(..4)? {
            b"II*\0" => true,
            b"MM\0*" => false,
            _ => return None,
        };
        let short = |bytes: &[u8]| {
            let bytes = *bytes.first_chunk()?;
            Some(if little_endian { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
        };
        let long = |bytes: &[u8]| {
            let bytes = *bytes.first_chunk()?;
            Some(if little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
        };
        let directory = tiff.get(long(&tiff[4..])? as usize..)?;
        let mut entries = directory.get(2..)?.chunks_exact(12).take(short(directory)?.into());
        // An entry is its tag, type, count and value.
        let is_orientation = |entry: &&[u8]| {
            (short(entry), short(&entry[2..]), long(&entry[4..])) == (Some(TAG), Some(SHORT), Some(1))
        };
        Orientation::from_code(short(&entries.find(is_orientation)?[8..])?)
    }

    fn from_code(code: u16) -> Option<Orientation> {
        (1..=8).contains(&code).then_some(Orientation {
            mirrored: matches!(code, 2 | 3 | 7 | 8),
            flipped: matches!(code, 3 | 4 | 6 | 7),
            transposed: code >= 5,
        })
    }

    /// Samples of the upright picture, row-major, and its columns.
    pub(super) fn upright<T: Copy>(
        self,
        samples: Vec<T>,
        columns: usize,
        channels: usize,
    ) -> (Vec<T>, usize) {
        if self == Orientation::default() {
            return (samples, columns);
        }
        let rows = samples.len() / (columns * channels);
        let (height, width) = if self.transposed { (columns, rows) } else { (rows, columns) };
        let mut upright = Vec::with_capacity(samples.len());
        for y in 0..height {
            for x in 0..width {
                let (row, column) = if self.transposed { (x, y) } else { (y, x) };
                let row = if self.flipped { rows - 1 - row } else { row };
                let column = if self.mirrored { columns - 1 - column } else { column };
                upright.extend_from_slice(&samples[(row * columns + column) * channels..][..channels]);
            }
        }
        (upright, width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two columns of three letters, as each of the eight codes stores them.
    #[test]
    fn all_eight_orientations_are_made_upright() {
        for (code, stored, columns) in [
            (1, "ABCDEF", 2),
            (2, "BADCFE", 2),
            (3, "FEDCBA", 2),
            (4, "EFCDAB", 2),
            (5, "ACEBDF", 3),
            (6, "BDFACE", 3),
            (7, "FDBECA", 3),
            (8, "ECAFDB", 3),
        ] {
            let orientation = Orientation::from_code(code).unwrap();
            let (letters, upright) = orientation.upright(stored.as_bytes().to_vec(), columns, 1);
            assert_eq!((letters.as_slice(), upright), (b"ABCDEF".as_slice(), 2), "{code}");
            let pairs = stored.bytes().flat_map(|letter| [letter, letter + 32]).collect();
            let (letters, upright) = orientation.upright(pairs, columns, 2);
            assert_eq!((letters.as_slice(), upright), (b"AaBbCcDdEeFf".as_slice(), 2), "{code}");
        }
    }

    #[test]
    fn exif_is_read_in_both_byte_orders() {
        let little = b"II*\0\x0a\0\0\0??\x02\0\x0f\x01\x02\0\x04\0\0\0acme\x12\x01\x03\0\x01\0\0\0\x06\0\0\0";
        let big = b"MM\0*\0\0\0\x0a??\0\x02\x01\x0f\0\x02\0\0\0\x04acme\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
        for whole in [little, big] {
            assert_eq!(Orientation::from_exif(whole), Orientation::from_code(6));
            for length in 0..whole.len() {
                assert_eq!(Orientation::from_exif(&whole[..length]), None, "{length}");
            }
        }
    }

    #[test]
    fn other_codes_and_places_outside_are_no_orientation() {
        assert_eq!([0, 9, u16::MAX].map(Orientation::from_code), [None; 3]);
        assert_eq!(Orientation::from_exif(b"II*\0\xff\xff\xff\xff\x01\0"), None);
    }
}

//! Changes of bytes, whatever they mean.

use crate::rng::Rng;

/// Numbers at which sums and sizes go wrong, little-endian and big-endian.
const NUMBERS: [u64; 8] = [0, 1, 0x7f, 0xff, 0x7fff_ffff, 0xffff_ffff, 1 << 40, u64::MAX];

/// One change.
pub(crate) fn change(mut file: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    if file.is_empty() {
        return vec![rng.byte()];
    }
    let place = rng.below(file.len());
    match rng.below(8) {
        0 => file[place] ^= 1 << rng.below(8),
        1 => file[place] = rng.byte(),
        2 => file.truncate(place),
        3 => file.insert(place, rng.byte()),
        4 => drop(file.remove(place)),
        5 => {
            let number = rng.pick(&NUMBERS);
            let bytes = if rng.one_in(2) { number.to_le_bytes() } else { number.to_be_bytes() };
            let width = *rng.pick(&[1, 2, 4, 8]);
            let end = file.len().min(place + width);
            file[place..end].copy_from_slice(&bytes[..end - place]);
        }
        6 => {
            let end = file.len().min(place + 1 + rng.below(64));
            let copy = file[place..end].to_vec();
            let to = rng.below(file.len());
            file.splice(to..to, copy);
        }
        _ => {
            let end = file.len().min(place + 1 + rng.below(64));
            file[place..end].fill(0);
        }
    }
    file
}

//! Gray-level reconstruction (Vincent 1993, *Morphological grayscale reconstruction in image analysis*).

use std::collections::VecDeque;

use super::plane::Plane;

/// Reconstruction by erosion: lowers a marker, which is nowhere below the mask, as far as darkness reaches.
///
/// The result is at each pixel the least that the marker and, from there on, the mask rises to on a path to the pixel. So
/// darkness that the marker has kept somewhere is kept as a whole, and all other darkness is filled to its brim.
pub(super) fn reconstruction(mask: &Plane, marker: Plane) -> Plane {
    let mut filled = marker;
    let last = filled.values.len();
    for at in 0..last {
        lower(&mut filled, mask, at, before(mask, at));
    }
    for at in (0..last).rev() {
        lower(&mut filled, mask, at, after(mask, at));
    }
    let falls = |filled: &Plane, from: usize, to: usize| {
        filled.values[to] > filled.values[from] && filled.values[to] > mask.values[to]
    };
    let neighbors = |at| before(mask, at).chain(after(mask, at));
    let mut queue: VecDeque<usize> =
        (0..last).filter(|&at| neighbors(at).any(|near| falls(&filled, at, near))).collect();
    while let Some(at) = queue.pop_front() {
        for near in neighbors(at) {
            if falls(&filled, at, near) {
                filled.values[near] = filled.values[at].max(mask.values[near]);
                queue.push_back(near);
            }
        }
    }
    filled
}

/// Lowers a pixel to its lowest neighbor, but not below the mask.
fn lower(filled: &mut Plane, mask: &Plane, at: usize, near: impl Iterator<Item = usize>) {
    let lowest = near.map(|near| filled.values[near]).fold(filled.values[at], f32::min);
    filled.values[at] = lowest.max(mask.values[at]);
}

/// Neighbors of a pixel to the left and above.
fn before(plane: &Plane, at: usize) -> impl Iterator<Item = usize> + use<> {
    let left = (!at.is_multiple_of(plane.columns)).then(|| at - 1);
    left.into_iter().chain(at.checked_sub(plane.columns))
}

/// Neighbors of a pixel to the right and below.
fn after(plane: &Plane, at: usize) -> impl Iterator<Item = usize> + use<> {
    let right = (!(at + 1).is_multiple_of(plane.columns)).then_some(at + 1);
    let below = at + plane.columns;
    right.into_iter().chain((below < plane.values.len()).then_some(below))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_darkness_is_kept_as_a_whole_and_other_darkness_is_filled() {
        // A winding valley at 2 that the marker kept at its end, and a pit at 1.
        let mask = [
            9., 9., 9., 9., 9., 9., 9., 9., 2., 2., 2., 9., 1., 9., 9., 9., 9., 2., 9., 9., 9., 9., 2., 2.,
            2., 9., 8., 8.,
        ];
        let mask = Plane { values: mask.to_vec(), columns: 7 };
        let mut marker = mask.map(|_| 9.0);
        marker.values[8] = 3.0;
        let filled = reconstruction(&mask, marker);
        let expected = [
            9., 9., 9., 9., 9., 9., 9., 9., 3., 3., 3., 9., 9., 9., 9., 9., 9., 3., 9., 9., 9., 9., 3., 3.,
            3., 9., 9., 9.,
        ];
        assert_eq!(filled.values, expected);
    }
}

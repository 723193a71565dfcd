//! Gray-level morphology with square windows, clipped at the border (Soille 2003, *Morphological
//! Image Analysis*).

use std::collections::VecDeque;

use super::plane::Plane;

/// The brightest of the pixels at most `radius` away along each axis.
pub(super) fn dilation(plane: &Plane, radius: usize) -> Plane {
    let along_rows = |plane: &Plane| {
        let values = plane.iter_rows().flat_map(|row| sliding_max(row, radius)).collect();
        Plane { values, ..*plane }
    };
    along_rows(&along_rows(plane).transposed()).transposed()
}

/// Takes away what is darker than its surroundings and narrower than `2 radius + 1`.
pub(super) fn closing(plane: &Plane, radius: usize) -> Plane {
    dilation(&dilation(plane, radius).map(|x| -x), radius).map(|x| -x)
}

/// The maximum over each window of `2 radius + 1`, by a queue whose values fall.
fn sliding_max(row: &[f32], radius: usize) -> Vec<f32> {
    let mut falling: VecDeque<usize> = VecDeque::new();
    let mut maxima = Vec::with_capacity(row.len());
    for end in 0..row.len() + radius {
        if let Some(&value) = row.get(end) {
            while falling.back().is_some_and(|&at| row[at] <= value) {
                falling.pop_back();
            }
            falling.push_back(end);
        }
        if end >= radius {
            while falling.front().is_some_and(|&at| at + 2 * radius < end) {
                falling.pop_front();
            }
            maxima.push(row[falling[0]]);
        }
    }
    maxima
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sliding_maxima_are_those_of_each_window() {
        let row = [3.0, 1.0, 2.0, 5.0, 0.0, 0.0, 4.0];
        for radius in 0..10 {
            let window = |i: usize| &row[i.saturating_sub(radius)..(i + radius + 1).min(row.len())];
            let naive: Vec<f32> =
                (0..row.len()).map(|i| window(i).iter().copied().fold(f32::MIN, f32::max)).collect();
            assert_eq!(sliding_max(&row, radius), naive, "{radius}");
        }
    }

    #[test]
    fn closing_fills_the_narrow_and_keeps_the_wide() {
        let values = [9., 9., 1., 9., 9., 1., 1., 1., 1.].to_vec();
        let closed = closing(&Plane { values, columns: 9 }, 1);
        assert_eq!(closed.values, [9., 9., 9., 9., 9., 1., 1., 1., 1.]);
    }
}

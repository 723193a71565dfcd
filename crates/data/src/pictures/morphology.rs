//! Gray-level morphology with square windows, clipped at the border (Soille 2003, *Morphological
//! Image Analysis*).

use super::plane::Plane;

/// Dilation: the maximum over the pixels at most `radius` away along each axis.
pub(super) fn dilation(plane: &Plane, radius: usize) -> Plane {
    let mut padded = plane.padded(radius, f32::NEG_INFINITY);
    let stride = padded.columns;
    for stride in [1, stride] {
        windows_max(&mut padded.values, 2 * radius + 1, stride);
    }
    // A window is stored at its start, which in the padded plane is `radius` before its middle.
    let rows = padded.iter_rows().take(plane.rows());
    Plane { values: rows.flat_map(|row| &row[..plane.columns]).copied().collect(), ..*plane }
}

/// Closing: removes details that are darker than their surroundings and narrower than `2 radius + 1`.
pub(super) fn closing(plane: &Plane, radius: usize) -> Plane {
    dilation(&dilation(plane, radius).map(|x| -x), radius).map(|x| -x)
}

/// Running maximum of `width` values `stride` apart, by windows that double in width; the last two overlap.
fn windows_max(values: &mut [f32], width: usize, stride: usize) {
    let mut join = |distance: usize| {
        for i in 0..values.len().saturating_sub(distance * stride) {
            values[i] = values[i].max(values[i + distance * stride]);
        }
    };
    let mut done = 1;
    while 2 * done <= width {
        join(done);
        done *= 2;
    }
    join(width - done);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dilations_are_the_maxima_of_windows() {
        let plane = Plane { values: (0..11 * 7).map(|i| (i * 29 % 31) as f32).collect(), columns: 7 };
        for radius in 0..13 {
            let window = |i: usize, size: usize| i.saturating_sub(radius)..(i + radius + 1).min(size);
            let naive = (0..11 * 7).map(|i| {
                let rows = window(i / 7, 11);
                let values = rows.flat_map(|row| window(i % 7, 7).map(move |column| (row, column)));
                values.map(|(row, column)| plane.at(row, column)).fold(f32::MIN, f32::max)
            });
            assert_eq!(dilation(&plane, radius).values, naive.collect::<Vec<_>>(), "{radius}");
        }
    }

    #[test]
    fn closing_fills_the_narrow_and_keeps_the_wide() {
        let values = [9., 9., 1., 9., 9., 1., 1., 1., 1.].to_vec();
        let closed = closing(&Plane { values, columns: 9 }, 1);
        assert_eq!(closed.values, [9., 9., 9., 9., 9., 1., 1., 1., 1.]);
    }
}

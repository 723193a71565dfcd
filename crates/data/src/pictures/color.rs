//! Contrast of colors, for ink that is as bright as its paper.

use super::decode::luma;
use super::plane::{Plane, median};

/// Minimum brightness, to avoid division by almost 0.
const DARKEST: f32 = 0.05;

/// Difference of the colors along the direction in which they differ most, 0.5 for the paper's. `None` if all pixels have
/// one color.
///
/// `channels` are red, green and blue. Differences from the brightness are divided by it, so that light and shadow do not
/// matter; the direction is the first principal component.
pub(super) fn contrast(channels: &[Plane; 3]) -> Option<Plane> {
    let [red, _, blue] = channels;
    let luma = luma(channels);
    let [u, v] = [red, blue].map(|channel| {
        let chroma = channel.zip_map(&luma, |value, luma| (value - luma) / luma.max(DARKEST));
        let paper = median(chroma.values.iter().copied());
        chroma.map(|x| x - paper)
    });
    let sum = |a: &Plane, b: &Plane| a.values.iter().zip(&b.values).map(|(a, b)| a * b).sum::<f32>();
    let (uu, uv, vv) = (sum(&u, &u), sum(&u, &v), sum(&v, &v));
    let (sin, cos) = (0.5 * (2.0 * uv).atan2(uu - vv)).sin_cos();
    let along = u.zip_map(&v, |u, v| cos * u + sin * v);
    let most = along.values.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    (most > 0.0).then(|| along.map(|x| 0.5 + 0.5 * (x / most.max(1.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red and green of one luma, with light that falls off: two values, whatever the light.
    #[test]
    fn colors_of_one_luma_are_told_apart_in_any_light() {
        let is_red = |at: usize| at % 50 == 7;
        let light = |at: usize| 1.0 - 0.5 * (at / 50) as f32 / 40.0;
        let channel = |red: f32, green: f32| {
            let values = (0..50 * 40).map(|at| light(at) * if is_red(at) { red } else { green });
            Plane { values: values.collect(), columns: 50 }
        };
        // 0.299·0.9 + 0.587·0.2 = 0.299·0.3 + 0.587·0.5056
        let contrast = contrast(&[channel(0.9, 0.3), channel(0.2, 0.5056), channel(0.1, 0.1)]).unwrap();
        let [paper, ink] = [contrast.values[0], contrast.values[7]];
        assert!((paper - 0.5).abs() < 1e-3 && (ink - paper).abs() > 0.2, "{paper} {ink}");
        for (at, &value) in contrast.values.iter().enumerate() {
            assert!((value - if is_red(at) { ink } else { paper }).abs() < 1e-3, "{at}: {value}");
        }
    }

    #[test]
    fn gray_has_no_contrast_of_colors() {
        let gray = Plane { values: (0..100).map(|at| at as f32 / 100.0).collect(), columns: 10 };
        let contrast = contrast(&[gray.clone(), gray.clone(), gray]);
        assert!(contrast.is_none_or(|plane| plane.values.iter().all(|x| (x - 0.5).abs() < 1e-3)));
    }
}

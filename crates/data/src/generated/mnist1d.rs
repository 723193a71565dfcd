//! MNIST-1D (Greydanus & Kobak 2024, *Scaling down deep learning with MNIST-1D*): ten templates that
//! look like digits written along a line, each padded, stretched, scaled, moved, sheared and noised at
//! random. Follows `mnist1d` 0.0.2.post1 (Apache-2.0) operation by operation.
//!
//! The signals as `f32` are those of its `make_dataset()` with NumPy 2.4.6 and SciPy 1.17.1, all
//! 200,000 numbers. In double precision they can differ in the last bits, where the logarithms of the
//! normal numbers do (see [`numpy_random`](super::numpy_random)).

use crate::generated::numpy_random::RandomState;
use crate::samples::{Inputs, Samples, Targets};

/// Settings of the generator, with the names and defaults of the package.
#[derive(Debug, Clone, PartialEq)]
pub struct Mnist1d {
    /// Total number of signals, a tenth of each class.
    pub num_samples: usize,
    /// Fraction of the signals for training.
    pub train_split: f64,
    /// Minimum and maximum number of zeros after a template.
    pub padding: (usize, usize),
    /// Width of the range of factors around 1 that signals are scaled by.
    pub scale_coeff: f64,
    /// Signals are rotated by fewer positions than this.
    pub max_translation: u32,
    /// Standard deviation of the noise, before smoothing, where the signal is 0.
    pub corr_noise_scale: f64,
    /// Standard deviation of the noise everywhere.
    pub iid_noise_scale: f64,
    /// Width of the range of slopes that signals are sheared by.
    pub shear_scale: f64,
    /// If true, the positions of all signals are permuted in the same way, which destroys locality.
    pub shuffle_seq: bool,
    /// Length of a signal.
    pub final_seq_length: usize,
    /// Seed of NumPy's generator.
    pub seed: u32,
}

impl Default for Mnist1d {
    fn default() -> Mnist1d {
        Mnist1d {
            num_samples: 5000,
            train_split: 0.8,
            padding: (36, 60),
            scale_coeff: 0.4,
            max_translation: 48,
            corr_noise_scale: 0.25,
            iid_noise_scale: 2e-2,
            shear_scale: 0.75,
            shuffle_seq: false,
            final_seq_length: 40,
            seed: 42,
        }
    }
}

/// Length of a template.
const TEMPLATE: usize = 12;

/// Digits 0 to 9, as drawn by the package.
const TEMPLATES: [[f64; TEMPLATE]; 10] = [
    [5.0, 6.0, 6.5, 6.75, 7.0, 7.0, 7.0, 7.0, 6.75, 6.5, 6.0, 5.0],
    [5.0, 3.0, 3.0, 3.4, 3.8, 4.2, 4.6, 5.0, 5.4, 5.8, 5.0, 5.0],
    [5.0, 6.0, 6.5, 6.5, 6.0, 5.25, 4.75, 4.0, 3.5, 3.5, 4.0, 5.0],
    [5.0, 6.0, 6.5, 6.5, 6.0, 5.0, 5.0, 6.0, 6.5, 6.5, 6.0, 5.0],
    [5.0, 4.4, 3.8, 3.2, 2.6, 2.6, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0],
    [5.0, 3.0, 3.0, 3.0, 3.0, 5.0, 6.0, 6.5, 6.5, 6.0, 4.5, 5.0],
    [5.0, 4.0, 3.5, 3.25, 3.0, 3.0, 3.0, 3.0, 3.25, 3.5, 4.0, 5.0],
    [5.0, 7.0, 7.0, 6.6, 6.2, 5.8, 5.4, 5.0, 4.6, 4.2, 5.0, 5.0],
    [5.0, 4.0, 3.5, 3.5, 4.0, 5.0, 5.0, 4.0, 3.5, 3.5, 4.0, 5.0],
    [5.0, 4.0, 3.5, 3.5, 4.0, 5.0, 5.0, 5.0, 5.0, 4.7, 4.3, 5.0],
];

impl Mnist1d {
    /// Training and test samples, each input of shape `[length, 1]` (positions, channels).
    ///
    /// ```
    /// let (train, test) = data::generated::mnist1d::Mnist1d::default().samples();
    /// assert_eq!((train.len(), test.len()), (4000, 1000));
    /// assert_eq!(train.inputs.shape(), [40, 1]);
    /// ```
    ///
    /// # Panics
    /// If a setting is out of the package's range: a signal of fewer than 2 numbers, a rotation of 0 or of more
    /// positions than a signal has, an empty padding range, a fraction outside of 0 to 1.
    #[track_caller]
    pub fn samples(&self) -> (Samples, Samples) {
        let (signals, labels) = self.signals();
        let train = (labels.len() as f64 * self.train_split) as usize;
        let length = self.final_seq_length;
        let part = |signals: &[f64], labels: &[u32]| Samples {
            inputs: Inputs::Numbers {
                shape: vec![length, 1],
                values: signals.iter().map(|&x| x as f32).collect(),
            },
            targets: Targets::Classes {
                labels: labels.to_vec(),
                names: (0..10).map(|class| class.to_string()).collect(),
            },
        };
        let (train_signals, test_signals) = signals.split_at(train * length);
        (part(train_signals, &labels[..train]), part(test_signals, &labels[train..]))
    }

    /// All signals one after another in double precision, training before test, and their classes.
    ///
    /// # Panics
    /// As [`Mnist1d::samples`].
    #[track_caller]
    pub fn signals(&self) -> (Vec<f64>, Vec<u32>) {
        self.check();
        let mut random = RandomState::new(self.seed);
        let templates = TEMPLATES.map(standardized);
        let mut drawn = Vec::new();
        let mut classes = Vec::new();
        for (class, template) in (0..).zip(&templates) {
            for _ in 0..self.num_samples / 10 {
                drawn.push(self.transform(template, &mut random));
                classes.push(class);
            }
        }
        let order = random.permutation(classes.len() as u32);
        let labels = order.iter().map(|&i| classes[i as usize]).collect();
        let mut signals: Vec<f64> = order.iter().flat_map(|&i| &drawn[i as usize]).copied().collect();
        if self.shuffle_seq {
            let places = random.permutation(self.final_seq_length as u32);
            for signal in signals.chunks_exact_mut(self.final_seq_length) {
                let shuffled: Vec<f64> = places.iter().map(|&i| signal[i as usize]).collect();
                signal.copy_from_slice(&shuffled);
            }
        }
        let (mean, std) = mean_std(&signals);
        signals.iter_mut().for_each(|x| *x = (*x - mean) / std);
        (signals, labels)
    }

    /// One signal from a template.
    fn transform(&self, template: &[f64; TEMPLATE], random: &mut RandomState) -> Vec<f64> {
        let (low, high) = self.padding;
        let length = TEMPLATE + high;
        // Pad and stretch.
        let zeros = low + (random.uniform() * (high - low + 1) as f64) as usize;
        let mut x: Vec<f64> = template.iter().map(|x| x + 1e-8).collect();
        x.resize(TEMPLATE + zeros, 0.0);
        let mut x = interpolate(&x, length);
        // Scale and move.
        let factor = 1.0 + self.scale_coeff * (random.uniform() - 0.5);
        x.iter_mut().for_each(|x| *x *= factor);
        x.rotate_right(random.below(self.max_translation) as usize);
        // Noise: smooth outside of the signal, and a little everywhere.
        let noise: Vec<f64> = (0..length).map(|_| self.corr_noise_scale * random.normal()).collect();
        for (x, noise) in x.iter_mut().zip(smoothed(&noise)) {
            *x = if *x != 0.0 { *x } else { noise };
        }
        x.iter_mut().for_each(|x| *x += self.iid_noise_scale * random.normal());
        // Shear and sample.
        let slope = self.shear_scale * (random.uniform() - 0.5);
        x.iter_mut().zip(linspace(-0.5, 0.5, length)).for_each(|(x, place)| *x -= slope * place);
        interpolate(&x, self.final_seq_length)
    }

    #[track_caller]
    fn check(&self) {
        let (low, high) = self.padding;
        assert!(low <= high, "expected padding from low to high, found {low} to {high}");
        assert!(self.final_seq_length >= 2, "expected a final_seq_length of 2 or more");
        let (moves, length) = (self.max_translation as usize, TEMPLATE + high);
        assert!(
            (1..=length).contains(&moves),
            "expected a max_translation from 1 to {length}, found {moves}"
        );
        let part = self.train_split;
        assert!((0.0..=1.0).contains(&part), "expected a train_split from 0 to 1, found {part}");
    }
}

/// Standardizes, shifts to start at 0, and divides by 6.
fn standardized(template: [f64; TEMPLATE]) -> [f64; TEMPLATE] {
    let mean = sum(&template) / TEMPLATE as f64;
    let centered = template.map(|x| x - mean);
    let (_, std) = mean_std(&centered);
    let x = centered.map(|x| x / std);
    x.map(|value| (value - x[0]) / 6.0)
}

/// Mean and standard deviation as NumPy computes them.
fn mean_std(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = sum(values) / count;
    let squares: Vec<f64> = values.iter().map(|x| (x - mean) * (x - mean)).collect();
    (mean, (sum(&squares) / count).sqrt())
}

/// NumPy's pairwise sum: eight chains within blocks of 128, halves above.
fn sum(values: &[f64]) -> f64 {
    match values.len() {
        0..8 => values.iter().sum(),
        8..=128 => {
            let (whole, rest) = values.as_chunks::<8>();
            let mut r = whole[0];
            for eight in &whole[1..] {
                r.iter_mut().zip(eight).for_each(|(r, x)| *r += x);
            }
            let [a, b, c, d, e, f, g, h] = r;
            let sum = ((a + b) + (c + d)) + ((e + f) + (g + h));
            rest.iter().fold(sum, |sum, x| sum + x)
        }
        n => {
            let half = n / 2 - (n / 2) % 8;
            sum(&values[..half]) + sum(&values[half..])
        }
    }
}

/// `count` equidistant numbers from `start` to `stop`, as `numpy.linspace`.
fn linspace(start: f64, stop: f64, count: usize) -> impl Iterator<Item = f64> {
    let step = (stop - start) / (count - 1) as f64;
    (0..count).map(move |i| if i == count - 1 { stop } else { i as f64 * step + start })
}

/// Linear interpolation at `count` equidistant points, as `numpy.interp`.
fn interpolate(y: &[f64], count: usize) -> Vec<f64> {
    let x: Vec<f64> = linspace(0.0, 1.0, y.len()).collect();
    let last = x.len() - 1;
    let at = |place: f64| {
        // Last point at or before the position.
        let j = x.partition_point(|&x| x <= place) - 1;
        if j == last || x[j] == place {
            return y[j];
        }
        let slope = (y[j + 1] - y[j]) / (x[j + 1] - x[j]);
        slope * (place - x[j]) + y[j]
    };
    linspace(0.0, 1.0, count).map(at).collect()
}

/// Radius of the smoothing kernel: four standard deviations.
const RADIUS: usize = 8;

/// Convolution with a normal density of standard deviation 2, mirrored at the ends, as
/// `scipy.ndimage.gaussian_filter`.
fn smoothed(noise: &[f64]) -> Vec<f64> {
    let density: [f64; 2 * RADIUS + 1] = std::array::from_fn(|i| {
        let x = i as f64 - RADIUS as f64;
        libm::exp(-0.5 / 4.0 * (x * x))
    });
    let total = sum(&density);
    let weights = density.map(|x| x / total);
    let n = noise.len() as isize;
    let at = |i: isize| {
        let i = i.rem_euclid(2 * n);
        noise[if i < n { i } else { 2 * n - 1 - i } as usize]
    };
    let around = |i: isize| {
        // From the ends to the middle, as the symmetric filter adds.
        (1..=RADIUS).rev().fold(at(i) * weights[RADIUS], |sum, distance| {
            let d = distance as isize;
            sum + (at(i - d) + at(i + d)) * weights[RADIUS - distance]
        })
    };
    (0..n).map(around).collect()
}

//! Update rules: those of `optim` that look at one weight at a time, with the same order of operations, so with the
//! same bits.

mod adam;
mod adaptive;
mod gradient;
mod sign;

use std::fmt;

/// Values of a rule's settings in the order of [`Rule::settings`]; a flag is 0 or 1.
pub type Settings = [f64; 8];

/// An update rule.
pub struct Rule {
    /// Name in a recipe.
    pub name: &'static str,
    /// Names of its settings; the first is the learning rate.
    pub settings: &'static [&'static str],
    arrays: fn(&Settings) -> &'static [&'static str],
    start: fn(&Settings) -> f32,
    pub(crate) update: fn(&Settings, u64, Step<'_>),
}

impl Rule {
    /// Names of the state arrays under these settings.
    pub fn arrays(&self, settings: &Settings) -> &'static [&'static str] {
        (self.arrays)(settings)
    }

    /// First value of the last state array; the others start at 0.
    pub(crate) fn start(&self, settings: &Settings) -> f32 {
        (self.start)(settings)
    }

    /// The settings with these values by name; `None` if one is unknown. Settings that are not named are 0.
    pub fn settings_of(&self, values: &[(&str, f64)]) -> Option<Settings> {
        let mut settings = [0.0; 8];
        for (name, value) in values {
            let place = self.settings.iter().position(|known| known == name)?;
            settings[place] = *value;
        }
        Some(settings)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rule").field(&self.name).finish()
    }
}

/// Every rule; pages know a rule by its place.
pub const ALL: &[&Rule] = &[
    &gradient::SGD,
    &gradient::QHM,
    &sign::SIGN_SGD,
    &sign::SIGNUM,
    &sign::LION,
    &adaptive::ADAGRAD,
    &adaptive::ADADELTA,
    &adaptive::RMSPROP,
    &adam::ADAM,
    &adam::ADAMW,
    &adam::ADAMAX,
    &adam::NADAM,
    &adam::RADAM,
    &adam::ADABELIEF,
    &adam::YOGI,
    &adam::ADAN,
];

/// The rule of this name.
pub fn by_name(name: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.name == name).copied()
}

/// Weights of one step with their gradients and state.
pub(crate) struct Step<'a> {
    pub(crate) weights: &'a mut [f32],
    pub(crate) gradients: &'a [f32],
    /// Factor of every gradient: less than 1 when the norm is clipped.
    pub(crate) scale: f32,
    /// State arrays, one after the other.
    pub(crate) state: &'a mut [f32],
    /// Number that a rule keeps between steps; 1 before the first.
    pub(crate) scalar: &'a mut f64,
}

/// Numbers of a turn of the loop, which become vectors.
const BLOCK: usize = 4;

impl Step<'_> {
    /// Replaces every weight w and its N numbers of state by `update(w, g, state)`.
    pub(crate) fn each_weight<const N: usize>(
        self,
        update: impl Fn(f32, f32, [f32; N]) -> (f32, [f32; N]) + Copy,
    ) {
        let Step { weights, gradients, scale, state, .. } = self;
        let n = weights.len();
        let mut rest = state;
        let arrays: [&mut [f32]; N] = std::array::from_fn(|_| {
            let (array, after) = std::mem::take(&mut rest).split_at_mut(n);
            rest = after;
            array
        });
        let mut start = 0;
        while start < n {
            let (mut w, g) = (block(weights, start), block(gradients, start));
            let mut s = [[0.0; BLOCK]; N];
            for k in 0..N {
                s[k] = block(arrays[k], start);
            }
            for i in 0..BLOCK {
                let mut before = [0.0; N];
                for k in 0..N {
                    before[k] = s[k][i];
                }
                let (next, after) = update(w[i], g[i] * scale, before);
                w[i] = next;
                for k in 0..N {
                    s[k][i] = flush(after[k]);
                }
            }
            write(weights, start, &w);
            for k in 0..N {
                write(arrays[k], start, &s[k]);
            }
            start += BLOCK;
        }
    }
}

/// Numbers from `start`, filled up with zeros after the last.
#[inline(always)]
fn block(numbers: &[f32], start: usize) -> [f32; BLOCK] {
    let mut block = [0.0; BLOCK];
    match numbers.get(start..start + BLOCK) {
        Some(whole) => block.copy_from_slice(whole),
        None => copy_all(&numbers[start..], &mut block),
    }
    block
}

/// Writes what there is room for.
#[inline(always)]
fn write(numbers: &mut [f32], start: usize, block: &[f32; BLOCK]) {
    match numbers.get_mut(start..start + BLOCK) {
        Some(whole) => whole.copy_from_slice(block),
        None => copy_all(block, &mut numbers[start..]),
    }
}

/// Copies as many numbers as both have; once in the file, and not once in every rule.
#[inline(never)]
fn copy_all(from: &[f32], to: &mut [f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
}

/// 0 for a number too small for full precision, which would slow every operation down.
#[inline(always)]
fn flush(x: f32) -> f32 {
    if x.abs() < f32::MIN_POSITIVE { 0.0 } else { x }
}

fn none(_: &Settings) -> &'static [&'static str] {
    &[]
}

fn zero(_: &Settings) -> f32 {
    0.0
}

/// Rounds numbers that were computed in double precision.
fn single<const N: usize>(numbers: [f64; N]) -> [f32; N] {
    numbers.map(|x| x as f32)
}

/// The running mean: the fraction `weight` of the way from `a` to `b`, in PyTorch's form.
#[inline(always)]
fn lerp(a: f32, b: f32, weight: f32) -> f32 {
    if weight < 0.5 { a + weight * (b - a) } else { b - (b - a) * (1.0 - weight) }
}

/// The gradient with weight decay inside it.
#[inline(always)]
fn l2(w: f32, g: f32, lambda: f32) -> f32 {
    if lambda == 0.0 { g } else { g + lambda * w }
}

/// −1, 0 or 1; NaN for NaN.
#[inline(always)]
fn sign(x: f32) -> f32 {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        x
    }
}

/// The greater of two; NaN if one is.
#[inline(always)]
fn maximum(a: f32, b: f32) -> f32 {
    if b > a || b.is_nan() { b } else { a }
}

/// 1 − βᵗ.
fn bias_correction(beta: f64, t: u64) -> f64 {
    1.0 - beta.powf(t as f64)
}

//! Functions that a page calls, on numbers in the module's memory.
//!
//! A page asks for room with [`reserve`], writes arguments there, and reads results from there. Rules and functions are
//! known by their places in [`rules::ALL`] and [`functions::ALL`].
#![allow(unsafe_code)]

use std::cell::RefCell;

use crate::race::{Entrant, Setup, best_rate, largest_curvature, path};
use crate::rules::Settings;
use crate::training::{Digits, Training};
use crate::{functions, rules};

/// A run and its digits: for training, for testing.
#[derive(Default)]
struct Page {
    digits: [Digits; 2],
    training: Option<Training>,
}

thread_local! {
    static PAGE: RefCell<Page> = RefCell::default();
}

/// Bytes of an image.
const PIXELS: usize = crate::net::SIMPLE_NN[0];

/// Room for this number of bytes, aligned for any number, until the end of the page.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn reserve(bytes: usize) -> *mut f64 {
    Box::leak(vec![0.0_f64; bytes / 8 + 1].into_boxed_slice()).as_mut_ptr()
}

/// Number of state arrays of a rule under settings.
///
/// # Safety
/// As [`race_path`].
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub unsafe extern "C" fn state_arrays(rule: usize, settings: *const Settings) -> usize {
    // SAFETY: the caller says so.
    rules::ALL[rule].arrays(unsafe { &*settings }).len()
}

/// Largest curvature of a function at a point.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn race_curvature(function: usize, x: f64, y: f64) -> f64 {
    largest_curvature(&functions::ALL[function], [x, y])
}

/// Arguments of a path.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct PathArguments {
    /// Settings of the rule.
    pub settings: Settings,
    /// Maximum norm of a gradient; infinite for none.
    pub max_norm: f64,
    /// The start.
    pub start: [f64; 2],
    /// Standard deviation of the noise.
    pub noise: f64,
}

/// Writes the points of a path, 7 numbers and 2 of each state array a point, and returns the number of points:
/// x, y, value, gradient, update, state.
///
/// # Safety
/// The pointers are to arguments, to 2·(steps + 1) normals or none, to a factor of the rate for each step or none, and to
/// room for steps + 1 points.
#[allow(clippy::too_many_arguments)]
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub unsafe extern "C" fn race_path(
    function: usize,
    rule: usize,
    arguments: *const PathArguments,
    steps: usize,
    normals: *const f32,
    normals_len: usize,
    factors: *const f64,
    factors_len: usize,
    points: *mut f64,
) -> usize {
    // SAFETY: the caller says so.
    let (arguments, normals, factors) =
        unsafe { (&*arguments, numbers(normals, normals_len), numbers(factors, factors_len)) };
    let (setup, entrant) = parts(function, rule, arguments, steps, normals, factors);
    let width = 7 + 2 * entrant.rule.arrays(&entrant.settings).len();
    // SAFETY: the caller says so.
    let points = unsafe { std::slice::from_raw_parts_mut(points, width * (steps + 1)) };
    let mut rows = points.chunks_exact_mut(width);
    let mut count = 0;
    path(&setup, &entrant, |point, state| {
        let head = [point.at, [point.value, point.gradient[0]], [point.gradient[1], point.update[0]]];
        let numbers = head.iter().flatten().copied().chain([point.update[1]]);
        if let Some(row) = rows.next() {
            count += 1;
            row.iter_mut()
                .zip(numbers.chain(state.iter().map(|&x| f64::from(x))))
                .for_each(|(place, x)| *place = x);
        }
    });
    count
}

/// Place of the rate whose path ends lowest.
///
/// # Safety
/// As [`race_path`]; `rates` points to `rates_len` numbers.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn race_best_rate(
    function: usize,
    rule: usize,
    arguments: *const PathArguments,
    steps: usize,
    normals: *const f32,
    normals_len: usize,
    factors: *const f64,
    factors_len: usize,
    rates: *const f64,
    rates_len: usize,
) -> usize {
    // SAFETY: the caller says so.
    let (arguments, normals) = unsafe { (&*arguments, numbers(normals, normals_len)) };
    // SAFETY: the caller says so.
    let (factors, rates) = unsafe { (numbers(factors, factors_len), numbers(rates, rates_len)) };
    let (setup, entrant) = parts(function, rule, arguments, steps, normals, factors);
    best_rate(&setup, &entrant, rates)
}

fn parts<'a>(
    function: usize,
    rule: usize,
    arguments: &PathArguments,
    steps: usize,
    normals: &'a [f32],
    factors: &'a [f64],
) -> (Setup<'a>, Entrant<'a>) {
    let &PathArguments { settings, max_norm, start, noise } = arguments;
    let start = start.map(|x| x as f32);
    let setup = Setup { function: &functions::ALL[function], start, steps, noise, normals };
    (setup, Entrant { rule: rules::ALL[rule], settings, max_norm, factors })
}

/// Makes room for digits of a split, 0 for training and 1 for testing; returns where their pixels are to be written.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn digits_pixels(split: usize, count: usize) -> *mut u8 {
    with_page(std::ptr::null_mut(), |page| {
        let digits = &mut page.digits[split];
        *digits = Digits { pixels: vec![0; count * PIXELS], labels: vec![0; count] };
        digits.pixels.as_mut_ptr()
    })
}

/// Place where the labels of a split are to be written.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn digits_labels(split: usize) -> *mut u8 {
    with_page(std::ptr::null_mut(), |page| page.digits[split].labels.as_mut_ptr())
}

/// Begins a run.
///
/// # Safety
/// `settings` points to settings.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub unsafe extern "C" fn train_start(
    rule: usize,
    settings: *const Settings,
    max_norm: f64,
    seed: u32,
    batch: usize,
) {
    // SAFETY: the caller says so.
    let settings = unsafe { *settings };
    let training = Training::new(rules::ALL[rule], settings, max_norm, seed.into(), batch);
    with_page((), |page| page.training = Some(training));
}

/// Makes steps; returns the mean of their losses, NaN without a run.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn train_run(steps: usize) -> f64 {
    with_training(f64::NAN, |training, digits| {
        (0..steps).map(|_| training.step(&digits[0])).sum::<f64>() / steps as f64
    })
}

/// Sets the learning rate of the next steps.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn train_set_rate(lr: f64) {
    with_training((), |training, _| training.optimizer().set_rate(lr));
}

/// Writes the sum of the losses of digits of a split, and the number of those that are classified correctly.
///
/// # Safety
/// `result` points to room for two numbers.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub unsafe extern "C" fn train_evaluate(split: usize, from: usize, to: usize, result: *mut [f64; 2]) {
    let (loss, correct) =
        with_training((f64::NAN, 0), |training, digits| training.evaluate(&digits[split], from..to));
    // SAFETY: the caller says so.
    unsafe { *result = [loss, correct as f64] };
}

/// Writes the probabilities of the ten classes of an image; nothing without a run.
///
/// # Safety
/// `image` points to the bytes of an image, `probabilities` to room for ten numbers.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub unsafe extern "C" fn train_predict(image: *const u8, probabilities: *mut [f32; 10]) {
    // SAFETY: the caller says so.
    let (image, result) = unsafe { (std::slice::from_raw_parts(image, PIXELS), &mut *probabilities) };
    with_training((), |training, _| result.copy_from_slice(&training.net().predict(image)));
}

/// The weights, [inputs, outputs] and bias of each layer; null without a run.
#[cfg_attr(target_arch = "wasm32", no_mangle)]
pub extern "C" fn train_weights() -> *const f32 {
    with_training(std::ptr::null(), |training, _| training.net().weights().as_ptr())
}

fn with_training<R: Copy>(missing: R, work: impl FnOnce(&mut Training, &[Digits; 2]) -> R) -> R {
    with_page(missing, |Page { digits, training }| match training {
        Some(training) => work(training, digits),
        None => missing,
    })
}

/// Works on the page; a worker has one thread, so it is never missing.
fn with_page<R>(missing: R, work: impl FnOnce(&mut Page) -> R) -> R {
    let mut work = Some(work);
    let found = PAGE.try_with(|page| Some(work.take()?(&mut *page.try_borrow_mut().ok()?)));
    found.ok().flatten().unwrap_or(missing)
}

/// Numbers at a place; none for a length of 0, whatever the place.
///
/// # Safety
/// The pointer is to this number of them.
unsafe fn numbers<'a, T>(start: *const T, len: usize) -> &'a [T] {
    match len {
        0 => &[],
        // SAFETY: the caller says so.
        _ => unsafe { std::slice::from_raw_parts(start, len) },
    }
}

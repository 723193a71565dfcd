//! Test functions: the same values and gradients as those of `lab`.

use lab::tasks::functions::ALL;

#[test]
fn every_function_has_a_twin_with_its_values_and_gradients() {
    for function in ALL {
        let twin = wasm::functions::by_name(function.name)
            .unwrap_or_else(|| panic!("`{}` is not in crates/wasm/src/functions.rs", function.name));
        let [across, up] = function.domain;
        let place = |[low, high]: [f64; 2], part: usize| low + (high - low) * part as f64 / 12.0;
        let points = (0..13).flat_map(|x| (0..13).map(move |y| [place(across, x), place(up, y)]));
        for point in points.chain([function.start.map(f64::from)]) {
            let ((value, gradient), (theirs, their_gradient)) = (twin.at(point), function.at(point));
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-11 * b.abs().max(1.0);
            assert!(near(value, theirs), "{} at {point:?}: {value}, not {theirs}", function.name);
            let all = gradient.iter().zip(their_gradient).all(|(&a, b)| near(a, b));
            assert!(all, "{} at {point:?}: {gradient:?}, not {their_gradient:?}", function.name);
        }
    }
    assert_eq!(ALL.len(), wasm::functions::ALL.len());
}

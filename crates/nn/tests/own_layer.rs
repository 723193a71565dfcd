//! The custom layer of an example trains like a built-in one, in `f32` and `f64`.

#[path = "../examples/own_layer.rs"]
mod own_layer;

#[test]
fn the_example_has_the_right_gradient_and_learns() {
    own_layer::main();
}

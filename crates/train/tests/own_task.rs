//! The custom task of an example trains like a built-in one.

#[path = "../examples/own_task.rs"]
mod own_task;

#[test]
fn a_custom_task_trains() {
    own_task::main().unwrap();
}

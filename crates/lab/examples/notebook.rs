//! The notebook's three optimizers with one seed, on whatever MNIST is at hand without a network.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::ops::ControlFlow;
use train::{Budget, Recipe, Task, Training};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut request = data::Request::new(data::set("mnist")?);
    request.offline = true;
    let task = Task::notebook(data::load(&request, &mut |_| ())?);
    println!("{}", task.dataset.origin);
    for recipe in ["sgd lr=0.01", "adam lr=0.001", "rmsprop lr=0.001"] {
        let recipe: Recipe = recipe.parse()?;
        let mut training = Training::new(&task, &recipe, 0, Budget { epochs: 5, evaluations: 1 })?;
        training.run(&mut |_| ControlFlow::Continue(()));
        let record = training.record();
        for (epoch, evaluation) in record.epochs.iter().zip(&record.evaluations[1..]) {
            println!(
                "{recipe}: epoch {}, loss {:.4}, accuracy {:.2}%, {:.2} s",
                epoch.epoch,
                epoch.train_loss,
                100.0 * evaluation.test_accuracy,
                epoch.seconds
            );
        }
    }
    Ok(())
}

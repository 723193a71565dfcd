//! The notebook's three optimizers with one seed, on whatever MNIST is at hand without a network.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::ops::ControlFlow;
use train::{Budget, Recipe, Record, Split, Task, Training};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut request = data::Request::new(data::set("mnist")?);
    request.offline = true;
    let task = Task::notebook(data::load(&request, &mut |_| ())?);
    println!("{}", task.examples.info().origin);
    for recipe in ["sgd lr=0.01", "adam lr=0.001", "rmsprop lr=0.001"] {
        let recipe: Recipe = recipe.parse()?;
        let mut training = Training::new(&task, &recipe, 0, Budget { epochs: 5, evaluations: 1 })?;
        training.run(&mut |_| ControlFlow::Continue(()));
        let record = training.record();
        let accuracies = &record.metric_curve(Split::Test)[1..];
        for (epoch, accuracy) in record.curve(Record::EPOCH_LOSS).iter().zip(accuracies) {
            println!(
                "{recipe}: epoch {}, loss {:.4}, accuracy {:.2}%, {:.2} s so far",
                epoch.epoch,
                epoch.value,
                100.0 * accuracy.value,
                epoch.seconds
            );
        }
    }
    Ok(())
}

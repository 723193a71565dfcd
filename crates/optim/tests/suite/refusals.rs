//! Values that are refused at construction, as PyTorch's optimizers refuse them.

use optim::{Optimizer, StateDict, rules};

#[test]
fn the_error_table() {
    let table = [
        ("sgd lr=-1", "sgd: expected lr to be a finite number, 0 or more, found -1"),
        ("sgd momentum=-0.5", "sgd: expected momentum to be a finite number, 0 or more, found -0.5"),
        ("sgd weight_decay=-0.1", "sgd: expected weight_decay to be a finite number, 0 or more, found -0.1"),
        (
            "sgd nesterov=true",
            "sgd: nesterov=true conflicts with momentum=0 or a dampening; set momentum=0.9 and dampening=0",
        ),
        (
            "sgd nesterov=true momentum=0.9 dampening=0.1",
            "sgd: nesterov=true conflicts with momentum=0 or a dampening; set momentum=0.9 and dampening=0",
        ),
        ("sgd lr=nan", "sgd: expected lr to be a finite number, 0 or more, found NaN"),
        ("sgd lr=inf", "sgd: expected lr to be a finite number, 0 or more, found inf"),
        ("sgd nesterov=1", "sgd: expected nesterov to be true or false, found 1"),
        ("sgd lr=true", "sgd: expected lr to be a finite number, 0 or more, found true"),
        ("adagrad lr_decay=-0.5", "adagrad: expected lr_decay to be a finite number, 0 or more, found -0.5"),
        (
            "adagrad initial_accumulator=-0.5",
            "adagrad: expected initial_accumulator to be a finite number, 0 or more, found -0.5",
        ),
        ("rmsprop momentum=-1", "rmsprop: expected momentum to be a finite number, 0 or more, found -1"),
        ("adam beta1=1", "adam: expected beta1 to be a number from 0 to less than 1, found 1"),
        ("adam beta2=1.5", "adam: expected beta2 to be a number from 0 to less than 1, found 1.5"),
        ("adam weight_decay=-1", "adam: expected weight_decay to be a finite number, 0 or more, found -1"),
        ("adam eps=-1e-8", "adam: expected eps to be a finite number, 0 or more, found -1e-8"),
        ("adamw beta1=-0.1", "adamw: expected beta1 to be a number from 0 to less than 1, found -0.1"),
        ("adadelta rho=1.1", "adadelta: expected rho to be a number from 0 to 1, found 1.1"),
        ("adamax beta2=1", "adamax: expected beta2 to be a number from 0 to less than 1, found 1"),
        ("nadam beta1=1", "nadam: expected beta1 to be a number from 0 to less than 1, found 1"),
        (
            "nadam momentum_decay=-0.2",
            "nadam: expected momentum_decay to be a finite number, 0 or more, found -0.2",
        ),
        ("radam beta1=1", "radam: expected beta1 to be a number from 0 to less than 1, found 1"),
        (
            "asgd weight_decay=-0.5",
            "asgd: expected weight_decay to be a finite number, 0 or more, found -0.5",
        ),
        ("rprop eta_minus=1", "rprop: expected eta_minus to be a number from 0 to less than 1, found 1"),
        ("rprop eta_plus=0.5", "rprop: expected eta_plus to be a finite number, 1 or more, found 0.5"),
        ("rprop step_min=60", "rprop: expected step_min to be at most step_max=50, found 60"),
        ("lion beta2=1", "lion: expected beta2 to be a number from 0 to less than 1, found 1"),
        ("adan beta3=1", "adan: expected beta3 to be a number from 0 to less than 1, found 1"),
        ("qhm nu=1.5", "qhm: expected nu to be a number from 0 to 1, found 1.5"),
        ("muon ns_steps=2.5", "muon: expected ns_steps to be a whole number, found 2.5"),
        ("lars momentum=1", "lars: expected momentum to be a number from 0 to less than 1, found 1"),
        ("adafactor beta2_decay=1", "adafactor: expected beta2_decay to be a number from -8 to 0, found 1"),
        ("adafactor d=0.5", "adafactor: expected d to be a finite number, 1 or more, found 0.5"),
        ("noisy_sgd seed=0.5", "noisy_sgd: expected seed to be a whole number, found 0.5"),
        (
            "schedule_free_sgd momentum=0",
            "schedule_free_sgd: expected momentum above 0, found 0; 0.9 is usual",
        ),
        ("schedule_free_adamw beta1=0", "schedule_free_adamw: expected beta1 above 0, found 0; 0.9 is usual"),
        ("lbfgs max_iter=2.5", "lbfgs: expected max_iter to be a whole number, found 2.5"),
        (
            "lbfgs line_search=wolfe",
            "lbfgs: expected line_search to be one of strong_wolfe, none, found wolfe",
        ),
        (
            "shampoo precondition_every=0.5",
            "shampoo: expected precondition_every to be a finite number, 1 or more, found 0.5",
        ),
        ("soap max_dim=1.5", "soap: expected max_dim to be a whole number, found 1.5"),
        ("scion ns_steps=2.5", "scion: expected ns_steps to be a whole number, found 2.5"),
        ("momo lower_bound=nan", "momo: expected lower_bound to be a finite number, found NaN"),
        ("prodigy d0=0", "prodigy: expected d0 above 0, found 0; 1e-6 is usual"),
        ("dadapt_sgd d0=0", "dadapt_sgd: expected d0 above 0, found 0; 1e-6 is usual"),
        ("dadapt_adam d0=0", "dadapt_adam: expected d0 above 0, found 0; 1e-6 is usual"),
        ("adam lr", "expected a setting name=value, found `lr`"),
        ("adam lr=fast", "adam: expected lr to be a finite number, 0 or more, found fast"),
        ("adam betta1=0.9", "unknown hyperparameter of adam `betta1`; did you mean `beta1`?"),
        ("admw", "unknown optimizer `admw`; did you mean `adamw`?"),
    ];
    for (recipe, message) in table {
        assert_eq!(optim::parse_rule(recipe).expect_err(recipe).to_string(), message);
    }
}

/// The same through a struct, where nothing is parsed.
#[test]
fn fields_are_checked_as_well_as_text() {
    for rule in rules::all() {
        for hyper in rule.hypers().iter().filter(|hyper| hyper.range.is_some()) {
            let bounds = hyper.range.expect("just looked at");
            let wrong = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -10.0];
            for wrong in wrong.into_iter().filter(|&x| !bounds.contain(x)) {
                let mut rule = rule.boxed();
                rule.set_unchecked(hyper.name, wrong.into()).expect("a number");
                let error = Optimizer::from_boxed(rule, 1).expect_err(hyper.name).to_string();
                assert!(error.contains(hyper.name), "{error}");
            }
        }
    }
}

#[test]
fn clipping_at_nothing_is_refused() {
    for norm in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(crate::optimizer("sgd", 1).with_clip_norm(norm).is_err());
    }
}

#[test]
fn the_state_of_another_optimizer_is_refused() {
    let mut adam = crate::optimizer("adam", 3);
    let before = adam.state_dict();
    for other in [crate::optimizer("sgd momentum=0.9", 3), crate::optimizer("adam", 2)] {
        let error = adam.load_state_dict(other.state_dict()).expect_err("another optimizer's");
        assert!(error.to_string().starts_with("incompatible optimizer state: "), "{error}");
        assert_eq!(adam.state_dict(), before);
    }
    let scalars = vec![("mu_product".to_string(), 1.0)];
    assert!(adam.load_state_dict(StateDict { scalars, ..before.clone() }).is_err());
    assert_eq!(adam.state_dict(), before);
}

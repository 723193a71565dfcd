//! Values that are refused at construction, as PyTorch's optimizers refuse them.

use optim::{Optimizer, StateDict, rules};

#[test]
fn the_error_table() {
    let table = [
        ("sgd lr=-1", "sgd: lr=-1 is not allowed: lr is a finite number, 0 or more"),
        ("sgd momentum=-0.5", "sgd: momentum=-0.5 is not allowed: momentum is a finite number, 0 or more"),
        (
            "sgd weight_decay=-0.1",
            "sgd: weight_decay=-0.1 is not allowed: weight_decay is a finite number, 0 or more",
        ),
        (
            "sgd nesterov=true",
            "sgd: nesterov=true needs a momentum above 0, such as momentum=0.9, and dampening=0",
        ),
        (
            "sgd nesterov=true momentum=0.9 dampening=0.1",
            "sgd: nesterov=true needs a momentum above 0, such as momentum=0.9, and dampening=0",
        ),
        ("sgd lr=nan", "sgd: lr=NaN is not allowed: lr is a finite number, 0 or more"),
        ("sgd lr=inf", "sgd: lr=inf is not allowed: lr is a finite number, 0 or more"),
        ("sgd nesterov=1", "sgd: nesterov=1 is not allowed: nesterov is true or false"),
        ("sgd lr=true", "sgd: lr=true is not allowed: lr is a finite number, 0 or more"),
        (
            "adagrad lr_decay=-0.5",
            "adagrad: lr_decay=-0.5 is not allowed: lr_decay is a finite number, 0 or more",
        ),
        (
            "adagrad initial_accumulator=-0.5",
            "adagrad: initial_accumulator=-0.5 is not allowed: initial_accumulator is a finite number, 0 or more",
        ),
        (
            "rmsprop momentum=-1",
            "rmsprop: momentum=-1 is not allowed: momentum is a finite number, 0 or more",
        ),
        ("adam beta1=1", "adam: beta1=1 is not allowed: beta1 is from 0 to less than 1"),
        ("adam beta2=1.5", "adam: beta2=1.5 is not allowed: beta2 is from 0 to less than 1"),
        (
            "adam weight_decay=-1",
            "adam: weight_decay=-1 is not allowed: weight_decay is a finite number, 0 or more",
        ),
        ("adam eps=-1e-8", "adam: eps=-1e-8 is not allowed: eps is a finite number, 0 or more"),
        ("adamw beta1=-0.1", "adamw: beta1=-0.1 is not allowed: beta1 is from 0 to less than 1"),
        ("adadelta rho=1.1", "adadelta: rho=1.1 is not allowed: rho is from 0 to 1"),
        ("adamax beta2=1", "adamax: beta2=1 is not allowed: beta2 is from 0 to less than 1"),
        ("nadam beta1=1", "nadam: beta1=1 is not allowed: beta1 is from 0 to less than 1"),
        (
            "nadam momentum_decay=-0.2",
            "nadam: momentum_decay=-0.2 is not allowed: momentum_decay is a finite number, 0 or more",
        ),
        ("radam beta1=1", "radam: beta1=1 is not allowed: beta1 is from 0 to less than 1"),
        (
            "asgd weight_decay=-0.5",
            "asgd: weight_decay=-0.5 is not allowed: weight_decay is a finite number, 0 or more",
        ),
        ("rprop eta_minus=1", "rprop: eta_minus=1 is not allowed: eta_minus is from 0 to less than 1"),
        ("rprop eta_plus=0.5", "rprop: eta_plus=0.5 is not allowed: eta_plus is a finite number, 1 or more"),
        ("rprop step_min=60", "rprop: step_min=60 is more than step_max=50"),
        ("lion beta2=1", "lion: beta2=1 is not allowed: beta2 is from 0 to less than 1"),
        ("adan beta3=1", "adan: beta3=1 is not allowed: beta3 is from 0 to less than 1"),
        ("qhm nu=1.5", "qhm: nu=1.5 is not allowed: nu is from 0 to 1"),
        ("muon ns_steps=2.5", "muon: ns_steps=2.5 is not a whole number"),
        ("lars momentum=1", "lars: momentum=1 is not allowed: momentum is from 0 to less than 1"),
        ("adafactor beta2_decay=1", "adafactor: beta2_decay=1 is not allowed: beta2_decay is from -8 to 0"),
        ("adafactor d=0.5", "adafactor: d=0.5 is not allowed: d is a finite number, 1 or more"),
        ("noisy_sgd seed=0.5", "noisy_sgd: seed=0.5 is not a whole number"),
        (
            "schedule_free_sgd momentum=0",
            "schedule_free_sgd: momentum=0 leaves the average out of the weights; give a share above 0, such as 0.9",
        ),
        (
            "schedule_free_adamw beta1=0",
            "schedule_free_adamw: beta1=0 leaves the average out of the weights; give a share above 0, such as 0.9",
        ),
        ("lbfgs max_iter=2.5", "lbfgs: max_iter=2.5 is not a whole number"),
        (
            "lbfgs line_search=wolfe",
            "lbfgs: line_search=wolfe is not allowed: line_search is one of strong_wolfe, none",
        ),
        (
            "shampoo precondition_every=0.5",
            "shampoo: precondition_every=0.5 is not allowed: precondition_every is a finite number, 1 or more",
        ),
        ("soap max_dim=1.5", "soap: max_dim=1.5 is not a whole number"),
        ("scion ns_steps=2.5", "scion: ns_steps=2.5 is not a whole number"),
        ("momo lower_bound=nan", "momo: lower_bound=NaN is not allowed: lower_bound is a finite number"),
        ("prodigy d0=0", "prodigy: d0=0 can never grow; give a small one, such as 1e-6"),
        ("dadapt_sgd d0=0", "dadapt_sgd: d0=0 can never grow; give a small one, such as 1e-6"),
        ("dadapt_adam d0=0", "dadapt_adam: d0=0 can never grow; give a small one, such as 1e-6"),
        ("adam lr", "`lr` is not understood: settings are written name=value"),
        ("adam lr=fast", "adam: lr=fast is not allowed: lr is a finite number, 0 or more"),
        ("adam betta1=0.9", "there is no hyperparameter of adam `betta1`; did you mean `beta1`?"),
        ("admw", "there is no optimizer `admw`; did you mean `adamw`?"),
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
        assert!(error.to_string().starts_with("this state does not fit: "), "{error}");
        assert_eq!(adam.state_dict(), before);
    }
    let scalars = vec![("mu_product".to_string(), 1.0)];
    assert!(adam.load_state_dict(StateDict { scalars, ..before.clone() }).is_err());
    assert_eq!(adam.state_dict(), before);
}

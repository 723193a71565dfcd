//! A schedule, a wrapper and a way of clipping that examples declare outside of the crate have everything that
//! built-in ones have, and from the same code.

use optim::hyper::Time;
use optim::{DynClip, DynSchedule, DynWrapper, LrSchedule, Optimizer, OptimizerSpec, StateDict};

#[path = "../examples/own_clip.rs"]
mod own_clip;
#[path = "../examples/own_schedule.rs"]
mod own_schedule;
#[path = "../examples/own_wrapper.rs"]
mod own_wrapper;

use own_clip::Soft;
use own_schedule::Knee;
use own_wrapper::CalmSteps;

#[test]
fn the_examples_arrive() {
    own_schedule::main();
    own_wrapper::main();
    own_clip::main();
}

#[test]
fn a_schedule_has_warm_up_product_and_spelling_and_needs_its_total() {
    let knee: Box<dyn DynSchedule> = Box::new(Knee::default());
    let schedule = LrSchedule::from_boxed(knee.boxed());
    let factors = [0, 49, 50, 75, 100].map(|step| schedule.factor(step, 100));
    assert_eq!(factors, [1.0, 1.0, 1.0, 0.5, 0.0]);
    let warm = schedule.clone().with_warmup("10%".parse::<Time>().unwrap());
    assert!(warm.factor(4, 100) < 1.0 && warm.factor(20, 100) == 1.0);
    let product = schedule.times(LrSchedule::new(Knee { floor: 0.5, ..Knee::default() })).unwrap();
    assert_eq!(product.factor(75, 100), 0.5 * 0.75);

    let mut settings = knee;
    settings.set_text("explore", "30%").unwrap();
    assert_eq!(settings.to_string(), "knee explore=30%");
    let message = settings.set_text("flor", "1").unwrap_err().to_string();
    assert_eq!(message, "unknown hyperparameter of knee `flor`; did you mean `floor`?");

    let mut spec: OptimizerSpec = "sgd lr=1".parse().unwrap();
    spec.schedule = LrSchedule::new(Knee::default());
    assert_eq!(spec.to_string(), "sgd lr=1, knee");
    let mut without_total = Optimizer::of_slice(spec, 1).unwrap();
    let step = std::panic::AssertUnwindSafe(|| without_total.step(&mut [1.0], &[1.0]));
    assert!(std::panic::catch_unwind(step).is_err(), "the total is not known");
}

#[test]
fn a_wrapper_has_a_spelling_refusals_and_state_that_goes_on() {
    let fresh = || {
        let mut spec: OptimizerSpec = "adam lr=0.1".parse().unwrap();
        spec.wrappers.push(Box::new(CalmSteps { factor: 2.0, ..CalmSteps::default() }));
        Optimizer::of_slice(spec, 3).unwrap()
    };
    // Every fourth gradient is an outlier.
    let gradients = |step: u64| [0.5_f32, -1.0, 0.25].map(|g| if step % 4 == 3 { 100.0 * g } else { g });
    let (mut whole, mut w) = (fresh(), [1.0, 2.0, 3.0]);
    let mut saved = None;
    for step in 0..12 {
        whole.step(&mut w, &gradients(step));
        if step == 5 {
            saved = Some((whole.state_dict().to_safetensors(), w));
        }
    }
    assert_eq!(whole.steps(), 9);
    let (file, mut v) = saved.unwrap();
    let state = StateDict::from_safetensors(&file).unwrap();
    assert_eq!(state.recipe, "calm_steps(adam lr=0.1) factor=2");
    let mut rest = fresh();
    rest.load_state_dict(state).unwrap();
    (6..12).for_each(|step| rest.step(&mut v, &gradients(step)));
    assert_eq!((v, rest.state_dict()), (w, whole.state_dict()));

    let mut wrapper: Box<dyn DynWrapper> = Box::new(CalmSteps::default());
    let message = wrapper.set_text("factor", "0.5").unwrap_err().to_string();
    assert_eq!(message, "calm_steps: expected factor to be a finite number, 1 or more, found 0.5");
}

#[test]
fn a_way_of_clipping_has_a_limit_and_a_place_in_recipes() {
    let mut soft: Box<dyn DynClip> = Box::new(Soft::default());
    soft.set_limit("0.5").unwrap();
    assert_eq!(soft.to_string(), "clip_soft=0.5");
    let message = soft.set_limit("0").unwrap_err().to_string();
    assert!(message.contains("clip_soft") && message.contains("found 0"), "{message}");

    let mut spec: OptimizerSpec = "sgd lr=1".parse().unwrap();
    spec.clip = Some(soft);
    assert_eq!(spec.to_string(), "sgd lr=1, clip_soft=0.5");
    let mut w = [0.0, 0.0];
    Optimizer::of_slice(spec, 2).unwrap().step(&mut w, &[0.001, -1000.0]);
    assert!((w[0] + 0.001).abs() < 1e-6 && (w[1] - 0.5).abs() < 1e-6, "{w:?}");
}

//! Recipes that a page computes by itself, as the numbers by which its kernels know them.

use optim::clips::Norm;
use optim::hyper::Value;
use optim::{DynClip, LrSchedule, OptimizerSpec};
use report::browser::Kernel;

/// The recipe for the kernels of pages; `None` if they lack its rule or one of its parts: wrappers, schedules, groups.
///
/// ```
/// let kernel = |recipe: &str| lessons::browser::kernel(&recipe.parse().unwrap());
/// assert_eq!(kernel("adam lr=0.1, clip=1").unwrap().recipe, "adam lr={}, clip=1");
/// assert_eq!(kernel("sam(adam)"), None);
/// ```
pub fn kernel(spec: &OptimizerSpec) -> Option<Kernel> {
    let OptimizerSpec { rule, clip, .. } = spec;
    let is_bare = *spec == OptimizerSpec { clip: clip.clone(), ..OptimizerSpec::new(rule.clone()) };
    let max_norm = match clip {
        None => None,
        Some(clip) => Some(norm(&**clip)?),
    };
    let found = wasm::rules::by_name(rule.info().name).filter(|_| is_bare)?;
    let values = rule.hypers().into_iter().map(|hyper| Some((hyper.name, number(rule.get(hyper.name)?)?)));
    let settings = found.settings_of(&values.collect::<Option<Vec<_>>>()?)?;
    Some(Kernel {
        rule: wasm::rules::ALL.iter().position(|known| known.name == found.name)?,
        settings: settings.to_vec(),
        max_norm,
        recipe: without_rate(spec)?,
        arrays: found.arrays(&settings).iter().map(ToString::to_string).collect(),
        factors: vec![],
    })
}

/// The same for a run of this number of steps, whose learning rate may have a schedule.
///
/// ```
/// let spec = "sgd lr=0.1, linear".parse().unwrap();
/// let kernel = lessons::browser::kernel_over(&spec, 4).unwrap();
/// assert_eq!(kernel.factors, [1.0, 0.75, 0.5, 0.25]);
/// ```
pub fn kernel_over(spec: &OptimizerSpec, steps: u64) -> Option<Kernel> {
    let constant = OptimizerSpec { schedule: LrSchedule::default(), ..spec.clone() };
    if constant.schedule == spec.schedule || spec.schedule.has_epochs() {
        return kernel(spec);
    }
    let factors = (0..steps).map(|step| spec.schedule.factor(step, steps)).collect();
    Some(Kernel { factors, recipe: without_rate(spec)?, ..kernel(&constant)? })
}

/// Recipes of a page for which none is named, at rates that train this network.
pub const RECIPES: [&str; 8] = [
    "sgd lr=0.1",
    "sgd lr=0.02 momentum=0.9",
    "sgd lr=0.02 momentum=0.9 nesterov=true",
    "adagrad lr=0.02",
    "rmsprop lr=0.001",
    "adam lr=0.001",
    "adamw lr=0.001",
    "lion lr=0.0002",
];

/// Names of the rules that pages compute.
pub fn rules() -> Vec<&'static str> {
    wasm::rules::ALL.iter().map(|rule| rule.name).collect()
}

/// Maximum norm of all gradients together; `None` for another clipping.
fn norm(clip: &(dyn DynClip + 'static)) -> Option<f64> {
    let max_norm = number(clip.limit())?;
    let norm: &(dyn DynClip + 'static) = &Norm { max_norm };
    (norm == clip).then_some(max_norm)
}

fn number(value: Value) -> Option<f64> {
    match value {
        Value::Number(x) => Some(x),
        Value::Flag(flag) => Some(f64::from(u8::from(flag))),
        _ => None,
    }
}

/// The recipe with `{}` in place of its rate.
fn without_rate(spec: &OptimizerSpec) -> Option<String> {
    /// A rate that no recipe has.
    const RATE: f64 = 0.123_456_789_123;
    let mut spec = spec.clone();
    spec.rule.set("lr", Value::Number(RATE)).ok()?;
    Some(spec.to_string().replace(&format!("lr={RATE}"), "lr={}"))
}

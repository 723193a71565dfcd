//! The space in which each hyperparameter of a recipe is searched for, from its declaration.

use optim::hyper::{Hyper, Value as Setting};
use train::Recipe;

use super::domain::{Domain, Scale};
use super::sampler::Point;
use super::space::{Dimension, Space};

/// Decades of a learning rate on either side of its default.
const LR_DECADES: i32 = 2;
/// Decades of 1 − β on either side of its default.
const BETA_DECADES: i32 = 1;
/// The upper end of a momentum that is off by default.
const MOMENTUM_UP_TO: f64 = 0.99;
/// The interval of a weight decay that is off by default.
const WEIGHT_DECAY: (f64, f64) = (1e-6, 0.1);
/// Decades of a weight decay on either side of its default, up to 1.
const WEIGHT_DECAY_DECADES: i32 = 2;

/// The declared space of a recipe: its rule's hyperparameters, and those of its wrappers that state an interval.
///
/// | hyperparameter | interval | scale |
/// |---|---|---|
/// | one whose declaration has `search "…"` | that | that |
/// | `lr` | its default/100 to its default·100 | `log` |
/// | `momentum`, `beta…`, below 1 by default | 1 − β from a tenth to ten times its default's | `one_minus_log` |
/// | the same, 0 by default | 0 to .99 | `one_minus_log` |
/// | `weight_decay` | its default/100 to its default·100, at most 1, and 0 | `log_or_zero` |
/// | the same, 0 by default | 1e-6 to .1, and 0 | `log_or_zero` |
/// | others, such as `eps` | not searched | |
///
/// The default is that of the declaration, whatever the recipe sets, so that a lucky recipe has no smaller space.
///
/// ```
/// let space = |recipe: &str| lab::search::declared(&recipe.parse().unwrap()).to_string();
/// assert_eq!(
///     space("adamw lr=0.3"),
///     "lr=0.00001..0.1 log, beta1=0..0.99 one_minus_log, beta2=0.99..0.9999 one_minus_log, \
///      weight_decay=0.0001..1 log_or_zero"
/// );
/// assert!(space("prodigy").starts_with("lr=0.1..10 log"), "its rate is a factor near 1");
/// ```
pub fn declared(recipe: &Recipe) -> Space {
    let rule = recipe.rule().hypers();
    let stated = recipe.spec.wrappers.iter().flat_map(|wrapper| wrapper.hypers());
    let mut space = Space::default();
    for hyper in rule.into_iter().chain(stated.filter(|hyper| hyper.search.is_some())) {
        if space.get(hyper.name).is_none() {
            space.dimensions.extend(dimension(&hyper));
        }
    }
    space
}

/// The recipe with the settings of a point. A name is the rule's, or else that of the outermost wrapper that has it.
///
/// # Errors
/// If a name is unknown or a value is out of range.
pub fn at_point(recipe: &Recipe, point: &Point) -> Result<Recipe, optim::Error> {
    let mut recipe = recipe.clone();
    for (name, value) in &point.settings {
        let text = value.to_string();
        let spec = &mut recipe.spec;
        let wrapper = spec.wrappers.iter_mut().find(|wrapper| has(&wrapper.hypers(), name));
        match wrapper.filter(|_| !has(&spec.rule.hypers(), name)) {
            Some(wrapper) => wrapper.set_text(name, &text)?,
            None => spec.rule.set_text(name, &text)?,
        }
    }
    Ok(recipe)
}

/// The numbers that a hyperparameter of a recipe may have, from its declaration; all numbers for an unknown one.
pub fn limits(recipe: &Recipe, name: &str) -> (f64, f64) {
    let found = hypers(recipe).into_iter().find(|hyper| hyper.name == name);
    let range = found.and_then(|hyper| hyper.range);
    range.map_or((f64::NEG_INFINITY, f64::INFINITY), |range| range.ends())
}

/// The hyperparameters of a recipe's rule, then those of its wrappers.
pub(crate) fn hypers(recipe: &Recipe) -> Vec<Hyper> {
    let wrappers = recipe.spec.wrappers.iter().flat_map(|wrapper| wrapper.hypers());
    recipe.rule().hypers().into_iter().chain(wrappers).collect()
}

fn has(hypers: &[Hyper], name: &str) -> bool {
    hypers.iter().any(|hyper| hyper.name == name)
}

fn dimension(hyper: &Hyper) -> Option<Dimension> {
    let name = hyper.name;
    if let Some(text) = hyper.search {
        let stated: Result<Dimension, _> = format!("{name}={text}").parse();
        return Some(stated.unwrap_or_else(|error| panic!("the declared space of `{name}`: {error}")));
    }
    let Setting::Number(default) = hyper.default else { return None };
    let (low, high, scale) = match name {
        "lr" => (default * decades(-LR_DECADES), default * decades(LR_DECADES), Scale::Log),
        "momentum" if default == 0.0 => (0.0, MOMENTUM_UP_TO, Scale::OneMinusLog),
        _ if (name == "momentum" || name.starts_with("beta")) && (0.0..1.0).contains(&default) => {
            let rest = 1.0 - default;
            let low = 1.0 - (rest * decades(BETA_DECADES)).min(1.0);
            (low, 1.0 - rest * decades(-BETA_DECADES), Scale::OneMinusLog)
        }
        "weight_decay" if default == 0.0 => (WEIGHT_DECAY.0, WEIGHT_DECAY.1, Scale::LogOrZero),
        "weight_decay" => {
            let [low, high] = [-WEIGHT_DECAY_DECADES, WEIGHT_DECAY_DECADES].map(|d| default * decades(d));
            (low, high.min(1.0), Scale::LogOrZero)
        }
        _ => return None,
    };
    // Without the digits that arithmetic invents.
    let [low, high] = [low, high].map(|x| format!("{x:.12}").parse().expect("a number is printed as one"));
    scale
        .accepts(low, high)
        .then(|| Dimension { name: name.to_string(), domain: Domain::Interval { low, high, scale } })
}

fn decades(count: i32) -> f64 {
    10.0_f64.powi(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Sampler;

    #[test]
    fn every_declared_space_is_in_range_and_holds_its_trials() {
        for rule in optim::rules::all() {
            let recipe = Recipe::new(rule);
            let space = declared(&recipe);
            assert_eq!(space.to_string().parse::<Space>(), Ok(space.clone()), "{}", recipe.name());
            let has_lr = recipe.rule().hypers().iter().any(|hyper| hyper.name == "lr");
            assert_eq!(space.get("lr").is_some(), has_lr, "{}", recipe.name());
            for sampler in [Sampler::Sobol, Sampler::Grid { levels: 2 }] {
                for index in 0..2 {
                    let point = sampler.trial(&space, 0, index);
                    let changed = at_point(&recipe, &point).expect("a value in its range");
                    for (name, value) in &point.settings {
                        let set = changed.rule().get(name).expect("a declared name").to_string();
                        let [set, drawn]: [f64; 2] =
                            [&set, &value.to_string()].map(|text| text.parse().expect("a number"));
                        assert_eq!(set, drawn, "{} {name}", recipe.name());
                    }
                }
            }
        }
    }

    #[test]
    fn a_wrapper_brings_what_it_states_and_the_rule_keeps_its_names() {
        let recipe: Recipe = "sam(sgd)".parse().expect("a recipe");
        let space = declared(&recipe).to_string();
        assert!(space.ends_with("rho=0.005..0.5 log"), "{space}");
        let point = Sampler::Sobol.trial(&declared(&recipe), 3, 1);
        let changed = at_point(&recipe, &point).expect("in range").to_string();
        assert!(changed.contains("rho="), "{changed}");
        assert_eq!(limits(&recipe, "weight_decay"), (0.0, f64::INFINITY));
    }
}

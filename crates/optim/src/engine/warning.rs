//! Settings of a recipe that are allowed and leave weights untrained.

use tensor::{Layout, Role};

use crate::engine::Optimizer;
use crate::hyper::Value;
use crate::recipe::OptimizerSpec;
use crate::rule::{DynRule, DynWrapper, LR};
use crate::schedule::Warning;

impl OptimizerSpec {
    /// Settings that are allowed and leave weights untrained in a run of `total` updates, of which an epoch has
    /// `steps_per_epoch`.
    ///
    /// ```
    /// let spec: optim::OptimizerSpec = "adam eps=0, cosine".parse()?;
    /// assert_eq!(
    ///     spec.warnings(100, 10)[0].to_string(),
    ///     "adam: with eps=0, 0 is divided by 0 where a gradient is 0, and the weight is NaN"
    /// );
    /// # Ok::<(), optim::Error>(())
    /// ```
    pub fn warnings(&self, total: u64, steps_per_epoch: u64) -> Vec<Warning> {
        let mut warnings: Vec<Warning> = self.schedule.warning(total, steps_per_epoch).into_iter().collect();
        let rules: Vec<Box<dyn DynRule>> = self.rules().into_iter().flatten().collect();
        // One group with a rate of 0 is frozen on purpose, and the rule inside of another has its own rate.
        let is_frozen = rules.iter().all(|rule| {
            rule.get(LR) == Some(Value::Number(0.0))
                && ![Role::Matrix, Role::Bias].iter().any(|&role| moves(&**rule, role))
        });
        if is_frozen && !self.hyper_schedules.iter().any(|(name, _)| name == LR) {
            warnings.extend(rules.first().map(|rule| Warning::ZeroRate { of: rule.info().name.to_string() }));
        }
        let still = self.wrappers.iter().find(|wrapper| {
            let gathers = total == 0 && wrapper.calls_per_update() > 1;
            gathers || total > 0 && wrapper.updates_before_moving().is_none_or(|updates| updates > total)
        });
        warnings.extend(still.map(|wrapper| Warning::StaysAtStart { wrapper: spelled(&**wrapper) }));
        warnings.extend(self.average_that_never_begins(total, steps_per_epoch));
        for rule in rules {
            // In f32, 1e-50 is 0 as well.
            let zeros =
                rule.hypers().into_iter().filter_map(|hyper| match (rule.get(hyper.name), hyper.default) {
                    (Some(Value::Number(x)), Value::Number(usual)) if 0.0 <= x && x < usual => {
                        Some((hyper, x))
                    }
                    _ => None,
                });
            if stays_finite_without_gradient(&*rule) {
                continue;
            }
            for (hyper, value) in zeros {
                let mut other = rule.clone();
                if other.set(hyper.name, hyper.default).is_ok() && stays_finite_without_gradient(&*other) {
                    let (of, setting) =
                        (rule.info().name.to_string(), format!("{}={}", hyper.name, Value::Number(value)));
                    let warning = Warning::ZeroByZero { of, setting };
                    if !warnings.contains(&warning) {
                        warnings.push(warning);
                    }
                }
            }
        }
        warnings
    }

    fn average_that_never_begins(&self, total: u64, steps_per_epoch: u64) -> Option<Warning> {
        let in_steps = self.in_steps(steps_per_epoch.max(1)).wrappers;
        let never = |wrapper: &dyn DynWrapper| wrapper.updates_before_average(total) > total as f64;
        let at = in_steps.iter().position(|wrapper| wrapper.eval_weights().is_some() && never(&**wrapper))?;
        Some(Warning::NoAverage { wrapper: spelled(&*self.wrappers[at]), total })
    }
}

/// Name of a wrapper, with the settings that are not the default.
fn spelled(wrapper: &dyn DynWrapper) -> String {
    let changed = wrapper.hypers().into_iter().filter_map(|hyper| {
        let value = wrapper.get(hyper.name)?;
        (value != hyper.default).then(|| format!(" {}={value}", hyper.name))
    });
    wrapper.info().name.to_string() + &changed.collect::<String>()
}

/// True if a gradient moves a parameter of this role: tried, on a small one.
fn moves(rule: &dyn DynRule, role: Role) -> bool {
    let mut layout = Layout::new();
    layout.push("weights", [2, 2], role);
    let Ok(mut optimizer) = Optimizer::of(OptimizerSpec::new(rule.boxed()), layout) else { return false };
    let start = [0.5, -0.25, 0.125, 1.0];
    let mut weights = start;
    optimizer.step_on(&mut weights, &mut |_, gradient| {
        gradient.copy_from_slice(&[1.0, -1.0, 0.5, 2.0]);
        1.0
    });
    weights != start
}

/// True if weights are numbers after some steps with gradients of 0: tried, on four of them.
fn stays_finite_without_gradient(rule: &dyn DynRule) -> bool {
    let mut weights = [0.5, -0.25, 0.0, 1.0];
    let Ok(mut optimizer) = Optimizer::from_boxed(rule.boxed(), weights.len()) else { return true };
    for _ in 0..3 {
        optimizer.step_on(&mut weights, &mut |_, gradient| {
            gradient.fill(0.0);
            1.0
        });
    }
    weights.iter().all(|w| w.is_finite())
}

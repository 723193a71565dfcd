//! Settings of a recipe that are allowed and leave weights untrained.

use crate::engine::Optimizer;
use crate::hyper::Value;
use crate::recipe::OptimizerSpec;
use crate::rule::{DynRule, LR};
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
        // One group with a rate of 0 is frozen on purpose.
        let is_frozen = rules.iter().all(|rule| rule.get(LR) == Some(Value::Number(0.0)));
        if is_frozen && !self.hyper_schedules.iter().any(|(name, _)| name == LR) {
            warnings.extend(rules.first().map(|rule| Warning::ZeroRate { of: rule.info().name.to_string() }));
        }
        for rule in rules {
            let zeros = rule.hypers().into_iter().filter(|hyper| {
                rule.get(hyper.name) == Some(Value::Number(0.0)) && hyper.default != Value::Number(0.0)
            });
            if stays_finite_without_gradient(&*rule) {
                continue;
            }
            for hyper in zeros {
                let mut other = rule.clone();
                if other.set(hyper.name, hyper.default).is_ok() && stays_finite_without_gradient(&*other) {
                    let (of, setting) = (rule.info().name.to_string(), format!("{}=0", hyper.name));
                    let warning = Warning::ZeroByZero { of, setting };
                    if !warnings.contains(&warning) {
                        warnings.push(warning);
                    }
                }
            }
        }
        warnings
    }
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

//! Recipe of an optimizer as plain data.

use tensor::{ParamInfo, Role};

use crate::clip::DynClip;
use crate::error::Error;
use crate::hyper::{Hyperparameters, Time, Value, times_of};
use crate::rule::{Changes, DynRule, DynWrapper, LR, Requires, Tier};
use crate::schedule::{DynSchedule, LrSchedule, PlateauSettings};

/// Recipe of an optimizer: an update rule with wrappers, schedules, clipping and parameter groups. An
/// [`Optimizer`](crate::Optimizer) is a recipe with its state.
///
/// A recipe has one spelling, which is parsed and printed: the rule inside of its wrappers, then the other
/// parts in any order, separated by commas.
///
/// | part | meaning |
/// |---|---|
/// | `sam(adamw lr=1e-3) rho=0.05` | the rule, inside of wrappers |
/// | `cosine warmup=5%` | the [`LrSchedule`] of the learning rate |
/// | `plateau patience=3` | a factor, on top of the schedule, that falls when the loss does not |
/// | `beta1: linear 0.85..0.95` | the schedule of a hyperparameter from one value to another |
/// | `weight_decay: cosine` | the schedule of a hyperparameter by a factor, as of the learning rate |
/// | `clip=1` | clipping of gradients: also `clip_value=`, `clip_tensor=`, `agc=` |
/// | `no_decay=bias,norm` | parameters without weight decay, by role or name |
/// | `embedding: sgd lr=0.1` | a parameter group, by role or name, with another rule |
/// | `fc1.*: lr=1e-4` | or with other settings of the same rule |
/// | `maximize` | ascent instead of descent |
///
/// A parameter name has a `*`, which matches any text, or a `.`, or is put in quotes: `"w"`. Every part
/// occurs at most once. An error has its place in the text, the nearest name and the list of all names:
///
/// ```
/// let error = "sam(adamw) rho=0.05, cosin warmup=5%".parse::<optim::OptimizerSpec>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown schedule or other part `cosin`; did you mean `cosine`?
///   sam(adamw) rho=0.05, cosin warmup=5%
///                        ^^^^^"
/// );
/// assert!(error.hint().unwrap().starts_with("expected one of: constant, linear, step,"));
/// ```
#[derive(Debug, Clone)]
pub struct OptimizerSpec {
    /// Rule of all parameters outside of the groups.
    pub rule: Box<dyn DynRule>,
    /// Wrappers around it, the outermost first.
    pub wrappers: Vec<Box<dyn DynWrapper>>,
    /// Schedule of every learning rate.
    pub schedule: LrSchedule,
    /// Factor on top of the schedule that falls when the loss does not.
    pub plateau: Option<PlateauSettings>,
    /// Schedules of other hyperparameters, by name.
    pub hyper_schedules: Vec<(String, HyperSchedule)>,
    /// Gradient clipping.
    pub clip: Option<Box<dyn DynClip>>,
    /// Parameters without weight decay.
    pub no_decay: Vec<Selector>,
    /// Parameters with other settings or another rule; the first group that matches counts.
    pub groups: Vec<Group>,
    /// Ascent instead of descent.
    pub maximize: bool,
}

/// Schedule of a hyperparameter.
#[derive(Debug, Clone)]
pub enum HyperSchedule {
    /// Factor of the declared value, as for the learning rate.
    Factor(LrSchedule),
    /// From one value to another, by [`crate::Schedule::interpolation`].
    Between(Box<dyn DynSchedule>, f64, f64),
}

/// Parameter group.
#[derive(Debug, Clone)]
pub struct Group {
    /// Parameters of the group.
    pub selector: Selector,
    /// Their settings or their rule.
    pub rule: GroupRule,
}

/// Difference of a group from the other parameters.
#[derive(Debug, Clone)]
pub enum GroupRule {
    /// Other settings of the recipe's rule.
    Settings(Vec<(String, Value)>),
    /// Another rule.
    Rule(Box<dyn DynRule>),
}

/// Selection of parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Selector {
    /// All with this role.
    Role(Role),
    /// All whose name matches a pattern, in which `*` is any text: `fc1.*`.
    Name(String),
}

/// Name and copy of a rule or a wrapper.
type Owner = (&'static str, Box<dyn Hyperparameters>);

/// Parameters that one rule updates.
pub(crate) struct GroupSpec {
    /// Prefix in a state dict.
    pub(crate) label: String,
    pub(crate) rule: Box<dyn DynRule>,
    /// Hyperparameters set by the group, which keep that value under a schedule from one value to another.
    pub(crate) overrides: Vec<String>,
    /// Places in the layout.
    pub(crate) members: Vec<usize>,
}

impl OptimizerSpec {
    /// Maximum nesting depth of wrappers.
    pub const MAX_WRAPPERS: usize = 16;

    /// A rule without anything else.
    pub fn new(rule: Box<dyn DynRule>) -> OptimizerSpec {
        OptimizerSpec {
            rule,
            wrappers: vec![],
            schedule: LrSchedule::default(),
            plateau: None,
            hyper_schedules: vec![],
            clip: None,
            no_decay: vec![],
            groups: vec![],
            maximize: false,
        }
    }

    /// Inputs of a step.
    pub fn requires(&self) -> Requires {
        let wrappers = self.wrappers.iter().map(|wrapper| wrapper.requires());
        let groups = self.groups.iter().filter_map(|group| match &group.rule {
            GroupRule::Rule(rule) => Some(rule.requires()),
            GroupRule::Settings(_) => None,
        });
        wrappers.chain(groups).chain([self.rule.requires()]).max().expect("at least the rule's own")
    }

    /// Number of updates from a number of batches; incomplete accumulations make none.
    pub fn updates(&self, batches: u64) -> u64 {
        self.wrappers.iter().fold(batches, |batches, wrapper| batches / wrapper.calls_per_update())
    }

    /// Tells whether a schedule, or a length of a wrapper such as `start=75%`, depends on the total number of
    /// updates.
    pub fn depends_on_total(&self) -> bool {
        self.schedule.depends_on_total()
            || self.hyper_schedules.iter().any(|(_, schedule)| schedule.depends_on_total())
            || self.wrappers.iter().any(|wrapper| times_of(&**wrapper).iter().any(Time::is_fraction))
    }

    /// Tells whether a length is in epochs.
    pub fn has_epochs(&self) -> bool {
        self.schedule.has_epochs()
            || self.hyper_schedules.iter().any(|(_, schedule)| schedule.has_epochs())
            || self.wrappers.iter().any(|wrapper| times_of(&**wrapper).iter().any(Time::is_in_epochs))
    }

    /// Converts lengths in epochs to updates.
    #[must_use]
    pub fn in_steps(&self, steps_per_epoch: u64) -> OptimizerSpec {
        let mut spec = self.clone();
        spec.schedule = spec.schedule.in_steps(steps_per_epoch);
        for (_, schedule) in &mut spec.hyper_schedules {
            *schedule = schedule.in_steps(steps_per_epoch);
        }
        for wrapper in &mut spec.wrappers {
            (&mut **wrapper as &mut dyn Hyperparameters).set_in_steps(steps_per_epoch);
        }
        spec
    }

    /// Checks that an optimizer can be built from it.
    ///
    /// # Errors
    /// If a setting is out of range, or some do not go together.
    pub fn validate(&self) -> Result<(), Error> {
        let rules = self.rules()?;
        rules.iter().try_for_each(|rule| rule.validate())?;
        self.wrappers.iter().try_for_each(|wrapper| wrapper.validate())?;
        if let Some(settings) = &self.plateau {
            (settings as &dyn Hyperparameters).validate(PlateauSettings::INFO.name)?;
        }
        if let Some(clip) = &self.clip {
            clip.validate()?;
        }
        self.validate_nesting(&rules)?;
        self.validate_closure(&rules)?;
        self.validate_no_decay(&rules)?;
        self.validate_spelling()?;
        self.hyper_schedules.iter().try_for_each(|(name, _)| self.validate_hyper_schedule(name))
    }

    /// Checks that every wrapper goes with those inside of it.
    fn validate_nesting(&self, rules: &[Box<dyn DynRule>]) -> Result<(), Error> {
        let average = rules.iter().find(|rule| rule.eval_weights().is_some()).map(|rule| rule.info().name);
        let (mut average, mut closure) = (average, None);
        for wrapper in self.wrappers.iter().rev() {
            let name = wrapper.info().name;
            if let (Changes::Weights, Some(average)) = (wrapper.changes(), average) {
                let why = format!(
                    "conflicts with `{average}` inside of it, which averages weights that it changes after \
                     each step; put it inside of `{average}`, or remove it"
                );
                return Err(Error::conflict(name, why));
            }
            if let (true, Some(closure)) = (wrapper.calls_per_update() > 1, closure) {
                let why = format!(
                    "conflicts with `{closure}` inside of it, which evaluates gradients on one batch instead \
                     of several; put it inside of `{closure}`"
                );
                return Err(Error::conflict(name, why));
            }
            average = average.or(wrapper.eval_weights().map(|_| name));
            closure = closure.or((wrapper.requires() == Requires::Closure).then_some(name));
        }
        Ok(())
    }

    /// A rule that requires a closure evaluates it on all weights, and gets the gradients unchanged.
    fn validate_closure(&self, rules: &[Box<dyn DynRule>]) -> Result<(), Error> {
        let Some(rule) = rules.iter().find(|rule| rule.requires() == Requires::Closure) else {
            return Ok(());
        };
        let changing = self.wrappers.iter().find(|wrapper| wrapper.changes() != Changes::Nothing);
        let conflicts = [
            (!self.groups.is_empty()).then_some("a group"),
            (!self.no_decay.is_empty()).then_some("no_decay"),
            self.clip.as_ref().map(|clip| clip.info().name),
            changing.map(|wrapper| wrapper.info().name),
        ];
        conflicts.into_iter().flatten().next().map_or(Ok(()), |other| {
            let why = format!(
                "conflicts with {other}, which would not apply to the gradients that it evaluates itself; \
                 remove {other}"
            );
            Err(Error::conflict(rule.info().name, why))
        })
    }

    pub(crate) fn validate_no_decay(&self, rules: &[Box<dyn DynRule>]) -> Result<(), Error> {
        if self.no_decay.is_empty() {
            return Ok(());
        }
        let mut decaying = rules.iter().filter(|rule| rule.get(DECAY).is_some()).peekable();
        if decaying.peek().is_none() {
            let why = format!("no_decay requires a hyperparameter {DECAY}; remove no_decay");
            return Err(Error::conflict(self.rule.info().name, why));
        }
        decaying.find(|rule| rule.tier() == Tier::Vector).map_or(Ok(()), |rule| {
            let why = format!(
                "conflicts with no_decay, which would split the weights on which it measures one number; \
                 remove no_decay, or use a group, as in `bias: {DECAY}=0`"
            );
            Err(Error::conflict(rule.info().name, why))
        })
    }

    /// Checks that the recipe can be spelled.
    fn validate_spelling(&self) -> Result<(), Error> {
        if self.wrappers.len() > OptimizerSpec::MAX_WRAPPERS {
            return Err(Error::recipe(format!(
                "expected at most {} nested wrappers, found {}",
                OptimizerSpec::MAX_WRAPPERS,
                self.wrappers.len()
            )));
        }
        let duplicate = |name: &dyn std::fmt::Display| Err(Error::recipe(format!("duplicate `{name}`")));
        for (i, of) in self.no_decay.iter().enumerate() {
            if self.no_decay[..i].contains(of) {
                return duplicate(of);
            }
        }
        for (i, group) in self.groups.iter().enumerate() {
            if self.groups[..i].iter().any(|other| other.selector == group.selector) {
                return duplicate(&group.selector);
            }
            let GroupRule::Settings(settings) = &group.rule else { continue };
            if settings.is_empty() {
                return Err(Error::recipe(format!(
                    "expected settings or a rule for the group `{}`",
                    group.selector
                )));
            }
            for (i, (name, _)) in settings.iter().enumerate() {
                if settings[..i].iter().any(|(other, _)| other == name) {
                    return duplicate(name);
                }
            }
        }
        for (i, (name, _)) in self.hyper_schedules.iter().enumerate() {
            if self.hyper_schedules[..i].iter().any(|(other, _)| other == name) {
                return duplicate(name);
            }
        }
        for of in self.groups.iter().map(|group| &group.selector).chain(&self.no_decay) {
            if matches!(of, Selector::Name(name) if name.is_empty() || name.contains('"')) {
                return Err(Error::recipe(format!("invalid parameter name {of}")));
            }
        }
        Ok(())
    }

    /// Checks the schedule of a hyperparameter.
    pub(crate) fn validate_hyper_schedule(&self, name: &str) -> Result<(), Error> {
        let (_, schedule) =
            self.hyper_schedules.iter().find(|(other, _)| other == name).expect("it has a schedule");
        let Some((of, owner)) = self.owners(name)?.into_iter().next() else {
            let mut known: Vec<&'static str> = self.rule.hypers().iter().map(|h| h.name).collect();
            known.extend(self.wrappers.iter().flat_map(|wrapper| wrapper.hypers()).map(|hyper| hyper.name));
            return Err(Error::unknown(format!("hyperparameter of {}", self.rule.info().name), name, known));
        };
        let hyper = owner.hypers().into_iter().find(|hyper| hyper.name == name).expect("its owner has it");
        if name == LR {
            return Err(Error::conflict(
                of,
                format!("expected the schedule of the learning rate without `{LR}:`"),
            ));
        }
        let (Value::Number(_), Some(range)) = (hyper.default, &hyper.range) else {
            return Err(Error::conflict(
                of,
                format!("expected a schedule of a number, but {name} is {}", hyper.kind),
            ));
        };
        if self.is_whole(name)? {
            return Err(Error::conflict(
                of,
                format!("expected a schedule of a real number, but {name} is a whole number"),
            ));
        }
        match schedule {
            HyperSchedule::Factor(_) if range.is_bounded() => {
                let why = format!(
                    "expected two values for {name}, which has an upper bound, as in `{name}: linear 0.5..0.9`"
                );
                Err(Error::conflict(of, why))
            }
            HyperSchedule::Factor(_) => Ok(()),
            HyperSchedule::Between(schedule, from, to) => {
                let mut copy = owner;
                for value in [from, to] {
                    copy.set(of, name, Value::Number(*value))?;
                }
                let mut schedule = schedule.clone();
                (&mut *schedule as &mut dyn Hyperparameters).set_in_steps(100);
                if !schedule.interpolation(500.0, 1000.0).is_finite() {
                    let why = "expected a schedule that ends at another factor than it starts with";
                    return Err(Error::conflict(schedule.info().name, why));
                }
                self.keeps_state(of, name, [*from, *to])
            }
        }
    }

    /// Refuses two values of a hyperparameter at which a rule has different state.
    fn keeps_state(&self, of: &str, name: &str, [from, to]: [f64; 2]) -> Result<(), Error> {
        for mut rule in self.rules()? {
            let before = rule.state();
            if rule.get(name).is_some() && rule.set(name, Value::Number(to)).is_ok() && rule.state() != before
            {
                let why = format!("expected the same state at {name}={from} and {name}={to}; start above 0");
                return Err(Error::conflict(of, why));
            }
        }
        Ok(())
    }

    /// Tells whether a hyperparameter is a whole number: 2 is valid, 2.5 is not.
    fn is_whole(&self, name: &str) -> Result<bool, Error> {
        let whole = |accepts: &mut dyn FnMut(f64) -> bool| accepts(2.0) && !accepts(2.5);
        let in_a_rule = self.rules()?.iter_mut().any(|rule| {
            rule.get(name).is_some()
                && whole(&mut |x| rule.set(name, Value::Number(x)).is_ok() && rule.check().is_ok())
        });
        let in_a_wrapper = self.wrappers.clone().iter_mut().any(|wrapper| {
            wrapper.get(name).is_some()
                && whole(&mut |x| wrapper.set(name, Value::Number(x)).is_ok() && wrapper.check().is_ok())
        });
        Ok(in_a_rule || in_a_wrapper)
    }

    /// Copies of the rules with this hyperparameter, or else of the innermost wrapper with it.
    fn owners(&self, name: &str) -> Result<Vec<Owner>, Error> {
        let mut owners: Vec<Owner> = vec![];
        for rule in self.rules()? {
            if rule.get(name).is_some() {
                owners.push((rule.info().name, rule));
            }
        }
        for wrapper in self.wrappers.iter().rev() {
            if owners.is_empty() && wrapper.get(name).is_some() {
                owners.push((wrapper.info().name, wrapper.boxed()));
            }
        }
        Ok(owners)
    }

    /// Rules of all groups.
    pub(crate) fn rules(&self) -> Result<Vec<Box<dyn DynRule>>, Error> {
        let groups = self.groups.iter().map(|group| self.rule_of(Some(group)));
        [self.rule_of(None)].into_iter().chain(groups).collect()
    }

    /// Rule of a group, or of all other parameters, with its values at the first step.
    pub(crate) fn rule_of(&self, group: Option<&Group>) -> Result<Box<dyn DynRule>, Error> {
        let mut rule = match group.map(|group| &group.rule) {
            Some(GroupRule::Rule(rule)) => rule.clone(),
            _ => self.rule.clone(),
        };
        for (name, schedule) in &self.hyper_schedules {
            if let (HyperSchedule::Between(_, from, _), Some(_)) = (schedule, rule.get(name)) {
                rule.set(name, Value::Number(*from))?;
            }
        }
        let overrides = group.map_or(&[][..], Group::settings);
        overrides.iter().try_for_each(|(name, value)| rule.set(name, *value))?;
        Ok(rule)
    }

    /// Groups of parameters with one rule each, in the order of their first parameters.
    pub(crate) fn group_specs(&self, params: &[ParamInfo]) -> Result<Vec<GroupSpec>, Error> {
        let mut groups: Vec<GroupSpec> = vec![];
        let mut keys = vec![];
        for (index, param) in params.iter().enumerate() {
            let group = self.groups.iter().position(|group| group.selector.matches(param));
            let decays = !self.no_decay.iter().any(|of| of.matches(param));
            if let Some(known) = keys.iter().position(|key| *key == (group, decays)) {
                groups[known].members.push(index);
            } else {
                keys.push((group, decays));
                let new = self.group_spec(group.map(|i| &self.groups[i]), decays)?;
                groups.push(GroupSpec { members: vec![index], ..new });
            }
        }
        if groups.is_empty() {
            groups.push(self.group_spec(None, true)?);
        }
        Ok(groups)
    }

    /// A group without members.
    fn group_spec(&self, group: Option<&Group>, decays: bool) -> Result<GroupSpec, Error> {
        let mut rule = self.rule_of(group)?;
        let mut label = group.map_or_else(|| MAIN.to_string(), |group| group.selector.to_string());
        let settings = group.map_or(&[][..], Group::settings);
        let mut overrides: Vec<String> = settings.iter().map(|(name, _)| name.clone()).collect();
        if !decays && rule.set_unchecked(DECAY, Value::Number(0.0)).is_ok() {
            label.push_str(" without decay");
            overrides.push(DECAY.to_string());
        }
        Ok(GroupSpec { label, rule, overrides, members: vec![] })
    }

    /// Checks that every name pattern matches a parameter.
    pub(crate) fn check_names(&self, params: &[ParamInfo]) -> Result<(), Error> {
        let selectors = self.groups.iter().map(|group| &group.selector).chain(&self.no_decay);
        for of in selectors {
            if matches!(of, Selector::Name(_)) && !params.iter().any(|param| of.matches(param)) {
                return Err(Error::Unknown {
                    kind: "parameter named".to_string(),
                    name: of.to_string(),
                    nearest: None,
                    known: params.iter().map(|param| param.name.clone()).collect(),
                });
            }
        }
        Ok(())
    }
}

/// Equal spellings.
impl PartialEq for OptimizerSpec {
    fn eq(&self, other: &OptimizerSpec) -> bool {
        self.to_string() == other.to_string()
    }
}

impl HyperSchedule {
    /// Value at a step of `total`, of a hyperparameter that is declared as `base`.
    ///
    /// ```
    /// use optim::{HyperSchedule, schedules::OneCycle};
    /// let momentum = HyperSchedule::Between(Box::new(OneCycle::default()), 0.95, 0.85);
    /// assert_eq!([0, 29, 99].map(|step| momentum.value(0.9, step, 100)), [0.95, 0.85, 0.95]);
    /// ```
    pub fn value(&self, base: f64, step: u64, total: u64) -> f64 {
        match self {
            HyperSchedule::Factor(schedule) => base * schedule.factor(step, total),
            HyperSchedule::Between(schedule, from, to) => {
                let fraction = schedule.interpolation(step as f64, total as f64);
                if fraction.is_nan() { *to } else { from + (to - from) * fraction }
            }
        }
    }

    /// Tells whether values depend on the total number of updates.
    pub fn depends_on_total(&self) -> bool {
        match self {
            HyperSchedule::Factor(schedule) => schedule.depends_on_total(),
            // The second value is reached at the end of the run.
            HyperSchedule::Between(..) => true,
        }
    }

    /// Tells whether a length is in epochs.
    pub fn has_epochs(&self) -> bool {
        match self {
            HyperSchedule::Factor(schedule) => schedule.has_epochs(),
            HyperSchedule::Between(schedule, ..) => times_of(&**schedule).iter().any(Time::is_in_epochs),
        }
    }

    /// Converts lengths in epochs to updates.
    #[must_use]
    pub fn in_steps(&self, steps_per_epoch: u64) -> HyperSchedule {
        match self {
            HyperSchedule::Factor(schedule) => HyperSchedule::Factor(schedule.in_steps(steps_per_epoch)),
            HyperSchedule::Between(schedule, from, to) => {
                let mut schedule = schedule.clone();
                (&mut *schedule as &mut dyn Hyperparameters).set_in_steps(steps_per_epoch);
                HyperSchedule::Between(schedule, *from, *to)
            }
        }
    }

    /// Sets the hyperparameter of this name in `current` to its value at a step.
    pub(crate) fn apply(
        &self,
        name: &str,
        declared: &dyn Hyperparameters,
        current: &mut dyn Hyperparameters,
        step: u64,
        total: u64,
    ) {
        if let Some(Value::Number(base)) = declared.get(name) {
            current.set_unchecked(name, Value::Number(self.value(base, step, total))).expect("a number");
        }
    }
}

impl Group {
    /// Its settings of the recipe's rule.
    fn settings(&self) -> &[(String, Value)] {
        match &self.rule {
            GroupRule::Settings(settings) => settings,
            GroupRule::Rule(_) => &[],
        }
    }
}

impl Selector {
    /// Roles by name.
    pub const ROLES: [(&'static str, Role); 4] = [
        ("matrix", Role::Matrix),
        ("bias", Role::Bias),
        ("norm", Role::Norm),
        ("embedding", Role::Embedding),
    ];

    /// Tells whether it selects a parameter.
    pub fn matches(&self, param: &ParamInfo) -> bool {
        match self {
            Selector::Role(role) => param.role == *role,
            Selector::Name(pattern) => matches(pattern, &param.name),
        }
    }
}

/// Role of this name, or else a name pattern.
impl From<&str> for Selector {
    fn from(text: &str) -> Selector {
        let role = Selector::ROLES.into_iter().find(|(name, _)| *name == text);
        role.map_or_else(|| Selector::Name(text.to_string()), |(_, role)| Selector::Role(role))
    }
}

/// Tells whether a name matches a pattern in which `*` is any text.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    // A piece before a star may match at its first occurrence without loss of generality.
    for piece in middle.split('*') {
        let Some(at) = name.find(piece) else { return false };
        name = &name[at + piece.len()..];
    }
    name.ends_with(end)
}

/// Name of the parameters outside of all groups.
const MAIN: &str = "rest";
/// Hyperparameter that `no_decay` sets to 0.
const DECAY: &str = "weight_decay";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, name, expected) in [
            ("fc1.*", "fc1.weight", true),
            ("fc1.*", "fc10.weight", false),
            ("*.bias", "block.2.bias", true),
            ("*bias*", "bias", true),
            ("fc1", "fc1.weight", false),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("a*b*b", "ab", false),
            ("a*a", "a", false),
            ("**", "", true),
            (&"*a".repeat(50), &"a".repeat(49), false),
            (&"*a".repeat(50), &"a".repeat(60), true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}

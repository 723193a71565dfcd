//! All that can be said about how weights are updated, as plain data.

use tensor::{ParamInfo, Role};

use crate::clip::Clip;
use crate::error::Error;
use crate::hyper::{Hyperparameters, Span, Value, spans_of};
use crate::rule::{Changes, Wrapper};
use crate::rule::{Requires, Rule, Tier};
use crate::schedule::LrSchedule;
use crate::schedule::PlateauSettings;
use crate::schedule::Schedule;

/// An update rule with all that stands around it; an [`Optimizer`](crate::Optimizer) is a method at
/// work on some weights.
///
/// It has one spelling, which is parsed and printed: the rule inside its wrappers, and behind it, parted
/// by commas and in any order, what else there is.
///
/// | part | what it is |
/// |---|---|
/// | `sam(adamw lr=1e-3) rho=0.05` | the rule, inside wrappers |
/// | `cosine warmup=5%` | the [`LrSchedule`] of the learning rate |
/// | `plateau patience=3` | a rate that falls when the loss does not; beside a schedule |
/// | `beta1: linear 0.85..0.95` | a hyperparameter on its way from one value to another |
/// | `weight_decay: cosine` | one that is multiplied, as the learning rate is |
/// | `clip=1` | clipping of gradients: also `clip_value=`, `clip_tensor=`, `agc=` |
/// | `no_decay=bias,norm` | parameters without weight decay, by role or name |
/// | `embedding: sgd lr=0.1` | parameters, by role or name, with a rule of their own |
/// | `fc1.*: lr=1e-4` | or with other settings of the same rule |
/// | `maximize` | up the gradient instead of down |
///
/// A name of parameters has a `*`, which stands for any text, or a `.`, or is put in quotes: `"w"`. No part
/// is there twice. A mistake is answered with its place, the nearest name and the list of what exists:
///
/// ```
/// let error = "sam(adamw) rho=0.05, cosin warmup=5%".parse::<optim::OptimizerSpec>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "there is no schedule or other part `cosin`; did you mean `cosine`?
///   sam(adamw) rho=0.05, cosin warmup=5%
///                        ^^^^^"
/// );
/// assert!(error.hint().unwrap().starts_with("there are: constant, linear, step,"));
/// ```
#[derive(Debug, Clone)]
pub struct OptimizerSpec {
    /// The rule of all parameters that no group has.
    pub rule: Box<dyn Rule>,
    /// What stands around it, the outermost first.
    pub wrappers: Vec<Box<dyn Wrapper>>,
    /// What every learning rate is multiplied with.
    pub schedule: LrSchedule,
    /// A factor beside the schedule that falls when the loss does not.
    pub plateau: Option<PlateauSettings>,
    /// Other hyperparameters that change, by name.
    pub courses: Vec<(String, HyperCourse)>,
    /// How gradients are made smaller.
    pub clip: Option<Clip>,
    /// Parameters that weight decay passes over.
    pub no_decay: Vec<Selector>,
    /// Parameters with other settings or a rule of their own; the first that fits counts.
    pub groups: Vec<Group>,
    /// Whether to climb instead of to descend.
    pub maximize: bool,
}

/// How a hyperparameter changes.
#[derive(Debug, Clone)]
pub enum HyperCourse {
    /// It is multiplied, as the learning rate is.
    Factor(LrSchedule),
    /// It goes from one value to another; see [`Schedule::way`].
    Between(Box<dyn Schedule>, f64, f64),
}

/// Parameters with settings of their own.
#[derive(Debug, Clone)]
pub struct Group {
    /// Which they are.
    pub of: Selector,
    /// What is different for them.
    pub is: GroupRule,
}

/// What a group has of its own.
#[derive(Debug, Clone)]
pub enum GroupRule {
    /// Some settings of the method's rule.
    Settings(Vec<(String, Value)>),
    /// Another rule.
    Rule(Box<dyn Rule>),
}

/// Some of a model's parameters.
#[derive(Debug, Clone, PartialEq)]
pub enum Selector {
    /// All with this role.
    Role(Role),
    /// All whose name fits a pattern, in which `*` stands for any text: `fc1.*`.
    Name(String),
}

/// What has hyperparameters, and its name.
type Owner = (&'static str, Box<dyn Hyperparameters>);

/// Parameters that one rule updates.
pub(crate) struct GroupSpec {
    /// What they are called in a state dict.
    pub(crate) label: String,
    pub(crate) rule: Box<dyn Rule>,
    /// Hyperparameters with a value of their own, which a course from one value to another passes by.
    pub(crate) own: Vec<String>,
    /// Their positions in the layout.
    pub(crate) members: Vec<usize>,
}

impl OptimizerSpec {
    /// More wrappers do not stand in each other.
    pub const MOST_WRAPPERS: usize = 16;

    /// This rule and nothing around it.
    pub fn new(rule: Box<dyn Rule>) -> OptimizerSpec {
        OptimizerSpec {
            rule,
            wrappers: vec![],
            schedule: LrSchedule::default(),
            plateau: None,
            courses: vec![],
            clip: None,
            no_decay: vec![],
            groups: vec![],
            maximize: false,
        }
    }

    /// What an optimizer of this method asks for at each step.
    pub fn requires(&self) -> Requires {
        let wrappers = self.wrappers.iter().map(|wrapper| wrapper.requires());
        let groups = self.groups.iter().filter_map(|group| match &group.is {
            GroupRule::Rule(rule) => Some(rule.requires()),
            GroupRule::Settings(_) => None,
        });
        wrappers.chain(groups).chain([self.rule.requires()]).max().expect("at least the rule's own")
    }

    /// Updates that so many batches make; what is left over makes none.
    pub fn updates(&self, batches: u64) -> u64 {
        self.wrappers.iter().fold(batches, |batches, wrapper| batches / wrapper.calls_per_update())
    }

    /// Whether a schedule in it depends on the number of all updates. An average that begins after a share
    /// of them does not: without an end it begins at once.
    pub fn depends_on_total(&self) -> bool {
        self.schedule.depends_on_total() || self.courses.iter().any(|(_, course)| course.depends_on_total())
    }

    /// Whether a length in it is in epochs.
    pub fn has_epochs(&self) -> bool {
        self.schedule.has_epochs()
            || self.courses.iter().any(|(_, course)| course.has_epochs())
            || self.wrappers.iter().any(|wrapper| spans_of(&**wrapper).iter().any(Span::is_in_epochs))
    }

    /// The same with lengths in epochs as updates, of which an epoch has so many.
    #[must_use]
    pub fn in_steps(&self, steps_per_epoch: u64) -> OptimizerSpec {
        let mut method = self.clone();
        method.schedule = method.schedule.in_steps(steps_per_epoch);
        for (_, course) in &mut method.courses {
            *course = course.in_steps(steps_per_epoch);
        }
        for wrapper in &mut method.wrappers {
            (&mut **wrapper as &mut dyn Hyperparameters).set_in_steps(steps_per_epoch);
        }
        method
    }

    /// Whether an optimizer can be made of it.
    ///
    /// # Errors
    /// If a setting is out of range, or some do not go together.
    pub fn validate(&self) -> Result<(), Error> {
        let rules = self.rules()?;
        rules.iter().try_for_each(|rule| rule.validate())?;
        self.wrappers.iter().try_for_each(|wrapper| wrapper.validate())?;
        if let Some(settings) = &self.plateau {
            (settings as &dyn Hyperparameters).validate("plateau")?;
        }
        if let Some(clip) = &self.clip {
            clip.validate()?;
        }
        self.validate_nesting(&rules)?;
        self.validate_objective(&rules)?;
        self.validate_no_decay(&rules)?;
        self.validate_spelling()?;
        self.courses.iter().try_for_each(|(name, _)| self.validate_course(name))
    }

    /// Whether every wrapper can stand around what is inside of it.
    fn validate_nesting(&self, rules: &[Box<dyn Rule>]) -> Result<(), Error> {
        let average = rules.iter().find(|rule| rule.eval_weights().is_some()).map(|rule| rule.info().name);
        let (mut average, mut asks) = (average, None);
        for wrapper in self.wrappers.iter().rev() {
            let name = wrapper.info().name;
            if let (Changes::Weights, Some(average)) = (wrapper.changes(), average) {
                let why = format!(
                    "it changes the weights after each step, of which `{average}` inside keeps an average; \
                     put it inside of that, or leave it out"
                );
                return Err(Error::conflict(name, why));
            }
            if let (true, Some(asks)) = (wrapper.calls_per_update() > 1, asks) {
                let why = format!(
                    "it hands on one batch of several, but `{asks}` inside asks for the gradient at other \
                     weights; put it inside of that"
                );
                return Err(Error::conflict(name, why));
            }
            average = average.or(wrapper.eval_weights().map(|_| name));
            asks = asks.or((wrapper.requires() == Requires::Closure).then_some(name));
        }
        Ok(())
    }

    /// A rule that takes gradients of its own takes them on all weights, and as they are.
    fn validate_objective(&self, rules: &[Box<dyn Rule>]) -> Result<(), Error> {
        let Some(rule) = rules.iter().find(|rule| rule.requires() == Requires::Closure) else {
            return Ok(());
        };
        let changing = self.wrappers.iter().find(|wrapper| wrapper.changes() != Changes::Nothing);
        let beside = [
            (!self.groups.is_empty()).then_some("a group"),
            (!self.no_decay.is_empty()).then_some("no_decay"),
            self.clip.map(|clip| clip.parts().0),
            changing.map(|wrapper| wrapper.info().name),
        ];
        beside.into_iter().flatten().next().map_or(Ok(()), |beside| {
            let why = format!(
                "it takes gradients at weights of its own choice, and {beside} would not reach those; leave \
                 it out"
            );
            Err(Error::conflict(rule.info().name, why))
        })
    }

    pub(crate) fn validate_no_decay(&self, rules: &[Box<dyn Rule>]) -> Result<(), Error> {
        if self.no_decay.is_empty() {
            return Ok(());
        }
        let mut decaying = rules.iter().filter(|rule| rule.get(DECAY).is_some()).peekable();
        if decaying.peek().is_none() {
            let why = format!("there is no {DECAY} to leave out; take no_decay away");
            return Err(Error::conflict(self.rule.info().name, why));
        }
        decaying.find(|rule| rule.tier() == Tier::Vector).map_or(Ok(()), |rule| {
            let why = format!(
                "it measures one number on all weights, which no_decay would part in two; take no_decay \
                 away, or give these weights a group of their own, as in `bias: {DECAY}=0`"
            );
            Err(Error::conflict(rule.info().name, why))
        })
    }

    /// Whether there is text that says the same.
    fn validate_spelling(&self) -> Result<(), Error> {
        if self.wrappers.len() > OptimizerSpec::MOST_WRAPPERS {
            return Err(Error::recipe(format!(
                "at most {} wrappers stand in each other",
                OptimizerSpec::MOST_WRAPPERS
            )));
        }
        let twice = |of: &dyn std::fmt::Display| Err(Error::recipe(format!("`{of}` is there twice")));
        for (i, of) in self.no_decay.iter().enumerate() {
            if self.no_decay[..i].contains(of) {
                return twice(of);
            }
        }
        for (i, group) in self.groups.iter().enumerate() {
            if self.groups[..i].iter().any(|other| other.of == group.of) {
                return twice(&group.of);
            }
            let GroupRule::Settings(settings) = &group.is else { continue };
            if settings.is_empty() {
                return Err(Error::recipe(format!("`{}` has nothing of its own", group.of)));
            }
            for (i, (name, _)) in settings.iter().enumerate() {
                if settings[..i].iter().any(|(other, _)| other == name) {
                    return twice(name);
                }
            }
        }
        for (i, (name, _)) in self.courses.iter().enumerate() {
            if self.courses[..i].iter().any(|(other, _)| other == name) {
                return twice(name);
            }
        }
        for of in self.groups.iter().map(|group| &group.of).chain(&self.no_decay) {
            if matches!(of, Selector::Name(name) if name.is_empty() || name.contains('"')) {
                return Err(Error::recipe(format!("{of} is no name of parameters")));
            }
        }
        Ok(())
    }

    /// Whether a hyperparameter of this name can change as its course says.
    pub(crate) fn validate_course(&self, name: &str) -> Result<(), Error> {
        let (_, course) = self.courses.iter().find(|(other, _)| other == name).expect("it has a course");
        let Some((of, owner)) = self.owners(name)?.into_iter().next() else {
            let mut known: Vec<&'static str> = self.rule.hypers().iter().map(|h| h.name).collect();
            known.extend(self.wrappers.iter().flat_map(|wrapper| wrapper.hypers()).map(|hyper| hyper.name));
            return Err(Error::unknown(format!("hyperparameter of {}", self.rule.info().name), name, known));
        };
        let hyper = owner.hypers().into_iter().find(|hyper| hyper.name == name).expect("its owner has it");
        if name == "lr" {
            return Err(Error::conflict(of, "the learning rate's schedule is written without `lr:`"));
        }
        let (Value::Number(_), Some(range)) = (hyper.default, &hyper.range) else {
            return Err(Error::conflict(of, format!("{name} is {} and cannot be scheduled", hyper.kind)));
        };
        if self.counts(name)? {
            return Err(Error::conflict(of, format!("{name} is a whole number and cannot be scheduled")));
        }
        match course {
            HyperCourse::Factor(_) if range.is_bounded() => {
                let why = format!(
                    "{name} has an upper limit: say from where to where, as in `{name}: linear 0.5..0.9`"
                );
                Err(Error::conflict(of, why))
            }
            HyperCourse::Factor(_) => Ok(()),
            HyperCourse::Between(course, from, to) => {
                let mut copy = owner;
                for value in [from, to] {
                    copy.set(of, name, Value::Number(*value))?;
                }
                let mut course = course.clone();
                (&mut *course as &mut dyn Hyperparameters).set_in_steps(100);
                if !course.way(500.0, 1000.0).is_finite() {
                    let why = "it ends where it starts, so it leads from no value to another";
                    return Err(Error::conflict(course.info().name, why));
                }
                for mut rule in self.rules()? {
                    let before = rule.state();
                    if rule.get(name).is_some()
                        && rule.set(name, Value::Number(*to)).is_ok()
                        && rule.state() != before
                    {
                        let why = format!(
                            "what it keeps is different at {name}={from} and {name}={to}; leave out 0"
                        );
                        return Err(Error::conflict(of, why));
                    }
                }
                Ok(())
            }
        }
    }

    /// Whether a hyperparameter of this name is a number of something: 2 will do, 2.5 will not.
    fn counts(&self, name: &str) -> Result<bool, Error> {
        let whole = |takes: &mut dyn FnMut(f64) -> bool| takes(2.0) && !takes(2.5);
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

    /// Copies of what has a hyperparameter of this name: the rules, or else the innermost wrapper.
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

    /// Every rule in it.
    pub(crate) fn rules(&self) -> Result<Vec<Box<dyn Rule>>, Error> {
        let groups = self.groups.iter().map(|group| self.rule_of(Some(group)));
        [self.rule_of(None)].into_iter().chain(groups).collect()
    }

    /// The rule of a group, or of all other parameters, as it is at the first step.
    pub(crate) fn rule_of(&self, group: Option<&Group>) -> Result<Box<dyn Rule>, Error> {
        let mut rule = match group.map(|group| &group.is) {
            Some(GroupRule::Rule(rule)) => rule.clone(),
            _ => self.rule.clone(),
        };
        for (name, course) in &self.courses {
            if let (HyperCourse::Between(_, from, _), Some(_)) = (course, rule.get(name)) {
                rule.set(name, Value::Number(*from))?;
            }
        }
        let own = group.map_or(&[][..], Group::settings);
        own.iter().try_for_each(|(name, value)| rule.set(name, *value))?;
        Ok(rule)
    }

    /// The parameters parted into those that one rule updates, in the order in which each part comes first.
    pub(crate) fn parted(&self, entries: &[ParamInfo]) -> Result<Vec<GroupSpec>, Error> {
        let mut parts: Vec<GroupSpec> = vec![];
        let mut keys = vec![];
        for (index, entry) in entries.iter().enumerate() {
            let group = self.groups.iter().position(|group| group.of.fits(entry));
            let decays = !self.no_decay.iter().any(|of| of.fits(entry));
            if let Some(known) = keys.iter().position(|key| *key == (group, decays)) {
                parts[known].members.push(index);
            } else {
                keys.push((group, decays));
                let part = self.part(group.map(|i| &self.groups[i]), decays)?;
                parts.push(GroupSpec { members: vec![index], ..part });
            }
        }
        if parts.is_empty() {
            parts.push(self.part(None, true)?);
        }
        Ok(parts)
    }

    /// A part without members.
    fn part(&self, group: Option<&Group>, decays: bool) -> Result<GroupSpec, Error> {
        let mut rule = self.rule_of(group)?;
        let mut label = group.map_or_else(|| MAIN.to_string(), |group| group.of.to_string());
        let settings = group.map_or(&[][..], Group::settings);
        let mut own: Vec<String> = settings.iter().map(|(name, _)| name.clone()).collect();
        if !decays && rule.set_unchecked(DECAY, Value::Number(0.0)).is_ok() {
            label.push_str(" without decay");
            own.push(DECAY.to_string());
        }
        Ok(GroupSpec { label, rule, own, members: vec![] })
    }

    /// The name patterns that fit none of these parameters.
    pub(crate) fn check_names(&self, entries: &[ParamInfo]) -> Result<(), Error> {
        let selectors = self.groups.iter().map(|group| &group.of).chain(&self.no_decay);
        for of in selectors {
            if matches!(of, Selector::Name(_)) && !entries.iter().any(|entry| of.fits(entry)) {
                return Err(Error::Unknown {
                    kind: "parameter named".to_string(),
                    name: of.to_string(),
                    nearest: None,
                    known: entries.iter().map(|entry| entry.name.clone()).collect(),
                });
            }
        }
        Ok(())
    }
}

/// Two of the same spelling.
impl PartialEq for OptimizerSpec {
    fn eq(&self, other: &OptimizerSpec) -> bool {
        self.to_string() == other.to_string()
    }
}

impl HyperCourse {
    /// The value at a step of `total`, for a hyperparameter that is declared as `base`.
    ///
    /// ```
    /// use optim::{HyperCourse, schedules::OneCycle};
    /// let momentum = HyperCourse::Between(Box::new(OneCycle::default()), 0.95, 0.85);
    /// assert_eq!([0, 29, 99].map(|step| momentum.value(0.9, step, 100)), [0.95, 0.85, 0.95]);
    /// ```
    pub fn value(&self, base: f64, step: u64, total: u64) -> f64 {
        match self {
            HyperCourse::Factor(schedule) => base * schedule.factor(step, total),
            HyperCourse::Between(course, from, to) => {
                let way = course.way(step as f64, total as f64);
                if way.is_nan() { *to } else { from + (to - from) * way }
            }
        }
    }

    /// Whether its values depend on the total.
    pub fn depends_on_total(&self) -> bool {
        match self {
            HyperCourse::Factor(schedule) => schedule.depends_on_total(),
            // From one value to the other it takes the whole run, unless its lengths are given.
            HyperCourse::Between(..) => true,
        }
    }

    /// Whether a length in it is in epochs.
    pub fn has_epochs(&self) -> bool {
        match self {
            HyperCourse::Factor(schedule) => schedule.has_epochs(),
            HyperCourse::Between(course, ..) => spans_of(&**course).iter().any(Span::is_in_epochs),
        }
    }

    /// The same with lengths in epochs as steps.
    #[must_use]
    pub fn in_steps(&self, steps_per_epoch: u64) -> HyperCourse {
        match self {
            HyperCourse::Factor(schedule) => HyperCourse::Factor(schedule.in_steps(steps_per_epoch)),
            HyperCourse::Between(course, from, to) => {
                let mut course = course.clone();
                (&mut *course as &mut dyn Hyperparameters).set_in_steps(steps_per_epoch);
                HyperCourse::Between(course, *from, *to)
            }
        }
    }

    /// Sets what `now` has of this name; what it is declared as is in `declared`.
    pub(crate) fn drive(
        &self,
        name: &str,
        declared: &dyn Hyperparameters,
        now: &mut dyn Hyperparameters,
        step: u64,
        total: u64,
    ) {
        if let Some(Value::Number(base)) = declared.get(name) {
            now.set_unchecked(name, Value::Number(self.value(base, step, total))).expect("a number");
        }
    }
}

impl Group {
    /// What it says about the method's rule.
    fn settings(&self) -> &[(String, Value)] {
        match &self.is {
            GroupRule::Settings(settings) => settings,
            GroupRule::Rule(_) => &[],
        }
    }
}

impl Selector {
    /// The roles by name.
    pub const ROLES: [(&'static str, Role); 4] = [
        ("matrix", Role::Matrix),
        ("bias", Role::Bias),
        ("norm", Role::Norm),
        ("embedding", Role::Embedding),
    ];

    /// Whether a parameter is one of them.
    pub fn fits(&self, entry: &ParamInfo) -> bool {
        match self {
            Selector::Role(role) => entry.role == *role,
            Selector::Name(pattern) => fits(pattern, &entry.name),
        }
    }
}

/// A role by its name, or else a pattern of names.
impl From<&str> for Selector {
    fn from(text: &str) -> Selector {
        let role = Selector::ROLES.into_iter().find(|(name, _)| *name == text);
        role.map_or_else(|| Selector::Name(text.to_string()), |(_, role)| Selector::Role(role))
    }
}

/// Whether a name fits a pattern in which `*` is any text.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    // The first place is as good as any for what has a star behind it.
    for piece in middle.split('*') {
        let Some(at) = name.find(piece) else { return false };
        name = &name[at + piece.len()..];
    }
    name.ends_with(end)
}

/// What the parameters are called that no group has.
const MAIN: &str = "rest";
/// The hyperparameter that `no_decay` sets to 0.
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
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}

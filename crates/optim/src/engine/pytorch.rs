//! States of optimizers of PyTorch, as `scripts/pytorch/export_optimizer.py` writes it.

use files::text;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use tensor::ParamInfo;
use tensor::safetensors::{Dtype, SafeTensors, Tensor, WRAPPER_PREFIXES};

use crate::engine::Optimizer;
use crate::engine::param_group::ParamGroup;
use crate::error::Error;
use crate::hyper::{Hyper, Value};
use crate::rule::{DynRule, Fixed};
use crate::rules;
use crate::state::state_file::{check_format, entry, file, floats, parse, read_notes};
use crate::state::{MAX_STEPS, StateDict};

/// Key of the notes, a JSON object, in the metadata of a file.
const NOTES: &str = "torch";
const FORMAT: &str = "torch.optim state";
const VERSION: u32 = 1;

/// Everything but the tensors.
#[derive(Deserialize)]
struct Notes {
    format: String,
    version: u32,
    class: String,
    steps: Option<u64>,
    names: Option<Vec<String>>,
    shapes: Vec<Vec<usize>>,
    groups: Vec<Map<String, Json>>,
}

/// Exported optimizer.
struct Exported<'a> {
    tensors: SafeTensors<'a>,
    notes: Notes,
}

/// Parameter of the exported optimizer.
struct Parameter<'a> {
    /// Index.
    index: usize,
    /// Settings of its group.
    group: &'a Map<String, Json>,
}

impl Optimizer {
    /// Continues from the state of an optimizer of PyTorch, exported by `scripts/pytorch/export_optimizer.py`.
    /// The recipe has to be the same: the rule with its settings, and groups where PyTorch has groups.
    /// Schedules and clipping, which PyTorch keeps outside of its optimizers, are those of the recipe; a
    /// schedule continues at the exported number of steps. Parameters are matched by name, without the
    /// prefixes of wrapped modules (`module.`, `_orig_mod.`, `model.`) where all have them, or by order where
    /// the file has no names or all shapes differ.
    ///
    /// With `force`, settings that differ are no error, and those of the recipe count.
    ///
    /// # Errors
    /// If the file is damaged, its optimizer is another one, or its parameters, their step counts or any
    /// settings differ; then nothing is changed.
    pub fn load_pytorch(&mut self, bytes: &[u8], force: bool) -> Result<(), Error> {
        let exported = Exported::read(bytes)?;
        let refused = |why: String| Err(Error::State { why });
        if let Some(wrapper) = self.spec().wrappers.first() {
            let why =
                format!("expected a recipe without wrappers, as in PyTorch, found `{}`", wrapper.info().name);
            return refused(why);
        }
        if self.spec().plateau.is_some() {
            return refused("expected a recipe without a plateau, as in PyTorch".to_string());
        }
        let places = exported.places(self.params())?;
        let differences = self.differences(&exported, &places)?;
        if !(differences.is_empty() || force) {
            return refused(format!("settings differ from PyTorch's: {}", differences.join("; ")));
        }
        let steps = exported.steps(self.params(), &places)?;
        let mut state = StateDict { steps, gradient_calls: steps, ..self.state_dict() };
        if steps > 0 {
            self.fill(&mut state, &exported, &places)?;
        }
        self.load_state_dict(state)
    }

    /// Settings that differ from the exported ones, each once.
    ///
    /// # Errors
    /// If a parameter has another rule.
    fn differences(&self, exported: &Exported<'_>, places: &[Parameter<'_>]) -> Result<Vec<String>, Error> {
        let mut differences = vec![];
        for group_state in self.groups() {
            let rule = &*group_state.declared;
            for member in group_state.members() {
                let group = places[member].group;
                let theirs = exported.rule_name(group);
                if theirs != rule.info().name {
                    let (entry, ours) = (&self.params()[member].name, rule.info().name);
                    let why = format!("expected `{entry}` to have the rule `{ours}`, found `{theirs}`");
                    return Err(Error::State { why });
                }
                for difference in differences_of(rule, group, self.spec().maximize) {
                    if !differences.contains(&difference) {
                        differences.push(difference);
                    }
                }
            }
        }
        Ok(differences)
    }

    /// Writes the exported arrays and numbers into a state of this optimizer.
    fn fill(
        &self,
        state: &mut StateDict,
        exported: &Exported<'_>,
        places: &[Parameter<'_>],
    ) -> Result<(), Error> {
        let entries = self.params();
        let (mut arrays, mut scalars) = (state.arrays.iter_mut(), state.scalars.iter_mut());
        for group_state in self.groups() {
            for (declared, (_, array)) in group_state.declared.state().iter().zip(&mut arrays) {
                array.clear();
                for member in group_state.members() {
                    let entry = &entries[member];
                    let expected = declared.shape.len(entry);
                    if expected == 0 {
                        continue;
                    }
                    let numbers = exported.numbers(&places[member], declared.name, entry)?;
                    if numbers.len() != expected {
                        let (what, name, found) = (declared.name, &entry.name, numbers.len());
                        let why =
                            format!("expected {expected} numbers in `{what}` of `{name}`, found {found}");
                        return Err(Error::State { why });
                    }
                    array.extend(numbers);
                }
            }
            for (declared, (_, scalar)) in group_state.declared.scalars().iter().zip(&mut scalars) {
                *scalar = exported.common(entries, places, declared.name)?;
            }
        }
        Ok(())
    }
}

impl<'a> Exported<'a> {
    fn read(bytes: &'a [u8]) -> Result<Exported<'a>, Error> {
        let tensors = parse(bytes)?;
        let notes: Notes = entry(&tensors, NOTES)
            .map_err(|error| match error {
                Error::File { why } => file(format!("{why}; scripts/pytorch/export_optimizer.py writes it")),
                other => other,
            })
            .and_then(read_notes)?;
        check_format(&notes.format, notes.version, FORMAT, VERSION)?;
        let known = classes();
        if !known.contains(&notes.class.as_str()) {
            let class = text::name(&notes.class);
            let why = format!("expected one of the optimizers {}, found `{class}`", known.join(", "));
            return Err(Error::State { why });
        }
        Ok(Exported { tensors, notes })
    }

    /// The exported parameter for each of ours.
    fn places(&self, entries: &[ParamInfo]) -> Result<Vec<Parameter<'_>>, Error> {
        let Notes { names, shapes, groups, .. } = &self.notes;
        let refused = |why: String| Err(Error::State { why });
        if shapes.len() != entries.len() {
            return refused(format!("expected {} parameters, found {}", entries.len(), shapes.len()));
        }
        if let Some(names) = names
            && names.len() != shapes.len()
        {
            return Err(file(format!("expected {} names in its notes, found {}", shapes.len(), names.len())));
        }
        let order = match names.as_ref().map(|names| by_name(names, entries)) {
            Some(Ok(order)) => order,
            Some(Err(missing)) if have_equal_shapes(entries) => {
                return refused(format!(
                    "expected a parameter `{missing}`, since the order of parameters of one shape is ambiguous, found \
                     {}",
                    text::list(names.iter().flatten().map(String::as_str))
                ));
            }
            Some(Err(_)) | None => (0..entries.len()).collect(),
        };
        let mut places = vec![];
        for (entry, index) in entries.iter().zip(order) {
            if shapes[index][..] != entry.shape[..] {
                let (theirs, ours) = (&shapes[index], entry.shape.to_vec());
                return refused(format!(
                    "expected parameter {index} to have the shape {ours:?} of `{}`, found {theirs:?}",
                    entry.name
                ));
            }
            let holds = |group: &&Map<String, Json>| {
                let parameters = group.get("params").and_then(Json::as_array);
                parameters.is_some_and(|parameters| parameters.contains(&index.into()))
            };
            let group = groups.iter().find(holds);
            let group =
                group.ok_or_else(|| file(format!("expected parameter {index} in one of its groups")))?;
            places.push(Parameter { index, group });
        }
        Ok(places)
    }

    /// The rule of a group, as PyTorch's class and its settings say.
    fn rule_name(&self, group: &Map<String, Json>) -> &'static str {
        let decoupled = group.get("decoupled_weight_decay") == Some(&Json::Bool(true));
        let is_class = |(class, value): &(&str, Option<bool>)| {
            *class == self.notes.class && value.is_none_or(|value| value == decoupled)
        };
        let rule = rules::all()
            .into_iter()
            .find(|rule| rule.pytorch().is_some_and(|counterpart| counterpart.classes.iter().any(is_class)));
        rule.map_or("unknown", |rule| rule.info().name)
    }

    /// Number of steps of all parameters.
    fn steps(&self, entries: &[ParamInfo], places: &[Parameter<'_>]) -> Result<u64, Error> {
        let begun = |place: &Parameter<'_>| {
            let start = format!("{}/", place.index);
            self.tensors.header().tensors().any(|info| info.name.starts_with(&start))
        };
        if !places.iter().any(begun) {
            return Ok(self.notes.steps.unwrap_or(0));
        }
        let counted = places.iter().any(|place| self.tensors.get(&format!("{}/step", place.index)).is_some());
        let steps = if counted {
            self.common(entries, places, "step")?
        } else {
            let steps = self.notes.steps.ok_or_else(|| {
                let class = &self.notes.class;
                file(format!(
                    "{class} does not count its steps: export it with `steps=`, those that it has made"
                ))
            })?;
            steps as f64
        };
        if steps.fract() != 0.0 || !(0.0..=MAX_STEPS as f64).contains(&steps) {
            return Err(file(format!("expected a whole number of steps, found {steps}")));
        }
        Ok(steps as u64)
    }

    /// Number of each parameter that must be the same for all.
    fn common(&self, entries: &[ParamInfo], places: &[Parameter<'_>], key: &str) -> Result<f64, Error> {
        let mut first: Option<(f64, &str)> = None;
        for (entry, place) in entries.iter().zip(places) {
            let number = self.number(place, key, entry)?;
            match first {
                None => first = Some((number, &entry.name)),
                Some((other, of)) if other != number => {
                    let why = format!(
                        "`{key}` is {other} for `{of}` and {number} for `{}`: one optimizer cannot go on with both",
                        entry.name
                    );
                    return Err(Error::State { why });
                }
                Some(_) => {}
            }
        }
        Ok(first.map_or(0.0, |(number, _)| number))
    }

    /// A tensor of one number.
    fn number(&self, place: &Parameter<'_>, key: &str, entry: &ParamInfo) -> Result<f64, Error> {
        let tensor = self.tensor(place, key, entry)?;
        let number = match (tensor.info.dtype, tensor.bytes) {
            (Dtype::F32, &[a, b, c, d]) => Some(f64::from(f32::from_le_bytes([a, b, c, d]))),
            (Dtype::F64, bytes) => bytes.try_into().ok().map(f64::from_le_bytes),
            (Dtype::I64, bytes) => bytes.try_into().ok().map(|bytes| i64::from_le_bytes(bytes) as f64),
            _ => None,
        };
        number.ok_or_else(|| file(format!("expected one number in the tensor `{}/{key}`", place.index)))
    }

    /// A tensor of single-precision numbers.
    fn numbers(&self, place: &Parameter<'_>, key: &str, entry: &ParamInfo) -> Result<Vec<f32>, Error> {
        self.tensor(place, key, entry)?;
        floats(&self.tensors, &format!("{}/{key}", place.index))
    }

    fn tensor(&self, place: &Parameter<'_>, key: &str, entry: &ParamInfo) -> Result<Tensor<'_>, Error> {
        let name = format!("{}/{key}", place.index);
        self.tensors.get(&name).ok_or_else(|| Error::State {
            why: format!("expected `{key}` of `{}`: has it made as many steps as the others?", entry.name),
        })
    }
}

/// Classes of `torch.optim` that have a counterpart here.
fn classes() -> Vec<&'static str> {
    let mut classes = vec![];
    for counterpart in rules::all().iter().filter_map(|rule| rule.pytorch()) {
        for (class, _) in counterpart.classes {
            if !classes.contains(class) {
                classes.push(*class);
            }
        }
    }
    classes
}

/// Index of each parameter among the exported names, or the first that is missing.
fn by_name<'e>(names: &[String], entries: &'e [ParamInfo]) -> Result<Vec<usize>, &'e str> {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    loop {
        let place = |entry: &'e ParamInfo| {
            let mut places = names.iter().enumerate().filter(|(_, name)| **name == entry.name);
            let place = places.next().filter(|_| places.next().is_none());
            place.map(|(place, _)| place).ok_or(entry.name.as_str())
        };
        let found: Result<Vec<usize>, &str> = entries.iter().map(place).collect();
        let without = |prefix| names.iter().map(|name| name.strip_prefix(prefix)).collect::<Option<Vec<_>>>();
        match (found, WRAPPER_PREFIXES.into_iter().find_map(without)) {
            (Err(_), Some(shorter)) => names = shorter,
            (found, _) => return found,
        }
    }
}

fn have_equal_shapes(entries: &[ParamInfo]) -> bool {
    entries.iter().enumerate().any(|(i, entry)| entries[..i].iter().any(|other| other.shape == entry.shape))
}

/// Settings of a rule that differ in the exported group, or have no counterpart.
fn differences_of(rule: &dyn DynRule, group: &Map<String, Json>, maximize: bool) -> Vec<String> {
    let mut differences = vec![];
    for hyper in rule.hypers() {
        let ours = rule.get(hyper.name).expect("a declared hyperparameter has a value");
        match theirs(&hyper, group) {
            Theirs::Same => {}
            Theirs::Value(theirs) if same(ours, theirs) => {}
            Theirs::Value(theirs) => {
                differences.push(format!("{} is {theirs} there, {ours} here", hyper.name))
            }
            Theirs::Unknown if ours == hyper.default => {}
            Theirs::Unknown => differences.push(format!("{}={ours} is not known there", hyper.name)),
        }
    }
    let climbs = group.get("maximize") == Some(&Json::Bool(true));
    if climbs != maximize {
        differences.push(format!("maximize is {climbs} there, {maximize} here"));
    }
    for (name, fixed) in rule.pytorch().map_or(&[][..], |counterpart| counterpart.fixed) {
        let ours = match fixed {
            Fixed::Flag(flag) => Json::from(*flag),
            Fixed::Numbers(numbers) => Json::from(*numbers),
        };
        match group.get(*name) {
            Some(theirs) if *theirs != ours => {
                differences.push(format!("{name} is {theirs} there, always {ours} here"));
            }
            _ => {}
        }
    }
    differences
}

/// Counterpart of one of our settings.
enum Theirs<'a> {
    Value(&'a Json),
    /// Equal under another name.
    Same,
    Unknown,
}

fn theirs<'a>(hyper: &Hyper, group: &'a Map<String, Json>) -> Theirs<'a> {
    let one_of = |key: &str, index: usize| group.get(key).and_then(|list| list.get(index));
    let value = match hyper.name {
        // A scheduler of PyTorch starts from `initial_lr`.
        "lr" => group.get("initial_lr").or_else(|| group.get("lr")),
        "beta1" => one_of("betas", 0),
        "beta2" => one_of("betas", 1),
        "eta_minus" => one_of("etas", 0),
        "eta_plus" => one_of("etas", 1),
        "step_min" => one_of("step_sizes", 0),
        "step_max" => one_of("step_sizes", 1),
        "eps1" => match one_of("eps", 0) {
            Some(Json::Null) if hyper.default == Value::Number(f64::from(f32::EPSILON)) => {
                return Theirs::Same;
            }
            other => other,
        },
        "eps2" => one_of("eps", 1),
        "initial_accumulator" => group.get("initial_accumulator_value"),
        "match_rms_adamw" => match group.get("adjust_lr_fn") {
            Some(Json::Null) => Some(&Json::Bool(false)),
            Some(Json::String(word)) if word == "original" => Some(&Json::Bool(false)),
            Some(Json::String(word)) if word == "match_rms_adamw" => Some(&Json::Bool(true)),
            other => other,
        },
        name => group.get(name),
    };
    value.map_or(Theirs::Unknown, Theirs::Value)
}

fn same(ours: Value, theirs: &Json) -> bool {
    match ours {
        Value::Number(x) => theirs.as_f64() == Some(x),
        Value::Flag(x) => theirs.as_bool() == Some(x),
        Value::Word(word) => theirs.as_str() == Some(word),
        Value::Numbers(_) | Value::Time(_) | Value::Times(_) => false,
    }
}

impl ParamGroup {
    /// Places in the layout of the parameters that it updates.
    fn members(&self) -> impl Iterator<Item = usize> {
        self.ranges.iter().cloned().flatten()
    }
}

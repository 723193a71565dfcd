//! Printing of recipes; the grammar is that of the parser.

use std::fmt;

use crate::hyper::{Hyperparameters, Value};
use crate::recipe::parser::is_pattern;
use crate::recipe::{GroupRule, HyperSchedule, MAXIMIZE, NO_DECAY, OptimizerSpec, Selector};
use crate::schedule::{LrSchedule, PlateauSettings};

impl fmt::Display for OptimizerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OptimizerSpec {
            rule,
            wrappers,
            schedule,
            plateau,
            hyper_schedules,
            clip,
            no_decay,
            groups,
            maximize,
        } = self;
        for wrapper in wrappers {
            write!(f, "{}(", wrapper.info().name)?;
        }
        write!(f, "{rule}")?;
        for wrapper in wrappers.iter().rev() {
            f.write_str(")")?;
            (&**wrapper as &dyn Hyperparameters).print(f, "")?;
        }
        if *schedule != LrSchedule::default() {
            write!(f, ", {schedule}")?;
        }
        if let Some(settings) = plateau {
            write!(f, ", {}", PlateauSettings::INFO.name)?;
            (settings as &dyn Hyperparameters).print(f, "")?;
        }
        for (name, schedule) in hyper_schedules {
            write!(f, ", {name}: {schedule}")?;
        }
        if let Some(clip) = clip {
            write!(f, ", {clip}")?;
        }
        if !no_decay.is_empty() {
            let names: Vec<String> = no_decay.iter().map(ToString::to_string).collect();
            write!(f, ", {NO_DECAY}={}", names.join(","))?;
        }
        for group in groups {
            write!(f, ", {}:", group.selector)?;
            match &group.rule {
                GroupRule::Rule(rule) => write!(f, " {rule}")?,
                GroupRule::Settings(settings) => {
                    settings.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))?;
                }
            }
        }
        if *maximize {
            write!(f, ", {MAXIMIZE}")?;
        }
        Ok(())
    }
}

impl fmt::Display for HyperSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HyperSchedule::Factor(schedule) => write!(f, "{schedule}"),
            HyperSchedule::Between(schedule, from, to) => {
                write!(f, "{schedule} {}..{}", Value::Number(*from), Value::Number(*to))
            }
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::Role(role) => f.write_str(
                Selector::ROLES.iter().find(|(_, known)| known == role).expect("all are listed").0,
            ),
            Selector::Name(name) if is_pattern(name) => f.write_str(name),
            Selector::Name(name) => write!(f, "\"{name}\""),
        }
    }
}

//! The spelling of a method: printed and parsed.

use std::fmt;
use std::str::FromStr;

use crate::clip::Clip;
use crate::error::Error;
use crate::hyper::Hyperparameters;
use crate::method::{GroupRule, HyperCourse, Method};
use crate::plateau::PlateauSettings;
use crate::rules;
use crate::schedule::{Schedule, key_value};
use crate::wrappers;

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Method { rule, wrappers, schedule, plateau, courses, clip, no_decay, groups, maximize } = self;
        for wrapper in wrappers {
            write!(f, "{}(", wrapper.card().name)?;
        }
        write!(f, "{rule}")?;
        for wrapper in wrappers.iter().rev() {
            f.write_str(")")?;
            (&**wrapper as &dyn Hyperparameters).print(f, "")?;
        }
        if *schedule != Schedule::default() {
            write!(f, ", {schedule}")?;
        }
        if let Some(settings) = plateau {
            f.write_str(", plateau")?;
            (settings as &dyn Hyperparameters).print(f, "")?;
        }
        for (name, course) in courses {
            write!(f, ", {name}: {course}")?;
        }
        if let Some((name, value)) = clip.map(Clip::parts) {
            write!(f, ", {name}={}", crate::hyper::Value::Number(value))?;
        }
        if !no_decay.is_empty() {
            let names: Vec<String> = no_decay.iter().map(ToString::to_string).collect();
            write!(f, ", no_decay={}", names.join(","))?;
        }
        for group in groups {
            write!(f, ", {}:", group.of)?;
            match &group.is {
                GroupRule::Rule(rule) => write!(f, " {rule}")?,
                GroupRule::Settings(settings) => {
                    settings.iter().try_for_each(|(name, value)| write!(f, " {name}={value}"))?;
                }
            }
        }
        if *maximize {
            f.write_str(", maximize")?;
        }
        Ok(())
    }
}

impl fmt::Display for HyperCourse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = crate::hyper::Value::Number;
        match self {
            HyperCourse::Factor(schedule) => write!(f, "{schedule}"),
            HyperCourse::Between(course, from, to) => {
                write!(f, "{course} {}..{}", number(*from), number(*to))
            }
        }
    }
}

impl FromStr for Method {
    type Err = Error;

    fn from_str(text: &str) -> Result<Method, Error> {
        let mut parts = text.split(", ").map(str::trim);
        let mut head = parts.next().unwrap_or_default();
        let mut wrapped = vec![];
        while let Some((name, rest)) = head.split_once('(') {
            let (inside, settings) = rest.rsplit_once(')').unwrap_or((rest, ""));
            let mut wrapper = wrappers::by_name(name)?;
            for word in settings.split_whitespace() {
                let (name, value) = key_value(word)?;
                wrapper.set_text(name, value)?;
            }
            wrapped.push(wrapper);
            head = inside;
        }
        let mut method = Method { wrappers: wrapped, ..Method::new(rules::parse(head)?) };
        for part in parts {
            if let Some(settings) = part.strip_prefix("plateau") {
                let mut plateau = PlateauSettings::default();
                for word in settings.split_whitespace() {
                    let (name, value) = key_value(word)?;
                    (&mut plateau as &mut dyn Hyperparameters).set_text("plateau", name, value)?;
                }
                method.plateau = Some(plateau);
            } else if let Some((_, clip, value)) = Clip::ALL
                .into_iter()
                .find_map(|(name, clip)| Some((name, clip, part.strip_prefix(name)?.strip_prefix('=')?)))
            {
                method.clip = Some(clip(value.parse().unwrap_or(f64::NAN)));
            } else {
                method.schedule = part.parse()?;
            }
        }
        method.validate()?;
        Ok(method)
    }
}

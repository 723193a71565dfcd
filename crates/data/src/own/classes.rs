//! Classes from the values of a target: the distinct values in order, or those of the training data.

use std::collections::BTreeMap;

use crate::text::grouped;
use files::text::nearest;

/// Maximum number of classes; more are assumed to be a mistake.
const MOST: usize = 65_536;

/// Distinct values of a target, in order of appearance.
pub(crate) struct Classes {
    /// Index of each value in order of appearance.
    places: BTreeMap<String, u32>,
    labels: Vec<u32>,
}

/// Error of a value that cannot be a class.
pub(crate) struct NoClass {
    pub(crate) expected: String,
    pub(crate) found: String,
    pub(crate) hint: String,
}

impl Classes {
    pub(crate) fn new() -> Classes {
        Classes { places: BTreeMap::new(), labels: Vec::new() }
    }

    /// Known classes by label.
    pub(crate) fn known(names: &[String]) -> Classes {
        let places = names.iter().cloned().zip(0..).collect();
        Classes { places, labels: Vec::new() }
    }

    /// Adds the value of the next example.
    pub(crate) fn push(&mut self, value: &str) -> Result<(), NoClass> {
        if let Some(&place) = self.places.get(value) {
            self.labels.push(place);
            return Ok(());
        }
        if self.places.len() == MOST {
            return Err(NoClass {
                expected: format!("at most {} classes", grouped(MOST as u64)),
                found: format!("one more, {}", super::quoted(value)),
                hint: "say that the targets are numbers, or choose another target".into(),
            });
        }
        let place = self.places.len() as u32;
        self.places.insert(value.into(), place);
        self.labels.push(place);
        Ok(())
    }

    /// Adds the value of the next example, which must be one of the known classes.
    pub(crate) fn push_known(&mut self, value: &str) -> Result<(), NoClass> {
        if self.places.contains_key(value) {
            return self.push(value);
        }
        let names: Vec<&str> = self.places.keys().map(String::as_str).collect();
        let meant = nearest(value, &names).map_or(String::new(), |name| format!("; did you mean {name:?}?"));
        Err(NoClass {
            expected: format!("one of the {} classes of the training data", grouped(names.len() as u64)),
            found: super::quoted(value) + &meant,
            hint: "test data may only have classes of the training data".into(),
        })
    }

    /// Labels and names of known classes.
    pub(crate) fn into_known(self) -> Vec<u32> {
        self.labels
    }

    /// Labels and names, sorted as numbers if all are numbers, else as words.
    pub(crate) fn finish(self) -> (Vec<u32>, Vec<String>) {
        let Classes { places, mut labels } = self;
        let mut values: Vec<(String, u32)> = places.into_iter().collect();
        let number = |value: &str| value.parse::<f64>().ok().filter(|x| !x.is_nan());
        if values.iter().all(|(value, _)| number(value).is_some()) {
            values.sort_by(|(a, _), (b, _)| number(a).partial_cmp(&number(b)).expect("none is NaN"));
        }
        let mut label_of = vec![0; values.len()];
        values.iter().zip(0..).for_each(|((_, place), label)| label_of[*place as usize] = label);
        labels.iter_mut().for_each(|label| *label = label_of[*label as usize]);
        (labels, values.into_iter().map(|(value, _)| value).collect())
    }
}

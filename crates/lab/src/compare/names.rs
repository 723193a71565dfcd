//! Names of the rows of a comparison: the optimizer, with the settings in which its recipes differ.

use std::collections::{BTreeMap, BTreeSet};

use train::Recipe;

/// Short names, one for each (optimizer, recipe): the optimizer's name; where several recipes have the same, with
/// the settings that not all of these share. Different recipes have different names.
///
/// ```
/// use lab::compare::names;
/// let recipes = [
///     ("adam", "adam lr=0.001, batch=64"),
///     ("sgd", "sgd lr=0.1, cosine, batch=64"),
///     ("sgd", "sgd lr=0.1 momentum=0.9, cosine warmup=5%, batch=64"),
///     ("sgd", "sgd lr=0.5, cosine, batch=64"),
/// ];
/// assert_eq!(names(&recipes), [
///     "adam",
///     "sgd lr=0.1, cosine",
///     "sgd lr=0.1 momentum=0.9, cosine warmup=5%",
///     "sgd lr=0.5, cosine",
/// ]);
/// assert_eq!(names(&recipes[2..]), ["sgd lr=0.1 momentum=0.9, cosine warmup=5%", "sgd lr=0.5, cosine"]);
/// ```
pub fn names(recipes: &[(&str, &str)]) -> Vec<String> {
    let mut groups: BTreeMap<&str, Shared> = BTreeMap::new();
    for (optimizer, recipe) in recipes {
        groups.entry(optimizer).or_insert_with(|| Shared::of(recipe)).narrow(recipe);
    }
    let short: Vec<String> =
        recipes.iter().map(|(optimizer, recipe)| groups[optimizer].name(optimizer, recipe)).collect();
    let mut called: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for (name, recipe) in short.iter().zip(recipes) {
        called.entry(name).or_default().insert(*recipe);
    }
    let name = |(name, (_, recipe)): (&String, &(&str, &str))| {
        if called[name.as_str()].len() == 1 { name.clone() } else { recipe.to_string() }
    };
    short.iter().zip(recipes).map(name).collect()
}

/// [`names`] of recipes.
///
/// ```
/// let recipes = ["sgd lr=0.1".parse()?, "sgd lr=0.35".parse()?];
/// assert_eq!(lab::compare::recipe_names(&recipes), ["sgd lr=0.1", "sgd lr=0.35"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn recipe_names(recipes: &[Recipe]) -> Vec<String> {
    let texts: Vec<(String, String)> =
        recipes.iter().map(|recipe| (recipe.name(), recipe.to_string())).collect();
    let texts: Vec<(&str, &str)> =
        texts.iter().map(|(name, recipe)| (name.as_str(), recipe.as_str())).collect();
    names(&texts)
}

/// Parts that all recipes of an optimizer share.
struct Shared<'r> {
    first: &'r str,
    /// True if there is only one.
    single: bool,
    /// Words of the first part.
    settings: BTreeSet<&'r str>,
    /// Parts after it.
    others: BTreeSet<&'r str>,
}

impl<'r> Shared<'r> {
    fn of(recipe: &'r str) -> Shared<'r> {
        let (first, others) = parts(recipe);
        let settings = first.split_whitespace().collect();
        Shared { first: recipe, single: true, settings, others: others.into_iter().collect() }
    }

    /// Leaves out what another recipe does not have.
    fn narrow(&mut self, recipe: &'r str) {
        if recipe == self.first {
            return;
        }
        self.single = false;
        let (first, others) = parts(recipe);
        let settings: BTreeSet<&str> = first.split_whitespace().collect();
        self.settings.retain(|word| settings.contains(word));
        self.others.retain(|part| others.contains(part));
    }

    /// A recipe without the parts that all have, and in its first part, the optimizer, without shared settings.
    fn name(&self, optimizer: &str, recipe: &str) -> String {
        if self.single {
            return optimizer.to_string();
        }
        let (first, others) = parts(recipe);
        let own = first.split_whitespace();
        let shown: Vec<&str> = match first.contains('(') {
            // Settings of what is inside and outside could not be told apart.
            true => own.collect(),
            false => {
                let differing = own.skip(1).filter(|word| !self.settings.contains(word));
                std::iter::once(optimizer).chain(differing).collect()
            }
        };
        let differing = others.into_iter().filter(|part| !self.others.contains(part)).map(str::to_string);
        std::iter::once(shown.join(" ")).chain(differing).collect::<Vec<_>>().join(", ")
    }
}

/// The optimizer of a recipe, and what follows after commas outside of parentheses.
fn parts(recipe: &str) -> (&str, Vec<&str>) {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (place, c) in recipe.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(recipe[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(recipe[start..].trim());
    (parts[0], parts.split_off(1))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_have_what_differs_and_no_common_part() {
        let sweep = ["0.1", "0.35", "0.6", "3"].map(|lr| format!("sgd lr={lr}, batch=64"));
        let recipes: Vec<(&str, &str)> = sweep.iter().map(|recipe| ("sgd", recipe.as_str())).collect();
        assert_eq!(names(&recipes), ["sgd lr=0.1", "sgd lr=0.35", "sgd lr=0.6", "sgd lr=3"]);
        let nested = [
            ("sam(sgd)", "sam(sgd lr=0.1) rho=0.05, batch=8"),
            ("sam(sgd)", "sam(sgd lr=0.1) rho=0.1, batch=8"),
        ];
        assert_eq!(names(&nested), ["sam(sgd lr=0.1) rho=0.05", "sam(sgd lr=0.1) rho=0.1"]);
        let batches = [("adam", "adam lr=0.1, batch=8"), ("adam", "adam lr=0.1, batch=16")];
        assert_eq!(names(&batches), ["adam, batch=8", "adam, batch=16"]);
        let same = [("adam", "adam lr=0.1"), ("adam", "adam lr=0.1")];
        assert_eq!(names(&same), ["adam", "adam"]);
        assert!(names(&[]).is_empty());
    }
}

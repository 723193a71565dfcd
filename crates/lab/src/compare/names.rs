//! Names of the rows of a comparison: the optimizer, with the settings in which its recipes differ.

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
    let short: Vec<String> = recipes
        .iter()
        .map(|(optimizer, recipe)| {
            let group: Vec<&str> =
                recipes.iter().filter(|(other, _)| other == optimizer).map(|(_, recipe)| *recipe).collect();
            match group.iter().all(|other| other == recipe) {
                true => optimizer.to_string(),
                false => without_shared(optimizer, recipe, &group),
            }
        })
        .collect();
    let is_unique = |index: usize| {
        let same = |other: usize| short[other] == short[index] && recipes[other] != recipes[index];
        !(0..recipes.len()).any(same)
    };
    let name =
        |index: usize| if is_unique(index) { short[index].clone() } else { recipes[index].1.to_string() };
    (0..recipes.len()).map(name).collect()
}

/// A recipe without the parts that all of the group have, and in its first part, the optimizer, without shared
/// settings.
fn without_shared(optimizer: &str, recipe: &str, group: &[&str]) -> String {
    let (first, others) = parts(recipe);
    let settings = |first: &str| -> Vec<String> { first.split_whitespace().map(str::to_string).collect() };
    let in_all = |word: &String| group.iter().all(|other| settings(parts(other).0).contains(word));
    let nested = first.contains('(');
    let own = settings(first);
    let shown: Vec<String> = match nested {
        // Settings of what is inside and outside could not be told apart.
        true => own,
        false => {
            let differing = own.into_iter().skip(1).filter(|word| !in_all(word));
            std::iter::once(optimizer.to_string()).chain(differing).collect()
        }
    };
    let differing =
        others.into_iter().filter(|part| !group.iter().all(|other| parts(other).1.contains(part)));
    std::iter::once(shown.join(" ")).chain(differing.map(str::to_string)).collect::<Vec<_>>().join(", ")
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

//! Lines that two texts do not share.

/// Pairs of lines up to which the shortest difference is looked for.
const PAIRS: usize = 4_000_000;

/// The lines that differ, in order: `- ` of the old text, `+ ` of the new one.
///
/// ```
/// let lines = lab::store::line_differences("seeds = 3\ntrials = 8", "seeds = 3\ntrials = 16");
/// assert_eq!(lines, ["- trials = 8", "+ trials = 16"]);
/// ```
pub fn lines(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);

    if old.len() * new.len() > PAIRS {
        let removed = old.iter().map(|line| format!("- {line}"));
        return removed.chain(new.iter().map(|line| format!("+ {line}"))).collect();
    }
    let width = new.len() + 1;
    // The longest common subsequence of what is left from (i, j) on.
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i * width + j] = match old[i] == new[j] {
                true => longest[(i + 1) * width + j + 1] + 1,
                false => longest[(i + 1) * width + j].max(longest[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == new.len()
            || i < old.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1]
        {
            lines.push(format!("- {}", old[i]));
            i += 1;
        } else {
            lines.push(format!("+ {}", new[j]));
            j += 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn only_what_differs_is_listed_in_order() {
        for (old, new, expected) in [
            ("a\nb", "a\nb", &[][..]),
            ("", "a", &["+ a"]),
            ("a\nb\nc\nd", "a\nc\nx\nd", &["- b", "+ x"]),
            ("a\nb", "", &["- a", "- b"]),
            ("a\nb\na", "b\na\nb", &["- a", "+ b"]),
        ] {
            assert_eq!(lines(old, new), expected, "{old:?} {new:?}");
        }
    }
}

//! Labels at the ends of lines: short, distinct, and without overlap.

use crate::text::{shorten, width as columns_of};

/// Maximum number of characters of a label.
const LABEL_COLUMNS: usize = 18;

/// Minimum distance of labels in pixels.
pub(crate) const LABEL_HEIGHT: f64 = 14.0;

/// Names that fit and still differ: the last words go first where all names share them, then the
/// first ones.
pub(crate) fn labels(names: Vec<String>) -> Vec<String> {
    if names.iter().all(|name| columns_of(name) <= LABEL_COLUMNS) {
        return names;
    }
    let words: Vec<Vec<&str>> = names.iter().map(|name| name.split(' ').collect()).collect();
    let backwards: Vec<Vec<&str>> = words.iter().map(|words| words.iter().rev().copied().collect()).collect();
    let (head, tail) = (shared(&words), shared(&backwards));
    let label = |words: &Vec<&str>| {
        let kept = &words[..words.len() - tail];
        let without_tail = format!("{} …", kept.join(" "));
        if tail > 0 && !kept.is_empty() && columns_of(&without_tail) <= LABEL_COLUMNS {
            return without_tail;
        }
        let kept = kept.get(head..).filter(|kept| !kept.is_empty()).unwrap_or(words);
        shorten(&kept.join(" "), LABEL_COLUMNS)
    };
    words.iter().map(label).collect()
}

/// Number of first words that all names share.
fn shared(words: &[Vec<&str>]) -> usize {
    let same = |place: &usize| {
        let first = words[0].get(*place);
        first.is_some() && words.iter().all(|words| words.get(*place) == first)
    };
    (0..).take_while(same).count()
}

/// Rising heights moved at least a label apart: halfway between pushing everything down and
/// pushing everything up, which keeps the distances of both.
pub(crate) fn spread(rising: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let below = |y: &mut f64, at: &f64| {
        *y = at.max(*y + LABEL_HEIGHT);
        Some(*y)
    };
    let above = |y: &mut f64, at: &f64| {
        *y = at.min(*y - LABEL_HEIGHT);
        Some(*y)
    };
    let (before, after) = (top - LABEL_HEIGHT, bottom + LABEL_HEIGHT);
    let pushed_down: Vec<f64> = rising.iter().scan(before, below).collect();
    let mut down: Vec<f64> = pushed_down.iter().rev().scan(after, above).collect();
    down.reverse();
    let mut pushed_up: Vec<f64> = rising.iter().rev().scan(after, above).collect();
    pushed_up.reverse();
    let up = pushed_up.iter().scan(before, below);
    down.iter().zip(up).map(|(down, up)| (down + up) / 2.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_move_apart_evenly_and_stay_inside() {
        assert_eq!(spread(&[100.0, 200.0], 0.0, 300.0), [100.0, 200.0]);
        assert_eq!(spread(&[100.0, 100.0], 0.0, 300.0), [93.0, 107.0]);
        assert_eq!(spread(&[300.0, 310.0], 0.0, 300.0), [286.0, 300.0]);
        assert_eq!(spread(&[-5.0, 0.0], 0.0, 300.0), [0.0, 14.0]);
        assert_eq!(spread(&[], 0.0, 300.0), [0.0; 0]);
    }

    #[test]
    fn labels_differ_where_the_names_do() {
        let names = |names: &[&str]| names.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        assert_eq!(labels(names(&["sgd", "adam"])), ["sgd", "adam"]);
        let long = names(&["sgd lr=0.1 momentum=0.9 nesterov", "sgd lr=0.2 momentum=0.9 nesterov"]);
        assert_eq!(labels(long), ["sgd lr=0.1 …", "sgd lr=0.2 …"]);
        let longer = names(&["adam beta1=0.9 epsilon=1e-8", "adam beta1=0.9 epsilon=1e-10"]);
        assert_eq!(labels(longer), ["epsilon=1e-8", "epsilon=1e-10"]);
        assert_eq!(labels(names(&["one optimizer of a long name"])), ["one optim…ong name"]);
        assert_eq!(labels(vec![]), [""; 0]);
    }
}

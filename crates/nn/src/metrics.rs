//! Metrics of predictions.

/// Class with the maximum score in each row of [n, classes]; the first of equal ones.
///
/// ```
/// assert_eq!(nn::metrics::predictions(&[0.1, 0.9, 3.0, -1.0], 2), [1, 0]);
/// ```
///
/// # Panics
/// If the number of scores is not a multiple of `classes`.
#[track_caller]
pub fn predictions<T: PartialOrd>(scores: &[T], classes: usize) -> Vec<u32> {
    assert!(
        classes > 0 && scores.len().is_multiple_of(classes),
        "expected rows of {classes} scores, found {} numbers",
        scores.len()
    );
    let greatest = |row: &[T]| (1..classes).fold(0, |best, i| if row[i] > row[best] { i } else { best });
    scores.chunks_exact(classes).map(|row| greatest(row) as u32).collect()
}

/// Fraction of predictions that equal the label, 0 to 1; NaN without predictions.
///
/// # Panics
/// If the lengths differ.
#[track_caller]
pub fn accuracy(predictions: &[u32], labels: &[u32]) -> f64 {
    assert_eq!(predictions.len(), labels.len(), "expected one label per prediction");
    let right = predictions.iter().zip(labels).filter(|(p, y)| p == y).count();
    right as f64 / labels.len() as f64
}

/// Confusion matrix: counts of each true class (row) predicted as each class (column).
///
/// ```
/// let counts = nn::metrics::confusion(&[0, 1, 1], &[0, 0, 1], 2);
/// assert_eq!(counts, [[1, 1], [0, 1]]);
/// ```
///
/// # Panics
/// If the lengths differ, or a label is not below `classes`.
#[track_caller]
pub fn confusion(predictions: &[u32], labels: &[u32], classes: usize) -> Vec<Vec<u64>> {
    assert_eq!(predictions.len(), labels.len(), "expected one label per prediction");
    let mut counts = vec![vec![0; classes]; classes];
    for (&p, &y) in predictions.iter().zip(labels) {
        counts[y as usize][p as usize] += 1;
    }
    counts
}

//! How good predictions are.

/// The class with the greatest score in each row of [n, classes]; of equals the first.
///
/// ```
/// assert_eq!(nn::metrics::predictions(&[0.1, 0.9, 3.0, -1.0], 2), [1, 0]);
/// ```
///
/// # Panics
/// If the scores are not whole rows.
#[track_caller]
pub fn predictions(scores: &[f32], classes: usize) -> Vec<u32> {
    assert!(
        classes > 0 && scores.len().is_multiple_of(classes),
        "{} scores of {classes} classes",
        scores.len()
    );
    let greatest = |row: &[f32]| (1..classes).fold(0, |best, i| if row[i] > row[best] { i } else { best });
    scores.chunks_exact(classes).map(|row| greatest(row) as u32).collect()
}

/// The share of predictions that equal the label, 0 to 1; NaN for none.
///
/// # Panics
/// If there are not as many labels.
#[track_caller]
pub fn accuracy(predictions: &[u32], labels: &[u32]) -> f64 {
    assert_eq!(predictions.len(), labels.len(), "as many predictions as labels");
    let right = predictions.iter().zip(labels).filter(|(p, y)| p == y).count();
    right as f64 / labels.len() as f64
}

/// How often each class (row) was predicted as each class (column).
///
/// ```
/// let counts = nn::metrics::confusion(&[0, 1, 1], &[0, 0, 1], 2);
/// assert_eq!(counts, [[1, 1], [0, 1]]);
/// ```
///
/// # Panics
/// If there are not as many labels, or one is not below `classes`.
#[track_caller]
pub fn confusion(predictions: &[u32], labels: &[u32], classes: usize) -> Vec<Vec<u64>> {
    assert_eq!(predictions.len(), labels.len(), "as many predictions as labels");
    let mut counts = vec![vec![0; classes]; classes];
    for (&p, &y) in predictions.iter().zip(labels) {
        counts[y as usize][p as usize] += 1;
    }
    counts
}

//! Numbers and names in messages.

/// Formats an integer with thousands separators: `60,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Candidate nearest to a mistyped name, if any is near.
pub(crate) fn nearest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let name = name.to_lowercase();
    // One typo is near even in a short word.
    let slip = |candidate: &str| f64::from(strsim::osa_distance(&name, candidate) == 1);
    let score = |candidate: &str| strsim::jaro_winkler(&name, candidate).max(0.9 * slip(candidate));
    let best = candidates.iter().copied().max_by(|a, b| score(a).total_cmp(&score(b)))?;
    (score(best) > 0.7).then_some(best)
}

//! Statistics of a few paired runs, in double precision.

/// Arithmetic mean; NaN for none.
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The sample's standard deviation, with n − 1; NaN for fewer than two values.
pub fn deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let mean = mean(values);
    (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64).sqrt()
}

/// The middle value, or the mean of the two middle ones; infinities have their place, and NaN
/// comes last. `None` for no values.
///
/// ```
/// assert_eq!(lab::stats::median(&[3.0, 1.0, f64::INFINITY]), Some(3.0));
/// ```
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(0.5 * (sorted[middle - 1] + sorted[middle])),
    }
}

/// Half the width of the 95% confidence interval of the mean, by Student's t; `None` for fewer
/// than two values.
pub fn interval95(values: &[f64]) -> Option<f64> {
    let n = values.len() as f64;
    (values.len() >= 2).then(|| student_quantile(0.975, n - 1.0) * deviation(values) / n.sqrt())
}

/// The 95% confidence interval of a share, `successes` of `trials`, by Wilson's score (Wilson
/// 1927): it stays within 0 and 1 and holds for shares near either. `None` for no trials.
///
/// ```
/// let (low, high) = lab::stats::wilson95(9_774, 10_000).unwrap();
/// assert!(0.9742 < low && low < 0.9774 && 0.9774 < high && high < 0.9802);
/// ```
pub fn wilson95(successes: u64, trials: u64) -> Option<(f64, f64)> {
    const Z: f64 = 1.959_963_984_540_054; // the normal distribution's 97.5% quantile
    let (n, p) = (trials as f64, successes as f64 / trials as f64);
    let middle = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (trials > 0).then(|| (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0)))
}

/// Of a confusion matrix with a row for each true class: for each class the share of its
/// predictions that are right, and the share of its images that are found; NaN for a share of none.
///
/// ```
/// let shares = lab::stats::precision_and_recall(&[vec![3, 1], vec![0, 4]]);
/// assert_eq!(shares, [(1.0, 0.75), (0.8, 1.0)]);
/// ```
pub fn precision_and_recall(confusion: &[Vec<u64>]) -> Vec<(f64, f64)> {
    let shares = |class: usize| {
        let right = confusion[class][class] as f64;
        let predicted: u64 = confusion.iter().map(|row| row[class]).sum();
        let there: u64 = confusion[class].iter().sum();
        (right / predicted as f64, right / there as f64)
    };
    (0..confusion.len()).map(shares).collect()
}

/// The two-sided p-value of Student's paired t-test for the mean of these differences being 0.
/// `None` for fewer than two; if all differences are equal, 1 for zeros and else 0.
pub fn paired_t_test(differences: &[f64]) -> Option<f64> {
    if differences.len() < 2 {
        return None;
    }
    let (mean, deviation, n) = (mean(differences), deviation(differences), differences.len() as f64);
    if deviation == 0.0 {
        return Some(if mean == 0.0 { 1.0 } else { 0.0 });
    }
    let t = mean / (deviation / n.sqrt());
    Some(2.0 * student_cdf(-t.abs(), n - 1.0))
}

/// Holm's correction for testing several hypotheses (Holm 1979): the p-values in the order given,
/// each adjusted so that comparing it with α bounds the chance of any false positive by α.
///
/// ```
/// assert_eq!(lab::stats::holm(&[0.03, 0.01, 0.04]), [0.06, 0.03, 0.06]);
/// ```
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut greatest: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        greatest = greatest.max((p_values.len() - rank) as f64 * p_values[index]).min(1.0);
        adjusted[index] = greatest;
    }
    adjusted
}

/// P(T ≤ t) for Student's t with `degrees` degrees of freedom.
pub fn student_cdf(t: f64, degrees: f64) -> f64 {
    let tail = 0.5 * incomplete_beta(0.5 * degrees, 0.5, degrees / (degrees + t * t));
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The t with P(T ≤ t) = p, by bisection to the last bit.
pub fn student_quantile(p: f64, degrees: f64) -> f64 {
    let (mut low, mut high) = (-1e9, 1e9);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return middle;
        }
        if student_cdf(middle, degrees) < p { low = middle } else { high = middle }
    }
}

/// The regularised incomplete beta function Iₓ(a, b), by its continued fraction (Lentz's method;
/// Abramowitz & Stegun 26.5.8).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    // The fraction converges fast on this side of the mean.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = (a * x.ln() + b * (1.0 - x).ln() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b)).exp() / a;
    let tiny = f64::MIN_POSITIVE;
    let away = |x: f64| if x.abs() < tiny { tiny } else { x };
    let (mut c, mut d) = (1.0, 1.0 / away(1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for i in 1..10_000 {
        let m = f64::from(i);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for numerator in [even, odd] {
            d = 1.0 / away(1.0 + numerator * d);
            c = away(1.0 + numerator / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    front * fraction
}

/// ln Γ(x) for x > 0, by Stirling's series after shifting x above 15.
fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < 15.0 {
        shift += x.ln();
        x += 1.0;
    }
    let inverse = 1.0 / x;
    let square = inverse * inverse;
    let series = [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0];
    let series = series.iter().rev().fold(0.0, |sum, c| sum * square + c) * inverse;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - shift
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUDENT_CDF: [(f64, f64, f64); 8] = [
        (-3.0, 1.0, 0.10241638234956672),
        (0.5, 1.0, 0.6475836176504333),
        (2.0, 4.0, 0.9419417382415922),
        (-1.7, 4.0, 0.082177470635025),
        (0.0, 7.0, 0.5),
        (2.5, 9.5, 0.9837074711051979),
        (-8.0, 19.0, 8.379773441409066e-08),
        (1.0, 200.0, 0.8407405760451266),
    ];
    const STUDENT_QUANTILE: [(f64, f64, f64); 5] = [
        (0.975, 1.0, 12.706204736174694),
        (0.975, 2.0, 4.302652729749462),
        (0.975, 4.0, 2.7764451051977934),
        (0.975, 19.0, 2.0930240544083087),
        (0.9, 100.0, 1.290074761346516),
    ];
    const PAIRED_P: f64 = 0.07285505961025568;

    /// `scipy.stats.t.cdf(t, n)` and `t.ppf(p, n)`, SciPy 1.17.
    #[test]
    fn students_distribution_is_scipys() {
        for (t, n, cdf) in STUDENT_CDF {
            assert!((student_cdf(t, n) - cdf).abs() <= 1e-12, "cdf({t}, {n})");
        }
        for (p, n, t) in STUDENT_QUANTILE {
            assert!((student_quantile(p, n) / t - 1.0).abs() <= 1e-11, "quantile({p}, {n})");
        }
    }

    /// `scipy.stats.ttest_rel`.
    #[test]
    fn the_paired_test_is_scipys() {
        let differences = [0.1, 0.3, -0.05, 0.2, 0.15];
        assert!((paired_t_test(&differences).unwrap() - PAIRED_P).abs() <= 1e-12);
        assert_eq!(paired_t_test(&[0.5]), None);
        assert_eq!(paired_t_test(&[0.0, 0.0]), Some(1.0));
    }

    /// `scipy.stats.binomtest(k, n).proportion_ci(0.95, method="wilson")`, SciPy 1.17.
    #[test]
    fn wilsons_interval_is_scipys() {
        for (successes, trials, low, high) in [
            (0, 10, 0.0, 0.27753279986288926),
            (10, 10, 0.7224672001371109, 1.0),
            (9774, 10000, 0.9742984881811216, 0.9801348701745562),
            (3, 7, 0.1582198552514697, 0.7495416354723428),
            (1, 1, 0.20654931437723745, 1.0),
            (500, 1000, 0.4690696003681042, 0.5309303996318958),
        ] {
            let found = wilson95(successes, trials).unwrap();
            assert!(
                (found.0 - low).abs() <= 1e-12 && (found.1 - high).abs() <= 1e-12,
                "{successes}/{trials}"
            );
        }
        assert_eq!(wilson95(0, 0), None);
    }

    #[test]
    fn a_class_that_is_never_predicted_has_no_precision() {
        let shares = precision_and_recall(&[vec![2, 0], vec![2, 0]]);
        assert_eq!(shares[0], (0.5, 1.0));
        assert!(shares[1].0.is_nan() && shares[1].1 == 0.0);
    }

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[2.0, 1.0]), Some(1.5));
        assert_eq!(median(&[1.0, f64::INFINITY, f64::INFINITY]), Some(f64::INFINITY));
    }
}

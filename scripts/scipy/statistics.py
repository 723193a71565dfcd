"""Records what SciPy computes, for the tests of `lab::stats`.

usage: python statistics.py OUT_FILE

Writes JSON: samples by name, and for each function of `lab::stats` its arguments and SciPy's values.
The samples are of NumPy's RandomState, whose stream does not change between versions.
"""

import json
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy import integrate, stats

warnings.simplefilter("ignore", RuntimeWarning)

DEGREES = [1, 2, 4, 9, 19.5, 100, 1000]
LEVELS = [1e-10, 1e-4, 0.005, 0.025, 0.3, 0.5, 0.8, 0.975, 0.9999]


def numbers(values):
    return [float(x) for x in np.asarray(values).ravel()]


def distributions():
    t = [-40.0, -3.0, -0.1, 0.0, 1e-3, 0.7, 2.5, 12.0]
    f = [1e-3, 0.2, 0.9, 1.0, 1.7, 8.0, 60.0]
    x = [1e-3, 0.5, 3.0, 9.0, 40.0, 120.0]
    z = [-8.0, -3.0, -1.0, -1e-3, 0.0, 0.5, 2.0, 6.0]
    pairs = [(1, 1), (2, 12), (9, 49), (9, 99), (30, 4), (200, 300)]
    return {
        "normal_cdf": [[z_, float(stats.norm.cdf(z_))] for z_ in z],
        "normal_quantile": [[p, float(stats.norm.ppf(p))] for p in LEVELS],
        "student_cdf": [[t_, n, float(stats.t.cdf(t_, n))] for n in DEGREES for t_ in t],
        "student_quantile": [[p, n, float(stats.t.ppf(p, n))] for n in DEGREES for p in LEVELS],
        "chi_squared_cdf": [[x_, n, float(stats.chi2.cdf(x_, n))] for n in DEGREES for x_ in x],
        "chi_squared_sf": [[x_, n, float(stats.chi2.sf(x_, n))] for n in DEGREES for x_ in x],
        "chi_squared_quantile": [[p, n, float(stats.chi2.ppf(p, n))] for n in DEGREES for p in LEVELS[1:]],
        "fisher_cdf": [[f_, m, n, float(stats.f.cdf(f_, m, n))] for m, n in pairs for f_ in f],
        "fisher_sf": [[f_, m, n, float(stats.f.sf(f_, m, n))] for m, n in pairs for f_ in f],
        "fisher_quantile": [[p, m, n, float(stats.f.ppf(p, m, n))] for m, n in pairs for p in LEVELS[1:]],
        # scipy.stats.studentized_range integrates to 1e-11 only; with infinite degrees it is this integral.
        "range_cdf": [[q, k, range_cdf(q, k)] for k in [2, 3, 5, 13, 40] for q in [0.5, 2.0, 3.3, 4.7, 7.0]],
    }


def range_cdf(q, k):
    def integrand(z):
        return stats.norm.pdf(z) * (stats.norm.cdf(z) - stats.norm.cdf(z - q)) ** (k - 1)

    value = k * sum(integrate.quad(integrand, a, a + 1, epsabs=1e-15, epsrel=1e-13)[0] for a in range(-9, 17))
    assert abs(value - stats.studentized_range.cdf(q, k, np.inf)) < 1e-9
    return float(value)


def samples():
    random = np.random.RandomState(7)
    drawn = {f"normal {n}": random.normal(0.3, 1.0, n) for n in [2, 5, 10, 16, 30, 50, 70]}
    drawn["ties 12"] = np.round(random.normal(0.4, 1.0, 12), 1)
    drawn["ties 40"] = np.round(random.normal(0.2, 1.0, 40), 1)
    drawn["zeros 15"] = np.round(random.normal(0.2, 0.7, 15))
    drawn["accuracies 10"] = np.array([3, 1, -1, 4, 2, 2, 0, 5, 1, 3]) / 1000
    drawn["skewed 20"] = np.exp(random.normal(0.0, 0.8, 20))
    return drawn


def one_sample(d):
    t = stats.ttest_1samp(d, 0.0)
    interval = t.confidence_interval(0.95)
    result = {
        "t": [float(t.statistic), float(t.df), float(t.pvalue), float(interval.low), float(interval.high)],
        "iqm": float(stats.trim_mean(d, 0.25)),
        "sign": float(stats.binomtest(int((d > 0).sum()), int((d != 0).sum())).pvalue),
    }
    result["wilcoxon"] = signed_ranks(d)
    if len(d) <= 16:
        flips = stats.permutation_test(
            (d,), np.sum, permutation_type="samples", n_resamples=np.inf, vectorized=False
        )
        result["sign_flip"] = float(flips.pvalue)
    return result


def signed_ranks(d):
    """SciPy's test where it is exact, or has more than 50 differences; others are counted out by convolution."""
    ties = len(np.unique(np.abs(d))) < len(d) or (d == 0).any()
    some = d[d != 0]
    if not ties or len(some) > 50:
        w = stats.wilcoxon(d, method="exact" if len(d) <= 50 else "asymptotic", correction=False)
        return [float(w.statistic), float(w.pvalue)]
    ranks = stats.rankdata(np.abs(some))
    below = min(ranks[some > 0].sum(), ranks[some < 0].sum())
    chances = np.ones(1)
    for rank in ranks:
        chances = np.convolve(chances, [0.5] + [0.0] * (int(2 * rank) - 1) + [0.5])
    p = min(1.0, 2 * chances[: int(2 * below) + 1].sum())
    if len(d) <= 13:
        assert abs(p - stats.wilcoxon(d).pvalue) < 1e-12
    return [float(below), float(p)]


def two_samples(a, b):
    t = stats.ttest_ind(a, b, equal_var=False)
    interval = t.confidence_interval(0.9)
    ties = len(np.unique(np.concatenate([a, b]))) < len(a) + len(b)
    exact = not ties and max(len(a), len(b)) <= 50
    u = stats.mannwhitneyu(a, b, method="exact" if exact else "asymptotic")
    ratio = np.var(a, ddof=1) / np.var(b, ddof=1)
    f = stats.f(len(a) - 1, len(b) - 1)
    return {
        "welch": [float(t.statistic), float(t.df), float(t.pvalue), float(interval.low), float(interval.high)],
        "mann_whitney": [float(u.statistic), float(u.pvalue)],
        "variance_ratio": [float(ratio), float(2 * min(f.cdf(ratio), f.sf(ratio)))],
    }


def bca(values, statistic):
    result = stats.bootstrap(
        (values,), statistic, n_resamples=499, confidence_level=0.9, method="BCa",
        random_state=np.random.RandomState(3),
    )
    n = len(values)
    return {
        "values": numbers(values),
        "replicates": numbers(result.bootstrap_distribution),
        "observed": float(statistic(values)),
        "jackknife": [float(statistic(np.delete(values, i))) for i in range(n)],
        "interval": [float(result.confidence_interval.low), float(result.confidence_interval.high)],
    }


def friedman(scores):
    result = stats.friedmanchisquare(*scores.T)
    # Iman & Davenport's F is that of the analysis of variance of the ranks.
    ranks = stats.rankdata(scores, axis=1)
    n, k = ranks.shape
    between = n * ((ranks.mean(axis=0) - ranks.mean()) ** 2).sum()
    within = ((ranks - ranks.mean()) ** 2).sum() - between
    f = (between / (k - 1)) / (within / ((k - 1) * (n - 1)))
    return {
        "scores": [numbers(row) for row in scores],
        "ranks": numbers(stats.rankdata(scores, axis=1).mean(axis=0)),
        "chi_squared": float(result.statistic),
        "p": float(result.pvalue),
        "f": [float(f), float(stats.f.sf(f, k - 1, (k - 1) * (n - 1)))],
    }


def survival(times, missed):
    data = stats.CensoredData.right_censored(times, missed)
    curve = stats.ecdf(data).sf
    band = curve.confidence_interval(0.95, method="log-log")
    return {
        "times": numbers(times),
        "missed": [bool(m) for m in missed],
        "steps": numbers(curve.quantiles),
        "share": numbers(curve.probabilities),
        "low": [None if np.isnan(x) else float(x) for x in band.low.probabilities],
        "high": [None if np.isnan(x) else float(x) for x in band.high.probabilities],
    }


def main():
    drawn = samples()
    names = list(drawn)
    random = np.random.RandomState(11)
    table = random.normal(0, 1, (9, 4)) + np.arange(4) * 0.7
    times = np.round(random.exponential(30, 12)) + 1
    recorded = {
        "versions": {name: version(name) for name in ["scipy", "numpy"]},
        "distributions": distributions(),
        "samples": {name: numbers(d) for name, d in drawn.items()},
        "one_sample": {name: one_sample(d) for name, d in drawn.items()},
        "two_samples": [
            {"a": a, "b": b, **two_samples(drawn[a], drawn[b])} for a, b in zip(names, names[1:])
        ],
        "bca": [bca(drawn["normal 10"], np.mean), bca(drawn["skewed 20"], np.std)],
        "friedman": [friedman(table), friedman(np.round(table))],
        "survival": [survival(times, times > 40), survival(times, np.arange(12) % 3 == 0)],
    }
    Path(sys.argv[1]).write_text(json.dumps(recorded, indent=None, separators=(",", ":")).replace('},"', '},\n"') + "\n")


if __name__ == "__main__":
    main()

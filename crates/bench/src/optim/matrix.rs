//! Rules whose work is in matrix products: a step on one square matrix, as a share of the multiply-add
//! peak.

use optim::Optimizer;
use serde_json::{Value, json};
use tensor::{Layout, Role};

use crate::options::Options;
use crate::{Case, peak, quantiles, time};

/// Rows and columns of the matrix.
const SIDE: usize = 1024;

/// Steps from one computation of roots or axes to the next, where there are any.
const EVERY: usize = 5;

/// The share of the peak that a step on one thread should reach.
const TARGET: f64 = 0.70;

/// A rule, and what a step is made of: as many products of the matrix's size (2·n³ operations each) and
/// symmetric ones (half of that), and how many n³ operations in double precision for roots or axes.
struct Work {
    spec: String,
    steps: usize,
    products: f64,
    symmetric: f64,
    cubes: f64,
}

fn works() -> [Work; 4] {
    let often = |rule: &str| format!("{rule} max_dim={SIDE} precondition_every={EVERY}");
    let every = 1.0 / EVERY as f64;
    [
        Work { spec: "muon".into(), steps: 1, products: 5.0, symmetric: 10.0, cubes: 0.0 },
        Work { spec: "scion".into(), steps: 1, products: 5.0, symmetric: 10.0, cubes: 0.0 },
        // Two decompositions of 9·n³ each, and a product for each root.
        Work {
            spec: often("shampoo"),
            steps: EVERY,
            products: 2.0 + 2.0 * every,
            symmetric: 2.0,
            cubes: 18.0 * every,
        },
        // Two turns: a product in double precision, 2·n³, and a QR decomposition, 8/3·n³.
        Work { spec: often("soap"), steps: EVERY, products: 6.0, symmetric: 2.0, cubes: 28.0 / 3.0 * every },
    ]
}

impl Work {
    /// Floating-point operations of a step.
    fn operations(&self) -> f64 {
        let cube = (SIDE as f64).powi(3);
        (2.0 * self.products + self.symmetric + self.cubes) * cube
    }

    fn name(&self, threads: usize) -> String {
        format!("matrix {} side={SIDE} threads={threads}", self.spec)
    }

    fn case(&self, threads: usize) -> Case {
        let rule = optim::parse_rule(&self.spec).expect("a rule of the registry");
        let n = SIDE * SIDE;
        let mut layout = Layout::new();
        layout.push("weight", [SIDE, SIDE], Role::Matrix);
        let g: Vec<f32> = (0..n).map(|i| ((i * 7919 % 1009) as f32 - 504.0) * 1e-3).collect();
        let mut w = vec![1.0_f32; n];
        let mut optimizer = Optimizer::from_boxed(rule, n).expect("settings in range").with_layout(layout);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        let steps = self.steps;
        let mut is_warm = false;
        let work = move || {
            pool.install(|| {
                if !is_warm {
                    // Roots are computed again at each of the first steps.
                    (0..steps).for_each(|_| optimizer.step(&mut w, &g));
                    is_warm = true;
                }
                time(|| (0..steps).for_each(|_| optimizer.step(&mut w, &g))) / steps as f64
            })
        };
        Case {
            name: self.name(threads),
            operations: self.operations(),
            cores: threads,
            target: if threads == 1 { TARGET } else { 0.0 },
            work: Box::new(work),
            seconds: vec![],
        }
    }
}

/// Measures what is wanted of them, in rounds with the peak of each; an entry a row.
pub(super) fn measure(options: &Options, rounds: u32) -> Vec<(String, Value)> {
    let mut rows = vec![];
    if rounds == 0 {
        return rows;
    }
    for threads in [1, 2] {
        for work in works().iter().filter(|work| options.wants(&work.name(threads))) {
            eprintln!("{}", work.name(threads));
            let (mut peak, mut case) = (peak::case(threads), work.case(threads));
            let mut shares = vec![];
            for _ in 0..rounds {
                let of_peak = peak.operations / (peak.work)();
                let seconds = (case.work)();
                shares.push(case.operations / seconds / of_peak);
                case.seconds.push(seconds);
            }
            case.seconds.sort_by(f64::total_cmp);
            shares.sort_by(f64::total_cmp);
            let [least, median, greatest] = quantiles(&case.seconds);
            let figures = json!({
                "rule": work.spec, "threads": threads, "side": SIDE, "rounds": rounds,
                "operations": case.operations, "target": case.target,
                "seconds": {"min": least, "median": median, "max": greatest},
                "gflops": case.operations / median / 1e9, "share_of_peak": quantiles(&shares)[1],
            });
            rows.push((case.name, figures));
        }
    }
    rows
}

/// A table of the file's rows; nothing if there are none.
pub(super) fn table(report: &Value) -> String {
    let mut text = String::new();
    for threads in [1, 2] {
        for work in works() {
            let figures = &report["matrix"][work.name(threads)];
            let (Some(median), Some(operations)) =
                (figures["seconds"]["median"].as_f64(), figures["operations"].as_f64())
            else {
                continue;
            };
            let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
            let seconds = &figures["seconds"];
            let target = number(&figures["target"]);
            text += &format!(
                "{:<20}{threads:>8}{:>9.1}{:>9.1}{:>7.0}%{:>9.1}{:>8.0}%{:>8}\n",
                work.spec.split(' ').next().unwrap_or_default(),
                operations / 1e9,
                1e3 * median,
                100.0 * (number(&seconds["max"]) - number(&seconds["min"])) / median,
                number(&figures["gflops"]),
                100.0 * number(&figures["share_of_peak"]),
                if target > 0.0 { format!("{:.0}%", 100.0 * target) } else { String::new() },
            );
        }
    }
    if text.is_empty() {
        return text;
    }
    let head = format!(
        "{:<20}{:>8}{:>9}{:>9}{:>8}{:>9}{:>9}{:>8}\n",
        "", "threads", "GFLOP", "ms", "spread", "GFLOP/s", "of peak", "target"
    );
    format!(
        "a step on a {SIDE}×{SIDE} matrix\n{head}{text}\
         GFLOP: of the products and decompositions, symmetric ones counted by half; roots\n\
         and axes every {EVERY} steps. of peak: of single-precision multiply-adds in the same\n\
         round, though decompositions are in double precision.\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_fits_the_terminal_and_every_rule_is_known() {
        let mut rows = serde_json::Map::new();
        for (work, threads) in works().iter().flat_map(|work| [(work, 1), (work, 2)]) {
            assert!(optim::parse_rule(&work.spec).is_ok(), "{}", work.spec);
            let figures = json!({
                "operations": work.operations(), "target": 0.7, "gflops": 1234.5, "share_of_peak": 1.0,
                "seconds": {"min": 1.0, "median": 1.5, "max": 2.0},
            });
            rows.insert(work.name(threads), figures);
        }
        let text = table(&json!({ "matrix": rows }));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let muon = text.lines().find(|line| line.starts_with("muon")).expect("a row");
        let words: Vec<&str> = muon.split_whitespace().collect();
        assert_eq!(words, ["muon", "1", "21.5", "1500.0", "67%", "1234.5", "100%", "70%"]);
        assert_eq!(table(&json!({})), "");
    }
}

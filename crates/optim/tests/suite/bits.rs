//! The same bits however the work is cut: into blocks, chunks, threads, instructions or sessions.

use optim::{DynRule, Optimizer, Requires, Tier};
use proptest::prelude::*;
use tensor::parallel::CHUNK;
use tensor::simd::Path;
use tensor::{Layout, Role};

use crate::{number, numbers, step, variants};

const STEPS: usize = 3;

/// The weights after STEPS updates, with an optimizer prepared by `with`.
fn run(rule: &dyn DynRule, n: usize, with: impl Fn(Optimizer) -> Optimizer) -> Vec<u32> {
    let mut optimizer = with(Optimizer::from_boxed(rule.boxed(), n).expect("valid"));
    let mut w = numbers(n, 0);
    for t in 1..=STEPS {
        step(&mut optimizer, &mut w, &numbers(n, t));
    }
    bits(&w)
}

pub(crate) fn bits(w: &[f32]) -> Vec<u32> {
    w.iter().map(|w| w.to_bits()).collect()
}

/// The rules of which a weight's own gradients decide its update: not its place, as for a rule
/// that adds noise, and not its neighbors. Those that look at the whole vector are in `tensors`.
fn elementwise() -> Vec<Box<dyn DynRule>> {
    let mut rules = variants();
    rules.retain(|rule| rule.tier() == Tier::Elementwise && rule.info().name != "noisy_sgd");
    rules
}

/// Weights as parameters of all kinds: a matrix, a stack of them, a bias, an embedding, and nothing.
pub(crate) fn layout(n: usize) -> Layout {
    let rows = n / 80;
    let mut layout = Layout::new();
    layout.push("tall.weight", [rows, 12], Role::Matrix);
    layout.push("none.bias", [0], Role::Bias);
    layout.push("stack.weight", [2, rows, 3], Role::Matrix);
    layout.push("table", [rows, 5], Role::Embedding);
    layout.push("wide.weight", [6, rows], Role::Matrix);
    layout.push("rest.bias", [n - rows * (12 + 6 + 5 + 6)], Role::Bias);
    layout
}

/// With gradients clipped, for those that take them as they come.
fn clipped(optimizer: Optimizer) -> Optimizer {
    if optimizer.requires() == Requires::Closure {
        return optimizer;
    }
    optimizer.with_clip_norm(0.5).expect("positive")
}

#[test]
fn the_blocked_loop_is_the_plain_loop_at_every_edge() {
    const LANES: usize = 16;
    let edges = [
        0,
        1,
        LANES - 1,
        LANES,
        LANES + 1,
        2 * LANES + 1,
        CHUNK - 1,
        CHUNK,
        CHUNK + 1,
        2 * CHUNK + LANES + 3,
    ];
    for rule in elementwise() {
        for n in edges {
            let whole = run(&*rule, n, |optimizer| optimizer);
            let near_an_edge = |i: &usize| *i < 40 || (*i + 20) % CHUNK < 40 || *i + 20 > n;
            for i in (0..n).filter(near_an_edge) {
                let mut alone = Optimizer::from_boxed(rule.boxed(), 1).expect("valid");
                let mut w = [number(i, 0)];
                for t in 1..=STEPS {
                    step(&mut alone, &mut w, &[number(i, t)]);
                }
                assert_eq!(w[0].to_bits(), whole[i], "{rule}: weight {i} of {n}");
            }
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let n = 5 * CHUNK + 7;
    let pools = [1, 2, 4]
        .map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool"));
    for rule in variants() {
        let prepared = |optimizer: Optimizer| clipped(optimizer.with_layout(layout(n)));
        let [one, two, four] = pools.each_ref().map(|pool| pool.install(|| run(&*rule, n, prepared)));
        assert!(one == two && two == four, "{rule}");
    }
}

#[test]
fn instructions_change_no_bit() {
    let n = CHUNK + 21;
    for rule in variants() {
        let on = |path| run(&*rule, n, |optimizer| optimizer.with_layout(layout(n)).with_instructions(path));
        let portable = on(Path::Portable);
        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
            assert!(on(path) == portable, "{rule} on {}", path.name());
        }
    }
}

#[test]
fn resumed_is_uninterrupted() {
    const N: usize = 167;
    let schedules = ["constant warmup=5", "step every=6 gamma=0.5", "cosine warmup=10%"];
    for rule in variants() {
        for schedule in schedules {
            let fresh = || {
                let optimizer = Optimizer::from_boxed(rule.boxed(), N).expect("valid");
                let schedule = schedule.parse().expect("valid");
                clipped(optimizer.with_layout(layout(N)).with_schedule(schedule, 20))
            };
            let (mut whole, mut w) = (fresh(), numbers(N, 0));
            let mut halves = fresh();
            let mut v = w.clone();
            for t in 1..=20 {
                let g = numbers(N, t);
                step(&mut whole, &mut w, &g);
                step(&mut halves, &mut v, &g);
                if t == 7 {
                    let saved = halves.state_dict();
                    halves = fresh();
                    halves.load_state_dict(saved).expect("its own state");
                }
            }
            assert_eq!(bits(&v), bits(&w), "{rule}, {schedule}");
            assert_eq!(halves.state_dict(), whole.state_dict(), "{rule}, {schedule}");
        }
    }
}

#[test]
fn no_weights_are_no_work() {
    for rule in variants() {
        assert!(run(&*rule, 0, |optimizer| optimizer).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_permutation_of_the_weights_permutes_the_update(order in Just((0..53).collect::<Vec<usize>>()).prop_shuffle()) {
        let permuted = |x: &[f32]| order.iter().map(|&i| x[i]).collect::<Vec<f32>>();
        for rule in elementwise() {
            let [mut straight, mut other] = [0; 2].map(|_| Optimizer::from_boxed(rule.boxed(), 53).expect("valid"));
            let mut w = numbers(53, 0);
            let mut v = permuted(&w);
            for t in 1..=STEPS {
                let g = numbers(53, t);
                step(&mut straight, &mut w, &g);
                step(&mut other, &mut v, &permuted(&g));
            }
            prop_assert_eq!(bits(&v), bits(&permuted(&w)), "{}", rule);
        }
    }

    #[test]
    fn splitting_a_slice_in_two_changes_nothing(at in 0_usize..=53) {
        for rule in elementwise() {
            let [mut whole, mut left, mut right] =
                [53, at, 53 - at].map(|n| Optimizer::from_boxed(rule.boxed(), n).expect("valid"));
            let mut w = numbers(53, 0);
            let mut v = w.clone();
            for t in 1..=STEPS {
                let g = numbers(53, t);
                step(&mut whole, &mut w, &g);
                step(&mut left, &mut v[..at], &g[..at]);
                step(&mut right, &mut v[at..], &g[at..]);
            }
            prop_assert_eq!(bits(&v), bits(&w), "{}", rule);
        }
    }
}

//! Every wrapper, and every pair of them, around rules of each tier: which go together, and the same bits
//! for all threads, instructions and stops.

use optim::{Optimizer, OptimizerSpec, Requires, wrappers};
use tensor::Layout;
use tensor::parallel::CHUNK;
use tensor::simd::Path;

use crate::bits::{bits, layout};
use crate::numbers;

/// One of each tier, and one that keeps its own average.
const RULES: [&str; 4] =
    ["sgd lr=0.05 momentum=0.9", "muon lr=0.01", "prodigy", "schedule_free_sgd lr=0.1 momentum=0.9"];

/// Every wrapper, with settings of which something is seen in twenty steps.
const WRAPPERS: [&str; 10] = [
    "sam rho=0.1",
    "asam rho=0.1",
    "lookahead k=3",
    "cautious",
    "centralized",
    "ema decay=0.8",
    "swa start=20% every=2",
    "tail_average start=20%",
    "accumulate every=3",
    "if_finite most=2",
];

const TOTAL: usize = 20;

/// The pairs of wrappers, the outer first, that make no sense together.
const REFUSED: [(&str, &str); 10] = [
    ("lookahead", "lookahead"),
    ("lookahead", "ema"),
    ("lookahead", "swa"),
    ("lookahead", "tail_average"),
    ("cautious", "lookahead"),
    ("cautious", "ema"),
    ("cautious", "swa"),
    ("cautious", "tail_average"),
    ("accumulate", "sam"),
    ("accumulate", "asam"),
];

#[test]
fn every_wrapper_is_here() {
    let names: Vec<&str> = WRAPPERS.iter().map(|text| text.split(' ').next().expect("a name")).collect();
    assert!(wrappers::all().iter().map(|wrapper| wrapper.info().name).eq(names));
}

#[test]
fn what_makes_no_sense_is_refused_and_nothing_else() {
    let name = |text: &str| text.split(' ').next().expect("a name").to_string();
    for rule in RULES {
        for (outer, inner) in pairs() {
            let [method_outer, method_inner] = [name(outer), name(inner)];
            let moved = ["lookahead", "cautious"];
            let refused = REFUSED.contains(&(&method_outer, &method_inner))
                || (rule.starts_with("schedule_free")
                    && moved.iter().any(|m| outer.starts_with(m) || inner.starts_with(m)));
            let found = spec(&[outer, inner], rule).validate();
            assert_eq!(found.is_err(), refused, "{outer}({inner}({rule})): {found:?}");
        }
    }
}

#[test]
fn a_refusal_says_why() {
    for (wrappers, rule, why) in [
        (
            &["lookahead", "ema"][..],
            "adam",
            "lookahead: conflicts with `ema` inside of it, which averages weights that it changes after each step; \
             put it inside of `ema`, or remove it",
        ),
        (
            &["cautious"],
            "schedule_free_sgd",
            "cautious: conflicts with `schedule_free_sgd` inside of it, which averages weights that it changes \
             after each step; put it inside of `schedule_free_sgd`, or remove it",
        ),
        (
            &["accumulate", "ema", "sam"],
            "adam",
            "accumulate: conflicts with `sam` inside of it, which evaluates gradients on one batch instead of \
             several; put it inside of `sam`",
        ),
    ] {
        assert_eq!(spec(wrappers, rule).validate().expect_err(rule).to_string(), why);
    }
    let error = spec(&["accumulate every=2.5"], "sgd").validate().expect_err("no whole number").to_string();
    assert_eq!(error, "accumulate: expected every to be a whole number, found 2.5");
}

#[test]
fn resumed_is_uninterrupted_at_every_stop() {
    const N: usize = 167;
    let batches = Batches::new(N);
    for spec in methods() {
        let fresh = || optimizer(&spec, layout(N));
        let (mut whole, mut w) = (fresh(), numbers(N, 0));
        let mut stops = vec![];
        for step in 1..=TOTAL {
            batches.step(&mut whole, &mut w, step);
            if [1, 2, 3, 5, 8, 13, 17].contains(&step) {
                stops.push((step, whole.state_dict(), w.clone()));
            }
        }
        assert!(w.iter().all(|w| w.is_finite()), "{spec}");
        for (stop, saved, mut v) in stops {
            let mut rest = fresh();
            rest.load_state_dict(saved).expect("its own state");
            (stop + 1..=TOTAL).for_each(|step| batches.step(&mut rest, &mut v, step));
            assert_eq!(bits(&v), bits(&w), "{spec} from step {stop}");
            assert_eq!(rest.state_dict(), whole.state_dict(), "{spec} from step {stop}");
            assert_eq!(rest.evaluation_weights(&v), whole.evaluation_weights(&w), "{spec} from step {stop}");
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let n = 2 * CHUNK + 7;
    let batches = Batches::new(n);
    let pools = [1, 2, 4]
        .map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool"));
    for spec in methods() {
        let run = || batches.run(optimizer(&spec, layout(n)), n);
        let [one, two, four] = pools.each_ref().map(|pool| pool.install(run));
        assert!(one == two && two == four, "{spec}");
    }
}

#[test]
fn instructions_change_no_bit() {
    let n = CHUNK + 21;
    let batches = Batches::new(n);
    for spec in methods() {
        let on = |path| batches.run(optimizer(&spec, layout(n)).with_instructions(path), n);
        let portable = on(Path::Portable);
        for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
            assert!(on(path) == portable, "{spec} on {}", path.name());
        }
    }
}

/// Each rule in each wrapper and in each pair of them that is not refused.
fn methods() -> Vec<OptimizerSpec> {
    let alone = WRAPPERS.iter().map(|&wrapper| vec![wrapper]);
    let stacks: Vec<Vec<&str>> = alone.chain(pairs().map(|(outer, inner)| vec![outer, inner])).collect();
    let all = RULES.iter().flat_map(|rule| stacks.iter().map(|stack| spec(stack, rule)));
    let methods: Vec<OptimizerSpec> = all.filter(|spec| spec.validate().is_ok()).collect();
    assert!(methods.len() > 340, "{} of 440", methods.len());
    methods
}

fn pairs() -> impl Iterator<Item = (&'static str, &'static str)> {
    WRAPPERS.into_iter().flat_map(|outer| WRAPPERS.into_iter().map(move |inner| (outer, inner)))
}

/// A rule in wrappers, the outermost first.
pub(crate) fn spec(wrappers: &[&str], rule: &str) -> OptimizerSpec {
    let mut spec = OptimizerSpec::new(optim::parse_rule(rule).expect(rule));
    for text in wrappers {
        let mut words = text.split(' ');
        let mut wrapper = wrappers::by_name(words.next().expect("a name")).expect(text);
        for (name, value) in words.map(|word| word.split_once('=').expect(text)) {
            wrapper.set_text(name, value).expect(text);
        }
        spec.wrappers.push(wrapper);
    }
    spec
}

fn optimizer(spec: &OptimizerSpec, layout: Layout) -> Optimizer {
    Optimizer::of(spec.clone(), layout).expect("valid").with_total_steps(spec.updates(TOTAL as u64))
}

/// Differences from step to step: the place of the valley, and the weights that have none.
struct Batches {
    centers: Vec<Vec<f32>>,
}

impl Batches {
    fn new(n: usize) -> Batches {
        Batches { centers: (0..=TOTAL).map(|step| numbers(n, step)).collect() }
    }

    fn step(&self, optimizer: &mut Optimizer, w: &mut [f32], step: usize) {
        let skips = optimizer.spec().wrappers.iter().any(|wrapper| wrapper.info().name == "if_finite");
        let overflows = skips && [5, 12, 13].contains(&step);
        let mut objective = |w: &[f32], gradient: &mut [f32]| {
            for (i, (g, (w, c))) in gradient.iter_mut().zip(w.iter().zip(&self.centers[step])).enumerate() {
                *g = [1.0, 0.1, 0.01][i % 3] * (w - c);
            }
            if overflows {
                gradient[7] = f32::INFINITY;
            }
            1.0
        };
        if optimizer.requires() == Requires::Gradient {
            let mut gradient = vec![0.0; w.len()];
            objective(w, &mut gradient);
            optimizer.step(w, &gradient);
        } else {
            optimizer.step_on(w, &mut objective);
        }
    }

    /// The bits of the weights, and of those to evaluate at, after seven steps.
    fn run(&self, mut optimizer: Optimizer, n: usize) -> [Vec<u32>; 2] {
        let mut w = numbers(n, 0);
        (1..=7).for_each(|step| self.step(&mut optimizer, &mut w, step));
        let evaluated = bits(&optimizer.evaluation_weights(&w));
        [bits(&w), evaluated]
    }
}

//! N steps are k steps, a file, and N − k steps in a fresh process, bit for bit: for every rule, wrapper
//! and schedule, and for everything that has its own state.

use std::path::Path;
use std::process::Command;

use optim::{
    DynClip, Group, GroupRule, LrSchedule, Optimizer, OptimizerSpec, PlateauSettings, Requires, Selector,
    StateDict,
};
use optim::{clips, rules, schedules, wrappers};
use tensor::{Layout, Role};

const STEPS: u64 = 20;
const STOP: u64 = 7;
/// Where the second process finds what the first has left.
const FOLDER: &str = "DESCENT_RESUMED_FROM";

#[test]
fn a_fresh_process_goes_on_bit_for_bit() {
    match std::env::var_os(FOLDER) {
        Some(folder) => go_on(Path::new(&folder)),
        None => stop_and_compare(),
    }
}

/// The first process: all of it without a stop, and as far as the stop.
fn stop_and_compare() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut whole = vec![];
    for (i, spec) in methods().into_iter().enumerate() {
        let mut run = Run::start(&spec);
        run.walk(STEPS);
        assert!(run.weights.iter().all(|w| w.is_finite()), "{spec}");
        whole.push((spec.to_string(), run.ends()));

        let mut half = Run::start(&spec);
        half.walk(STOP);
        let state = half.optimizer.state_dict();
        let file = state.to_safetensors();
        assert_eq!(StateDict::from_safetensors(&file).as_ref(), Ok(&state), "{spec}");
        std::fs::write(folder.path().join(format!("{i}.state")), file).expect("written");
        std::fs::write(folder.path().join(format!("{i}.weights")), bytes(&half.weights)).expect("written");
    }
    let binary = std::env::current_exe().expect("this test");
    let child = Command::new(binary).env(FOLDER, folder.path()).output().expect("a second process");
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    for (i, (spec, ends)) in whole.iter().enumerate() {
        let resumed =
            std::fs::read(folder.path().join(format!("{i}.end"))).expect("written by the second process");
        assert!(resumed == *ends, "{spec} goes another way after a stop");
    }
}

/// The second process: from the files to the end.
fn go_on(folder: &Path) {
    for (i, spec) in methods().into_iter().enumerate() {
        let mut run = Run::start(&spec);
        let file = std::fs::read(folder.join(format!("{i}.state"))).expect("written by the first process");
        let state = StateDict::from_safetensors(&file).expect("whole");
        run.optimizer.load_state_dict(state).expect("its own");
        let weights =
            std::fs::read(folder.join(format!("{i}.weights"))).expect("written by the first process");
        run.weights = weights.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        run.calls = STOP;
        run.walk(STEPS);
        std::fs::write(folder.join(format!("{i}.end")), run.ends()).expect("written");
    }
}

/// Everything that is in a registry, and everything else that an optimizer remembers.
fn methods() -> Vec<OptimizerSpec> {
    let adam = || OptimizerSpec::new(optim::parse_rule("adam lr=0.01").expect("valid"));
    let hyper_schedules = || schedules::all().into_iter().map(LrSchedule::from_boxed);
    let mut methods = vec![];
    for (i, rule) in rules::all().into_iter().enumerate() {
        let schedule = hyper_schedules().nth(i % hyper_schedules().count()).expect("one of them");
        let clip = (i % 2 == 0 && rule.requires() < Requires::Closure)
            .then(|| clips::Norm { max_norm: 0.5 }.boxed());
        methods.push(OptimizerSpec { schedule, clip, ..OptimizerSpec::new(rule) });
    }
    for wrapper in wrappers::all() {
        for rule in ["adam lr=0.01", "muon lr=0.01", "prodigy"] {
            let rule = optim::parse_rule(rule).expect("valid");
            methods.push(OptimizerSpec { wrappers: vec![wrapper.boxed()], ..OptimizerSpec::new(rule) });
        }
    }
    methods.extend(hyper_schedules().map(|schedule| OptimizerSpec { schedule, ..adam() }));
    let plateau = PlateauSettings { patience: 1.0, cooldown: 2.0, ..PlateauSettings::default() };
    methods.push(OptimizerSpec { plateau: Some(plateau), ..adam() });
    let group =
        |of, rule| Group { selector: of, rule: GroupRule::Rule(optim::parse_rule(rule).expect("valid")) };
    let groups = vec![
        group(Selector::Role(Role::Bias), "nadam"),
        group(Selector::Name("b.*".to_string()), "rmsprop momentum=0.9 centered=true"),
    ];
    methods.push(OptimizerSpec {
        groups,
        wrappers: vec![wrappers::by_name("ema").expect("one of them")],
        ..adam()
    });
    methods
}

struct Run {
    optimizer: Optimizer,
    weights: Vec<f32>,
    calls: u64,
}

impl Run {
    fn start(spec: &OptimizerSpec) -> Run {
        let mut layout = Layout::new();
        layout.push("a.weight", [5, 3], Role::Matrix);
        layout.push("a.bias", [5], Role::Bias);
        layout.push("b.weight", [2, 7], Role::Matrix);
        let weights = (0..layout.len()).map(|i| number(i, 0)).collect();
        let optimizer = Optimizer::of(spec.clone(), layout).expect("valid");
        Run { optimizer: optimizer.with_total_steps(spec.updates(STEPS)), weights, calls: 0 }
    }

    /// On to this call, in a valley that lies elsewhere at each.
    fn walk(&mut self, calls: u64) {
        while self.calls < calls {
            self.calls += 1;
            let salt = self.calls as usize;
            let mut objective = |w: &[f32], gradient: &mut [f32]| {
                let mut loss = 0.0;
                for (i, (g, w)) in gradient.iter_mut().zip(w).enumerate() {
                    *g = w - number(i, salt);
                    loss += 0.5 * f64::from(*g * *g);
                }
                loss
            };
            let loss = if self.optimizer.requires() == Requires::Gradient {
                let mut gradient = vec![0.0; self.weights.len()];
                let loss = objective(&self.weights, &mut gradient);
                self.optimizer.step(&mut self.weights, &gradient);
                loss
            } else {
                self.optimizer.step_on(&mut self.weights, &mut objective)
            };
            self.optimizer.observe(loss);
        }
    }

    /// The bits of the weights, of those to evaluate at, and of the state.
    fn ends(&self) -> Vec<u8> {
        let mut ends = bytes(&self.weights);
        ends.extend(bytes(&self.optimizer.evaluation_weights(&self.weights)));
        ends.extend(self.optimizer.state_dict().to_safetensors());
        ends
    }
}

fn bytes(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn number(i: usize, salt: usize) -> f32 {
    let x = (i * 7919 + salt * 104_729) % 1009;
    x as f32 / 500.0 - 1.0
}

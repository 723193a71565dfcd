//! A rule that an example declares outside of `optim` has everything that a built-in one has, and from the
//! same code.

use clap::Command;
use optim::hyper::Value;
use optim::{DynRule, MemoryTraffic, Optimizer, OptimizerSpec, StateDict};
use tensor::simd::Path;
use tensor::{Layout, Role};
use unicode_width::UnicodeWidthStr;

#[path = "../../optim/examples/own_rule.rs"]
mod own_rule;

use own_rule::Leashed;

/// More weights than one thread takes at once, and no multiple of a vector.
const N: usize = 2 * tensor::parallel::CHUNK + 13;

#[test]
fn the_example_finds_the_valley() {
    own_rule::main();
}

#[test]
fn it_has_flags() {
    let rules: Vec<Box<dyn DynRule>> = vec![Box::new(Leashed::default())];
    let mut command = Command::new("train").args(cli::any_rule::flags(&rules));
    let help = command.render_long_help().to_string();
    for words in
        ["--lr <X>", "--leash <X>", "--hard[=<true|false>]", "The longest step c of a weight [0.25 leashed]"]
    {
        assert!(help.contains(words), "{help}");
    }
    let read = |arguments: &[&str]| {
        let matches = command.clone().get_matches_from([&["train"], arguments].concat());
        let mut rule = Leashed::default();
        cli::any_rule::apply_flags(&matches, &rules, &mut rule).map(|()| rule)
    };
    let changed = Leashed { lr: 0.5, hard: true, ..Leashed::default() };
    assert_eq!(read(&["--lr", "0.5", "--hard"]), Ok(changed));
    let message = read(&["--momentum", "1"]).unwrap_err().to_string();
    assert_eq!(message, "leashed: expected momentum to be a number from 0 to less than 1, found 1");
    let message = read(&["--lr", "0", "--hard"]).unwrap_err().to_string();
    assert!(message.contains("hard=true divides by lr"), "{message}");
}

#[test]
fn it_has_a_page() {
    for columns in [80, 70] {
        let page = cli::any_rule::explain(&Leashed::default(), columns).unwrap();
        let page = anstream::adapter::strip_str(&page).to_string();
        assert!(page.lines().all(|line| line.width() <= columns), "{page}");
        let words = page.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "leashed: Momentum on a leash gradient descent Problem: momentum that has grown",
            "d = min(max(η·v, −c), c), v ← d/η with hard",
            "leash 0.25 0 or more The longest step c of a weight.",
            "v momentum_buffer 0 at the start 4 bytes for each weight",
            "passes over memory: 5 (3 read, 2 written, in 1 loop) 1 gradient",
            "Relatives with a long leash it is sgd with momentum",
            "Source this example",
        ] {
            assert!(words.contains(part), "no {part:?} in {words}");
        }
    }
}

#[test]
fn it_has_a_spelling_and_refuses_like_any_other() {
    let mut rule: Box<dyn DynRule> = Box::new(Leashed::default());
    rule.set("leash", Value::Number(2.0)).unwrap();
    assert_eq!(rule.to_string(), "leashed lr=0.1 leash=2");
    let message = rule.set_text("leesh", "1").unwrap_err().to_string();
    assert_eq!(message, "unknown hyperparameter of leashed `leesh`; did you mean `leash`?");
}

#[test]
fn its_memory_is_known() {
    let optimizer = Optimizer::new(Leashed::default(), 1).unwrap();
    assert_eq!(optimizer.state_bytes_per_weight(), 4);
    assert_eq!(Leashed::default().memory_traffic(), MemoryTraffic::of(1, 3, 2));
}

#[test]
fn its_loop_is_fused_and_gives_the_same_bits_everywhere() {
    let rule = Leashed { leash: 0.01, ..Leashed::default() };
    let mut plain = start();
    let mut velocity = vec![0.0; N];
    for step in 1..=5 {
        for ((w, v), g) in plain.iter_mut().zip(&mut velocity).zip(gradients(step)) {
            *v = 0.9 * *v + g;
            *w -= (0.1 * *v).clamp(-0.01, 0.01);
        }
    }
    for path in Path::ALL.into_iter().filter(|path| path.is_available()) {
        for threads in [1, 2, 3] {
            let pool = tensor::parallel::Threads::start(threads).unwrap();
            let mut optimizer = Optimizer::new(rule, N).unwrap().with_instructions(path);
            let mut w = start();
            pool.run(|| (1..=5).for_each(|step| optimizer.step(&mut w, &gradients(step))));
            assert!(w == plain, "{} on {threads} threads", path.name());
        }
    }
}

#[test]
fn its_state_is_saved_and_gone_on_with_inside_of_a_wrapper() {
    let fresh = || {
        let mut layout = Layout::new();
        layout.push("weight", [2, 3], Role::Matrix);
        layout.push("bias", [3], Role::Bias);
        let mut method = OptimizerSpec::new(Leashed::default().boxed());
        method.wrappers.push(optim::wrappers::by_name("lookahead").unwrap());
        Optimizer::of(method, layout).unwrap()
    };
    let (mut whole, mut w) = (fresh(), start()[..9].to_vec());
    let mut saved = None;
    for step in 1..=12 {
        whole.step(&mut w, &gradients(step)[..9]);
        if step == 7 {
            saved = Some((whole.state_dict().to_safetensors(), w.clone()));
        }
    }
    let (file, mut v) = saved.unwrap();
    let state = StateDict::from_safetensors(&file).unwrap();
    assert_eq!(state.recipe, "lookahead(leashed lr=0.1)");
    assert_eq!(state.arrays[0].0, "momentum_buffer");
    let mut rest = fresh();
    rest.load_state_dict(state).unwrap();
    (8..=12).for_each(|step| rest.step(&mut v, &gradients(step)[..9]));
    assert_eq!(v, w);
    assert_eq!(rest.state_dict(), whole.state_dict());
}

fn start() -> Vec<f32> {
    (0..N).map(|i| (i % 17) as f32 / 8.0 - 1.0).collect()
}

fn gradients(step: usize) -> Vec<f32> {
    (0..N).map(|i| ((i * 7919 + step * 104_729) % 1009) as f32 / 500.0 - 1.0).collect()
}

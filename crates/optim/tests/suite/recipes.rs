//! The spelling of methods: what is printed is parsed, and every mistake is answered with its place.

use optim::hyper::Value;
use optim::{
    DynRule, DynWrapper, Error, Group, GroupRule, HyperSchedule, LrSchedule, Optimizer, OptimizerSpec,
    PlateauSettings, Selector, clips, rules, schedules, wrappers,
};
use proptest::prelude::*;
use tensor::{Layout, Role};

use crate::registry::any_rule;
use crate::schedules::{any_course, any_schedule};

#[test]
fn a_recipe_is_printed_in_one_way() {
    for (text, printed) in [
        ("adam", "adam lr=0.001"),
        (" sam ( adamw  weight_decay=5e-2 lr=1e-3 )rho=0.1,clip=1.0 ,cosine warmup=5%", {
            "sam(adamw lr=0.001 weight_decay=0.05) rho=0.1, cosine warmup=5%, clip=1"
        }),
        ("sam(lookahead(adamw) k=7)", "sam(lookahead(adamw lr=0.001) k=7)"),
        ("ema(sgd), maximize, no_decay=bias , norm,x.*, linear", {
            "ema(sgd lr=0.01), linear, no_decay=bias,norm,x.*, maximize"
        }),
        ("adam, constant", "adam lr=0.001"),
        ("adam, constant warmup=10", "adam lr=0.001, constant warmup=10"),
        ("adam, embedding:sgd, fc1.*:lr=1 beta1=0, beta1:linear 0.5..0.9", {
            "adam lr=0.001, beta1: linear 0.5..0.9, embedding: sgd lr=0.01, fc1.*: lr=1 beta1=0"
        }),
        ("sgd, embedding: adam, beta1: linear 1e-1..0.9", {
            "sgd lr=0.01, beta1: linear 0.1..0.9, embedding: adam lr=0.001"
        }),
        ("sgd nesterov=true, momentum: one_cycle 0.95..0.85", {
            "sgd lr=0.01 nesterov=true, momentum: one_cycle 0.95..0.85"
        }),
        ("adam, weight_decay: cosine warmup=5% * step every=7", {
            "adam lr=0.001, weight_decay: cosine warmup=5% * step every=7"
        }),
        ("sam(adam), rho: polynomial power=2 0..0.1", "sam(adam lr=0.001), rho: polynomial power=2 0..0.1"),
        (
            "adam, plateau cooldown=2 patience=3,agc=0.01",
            "adam lr=0.001, plateau patience=3 cooldown=2, agc=0.01",
        ),
        ("adam, \"w\": lr=1, \"bias\": lr=2, \"a, b: c\": lr=3", {
            "adam lr=0.001, \"w\": lr=1, \"bias\": lr=2, \"a, b: c\": lr=3"
        }),
        ("adamw, no_decay=\"w\",*, linear", "adamw lr=0.001, linear, no_decay=\"w\",*"),
        ("adam, linear until=50% then cosine, clip_value=2", {
            "adam lr=0.001, linear until=50% then cosine, clip_value=2"
        }),
    ] {
        let method: OptimizerSpec = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(method.to_string(), printed);
        assert_eq!(printed.parse::<OptimizerSpec>(), Ok(method));
    }
}

/// A recipe with what is wrong in it between bars, and what is said.
#[test]
fn mistakes_have_a_place_and_an_answer() {
    let mut wrong: Vec<String> = vec![];
    for (marked, message, hint) in [
        // Names.
        ("|admw| lr=1e-3, cosine", "no optimizer `admw`; did you mean `adamw`?", "sgd, qhm"),
        ("|som|(adamw)", "there is no wrapper `som`; did you mean `sam`?", "lookahead, "),
        ("adamw |wieght_decay|=0.1, cosine", "did you mean `weight_decay`?", "lr, beta1, beta2"),
        ("adam, |cosin| warmup=5%", "no schedule or other part `cosin`; did you mean `cosine`?", "agc"),
        ("adam, |clp|=1", "no schedule or other part `clp`; did you mean `clip`?", "clip_tensor"),
        ("adam, |maximise|", "did you mean `maximize`?", "plateau"),
        (
            "adam, cosine |flor|=1",
            "no hyperparameter of cosine `flor`; did you mean `floor`?",
            "floor, warmup",
        ),
        (
            "adam, plateau |patients|=3",
            "no hyperparameter of plateau `patients`; did you mean `patience`?",
            "",
        ),
        (
            "adam, |beta3|: linear 0..1",
            "hyperparameter, role or name pattern `beta3`; did you mean `beta1`?",
            "",
        ),
        ("adam, |embeding|: sgd", "did you mean `embedding`?", "beta1"),
        ("adam, embedding: |sdg| lr=1", "there is no optimizer `sdg`; did you mean `sgd`?", ""),
        ("adam, embedding: |lrr|=1", "no hyperparameter of adam `lrr`; did you mean `lr`?", ""),
        ("adamw, no_decay=|biass|", "there is no role `biass`; did you mean `bias`?", "matrix, bias"),
        ("adamw, no_decay=|fc1|", "no role or name pattern `fc1`", "in quotes: \"fc1\""),
        ("adamw, no_decay=||", "there is no role ``", "matrix"),
        // Values.
        ("adam |lr=-1|, cosine", "adam: lr=-1 is not allowed: lr is a finite number, 0 or more", ""),
        ("sam(adam) |rho=x|, cosine", "sam: rho=x is not allowed", ""),
        ("adam, |clip=0|", "clipping: clip=0 is not allowed: clip is a finite number greater than 0", ""),
        ("adam, |clip=one|", "clip=one is not allowed", ""),
        ("adam, |beta1: linear 0.5..1|", "adam: beta1=1 is not allowed: beta1 is from 0 to less than 1", ""),
        ("adam, beta1: linear |0.5..|", "`0.5..` is not understood", ""),
        ("adam, cosine |warmup=a|", "`a` is not understood", ""),
        ("adam, plateau |gamma=2|", "plateau: gamma=2 is not allowed", ""),
        ("adam, fc1.*: |beta1=2|", "adam: beta1=2 is not allowed", ""),
        // What does not go together.
        ("|sgd nesterov=true|, cosine", "sgd: nesterov", ""),
        ("adam, |embedding: sgd nesterov=true|", "sgd: nesterov", ""),
        ("signum, |no_decay=bias|", "signum: there is no weight_decay to leave out", ""),
        ("adam, |beta1: cosine|", "say from where to where", ""),
        ("adam, |lr: cosine|", "the learning rate's schedule is written without `lr:`", ""),
        ("sgd, |momentum: linear 0..0.9|", "what it keeps is different at momentum=0 and momentum=0.9", ""),
        ("adam, |eps: constant 1e-8..1e-6|", "it ends where it starts", ""),
        // Order and brackets.
        ("|cosine|, adam", "it begins with an optimizer", ""),
        ("|lr=0.1|, adam", "it begins with an optimizer", ""),
        ("||, adam", "it begins with an optimizer", ""),
        ("adam|,| , cosine", "nothing stands behind this comma", ""),
        ("adam, cosine|,| ", "nothing stands behind this comma", ""),
        ("sam|(|adamw", "this bracket is not closed", ""),
        ("sam|(|adamw, cosine", "this bracket is not closed", ""),
        ("sam(adamw)|)| rho=1", "this bracket was not opened", ""),
        ("sam(adamw|,| cosine)", "brackets hold an optimizer alone", ""),
        ("sam(||), cosine", "it begins with an optimizer", ""),
        ("|sam| adamw", "`sam` stands around an optimizer, as in `sam(adam)`", ""),
        ("|adam|(lr=0.1)", "settings of adam stand behind its name without brackets: `adam lr=0.1`", ""),
        ("sam(adam) |(|sgd)", "without brackets", ""),
        ("adam |lr|:0.1", "settings are written name=value", ""),
        ("adam |lr| = 0.1", "settings are written name=value, without spaces", ""),
        ("adam |lr=| 0.1", "the value follows `=` without a space", ""),
        ("adam, cosine|(|floor=0.1)", "without brackets", ""),
        ("adam, |:| cosine", "no schedule or other part `:`", ""),
        ("adam, embedding|:|", "nothing stands behind `embedding:`", ""),
        ("adam, |\"|fc1: lr=1", "this quote has no end", ""),
        // Places.
        ("adam |cosine|", "a comma belongs before `cosine`", ""),
        ("adam |clip=1|", "a comma belongs before `clip=1`", ""),
        ("adam, cosine |clip=1|", "a comma belongs before `clip=1`", ""),
        ("adam, cosine |maximize|", "a comma belongs before `maximize`", ""),
        ("adam, cosine |step| every=5", "another schedule is multiplied, as in `* step`, or follows", ""),
        ("adam, cosine |lr=0.1|", "`lr=0.1` is a setting of adam", ""),
        ("adam |warmup=5%|", "a schedule warms up, behind a comma: `constant warmup=5%`", ""),
        ("sam(adamw |rho=0.05|)", "`rho` is a setting of sam and stands behind its bracket", ""),
        ("adam, |lr=0.1|", "follows it without a comma: `adam lr=0.1`", ""),
        ("sam(adam), |rho=0.1|", "follows it without a comma: `sam(…) rho=0.1`", ""),
        ("adam lr=0,|1|", "decimals have a point", ""),
        ("adam, |warmup=5%|", "as in `constant warmup=5%`", ""),
        ("adam, |sgd|", "there is an optimizer already", ""),
        ("adam, |sam| rho=0.05", "`sam` stands around the optimizer: `sam(adam)`", ""),
        ("adam, embedding: |sam|(sgd)", "stands around the whole method", ""),
        ("adam, |bias|", "stands behind a colon, as in `bias: lr=0.01`", ""),
        ("adam, |clip|", "a value belongs to `clip`", ""),
        ("adam, |maximize=true|", "`maximize` takes no value", ""),
        ("adam, clip=1 |cosine|", "a comma parts `clip=1` from what follows", ""),
        ("adam, beta1: |0.5|", "it is a setting: `beta1=0.5`", ""),
        ("adam, beta1: |0.5..0.9|", "stands before, as in `linear 0.5..0.9`", ""),
        ("adam, beta1: cosine |warmup=5%| 0.5..0.9", "leads one course, without warm-up", ""),
        ("adam, beta1: cosine 0.5..0.9 |then| linear", "leads one course, without warm-up", ""),
        // Twice.
        ("adam lr=1 |lr=2|", "`lr` is there twice", ""),
        ("adam, cosine, |step| every=5", "there is a schedule already; multiply the two", ""),
        (
            "adam, clip=1, |clip_value=2|",
            "gradients are clipped in one way, and `clip=` is there already",
            "",
        ),
        ("adam, clip=1, |clip=1|", "`clip=` is there already", ""),
        ("adam, maximize, |maximize|", "`maximize` is there twice", ""),
        ("adam, plateau, |plateau| patience=1", "`plateau` is there twice", ""),
        ("adamw, no_decay=bias, |no_decay=norm|", "`no_decay` is there twice", ""),
        ("adamw, no_decay=bias,|bias|", "`bias` is there twice", ""),
        ("adam, bias: lr=1, |bias|: lr=2", "`bias:` is there twice", ""),
        ("adam, bias: lr=1 |lr=2|", "`lr` is there twice", ""),
        ("adam, beta1: linear 0..0.5, |beta1|: linear 0..0.5", "`beta1:` is there twice", ""),
    ] {
        let pieces: Vec<&str> = marked.split('|').collect();
        let [before, place, after] = pieces[..] else { panic!("{marked}") };
        let text = format!("{before}{place}{after}");
        let error = text.parse::<OptimizerSpec>().expect_err(marked);
        let Error::At { range: at, error: what, .. } = &error else { panic!("{marked}: {error}") };
        let said = what.to_string().contains(message) && error.hint().unwrap_or_default().contains(hint);
        if !said || (at.start, &text[at.clone()]) != (before.len(), place) {
            wrong.push(format!("{marked}: {error}\n{:?}", error.hint()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn groups_take_what_their_text_says() {
    let mut layout = Layout::new();
    layout.push("fc1.weight", [2], Role::Matrix);
    layout.push("fc1.bias", [1], Role::Bias);
    layout.push("w", [1], Role::Matrix);
    let method: OptimizerSpec = "sgd lr=1, bias: lr=0.5, \"w\": signum lr=0.25".parse().expect("valid");
    let mut optimizer = Optimizer::of(method, layout.clone()).expect("valid");
    let mut w = [0.0; 4];
    optimizer.step(&mut w, &[1.0, 2.0, 1.0, 7.0]);
    assert_eq!(w, [-1.0, -2.0, -0.5, -0.25]);

    let method: OptimizerSpec = "sgd, fc2.*: lr=1".parse().expect("valid");
    let error = Optimizer::of(method, layout).expect_err("no such parameter");
    assert_eq!(error.to_string(), "there is no parameter named `fc2.*`");
    assert!(error.hint().expect("a list").contains("fc1.weight, fc1.bias, w"));
}

#[test]
fn what_has_no_spelling_is_refused_as_data_as_well() {
    let adam = || OptimizerSpec::new(optim::parse_rule("adam").expect("valid"));
    let course = || HyperSchedule::Factor(LrSchedule::default());
    let group = |of: &str, is| Group { selector: of.into(), rule: is };
    let lr = || GroupRule::Settings(vec![("lr".to_string(), Value::Number(1.0))]);
    let deep = vec![wrappers::by_name("ema").expect("known"); OptimizerSpec::MAX_WRAPPERS + 1];
    for (method, message) in [
        (OptimizerSpec { wrappers: deep, ..adam() }, "at most 16 wrappers"),
        (
            OptimizerSpec {
                hyper_schedules: vec![("eps".into(), course()), ("eps".into(), course())],
                ..adam()
            },
            "`eps` is there twice",
        ),
        (
            OptimizerSpec { groups: vec![group("bias", lr()), group("bias", lr())], ..adam() },
            "`bias` is there twice",
        ),
        (
            OptimizerSpec { groups: vec![group("bias", GroupRule::Settings(vec![]))], ..adam() },
            "nothing of its own",
        ),
        (OptimizerSpec { groups: vec![group("a\"b", lr())], ..adam() }, "no name of parameters"),
        (OptimizerSpec { no_decay: vec!["norm".into(), "norm".into()], ..adam() }, "`norm` is there twice"),
    ] {
        let error = method.validate().expect_err(message);
        assert!(error.to_string().contains(message), "{error}");
    }
    let nested = "ema(".repeat(17) + "adam" + &")".repeat(17);
    assert!(nested.parse::<OptimizerSpec>().expect_err("deep").to_string().contains("at most 16 wrappers"));
    for deep in ["(".repeat(60_000), "sam(".repeat(15_000), "sam(".repeat(9000) + "adam" + &")".repeat(9000)]
    {
        deep.parse::<OptimizerSpec>().expect_err("deep");
    }
    let long = "adam, ".to_string() + &"x".repeat(70_000);
    let error = long.parse::<OptimizerSpec>().expect_err("long").to_string();
    assert!(error.starts_with("recipe: it has 70006 bytes, and at most 65536 are read"), "{error}");
}

#[test]
fn no_hyperparameter_is_called_as_a_role_or_a_part() {
    let hypers = rules::all().into_iter().flat_map(|rule| rule.hypers());
    let hypers = hypers.chain(wrappers::all().into_iter().flat_map(|wrapper| wrapper.hypers()));
    let hyper_schedules = schedules::all();
    for hyper in hypers {
        let name = hyper.name;
        assert!(matches!(Selector::from(name), Selector::Name(_)), "{name}");
        assert!(hyper_schedules.iter().all(|course| course.info().name != name), "{name}");
        assert!(!["plateau", "maximize", "no_decay", "then", "warmup", "until"].contains(&name), "{name}");
    }
}

proptest! {
    #[test]
    fn printed_is_parsed(method in any_method()) {
        let text = method.to_string();
        let again: OptimizerSpec = text.parse().map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(again.to_string(), text);
        prop_assert_eq!(format!("{again:?}"), format!("{method:?}"));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*|[a-c=.,:()*\"% ]{0,40}") {
        check(&text)?;
    }

    #[test]
    fn a_changed_recipe_is_read_or_refused(
        method in any_method(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
        pieces in prop::collection::vec("|,|, |\\(|\\)|:|: | |\"|=|\\*| then | until=5|\\.\\.|sam\\(|ß|-|1e999|cosine|bias", 1..4),
    ) {
        let mut text: Vec<char> = method.to_string().chars().collect();
        for ((at, len), piece) in places.iter().zip(&pieces) {
            let at = at.index(text.len() + 1);
            let end = (at + len.index(6)).min(text.len());
            text.splice(at..end, piece.chars());
        }
        check(&text.into_iter().collect::<String>())?;
    }
}

/// What is read has one spelling; what is refused has a place in the text.
fn check(text: &str) -> Result<(), TestCaseError> {
    match text.parse::<OptimizerSpec>() {
        Ok(method) => prop_assert_eq!(method.to_string().parse::<OptimizerSpec>(), Ok(method)),
        Err(Error::At { range: place, text: whole, .. }) => {
            prop_assert_eq!(&whole, text);
            prop_assert!(text.get(place.clone()).is_some(), "{:?} of {:?}", place, text);
        }
        Err(other) => prop_assert!(false, "{} has no place", other),
    }
    let _ = text.parse::<LrSchedule>();
    let _ = text.parse::<HyperSchedule>();
    Ok(())
}

/// Any method that can be used.
fn any_method() -> impl Strategy<Value = OptimizerSpec> {
    let wrappers = prop::collection::vec(any_wrapper(), 0..3);
    let schedule = prop_oneof![Just(LrSchedule::default()), any_schedule()];
    let plateau = prop::option::of((0.0..1.0, 0.0..20.0, 0.0..0.1));
    let clip = prop::option::of((0..clips::all().len(), 1e-3..1e3).prop_map(|(i, x): (_, f64)| {
        let mut clip = clips::all().swap_remove(i);
        clip.set_limit(&x.to_string()).expect("in range");
        clip
    }));
    let hyper_schedules = prop::collection::vec((any::<prop::sample::Index>(), any_hyper_course()), 0..3);
    let selectors = prop::sample::subsequence(SELECTORS.to_vec(), 0..4);
    let groups = prop::collection::vec(any_group_rule(), 4);
    (
        (any_rule(), wrappers, schedule, plateau, any::<bool>()),
        (clip, hyper_schedules, selectors.clone(), selectors, groups),
    )
        .prop_map(
            |(
                (rule, wrappers, schedule, plateau, maximize),
                (clip, hyper_schedules, no_decay, of, groups),
            )| {
                let mut method =
                    OptimizerSpec { wrappers, schedule, clip, maximize, ..OptimizerSpec::new(rule) };
                method.plateau = plateau.map(|(gamma, patience, threshold)| PlateauSettings {
                    gamma,
                    patience,
                    threshold,
                    ..PlateauSettings::default()
                });
                // What does not go with the rest is left out.
                for part in no_decay {
                    keep_if_valid(&mut method, |method| method.no_decay.push(part.into()));
                }
                for (of, is) in of.into_iter().zip(groups) {
                    let settings = |(name, value): (prop::sample::Index, f64), rule: &dyn DynRule| {
                        let hypers = rule.hypers();
                        let hyper = &hypers[name.index(hypers.len())];
                        let value = if hyper.range.is_some() { Value::Number(value) } else { hyper.default };
                        GroupRule::Settings(vec![(hyper.name.to_string(), value)])
                    };
                    let is = match is {
                        Ok(rule) => GroupRule::Rule(rule),
                        Err(setting) => settings(setting, &*method.rule),
                    };
                    keep_if_valid(&mut method, |method| {
                        method.groups.push(Group { selector: of.into(), rule: is })
                    });
                }
                for (index, course) in hyper_schedules {
                    let hypers = method.rule.hypers().into_iter();
                    let hypers = hypers.chain(method.wrappers.iter().flat_map(|wrapper| wrapper.hypers()));
                    let names: Vec<&str> = hypers.map(|hyper| hyper.name).collect();
                    let name = names[index.index(names.len())].to_string();
                    keep_if_valid(&mut method, |method| method.hyper_schedules.push((name, course)));
                }
                method
            },
        )
        .prop_filter("what goes together", |method| method.validate().is_ok())
}

const SELECTORS: [&str; 8] = ["bias", "matrix", "embedding", "fc1.*", "*", "w", "a b,c", "block.2.norm"];

fn keep_if_valid(method: &mut OptimizerSpec, change: impl FnOnce(&mut OptimizerSpec)) {
    let mut changed = method.clone();
    change(&mut changed);
    if changed.validate().is_ok() {
        *method = changed;
    }
}

fn any_wrapper() -> impl Strategy<Value = Box<dyn DynWrapper>> {
    let values = prop::collection::vec((any::<bool>(), any::<bool>(), 0.0..20.0, 1_u32..20), 8);
    (0..wrappers::all().len(), values).prop_filter_map("values that go together", |(index, values)| {
        let mut wrapper = wrappers::all().swap_remove(index);
        for (hyper, (changed, flag, number, whole)) in wrapper.hypers().into_iter().zip(values) {
            let numbers = [number, f64::from(whole), number / 20.0].map(Value::Number);
            let values = match hyper.default {
                Value::Flag(_) => vec![Value::Flag(flag)],
                Value::Number(_) => numbers.to_vec(),
                other => vec![other],
            };
            for value in values.into_iter().filter(|_| changed) {
                // What is out of range stays as it is.
                let mut copy = wrapper.clone();
                if copy.set(hyper.name, value).is_ok() && copy.validate().is_ok() {
                    wrapper = copy;
                }
            }
        }
        wrapper.validate().is_ok().then_some(wrapper)
    })
}

fn any_hyper_course() -> impl Strategy<Value = HyperSchedule> {
    prop_oneof![
        any_schedule().prop_map(HyperSchedule::Factor),
        (any_course(), 1e-3..1.0, 1e-3..1.0)
            .prop_map(|(course, from, to)| HyperSchedule::Between(course, from, to)),
    ]
}

/// A rule, or which setting has which value.
fn any_group_rule() -> impl Strategy<Value = Result<Box<dyn DynRule>, (prop::sample::Index, f64)>> {
    prop_oneof![any_rule().prop_map(Ok), (any::<prop::sample::Index>(), 1e-3..1.0).prop_map(Err)]
}

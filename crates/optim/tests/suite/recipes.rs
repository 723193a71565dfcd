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
        let spec: OptimizerSpec = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(spec.to_string(), printed);
        assert_eq!(printed.parse::<OptimizerSpec>(), Ok(spec));
    }
}

/// A recipe with what is wrong in it between bars, and what is said.
#[test]
fn mistakes_have_a_place_and_an_answer() {
    let mut wrong: Vec<String> = vec![];
    for (marked, message, hint) in [
        // Names.
        ("|admw| lr=1e-3, cosine", "unknown optimizer `admw`; did you mean `adamw`?", "sgd, qhm"),
        ("|som|(adamw)", "unknown wrapper `som`; did you mean `sam`?", "lookahead, "),
        ("adamw |wieght_decay|=0.1, cosine", "did you mean `weight_decay`?", "lr, beta1, beta2"),
        ("adam, |cosin| warmup=5%", "unknown schedule or other part `cosin`; did you mean `cosine`?", "agc"),
        ("adam, |clp|=1", "unknown schedule or other part `clp`; did you mean `clip`?", "clip_tensor"),
        ("adam, |maximze|", "did you mean `maximize`?", "plateau"),
        (
            "adam, cosine |flor|=1",
            "unknown hyperparameter of cosine `flor`; did you mean `floor`?",
            "floor, warmup",
        ),
        (
            "adam, plateau |patients|=3",
            "unknown hyperparameter of plateau `patients`; did you mean `patience`?",
            "",
        ),
        (
            "adam, |beta3|: linear 0..1",
            "hyperparameter, role or name pattern `beta3`; did you mean `beta1`?",
            "",
        ),
        ("adam, |embeding|: sgd", "did you mean `embedding`?", "beta1"),
        ("adam, embedding: |sdg| lr=1", "unknown optimizer `sdg`; did you mean `sgd`?", ""),
        ("adam, embedding: |lrr|=1", "unknown hyperparameter of adam `lrr`; did you mean `lr`?", ""),
        ("adamw, no_decay=|biass|", "unknown role `biass`; did you mean `bias`?", "matrix, bias"),
        ("adamw, no_decay=|fc1|", "unknown role or name pattern `fc1`", "in quotes: \"fc1\""),
        ("adamw, no_decay=||", "unknown role ``", "matrix"),
        // Values.
        ("adam |lr=-1|, cosine", "adam: expected lr to be a finite number, 0 or more, found -1", ""),
        ("sam(adam) |rho=x|, cosine", "sam: expected rho to be a finite number, 0 or more, found x", ""),
        ("adam, |clip=0|", "clipping: expected clip to be a finite number above 0, found 0", ""),
        ("adam, |clip=one|", "expected clip to be a finite number above 0, found one", ""),
        (
            "adam, |beta1: linear 0.5..1|",
            "adam: expected beta1 to be a number from 0 to less than 1, found 1",
            "",
        ),
        ("adam, beta1: linear |0.5..|", "expected two numbers, as in `0.85..0.95`, found `0.5..`", ""),
        ("adam, cosine |warmup=a|", "found `a`", ""),
        ("adam, plateau |gamma=2|", "plateau: expected gamma to be a number from 0 to 1, found 2", ""),
        ("adam, fc1.*: |beta1=2|", "adam: expected beta1 to be a number from 0 to less than 1, found 2", ""),
        // What does not go together.
        ("|sgd nesterov=true|, cosine", "sgd: nesterov", ""),
        ("adam, |embedding: sgd nesterov=true|", "sgd: nesterov", ""),
        ("signum, |no_decay=bias|", "signum: no_decay requires a hyperparameter weight_decay", ""),
        ("adam, |beta1: cosine|", "expected two values for beta1", ""),
        ("adam, |lr: cosine|", "expected the schedule of the learning rate without `lr:`", ""),
        ("sgd, |momentum: linear 0..0.9|", "expected the same state at momentum=0 and momentum=0.9", ""),
        ("adam, |eps: constant 1e-8..1e-6|", "expected a schedule that ends at another factor", ""),
        // Order and brackets.
        ("|cosine|, adam", "expected an optimizer first", ""),
        ("|lr=0.1|, adam", "expected an optimizer first", ""),
        ("||, adam", "expected an optimizer first", ""),
        ("adam|,| , cosine", "expected a part after this comma", ""),
        ("adam, cosine|,| ", "expected a part after this comma", ""),
        ("sam|(|adamw", "unmatched `(`", ""),
        ("sam|(|adamw, cosine", "unmatched `(`", ""),
        ("sam(adamw)|)| rho=1", "unmatched `)`", ""),
        ("sam(adamw|,| cosine)", "expected one optimizer in the brackets", ""),
        ("sam(||), cosine", "expected an optimizer first", ""),
        ("|sam| adamw", "expected an optimizer inside of the wrapper `sam`, as in `sam(adam)`", ""),
        ("|adam|(lr=0.1)", "expected the settings of adam without brackets, as in `adam lr=0.1`", ""),
        ("sam(adam) |(|sgd)", "without brackets", ""),
        ("adam |lr|:0.1", "expected a setting name=value", ""),
        ("adam |lr| = 0.1", "expected a setting name=value without spaces", ""),
        ("adam |lr=| 0.1", "expected a value right after `=`", ""),
        ("adam, cosine|(|floor=0.1)", "without brackets", ""),
        ("adam, |:| cosine", "unknown schedule or other part `:`", ""),
        ("adam, embedding|:|", "expected settings, an optimizer or a schedule after `embedding:`", ""),
        ("adam, |\"|fc1: lr=1", "unmatched `\"`", ""),
        // Places.
        ("adam |cosine|", "expected a comma before `cosine`", ""),
        ("adam |clip=1|", "expected a comma before `clip=1`", ""),
        ("adam, cosine |clip=1|", "expected a comma before `clip=1`", ""),
        ("adam, cosine |maximize|", "expected a comma before `maximize`", ""),
        ("adam, cosine |step| every=5", "expected `*` or `then` between two schedules, as in `* step`", ""),
        ("adam, cosine |lr=0.1|", "expected the setting `lr=0.1` of adam", ""),
        (
            "adam |warmup=5%|",
            "expected `warmup` among the settings of a schedule, as in `, constant warmup=5%`",
            "",
        ),
        ("sam(adamw |rho=0.05|)", "expected the setting `rho` of sam after its bracket", ""),
        ("adam, |lr=0.1|", "without a comma before it, as in `adam lr=0.1`", ""),
        ("sam(adam), |rho=0.1|", "without a comma before it, as in `sam(…) rho=0.1`", ""),
        ("adam lr=0,|1|", "decimals have a point", ""),
        ("adam, |warmup=5%|", "as in `constant warmup=5%`", ""),
        ("adam, |sgd|", "`sgd` conflicts with the optimizer `adam`", ""),
        ("adam, |sam| rho=0.05", "expected the wrapper `sam` around the optimizer, as in `sam(adam)`", ""),
        ("adam, embedding: |sam|(sgd)", "`sam` wraps the whole recipe", ""),
        ("adam, |bias|", "expected a colon after these parameters, as in `bias: lr=0.01`", ""),
        ("adam, |clip|", "expected a value for `clip`", ""),
        ("adam, |maximize=true|", "expected `maximize` without a value", ""),
        ("adam, clip=1 |cosine|", "expected a comma after `clip=1`", ""),
        ("adam, beta1: |0.5|", "a constant is a setting, as in `beta1=0.5`", ""),
        ("adam, beta1: |0.5..0.9|", "expected a schedule before the two values, as in `linear 0.5..0.9`", ""),
        (
            "adam, beta1: cosine |warmup=5%| 0.5..0.9",
            "expected one schedule between two values, without warm-up",
            "",
        ),
        (
            "adam, beta1: cosine 0.5..0.9 |then| linear",
            "expected one schedule between two values, without warm-up",
            "",
        ),
        // Twice.
        ("adam lr=1 |lr=2|", "duplicate `lr`", ""),
        (
            "adam, cosine, |step| every=5",
            "`step` conflicts with the schedule `cosine`; multiply the two, as in `cosine * step`",
            "",
        ),
        (
            "adam, clip=1, |clip_value=2|",
            "`clip_value=` conflicts with `clip=`: gradients are clipped in one way",
            "",
        ),
        ("adam, clip=1, |clip=1|", "duplicate `clip`", ""),
        ("adam, maximize, |maximize|", "duplicate `maximize`", ""),
        ("adam, plateau, |plateau| patience=1", "duplicate `plateau`", ""),
        ("adamw, no_decay=bias, |no_decay=norm|", "duplicate `no_decay`", ""),
        ("adamw, no_decay=bias,|bias|", "duplicate `bias`", ""),
        ("adam, bias: lr=1, |bias|: lr=2", "duplicate `bias:`", ""),
        ("adam, bias: lr=1 |lr=2|", "duplicate `lr`", ""),
        ("adam, beta1: linear 0..0.5, |beta1|: linear 0..0.5", "duplicate `beta1:`", ""),
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
    let spec: OptimizerSpec = "sgd lr=1, bias: lr=0.5, \"w\": signum lr=0.25".parse().expect("valid");
    let mut optimizer = Optimizer::of(spec, layout.clone()).expect("valid");
    let mut w = [0.0; 4];
    optimizer.step(&mut w, &[1.0, 2.0, 1.0, 7.0]);
    assert_eq!(w, [-1.0, -2.0, -0.5, -0.25]);

    let spec: OptimizerSpec = "sgd, fc2.*: lr=1".parse().expect("valid");
    let error = Optimizer::of(spec, layout).expect_err("no such parameter");
    assert_eq!(error.to_string(), "unknown parameter named `fc2.*`");
    assert!(error.hint().expect("a list").contains("fc1.weight, fc1.bias, w"));
}

#[test]
fn what_has_no_spelling_is_refused_as_data_as_well() {
    let adam = || OptimizerSpec::new(optim::parse_rule("adam").expect("valid"));
    let course = || HyperSchedule::Factor(LrSchedule::default());
    let group = |of: &str, is| Group { selector: of.into(), rule: is };
    let lr = || GroupRule::Settings(vec![("lr".to_string(), Value::Number(1.0))]);
    let deep = vec![wrappers::by_name("ema").expect("known"); OptimizerSpec::MAX_WRAPPERS + 1];
    for (spec, message) in [
        (OptimizerSpec { wrappers: deep, ..adam() }, "at most 16 nested wrappers"),
        (
            OptimizerSpec {
                hyper_schedules: vec![("eps".into(), course()), ("eps".into(), course())],
                ..adam()
            },
            "duplicate `eps`",
        ),
        (
            OptimizerSpec { groups: vec![group("bias", lr()), group("bias", lr())], ..adam() },
            "duplicate `bias`",
        ),
        (
            OptimizerSpec { groups: vec![group("bias", GroupRule::Settings(vec![]))], ..adam() },
            "expected settings or a rule for the group `bias`",
        ),
        (OptimizerSpec { groups: vec![group("a\"b", lr())], ..adam() }, "invalid parameter name"),
        (OptimizerSpec { no_decay: vec!["norm".into(), "norm".into()], ..adam() }, "duplicate `norm`"),
    ] {
        let error = spec.validate().expect_err(message);
        assert!(error.to_string().contains(message), "{error}");
    }
    let nested = "ema(".repeat(17) + "adam" + &")".repeat(17);
    assert!(
        nested.parse::<OptimizerSpec>().expect_err("deep").to_string().contains("at most 16 nested wrappers")
    );
    for deep in ["(".repeat(60_000), "sam(".repeat(15_000), "sam(".repeat(9000) + "adam" + &")".repeat(9000)]
    {
        deep.parse::<OptimizerSpec>().expect_err("deep");
    }
    let long = "adam, ".to_string() + &"x".repeat(70_000);
    let error = long.parse::<OptimizerSpec>().expect_err("long").to_string();
    assert!(error.starts_with("recipe: expected at most 65536 bytes, found 70006"), "{error}");
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
    fn printed_is_parsed(spec in any_method()) {
        let text = spec.to_string();
        let again: OptimizerSpec = text.parse().map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(again.to_string(), text);
        prop_assert_eq!(format!("{again:?}"), format!("{spec:?}"));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*|[a-c=.,:()*\"% ]{0,40}") {
        check(&text)?;
    }

    #[test]
    fn a_changed_recipe_is_read_or_refused(
        spec in any_method(),
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4),
        pieces in prop::collection::vec("|,|, |\\(|\\)|:|: | |\"|=|\\*| then | until=5|\\.\\.|sam\\(|ß|-|1e999|cosine|bias", 1..4),
    ) {
        let mut text: Vec<char> = spec.to_string().chars().collect();
        for ((at, len), piece) in places.iter().zip(&pieces) {
            let at = at.index(text.len() + 1);
            let end = (at + len.index(6)).min(text.len());
            text.splice(at..end, piece.chars());
        }
        check(&text.into_iter().collect::<String>())?;
    }
}

/// Recipes that are read have one spelling; those that are refused have a place in the text.
fn check(text: &str) -> Result<(), TestCaseError> {
    match text.parse::<OptimizerSpec>() {
        Ok(spec) => prop_assert_eq!(spec.to_string().parse::<OptimizerSpec>(), Ok(spec)),
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

/// Any spec that can be used.
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
                let mut spec =
                    OptimizerSpec { wrappers, schedule, clip, maximize, ..OptimizerSpec::new(rule) };
                spec.plateau = plateau.map(|(gamma, patience, threshold)| PlateauSettings {
                    gamma,
                    patience,
                    threshold,
                    ..PlateauSettings::default()
                });
                // What does not go with the rest is left out.
                for part in no_decay {
                    keep_if_valid(&mut spec, |spec| spec.no_decay.push(part.into()));
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
                        Err(setting) => settings(setting, &*spec.rule),
                    };
                    keep_if_valid(&mut spec, |spec| {
                        spec.groups.push(Group { selector: of.into(), rule: is })
                    });
                }
                for (index, course) in hyper_schedules {
                    let hypers = spec.rule.hypers().into_iter();
                    let hypers = hypers.chain(spec.wrappers.iter().flat_map(|wrapper| wrapper.hypers()));
                    let names: Vec<&str> = hypers.map(|hyper| hyper.name).collect();
                    let name = names[index.index(names.len())].to_string();
                    keep_if_valid(&mut spec, |spec| spec.hyper_schedules.push((name, course)));
                }
                spec
            },
        )
        .prop_filter("what goes together", |spec| spec.validate().is_ok())
}

const SELECTORS: [&str; 8] = ["bias", "matrix", "embedding", "fc1.*", "*", "w", "a b,c", "block.2.norm"];

fn keep_if_valid(spec: &mut OptimizerSpec, change: impl FnOnce(&mut OptimizerSpec)) {
    let mut changed = spec.clone();
    change(&mut changed);
    if changed.validate().is_ok() {
        *spec = changed;
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

//! `evaluate`, `predict`, `optimizers`, `explain`, `schedule` and `data` as a user runs them, without a network.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use image::{GrayAlphaImage, GrayImage, LumaA};
use optim::hyper::Hyperparameters;
use serde_json::Value;
use std::ops::ControlFlow;
use tempfile::TempDir;
use train::{Budget, Recipe, Task, Training, weights};
use unicode_width::UnicodeWidthStr;

/// A folder that is the program's whole world: current folder, home and cache.
struct World(TempDir);

struct Output {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl World {
    fn new() -> World {
        World(tempfile::tempdir().unwrap())
    }

    /// One with the model `digits.safetensors` in it.
    fn with_model() -> World {
        let world = World::new();
        fs::write(world.path("digits.safetensors"), digits()).unwrap();
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_descent"));
        command
            .current_dir(self.0.path())
            .env("HOME", self.0.path())
            .env("XDG_CACHE_HOME", self.path("cache"));
        for name in ["DESCENT_DATA", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, arguments: &str) -> Output {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &str, environment: &[(&str, &str)]) -> Output {
        let mut command = self.command();
        let output =
            command.args(arguments.split_whitespace()).envs(environment.iter().copied()).output().unwrap();
        Output {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Output of a run that must succeed within 80 columns, without colors.
    fn page(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        assert_eq!(output.code, Some(0), "{arguments}: {}", output.stderr);
        assert!(!output.stdout.contains('\u{1b}'), "{arguments}: colors in a pipe");
        fits(arguments, &output.stdout);
        output.stdout
    }

    /// The same for arguments with spaces in them.
    fn run_args(&self, arguments: &[&str]) -> String {
        let output = self.command().args(arguments).output().unwrap();
        let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
        if !arguments.contains(&"--json") {
            fits(&arguments.join(" "), &stdout);
        }
        stdout
    }

    /// The objects of a run that must succeed with `--json`.
    fn json(&self, arguments: &str) -> Vec<Value> {
        let output = self.run(&format!("{arguments} --json"));
        assert_eq!(output.code, Some(0), "{arguments}: {}", output.stderr);
        objects(&output.stdout)
    }

    /// A run that must fail with this code and say this.
    fn fails(&self, arguments: &str, code: i32, words: &[&str]) {
        let output = self.run(arguments);
        assert_eq!(output.code, Some(code), "{arguments}: {}", output.stderr);
        for word in words {
            assert!(output.stderr.contains(word), "{arguments}: no {word:?} in {}", output.stderr);
        }
        assert!(
            output.stderr.starts_with("error: ") || output.stderr.contains("\nerror: "),
            "{}",
            output.stderr
        );
    }
}

fn objects(lines: &str) -> Vec<Value> {
    let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!objects.is_empty());
    assert!(objects.iter().all(|object| object["schema"] == 1 && object["kind"].is_string()), "{lines}");
    objects
}

fn fits(what: &str, text: &str) {
    for line in text.lines() {
        assert!(line.width() <= 80, "{what}: {} columns: {line}", line.width());
    }
}

fn sample() -> data::Dataset {
    let mut request = data::Request::new(data::set("mnist").unwrap());
    request.offline = true;
    request.places = data::Places {
        configured: None,
        here: "/nonexistent".into(),
        system: "/nonexistent".into(),
        cache: "/nonexistent".into(),
    };
    data::load(&request, &mut |_| ()).unwrap()
}

/// A model that was trained on the sample for an epoch.
fn digits() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let task = Task::notebook(sample());
        let recipe: Recipe = "adam lr=0.003, batch=100".parse().unwrap();
        let mut training = Training::new(&task, &recipe, 0, Budget { epochs: 2, evaluations: 1 }).unwrap();
        training.run(&mut |_| ControlFlow::Continue(()));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("digits.safetensors");
        let notes = [("dataset", "mnist"), ("mean", "0.5"), ("deviation", "0.5")];
        let notes = notes.map(|(a, b)| (a.into(), b.into())).into();
        weights::save(&path, training.weights(), training.buffers(), &notes).unwrap();
        fs::read(path).unwrap()
    })
}

/// A model that was not trained, of these widths and with these notes.
fn untrained(path: &Path, widths: &[usize], notes: &[(&str, &str)]) {
    let notes: BTreeMap<_, _> = notes.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect();
    let model = nn::Model::mlp(widths, nn::Activation::Relu);
    weights::save(path, &model.init(1), &model.buffers(), &notes).unwrap();
}

#[test]
fn every_help_teaches_with_examples_in_80_columns() {
    let world = World::new();
    for command in [
        "evaluate",
        "predict",
        "optimizers",
        "explain",
        "data",
        "data list",
        "data fetch",
        "data verify",
        "data show",
    ] {
        let help = world.page(&format!("{command} --help"));
        assert!(help.contains("Examples:\n  descent "), "{command}");
    }
}

#[test]
fn evaluate_tells_how_good_a_model_is() {
    let world = World::with_model();
    let page = world.page("evaluate --model digits.safetensors --offline --worst 4");
    for word in
        ["digits.safetensors (784-128-64-10, trained on mnist)", "2,000 images", "95% interval", "precision"]
    {
        assert!(page.contains(word), "no {word:?} in {page}");
    }

    let [evaluation] = &world.json("evaluate --model digits.safetensors --offline --worst 4")[..] else {
        panic!("one object")
    };
    let confusion: Vec<Vec<u64>> = serde_json::from_value(evaluation["confusion"].clone()).unwrap();
    let right: u64 = (0..10).map(|class| confusion[class][class]).sum();
    assert_eq!(confusion.iter().flatten().sum::<u64>(), 2000);
    assert_eq!(evaluation["accuracy"], right as f64 / 2000.0);
    assert!(right > 1700, "{right} of 2000 after two epochs");
    let (low, high) = lab::stats::wilson95(right, 2000).unwrap();
    assert_eq!(evaluation["interval95"], serde_json::json!([low, high]));
    assert!(page.contains(&format!(
        "{:.2}%   95% interval {:.2}% to {:.2}%",
        right as f64 / 20.0,
        100.0 * low,
        100.0 * high
    )));

    let worst = evaluation["worst"].as_array().unwrap();
    assert_eq!(worst.len(), 4);
    let test = sample().test;
    for (image, next) in worst.iter().zip(&worst[1..]) {
        assert!(image["probability"].as_f64() >= next["probability"].as_f64());
    }
    for image in worst {
        assert_eq!(image["label"], test.labels[image["index"].as_u64().unwrap() as usize]);
        assert_ne!(image["label"], image["prediction"]);
        assert!(page.contains(&format!("index {}:", image["index"])), "{page}");
    }
}

#[test]
fn a_sample_is_said_to_be_one() {
    let world = World::with_model();
    let output = world.run("evaluate --model digits.safetensors --offline --json");
    assert!(output.stderr.contains("NOTE: this runs on the embedded sample"), "{}", output.stderr);
    assert_eq!(objects(&output.stdout)[0]["sample"], true);
}

#[test]
fn predict_shows_an_image_of_the_set() {
    let world = World::with_model();
    let page = world.page("predict --model digits.safetensors --index 7 --offline");
    let label = sample().test.labels[7];
    assert!(page.starts_with(&format!("index 7 of mnist's test split: is {label}, seen as ")), "{page}");
    assert_eq!(page.matches('%').count(), 11, "ten bars and the heading:\n{page}");
    assert_eq!(page.matches('◀').count(), 1);
    let prediction = &world.json("predict --model digits.safetensors --index 7 --offline")[0];
    let probabilities: Vec<f64> = serde_json::from_value(prediction["probabilities"].clone()).unwrap();
    assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-5);
    let best = (0..10).max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b])).unwrap();
    assert_eq!(prediction["prediction"], best);
    assert_eq!(prediction["label"], label);
}

#[test]
fn predict_sees_in_a_photo_what_it_sees_in_the_set() {
    // Seven times as large, dark ink on transparent paper, off the center.
    let world = World::with_model();
    let test = sample().test;
    let mut names = String::new();
    for index in 0..20 {
        let digit = test.image(index);
        let ink = |x: u32, y: u32| match (x.checked_sub(90), y.checked_sub(10)) {
            (Some(x), Some(y)) if x < 196 && y < 196 => digit[(y / 7 * 28 + x / 7) as usize],
            _ => 0,
        };
        let name = format!("{index}.png");
        GrayAlphaImage::from_fn(301, 222, |x, y| LumaA([0, ink(x, y)])).save(world.path(&name)).unwrap();
        names += &format!(" {name}");
    }
    let predictions = world.json(&format!("predict --model digits.safetensors{names}"));
    assert_eq!(predictions.len(), 20);
    assert_eq!(predictions[3]["image"], "3.png");
    let right = (0..20).filter(|&i| predictions[i]["prediction"] == test.labels[i]).count();
    assert!(right >= 16, "{right} of 20");
    world.page("predict --model digits.safetensors 0.png 1.png");
    let inverted = world.json("predict --model digits.safetensors 0.png --invert yes");
    // One picture alone is summed in another order than twenty together, so the last bits may differ.
    let probabilities = |object: &serde_json::Value| -> Vec<f64> {
        object["probabilities"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).collect()
    };
    for (alone, together) in probabilities(&inverted[0]).into_iter().zip(probabilities(&predictions[0])) {
        assert!((alone - together).abs() < 1e-6, "{alone}, among others {together}");
    }
}

#[test]
fn pictures_that_cannot_be_used_are_errors() {
    let world = World::with_model();
    let whole = GrayImage::from_fn(40, 40, |x, _| [if x == 20 { 0 } else { 255 }].into());
    whole.save(world.path("whole.png")).unwrap();
    whole.save(world.path("whole.jpg")).unwrap();
    let (again, other) = ("hint: copy the file again", "PNG or JPEG");
    for (name, bytes, found, hint) in [
        ("cut.png", &fs::read(world.path("whole.png")).unwrap()[..60], "truncated", again),
        ("cut.jpg", &fs::read(world.path("whole.jpg")).unwrap()[..200], "truncated", again),
        (
            "text.png",
            b"a page, not a picture".as_slice(),
            "expected PNG or JPEG, found something else",
            other,
        ),
        ("empty.png", b"", "expected PNG or JPEG, found an empty file", other),
    ] {
        fs::write(world.path(name), bytes).unwrap();
        world.fails(
            &format!("predict --model digits.safetensors {name}"),
            65,
            &[name, found, "hint: ", hint],
        );
    }
    GrayImage::new(51_000, 1_000).save(world.path("wide.png")).unwrap();
    let words = ["expected at most 50 megapixels, found 51.0 (51000 × 1000)", "hint: crop to the digit"];
    world.fails("predict --model digits.safetensors wide.png", 65, &words);
    GrayImage::new(9_000, 9_000).save(world.path("large.png")).unwrap();
    world.fails("predict --model digits.safetensors large.png", 65, &["found 81.0 (9000 × 9000)"]);
    GrayImage::new(30, 30).save(world.path("blank.png")).unwrap();
    world.fails("predict --model digits.safetensors blank.png", 65, &["no digit found"]);
    world.fails("predict --model digits.safetensors none.png", 66, &["none.png"]);
    world.fails("predict --model digits.safetensors .", 65, &[]);
    world.fails(
        "predict --model digits.safetensors --index 2000 --offline",
        2,
        &["0 to 1999", "embedded sample"],
    );
    world.fails("predict --model digits.safetensors", 2, &[]);
    world.page("predict --model digits.safetensors whole.jpg");
}

#[test]
fn one_bad_picture_does_not_keep_the_others_back() {
    let world = World::with_model();
    let stroke = |left: u32| {
        move |x: u32, y: u32| if (left..left + 6).contains(&x) && (20..80).contains(&y) { [0] } else { [255] }
    };
    GrayImage::from_fn(100, 100, |x, y| stroke(50)(x, y).into()).save(world.path("one.png")).unwrap();
    let two = |x, y| std::cmp::min(stroke(20)(x, y), stroke(70)(x, y)).into();
    GrayImage::from_fn(100, 100, two).save(world.path("two.png")).unwrap();
    fs::copy(world.path("one.png"), world.path("other.png")).unwrap();
    fs::write(world.path("bad.jpg"), b"\xff\xd8\xff\xe0\x00\x10JFIF").unwrap();

    let pictures = "one.png bad.jpg two.png none.png other.png";
    let output = world.run(&format!("predict --model digits.safetensors {pictures} --json"));
    assert_eq!(output.code, Some(65), "{}", output.stderr);
    let shown: Vec<String> =
        objects(&output.stdout).iter().map(|object| object["image"].as_str().unwrap().to_string()).collect();
    assert_eq!(shown, ["one.png", "other.png"]);
    for line in ["error: bad.jpg: truncated", "two.png: expected one digit, found 2", "none.png: "] {
        assert!(output.stderr.contains(line), "{}", output.stderr);
    }
    let missing = world.run("predict --model digits.safetensors one.png none.png");
    assert_eq!(missing.code, Some(66), "{}", missing.stderr);
}

#[cfg(unix)]
#[test]
fn pipes_and_folders_are_no_pictures_and_names_cannot_steer_the_terminal() {
    let world = World::with_model();
    assert!(Command::new("mkfifo").arg(world.path("pipe.png")).status().unwrap().success());
    for name in ["pipe.png", ".", "/dev/zero"] {
        let words = [name, "expected a regular file, found a "];
        world.fails(&format!("predict --model digits.safetensors {name}"), 65, &words);
    }
    for name in ["a\u{1b}[2Jb.png", "a\u{202e}b.png", "a\nerror: b.png"] {
        let output =
            world.command().args(["predict", "--model", "digits.safetensors", name]).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(66), "{stderr}");
        assert!(stderr.starts_with("error: cannot read a\\"), "{stderr:?}");
        assert!(!stderr.contains(['\u{1b}', '\u{202e}']), "{stderr:?}");
        assert_eq!(stderr.lines().filter(|line| line.starts_with("error")).count(), 1, "{stderr:?}");
    }
}

#[test]
fn models_that_cannot_be_used_are_errors() {
    let world = World::new();
    fs::write(world.path("text.safetensors"), "not weights").unwrap();
    untrained(&world.path("small.safetensors"), &[100, 3], &[]);
    untrained(&world.path("odd.safetensors"), &[784, 10], &[("deviation", "0")]);
    untrained(&world.path("other.safetensors"), &[784, 10], &[("dataset", "fashion-mnist")]);
    untrained(&world.path("foreign.safetensors"), &[784, 10], &[("dataset", "somebody's\u{1b}[2J")]);
    for (arguments, code, words) in [
        ("--model none.safetensors", 66, &["none.safetensors", "descent train --save"][..]),
        ("--model text.safetensors", 65, &["text.safetensors"]),
        ("--model small.safetensors", 2, &["100 inputs", "3 classes", "mnist has 784 pixels and 10 classes"]),
        ("--model odd.safetensors", 65, &["`deviation`"]),
        ("--model other.safetensors", 66, &["fashion-mnist is not on this machine"]),
        ("", 2, &["--model"]),
    ] {
        world.fails(&format!("evaluate --offline {arguments}"), code, words);
    }
    let output = world.run("evaluate --offline --model other.safetensors --dataset mnist");
    assert!(
        output.stderr.contains("NOTE: this model was trained on fashion-mnist, not on mnist."),
        "{}",
        output.stderr
    );
    assert_eq!(output.code, Some(0));
    world.page("evaluate --offline --model foreign.safetensors");
}

/// Finite weights may give outputs that are none.
#[test]
fn a_model_whose_outputs_overflow_is_refused() {
    let world = World::new();
    let header = concat!(
        r#"{"fc1.bias":{"dtype":"F32","shape":[10],"data_offsets":[31360,31400]},"#,
        r#""fc1.weight":{"dtype":"F32","shape":[10,784],"data_offsets":[0,31360]}}"#
    );
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend(3e38_f32.to_le_bytes().repeat(7850));
    fs::write(world.path("huge.st"), bytes).unwrap();
    for command in ["evaluate --offline --model huge.st", "predict --offline --model huge.st --index 1"] {
        world.fails(command, 65, &["huge.st: expected finite outputs, found NaN", "have exploded"]);
    }
}

#[test]
fn optimizers_lists_every_rule_and_wrapper() {
    let world = World::new();
    let page = world.page("optimizers");
    let objects = world.json("optimizers");
    let (rules, wrappers) = (optim::rules::all(), optim::wrappers::all());
    assert_eq!(objects.len(), rules.len() + wrappers.len());
    for (rule, object) in rules.iter().zip(&objects) {
        let card = rule.info();
        assert!(page.contains(&format!("  {} ", card.name)), "{}", card.name);
        assert_eq!((&object["kind"], &object["name"]), (&"optimizer".into(), &card.name.into()));
        let mut layout = tensor::Layout::new();
        layout.push("weight", [3, 5], tensor::Role::Matrix);
        let optimizer = optim::Optimizer::of(optim::OptimizerSpec::new(rule.boxed()), layout).unwrap();
        assert_eq!(object["state_bytes_per_weight"], optimizer.state_bytes_per_weight(), "{}", card.name);
        assert_eq!(object["passes"]["read"], rule.memory_traffic().read);
    }
    for (wrapper, object) in wrappers.iter().zip(&objects[rules.len()..]) {
        let name = wrapper.info().name;
        assert!(page.contains(&format!("  {name} ")), "{name}");
        assert_eq!((&object["kind"], &object["name"]), (&"wrapper".into(), &name.into()));
    }
    let raised = serde_json::json!([{ "setting": "momentum", "bytes": 4, "passes": 2.0 }]);
    assert_eq!(objects[0]["raised_by"], raised);
    let sam = objects.iter().find(|object| object["name"] == "sam").unwrap();
    assert_eq!(sam["gradients"], 2.0);
}

#[test]
fn explain_has_a_page_for_everything_that_can_be_chosen() {
    let world = World::new();
    let list = world.page("explain");
    let has_settings = |page: &str, name: &str, hypers: &[optim::hyper::Hyper]| {
        assert!(list.contains(&format!("  {name} ")), "{name}");
        for hyper in hypers {
            assert!(page.contains(&format!("\n  {} ", hyper.name)), "{name}: {}", hyper.name);
        }
        let object = &world.json(&format!("explain {name}"))[0];
        assert_eq!(object["settings"].as_array().unwrap().len(), hypers.len(), "{name}");
    };
    for rule in optim::rules::all() {
        let name = rule.info().name;
        let page = world.page(&format!("explain {name}"));
        assert!(page.contains(&format!("descent train --optimizer {name}\n")), "{name}");
        assert!(page.contains("\nRelatives\n") && page.contains("passes over memory: "), "{name}");
        has_settings(&page, name, &rule.hypers());
    }
    for wrapper in optim::wrappers::all() {
        let name = wrapper.info().name;
        let page = world.page(&format!("explain {name}"));
        assert!(
            page.contains("\nRelatives\n") && page.contains("for each step of the rule inside"),
            "{name}"
        );
        has_settings(&page, name, &wrapper.hypers());
    }
    for course in optim::schedules::all() {
        let name = course.info().name;
        let page = world.page(&format!("explain {name}"));
        assert!(page.contains('█'), "{name} is drawn");
        let hypers: Vec<_> = course.hypers().into_iter().chain([optim::LrSchedule::WARMUP]).collect();
        has_settings(&page, name, &hypers);
        let object = &world.json(&format!("explain {name}"))[0];
        assert_eq!(
            (&object["kind"], &object["ends"]),
            (&"schedule".into(), &course.info().ends.to_vec().into())
        );
    }
    let plateau = world.page("explain plateau");
    has_settings(&plateau, "plateau", &Hyperparameters::hypers(&optim::PlateauSettings::default()));
    for clip in optim::clips::all() {
        let name = clip.info().name;
        let page = world.page(&format!("explain {name}"));
        assert!(
            list.contains(&format!("  {name} ")) && page.contains(&format!("'adam, {name}=1'")),
            "{name}"
        );
        assert_eq!(world.json(&format!("explain {name}"))[0]["kind"], "clip");
    }
    let pages =
        [optim::rules::all().len(), optim::wrappers::all().len(), optim::schedules::all().len(), 1, 4];
    assert_eq!(world.json("explain").len(), pages.iter().sum::<usize>());
    for (word, meant) in
        [("adma", "adam"), ("cosin", "cosine"), ("lookahed", "lookahead"), ("momentm", "momentum")]
    {
        let meant = format!("did you mean `{meant}`?");
        world.fails(&format!("explain {word}"), 2, &[&meant, "hint: `descent explain` lists what there is"]);
    }
    for word in [
        "momentum",
        "nesterov",
        "lr",
        "batch-size",
        "epoch",
        "warmup",
        "weight_decay",
        "Learning-Rate-Schedule",
    ] {
        let page = world.page(&format!("explain {word}"));
        assert!((2..8).contains(&page.lines().count()), "{word}: {page}");
    }
    assert_eq!(world.json("explain lr")[0]["name"], "learning rate");
    world.fails("explain nothing-like-it", 2, &["unknown word `nothing-like-it`"]);
}

#[test]
fn explain_tells_what_a_step_costs() {
    let world = World::new();
    for (name, words) in [
        (
            "adam",
            &[
                "8 bytes for each weight; +4 with amsgrad",
                "7 (4 read, 3 written, in 1 loop); +2 with amsgrad",
            ],
        ),
        (
            "sgd",
            &[
                "0 bytes for each weight; +4 with momentum",
                "3 (2 read, 1 written, in 1 loop); +2 with momentum",
            ],
        ),
        ("sam", &["4 bytes for each weight", "2 gradients for each step of the rule inside"]),
        ("adafactor", &["a number for each row and column of a matrix; 4 bytes", "in 8 loops"]),
    ] {
        let page = world.page(&format!("explain {name}"));
        let flowing = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.iter().all(|words| flowing.contains(words)), "{name}: {page}");
    }
}

/// After a wanted change: `DESCENT_BLESS=1 cargo test -p cli --test inspect page_of_the_docs`.
#[test]
fn the_page_of_the_docs_says_what_is_declared() {
    let page = World::new().run("optimizers --markdown").stdout;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/optimizers.md");
    if std::env::var_os("DESCENT_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap();
    for (kept, made) in kept.lines().zip(page.lines()) {
        assert_eq!(kept, made, "docs/optimizers.md is older than the declarations");
    }
    assert_eq!(kept.lines().count(), page.lines().count(), "docs/optimizers.md");
}

#[test]
fn schedules_are_drawn_and_counted_out() {
    let world = World::new();
    let page = world.run_args(&["schedule", "one_cycle rise=30%", "--svg", "one.svg"]);
    assert!(page.starts_with("one_cycle\n\n  "), "{page}");
    assert!(page.contains("  1 │") && page.contains("step 0") && page.contains("999\n"), "{page}");
    assert!(page.contains("starts at 0.04, is greatest at step 299 with 1, ends at 4e-6"), "{page}");
    assert!(page.contains("picture: one.svg"));
    let svg = fs::read_to_string(world.path("one.svg")).unwrap();
    assert!(svg.contains("<title id=\"title\">one_cycle</title>") && svg.contains(">1,000</text>"));
    for course in optim::schedules::all() {
        for example in course.info().examples {
            world.run_args(&["schedule", example, "--steps", "40", "--svg", "any.svg"]);
        }
    }

    let text = "linear warmup=2 until=50% then constant value=0.1 * step every=2";
    let object: Value =
        serde_json::from_str(&world.run_args(&["schedule", text, "--steps", "8", "--json"])).unwrap();
    assert_eq!(object["schedule"], text);
    let factors: Vec<f64> = serde_json::from_value(object["factors"].clone()).unwrap();
    let schedule: optim::LrSchedule = text.parse().unwrap();
    assert_eq!(factors, (0..8).map(|step| schedule.factor(step, 8)).collect::<Vec<_>>());

    world.fails("schedule cosin", 2, &["did you mean `cosine`?", "hint: expected one of: constant"]);
    world.fails("schedule cosine --steps 0", 2, &["--steps"]);
    world.fails("schedule", 2, &["SCHEDULE"]);
    world.fails("schedule cosine --svg nowhere/cosine.svg", 73, &["nowhere"]);
}

#[test]
fn data_sets_are_fetched_listed_checked_and_drawn() {
    let world = World::new();
    assert!(world.page("data list").contains("`descent data fetch qmnist`"));
    assert_eq!(world.json("data list").len(), data::SETS.len());
    world.fails("data verify", 66, &["no data set is here"]);
    world.fails("data verify kmnist mnist", 66, &["kmnist, mnist"]);
    world.fails("data fetch kmnist --offline", 66, &["--offline"]);
    world.fails("data fetch kmnist --offline --from nowhere", 66, &["nowhere"]);

    // Kuzushiji-MNIST's plain files have no published checksums, so that black images pass for it.
    let set = data::set("kmnist").unwrap();
    fs::create_dir(world.path("usb")).unwrap();
    for (file, shape) in
        set.files.iter().zip([&[60_000_u32, 28, 28][..], &[60_000], &[10_000, 28, 28], &[10_000]])
    {
        let mut bytes = vec![0, 0, 8, shape.len() as u8];
        bytes.extend(shape.iter().flat_map(|size| size.to_be_bytes()));
        let mut written = fs::File::create(world.path("usb").join(file.name)).unwrap();
        written.write_all(&bytes).unwrap();
        written.set_len(file.bytes).unwrap();
    }
    assert!(world.page("data fetch kmnist --offline --from usb --data-dir kept").contains("kmnist is whole"));
    let found = &world.json("data list --data-dir kept")[2]["found"][0];
    assert_eq!((found["folder"].as_str(), found["whole"].as_bool()), (Some("kept/KMNIST/raw"), Some(true)));
    assert_eq!(world.page("data verify --data-dir kept").matches("  ok  ").count(), 4);
    assert!(world.page("data show kmnist --data-dir kept --count 3").contains("index 2: o"));
    assert_eq!(world.json("data show kmnist --data-dir kept --index 9999")[0]["index"], 9999);
    world.fails("data show kmnist --data-dir kept --index 10000", 2, &["0 to 9999"]);

    // Files of the same names, with other labels than a set's: they are not listed as that set.
    fs::create_dir(world.path("odd")).unwrap();
    fs::write(world.path("odd").join(set.files[3].name), [0, 0, 8, 1, 0, 0, 0, 2, 1, 2]).unwrap();
    let page = world.page("data list --data-dir odd");
    assert!(!page.contains("only 1 of 4 files"), "{page}");

    // Empty files are no data set.
    fs::create_dir(world.path("void")).unwrap();
    set.files.iter().for_each(|file| fs::write(world.path("void").join(file.name), "").unwrap());
    let page = world.page("data list --data-dir void");
    assert!(page.contains("only 0 of 4 files") && !page.contains("    4 files"), "{page}");

    let labels = world.path("kept/KMNIST/raw").join(set.files[3].name);
    fs::OpenOptions::new().write(true).open(&labels).unwrap().set_len(100).unwrap();
    world.fails("data verify --data-dir kept", 65, &["damaged files: 1"]);
    let states: Vec<_> = objects(&world.run("data verify kmnist --data-dir kept --json").stdout);
    assert_eq!(
        states.iter().map(|file| file["status"].as_str().unwrap()).collect::<Vec<_>>(),
        ["ok", "ok", "ok", "damaged"]
    );
    fs::remove_file(&labels).unwrap();
    world.fails("data verify kmnist --data-dir kept", 66, &["not here: kmnist"]);
}

#[test]
fn data_show_draws_the_sample() {
    let world = World::new();
    let page = world.page("data show --offline --count 4");
    let labels = sample().test.labels;
    for (index, label) in labels[..4].iter().enumerate() {
        assert!(page.contains(&format!("index {index}: {label}")), "{page}");
    }
    assert!(page.contains('█') && page.contains('░'));
    let images = world.json("data show --offline --count 2 --split train");
    assert_eq!(images.len(), 2);
    assert_eq!(images[1]["pixels"].as_array().unwrap().len(), 28 * 28);
    world.fails("data show --offline --index 1 --count 2", 2, &[]);
}

#[test]
fn colors_are_heard() {
    let world = World::new();
    let command = "data show --offline --count 1";
    let colored = world.run_with(command, &[("CLICOLOR_FORCE", "1")]).stdout;
    assert!(colored.contains("▀") && colored.contains("\u{1b}[48;5;16m"));
    let plain = world.run_with(command, &[("NO_COLOR", "1")]).stdout;
    assert!(!plain.contains('\u{1b}') && !plain.contains('▀'));
}

#[test]
fn terminals_of_any_width_do() {
    let world = World::with_model();
    for columns in ["0", "1", "20", "100000", "many"] {
        for command in [
            "evaluate --model digits.safetensors --offline",
            "predict --model digits.safetensors --index 1 --offline",
            "optimizers",
            "explain adam",
            "explain cosine",
            "schedule cosine",
            "data list",
            "data show --offline",
        ] {
            let output = world.run_with(command, &[("COLUMNS", columns)]);
            assert_eq!(output.code, Some(0), "{command} in {columns} columns: {}", output.stderr);
            // Fewer than 50 hold no table, and more than 200 are hard to read.
            let most = match columns {
                "1" | "20" => 50,
                "100000" => 200,
                _ => 80,
            };
            for line in output.stdout.lines().filter(|_| most > 50) {
                assert!(line.width() <= most, "{command} in {columns} columns: {line}");
            }
        }
    }
}

#[test]
fn lists_fit_fifty_columns() {
    let world = World::with_model();
    for command in [
        "evaluate --model digits.safetensors --offline",
        "optimizers",
        "tasks",
        "data list",
        "explain momentum",
    ] {
        let output = world.run_with(command, &[("COLUMNS", "50")]);
        assert_eq!(output.code, Some(0), "{command}: {}", output.stderr);
        for line in output.stdout.lines() {
            assert!(line.width() <= 50, "{command}: {line}");
        }
    }
}

/// Names of classes come from a file.
#[test]
fn names_of_classes_cannot_steer_the_terminal() {
    let world = World::new();
    let rows: String = (0..60).map(|i| format!("{i},{}\n", ["no\u{1b}[2J", "ye\u{9b}31m"][i % 2])).collect();
    fs::write(world.path("t.csv"), format!("a,t\n{rows}")).unwrap();
    let data = "--data t.csv --target t";
    assert_eq!(world.run(&format!("train {data} --epochs 1 --save m.st")).code, Some(0));
    for command in ["evaluate --model m.st", "predict --model m.st --index 1"] {
        let output = world.run_with(&format!("{command} {data}"), &[("CLICOLOR_FORCE", "1")]);
        assert_eq!(output.code, Some(0), "{command}: {}", output.stderr);
        let raw = ["\u{1b}[2J", "\u{9b}"].map(|control| output.stdout.contains(control));
        assert_eq!(raw, [false; 2], "{command}: {:?}", output.stdout);
        assert!(output.stdout.contains("no\\u{1b}[2J"), "{command}: {:?}", output.stdout);
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let world = World::new();
    let mut child = world.command();
    let child = child.args(["data", "show", "--offline", "--count", "2000", "--json"]);
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("error"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let world = World::new();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = world.command().arg("optimizers").stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(74));
}

#[cfg(unix)]
#[test]
fn arguments_need_not_be_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let world = World::with_model();
    let odd = OsStr::from_bytes(b"\xff\xfe.png");
    for (arguments, code) in [
        (&["predict", "--model", "digits.safetensors"][..], 66),
        (&["evaluate", "--model"], 66),
        (&["explain"], 2),
        (&["data", "fetch", "--offline", "--from"], 2),
        (&["data", "show"], 2),
    ] {
        let output = world.command().args(arguments).arg(odd).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

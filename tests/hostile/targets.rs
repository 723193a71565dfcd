//! The files that the program reads, one entry a kind.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data::batches::Normalize;
use data::{Dataset, Images, Origin};
use nn::{Activation, Architecture, Model};
use optim::{Optimizer, OptimizerSpec, Requires, StateDict};
use serde_json::Value;
use tensor::safetensors::{NewTensor, SafeTensors, Values, to_bytes};
use tensor::{Layout, Role};
use train::{Budget, InMemory, Recipe, Task, Training, weights};

use crate::rng::Rng;
use crate::{bytes, json, safetensors};

type Read = dyn Fn(&[u8]) -> Result<(), String>;

/// A kind of file.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// Files that are right.
    pub(crate) files: Vec<Vec<u8>>,
    pub(crate) change: fn(&[u8], &mut Rng) -> Vec<u8>,
    /// Reads a file and works with what is in it; or says why not.
    pub(crate) read: Box<Read>,
    /// Bytes of memory for each byte of the file.
    pub(crate) multiple: usize,
    /// Bytes of memory for what is there whatever the file holds, such as a network.
    pub(crate) around: usize,
}

/// All kinds.
pub(crate) fn all() -> Vec<Target> {
    vec![header(), model(), checkpoint(), state(), pytorch_state(), records(), idx(), study(), recipe()]
}

/// Any file of tensors.
fn header() -> Target {
    Target {
        name: "safetensors",
        files: model_files(),
        change: safetensors::change,
        read: Box::new(|bytes| {
            let tensors = SafeTensors::parse(bytes).map_err(|error| error.to_string())?;
            for info in tensors.header().tensors() {
                let tensor = tensors.expect(info.name).map_err(|error| error.to_string())?;
                let floats = tensor.f32s().map_or(0, |numbers| numbers.len());
                assert!(floats == 0 || floats == info.shape.iter().product::<usize>());
            }
            Ok(())
        }),
        multiple: 8,
        around: 64 << 10,
    }
}

/// A trained model.
fn model() -> Target {
    let folder = tempfile::tempdir().expect("a folder");
    Target {
        name: "model",
        files: model_files(),
        change: safetensors::change,
        read: Box::new(move |bytes| {
            let path = folder.path().join("model.safetensors");
            std::fs::write(&path, bytes).expect("room for a file");
            let saved = weights::load(&path).map_err(|error| without(&error.to_string(), &path))?;
            assert!(saved.weights.as_slice().len() * 4 <= 4 * bytes.len());
            weights::not_finite(&saved.weights);
            Ok(())
        }),
        multiple: 16,
        // Every network that a file may hold is built to compare names.
        around: 16 << 20,
    }
}

/// A checkpoint, and a step of the run that goes on from it.
fn checkpoint() -> Target {
    let folder = tempfile::tempdir().expect("a folder");
    let task = task();
    let recipe: Recipe = "adam, batch=3".parse().expect("a recipe");
    let budget = Budget { epochs: 2, evaluations: 1 };
    let files = [1, 4, 6].map(|steps| {
        let mut training = Training::new(&task, &recipe, 0, budget).expect("a run");
        training.run(&mut |training| match training.progress().steps == steps {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        });
        training.checkpoint().expect("a sound run")
    });
    Target {
        name: "checkpoint",
        files: files.into(),
        change: safetensors::change,
        read: Box::new(move |bytes| {
            let path = folder.path().join("checkpoint.safetensors");
            std::fs::write(&path, bytes).expect("room for a file");
            let mut training = Training::new(&task, &recipe, 0, budget).expect("a run");
            let located = |error: train::Error| without(&error.to_string(), &path);
            let refused = training.resume(&path, false).map_err(located);
            // Settings of another run are no reason not to look further.
            refused.or_else(|_| training.resume(&path, true).map_err(located))?;
            training.run(&mut |_| ControlFlow::Break(()));
            training.record();
            Ok(())
        }),
        multiple: 32,
        around: 4 << 20,
    }
}

/// The state of an optimizer, and two steps from it.
fn state() -> Target {
    let recipes = ["adam", "ema(prodigy)", "lbfgs history=2", "sgd momentum=0.9", "adafactor"];
    let specs: Vec<OptimizerSpec> = recipes.iter().map(|text| text.parse().expect("a recipe")).collect();
    let optimizer = |spec: &OptimizerSpec| Optimizer::of_slice(spec.clone(), 3).expect("three weights");
    let files = specs.iter().map(|spec| {
        let mut optimizer = optimizer(spec);
        step(&mut optimizer);
        optimizer.state_dict().to_safetensors()
    });
    Target {
        name: "state",
        files: files.collect(),
        change: safetensors::change,
        read: Box::new(move |bytes| {
            let state = StateDict::from_safetensors(bytes).map_err(|error| error.to_string())?;
            let mut last = Ok(());
            for spec in &specs {
                let mut optimizer = optimizer(spec);
                let loaded = optimizer.load_state_dict(state.clone());
                let loaded = loaded.or_else(|_| optimizer.load_state_dict_of_another(state.clone()));
                last = loaded.map_err(|error| error.to_string());
                step(&mut optimizer);
                step(&mut optimizer);
                if last.is_ok() {
                    break;
                }
            }
            last
        }),
        multiple: 32,
        around: 1 << 20,
    }
}

/// The exported state of an optimizer of PyTorch's.
fn pytorch_state() -> Target {
    let layout = || {
        let mut layout = Layout::new();
        layout.push("fc.weight", [2, 1], Role::Matrix);
        layout.push("fc.bias", [2], Role::Bias);
        layout
    };
    let optimizer =
        move || Optimizer::of("adam".parse().expect("a recipe"), layout()).expect("a rule for any layout");
    let notes = serde_json::json!({
        "format": "torch.optim state", "version": 1, "class": "Adam", "steps": 3,
        "names": ["fc.weight", "fc.bias"], "shapes": [[2, 1], [2]],
        "groups": [{
            "params": [0, 1], "lr": 0.001, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.0,
            "amsgrad": false, "maximize": false, "decoupled_weight_decay": false,
        }],
    });
    let tensor = |name: &str, shape: &[usize], values: &'static [f32]| NewTensor {
        name: name.to_string(),
        shape: shape.to_vec(),
        values: Values::F32(values),
    };
    let tensors = [
        tensor("0/exp_avg", &[2, 1], &[0.1, 0.2]),
        tensor("0/exp_avg_sq", &[2, 1], &[0.1, 0.2]),
        tensor("0/step", &[], &[3.0]),
        tensor("1/exp_avg", &[2], &[0.1, 0.2]),
        tensor("1/exp_avg_sq", &[2], &[0.1, 0.2]),
        tensor("1/step", &[], &[3.0]),
    ];
    Target {
        name: "pytorch-state",
        files: vec![to_bytes(&tensors, &[("torch", &notes.to_string())])],
        change: safetensors::change,
        read: Box::new(move |bytes| {
            let mut optimizer = optimizer();
            let loaded = optimizer.load_pytorch(bytes, false);
            let loaded = loaded.or_else(|_| optimizer.load_pytorch(bytes, true));
            loaded.map_err(|error| error.to_string())?;
            optimizer.step(&mut [0.5; 4], &[0.1; 4]);
            Ok(())
        }),
        multiple: 64,
        around: 1 << 20,
    }
}

/// Records, one a line.
fn records() -> Target {
    let task = task();
    let record = |text: &str| {
        let recipe: Recipe = text.parse().expect("a recipe");
        let mut training =
            Training::new(&task, &recipe, 7, Budget { epochs: 2, evaluations: 2 }).expect("a run");
        training.run(&mut |_| ControlFlow::Continue(()));
        training.record()
    };
    let lines = report::jsonl(&[record("adam, batch=3"), record("sgd lr=1e30, batch=2")]);
    Target {
        name: "records",
        files: vec![lines.into_bytes()],
        change: |file, rng| {
            let lines = String::from_utf8_lossy(file);
            let mut values: Vec<Value> =
                lines.lines().map(|line| serde_json::from_str(line).expect("a record")).collect();
            let place = rng.below(values.len());
            for _ in 0..=rng.below(3) {
                json::change(&mut values[place], rng);
            }
            let text: String = values.iter().map(|value| format!("{value}\n")).collect();
            if rng.one_in(4) { bytes::change(text.into_bytes(), rng) } else { text.into_bytes() }
        },
        read: Box::new(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            let records = report::parse_jsonl(&text).map_err(|error| error.to_string())?;
            // What was read is written, drawn and compared.
            let again = report::parse_jsonl(&report::jsonl(&records)).expect("records that were read");
            assert_eq!(report::jsonl(&again), report::jsonl(&records));
            Ok(())
        }),
        multiple: 64,
        around: 256 << 10,
    }
}

/// Arrays in the format of MNIST.
fn idx() -> Target {
    let array = |kind: u8, sizes: &[u32], bytes: usize| {
        let sizes_bytes: Vec<u8> = sizes.iter().flat_map(|size| size.to_be_bytes()).collect();
        [&[0, 0, kind, sizes.len() as u8], sizes_bytes.as_slice(), &vec![7; bytes]].concat()
    };
    Target {
        name: "idx",
        files: vec![array(8, &[3, 4, 5], 60), array(8, &[9], 9), array(0x0d, &[2, 2], 16)],
        change: |file, rng| {
            let changed = bytes::change(file.to_vec(), rng);
            if rng.one_in(3) { bytes::change(changed, rng) } else { changed }
        },
        read: Box::new(|bytes| {
            let idx = data::Idx::read(bytes.to_vec()).map_err(|fault| fault.to_string())?;
            assert_eq!(idx.shape.iter().product::<usize>(), idx.data.len());
            Ok(())
        }),
        multiple: 8,
        around: 64 << 10,
    }
}

/// Studies, lines of TOML.
fn study() -> Target {
    const ODD: [&str; 10] =
        ["", "-1", "1e400", "nan", "[]", "{}", "\"\\u001b[2J\"", "\"x\"", "99999999999999999999", "0..0"];
    Target {
        name: "study",
        files: vec![include_bytes!("../../crates/lab/src/study/example.toml").to_vec()],
        change: |file, rng| {
            let text = String::from_utf8_lossy(file);
            let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
            let (place, other) = (rng.below(lines.len()), rng.below(lines.len()));
            match rng.below(6) {
                0 => drop(lines.remove(place)),
                1 => lines.insert(other, lines[place].clone()),
                2 => lines.swap(place, other),
                3 => lines[place] = lines[place].trim_start_matches("# ").to_string(),
                4 => {
                    let key = lines[place].split('=').next().unwrap_or_default().to_string();
                    lines[place] = format!("{key}= {}", rng.pick(&ODD));
                }
                _ => {
                    let changed = bytes::change(lines[place].clone().into_bytes(), rng);
                    lines[place] = String::from_utf8_lossy(&changed).into_owned();
                }
            }
            let text = lines.join("\n").into_bytes();
            if rng.one_in(4) { bytes::change(text, rng) } else { text }
        },
        read: Box::new(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            let study: lab::study::Study = text.parse().map_err(|fault| format!("{fault}"))?;
            study.check().map_err(|error| error.to_string())?;
            assert_eq!(study.to_toml().parse(), Ok(study));
            Ok(())
        }),
        multiple: 64,
        around: 256 << 10,
    }
}

/// Recipes, one line of text.
fn recipe() -> Target {
    let texts = [
        "adamw lr=3e-3 beta2=0.95, batch=128, clip=1, cosine warmup=5%",
        "ema(sam(sgd momentum=0.9) rho=0.1), step every=3ep * linear until=50% then constant, *.bias: weight_decay=0",
    ];
    Target {
        name: "recipe",
        files: texts.map(|text| text.as_bytes().to_vec()).into(),
        change: |file, rng| {
            let changed = bytes::change(file.to_vec(), rng);
            if rng.one_in(3) { bytes::change(changed, rng) } else { changed }
        },
        read: Box::new(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            let recipe: Recipe = text.parse().map_err(|error: train::Error| error.to_string())?;
            let again = recipe.to_string().parse::<Recipe>().map(|again| again.to_string());
            assert_eq!(again.ok(), Some(recipe.to_string()));
            Ok(())
        }),
        multiple: 64,
        around: 256 << 10,
    }
}

/// Models of two kinds, as saved here and by another program.
fn model_files() -> Vec<Vec<u8>> {
    let notes = [("dataset", "mnist"), ("activation", "relu"), ("mean", "0.5"), ("std", "0.5")];
    let notes: BTreeMap<String, String> =
        notes.map(|(name, text)| (name.to_string(), text.to_string())).into();
    let dense = Architecture::Mlp { hidden: vec![3], activation: Activation::Relu }.build(1, 4, 2);
    let of = |model: &Model| weights::model(&model.init(1), &model.buffers(), &notes);
    let without_checksum = SafeTensors::parse(&of(&dense)).map(|file| {
        let mut data = vec![];
        let tensors = file.header().tensors().map(|info| {
            let start = data.len();
            data.extend(file.expect(info.name).expect("its own name").bytes);
            let (name, shape, end) = (Value::from(info.name), info.shape, data.len());
            format!(r#"{name}:{{"dtype":"F32","shape":{shape:?},"data_offsets":[{start},{end}]}}"#)
        });
        let header = format!("{{{}}}", tensors.collect::<Vec<_>>().join(","));
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
    });
    vec![of(&dense), without_checksum.expect("a whole file")]
}

/// Two classes of images of four pixels.
fn task() -> Task {
    let images = |count: usize| Images {
        pixels: (0..count * 4).map(|i| (i * 37) as u8).collect(),
        labels: (0..count).map(|i| (i % 2) as u8).collect(),
        rows: 2,
        cols: 2,
    };
    let dataset = Dataset {
        name: "tiny",
        classes: 2,
        class_names: &["even", "odd"],
        mean_std: (0.5, 0.5),
        train: images(8),
        test: images(4),
        origin: Origin::Folder(PathBuf::new()),
    };
    let mlp = Architecture::Mlp { hidden: vec![3], activation: Activation::Relu };
    let examples = Arc::new(InMemory::images(dataset));
    Task::supervised(examples, &mlp, Normalize::HALF).expect("a small network")
}

/// A step on a parabola with all that the rule asks for.
fn step(optimizer: &mut Optimizer) {
    let mut w = [1.0, -2.0, 3.0];
    let mut objective = |w: &[f32], g: &mut [f32]| {
        g.copy_from_slice(w);
        1.0
    };
    match optimizer.requires() {
        Requires::Gradient => optimizer.step(&mut w, &[0.5, -1.0, 0.0]),
        _ => _ = optimizer.step_on(&mut w, &mut objective),
    }
}

/// A text without the path of the file, which is ours.
fn without(text: &str, path: &Path) -> String {
    text.replace(&path.display().to_string(), "")
}

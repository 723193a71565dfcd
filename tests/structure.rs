//! Dependencies between crates, files with `unsafe` and printing, and complete registries.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each crate with the crates of the workspace that it may use.
const ARROWS: [(&str, &[&str]); 18] = [
    ("files", &[]),
    ("tensor", &["files"]),
    ("autograd", &["tensor"]),
    ("nn", &["tensor", "autograd"]),
    ("optim", &["files", "tensor"]),
    ("data", &["files", "tensor"]),
    ("train", &["files", "tensor", "autograd", "nn", "optim", "data"]),
    ("lab", &["files", "tensor", "autograd", "nn", "optim", "data", "train"]),
    ("wasm", &[]),
    ("report", &["files", "train", "lab"]),
    ("store", &["files", "train", "lab"]),
    ("lessons", &["files", "tensor", "autograd", "nn", "optim", "data", "train", "lab", "wasm", "report"]),
    ("web", &["files", "tensor", "optim", "data", "train", "lab", "report", "lessons"]),
    ("cli", &["files", "tensor", "nn", "optim", "data", "train", "lab", "report", "lessons", "store", "web"]),
    ("bench", &["files", "tensor", "autograd", "nn", "optim", "data", "train", "lab"]),
    ("xtask", &["files", "tensor", "data", "train", "cli"]),
    ("whole-program-tests", &[]),
    ("browser-tests", &[]),
];

/// The files that may hold `unsafe`.
const KERNELS: [&str; 11] = [
    "crates/tensor/src/indirect.rs",
    "crates/tensor/src/matmul/block.rs",
    "crates/tensor/src/matmul/sparse_input/kernel.rs",
    "crates/tensor/src/matmul/sparse_input/bitmask.rs",
    "crates/tensor/src/matmul/packed.rs",
    "crates/tensor/src/matmul/dots.rs",
    "crates/tensor/src/matmul/lanes.rs",
    "crates/tensor/src/matmul/transpose.rs",
    "crates/tensor/src/peak.rs",
    "crates/tensor/src/simd.rs",
    "crates/wasm/src/exports.rs",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is in the workspace")
}

#[test]
fn every_crate_uses_only_crates_to_its_left() {
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    let metadata: serde_json::Value =
        serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let members: Vec<&str> = packages.iter().map(|p| p["name"].as_str().expect("a name")).collect();
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into();
    for package in packages {
        let name = package["name"].as_str().expect("a name");
        let allowed = allowed.get(name).unwrap_or_else(|| panic!("`{name}` is not in the table of arrows"));
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let used = dependency["name"].as_str().expect("a name");
            let development = dependency["kind"] == "dev";
            if members.contains(&used) && !development {
                assert!(allowed.contains(&used), "`{name}` uses `{used}`, which is not to its left");
            }
        }
    }
}

#[test]
fn low_crates_have_nothing_heavy_by_default() {
    for (name, _) in &ARROWS[..6] {
        let manifest =
            fs::read_to_string(root().join(format!("crates/{name}/Cargo.toml"))).expect("a manifest");
        for heavy in ["reqwest", "tokio", "clap", "indicatif", "minijinja", "png", "zune-jpeg"] {
            let line = manifest.lines().find(|line| line.starts_with(heavy));
            assert!(line.is_none_or(|line| line.contains("optional = true")), "{name}: {line:?}");
        }
    }
}

#[test]
fn unsafe_is_only_in_the_named_kernel_files() {
    for (path, text) in sources() {
        let named = KERNELS.contains(&path.as_str());
        let code =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        // Images, so that this file does not find itself.
        let word = concat!("uns", "afe");
        let holds =
            [" {", " fn", " impl", " trait"].iter().any(|next| code.contains(&format!("{word}{next}")));
        let allows = code.contains(concat!("allow(uns", "afe_code"));
        assert!(named || !(holds || allows), "{path} holds unsafe code but is no named kernel file");
        assert!(!named || holds, "{path} is named as a kernel file but holds no unsafe code");
    }
}

#[test]
fn only_cli_bench_and_xtask_print() {
    let allow = concat!("allow(clippy::print_", "stdout");
    for (path, text) in sources() {
        let may = ["crates/cli/", "crates/bench/", "xtask/"].iter().any(|folder| path.starts_with(folder));
        assert!(may || path.contains("/examples/") || !text.contains(allow), "{path} allows itself to print");
    }
    // Clippy refuses printing wherever it is not allowed, because the workspace says so.
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    assert!(manifest.contains(concat!("print_", "stdout = \"warn\"")));
    for (name, _) in ARROWS {
        let folder = match name {
            "xtask" => name.to_string(),
            "whole-program-tests" => "tests".to_string(),
            "browser-tests" => "tests/browser".to_string(),
            _ => format!("crates/{name}"),
        };
        let manifest = fs::read_to_string(root().join(&folder).join("Cargo.toml")).expect("a manifest");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name} does not take the workspace's lints");
    }
}

/// The rooms of `optim`, each of which uses itself and those before it.
const OPTIM_ROOMS: [&str; 15] = [
    "error",
    "formula",
    "hyper",
    "linalg",
    "state",
    "rule",
    "schedule",
    "rules",
    "wrappers",
    "schedules",
    "clip",
    "clips",
    "recipe",
    "engine",
    "cost",
];

#[test]
fn the_rooms_of_optim_use_only_those_before_them() {
    for (path, text) in sources() {
        let Some(file) = path.strip_prefix("crates/optim/src/") else { continue };
        let room = file.trim_end_matches(".rs").split('/').next().expect("a name");
        let Some(own) = OPTIM_ROOMS.iter().position(|known| *known == room) else {
            assert!(["lib", "registry"].contains(&room), "`{room}` is no known room of optim");
            continue;
        };
        for used in used_modules(&without_tests(&text)) {
            let place = OPTIM_ROOMS.iter().position(|known| *known == used);
            assert!(place.is_none_or(|place| place <= own), "{path} uses `{used}`, a later room");
        }
    }
}

/// Modules of the crate that a file names in its code, in paths and in lists of imports.
fn used_modules(text: &str) -> Vec<String> {
    let code =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut used = vec![];
    for rest in code.split("crate::").skip(1) {
        let list = rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map(|(list, _)| list);
        for path in list.unwrap_or(rest).split(',').take(if list.is_some() { usize::MAX } else { 1 }) {
            let end = |c: char| !(c.is_alphanumeric() || c == '_');
            used.extend(path.trim().split(end).next().map(str::to_string));
        }
    }
    used
}

#[test]
fn modules_of_a_folder_do_not_use_each_other_in_circles() {
    let sources = sources();
    let mut found = Vec::new();
    for (name, _) in ARROWS {
        let source = if name == "xtask" { "xtask/src/".to_string() } else { format!("crates/{name}/src/") };
        let files = sources.iter().filter(|(path, _)| path.starts_with(&source) && !is_test_module(path));
        let modules: BTreeMap<Vec<&str>, &String> = files
            .map(|(path, text)| {
                let file = path[source.len()..].trim_end_matches(".rs");
                (if ["lib", "main"].contains(&file) { vec![] } else { file.split('/').collect() }, text)
            })
            .collect();
        let uses: BTreeMap<Vec<&str>, BTreeSet<Vec<&str>>> = uses_in_folders(&modules);
        for room in uses.keys() {
            let mut reached = BTreeSet::new();
            let mut next: Vec<_> = uses[room].iter().collect();
            while let Some(used) = next.pop() {
                if reached.insert(used) {
                    next.extend(uses.get(used).into_iter().flatten());
                }
            }
            if reached.contains(room) {
                found.push(format!("{name}: {}", room.join("/")));
            }
        }
    }
    assert_eq!(found, CIRCLES, "modules that use each other; what is no longer one leaves the list");
}

/// Modules that are in a circle with others of their folder. The list only shrinks.
const CIRCLES: [&str; 7] = [
    "tensor: indirect",
    "tensor: kernels",
    "tensor: matmul",
    "autograd: gradients",
    "autograd: ops",
    "autograd: tape",
    "autograd: var",
];

/// Modules of each folder, with those of the same folder that they or their submodules use.
fn uses_in_folders<'a>(
    modules: &BTreeMap<Vec<&'a str>, &'a String>,
) -> BTreeMap<Vec<&'a str>, BTreeSet<Vec<&'a str>>> {
    let mut uses: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (module, text) in modules {
        for path in paths(text) {
            let ups = path.iter().take_while(|word| **word == "super").count();
            let base = if path[0] == "crate" { &[][..] } else { &module[..module.len().saturating_sub(ups)] };
            let steps = path.iter().skip_while(|word| ["crate", "super", "self"].contains(word));
            let full: Vec<&str> = base.iter().chain(steps).copied().collect();
            let known = (0..=full.len()).rev().find(|&length| modules.contains_key(&full[..length]));
            let used = &full[..known.unwrap_or(0)];
            let common = module.iter().zip(used).take_while(|(a, b)| a == b).count();
            // A module and those in it are one.
            if common < module.len().min(used.len()) {
                uses.entry(module[..=common].to_vec()).or_default().insert(used[..=common].to_vec());
            }
        }
    }
    uses
}

/// Paths in the code that begin with `crate`, `super` or `self`.
fn paths(text: &str) -> Vec<Vec<&str>> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = Vec::new();
    for (at, _) in ["crate::", "super::", "self::"].iter().flat_map(|word| code.match_indices(word)) {
        let before = code[..at].rsplit('\n').next().unwrap_or_default();
        let is_inside = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        if !is_inside && !before.trim_start().starts_with("//") {
            expand(&code[at..], &[], &mut found);
        }
    }
    found
}

/// Adds the paths that a text begins with, such as `a::b` and `a::c` of `a::{b, c}`; returns the rest.
fn expand<'a>(text: &'a str, before: &[&'a str], found: &mut Vec<Vec<&'a str>>) -> &'a str {
    let text = text.trim_start();
    if let Some(mut list) = text.strip_prefix('{') {
        loop {
            list = expand(list, before, found);
            // What comes before the next entry is another name: `a as b`.
            list = &list[list.find([',', '}']).unwrap_or(list.len())..];
            match list.strip_prefix(',') {
                Some(rest) => list = rest,
                None => return list.strip_prefix('}').unwrap_or(list),
            }
        }
    }
    let (name, rest) =
        text.split_at(text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len()));
    let path = [before, &[name]].concat();
    match rest.strip_prefix("::") {
        Some(rest) => expand(rest, &path, found),
        None => {
            found.push(path);
            rest
        }
    }
}

#[test]
fn no_logic_names_an_entry_of_a_registry() {
    let names =
        |all: Vec<&'static str>, folder: &'static str| all.into_iter().map(move |name| (name, folder));
    let rules = optim::rules::all().iter().map(|entry| entry.info().name).collect();
    let wrappers = optim::wrappers::all().iter().map(|entry| entry.info().name).collect();
    let clips = optim::clips::all().iter().map(|entry| entry.info().name).collect();
    let schedules = optim::schedules::all().iter().map(|entry| entry.info().name).collect();
    let entries: Vec<(&str, &str)> = names(rules, "rules")
        .chain(names(wrappers, "wrappers"))
        .chain(names(clips, "clips"))
        .chain(names(schedules, "schedules"))
        .chain([(optim::PlateauSettings::INFO.name, "schedule")])
        .collect();
    for (path, text) in sources() {
        let crates = ["optim", "train", "lab", "report", "store", "data", "web", "cli"];
        let is_logic = crates.iter().any(|name| path.starts_with(&format!("crates/{name}/src/")));
        // Tasks name their models, which may be called as an entry is.
        if !is_logic || path.starts_with("crates/lab/src/tasks/") || is_test_module(&path) {
            continue;
        }
        let file = path.strip_prefix("crates/optim/src/").unwrap_or_default();
        let code = without_tests(&text);
        // Pages of entries speak of other entries.
        let is_text =
            |line: &str| ["//", "relatives: "].iter().any(|start| line.trim_start().starts_with(start));
        let code: Vec<&str> = code.lines().filter(|line| !is_text(line)).collect();
        for (name, folder) in &entries {
            // Entries declare their own names, and words for settings.
            let is_entry = file.starts_with(&format!("{folder}/"));
            // Names of schedules are words of English as well.
            let begins = if *folder == "rules" { format!("\"{name} ") } else { format!("\"{name}/") };
            let literals = [format!("\"{name}\""), begins];
            let line = code.iter().find(|line| literals.iter().any(|literal| line.contains(literal)));
            let is_allowed =
                is_entry && line.is_none_or(|line| line.contains("name: ") || line.contains(" = \""));
            let has_other_meaning =
                OTHER_MEANINGS.iter().any(|(file, names, _)| *file == path && names.contains(name));
            assert!(line.is_none() || is_allowed || has_other_meaning, "{path} names {name}: {line:?}");
        }
    }
    for (path, names, _) in OTHER_MEANINGS {
        let text = fs::read_to_string(root().join(path)).unwrap_or_default();
        let unused = names.iter().find(|name| !text.contains(&format!("\"{name}")));
        assert_eq!(unused, None, "{path} is allowed to name an entry that it does not name");
    }
}

/// Files that hold a word which is the name of an entry too, and its meaning there.
const OTHER_MEANINGS: [(&str, &[&str], &str); 7] = [
    (
        "crates/optim/src/engine/pytorch.rs",
        &["step"],
        "the number of steps of a parameter in PyTorch's states",
    ),
    ("crates/lab/src/search/domain.rs", &["linear"], "a scale"),
    ("crates/report/src/schedule.rs", &["step"], "a unit"),
    ("crates/cli/src/glossary.rs", &["step"], "a word of training"),
    ("crates/cli/src/args.rs", &["adam"], "the optimizer where none is named, declared once"),
    (
        "crates/cli/src/commands/compare.rs",
        &["sgd", "adam", "rmsprop"],
        "the notebook's experiment: its rates",
    ),
    ("crates/cli/src/commands/explain.rs", &["clip"], "the kind of all ways of clipping"),
];

/// True for a file that only tests are compiled with.
fn is_test_module(path: &str) -> bool {
    let Some((folder, file)) = path.rsplit_once('/') else { return false };
    let parents = [format!("{folder}.rs"), format!("{folder}/lib.rs")];
    let line = format!("#[cfg(test)]\nmod {};", file.trim_end_matches(".rs"));
    parents
        .iter()
        .any(|parent| fs::read_to_string(root().join(parent)).is_ok_and(|text| text.contains(&line)))
}

/// A source file up to its module of tests.
fn without_tests(text: &str) -> String {
    text.split("#[cfg(test)]").next().unwrap_or_default().to_string()
}

/// Registries, each a file with a list of the files in the folder of its name; the files in it that are no entries.
const REGISTRIES: [(&str, &[&str]); 10] = [
    ("optim/src/rules", &[]),
    ("optim/src/wrappers", &[]),
    ("optim/src/schedules", &[]),
    ("optim/src/clips", &[]),
    ("nn/src/models", &[]),
    ("nn/src/layers", &[]),
    ("lab/src/tasks", &["functions", "mnist1d", "recorded", "setup", "spec", "text"]),
    ("lab/src/tasks/functions", &[]),
    ("lessons/src/lessons", &["char_rnn", "net_rates", "small_nets"]),
    ("cli/src/commands", &[]),
];

#[test]
fn an_entry_of_a_registry_is_one_file_and_one_line() {
    for (list, others) in REGISTRIES {
        let text = fs::read_to_string(root().join(format!("crates/{list}.rs"))).expect("the list");
        let listed: Vec<&str> = entries(&text).map(name_at).collect();
        for entry in fs::read_dir(root().join(format!("crates/{list}"))).expect("the files") {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
            if path.is_dir() || others.contains(&name) {
                continue;
            }
            let lines = listed.iter().filter(|listed| **listed == name).count();
            assert_eq!(lines, 1, "lines of {} in its registry", path.display());
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let also = code.filter(|line| line.contains(&format!("mod {name};"))).count();
            assert_eq!(also, 0, "{list}.rs declares `{name}` again");
        }
        for name in listed {
            let file = root().join(format!("crates/{list}/{name}.rs"));
            assert!(file.is_file(), "{list}.rs lists `{name}`, which has no file");
        }
    }
}

/// Lines of a file's `registry!` that are entries.
fn entries(text: &str) -> impl Iterator<Item = &str> {
    let block =
        text.split("\nregistry! {\n").nth(1).and_then(|rest| rest.split("\n}").next()).unwrap_or_default();
    let lines = block.lines().map(|line| line.trim().trim_end_matches(','));
    lines.filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// Name of an entry's file.
fn name_at(entry: &str) -> &str {
    entry.split("::").next().unwrap_or(entry)
}

#[test]
fn no_function_is_longer_than_a_screen() {
    const MOST: usize = 66;
    let mut long = Vec::new();
    for (path, text) in sources() {
        let is_product = !path.contains("/tests/") && !path.starts_with("tests/") && !is_test_module(&path);
        if is_product {
            let code = without_tests(&text);
            long.extend(
                functions(&code).filter(|(_, lines)| *lines > MOST).map(|(name, _)| (path.clone(), name)),
            );
        }
    }
    for (path, name) in &long {
        let is_known = LONG.iter().any(|(file, function)| file == path && function == name);
        assert!(is_known, "{path}: `{name}` has more than {MOST} lines");
    }
    for (path, name) in LONG {
        let is_long = long.iter().any(|(file, function)| file == path && function == name);
        assert!(is_long, "{path}: `{name}` is no longer long: take it off the list");
    }
}

/// Functions of more lines than that. The list only shrinks.
const LONG: [(&str, &str); 4] = [
    ("crates/lessons/src/book.rs", "page"),
    ("crates/lessons/src/lessons/adam_overfits.rs", "measure"),
    ("crates/lessons/src/lessons/batch_vs_sgd.rs", "measure"),
    ("crates/lessons/src/lessons/sgd_sensitive_init.rs", "measure"),
];

/// Name and lines of each function with a body, from its signature to its closing brace, which rustfmt indents alike.
fn functions(code: &str) -> impl Iterator<Item = (String, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let length = move |start: usize| {
        let (first, at) = (lines[start], indent(lines[start]));
        let mut words = first.split_whitespace().skip_while(|word| {
            word.starts_with("pub")
                || ["const", "unsafe", "extern", "\"C\""].contains(word)
                || word.ends_with(')')
        });
        if words.next() != Some("fn") {
            return None;
        }
        let name = words.next()?.split(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
        let end = lines[start..].iter().position(|line| {
            indent(line) == at && (line.trim() == "}" || line.ends_with(';') || line.ends_with(" }"))
        })?;
        Some((name.to_string(), end + 1))
    };
    (0..code.lines().count()).filter_map(length)
}

#[test]
fn every_op_has_a_row_in_the_table_of_gradients() {
    let table = fs::read_to_string(root().join("crates/autograd/tests/gradients.rs")).expect("the table");
    let ops = sources().into_iter().filter(|(path, _)| path.starts_with("crates/autograd/src/ops"));
    let mut found = 0;
    for (path, text) in ops {
        for line in text.lines() {
            let Some(rest) = line.strip_prefix("    pub fn ") else { continue };
            let name = rest.split(['(', '<']).next().expect("a name");
            if WITHOUT_GRADIENT.contains(&name) {
                continue;
            }
            found += 1;
            let operator = OPERATORS.iter().find(|(method, _)| *method == name).map(|(_, row)| *row);
            let called = [".", "::"].iter().any(|before| table.contains(&format!("{before}{name}(")));
            assert!(called || operator.is_some_and(|row| table.contains(row)), "{path}: `{name}` has no row");
        }
    }
    assert!(found > 70, "{found} ops");
}

/// Methods whose results are constants.
const WITHOUT_GRADIENT: [&str; 3] = ["argmax_axis", "argmin_axis", "causal_mask"];

/// Methods that the table calls by their operators.
const OPERATORS: [(&str, &str); 4] =
    [("add", "x[0] + x[1]"), ("sub", "x[0] - x[1]"), ("mul", "x[0] * x[1]"), ("div", "x[0] / x[1]")];

#[test]
fn every_layer_is_compared_with_pytorch() {
    let layers = fs::read_to_string(root().join("crates/nn/src/layers.rs")).expect("the list");
    let tests = fs::read_to_string(root().join("crates/nn/tests/pytorch.rs")).expect("the tests");
    let models: String = (sources().into_iter())
        .filter(|(path, _)| path.starts_with("crates/nn/src/models/"))
        .map(|(_, text)| text)
        .collect();
    let mut found = 0;
    for (file, names) in entries(&layers).filter_map(|line| line.split_once("::")) {
        for layer in names.trim_matches(['{', '}']).split(", ") {
            found += 1;
            let forms = [format!("{layer}::"), format!("{layer} {{"), format!("({layer})")];
            // Every model is compared too.
            let is_compared =
                [&tests, &models].iter().any(|text| forms.iter().any(|form| text.contains(form)));
            assert!(is_compared, "`{layer}` of {file} is not compared");
        }
    }
    assert!(found > 20, "{found} layers");
}

/// Every Rust file of the repository with its path from the root.
fn sources() -> Vec<(String, String)> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = ["crates", "xtask", "tests"].map(|name| root().join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name =
                    path.strip_prefix(root()).expect("below the root").to_string_lossy().replace('\\', "/");
                files.push((name, fs::read_to_string(&path).expect("a source file")));
            }
        }
    }
    files.sort();
    files
}

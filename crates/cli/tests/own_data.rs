//! Data of a user's own on the command line: tables, arrays, folders of pictures and texts.

mod common;
#[path = "common/run.rs"]
mod run;
#[path = "common/text.rs"]
mod text;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use run::run;
use text::text;

/// Standard output of a command line that does its work.
#[track_caller]
fn says(folder: &Path, arguments: &str) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Standard output as JSON.
#[track_caller]
fn json(folder: &Path, arguments: &str) -> serde_json::Value {
    serde_json::from_str(&says(folder, arguments)).expect("the program prints JSON")
}

/// Runs a command line that must end with this code and say these words, and a hint.
#[track_caller]
fn fails(folder: &Path, arguments: &str, code: i32, words: &[&str]) {
    let output = run(folder, arguments);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments}: {told}");
    for word in words.iter().chain(&["hint: "]) {
        assert!(told.contains(word), "{arguments}: expected {word:?} in {told}");
    }
}

/// Two columns that tell three kinds apart, and numbers that are a sum of them.
fn tables(folder: &Path) {
    let (mut kinds, mut sums) = ("a,b,kind\n".to_string(), "a,b,sum\n".to_string());
    for i in 0..150 {
        let (kind, a, b) = (i % 3, f64::from(i % 3) * 100.0 + f64::from(i % 7), f64::from(i % 11));
        writeln!(kinds, "{a},{b},{}", ["red", "green", "blue"][kind as usize]).unwrap();
        writeln!(sums, "{a},{b},{}", 0.01 * a + 0.1 * b).unwrap();
    }
    fs::write(folder.join("kinds.csv"), kinds).unwrap();
    fs::write(folder.join("sums.csv"), sums).unwrap();
}

#[test]
fn a_table_of_classes_is_trained_on_and_its_model_keeps_all_that_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    tables(folder);
    let data = "--data kinds.csv --target kind";
    let told = says(folder, &format!("train {data} --epochs 20 --lr 0.01 --batch-size 8 --save kinds.st"));
    assert!(
        told.contains("each of 2 columns") && told.contains("targets: 3 classes, blue, green, red"),
        "{told}"
    );
    let result = json(folder, &format!("evaluate --model kinds.st {data} --json"));
    assert_eq!((&result["dataset"], &result["accuracy"]), (&"kinds".into(), &1.0.into()), "{result}");
    // Other files have the classes that the model knows, whatever they hold themselves.
    fs::write(folder.join("few.csv"), "a,b,kind\n201,3,blue\n200,5,blue\n1,2,red\n202,1,blue\n3,3,red\n")
        .unwrap();
    let few = json(folder, "evaluate --model kinds.st --data few.csv --target kind --split train --json");
    assert_eq!((&few["accuracy"], few["classes"].as_array().unwrap().len()), (&1.0.into(), 3), "{few}");
    let seen =
        json(folder, "predict --model kinds.st --data few.csv --target kind --split train --index 0 --json");
    assert_eq!(seen["prediction"], seen["label"]);
    // Both are refused before a data set is looked for.
    let data = ["expected the data that it was trained on", "--data"];
    fails(folder, "evaluate --model kinds.st", 2, &data);
    fails(folder, "predict --model kinds.st --index 0", 2, &data);
    let digits = ["expected a model of 28 × 28 images", "found one of kinds (2 inputs, 3 outputs)"];
    fails(folder, "predict --model kinds.st photo.png", 65, &digits);
    let other = run(folder, "predict --model kinds.st --dataset mnist --index 0");
    let told = String::from_utf8(other.stderr).unwrap();
    assert_eq!(other.status.code(), Some(2), "{told}");
    assert!(told.contains("but mnist has 784 pixels") && !told.contains("sample"), "{told}");
    fs::write(folder.join("other.csv"), "a,c,kind\n1,2,red\n1,2,red\n1,2,red\n").unwrap();
    fails(folder, "evaluate --model kinds.st --data other.csv --target kind", 65, &["expected the features"]);
}

#[test]
fn a_table_of_numbers_is_measured_by_its_errors() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    tables(folder);
    let data = "--data sums.csv --target sum --targets numbers";
    let record =
        json(folder, &format!("train {data} --epochs 40 --lr 0.01 --batch-size 8 --save sums.st --json"));
    assert_eq!(record["task"]["loss"], "mean squared error of standardized targets");
    let result = json(folder, &format!("evaluate --model sums.st {data} --json"));
    assert!(result["r2"].as_f64().unwrap() > 0.9, "{result}");
    let plain = format!("train {data} --normalize-targets none --epochs 1 --json");
    assert_eq!(json(folder, &plain)["task"]["loss"], "mean squared error");
}

#[test]
fn a_target_of_any_scale_is_learned_and_answered_in_its_unit() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut houses = "area,rooms,price\n".to_string();
    for i in 0..200 {
        let (area, rooms) = (40.0 + f64::from(i * 37 % 200), f64::from(i % 7));
        writeln!(houses, "{area},{rooms},{}", 2500.0 * area + 15000.0 * rooms + 50000.0).unwrap();
    }
    fs::write(folder.join("houses.csv"), &houses).unwrap();
    let data = "--data houses.csv --target price";
    let train = format!("train {data} --epochs 20 --lr 0.01 --batch-size 16");
    let told = says(folder, &format!("{train} --save houses.st"));
    assert!(told.contains("targets: mean ") && told.contains("test RMSE "), "{told}");
    let result = json(folder, &format!("evaluate --model houses.st {data} --json"));
    let rmse = result["root_mean_squared_error"].as_f64().unwrap();
    assert!(result["r2"].as_f64().unwrap() > 0.95 && (100.0..50_000.0).contains(&rmse), "{result}");
    let seen = json(folder, &format!("predict --model houses.st {data} --index 3 --json"));
    let [is, seen] = ["target", "prediction"].map(|name| seen[name][0].as_f64().unwrap());
    assert!((seen / is - 1.0).abs() < 0.3, "{is} predicted as {seen}");
    // Few whole prices are prices still, and not classes.
    fs::write(
        folder.join("few.csv"),
        "area,rooms,price\n50,2,205000\n60,2,230000\n50,2,205000\n60,2,230000\n50,2,205000\n",
    )
    .unwrap();
    let few = json(folder, "evaluate --model houses.st --data few.csv --target price --split train --json");
    assert!(few["root_mean_squared_error"].as_f64().unwrap() < 100_000.0, "{few}");
    // The model's own normalization holds for a table with other targets and in a description with another one.
    let description =
        "kind = 'csv'\ntrain = 'houses.csv'\ntarget = 'price'\nnormalize_targets = '5,5'\nvalidation = '10%'";
    fs::write(folder.join("houses.toml"), description).unwrap();
    let again = json(folder, "evaluate --model houses.st --data houses.toml --json");
    assert_eq!(again["root_mean_squared_error"], result["root_mean_squared_error"]);
    // Flags count more than a description.
    let fewer = "train --data houses.toml --ignore rooms --epochs 1 --json";
    assert_eq!(json(folder, fewer)["task"]["model"], "1-128-64-1");
    // The same numbers as they are need more than a few epochs.
    let plain = json(folder, &format!("{train} --normalize-targets none --json"));
    assert_eq!(plain["task"]["metric"], "rmse");
    let last = plain["curves"]["test_RMSE"].as_array().unwrap().last().unwrap()["value"].as_f64().unwrap();
    assert!(last > 3.0 * rmse, "{last} and {rmse}");
    let classes = "--data kinds.csv --target kind --normalize-targets auto";
    tables(folder);
    fails(folder, &format!("train {classes}"), 65, &["expected targets that are numbers", "found classes"]);
}

#[test]
fn mistakes_are_answered_with_place_and_hint() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let train = |arguments: &str| format!("train --epochs 1 {arguments}");
    for (name, text) in [
        ("ragged.csv", "a,b,y\n1,2,u\n1,v\n"),
        ("word.csv", "a,b,y\n1,2,u\n1,two,v\n"),
        ("one.csv", "a,b,y\n1,2,u\n3,4,u\n3,4,u\n3,4,u\n3,4,u\n"),
        ("alone.csv", "y\nu\nv\n"),
        ("text.toml", "kind = 'text'\ntrain = 'one.csv'\n"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::create_dir(folder.join("empty")).unwrap();
    fs::write(folder.join("short-idx"), [0, 0, 8, 2, 0, 0, 0, 9, 0, 0, 0, 9, 1, 2, 3]).unwrap();
    fs::write(folder.join("images-idx"), [0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 1, 7]).unwrap();
    fs::write(folder.join("both.npz"), b"PK\x03\x04 and more than twelve bytes").unwrap();
    fs::write(folder.join("labels-idx"), [0, 0, 8, 1, 0, 0, 0, 1, 1]).unwrap();
    for (arguments, code, words) in [
        ("--data ragged.csv --target y", 65, ["ragged.csv, line 3", "expected 3 fields, found 2"]),
        ("--data word.csv --target y", 65, ["line 3, column 2", "expected a number, found \"two\""]),
        ("--data one.csv --target y", 65, ["expected 2 classes or more", "one, \"u\""]),
        ("--data one.csv --target z", 65, ["line 1", "unknown column \"z\""]),
        ("--data one.csv", 2, ["expected the column to learn", "--target COLUMN"]),
        ("--data alone.csv --target y", 65, ["expected columns other than the target", "add a column"]),
        (
            "--data one.csv --target y --targets numbers",
            65,
            ["line 2, column 3", "that the targets are classes"],
        ),
        ("--data text.toml", 65, ["expected more than 50 characters, found 36", "smaller `length`"]),
        ("--data short-idx labels-idx", 65, ["short-idx: truncated", "copy the file again"]),
        ("--data empty --targets numbers", 2, ["conflicts with pictures", "two arrays"]),
        ("--data empty", 65, ["expected a sub-folder for each class", "found none"]),
        ("--data nowhere.csv --target y", 66, ["nowhere.csv", "hint"]),
        (
            "--data both.npz labels-idx",
            65,
            ["both.npz: expected a .npy file, found an .npz archive", "numpy.save"],
        ),
        ("--data one.csv word.csv --target y", 2, ["word.csv: expected one table", "--test"]),
        (
            "--data word.csv --target y --test one.csv word.csv",
            65,
            ["one.csv: expected 1 test file", "found 2"],
        ),
        (
            "--data images-idx labels-idx --test images-idx",
            65,
            ["images-idx: expected 2 test files", "found 1"],
        ),
    ] {
        fails(folder, &train(arguments), code, &words);
    }
}

#[test]
fn a_folder_of_pictures_is_trained_on_and_one_of_another_size_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let save = |name: String, side: u32, level: u8| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image::GrayImage::from_pixel(side, side, image::Luma([level])).save(path).unwrap();
    };
    for i in 0..20 {
        save(format!("tones/dark/{i}.png"), 6, i);
        save(format!("tones/light/{i}.png"), 6, 255 - i);
    }
    let told = says(folder, "train --data tones --epochs 20 --batch-size 4 --save tones.st");
    assert!(told.contains("inputs: mean 0.") && told.contains("test accuracy 100.00%"), "{told}");
    let result = json(folder, "evaluate --model tones.st --data tones --json");
    assert_eq!(result["accuracy"], 1.0, "{result}");
    fails(folder, "predict --model tones.st tones/dark/0.png", 65, &["28 × 28 images", "36 inputs"]);
    save("tones/light/odd.png".to_string(), 7, 9);
    fails(folder, "train --data tones", 65, &["odd.png", "expected 6 × 6 pixels", "found 7 × 7"]);
    fs::write(folder.join("tones/light/odd.png"), b"no picture").unwrap();
    fails(folder, "train --data tones", 65, &["odd.png", "expected PNG or JPEG"]);
    fs::remove_file(folder.join("tones/light/odd.png")).unwrap();
    let words =
        ["expected a folder of pictures, as of the training data, found a file", "or a part to hold out"];
    fails(folder, "train --data tones --test tones.st", 65, &words);
}

#[test]
fn a_picture_is_predicted_by_a_model_of_ones_own_classes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (class, column) in [("left", 9), ("right", 18)] {
        fs::create_dir_all(folder.join("bars").join(class)).unwrap();
        for i in 0..20 {
            let bar = |x: u32, y: u32| {
                image::Luma([if x.abs_diff(column) < 2 && (4..20 + i % 4).contains(&y) { 250 } else { 0 }])
            };
            let path = folder.join(format!("bars/{class}/{i}.png"));
            image::GrayImage::from_fn(28, 28, bar).save(path).unwrap();
        }
    }
    says(folder, "train --data bars --epochs 5 --lr 0.01 --batch-size 4 --save bars.st");
    let seen = json(folder, "predict --model bars.st bars/left/0.png --json");
    assert_eq!((&seen["dataset"], seen["probabilities"].as_array().unwrap().len()), (&"bars".into(), 2));
    assert!(["left", "right"].contains(&seen["class"].as_str().unwrap()), "{seen}");
}

/// Two kinds of pictures with the same brightness and other colors.
fn tinted(folder: &Path) {
    for (class, color) in [("rust", [180, 60, 60]), ("sage", [60, 121, 60])] {
        fs::create_dir_all(folder.join("tints").join(class)).unwrap();
        for i in 0..20 {
            let pixel =
                |x: u32, y: u32| image::Rgb(color.map(|level: u8| level + ((x + 2 * y + i) % 5) as u8));
            image::RgbImage::from_fn(14, 13, pixel)
                .save(folder.join(format!("tints/{class}/{i}.png")))
                .unwrap();
        }
    }
}

#[test]
fn pictures_in_color_are_told_apart_by_convolutional_nets() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    tinted(folder);
    for model in ["lenet", "2c2d", "resnet-mini", "mlp"] {
        let train =
            format!("train --data tints --model {model} --epochs 4 --batch-size 8 --lr 0.01 --seed 1");
        let told = says(folder, &format!("{train} --save {model}.st"));
        assert!(told.contains("of 3 channels become 0 and 1"), "{told}");
        let result = json(folder, &format!("evaluate --model {model}.st --data tints --json"));
        assert_eq!(result["accuracy"], 1.0, "{model}: {result}");
        let onnx = says(folder, &format!("export --model {model}.st --onnx {model}.onnx"));
        assert!(onnx.contains("ONNX"), "{onnx}");
    }
    let seen = json(folder, "predict --model lenet.st --data tints --index 0 --json");
    assert_eq!(seen["prediction"], seen["label"], "{seen}");
    fails(folder, "predict --model lenet.st tints/rust/0.png", 65, &["28 × 28 images", "546 inputs"]);
}

#[test]
fn a_run_on_pictures_in_color_goes_on_from_its_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    tinted(folder);
    let train = "train --data tints --model lenet --batch-size 8 --epochs 2";
    says(folder, &format!("{train} --save once.st"));
    says(folder, &format!("{train} --checkpoint c.st --save twice.st"));
    says(folder, &format!("{train} --checkpoint c.st --resume --save again.st"));
    let bytes = |name: &str| fs::read(folder.join(name)).unwrap();
    assert!(bytes("once.st") == bytes("twice.st") && bytes("once.st") == bytes("again.st"));
    let other = ["inputs", "mean 0.5 std 0.5"];
    fails(folder, &format!("{train} --normalize 0.5,0.5 --checkpoint c.st --resume"), 2, &other);
}

#[test]
fn channels_are_chosen_and_a_model_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    tinted(folder);
    // In gray, nothing tells them apart; the model takes colored pictures as it was trained.
    says(folder, "train --data tints --channels 1 --model lenet --epochs 1 --save gray.st");
    let gray = json(folder, "evaluate --model gray.st --data tints --json");
    assert!(gray["accuracy"].as_f64().unwrap() < 1.0, "{gray}");
    let text = "kind = \"pictures\"\ntrain = \"tints\"\nchannels = 1\nnormalize = \"none\"\n";
    fs::write(folder.join("gray.toml"), text).unwrap();
    let told = says(folder, "train --data gray.toml --model lenet --epochs 1");
    assert!(told.contains("inputs: as they are") && told.contains("14946 weights"), "{told}");
    let table = "--channels conflicts with data that are no folder of pictures";
    tables(folder);
    fails(folder, "train --data kinds.csv --target kind --channels 3", 2, &[table]);
}

#[test]
fn a_text_is_learned_character_by_character() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("song.txt"), "one two three, öne twö three\n".repeat(90)).unwrap();
    let train = "train --data song.txt --length 12";
    let told = says(folder, &format!("{train} --model char-gru --epochs 3 --lr 0.01 --save song.st"));
    assert!(told.contains("windows of 12 characters, 11 of them distinct"), "{told}");
    let result = json(folder, "evaluate --model song.st --data song.txt --json");
    let loss = result["loss"].as_f64().unwrap();
    // Guessing among 11 characters costs 2.4 nats.
    assert!(loss < 1.0 && result["examples"] == 43, "{result}");
    let words = says(folder, "evaluate --model song.st --data song.txt --split train");
    assert!(words.contains("char-gru") && words.contains("cross-entropy"), "{words}");
    // Another text of the same characters, and of others.
    fs::write(folder.join("other.txt"), "three two one\n".repeat(20)).unwrap();
    let other = json(folder, "evaluate --model song.st --data other.txt --json");
    assert!(other["loss"].as_f64().unwrap() > loss, "{other}");
    fs::write(folder.join("alien.txt"), "three two x\n".repeat(20)).unwrap();
    fails(folder, "evaluate --model song.st --data alien.txt", 65, &["unknown character 'x' at position 10"]);
    fails(folder, "predict --model song.st --data song.txt --index 0", 2, &["predict conflicts with"]);
    for model in ["char-rnn", "char-lstm", "char-lstm2", "transformer"] {
        says(folder, &format!("{train} --model {model} --epochs 1 --save {model}.st"));
        let result = json(folder, &format!("evaluate --model {model}.st --data song.txt --json"));
        assert_eq!(result["task"], model);
    }
}

#[test]
fn a_text_that_cannot_be_learned_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
    write("short.txt", b"to be or not to be");
    write("latin1.txt", b"caf\xe9 ".repeat(40).as_slice());
    write("same.txt", "a".repeat(900).as_bytes());
    let many: String = (0..3000).filter_map(|i| char::from_u32(0x4e00 + i)).collect();
    write("many.txt", many.as_bytes());
    write("good.txt", "to be or not to be, ".repeat(90).as_bytes());
    let cases = [
        ("short.txt --model char-rnn", 65, "expected more than 50 characters, found 18"),
        ("latin1.txt --model char-rnn", 65, "byte 3: expected text in UTF-8, found other bytes"),
        ("same.txt --model char-rnn", 65, "expected 2 distinct characters or more, found 1"),
        ("many.txt --model char-rnn", 65, "expected at most 1,024 distinct characters, found 3,000"),
        ("good.txt", 2, "mlp conflicts with a text"),
        ("good.txt --model lenet", 2, "lenet conflicts with a text"),
        ("good.txt --model char-rnn --normalize none", 2, "--normalize conflicts with a text"),
        ("good.txt --model char-rnn --targets numbers", 2, "--targets conflicts with a text"),
        ("good.txt --model char-rnn --channels 3", 2, "--channels conflicts"),
    ];
    for (arguments, code, words) in cases {
        fails(folder, &format!("train --data {arguments}"), code, &[words]);
    }
    tables(folder);
    fails(
        folder,
        "train --data kinds.csv --target kind --model char-rnn",
        2,
        &["expected a text for char-rnn"],
    );
    fails(folder, "train --data kinds.csv --target kind --length 9", 2, &["--length conflicts"]);
}

#[test]
fn huge_and_tiny_numbers_are_written_short() {
    let folder = tempfile::tempdir().unwrap();
    let table = |name: &str, x: f64, y: f64| {
        let rows: String =
            (0..60).map(|i| format!("{:e},{:e}\n", f64::from(i) * x, f64::from(i * i) * y)).collect();
        fs::write(folder.path().join(name), format!("x,y\n{rows}")).unwrap();
    };
    table("huge.csv", 1e30, 1e34);
    table("tiny.csv", 1.0, 1e-12);
    let train = |arguments: &str| {
        let output =
            run(folder.path(), &format!("train --epochs 1 --target y --targets numbers {arguments}"));
        text(&output.stdout)
    };
    let began = train("--data huge.csv --normalize none --normalize-targets none");
    assert!(
        began.contains("began with a loss that is not finite, before any update: look for huge"),
        "{began}"
    );
    for name in ["huge.csv", "tiny.csv"] {
        let told = train(&format!("--data {name}"));
        let rmse = told.split("RMSE ").last().unwrap().split(',').next().unwrap();
        assert!(rmse.contains('e') && rmse.len() < 10, "{told}");
        assert!(told.split_whitespace().all(|word| word.len() < 30), "{told}");
    }
}

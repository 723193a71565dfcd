//! The rules of STYLE.md that a program can check: spelling, banned phrases, doc lines, private words.

use std::fs;
use std::path::{Path, PathBuf};

/// Files that quote the words.
const QUOTES: [&str; 2] = ["STYLE.md", "tests/words.rs"];

/// Refused in comments, in strings and in the names of functions.
const PHRASES: [&str; 15] = [
    "so many",
    "stands",
    "stand",
    "standing",
    "beside",
    "besides",
    "behind",
    "anew",
    "parted",
    "there twice",
    "there is no",
    "there was no",
    "of its own",
    "of their own",
    "such as it is",
];

/// Refused at the start of a doc line.
const STARTS: [&str; 4] = ["What", "Whether", "How", "That"];

/// Beginnings of words in British spelling.
const BRITISH: [&str; 45] = [
    "analyse",
    "artefact",
    "behaviour",
    "catalogue",
    "centre",
    "centring",
    "colour",
    "discretis",
    "favour",
    "fulfil ",
    "generalis",
    "grey ",
    "initialis",
    "labelled ",
    "labelling",
    "licence",
    "linearis",
    "maximis",
    "minimise",
    "minimisa",
    "minimisi",
    "modelled",
    "modelling",
    "neighbour",
    "normalis",
    "optimise",
    "optimisa",
    "optimisi",
    "organis",
    "parallelisa",
    "parallelise",
    "penalis",
    "programme ",
    "quantis",
    "randomis",
    "realis ",
    "realise",
    "recognis",
    "regularis",
    "serialis",
    "specialis",
    "standardis",
    "summaris",
    "utilis",
    "vectoris",
];

/// Names of types, functions and modules that only this repository understood.
const PRIVATE: [&str; 41] = [
    "Bundle",
    "Each",
    "Method",
    "Course",
    "CourseCard",
    "Members",
    "Stack",
    "Wrapped",
    "Around",
    "Kept",
    "Needs",
    "Card",
    "Passes",
    "Declared",
    "Computed",
    "Levels",
    "Foreground",
    "Gathered",
    "Finder",
    "Rising",
    "Flow",
    "Length",
    "Place",
    "Plan",
    "Subject",
    "Normalise",
    "COPIED",
    "PATIENCE",
    "again",
    "evaluated",
    "gathered",
    "with_decay",
    "stretches",
    "deviation",
    "greatest",
    "least",
    "share",
    "peers",
    "aims",
    "awake",
    "factors",
];

#[test]
fn text_follows_the_style_guide() {
    let mut findings = Vec::new();
    for (path, text) in files() {
        if !QUOTES.contains(&path.as_str()) {
            findings.extend(faults(&path, &text));
        }
    }
    assert!(findings.is_empty(), "see STYLE.md:\n{}", findings.join("\n"));
}

#[test]
fn every_rule_finds_an_example() {
    for (text, fault) in [
        ("/// Whether it is on.", "doc line starts with `Whether`"),
        ("//! How it is done.", "doc line starts with `How`"),
        ("// so many bytes", "`so many`"),
        ("let message = \"There is no such file\";", "`there is no`"),
        ("fn it_stands_alone() {}", "`stands`"),
        ("// the Behaviour of", "British spelling `behaviour`"),
        ("struct NormaliseLayer;", "British spelling `normalis`"),
        ("pub(crate) struct Bundle {", "private word `Bundle`"),
        ("fn again(&mut self) {", "private word `again`"),
    ] {
        let found = faults("a.rs", text);
        assert!(found.len() == 1 && found[0].contains(fault), "{text}: {found:?}");
    }
    for text in [
        "/// Whatever follows.",
        "// a standard",
        "let stands = there_is;",
        "//! however",
        "let c = '\"'; // next to it",
        "pub struct Schedule;",
    ] {
        assert_eq!(faults("a.rs", text), Vec::<String>::new(), "{text}");
    }
}

/// Descriptions of all faults of one file, with place.
fn faults(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        let mut say = |fault: String| found.push(format!("{path}:{}: {fault}: {}", number + 1, line.trim()));
        let prose = if path.ends_with(".rs") { prose(line, &mut inside) } else { line.to_string() };
        let lower = prose.to_lowercase();
        for phrase in PHRASES {
            if holds(&lower, phrase) {
                say(format!("`{phrase}`"));
            }
        }
        let words = line.to_lowercase().replace('_', " ");
        for spelling in BRITISH {
            if words.contains(spelling) {
                say(format!("British spelling `{}`", spelling.trim()));
            }
        }
        let trimmed = line.trim_start();
        if let Some(doc) = trimmed.strip_prefix("/// ").or_else(|| trimmed.strip_prefix("//! ")) {
            let first = doc.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            if STARTS.contains(&first) {
                say(format!("doc line starts with `{first}`"));
            }
        }
        if path.ends_with(".rs")
            && let Some(name) = defined(line)
        {
            if PRIVATE.contains(&name) {
                say(format!("private word `{name}`"));
            }
            let words = name.replace('_', " ");
            if let Some(phrase) = PHRASES.iter().find(|phrase| holds(&words, phrase)) {
                say(format!("`{phrase}`"));
            }
        }
    }
    found
}

/// The comments and string literals of a line of Rust. `inside` tells if the line begins in a string.
fn prose(line: &str, inside: &mut bool) -> String {
    let mut text = String::new();
    let mut characters = line.chars().peekable();
    let mut last = ' ';
    while let Some(c) = characters.next() {
        match c {
            '\\' if *inside => {
                characters.next();
                text.push(' ');
            }
            '"' if !(last == '\'' && characters.peek() == Some(&'\'')) => {
                *inside = !*inside;
                text.push('\n');
            }
            '/' if !*inside && characters.peek() == Some(&'/') => {
                text.extend(characters);
                return text;
            }
            c if *inside => text.push(c),
            _ => {}
        }
        last = c;
    }
    text
}

/// The name that a line defines: a type, a trait, a function or a module.
fn defined(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| {
        word.starts_with("pub") || ["const", "unsafe", "async", "super)", "crate)"].contains(word)
    });
    let kind = words.next()?;
    if !["struct", "enum", "trait", "type", "fn", "mod"].contains(&kind) {
        return None;
    }
    words.next()?.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// True if `phrase` occurs between word borders.
fn holds(text: &str, phrase: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-');
    text.match_indices(phrase).any(|(at, _)| {
        !letter(text[..at].chars().next_back()) && !letter(text[at + phrase.len()..].chars().next())
    })
}

/// Every Rust and Markdown file, with its path from the root.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![root.into()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "shared" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "md") {
                let name =
                    path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
                found.push((name, fs::read_to_string(&path).expect("a text file")));
            }
        }
    }
    found.sort();
    found
}

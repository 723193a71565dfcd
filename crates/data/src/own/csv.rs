//! Tables as comma-separated values: a header, then one line per example.
//!
//! ```
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("iris.csv");
//! std::fs::write(&path, "length,width,species\n5.1,3.5,setosa\n6.3,2.5,virginica\n4.9,3.0,setosa\n")?;
//! let iris = data::own::csv::read(&path, &data::own::csv::Options::new("species"))?;
//! assert_eq!(iris.features, ["length", "width"]);
//! assert_eq!(iris.samples.targets.classes(), Some(2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Fields may be quoted (RFC 4180), lines end with LF or CRLF, a byte order mark is skipped. Fields are
//! separated by the comma, semicolon or tab that the header has most of. Every error has its
//! line and column.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::classes::{Classes, NoClass};
use super::record::{Broken, Records};
use super::{Fault, quoted};
use crate::error::Error;
use crate::samples::{Inputs, Samples, Targets};
use files::text::nearest;

/// Options of reading a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Column of the targets, by name or by number from 1; `None` without targets.
    pub target: Option<String>,
    /// Kind of the targets.
    pub kind: TargetKind,
    /// Columns to leave out, by name or number.
    pub ignore: Vec<String>,
    /// Columns of words to encode one-hot: one column of 0 and 1 per distinct word.
    pub one_hot: Vec<String>,
    /// True if the first line has the names of the columns. Otherwise they are `1`, `2`, and so on.
    pub header: bool,
}

/// Kind of the targets of a table or of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TargetKind {
    /// Numbers if all are numbers and some have decimals or more than 20 are distinct; else classes.
    #[default]
    Auto,
    /// Classes, even if they are numbers.
    Classes,
    /// Numbers.
    Numbers,
}

impl Options {
    /// Options of a table with a header and this target of automatic kind.
    pub fn new(target: &str) -> Options {
        Options {
            target: Some(target.into()),
            kind: TargetKind::Auto,
            ignore: Vec::new(),
            one_hot: Vec::new(),
            header: true,
        }
    }
}

/// Parsed table.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Inputs of shape `[features]`, and the targets.
    pub samples: Samples,
    /// Names of the features; those of a one-hot column are `column=word`.
    pub features: Vec<String>,
    /// Name of the target column.
    pub target: Option<String>,
    /// Columns of the file and their use, for other files of the same table.
    columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq)]
struct Column {
    name: String,
    role: Role,
}

#[derive(Debug, Clone, PartialEq)]
enum Role {
    Ignored,
    Target,
    Number,
    /// Words with their indices among the column's features.
    OneHot(BTreeMap<String, u32>),
}

/// Maximum number of distinct words in a one-hot column.
const MOST_WORDS: usize = 256;

/// Maximum number of distinct integers that are classes by default.
const FEW: usize = 20;

/// Reads a table.
pub fn read(path: &Path, options: &Options) -> Result<Table, Error> {
    Reading::start(path, options)?.read(None)
}

/// Reads another file of a table, such as its test data: the same columns in the same order, and only classes
/// and words of the first file.
pub fn read_alike(path: &Path, options: &Options, table: &Table) -> Result<Samples, Error> {
    let reading = Reading::start(path, options)?;
    reading.same_columns(table)?;
    Ok(reading.read(Some(table))?.samples)
}

/// Open file with a parsed header.
struct Reading<'a> {
    path: &'a Path,
    options: &'a Options,
    names: Vec<String>,
    header_line: u64,
    records: Records<BufReader<File>>,
    /// True if the first record was read already because it is not a header.
    begun: bool,
}

impl<'a> Reading<'a> {
    fn start(path: &'a Path, options: &'a Options) -> Result<Reading<'a>, Error> {
        let (file, _) = files::open(path)?;
        let mut file = BufReader::with_capacity(1 << 16, file);
        let delimiter = delimiter(path, &mut file)?;
        let mut records = Records::new(file, delimiter);
        let some = records.advance().map_err(|broken| refused(broken, path))?;
        let first: Vec<&str> = match some {
            true => records.fields().collect::<Result<_, _>>().map_err(|fault| fault.of(path))?,
            false => Vec::new(),
        };
        let header_line = records.line.max(1);
        if first.iter().any(|field| field.contains('\r') && !field.contains('\n')) {
            let hint = "save the table as \"CSV UTF-8\"";
            let expected = "lines that end in a line feed, with or without a carriage return";
            return Err(Fault::expected("line 1", expected, "carriage returns alone", hint).of(path));
        }
        let names = if options.header {
            header(&first, header_line).map_err(|fault| fault.of(path))?
        } else {
            (1..=first.len()).map(|number| number.to_string()).collect()
        };
        Ok(Reading { path, options, names, header_line, records, begun: some && !options.header })
    }

    fn same_columns(&self, table: &Table) -> Result<(), Error> {
        let expected = table.columns.iter().map(|column| &column.name);
        let line = self.header_line;
        let place = |number: usize| format!("line {line}, column {number}");
        if table.columns.len() != self.names.len() {
            let (expected, found) = (table.columns.len(), self.names.len());
            let (place, expected) = (format!("line {line}"), format!("{expected} columns"));
            return Err(Fault::expected(place, &expected, &found.to_string(), SAME_COLUMNS).of(self.path));
        }
        match expected.zip(&self.names).zip(1..).find(|((expected, found), _)| expected != found) {
            Some(((expected, found), number)) => {
                let (expected, found) = (quoted(expected), quoted(found));
                Err(Fault::expected(place(number), &format!("column {expected}"), &found, SAME_COLUMNS)
                    .of(self.path))
            }
            None => Ok(()),
        }
    }

    fn read(self, like: Option<&Table>) -> Result<Table, Error> {
        let Reading { path, options, names, header_line, mut records, begun } = self;
        let mut columns = match like {
            Some(table) => table.columns.clone(),
            None => roles(names, options, header_line).map_err(|fault| fault.of(path))?,
        };
        let mut targets = Target::new(options.kind, like);
        let mut values = Vec::new();
        let mut rows = 0_usize;
        let mut here = begun;
        while here || records.advance().map_err(|broken| refused(broken, path))? {
            here = false;
            rows += 1;
            let line = records.line;
            if records.len() != columns.len() {
                let (expected, found) = (format!("{} fields", columns.len()), records.len().to_string());
                let hint = "check the commas and quotes of the line";
                return Err(Fault::expected(format!("line {line}"), &expected, &found, hint).of(path));
            }
            for ((column, field), number) in columns.iter_mut().zip(records.fields()).zip(1..) {
                let field = field.map_err(|fault| fault.of(path))?;
                let added = match &mut column.role {
                    Role::Ignored => Ok(()),
                    Role::Target => targets.push(field, line),
                    Role::Number => number_of(field).map(|number| values.push(number)),
                    Role::OneHot(words) => {
                        word(words, field, like.is_some()).map(|word| values.push(f32::from_bits(word)))
                    }
                };
                added.map_err(|fault| fault.at(line, number, &column.name).of(path))?;
            }
        }
        if rows == 0 {
            let fault = Fault::expected("", "a line for each example", "none", "add examples to the file");
            return Err(fault.of(path));
        }
        let target = columns.iter().find(|column| column.role == Role::Target).map(|c| c.name.clone());
        let targets = match &target {
            Some(name) => targets.finish().map_err(|fault| fault.named(name).of(path))?,
            None => Targets::None,
        };
        let features = features(&columns);
        if features.is_empty() {
            let hint = match columns.iter().any(|column| column.role == Role::Ignored) {
                true => "leave fewer columns out",
                false => "add a column to learn from, or check the separator: comma, semicolon or tab",
            };
            let place = format!("line {header_line}");
            return Err(Fault::expected(place, "columns other than the target", "none", hint).of(path));
        }
        let values = expanded(values, &columns, features.len());
        let inputs = Inputs::Numbers { shape: vec![features.len()], values };
        Ok(Table { samples: Samples { inputs, targets }, features, target, columns })
    }
}

const SAME_COLUMNS: &str = "training and test data need the same columns in the same order";

/// Error of a field.
struct BadField {
    expected: String,
    found: String,
    hint: String,
    /// Line, if it is not that of the record.
    line: Option<u64>,
}

impl BadField {
    fn new(expected: &str, found: &str, hint: &str) -> BadField {
        BadField { expected: expected.into(), found: found.into(), hint: hint.into(), line: None }
    }

    fn at(self, line: u64, number: usize, name: &str) -> Fault {
        let line = self.line.unwrap_or(line);
        let place = format!("line {line}, column {number} ({})", quoted(name));
        Fault::expected(place, &self.expected, &self.found, &self.hint)
    }

    fn named(self, name: &str) -> Fault {
        let line = self.line.map_or(String::new(), |line| format!("line {line}, "));
        Fault::expected(format!("{line}column {}", quoted(name)), &self.expected, &self.found, &self.hint)
    }
}

impl From<NoClass> for BadField {
    fn from(NoClass { expected, found, hint }: NoClass) -> BadField {
        BadField { expected, found, hint, line: None }
    }
}

const MISSING: &str = "fill in the value, remove the line, or leave out the column";

/// Common markers of missing values.
fn is_missing(field: &str) -> bool {
    ["", "?", "-"].contains(&field)
        || ["na", "n/a", "nan", "null", "none"].iter().any(|word| field.eq_ignore_ascii_case(word))
}

fn number_of(field: &str) -> Result<f32, BadField> {
    let wrong = |hint: &str| Err(BadField::new("a number", &quoted(field), hint));
    match field.parse::<f32>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ if is_missing(field) => {
            let found = if field.is_empty() {
                "nothing".into()
            } else {
                format!("{}, a missing value", quoted(field))
            };
            Err(BadField::new("a number", &found, MISSING))
        }
        Ok(_) => wrong("f32 has finite numbers up to 3.4e38"),
        Err(_) if field.contains(',') && field.replacen(',', ".", 1).parse::<f32>().is_ok() => {
            wrong("write decimals with a point")
        }
        Err(_) => wrong("leave out the column, or encode it one-hot"),
    }
}

/// Index of a word among those of its column.
fn word(words: &mut BTreeMap<String, u32>, field: &str, settled: bool) -> Result<u32, BadField> {
    if let Some(&place) = words.get(field) {
        return Ok(place);
    }
    if field.is_empty() {
        return Err(BadField::new("a word", "nothing", MISSING));
    }
    if settled {
        let names: Vec<&str> = words.keys().map(String::as_str).collect();
        let meant = nearest(field, &names).map_or(String::new(), |name| format!("; did you mean {name:?}?"));
        let hint = "test data may only have words of the training data";
        return Err(BadField::new("a word of the training data", &(quoted(field) + &meant), hint));
    }
    if words.len() == MOST_WORDS {
        let hint = "leave out the column: it differs in nearly every line";
        let found = format!("one more, {}", quoted(field));
        return Err(BadField::new(&format!("at most {MOST_WORDS} different words"), &found, hint));
    }
    let place = words.len() as u32;
    words.insert(field.into(), place);
    Ok(place)
}

/// Targets read so far, as classes and as numbers until their kind is known.
struct Target {
    kind: TargetKind,
    classes: Option<Classes>,
    /// Names of the classes, if known.
    known: Option<Vec<String>>,
    numbers: Vec<f32>,
    /// First field that is not a number, with its line.
    no_number: Option<(u64, BadField)>,
    fractions: bool,
}

impl Target {
    fn new(kind: TargetKind, like: Option<&Table>) -> Target {
        let known = match like.map(|table| &table.samples.targets) {
            Some(Targets::Classes { names, .. }) => Some(names.clone()),
            _ => None,
        };
        let kind = match (like.map(|table| &table.samples.targets), &known) {
            (_, Some(_)) => TargetKind::Classes,
            (Some(_), None) => TargetKind::Numbers,
            (None, None) => kind,
        };
        let classes = (kind != TargetKind::Numbers).then(|| match &known {
            Some(names) => Classes::known(names),
            None => Classes::new(),
        });
        Target { kind, classes, known, numbers: Vec::new(), no_number: None, fractions: false }
    }

    fn push(&mut self, field: &str, line: u64) -> Result<(), BadField> {
        if is_missing(field) {
            let found = if field.is_empty() { "nothing".into() } else { quoted(field) };
            return Err(BadField::new("a target", &found, "fill in the value, or remove the line"));
        }
        if self.kind != TargetKind::Classes && self.no_number.is_none() {
            match number_of(field) {
                Ok(number) => {
                    self.fractions |= number.fract() != 0.0;
                    self.numbers.push(number);
                }
                Err(mut fault) if self.kind == TargetKind::Numbers => {
                    fault.hint = "choose another column, or say that the targets are classes".into();
                    return Err(fault);
                }
                Err(fault) => {
                    // A word means classes, so the numbers are dropped.
                    self.no_number = Some((line, fault));
                    self.numbers = Vec::new();
                }
            }
        }
        match &mut self.classes {
            Some(classes) if self.known.is_some() => classes.push_known(field)?,
            Some(classes) => {
                if let Err(fault) = classes.push(field) {
                    // Too many for classes, but they may be numbers.
                    if self.kind == TargetKind::Classes || self.no_number.is_some() {
                        return Err(fault.into());
                    }
                    self.classes = None;
                    self.kind = TargetKind::Numbers;
                }
            }
            None => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<Targets, BadField> {
        let numbers = |values| Targets::Numbers { width: 1, values };
        let Some(classes) = self.classes else { return Ok(numbers(self.numbers)) };
        if let Some(names) = self.known {
            return Ok(Targets::Classes { labels: classes.into_known(), names });
        }
        let (labels, names) = classes.finish();
        let are_numbers = self.no_number.is_none() && (self.fractions || names.len() > FEW);
        if self.kind == TargetKind::Auto && are_numbers {
            return Ok(numbers(self.numbers));
        }
        // Many numbers and one word are numbers with a typo.
        if let (TargetKind::Auto, Some((line, mut fault))) = (self.kind, self.no_number)
            && names.len() > labels.len() / 2
            && names.len() > FEW
        {
            fault.line = Some(line);
            fault.hint = "if the targets are classes, describe them as classes: --targets classes".into();
            return Err(fault);
        }
        Ok(Targets::Classes { labels, names })
    }
}

/// Most frequent separator of the first line.
fn delimiter(path: &Path, file: &mut BufReader<File>) -> Result<u8, Error> {
    let failed = |source| Error::Io { action: "read", path: path.into(), source };
    let mut line = Vec::new();
    file.by_ref().take(1 << 16).read_until(b'\n', &mut line).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let wrong = |found: &str, hint: &str| Fault::expected("", "a table in UTF-8", found, hint).of(path);
    if let Some(found) = files::sniff_file(path) {
        let hint = match found {
            "UTF-16 text" => "save the table as \"CSV UTF-8\"",
            _ if found.starts_with("an Office") || found.starts_with("an OpenDocument") => {
                "save the sheet as CSV"
            }
            _ => "check the path",
        };
        return Err(wrong(found, hint));
    }
    if line.contains(&0) {
        return Err(wrong("zero bytes, so not a text file", "check the path"));
    }
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for &byte in &line {
        quoted ^= byte == b'"';
        counts.iter_mut().filter(|(delimiter, _)| byte == *delimiter && !quoted).for_each(|(_, n)| *n += 1);
    }
    // A comma wins ties.
    Ok(counts.into_iter().rev().max_by_key(|&(_, count)| count).map_or(b',', |(delimiter, _)| delimiter))
}

/// Names of the columns; refuses duplicates.
fn header(fields: &[&str], line: u64) -> Result<Vec<String>, Fault> {
    let names = fields.iter().zip(1..).map(|(name, number)| match *name {
        "" => number.to_string(),
        name => name.to_string(),
    });
    let names: Vec<String> = names.collect();
    if !fields.is_empty() && fields.iter().all(|name| name.parse::<f64>().is_ok()) {
        let hint = "add a line with the names of the columns, or say `header = false` in a TOML file";
        return Err(Fault::expected(
            format!("line {line}"),
            "the names of the columns",
            "numbers alone",
            hint,
        ));
    }
    let mut seen = BTreeMap::new();
    for (name, number) in names.iter().zip(1..) {
        if let Some(first) = seen.insert(name, number) {
            return Err(Fault {
                place: format!("line {line}, column {number}"),
                message: format!("duplicate column {}, the first is column {first}", quoted(name)),
                hint: "give each column a unique name".into(),
            });
        }
    }
    Ok(names)
}

/// Use of each column.
fn roles(names: Vec<String>, options: &Options, line: u64) -> Result<Vec<Column>, Fault> {
    let mut roles = vec![Role::Number; names.len()];
    let asked = (options.ignore.iter().map(|name| (name, Role::Ignored)))
        .chain(options.one_hot.iter().map(|name| (name, Role::OneHot(BTreeMap::new()))))
        .chain(options.target.iter().map(|name| (name, Role::Target)));
    for (name, role) in asked {
        let index = column(name, &names, line)?;
        if roles[index] != Role::Number {
            return Err(Fault {
                place: format!("line {line}, column {}", index + 1),
                message: format!("duplicate use of column {}", quoted(name)),
                hint: "name it once, as the target, to leave out or one-hot".into(),
            });
        }
        roles[index] = role;
    }
    Ok(names.into_iter().zip(roles).map(|(name, role)| Column { name, role }).collect())
}

/// Index of a column given by name or by number from 1.
fn column(asked: &str, names: &[String], line: u64) -> Result<usize, Fault> {
    if let Some(index) = names.iter().position(|name| name == asked) {
        return Ok(index);
    }
    let count = names.len();
    match asked.parse::<usize>() {
        Ok(number) if (1..=count).contains(&number) => Ok(number - 1),
        Ok(number) => Err(Fault::expected(
            format!("line {line}"),
            &format!("a column from 1 to {count}"),
            &number.to_string(),
            "columns are counted from 1",
        )),
        Err(_) => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let meant =
                nearest(asked, &names).map_or(String::new(), |name| format!("; did you mean {name:?}?"));
            let listed: Vec<String> = names.iter().take(20).map(|name| quoted(name)).collect();
            let more = if count > 20 { format!(" and {} more", count - 20) } else { String::new() };
            Err(Fault {
                place: format!("line {line}"),
                message: format!("unknown column {}{meant}", quoted(asked)),
                hint: format!("the columns are {}{more}", listed.join(", ")),
            })
        }
    }
}

fn features(columns: &[Column]) -> Vec<String> {
    let names = |column: &Column| match &column.role {
        Role::Ignored | Role::Target => Vec::new(),
        Role::Number => vec![column.name.clone()],
        Role::OneHot(words) => {
            let mut names = vec![String::new(); words.len()];
            for (word, &place) in words {
                names[place as usize] = format!("{}={word}", column.name);
            }
            names
        }
    };
    columns.iter().flat_map(names).collect()
}

/// Converts fields to features: numbers unchanged, words one-hot.
fn expanded(values: Vec<f32>, columns: &[Column], features: usize) -> Vec<f32> {
    let kept: Vec<&Role> =
        columns.iter().map(|c| &c.role).filter(|r| matches!(r, Role::Number | Role::OneHot(_))).collect();
    if kept.iter().all(|role| **role == Role::Number) {
        return values;
    }
    let mut wide = Vec::with_capacity(values.len() / kept.len() * features);
    for row in values.chunks_exact(kept.len()) {
        for (role, &value) in kept.iter().zip(row) {
            match role {
                Role::OneHot(words) => wide.extend(
                    (0..words.len()).map(|place| if place == value.to_bits() as usize { 1.0 } else { 0.0 }),
                ),
                _ => wide.push(value),
            }
        }
    }
    wide
}

fn refused(broken: Broken, path: &Path) -> Error {
    match broken {
        Broken::Io(source) => Error::Io { action: "read", path: path.into(), source },
        Broken::Fault(fault) => fault.of(path),
    }
}

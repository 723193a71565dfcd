//! Mistakes on the command line, in the form of all other errors: the problem, its place, a hint.

use std::error::Error as _;
use std::ffi::OsString;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use files::text::{nearest, visible, visible_lines};
use lab::tasks::UnknownTask;

use crate::failure::Failure;

/// True for help and version, and for help in place of a command that is missing.
pub(crate) fn is_help(error: &clap::Error) -> bool {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    matches!(error.kind(), DisplayHelp | DisplayHelpOnMissingArgumentOrSubcommand | DisplayVersion)
}

/// True if `help` was asked for its help, as in `descent help --help`, which clap takes for a command.
pub(crate) fn is_help_about_help(error: &clap::Error) -> bool {
    let named = words(error.get(ContextKind::InvalidSubcommand));
    error.kind() == ErrorKind::InvalidSubcommand && ["--help", "-h"].iter().any(|flag| named == [*flag])
}

/// The failure of arguments that cannot be parsed by the program's `root` command.
pub(crate) fn failure(error: &clap::Error, root: &Command, arguments: &[OsString]) -> Failure {
    let (command, path) = command_of(root, arguments);
    let help = |verb: &str| format!("`{path} --help` {verb}");
    let all = |kind| words(error.get(kind));
    let first = |kind| all(kind).into_iter().next().unwrap_or_default();
    let argument = first(ContextKind::InvalidArg);
    let value = first(ContextKind::InvalidValue);
    let (message, hint) = match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            let known: Vec<String> = command.get_arguments().filter_map(long).collect();
            match negative(&argument, &known, arguments) {
                Some((option, value)) => (
                    format!("`{option}`: expected a number that is not negative, found `{value}`"),
                    help("says what it takes"),
                ),
                None => (unknown("option", &argument, &known), help("lists the options")),
            }
        }
        ErrorKind::UnknownArgument => (format!("unexpected argument `{argument}`"), help("shows examples")),
        ErrorKind::InvalidSubcommand => {
            let known: Vec<String> = command.get_subcommands().map(|one| one.get_name().into()).collect();
            (unknown("command", &first(ContextKind::InvalidSubcommand), &known), help("lists the commands"))
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            let known = all(ContextKind::ValidValue);
            let hint = if known.is_empty() { help("says what it takes") } else { one_of(&known) };
            (format!("missing value of `{argument}`"), hint)
        }
        ErrorKind::InvalidValue => {
            let known = all(ContextKind::ValidValue);
            let meant = did_you_mean(&value, &known);
            (format!("`{argument}`: expected one of its values, found `{value}`{meant}"), one_of(&known))
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map_or(String::new(), ToString::to_string);
            let why = visible(&expected(&why, &value)).into_owned();
            (format!("`{argument}`: {why}"), listed(error).unwrap_or_else(|| help("says what it takes")))
        }
        ErrorKind::ArgumentConflict => conflict(option(&argument), &all(ContextKind::PriorArg)),
        ErrorKind::MissingRequiredArgument => {
            let missing = all(ContextKind::InvalidArg).join("` and `");
            (format!("missing `{missing}`"), help("shows examples"))
        }
        ErrorKind::MissingSubcommand => {
            (format!("missing command after `{path}`"), help("lists the commands"))
        }
        ErrorKind::TooManyValues => {
            (format!("`{argument}`: unexpected value `{value}`"), help("says what it takes"))
        }
        ErrorKind::NoEquals => {
            let name = option(&argument).trim_end_matches('=');
            (
                format!("`{name}`: expected `=` before the value"),
                format!("write {name}=VALUE, without spaces"),
            )
        }
        ErrorKind::InvalidUtf8 => {
            ("expected arguments in Unicode, found other bytes".to_string(), help("shows examples"))
        }
        _ => (of_clap(error), help("shows examples")),
    };
    Failure::usage(message, hint)
}

/// The command that lists the values, of an argument that has one.
fn listed(error: &clap::Error) -> Option<String> {
    match error.source()?.downcast_ref()? {
        UnknownTask::Task { .. } => Some("`descent tasks` lists them".to_string()),
        UnknownTask::Dataset { .. } | UnknownTask::NoDataset { .. } => None,
    }
}

/// Message and hint for an option that is given twice, or next to others that it conflicts with.
fn conflict(name: &str, others: &[String]) -> (String, String) {
    let others = others.iter().map(|other| option(other)).collect::<Vec<_>>().join("` and `");
    match name == others {
        true => (format!("duplicate `{name}`"), "give it once".to_string()),
        false => (format!("`{name}` conflicts with `{others}`"), "leave out one of them".to_string()),
    }
}

/// The command that the arguments lead to, and its name with those of the commands that it is below.
fn command_of<'a>(root: &'a Command, arguments: &[OsString]) -> (&'a Command, String) {
    let (mut command, mut path) = (root, root.get_name().to_string());
    for word in arguments.iter().skip(1).filter(|word| *word != "help") {
        let Some(below) = word.to_str().and_then(|word| command.find_subcommand(word)) else { break };
        command = below;
        path = format!("{path} {}", below.get_name());
    }
    (command, path)
}

/// An option and its value, a negative number, the start of which was taken for an option.
fn negative<'a>(
    start: &str,
    known: &'a [String],
    arguments: &'a [OsString],
) -> Option<(&'a String, &'a str)> {
    arguments.windows(2).find_map(|pair| {
        let value =
            pair[1].to_str().filter(|value| value.starts_with(start) && value.parse::<f64>().is_ok())?;
        Some((known.iter().find(|option| pair[0] == option.as_str())?, value))
    })
}

/// Texts of a part of an error, with characters written out that could steer a terminal.
fn words(value: Option<&ContextValue>) -> Vec<String> {
    let shown = |text: &String| visible(text).into_owned();
    match value {
        Some(ContextValue::String(text)) => vec![shown(text)],
        Some(ContextValue::Strings(texts)) => texts.iter().map(shown).collect(),
        _ => vec![],
    }
}

fn long(argument: &clap::Arg) -> Option<String> {
    argument.get_long().map(|long| format!("--{long}"))
}

/// An option without the name of its value.
fn option(text: &str) -> &str {
    match text.split_once(' ') {
        Some((name, _)) if name.starts_with('-') => name,
        _ => text,
    }
}

fn unknown(what: &str, name: &str, known: &[String]) -> String {
    format!("unknown {what} `{name}`{}", did_you_mean(name, known))
}

fn did_you_mean(name: &str, known: &[String]) -> String {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    nearest(name, &known).map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

fn one_of(known: &[String]) -> String {
    format!("its values are {}", known.join(", "))
}

/// A value's mistake as "expected X, found Y", where a parser of numbers says it otherwise.
fn expected(why: &str, value: &str) -> String {
    let numbers = [
        ("invalid digit found in string", "a whole number"),
        ("cannot parse integer from empty string", "a whole number"),
        ("number too large to fit in target type", "a smaller number"),
        ("number too small to fit in target type", "a larger number"),
        ("invalid float literal", "a number"),
        ("cannot parse float from empty string", "a number"),
    ];
    if let Some((_, expected)) = numbers.iter().find(|(said, _)| *said == why) {
        return format!("expected {expected}, found `{value}`");
    }
    let range = why.split_once(" is not in ").and_then(|(_, range)| range.split_once("..="));
    if let Some((low, high)) = range {
        // A type's largest number is no limit that anyone meets.
        let limit = high.parse().is_ok_and(|high: u64| high < u64::from(u32::MAX));
        let to = if limit { format!(" to {high}") } else { String::new() };
        return format!("expected a whole number from {low}{to}, found `{value}`");
    }
    match why.starts_with("expected") && !why.contains("found") {
        true => format!("{why}, found `{value}`"),
        false => why.to_string(),
    }
}

/// An error as clap says it.
fn of_clap(error: &clap::Error) -> String {
    let text = error.render().to_string();
    visible_lines(text.trim_start_matches("error: ").trim_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_of_numbers_are_said_in_one_form() {
        for (why, said) in [
            ("invalid digit found in string", "expected a whole number, found `v`"),
            ("v is not in 1..=1024", "expected a whole number from 1 to 1024, found `v`"),
            ("v is not in 1..=18446744073709551615", "expected a whole number from 1, found `v`"),
            ("expected 1 or all", "expected 1 or all, found `v`"),
            ("expected 1 or all, found 2", "expected 1 or all, found 2"),
            ("unknown task", "unknown task"),
        ] {
            assert_eq!(expected(why, "v"), said);
        }
    }
}

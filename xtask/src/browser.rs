//! `cargo xtask test-browser`: what a person clicks on the pages, in a real Chromium.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::cargo::cargo;
use crate::command::{ended, succeed};
use crate::debian;

const HELP: &str = "\
cargo xtask test-browser [NAME…]

Installs Debian's chromium and chromium-driver with apt-get where they are missing (as root), builds the program, and
runs the tests of its pages in Chromium without a network: reports, races, lessons, pages that train, the live page.
NAME runs only the tests whose name has it.
";

/// Packages of Debian, each with its program.
const PACKAGES: [(&str, &str); 2] = [("chromium", "chromium"), ("chromium-driver", "chromedriver")];

pub(crate) fn run(arguments: &[OsString]) -> ExitCode {
    if arguments.iter().any(|word| word == "--help" || word == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    ended(test(arguments))
}

fn test(names: &[OsString]) -> Result<(), String> {
    debian::install(&PACKAGES)?;
    test_pages(names)
}

/// The same as a part of all checks: where Chromium can neither be found nor installed, this is said.
pub(crate) fn check() -> Result<(), String> {
    eprintln!("── pages: cargo xtask test-browser");
    match debian::install(&PACKAGES) {
        Ok(()) => test_pages(&[]),
        Err(why) => {
            eprintln!("   NOT RUN without Chromium: {why}");
            Ok(())
        }
    }
}

fn test_pages(names: &[OsString]) -> Result<(), String> {
    succeed(cargo().args(["build", "--quiet", "--package", "cli"]))?;
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut tests = cargo();
    tests.args(["test", "--quiet", "--package", "browser-tests", "--features", "chromium", "--"]);
    succeed(tests.args(names).env("DESCENT", this.with_file_name("descent")))
}

use std::path::Path;
use std::process::Output;

use crate::common::descent;

/// Output of a command line, words apart by spaces.
pub(crate) fn run(folder: &Path, arguments: &str) -> Output {
    descent(folder).args(arguments.split_whitespace()).output().expect("the program starts")
}

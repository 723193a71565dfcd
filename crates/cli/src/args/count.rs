use std::str::FromStr;

/// A number of things, or all that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Count {
    Of(usize),
    All,
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Count, String> {
        match text.parse() {
            _ if text == "all" => Ok(Count::All),
            Ok(count) if count > 0 => Ok(Count::Of(count)),
            _ => Err("expected a whole number from 1, or all".to_string()),
        }
    }
}

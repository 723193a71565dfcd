//! Words of a shell.

/// A word as a shell reads it literally.
pub(crate) fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_literal() {
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
    }
}

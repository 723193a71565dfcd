//! A workload: the words that all baselines read, and its repetitions.

/// One thing that everybody does.
pub(crate) struct Workload {
    /// Description in the words that the baselines read: `simplenn adam batch=64`.
    pub(crate) words: String,
    /// Updates in one repetition.
    pub(crate) updates: usize,
    /// Updates before those, which no clock is held to; training begins at its start and has none.
    pub(crate) warm: usize,
    /// Threads that each baseline may use.
    pub(crate) threads: usize,
}

impl Workload {
    /// Its name in tables and files.
    pub(crate) fn name(&self) -> String {
        format!("{} threads={}", self.words, self.threads)
    }

    /// Line that asks a baseline for it.
    pub(crate) fn line(&self) -> String {
        match self.warm {
            0 => format!("{} updates={}", self.words, self.updates),
            warm => format!("{} warm={warm} updates={}", self.words, self.updates),
        }
    }
}

/// Seconds of one repetition, and the number that all baselines must come to.
pub(crate) type Repetition = Box<dyn FnMut() -> (f64, Option<f64>) + Send>;

/// The number after `name=` in a workload's words.
pub(crate) fn size(workload: &str, name: &str) -> Result<usize, String> {
    let text = workload.split_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
    let text = text.ok_or_else(|| format!("`{workload}` has no {name}="))?;
    text.parse().map_err(|_| format!("`{text}` in `{workload}` is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_from_words() {
        assert_eq!(size("simplenn adam batch=64 updates=3", "batch"), Ok(64));
        assert!(size("simplenn adam", "batch").is_err() && size("x batch=many", "batch").is_err());
    }
}

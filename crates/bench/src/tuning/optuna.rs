//! Optuna in its process: it chooses points of the unit cube, and is told their scores.
//!
//! The lines are described in `scripts/baselines/optuna_tpe.py`.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use lab::search::{Domain, Point, Space};
use lab::stats::Direction;
use serde_json::{Value, json};

use super::searcher::Searcher;
use crate::baselines::scripts;

/// A study of Optuna's, one trial after the other.
pub(super) struct Optuna {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    space: Space,
    direction: Direction,
    /// The message that opens the study, until it is sent.
    opening: Option<Value>,
}

impl Optuna {
    pub(super) fn start(
        python: &Path,
        space: &Space,
        seed: u64,
        direction: Direction,
        multivariate: bool,
    ) -> Result<Optuna, String> {
        let mut child = Command::new(python)
            .arg(scripts().join("optuna_tpe.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", python.display()))?;
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let dimension = |domain: &Domain| match domain {
            Domain::Interval { .. } => Value::Null,
            Domain::Choice(words) => words.len().into(),
        };
        let dimensions: Vec<Value> = space.dimensions.iter().map(|d| dimension(&d.domain)).collect();
        let opening = json!({ "seed": seed, "multivariate": multivariate, "choices": dimensions });
        Ok(Optuna { child, input, output, space: space.clone(), direction, opening: Some(opening) })
    }

    /// Sends a line and reads the point that answers it.
    fn ask(&mut self, line: &Value) -> Result<Vec<f64>, String> {
        let failed = |why: String| format!("Optuna: {why}");
        writeln!(self.input, "{line}")
            .and_then(|()| self.input.flush())
            .map_err(|e| failed(e.to_string()))?;
        let mut answer = String::new();
        self.output.read_line(&mut answer).map_err(|e| failed(e.to_string()))?;
        serde_json::from_str(&answer)
            .map_err(|_| failed(format!("expected a point, found {:?}", answer.trim())))
    }
}

impl Searcher for Optuna {
    fn next(&mut self, _: &[Point], scores: &[f64]) -> Result<Point, String> {
        let line = match self.opening.take() {
            Some(opening) => opening,
            // Optuna minimizes; a run that diverged has no score.
            None => {
                let score = *scores.last().ok_or("expected the score of a trial")?;
                json!(Some(-self.direction.merit(score)).filter(|loss| loss.is_finite()))
            }
        };
        let places = self.ask(&line)?;
        if places.len() != self.space.dimensions.len() {
            return Err(format!(
                "Optuna: expected {} numbers, found {places:?}",
                self.space.dimensions.len()
            ));
        }
        let settings =
            self.space.dimensions.iter().zip(places).map(|(d, u)| (d.name.clone(), d.domain.at(u)));
        Ok(Point { settings: settings.collect() })
    }
}

impl Drop for Optuna {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! A lesson: text, experiment and verdict rule.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::measured::Measured;
use crate::settings::Settings;

/// One claim with the experiment that settles it.
///
/// Texts hold formulas between `$` (see [`math`](crate::math)) and code between backquotes.
#[derive(Debug, Clone, Copy)]
pub struct Lesson {
    /// Name on the command line: `adam-diverges`.
    pub id: &'static str,
    /// Title.
    pub title: &'static str,
    /// Place in the course.
    pub chapter: Chapter,
    /// The claim in one sentence.
    pub claim: &'static str,
    /// The experiment: function or task, optimizers, lengths.
    pub setup: &'static str,
    /// The reason, with the formulas that predict the numbers.
    pub theory: &'static str,
    /// A question that the reader answers before the measurement.
    pub question: Question,
    /// The experiment.
    pub measure: fn(&Settings<'_>) -> Result<Measured, Error>,
    /// The verdict on the numbers of [`measure`](Lesson::measure).
    pub judge: fn(&Measured) -> Verdict,
    /// The change by which the counterexample differs from the set-up.
    pub counterexample: &'static str,
    /// Reach of the result.
    pub limits: &'static str,
    /// Commands to go on with.
    pub try_it: &'static [&'static str],
    /// Literature.
    pub source: &'static str,
}

/// A question with answers to choose from.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// The question.
    pub ask: &'static str,
    /// Possible answers.
    pub options: &'static [&'static str],
    /// Index of the right one by the measurement.
    pub answer: fn(&Measured) -> usize,
}

/// Chapter of the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the titles say it")]
pub enum Chapter {
    Role,
    Batches,
    Difficulties,
    Momentum,
    Adaptive,
    Adam,
    AdamFails,
    Schedules,
    Comparisons,
    Choice,
}

impl Chapter {
    /// The chapters in order.
    pub const ALL: [Chapter; 10] = [
        Chapter::Role,
        Chapter::Batches,
        Chapter::Difficulties,
        Chapter::Momentum,
        Chapter::Adaptive,
        Chapter::Adam,
        Chapter::AdamFails,
        Chapter::Schedules,
        Chapter::Comparisons,
        Chapter::Choice,
    ];

    /// Title of the chapter.
    pub fn title(self) -> &'static str {
        match self {
            Chapter::Role => "What an optimizer is",
            Chapter::Batches => "Batch, stochastic, mini-batch",
            Chapter::Difficulties => "What makes descent hard",
            Chapter::Momentum => "Momentum",
            Chapter::Adaptive => "Adaptive rates",
            Chapter::Adam => "Adam taken apart",
            Chapter::AdamFails => "When Adam fails",
            Chapter::Schedules => "Schedules and regularization",
            Chapter::Comparisons => "How comparisons mislead",
            Chapter::Choice => "Which to choose",
        }
    }
}

/// Judgment of a claim, with the numbers that it is from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "why", rename_all = "snake_case")]
pub enum Verdict {
    /// The claim holds here.
    Holds(String),
    /// The claim holds under a condition.
    HoldsOnlyWhen(String),
    /// The claim does not hold here.
    DoesNotHoldHere(String),
}

/// Verdict of a lesson as it was recorded with the book.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The lesson.
    pub id: String,
    /// Its verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Verdict {
    /// `holds`, `holds only when …` or `does not hold here`.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Holds(_) => "holds",
            Verdict::HoldsOnlyWhen(_) => "holds only when …",
            Verdict::DoesNotHoldHere(_) => "does not hold here",
        }
    }

    /// The reason in one sentence.
    pub fn why(&self) -> &str {
        let (Verdict::Holds(why) | Verdict::HoldsOnlyWhen(why) | Verdict::DoesNotHoldHere(why)) = self;
        why
    }

    /// The verdict with its condition, or with the first of its numbers: `Holds only when the valley lies along the axes`.
    pub fn short(&self) -> String {
        let ends = match self {
            Verdict::HoldsOnlyWhen(_) => [": ", ". "],
            Verdict::Holds(_) | Verdict::DoesNotHoldHere(_) => ["; ", ". "],
        };
        let text = self.to_string();
        let end = ends.iter().filter_map(|end| text.find(end)).min();
        text[..end.unwrap_or(text.len())].trim_end_matches('.').to_string() + "."
    }

    /// True if both are the same word.
    pub fn agrees(&self, other: &Verdict) -> bool {
        self.word() == other.word()
    }
}

/// `Holds: …`, `Holds only when …`, `Does not hold here: …`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Holds(why) => write!(f, "Holds: {why}"),
            Verdict::HoldsOnlyWhen(why) => write!(f, "Holds only when {why}"),
            Verdict::DoesNotHoldHere(why) => write!(f, "Does not hold here: {why}"),
        }
    }
}

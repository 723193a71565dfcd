//! Explanations of the words of a page.

use lab::compare::Comparison;

use crate::document::Term;
use crate::table::target;

/// A term with one paragraph.
pub(crate) fn term(name: &str, text: impl Into<String>) -> Term {
    Term { name: name.into(), texts: vec![text.into()], ..Term::default() }
}

/// The columns of a comparison in words.
pub(crate) fn glossary(comparison: &Comparison) -> Vec<Term> {
    let measure = comparison.metric.name();
    let is_accuracy = measure == "accuracy";
    let untrained = if is_accuracy {
        " With cross-entropy over k classes, a network that has learned nothing and gives every class the same \
         probability has ln k: 2.303 for ten."
    } else {
        ""
    };
    let score = if is_accuracy {
        "The fraction of test examples, none of them trained on, that the final weights classify correctly"
            .to_string()
    } else {
        format!("The {measure} of the final weights on the test examples, none of them trained on")
    };
    let target = target(comparison);
    vec![
        term(
            "Train loss",
            format!(
                "The mean loss of the last epoch's batches, each measured just before its update, so it is a little \
                 above that of the final weights.{untrained}"
            ),
        ),
        term(&format!("Test {measure}"), format!("{score}: the mean over seeds.")),
        intervals(0.95),
        term(
            &format!("To {target}"),
            format!(
                "How long training took until the test {measure} first reached {target}: the median over seeds, where \
                 a seed that never got there counts as later than any other. A dash means that fewer than half got \
                 there."
            ),
        ),
        term(
            "Seconds",
            "Time spent training, without measuring on the test set, on the machine that made this page. Compare \
             seconds within this table; losses and accuracies travel, seconds do not.",
        ),
        term(
            "State",
            "Memory that the optimizer keeps for each weight in addition to the weight and its gradient. One running \
             average in single precision is 4 bytes.",
        ),
        term(
            "Paired seeds",
            "A seed fixes the initial weights and the order of the batches, the same for every optimizer. A lucky \
             start then helps all of them alike and cancels in the difference, so a few seeds can tell apart what \
             unpaired runs could not.",
        ),
        term("p, corrected", corrected(comparison)),
    ]
}

fn corrected(comparison: &Comparison) -> String {
    let looks = comparison.looks.as_ref().map_or(String::new(), |looks| {
        format!(
            " Seeds were added until the intervals were narrow: to look several times is to have several chances, so p is \
             also multiplied by {}, and the intervals are widened by the same.",
            looks.factor()
        )
    });
    format!(
        "If two optimizers were equally good, a paired difference at least this far from zero would turn up by \
         chance with probability p. With several pairs some small p is to be expected; Bonferroni's correction, p \
         times the number of pairs, makes up for that. The intervals of the pairs are widened by the same \
         correction, so that all of them together hold in 95 of 100 experiments. Below 0.05, and just where the \
         interval is without zero, the pair counts as told apart. Not told apart does not mean equal.{looks}"
    )
}

/// Intervals of means.
pub(crate) fn intervals(confidence: f64) -> Term {
    let percent = 100.0 * confidence;
    term(
        &format!("{percent:.0}% interval"),
        format!(
            "Another choice of seeds would have given another mean. Intervals made this way (Student's t) hold the \
             mean over all possible seeds in about {percent:.0} of 100 experiments. They say nothing about other data \
             or other settings, and one seed gives none."
        ),
    )
}

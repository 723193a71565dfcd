//! Sentences about a range test of learning rates.

use lab::lr_finder::{Across, Departure, Doubt, RangeTest, Reason};

use super::{of_seeds, rate};

/// The choice and its grounds, or why nothing is chosen.
pub fn reason(test: &RangeTest) -> String {
    match test.reason() {
        Reason::NoSweep => "No sweep was finished, so nothing is chosen.".to_string(),
        Reason::NeverFalls { climbs_from: Some(edge) } => format!(
            "Nothing is chosen: the loss does not clearly fall at any rate. It climbs from about {} on.",
            rate(edge)
        ),
        Reason::NeverFalls { climbs_from: None } => {
            "Nothing is chosen: the loss neither clearly falls nor climbs at any rate.".to_string()
        }
        Reason::Middle { choice, steepest, tenth, edge } => format!(
            "lr={} would be chosen: half way, in orders of magnitude, between the rate where the loss falls \
             most steeply ({}), which tends to be too bold, and a tenth of the rate where it is lowest ({}), \
             which tends to be too timid.{}",
            rate(choice),
            rate(steepest),
            rate(tenth),
            edge.map_or(String::new(), |edge| to_edge(choice, edge))
        ),
    }
}

fn to_edge(choice: f64, edge: f64) -> String {
    format!(
        " From there to the edge of divergence, {}, it is a factor of {}.",
        rate(edge),
        rate(edge / choice)
    )
}

/// One sentence or two for each reason not to trust the choice.
pub fn doubts(test: &RangeTest) -> Vec<String> {
    test.doubts().into_iter().map(|found| doubt(test, found)).collect()
}

/// One such reason and the way out.
pub fn doubt(test: &RangeTest, doubt: Doubt) -> String {
    let of = |seeds| of_seeds(seeds, test.sweeps.len());
    match doubt {
        Doubt::Flat { seeds } => format!(
            "The curve of {} is flat: the loss never falls clearly below its beginning, compared with the \
             noise of the batches. Take more steps, larger batches, or weights that have more to learn.",
            of(seeds)
        ),
        Doubt::NoEdge { seeds } => format!(
            "The edge of divergence was not reached by {}: rates up to {} are borne, and the lowest loss may \
             lie beyond. Let the sweep end at a greater rate.",
            of(seeds),
            rate(test.sweep.to)
        ),
        Doubt::FallsFromStart { seeds } => format!(
            "The loss of {} falls from the first rates on, so {} may be too great to begin with. Let the sweep \
             begin at a smaller rate.",
            of(seeds),
            rate(test.sweep.from)
        ),
        Doubt::Disagreement(Across { low, high, seeds, .. }) => format!(
            "The seeds disagree: {seeds} of them would choose from {} to {}. Take more seeds, more steps or \
             larger batches.",
            rate(low),
            rate(high)
        ),
        Doubt::ReadingsApart { factor } => format!(
            "The two readings are a factor of {} apart, so the middle between them says little.",
            rate(factor)
        ),
        Doubt::NearEdge { edge } => format!(
            "The choice is near the edge of divergence: one seed leaves it at {}. Take a third of it, or a \
             warm-up.",
            rate(edge)
        ),
        Doubt::OneSeed => "One seed cannot tell luck from merit.".to_string(),
        Doubt::Sample => format!("This ran on a SAMPLE of {}, not on the whole set.", test.dataset),
    }
}

/// A difference between the test and an ordinary run.
pub fn departure(departure: &Departure) -> String {
    match departure {
        Departure::Schedule(schedule) => format!(
            "The schedule `{schedule}` stood aside while the rate rose; it multiplies the rate that is chosen."
        ),
        Departure::Plateau => "The plateau stood aside while the rate rose.".to_string(),
        Departure::GroupRates => "The rates of groups rose in proportion, and are chosen so.".to_string(),
    }
}

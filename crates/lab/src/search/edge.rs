//! A best trial at the edge of its space.

use super::domain::Side;
use super::sampler::Point;
use super::space::{Dimension, Space};

/// A hyperparameter whose best value is in the outer tenth of its interval, on its scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Its name.
    pub name: String,
    /// The end.
    pub side: Side,
}

/// A space that has been widened at its edges.
#[derive(Debug, Clone, PartialEq)]
pub struct Extension {
    /// The edges that gave way.
    pub edges: Vec<Edge>,
    /// The whole of it: what is said to have been searched.
    pub space: Space,
    /// The part beyond the edges, where the further trials are drawn.
    pub beyond: Space,
}

/// The edges that a trial is at.
///
/// ```
/// use lab::search::{Sampler, Side, Space, edges};
/// let space: Space = "lr=1e-4..1 log, momentum=0..0.9".parse().unwrap();
/// let found = edges(&space, &Sampler::Grid { levels: 11 }.trial(&space, 0, 10 * 11 + 5));
/// assert_eq!((found.len(), found[0].name.as_str(), found[0].side), (1, "lr", Side::High));
/// ```
pub fn edges(space: &Space, best: &Point) -> Vec<Edge> {
    let edge = |dimension: &Dimension| {
        let side = dimension.domain.edge(best.get(&dimension.name)?)?;
        Some(Edge { name: dimension.name.clone(), side })
    };
    space.dimensions.iter().filter_map(edge).collect()
}

/// The space with a decade more (half of its width more on a linear scale) at each edge of the best trial,
/// but within the limits of each hyperparameter by its name. `None` if the best is at no edge, or only where
/// a limit is reached. After one extension an edge is left as it is and said in the verdict.
pub fn extension(space: &Space, best: &Point, limits: impl Fn(&str) -> (f64, f64)) -> Option<Extension> {
    let mut extension = Extension { edges: Vec::new(), space: space.clone(), beyond: space.clone() };
    for edge in edges(space, best) {
        let place = space.dimensions.iter().position(|dimension| dimension.name == edge.name)?;
        let domain = &space.dimensions[place].domain;
        let Some(part) = domain.beyond(edge.side, limits(&edge.name)) else { continue };
        extension.space.dimensions[place].domain = domain.joined(&part);
        extension.beyond.dimensions[place].domain = part;
        extension.edges.push(edge);
    }
    (!extension.edges.is_empty()).then_some(extension)
}

/// The trials that an extension adds: a quarter of the budget, rounded up; to every method alike, so that
/// the one whose best was inside has as many.
pub fn extra_trials(budget: usize) -> usize {
    budget.div_ceil(4)
}

//! Loss surfaces around trained networks: a plane of two random directions, the plane of a path, the line between two.

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;

use lab::stats::mean;
use report::chart::{Chart, Mark, Scale, Series};
use report::race::{Heat, Lane, Race, Step};
use tensor::ParamVec;
use tensor::random::Stream;
use train::{Batch, DataInfo, Examples, Split, Task};

use crate::error::Error;

/// A network of a task: its weights and running statistics, with a name for pictures.
#[derive(Debug, Clone)]
pub struct Point {
    /// Name in pictures: that of its file.
    pub name: String,
    /// Weights.
    pub weights: ParamVec,
    /// Running statistics of batch norm.
    pub buffers: ParamVec,
}

/// Size of a picture.
#[derive(Clone, Copy)]
pub struct LandscapeSettings<'a> {
    /// Training examples of each loss.
    pub examples: usize,
    /// Points along each axis.
    pub points: usize,
    /// Distance from the network to the edge, in its own norms, filter by filter.
    pub range: f64,
    /// Seed of the random directions.
    pub seed: u64,
    /// Threads; no number depends on it.
    pub threads: usize,
    /// Told the finished and the total number of losses; may stop.
    pub progress: &'a (dyn Fn(usize, usize) -> ControlFlow<()> + Sync),
}

impl fmt::Debug for LandscapeSettings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LandscapeSettings { examples, points, range, seed, threads, .. } = self;
        f.debug_struct("LandscapeSettings")
            .field("examples", examples)
            .field("points", points)
            .field("range", range)
            .field("seed", seed)
            .field("threads", threads)
            .finish_non_exhaustive()
    }
}

/// The loss in the plane of two random directions around a network. Each direction has, in every filter, the norm of
/// the network's own, and nothing in biases and normalization (Li 2018), so that networks can be compared.
///
/// # Errors
/// [`Error::Stopped`] if the reader of the progress stops.
pub fn around(task: &Task, center: &Point, settings: &LandscapeSettings<'_>) -> Result<Race, Error> {
    let directions = ["x", "y"].map(|axis| filter_normalized(&center.weights, settings.seed, axis));
    let domain = [[-settings.range, settings.range]; 2];
    let mut race = plane(task, center, &directions, domain, settings)?;
    race.formula = "mean training loss; x and y are random directions, normalized filter by filter".into();
    race.minima = vec![[0.0, 0.0]];
    Ok(race)
}

/// The loss in the plane of the two principal components of a path that ends at its last network, and the path in
/// it; with the fractions of the path's variance that the two hold.
///
/// # Errors
/// As [`around`].
///
/// # Panics
/// If the path has fewer than three networks.
pub fn along(
    task: &Task,
    path: &[Point],
    settings: &LandscapeSettings<'_>,
) -> Result<(Race, [f64; 2]), Error> {
    assert!(path.len() > 2, "expected three networks or more, found {}", path.len());
    let end = &path[path.len() - 1];
    let differences: Vec<Vec<f64>> =
        path.iter().map(|point| difference(&point.weights, &end.weights)).collect();
    let (directions, fractions) = principal(&differences);
    let at: Vec<[f64; 2]> =
        differences.iter().map(|v| [dot(v, &directions[0]), dot(v, &directions[1])]).collect();
    let domain = [0, 1].map(|axis| {
        let (low, high) = at.iter().fold((0.0_f64, 0.0_f64), |(l, h), p| (l.min(p[axis]), h.max(p[axis])));
        let margin = 0.2 * (high - low).max(1e-6);
        [low - margin, high + margin]
    });
    let directions = directions.map(|v| v.into_iter().map(|x| x as f32).collect());
    let mut race = plane(task, end, &directions, domain, settings)?;
    let small = Subset::of(task, settings.examples);
    let step = |(index, point): (usize, &Point)| {
        let next = at.get(index + 1).unwrap_or(&at[index]);
        let update = [next[0] - at[index][0], next[1] - at[index][1]];
        let value = loss(&small, &point.weights, &point.buffers);
        Step { at: at[index], value, gradient: [0.0; 2], update, state: vec![] }
    };
    let steps = path.iter().enumerate().map(step).collect();
    race.heats[0].lanes = vec![Lane { recipe: format!("{} to {}", path[0].name, end.name), steps }];
    race.formula = format!(
        "mean training loss; x and y are the path's principal components, {:.0}% and {:.0}% of its variance",
        100.0 * fractions[0],
        100.0 * fractions[1]
    );
    Ok((race, fractions))
}

/// The loss on the line through two networks: 0 is the first, 1 the second.
///
/// # Errors
/// As [`around`].
pub fn between(task: &Task, [a, b]: [&Point; 2], settings: &LandscapeSettings<'_>) -> Result<Chart, Error> {
    let small = Subset::of(task, settings.examples);
    let last = (settings.points - 1) as f64;
    let places: Vec<f64> = (0..settings.points).map(|index| -0.25 + 1.5 * index as f64 / last).collect();
    let mix = |a: &ParamVec, b: &ParamVec, t: f64| {
        let mut mixed = a.clone();
        let pairs = mixed.as_mut_slice().iter_mut().zip(b.as_slice());
        pairs.for_each(|(a, b)| *a = ((1.0 - t) * f64::from(*a) + t * f64::from(*b)) as f32);
        mixed
    };
    let losses =
        lab::jobs(places.len(), settings.threads, &|done| (settings.progress)(done, places.len()), |job| {
            let t = places[job];
            Ok(loss(&small, &mix(&a.weights, &b.weights, t), &mix(&a.buffers, &b.buffers, t.clamp(0.0, 1.0))))
        })?;
    let losses = losses.ok_or(Error::Stopped)?;
    Ok(Chart {
        title: "Training loss on the line between two networks".into(),
        x: ("0 is the first, 1 the second".into(), Scale::Linear),
        y: ("loss".into(), Scale::Linear),
        series: vec![Series::line("loss", places.into_iter().zip(losses).collect())],
        marks: vec![Mark::X(0.0, a.name.clone()), Mark::X(1.0, b.name.clone())],
    })
}

/// Losses at `center + x·first + y·second` over a square grid.
fn plane(
    task: &Task,
    center: &Point,
    directions: &[Vec<f32>; 2],
    domain: [[f64; 2]; 2],
    settings: &LandscapeSettings<'_>,
) -> Result<Race, Error> {
    let small = Subset::of(task, settings.examples);
    let points = settings.points;
    let place = |[low, high]: [f64; 2], index: usize| low + (high - low) * index as f64 / (points - 1) as f64;
    let total = points * points;
    let losses = lab::jobs(total, settings.threads, &|done| (settings.progress)(done, total), |job| {
        let (x, y) = (place(domain[0], job % points) as f32, place(domain[1], job / points) as f32);
        let mut weights = center.weights.clone();
        let moves = directions[0].iter().zip(&directions[1]);
        weights.as_mut_slice().iter_mut().zip(moves).for_each(|(w, (a, b))| *w += x * a + y * b);
        Ok(loss(&small, &weights, &center.buffers))
    })?;
    let losses = losses.ok_or(Error::Stopped)?;
    Ok(Race {
        function: format!("loss around {}", center.name),
        formula: String::new(),
        domain,
        minima: vec![],
        grid: losses.chunks(points).map(<[f64]>::to_vec).collect(),
        noise: 0.0,
        heats: vec![Heat { rates: format!("{} examples", small.examples.len(Split::Train)), lanes: vec![] }],
        prediction: None,
    })
}

fn loss(task: &Task, weights: &ParamVec, buffers: &ParamVec) -> f64 {
    task.evaluate(weights, buffers, Split::Train).loss
}

/// A random direction whose norm in each row of a matrix is that of the weights, and 0 in vectors.
fn filter_normalized(weights: &ParamVec, seed: u64, axis: &str) -> Vec<f32> {
    let layout = weights.layout();
    let mut direction = vec![0.0_f32; layout.len()];
    for (id, entry) in layout.ids().zip(layout.entries()) {
        let sizes: Vec<usize> = entry.shape.iter().copied().collect();
        if sizes.len() < 2 {
            continue;
        }
        let mut stream = Stream::new(seed, &format!("landscape {axis} {}", entry.name));
        let length: usize = sizes[1..].iter().product();
        let rows = direction[entry.range.clone()].chunks_mut(length).zip(weights.get(id).chunks(length));
        for (row, filter) in rows {
            row.iter_mut().for_each(|d| *d = stream.normal());
            let norm = |v: &[f32]| v.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            let factor = (norm(filter) / norm(row).max(1e-30)) as f32;
            row.iter_mut().for_each(|d| *d *= factor);
        }
    }
    direction
}

fn difference(a: &ParamVec, b: &ParamVec) -> Vec<f64> {
    a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| f64::from(a - b)).collect()
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The two unit vectors along which the vectors differ most, by their Gram matrix, and their fractions of the variance.
fn principal(vectors: &[Vec<f64>]) -> ([Vec<f64>; 2], [f64; 2]) {
    let count = vectors.len();
    let middle: Vec<f64> =
        (0..vectors[0].len()).map(|i| mean(&vectors.iter().map(|v| v[i]).collect::<Vec<_>>())).collect();
    let centered: Vec<Vec<f64>> =
        vectors.iter().map(|v| v.iter().zip(&middle).map(|(x, m)| x - m).collect()).collect();
    let mut gram: Vec<Vec<f64>> =
        (0..count).map(|i| (0..count).map(|j| dot(&centered[i], &centered[j])).collect()).collect();
    let total: f64 = (0..count).map(|i| gram[i][i]).sum::<f64>().max(1e-300);
    let mut component = || {
        // Power iteration; a start that no eigenvector of a path is orthogonal to.
        let mut v: Vec<f64> = (0..count).map(|i| 1.0 + (i as f64).sin()).collect();
        let mut value = 0.0;
        for _ in 0..500 {
            let next: Vec<f64> = gram.iter().map(|row| dot(row, &v)).collect();
            value = dot(&next, &next).sqrt();
            if value == 0.0 {
                break;
            }
            v = next.into_iter().map(|x| x / value).collect();
        }
        for (row, &a) in gram.iter_mut().zip(&v) {
            row.iter_mut().zip(&v).for_each(|(g, b)| *g -= value * a * b);
        }
        let mut direction = vec![0.0; middle.len()];
        for (vector, weight) in centered.iter().zip(&v) {
            direction.iter_mut().zip(vector).for_each(|(d, x)| *d += weight * x);
        }
        let norm = dot(&direction, &direction).sqrt().max(1e-300);
        direction.iter_mut().for_each(|d| *d /= norm);
        (direction, value / total)
    };
    let (first, second) = (component(), component());
    ([first.0, second.0], [first.1, second.1])
}

/// The first training examples of a task.
#[derive(Debug)]
struct Subset {
    all: Arc<dyn Examples>,
    train: usize,
}

impl Subset {
    fn of(task: &Task, train: usize) -> Task {
        let subset = Subset { all: task.examples.clone(), train };
        Task { examples: Arc::new(subset), ..task.clone() }
    }
}

impl Examples for Subset {
    fn len(&self, split: Split) -> usize {
        match split {
            Split::Train => self.all.len(split).min(self.train),
            _ => self.all.len(split),
        }
    }

    fn gather(&self, split: Split, indices: &[u32], batch: &mut Batch) {
        self.all.gather(split, indices, batch);
    }

    fn info(&self) -> &DataInfo {
        self.all.info()
    }

    fn sha256(&self) -> &str {
        self.all.sha256()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digits::Digits;
    use crate::settings::Settings;

    const QUICK: LandscapeSettings<'static> = LandscapeSettings {
        examples: 50,
        points: 5,
        range: 1.0,
        seed: 0,
        threads: 1,
        progress: &|_, _| ControlFlow::Continue(()),
    };

    fn task() -> Task {
        Digits::load(&Settings::quick(), 60, 20).and_then(|it| it.halved().report(&[8])).expect("a task")
    }

    fn point(task: &Task, seed: u64) -> Point {
        Point { name: format!("{seed}"), weights: task.model.init(seed), buffers: task.model.buffers() }
    }

    #[test]
    fn the_middle_of_a_plane_and_the_ends_of_a_line_are_the_networks() {
        let task = task();
        let [a, b] = [0, 1].map(|seed| point(&task, seed));
        let exact = [&a, &b].map(|it| loss(&Subset::of(&task, 50), &it.weights, &it.buffers));
        let race = around(&task, &a, &QUICK).expect("a plane");
        assert_eq!(race.grid[2][2], exact[0]);
        assert!(race.grid.iter().flatten().any(|loss| (loss - exact[0]).abs() > 1e-3));
        let settings = LandscapeSettings { points: 7, ..QUICK };
        let line = between(&task, [&a, &b], &settings).expect("a line");
        for (place, exact) in [(1, exact[0]), (5, exact[1])] {
            assert!((line.series[0].points[place].1 - exact).abs() < 1e-6);
        }
    }

    #[test]
    fn a_direction_has_the_norm_of_each_filter_and_leaves_biases() {
        let weights = task().model.init(3);
        let direction = filter_normalized(&weights, 0, "x");
        for entry in weights.layout().entries() {
            let norm = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
            let [ours, theirs] = [&direction, weights.as_slice()].map(|v| &v[entry.range.clone()]);
            let expected = if entry.shape.iter().count() > 1 { norm(theirs) } else { 0.0 };
            assert!((norm(ours) - expected).abs() < 1e-3 * expected.max(1.0), "{}", entry.name);
        }
    }

    #[test]
    fn a_path_in_a_plane_has_all_of_its_variance_there() {
        let task = task();
        let base = point(&task, 0);
        let directions = ["x", "y"].map(|axis| filter_normalized(&base.weights, 1, axis));
        let at = |x: f32, y: f32| {
            let mut moved = base.clone();
            let moves = directions[0].iter().zip(&directions[1]);
            moved.weights.as_mut_slice().iter_mut().zip(moves).for_each(|(w, (a, b))| *w += x * a + y * b);
            moved
        };
        let path = [at(1.0, 0.0), at(0.5, 0.7), at(0.1, 0.2), at(0.0, 0.0)];
        let (race, fractions) = along(&task, &path, &QUICK).expect("a plane");
        assert!((fractions[0] + fractions[1] - 1.0).abs() < 1e-4, "{fractions:?}");
        let end = race.heats[0].lanes[0].steps.last().expect("a path").at;
        assert!(end[0].abs() < 1e-6 && end[1].abs() < 1e-6, "{end:?}");
    }
}

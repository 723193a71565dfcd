//! The length of a step along a direction, from a few looks at the function.

/// Facts about the function at one point of the line.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// Distance along the direction.
    pub(crate) t: f64,
    pub(crate) loss: f64,
    pub(crate) gradient: Vec<f32>,
    /// Derivative of the loss along the direction.
    pub(crate) slope: f64,
}

/// Fraction of the fall promised by the slope that a step has to bring.
const SUFFICIENT: f64 = 1e-4;
/// Fraction of the slope that may be left.
const CURVATURE: f64 = 0.9;

/// A place where the loss has fallen enough and the slope is nearly flat, the strong Wolfe conditions
/// (Nocedal & Wright, algorithms 3.5 and 3.6, as PyTorch has them): the first is tried at `first`, and
/// at most `evaluations` more, until the bracket is shorter than `shortest`.
pub(crate) fn strong_wolfe(
    start: Point,
    first: f64,
    shortest: f64,
    evaluations: usize,
    mut look: impl FnMut(f64) -> Point,
) -> Point {
    let conditions = Conditions { loss: start.loss, slope: start.slope };
    let (mut bracket, mut looks) = match bracket(start, look(first), evaluations, &mut look) {
        Search::Found(point) => return point,
        Search::Bracket(bracket, looks) => (bracket, looks),
    };
    // Shorter and shorter brackets.
    let (mut low, mut high) = lower_first(&bracket);
    let mut stuck = false;
    while looks < evaluations {
        let [a, b] = &bracket;
        let (left, right) = (a.t.min(b.t), a.t.max(b.t));
        if right - left < shortest {
            break;
        }
        let t = inside(minimum_of_cubic(a, b, left, right), (left, right), &mut stuck);
        let new = look(t);
        looks += 1;
        if conditions.is_too_high(&new) || new.loss >= bracket[low].loss {
            bracket[high] = new;
            (low, high) = lower_first(&bracket);
        } else if conditions.is_flat(&new) {
            return new;
        } else if new.slope * (bracket[high].t - bracket[low].t) >= 0.0 {
            bracket[high] = std::mem::replace(&mut bracket[low], new);
        } else {
            bracket[low] = new;
        }
    }
    let [a, b] = bracket;
    if low == 0 { a } else { b }
}

/// The strong Wolfe conditions for steps from a point of this loss and slope.
#[derive(Clone, Copy)]
struct Conditions {
    loss: f64,
    slope: f64,
}

impl Conditions {
    fn is_too_high(self, new: &Point) -> bool {
        new.loss > self.loss + SUFFICIENT * new.t * self.slope
    }

    fn is_flat(self, new: &Point) -> bool {
        new.slope.abs() <= -CURVATURE * self.slope
    }
}

/// A place that meets the conditions, or two around one with the number of evaluations so far.
enum Search {
    Found(Point),
    Bracket([Point; 2], usize),
}

/// Takes longer and longer steps, until there is a minimum between the last two.
fn bracket(start: Point, first: Point, evaluations: usize, look: &mut impl FnMut(f64) -> Point) -> Search {
    let conditions = Conditions { loss: start.loss, slope: start.slope };
    let (mut before, mut new, mut looks) = (start.clone(), first, 0);
    loop {
        if looks == evaluations {
            return Search::Bracket([start, new], looks);
        }
        if conditions.is_too_high(&new) || (looks > 1 && new.loss >= before.loss) {
            return Search::Bracket([before, new], looks);
        }
        if conditions.is_flat(&new) {
            return Search::Found(new);
        }
        if new.slope >= 0.0 {
            return Search::Bracket([before, new], looks);
        }
        let (nearest, farthest) = (new.t + 0.01 * (new.t - before.t), 10.0 * new.t);
        let t = minimum_of_cubic(&before, &new, nearest, farthest);
        before = std::mem::replace(&mut new, look(t));
        looks += 1;
    }
}

/// The place `t` away from the ends of a bracket, if it was near one of them the last time too or is outside.
fn inside(t: f64, (left, right): (f64, f64), stuck: &mut bool) -> f64 {
    let margin = 0.1 * (right - left);
    let near_an_end = (right - t).min(t - left) < margin;
    if near_an_end && (*stuck || t >= right || t <= left) {
        *stuck = false;
        return if (t - right).abs() < (t - left).abs() { right - margin } else { left + margin };
    }
    *stuck = near_an_end;
    t
}

fn lower_first([a, b]: &[Point; 2]) -> (usize, usize) {
    if a.loss <= b.loss { (0, 1) } else { (1, 0) }
}

/// Where the cubic through two places with their slopes is least, between `low` and `high`.
fn minimum_of_cubic(a: &Point, b: &Point, low: f64, high: f64) -> f64 {
    let (a, b) = if a.t <= b.t { (a, b) } else { (b, a) };
    let d1 = a.slope + b.slope - 3.0 * (a.loss - b.loss) / (a.t - b.t);
    let square = d1 * d1 - a.slope * b.slope;
    if square < 0.0 || square.is_nan() {
        return 0.5 * (low + high);
    }
    let d2 = square.sqrt();
    let minimum = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2));
    minimum.max(low).min(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The function f at t, with its slope.
    fn place(f: impl Fn(f64) -> [f64; 2], t: f64) -> Point {
        let [loss, slope] = f(t);
        Point { t, loss, slope, gradient: vec![] }
    }

    #[test]
    fn the_least_point_of_a_cubic_is_found_at_once() {
        // t³ − 3t has its minimum at 1, −t³ + 3t its own at −1.
        let cubic = |t: f64| [t.powi(3) - 3.0 * t, 3.0 * t * t - 3.0];
        let (a, b) = (place(cubic, 0.0), place(cubic, 1.7));
        assert!((minimum_of_cubic(&a, &b, 0.0, 1.7) - 1.0).abs() < 1e-12);
        assert!((minimum_of_cubic(&b, &a, 0.0, 1.7) - 1.0).abs() < 1e-12);
        assert_eq!(minimum_of_cubic(&a, &b, 1.2, 1.7), 1.2);
    }

    #[test]
    fn what_is_found_meets_both_conditions() {
        let functions: [fn(f64) -> [f64; 2]; 3] = [
            |t| [(t - 3.0).powi(2), 2.0 * (t - 3.0)],
            |t| [(t - 0.01).powi(4), 4.0 * (t - 0.01).powi(3)],
            |t| [(5.0 * t).cos() - t, -5.0 * (5.0 * t).sin() - 1.0],
        ];
        for (i, f) in functions.iter().enumerate() {
            for first in [1e-3, 0.1, 1.0, 30.0] {
                let start = place(f, 0.0);
                let found = strong_wolfe(start.clone(), first, 1e-12, 50, |t| place(f, t));
                assert!(found.loss <= start.loss + SUFFICIENT * found.t * start.slope, "{i} from {first}");
                assert!(found.slope.abs() <= -CURVATURE * start.slope, "{i} from {first}");
            }
        }
    }

    #[test]
    fn a_function_that_is_no_number_ends_the_search() {
        let nowhere = |t: f64| place(|_| [f64::NAN; 2], t);
        let start = place(|t| [-t, -1.0], 0.0);
        let mut looks = 0;
        strong_wolfe(start, 1.0, 1e-9, 20, |t| {
            looks += 1;
            nowhere(t)
        });
        assert!(looks <= 21);
    }
}

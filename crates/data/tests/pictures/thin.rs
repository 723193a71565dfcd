//! Thinning of a digit to the middle of its strokes.

/// Pixels a side that strokes are thinned at.
const SIDE: usize = 28 * SCALE;
const SCALE: usize = 4;

/// Points in the middle of the strokes, in the coordinates of the 28 × 28 pixels
/// (Zhang & Suen 1984, *A fast parallel algorithm for thinning digital patterns*).
pub(crate) fn skeleton(digit: &[f32]) -> Vec<(f32, f32)> {
    let mut lit = enlarged(digit);
    loop {
        let before = lit.iter().filter(|&&lit| lit).count();
        for pass in 0..2 {
            let peeled: Vec<usize> = (0..lit.len()).filter(|&at| lit[at] && peels(&lit, at, pass)).collect();
            peeled.into_iter().for_each(|at| lit[at] = false);
        }
        if lit.iter().filter(|&&lit| lit).count() == before {
            break;
        }
    }
    let place = |i: usize| (i as f32 + 0.5) / SCALE as f32 - 0.5;
    let points: Vec<(f32, f32)> =
        (0..lit.len()).filter(|&at| lit[at]).map(|at| (place(at % SIDE), place(at / SIDE))).collect();
    // Points between neighbors, so that the pen does not skip.
    let neighbors = |&(x, y): &(f32, f32)| {
        let near = move |&&(a, b): &&(f32, f32)| (a - x).hypot(b - y) < 1.5 / SCALE as f32;
        points.iter().filter(near).map(move |&(a, b)| (a - x, b - y)).collect::<Vec<_>>()
    };
    let between = |&(x, y): &(f32, f32)| {
        let steps = neighbors(&(x, y)).into_iter();
        steps.flat_map(move |(dx, dy)| [0.0, 0.125, 0.25, 0.375, 0.5].map(|t| (x + t * dx, y + t * dy)))
    };
    points.iter().flat_map(between).collect()
}

/// The bilinear enlargement above its half level.
fn enlarged(digit: &[f32]) -> Vec<bool> {
    let pose = super::sheet::Pose {
        center: (SIDE as f32 / 2.0, SIDE as f32 / 2.0),
        scale: SCALE as f32,
        angle: 0.0,
    };
    let ink = super::sheet::coverage(digit, pose);
    (0..SIDE * SIDE).map(|at| ink((at % SIDE) as f32, (at / SIDE) as f32) > 0.5).collect()
}

/// True for a border pixel whose removal does not split a stroke.
fn peels(lit: &[bool], at: usize, pass: usize) -> bool {
    let (row, column) = (at / SIDE, at % SIDE);
    if row == 0 || column == 0 || row == SIDE - 1 || column == SIDE - 1 {
        return true;
    }
    // Clockwise from the pixel above.
    let around =
        [at - SIDE, at - SIDE + 1, at + 1, at + SIDE + 1, at + SIDE, at + SIDE - 1, at - 1, at - SIDE - 1]
            .map(|at| lit[at]);
    let neighbors = around.iter().filter(|&&lit| lit).count();
    let rises = (0..8).filter(|&i| !around[i] && around[(i + 1) % 8]).count();
    let [north, _, east, _, south, _, west, _] = around;
    let sides = match pass {
        0 => !(east && south && (north || west)),
        _ => !(north && west && (east || south)),
    };
    (2..=6).contains(&neighbors) && rises == 1 && sides
}

//! Rules that look at whole parameters, or at the whole vector.

use optim::{DynRule, Optimizer, Requires, Tier, rules};
use tensor::{Layout, Role};

use crate::{numbers, optimizer, step};

/// One parameter of this shape and role.
fn one(shape: &[usize], role: Role) -> Layout {
    let mut layout = Layout::new();
    layout.push("w", tensor::Shape::new(shape), role);
    layout
}

fn norm(x: &[f32]) -> f64 {
    x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>().sqrt()
}

/// The change that one update makes.
fn step_of(optimizer: &mut Optimizer, w: &[f32], g: &[f32]) -> Vec<f32> {
    let mut moved = w.to_vec();
    step(optimizer, &mut moved, g);
    moved.iter().zip(w).map(|(a, b)| a - b).collect()
}

/// Whatever the gradient's size, a step is η·q of the parameter's norm, or η of it for LAMB.
#[test]
fn layer_wise_steps_are_a_share_of_the_norm() {
    let (w, g) = (numbers(60, 1), numbers(60, 2));
    for (recipe, share) in [("lars lr=0.5 trust=0.01", 0.005), ("lamb lr=0.03", 0.03)] {
        for size in [1e-6, 1.0, 1e6] {
            let g: Vec<f32> = g.iter().map(|g| g * size).collect();
            let step = step_of(&mut optimizer(recipe, 60), &w, &g);
            assert!((norm(&step) / norm(&w) / share - 1.0).abs() < 1e-4, "{recipe} at {size}");
        }
    }
}

/// The norms are a parameter's own: another parameter's gradient changes nothing.
#[test]
fn parameters_do_not_see_each_other() {
    let mut layout = Layout::new();
    layout.push("a.weight", [4, 6], Role::Matrix);
    layout.push("b.weight", [3, 8], Role::Matrix);
    for rule in rules::all().iter().filter(|rule| rule.tier() == Tier::Tensor) {
        let fresh = || Optimizer::from_boxed(rule.boxed(), 48).expect("valid").with_layout(layout.clone());
        let (w, mut g) = (numbers(48, 1), numbers(48, 2));
        // Soap's first gradient moves nothing.
        let second_step = |g: &[f32]| {
            let mut optimizer = fresh();
            step_of(&mut optimizer, &w, g);
            step_of(&mut optimizer, &w, g)
        };
        let before = second_step(&g);
        g[24..].iter_mut().for_each(|g| *g = 50.0 - *g);
        let after = second_step(&g);
        assert_eq!(after[..24], before[..24], "{rule}");
        assert_ne!(after[24..], before[24..], "{rule}");
    }
}

/// The numbers that set the step size are measured on all weights, so that every gradient counts for
/// every weight; a slice that is split is two tasks.
#[test]
fn vector_rules_see_all_weights() {
    for rule in vector_rules() {
        let (w, mut g) = (numbers(48, 1), numbers(48, 2));
        let before = moved(&*rule, &w, &g);
        g[24..].iter_mut().for_each(|g| *g = 50.0 - *g);
        assert_ne!(moved(&*rule, &w, &g)[..24], before[..24], "{rule}");
    }
}

/// The order of the weights changes only the order in which those numbers are added up.
#[test]
fn a_permutation_changes_roundings_of_vector_rules_alone() {
    let permuted = |x: &[f32]| (0..48).map(|i| x[i * 29 % 48]).collect::<Vec<f32>>();
    // L-BFGS runs on until what is left is rounding.
    for rule in vector_rules().into_iter().filter(|rule| rule.requires() < Requires::Closure) {
        let (w, g) = (numbers(48, 1), numbers(48, 2));
        let (straight, other) =
            (permuted(&moved(&*rule, &w, &g)), moved(&*rule, &permuted(&w), &permuted(&g)));
        let difference: Vec<f32> = straight.iter().zip(&other).map(|(a, b)| a - b).collect();
        let far = norm(&difference) / norm(&straight);
        assert!(far <= 1e-6, "{rule}: {far:.1e}");
    }
}

fn vector_rules() -> Vec<Box<dyn DynRule>> {
    let mut rules = crate::variants();
    rules.retain(|rule| rule.tier() == Tier::Vector);
    assert!(!rules.is_empty());
    rules
}

/// The weights after some steps down one slope, along which estimates grow.
fn moved(rule: &dyn DynRule, w: &[f32], g: &[f32]) -> Vec<f32> {
    let mut optimizer = Optimizer::from_boxed(rule.boxed(), w.len()).expect("valid");
    let mut w = w.to_vec();
    (0..20).for_each(|_| step(&mut optimizer, &mut w, g));
    w
}

/// A layout changes nothing for a rule that looks at single weights, or at all of them at once.
#[test]
fn only_tensor_rules_need_a_layout() {
    for rule in rules::all().iter().filter(|rule| rule.tier() != Tier::Tensor) {
        let fresh = || Optimizer::from_boxed(rule.boxed(), 48).expect("valid");
        let (w, g) = (numbers(48, 1), numbers(48, 2));
        let with = fresh().with_layout(one(&[6, 8], Role::Matrix));
        assert_eq!(step_of(&mut { with }, &w, &g), step_of(&mut fresh(), &w, &g), "{rule}");
    }
}

/// `original`: √max(1, rows/columns); `match_rms_adamw`: 0.2·√max(rows, columns). The update has
/// singular values about 1, so its norm is about √(the smaller side) times that.
#[test]
fn muons_step_has_the_scale_of_its_source() {
    for (rows, columns) in [(4, 16), (16, 4), (8, 8)] {
        // Rows that are far from parallel: a matrix of full rank.
        let g: Vec<f32> = (0..rows * columns).map(|i| ((i * i * 37 + i * 11) % 101) as f32 - 50.0).collect();
        for (flag, ratio) in [
            ("false", (rows as f64 / columns as f64).max(1.0).sqrt()),
            ("true", 0.2 * (rows.max(columns) as f64).sqrt()),
        ] {
            let recipe = format!("muon lr=1 weight_decay=0 match_rms_adamw={flag}");
            let mut muon = optimizer(&recipe, g.len()).with_layout(one(&[rows, columns], Role::Matrix));
            let found = norm(&step_of(&mut muon, &vec![0.0; g.len()], &g)) / ratio;
            let singular_values = found / (rows.min(columns) as f64).sqrt();
            assert!((0.65..1.25).contains(&singular_values), "{rows}×{columns}, {flag}: {singular_values}");
        }
    }
}

/// A matrix that is orthogonal already but for a factor is only scaled: every singular value is
/// moved alike.
#[test]
fn muon_keeps_the_direction_of_an_orthogonal_gradient() {
    let identity: Vec<f32> = (0..36).map(|i| if i % 7 == 0 { 25.0 } else { 0.0 }).collect();
    let mut muon = optimizer("muon lr=1 weight_decay=0", 36).with_layout(one(&[6, 6], Role::Matrix));
    let step = step_of(&mut muon, &[0.0; 36], &identity);
    for (i, step) in step.iter().enumerate() {
        if i % 7 == 0 {
            assert!((-1.3..-0.6).contains(step) && (step - muon_value()).abs() < 1e-5);
        } else {
            assert_eq!(*step, 0.0);
        }
    }
}

/// Result of the iteration for the singular value 1/√6, by hand.
fn muon_value() -> f32 {
    let start = 1.0 / 6.0_f64.sqrt();
    let end = (0..5).fold(start, |x, _| 3.4445 * x - 4.7750 * x.powi(3) + 2.0315 * x.powi(5));
    -end as f32
}

/// Whatever the gradient G, Shampoo's first step is along (GGᵀ)^(−¼)·G·(GᵀG)^(−¼): orthogonal.
#[test]
fn shampoos_first_step_is_orthogonal() {
    for (rows, columns) in [(4, 4), (3, 7), (7, 3)] {
        // Rows that are far from parallel.
        let number = |i: usize| ((i * i * 37 + i * 11) % 101) as f32 / 50.0 - 1.0;
        let diagonal = |i: usize| if i / columns == i % columns { 5.0 } else { 0.0 };
        let g: Vec<f32> = (0..rows * columns).map(|i| number(i) + diagonal(i)).collect();
        let mut shampoo = optimizer("shampoo lr=1", g.len()).with_layout(one(&[rows, columns], Role::Matrix));
        let step = step_of(&mut shampoo, &vec![0.0; g.len()], &g);
        let at =
            |i: usize, j: usize| if rows <= columns { step[i * columns + j] } else { step[j * columns + i] };
        let (short, long) = (rows.min(columns), rows.max(columns));
        for (i, j) in (0..short).flat_map(|i| (0..short).map(move |j| (i, j))) {
            let product: f32 = (0..long).map(|k| at(i, k) * at(j, k)).sum();
            let expected = if i == j { 1.0 } else { 0.0 };
            assert!((product - expected).abs() < 1e-3, "{rows}×{columns}: {product} at {i}, {j}");
        }
    }
}

/// Where the axes are those of the weights, SOAP is Adam: its second step, and the first that moves, has
/// the length of the learning rate in every weight of a diagonal gradient.
#[test]
fn soap_on_a_diagonal_is_adam() {
    let g: Vec<f32> = (0..16).map(|i| if i % 5 == 0 { (i + 1) as f32 } else { 0.0 }).collect();
    let mut soap = optimizer("soap lr=0.1 weight_decay=0", 16).with_layout(one(&[4, 4], Role::Matrix));
    assert!(step_of(&mut soap, &[0.0; 16], &g).iter().all(|step| *step == 0.0));
    for (i, step) in step_of(&mut soap, &[0.0; 16], &g).into_iter().enumerate() {
        let expected = if i % 5 == 0 { -0.1 } else { 0.0 };
        assert!((step - expected).abs() < 1e-6, "weight {i}: {step}");
    }
}

/// A rotation of rows and of columns turns the steps of Shampoo and SOAP with it: they know no axes but
/// their own.
#[test]
fn shampoo_and_soap_turn_with_the_rows() {
    // A rotation by 0.6, 0.8 in two pairs of rows.
    let turned = |x: &[f32]| -> Vec<f32> {
        let mut turned = x.to_vec();
        for column in 0..5 {
            for row in [0, 2] {
                let (a, b) = (x[row * 5 + column], x[(row + 1) * 5 + column]);
                turned[row * 5 + column] = 0.6 * a - 0.8 * b;
                turned[(row + 1) * 5 + column] = 0.8 * a + 0.6 * b;
            }
        }
        turned
    };
    for recipe in ["shampoo lr=0.1 eps=1e-3 precondition_every=1", "soap lr=0.1 precondition_every=2"] {
        let fresh = || optimizer(recipe, 20).with_layout(one(&[4, 5], Role::Matrix));
        let (mut straight, mut other) = (fresh(), fresh());
        let mut w = numbers(20, 0);
        let mut v = turned(&w);
        for t in 1..=7 {
            let g: Vec<f32> =
                (0..20).map(|i| ((i * i * 13 + i * t * 7 + t * t) % 19) as f32 / 9.0 - 1.0).collect();
            step(&mut straight, &mut w, &g);
            step(&mut other, &mut v, &turned(&g));
        }
        let difference: Vec<f32> = turned(&w).iter().zip(&v).map(|(a, b)| a - b).collect();
        assert!(norm(&difference) < 2e-3 * norm(&v), "{recipe}: {:.1e}", norm(&difference) / norm(&v));
    }
}

/// A matrix moves as far as its shape says, a bias by lr in the root mean square.
#[test]
fn scions_steps_have_the_length_of_their_norm() {
    let g: Vec<f32> = (0..32).map(|i| ((i * i * 37 + i * 11) % 101) as f32 - 50.0).collect();
    let bias = step_of(&mut optimizer("scion lr=0.1 scale=3", 32), &[0.0; 32], &g);
    assert!((norm(&bias) / 32_f64.sqrt() / 0.3 - 1.0).abs() < 1e-5);
    let mut scion = optimizer("scion lr=0.1", 32).with_layout(one(&[8, 4], Role::Matrix));
    let singular_value = norm(&step_of(&mut scion, &[0.0; 32], &g)) / 4_f64.sqrt() / 2_f64.sqrt() / 0.1;
    assert!((0.65..1.25).contains(&singular_value), "{singular_value}");
}

/// Embeddings, biases and norms are none of Muon's matrices.
#[test]
fn muon_leaves_the_rest_to_adamw() {
    let (w, g) = (numbers(24, 1), numbers(24, 2));
    let adamw = step_of(&mut optimizer("adamw lr=0.01 weight_decay=0.1", 24), &w, &g);
    for layout in [one(&[24], Role::Bias), one(&[4, 6], Role::Embedding), one(&[24], Role::Norm)] {
        let mut muon = optimizer("muon adamw_lr=0.01", 24).with_layout(layout);
        assert_eq!(step_of(&mut muon, &w, &g), adamw);
    }
}

/// The state is as small as the source says: one number a parameter, and for Muon no second array
/// where a matrix is.
#[test]
fn small_states_are_small() {
    let numbers_in = |recipe: &str| -> Vec<usize> {
        let mut layout = Layout::new();
        layout.push("a.weight", [4, 6], Role::Matrix);
        layout.push("a.bias", [4], Role::Bias);
        let optimizer = optimizer(recipe, 28).with_layout(layout);
        optimizer.state_dict().arrays.iter().map(|(_, array)| array.len()).collect()
    };
    assert_eq!(numbers_in("novograd"), [28, 2]);
    assert_eq!(numbers_in("muon"), [28, 4]);
    assert_eq!(numbers_in("adafactor"), [4, 6, 4]);
    assert_eq!(numbers_in("lamb"), [28, 28]);
    assert_eq!(numbers_in("mars"), [28, 28, 24]);
    assert_eq!(numbers_in("shampoo"), [16 + 36 + 16, 16 + 36 + 16]);
    assert_eq!(numbers_in("shampoo max_dim=4"), [16 + 6 + 16, 16 + 6 + 16]);
    assert_eq!(numbers_in("soap"), [28, 28, 16 + 36, 16 + 36]);
    assert_eq!(numbers_in("soap max_dim=4"), [28, 28, 16, 16]);
    assert_eq!(numbers_in("lbfgs history=3"), [28, 28, 84, 84]);
}

/// With a δ that always holds, no step is along a row of the weights.
#[test]
fn projection_takes_out_what_is_along_a_row() {
    let (w, g) = (numbers(24, 1), numbers(24, 2));
    for recipe in ["adamp lr=0.1 delta=100", "sgdp lr=0.1 delta=100", "sgdp lr=0.1 delta=100 nesterov=true"] {
        let mut projected = optimizer(recipe, 24).with_layout(one(&[4, 6], Role::Matrix));
        let step = step_of(&mut projected, &w, &g);
        for (step, w) in step.chunks(6).zip(w.chunks(6)) {
            let along: f32 = step.iter().zip(w).map(|(s, w)| s * w).sum();
            assert!(f64::from(along.abs()) < 1e-6 * (norm(w) + norm(step)), "{recipe}: {along}");
        }
        assert!(norm(&step) > 1e-3, "{recipe} still moves");
    }
}

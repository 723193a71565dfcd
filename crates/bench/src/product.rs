//! The two large products of a SimpleNN step, by our kernel and by matrixmultiply (through ndarray).

use ndarray::ArrayView2;
use ndarray::linalg::general_mat_mul;
use tensor::matmul::{Mat, gemm};

use super::{Case, time};

const INPUTS: usize = 784;
const OUTPUTS: usize = 128;

/// Which of the products: Y = X·Wᵀ or dW = dYᵀ·X.
#[derive(Clone, Copy)]
pub(super) enum Product {
    Forward,
    WeightGradient,
}

pub(super) fn cases(product: Product, batch: usize) -> [Case; 2] {
    let name = match product {
        Product::Forward => "Y = X·Wᵀ",
        Product::WeightGradient => "dW = dYᵀ·X",
    };
    // Long enough for the clock: about 5 ms.
    let calls = (8_192 / batch).max(1);
    let operations = (2 * batch * INPUTS * OUTPUTS) as f64;
    let x = vec![0.5_f32; batch * INPUTS];
    let other = match product {
        Product::Forward => vec![0.25_f32; OUTPUTS * INPUTS],
        Product::WeightGradient => vec![0.25_f32; batch * OUTPUTS],
    };
    let (x2, other2) = (x.clone(), other.clone());

    let mut result = match product {
        Product::Forward => vec![0.0_f32; batch * OUTPUTS],
        Product::WeightGradient => vec![0.0_f32; OUTPUTS * INPUTS],
    };
    let mut result2 = ndarray::Array2::<f32>::zeros(match product {
        Product::Forward => (batch, OUTPUTS),
        Product::WeightGradient => (OUTPUTS, INPUTS),
    });
    let ours = move || match product {
        Product::Forward => {
            gemm(Mat::new(&x, batch, INPUTS), Mat::new(&other, OUTPUTS, INPUTS).t(), 0.0, &mut result)
        }
        Product::WeightGradient => {
            gemm(Mat::new(&other, batch, OUTPUTS).t(), Mat::new(&x, batch, INPUTS), 0.0, &mut result)
        }
    };
    let theirs = move || {
        let view = |values, rows, columns| ArrayView2::from_shape((rows, columns), values).expect("its size");
        let x = view(&x2, batch, INPUTS);
        match product {
            Product::Forward => {
                general_mat_mul(1.0, &x, &view(&other2, OUTPUTS, INPUTS).t(), 0.0, &mut result2)
            }
            Product::WeightGradient => {
                general_mat_mul(1.0, &view(&other2, batch, OUTPUTS).t(), &x, 0.0, &mut result2)
            }
        }
    };
    [
        case(format!("{name}, batch {batch}"), operations, calls, ours),
        case("  by matrixmultiply".to_string(), operations, calls, theirs),
    ]
}

fn case(name: String, operations: f64, calls: usize, mut work: impl FnMut() + Send + 'static) -> Case {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread can be started");
    let work = move || pool.install(|| time(|| (0..calls).for_each(|_| work()))) / calls as f64;
    Case { name, operations, cores: 1, target: 0.0, work: Box::new(work), seconds: Vec::new() }
}

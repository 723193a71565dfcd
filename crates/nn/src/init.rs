//! Initializers.

use tensor::random::Stream;

/// Distribution of initial values; *fan-in* and *fan-out* are a layer's numbers of inputs and outputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// The same number everywhere.
    Constant(f32),
    /// These numbers, in order: the start of a test function.
    Values(&'static [f32]),
    /// Uniform in ±bound.
    Uniform(f32),
    /// Normal around 0 with this standard deviation.
    Normal(f32),
    /// 0, and this number for the second of four equal parts: LSTM biases with open forget gates (Jozefowicz 2015).
    ForgetGate(f32),
    /// Normal around 0 with this standard deviation, redrawn beyond two of them: TensorFlow's
    /// `truncated_normal_initializer`, whose values have 0.880 of this standard deviation.
    TruncatedNormal(f32),
    /// This gain times a matrix with orthonormal rows or columns, whichever are fewer (Saxe 2014): PyTorch's
    /// `orthogonal_`. The columns are the fan-in.
    Orthogonal(f32),
    /// Standard normal for this number of random inputs of each output, 0 for the others (Martens 2010).
    Sparse(usize),
    /// Uniform in ±1/√fan-in: PyTorch's default for the weights and biases of `Linear`
    /// (LeCun 1998, in the scaling that PyTorch kept from Torch 7).
    FanIn,
    /// Uniform in ±√(6/(fan-in + fan-out)) (Glorot & Bengio 2010), for tanh and sigmoid.
    XavierUniform,
    /// Normal with variance 2/(fan-in + fan-out) (Glorot & Bengio 2010).
    XavierNormal,
    /// Uniform in ±√(6/fan-in) (He 2015), for ReLU.
    HeUniform,
    /// Normal with variance 2/fan-in (He 2015), for ReLU.
    HeNormal,
}

impl Init {
    /// Fills a parameter of a layer with this fan-in and fan-out.
    pub fn fill(self, values: &mut [f32], fan_in: usize, fan_out: usize, stream: &mut Stream) {
        let (inputs, both) = (fan_in as f64, (fan_in + fan_out) as f64);
        let mut uniform = |bound: f64| stream.fill_uniform(values, -bound as f32, bound as f32);
        match self {
            Init::Constant(c) => values.fill(c),
            Init::Values(start) => values.copy_from_slice(start),
            Init::Uniform(bound) => uniform(bound.into()),
            Init::FanIn => uniform(inputs.sqrt().recip()),
            Init::XavierUniform => uniform((6.0 / both).sqrt()),
            Init::HeUniform => uniform((6.0 / inputs).sqrt()),
            Init::Normal(deviation) => normal(values, deviation.into(), stream),
            Init::XavierNormal => normal(values, (2.0 / both).sqrt(), stream),
            Init::HeNormal => normal(values, (2.0 / inputs).sqrt(), stream),
            Init::ForgetGate(bias) => {
                let quarter = values.len() / 4;
                values.fill(0.0);
                values[quarter..2 * quarter].fill(bias);
            }
            Init::TruncatedNormal(deviation) => truncated_normal(values, deviation, stream),
            Init::Orthogonal(gain) => orthogonal(values, fan_in, gain, stream),
            Init::Sparse(count) => sparse(values, fan_in, count, stream),
        }
    }
}

fn normal(values: &mut [f32], deviation: f64, stream: &mut Stream) {
    values.iter_mut().for_each(|x| *x = deviation as f32 * stream.normal());
}

fn truncated_normal(values: &mut [f32], deviation: f32, stream: &mut Stream) {
    for x in values {
        let within = std::iter::repeat_with(|| stream.normal()).find(|z| z.abs() <= 2.0);
        *x = deviation * within.expect("19 of 20 normal numbers are within two standard deviations");
    }
}

/// Gram–Schmidt on normal vectors, twice, for orthogonality to rounding.
fn orthogonal(values: &mut [f32], columns: usize, gain: f32, stream: &mut Stream) {
    let rows = values.len().checked_div(columns).unwrap_or(0);
    let (count, len) = (rows.min(columns), rows.max(columns));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    for _ in 0..count {
        let mut v: Vec<f64> = (0..len).map(|_| stream.normal().into()).collect();
        for _ in 0..2 {
            for u in &basis {
                let dot: f64 = u.iter().zip(&v).map(|(u, v)| u * v).sum();
                v.iter_mut().zip(u).for_each(|(v, u)| *v -= dot * u);
            }
        }
        let norm = v.iter().map(|v| v * v).sum::<f64>().sqrt();
        v.iter_mut().for_each(|v| *v /= norm);
        basis.push(v);
    }
    for (i, x) in values.iter_mut().enumerate() {
        let (row, column) = (i / columns, i % columns);
        let unit = if rows <= columns { basis[row][column] } else { basis[column][row] };
        *x = (f64::from(gain) * unit) as f32;
    }
}

fn sparse(values: &mut [f32], fan_in: usize, count: usize, stream: &mut Stream) {
    values.fill(0.0);
    let mut inputs: Vec<usize> = (0..fan_in).collect();
    for row in values.chunks_exact_mut(fan_in.max(1)) {
        // The first steps of a shuffle (Fisher & Yates).
        for i in 0..count.min(fan_in) {
            inputs.swap(i, i + stream.below((fan_in - i) as u32) as usize);
            row[inputs[i]] = stream.normal();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean 0 and the variance of the paper, over 100,000 draws.
    #[test]
    fn initializers_have_their_documented_variance() {
        let (fan_in, fan_out) = (300, 100);
        for (init, variance) in [
            (Init::Uniform(0.3), 0.03),
            (Init::Normal(0.5), 0.25),
            (Init::TruncatedNormal(0.5), 0.773_741 * 0.25),
            (Init::FanIn, 1.0 / (3.0 * 300.0)),
            (Init::XavierUniform, 2.0 / 400.0),
            (Init::XavierNormal, 2.0 / 400.0),
            (Init::HeUniform, 2.0 / 300.0),
            (Init::HeNormal, 2.0 / 300.0),
        ] {
            let mut values = vec![0.0; 100_000];
            init.fill(&mut values, fan_in, fan_out, &mut Stream::new(1, "init"));
            let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / 1e5;
            let found = values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / 1e5;
            assert!(mean.abs() < 4.0 * (variance / 1e5_f64).sqrt(), "{init:?}: mean {mean}");
            assert!((found / variance - 1.0).abs() < 0.02, "{init:?}: variance {found}, not {variance}");
        }
    }

    #[test]
    fn uniform_values_are_within_their_bound() {
        let mut values = vec![0.0; 10_000];
        Init::FanIn.fill(&mut values, 784, 128, &mut Stream::new(1, "init"));
        let bound = 1.0 / 28.0;
        assert!(values.iter().all(|x| x.abs() <= bound) && values.iter().any(|x| x.abs() > 0.99 * bound));
    }

    #[test]
    fn forget_gates_are_the_second_quarter() {
        let mut values = [f32::NAN; 8];
        Init::ForgetGate(1.0).fill(&mut values, 1, 8, &mut Stream::new(1, "init"));
        assert_eq!(values, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn truncated_values_are_within_two_standard_deviations() {
        let mut values = vec![0.0; 10_000];
        Init::TruncatedNormal(0.05).fill(&mut values, 1, 1, &mut Stream::new(1, "init"));
        assert!(values.iter().all(|x| x.abs() <= 0.1) && values.iter().any(|x| x.abs() > 0.099));
    }

    #[test]
    fn orthogonal_matrices_have_orthonormal_rows_or_columns() {
        for (rows, columns) in [(5, 5), (3, 8), (8, 3), (1, 4), (40, 10)] {
            let mut values = vec![0.0; rows * columns];
            Init::Orthogonal(2.0).fill(&mut values, columns, rows, &mut Stream::new(1, "init"));
            let at = |i: usize, k: usize| match rows <= columns {
                true => f64::from(values[i * columns + k]),
                false => f64::from(values[k * columns + i]),
            };
            let (count, len) = (rows.min(columns), rows.max(columns));
            for (i, j) in (0..count).flat_map(|i| (0..count).map(move |j| (i, j))) {
                let dot: f64 = (0..len).map(|k| at(i, k) * at(j, k)).sum();
                let expected = if i == j { 4.0 } else { 0.0 };
                assert!((dot - expected).abs() < 1e-5, "{rows} × {columns}: {i}·{j} is {dot}");
            }
        }
    }

    #[test]
    fn sparse_matrices_have_the_given_number_of_inputs_per_output() {
        let mut values = vec![f32::NAN; 50 * 100];
        Init::Sparse(15).fill(&mut values, 100, 50, &mut Stream::new(1, "init"));
        let counts = values.chunks_exact(100).map(|row| row.iter().filter(|&&x| x != 0.0).count());
        assert!(counts.into_iter().all(|count| count == 15));
        let mut few = vec![f32::NAN; 6];
        Init::Sparse(15).fill(&mut few, 3, 2, &mut Stream::new(1, "init"));
        assert!(few.iter().all(|x| x.is_finite() && *x != 0.0));
    }
}

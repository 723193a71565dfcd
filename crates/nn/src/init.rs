//! How a parameter starts.

use tensor::random::Stream;

/// A distribution of starting values; *fan-in* and *fan-out* are a layer's inputs and outputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    /// The same number everywhere.
    Constant(f32),
    /// Uniform in ±bound.
    Uniform(f32),
    /// Normal around 0 with this standard deviation.
    Normal(f32),
    /// Uniform in ±1/√fan-in: what PyTorch's `Linear` does for weights and biases
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
    /// Fills a parameter of a layer with these many inputs and outputs.
    pub fn fill(self, values: &mut [f32], fan_in: usize, fan_out: usize, stream: &mut Stream) {
        let (inputs, both) = (fan_in as f64, (fan_in + fan_out) as f64);
        let mut uniform = |bound: f64| stream.fill_uniform(values, -bound as f32, bound as f32);
        match self {
            Init::Constant(c) => values.fill(c),
            Init::Uniform(bound) => uniform(bound.into()),
            Init::FanIn => uniform(inputs.sqrt().recip()),
            Init::XavierUniform => uniform((6.0 / both).sqrt()),
            Init::HeUniform => uniform((6.0 / inputs).sqrt()),
            Init::Normal(deviation) => normal(values, deviation.into(), stream),
            Init::XavierNormal => normal(values, (2.0 / both).sqrt(), stream),
            Init::HeNormal => normal(values, (2.0 / inputs).sqrt(), stream),
        }
    }
}

fn normal(values: &mut [f32], deviation: f64, stream: &mut Stream) {
    values.iter_mut().for_each(|x| *x = deviation as f32 * stream.normal());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean 0 and the variance that the paper gives, over 100,000 draws.
    #[test]
    fn each_has_the_variance_of_its_formula() {
        let (fan_in, fan_out) = (300, 100);
        for (init, variance) in [
            (Init::Uniform(0.3), 0.03),
            (Init::Normal(0.5), 0.25),
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
    fn uniform_ones_stay_inside_their_bound() {
        let mut values = vec![0.0; 10_000];
        Init::FanIn.fill(&mut values, 784, 128, &mut Stream::new(1, "init"));
        let bound = 1.0 / 28.0;
        assert!(values.iter().all(|x| x.abs() <= bound) && values.iter().any(|x| x.abs() > 0.99 * bound));
    }
}

//! Losses of tasks: from a model's output and the batch to a mean over examples.

use std::fmt;
use std::marker::PhantomData;

use autograd::Var;
use data::samples::{Standardization, Targets};
use tensor::{Kernels, PerScalar};

use crate::examples::Batch;

/// A loss, in `f32` and `f64` alike; the smaller the better.
///
/// ```
/// use autograd::Var;
/// use tensor::Kernels;
/// use train::loss::{Loss, Step};
///
/// /// Mean absolute error of a model that reproduces its inputs.
/// #[derive(Debug)]
/// struct Reproduction;
///
/// impl Loss for Reproduction {
///     const NAME: &'static str = "mean absolute error of the inputs";
///
///     fn loss<'t, T: Kernels>(&self, step: Step<'t, '_, T>) -> Var<'t, T> {
///         step.output.l1(step.inputs)
///     }
/// }
/// ```
pub trait Loss: fmt::Debug + Send + Sync + 'static {
    /// Name in records and reports: `cross-entropy`.
    const NAME: &'static str;

    /// Evaluate in double precision: for function values that are compared with an exact optimum.
    const EVALUATE_IN_F64: bool = false;

    /// The mean over the examples of a batch, as one number.
    fn loss<'t, T: Kernels>(&self, step: Step<'t, '_, T>) -> Var<'t, T>;

    /// Settings of the loss that numbers depend on, by the names that a record gives them.
    fn settings(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Turns outputs of the model into answers in the units of the targets, where those differ.
    fn answers(&self, _outputs: &mut [f64]) {}
}

/// A model's output on a batch.
#[derive(Debug, Clone, Copy)]
pub struct Step<'t, 'b, T: Kernels> {
    /// The model's output.
    pub output: Var<'t, T>,
    /// The model's input: [examples, …].
    pub inputs: Var<'t, T>,
    /// The examples.
    pub batch: &'b Batch,
}

impl<T: Kernels> Step<'_, '_, T> {
    /// The class of each example, or the token at each place.
    ///
    /// # Panics
    /// If the targets are neither.
    #[track_caller]
    pub fn labels(&self) -> &[u32] {
        match &self.batch.targets {
            Targets::Classes { labels, .. } => labels,
            Targets::Tokens { values, .. } => values,
            Targets::Numbers { .. } | Targets::None => panic!("expected targets that are classes or tokens"),
        }
    }
}

/// The object-safe twin of [`Loss`], which every loss is.
pub trait DynLoss: fmt::Debug + Send + Sync {
    /// See [`Loss::NAME`].
    fn name(&self) -> &'static str;

    /// See [`Loss::EVALUATE_IN_F64`].
    fn evaluates_in_f64(&self) -> bool;

    /// See [`Loss::settings`].
    fn settings(&self) -> Vec<(&'static str, String)>;

    /// See [`Loss::answers`].
    fn answers(&self, outputs: &mut [f64]);

    /// See [`Loss::loss`].
    fn loss_f32<'t>(&self, step: Step<'t, '_, f32>) -> Var<'t, f32>;

    /// See [`Loss::loss`].
    fn loss_f64<'t>(&self, step: Step<'t, '_, f64>) -> Var<'t, f64>;
}

impl<L: Loss> DynLoss for L {
    fn name(&self) -> &'static str {
        L::NAME
    }

    fn evaluates_in_f64(&self) -> bool {
        L::EVALUATE_IN_F64
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        Loss::settings(self)
    }

    fn answers(&self, outputs: &mut [f64]) {
        Loss::answers(self, outputs);
    }

    #[track_caller]
    fn loss_f32<'t>(&self, step: Step<'t, '_, f32>) -> Var<'t, f32> {
        self.loss(step)
    }

    #[track_caller]
    fn loss_f64<'t>(&self, step: Step<'t, '_, f64>) -> Var<'t, f64> {
        self.loss(step)
    }
}

impl dyn DynLoss {
    /// See [`Loss::loss`].
    #[track_caller]
    pub fn of<'t, T: Kernels>(&self, step: Step<'t, '_, T>) -> Var<'t, T> {
        T::select(Of { loss: self, lifetimes: PhantomData }, step)
    }
}

/// A call whose number type the trait object does not know.
struct Of<'l, 't, 'b> {
    loss: &'l dyn DynLoss,
    lifetimes: PhantomData<(&'t (), &'b ())>,
}

impl<'t, 'b> PerScalar for Of<'_, 't, 'b> {
    type Input<T: Kernels> = Step<'t, 'b, T>;
    type Output<T: Kernels> = Var<'t, T>;

    #[track_caller]
    fn in_f32(self, step: Step<'t, 'b, f32>) -> Var<'t, f32> {
        self.loss.loss_f32(step)
    }

    #[track_caller]
    fn in_f64(self, step: Step<'t, 'b, f64>) -> Var<'t, f64> {
        self.loss.loss_f64(step)
    }
}

/// Cross-entropy of class scores [.., classes], in nats; PyTorch's `CrossEntropyLoss`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossEntropy;

impl Loss for CrossEntropy {
    const NAME: &'static str = "cross-entropy";

    #[track_caller]
    fn loss<'t, T: Kernels>(&self, step: Step<'t, '_, T>) -> Var<'t, T> {
        step.output.cross_entropy(step.labels())
    }
}

/// Mean squared error of numbers; PyTorch's `MSELoss`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanSquaredError;

impl Loss for MeanSquaredError {
    const NAME: &'static str = "mean squared error";

    #[track_caller]
    fn loss<'t, T: Kernels>(&self, step: Step<'t, '_, T>) -> Var<'t, T> {
        let Targets::Numbers { width, values } = &step.batch.targets else {
            panic!("expected targets that are numbers");
        };
        let targets = step.output.tape().input_with([values.len() / width, *width], |to| {
            to.iter_mut().zip(values).for_each(|(to, &y)| *to = T::from_f64(y.into()));
        });
        step.output.mse(targets)
    }
}

/// Mean squared error of a model of (y − mean)/std, for targets y of any scale.
///
/// ```
/// use data::samples::Standardization;
/// use train::loss::{Loss, StandardizedSquaredError};
/// let prices = Standardization { mean: vec![250_000.0], std: vec![80_000.0] };
/// let loss = StandardizedSquaredError::new(prices);
/// let mut answers = [0.0, 1.5];
/// loss.answers(&mut answers);
/// assert_eq!(answers, [250_000.0, 370_000.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct StandardizedSquaredError {
    targets: Standardization,
}

impl StandardizedSquaredError {
    /// With a mean and a standard deviation for each column of the targets, or one for all.
    pub fn new(targets: Standardization) -> StandardizedSquaredError {
        StandardizedSquaredError { targets }
    }
}

impl Loss for StandardizedSquaredError {
    const NAME: &'static str = "mean squared error of standardized targets";

    fn settings(&self) -> Vec<(&'static str, String)> {
        let list = |numbers: &[f64]| numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let Standardization { mean, std } = &self.targets;
        vec![("targets", format!("mean={} std={}", list(mean), list(std)))]
    }

    fn answers(&self, outputs: &mut [f64]) {
        let Standardization { mean, std } = &self.targets;
        let columns = mean.iter().zip(std).cycle();
        outputs.iter_mut().zip(columns).for_each(|(x, (mean, std))| *x = *x * std + mean);
    }

    #[track_caller]
    fn loss<'t, T: Kernels>(&self, step: Step<'t, '_, T>) -> Var<'t, T> {
        let Targets::Numbers { width, values } = &step.batch.targets else {
            panic!("expected targets that are numbers");
        };
        let targets = step.output.tape().input_with([values.len() / width, *width], |to| {
            let columns = self.targets.mean.iter().zip(&self.targets.std).cycle();
            to.iter_mut().zip(values).zip(columns).for_each(|((to, &y), (mean, std))| {
                *to = T::from_f64((f64::from(y) - mean) / std);
            });
        });
        step.output.mse(targets)
    }
}

/// Mean squared error of a model that reproduces its inputs, as an autoencoder does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reconstruction;

impl Loss for Reconstruction {
    const NAME: &'static str = "mean squared error of the inputs";

    #[track_caller]
    fn loss<'t, T: Kernels>(&self, step: Step<'t, '_, T>) -> Var<'t, T> {
        step.output.mse(step.inputs)
    }
}

/// The negative evidence lower bound of a variational autoencoder (Kingma & Welling 2014) as DeepOBS has it:
/// the squared error summed over the pixels, plus the divergence of the code from the standard normal
/// distribution.
///
/// The model's output is [examples, pixels + 2·code]: the reconstruction, then means, then log-variances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Elbo;

impl Loss for Elbo {
    const NAME: &'static str = "negative ELBO";

    #[track_caller]
    fn loss<'t, T: Kernels>(&self, Step { output, inputs, .. }: Step<'t, '_, T>) -> Var<'t, T> {
        let [pixels, width] = [inputs, output].map(|values| values.shape().last().copied().unwrap_or(0));
        assert!(
            width > pixels && (width - pixels).is_multiple_of(2),
            "expected {pixels} pixels, then means and as many log-variances, found {width} outputs"
        );
        let code = (width - pixels) / 2;
        let reconstruction = output.narrow(1, 0, pixels).mse(inputs).scale(T::from_f64(pixels as f64));
        let mean = output.narrow(1, pixels, code);
        let log_variance = output.narrow(1, pixels + code, code);
        reconstruction + mean.kl_standard_normal(log_variance)
    }
}

/// The model's output is the loss itself, one number or one for each example: a test function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Output;

impl Loss for Output {
    const NAME: &'static str = "function value";
    const EVALUATE_IN_F64: bool = true;

    #[track_caller]
    fn loss<'t, T: Kernels>(&self, step: Step<'t, '_, T>) -> Var<'t, T> {
        step.output.mean()
    }
}

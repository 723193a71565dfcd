//! Functions of two numbers with known minima: tasks without examples.

use std::fmt::Debug;
use std::marker::PhantomData;

use autograd::{BufferPool, Var};
use nn::{Builder, Context, Init, Model, Module};
use tensor::{Kernels, ParamId, ParamVec, Role};
use train::{Budget, Metric, NoExamples, loss};

use super::{Data, Info};

/// A function of two numbers.
pub trait TestFunction: Debug + Send + Sync + Sized + 'static {
    /// Name as a task: `rosenbrock`.
    const NAME: &'static str;
    /// Difficulty that it represents, in one line.
    const WHY: &'static str;
    /// The function as the literature writes it.
    const FORMULA: &'static str;
    /// The usual start, or one that shows the difficulty.
    const START: &'static [f32; 2];
    /// The ranges of x and y that a picture shows.
    const DOMAIN: [[f64; 2]; 2];
    /// Points where it is least; some of them, if they form a curve.
    const MINIMA: &'static [[f64; 2]];
    /// The least value; none of an unbounded function.
    const MINIMUM: Option<f64>;
    /// The literature that it is from.
    const SOURCE: &'static str;

    /// The value at a point; each of the three is a tensor of one number.
    fn value<'t, T: Kernels>(x: Var<'t, T>, y: Var<'t, T>) -> Var<'t, T>;
}

/// A [`TestFunction`] as a value.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// See [`TestFunction::NAME`].
    pub name: &'static str,
    /// See [`TestFunction::FORMULA`].
    pub formula: &'static str,
    /// See [`TestFunction::START`].
    pub start: [f32; 2],
    /// See [`TestFunction::DOMAIN`].
    pub domain: [[f64; 2]; 2],
    /// See [`TestFunction::MINIMA`].
    pub minima: &'static [[f64; 2]],
    /// See [`TestFunction::MINIMUM`].
    pub minimum: Option<f64>,
    model: fn() -> Model,
}

impl Function {
    /// Value and gradient at a point, in double precision.
    ///
    /// ```
    /// let rosenbrock = lab::tasks::functions::by_name("rosenbrock").unwrap();
    /// assert_eq!(rosenbrock.at([0.0, 0.0]), (1.0, [-2.0, 0.0]));
    /// ```
    pub fn at(&self, [x, y]: [f64; 2]) -> (f64, [f64; 2]) {
        let model = (self.model)();
        let mut weights = ParamVec::<f64>::zeros(model.layout().clone());
        weights.as_mut_slice().copy_from_slice(&[x, y]);
        let pool = BufferPool::new();
        let mut gradient = weights.zeros_like();
        let tape = pool.tape(&weights);
        let value = model.forward(tape.input([0], &[]));
        value.backward(&mut gradient);
        (value.item(), [gradient.as_slice()[0], gradient.as_slice()[1]])
    }
}

/// Declares the files of test functions, in the order of the lists.
macro_rules! registry {
    ($($file:ident::$function:ident),+ $(,)?) => {
        $(
            mod $file;
            pub use self::$file::$function;
        )+

        /// Every test function.
        pub const ALL: &[Function] = &[$(function::<$function>()),+];

        /// Their tasks.
        pub(super) const TASKS: &[Info] = &[$(info::<$function>()),+];
    };
}

registry! {
    quadratic::Quadratic,
    quadratic_rotated::QuadraticRotated,
    rosenbrock::Rosenbrock,
    beale::Beale,
    booth::Booth,
    matyas::Matyas,
    himmelblau::Himmelblau,
    rastrigin::Rastrigin,
    ackley::Ackley,
    styblinski_tang::StyblinskiTang,
    three_hump_camel::ThreeHumpCamel,
    six_hump_camel::SixHumpCamel,
    goldstein_price::GoldsteinPrice,
    branin::Branin,
    levy13::Levy13,
    easom::Easom,
    saddle::Saddle,
    monkey_saddle::MonkeySaddle,
    catapult::Catapult,
    cliff::Cliff,
}

/// The test function of this name.
pub fn by_name(name: &str) -> Option<&'static Function> {
    ALL.iter().find(|function| function.name == name)
}

const fn function<F: TestFunction>() -> Function {
    Function {
        name: F::NAME,
        formula: F::FORMULA,
        start: *F::START,
        domain: F::DOMAIN,
        minima: F::MINIMA,
        minimum: F::MINIMUM,
        model: model::<F>,
    }
}

const fn info<F: TestFunction>() -> Info {
    let metric = match F::MINIMUM {
        Some(optimum) => Metric::Gap { optimum },
        None => Metric::Loss,
    };
    Info {
        name: F::NAME,
        why: F::WHY,
        data: Data::Formula(F::FORMULA),
        model: "a point in the plane",
        loss: "function value",
        metric,
        target: match F::MINIMUM {
            Some(_) => Some(1e-3),
            None => None,
        },
        budget: Budget { epochs: 10, evaluations: 10 },
        batch: 1,
        source: F::SOURCE,
        build: |info, _| Ok(info.task(NoExamples::new(F::NAME), model::<F>(), loss::Output)),
    }
}

fn model<F: TestFunction>() -> Model {
    let mut builder = Builder::new();
    let point = builder.param("point", [2], Role::Matrix, Init::Values(F::START), (2, 2));
    Model::new(builder, Surface::<F> { point, function: PhantomData })
}

/// The value of a function at the point that is trained.
#[derive(Debug)]
struct Surface<F> {
    point: ParamId,
    function: PhantomData<F>,
}

impl<F: TestFunction> Module for Surface<F> {
    fn forward<'t, T: Kernels>(&self, input: Var<'t, T>, _: &mut Context<'_, T>) -> Var<'t, T> {
        let point = input.tape().param(self.point);
        F::value(point.narrow(0, 0, 1), point.narrow(0, 1, 1))
    }
}

//! Declaration of ops.

/// Methods of `Var<'g, T>` for every scalar type `T`, written as in `impl<'g, T: Kernels> Var<'g, T> { … }`.
///
/// The compiler translates generic code in each crate that calls it, with the settings of that crate. An op is
/// translated here instead, once for `f32` and once for `f64`: callers contain only a call to one of the two, so
/// they build sooner, and an op is as fast in their unoptimized builds. References among the arguments name their
/// lifetime, which follows the name of the method.
macro_rules! ops {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident $(<$lifetime:lifetime>)? (
            $this:ident $(, $argument:ident: $type:ty)* $(,)?
        ) -> $output:ty $body:block
    )+) => { $(
        impl<'g, T: tensor::Kernels> crate::Var<'g, T> {
            $(#[$attribute])*
            $visibility fn $name $(<$lifetime>)? (self $(, $argument: $type)*) -> $output {
                trait Body<'g $(, $lifetime)?, T: tensor::Kernels> {
                    #[track_caller]
                    fn body(self $(, $argument: $type)*) -> $output;
                }

                impl<'g $(, $lifetime)?, T: tensor::Kernels> Body<'g $(, $lifetime)?, T> for crate::Var<'g, T> {
                    fn body($this $(, $argument: $type)*) -> $output $body
                }

                struct Op<'g $(, $lifetime)?>(std::marker::PhantomData<(&'g (), $(&$lifetime ())?)>);

                impl<'g $(, $lifetime)?> tensor::PerScalar for Op<'g $(, $lifetime)?> {
                    type Input<T: tensor::Kernels> = (crate::Var<'g, T>, $($type),*);
                    type Output<T: tensor::Kernels> = $output;

                    #[track_caller]
                    fn in_f32(self, (x, $($argument),*): Self::Input<f32>) -> Self::Output<f32> {
                        x.body($($argument),*)
                    }

                    #[track_caller]
                    fn in_f64(self, (x, $($argument),*): Self::Input<f64>) -> Self::Output<f64> {
                        x.body($($argument),*)
                    }
                }

                T::select(Op(std::marker::PhantomData), (self, $($argument),*))
            }
        }
    )+ };
}

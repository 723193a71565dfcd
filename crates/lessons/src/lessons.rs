//! The registry of lessons: a file and a line each, in the order of the course.

use crate::error::Error;
use crate::lesson::Lesson;

/// Declares the files of lessons, each with a `LESSON`, in the order of the course.
macro_rules! registry {
    ($($file:ident),+ $(,)?) => {
        $(mod $file;)+

        /// Every lesson, in the order of the course.
        pub const ALL: &[Lesson] = &[$($file::LESSON),+];
    };
}

mod char_rnn;
mod net_rates;
mod small_nets;

registry! {
    role,
    batch_vs_sgd,
    batch_size,
    sgd_online,
    sgd_sensitive_init,
    noisy_updates,
    lr_sensitivity,
    edge_of_stability,
    slow_convergence,
    plateau,
    local_minima,
    saddles,
    vanishing_exploding,
    clipping,
    momentum,
    rmsprop,
    adam_anatomy,
    adam_axes,
    adam_easy_lr,
    adam_sparse,
    adam_diverges,
    adam_generalizes_worse,
    adam_overfits,
    schedules,
    weight_decay,
    lucky_seed,
    same_order,
    rankings_flip,
    large_batch,
    fair_tuning,
    choose,
}

/// The lesson of this name.
///
/// ```
/// let error = lessons::by_name("adam-diverge").unwrap_err();
/// assert_eq!(error.to_string(), "unknown lesson `adam-diverge`; did you mean `adam-diverges`?");
/// ```
///
/// # Errors
/// [`Error::Unknown`] with the most similar name.
pub fn by_name(name: &str) -> Result<&'static Lesson, Error> {
    let names: Vec<&'static str> = ALL.iter().map(|lesson| lesson.id).collect();
    ALL.iter().find(|lesson| lesson.id == name).ok_or_else(|| Error::unknown("lesson", name, &names))
}

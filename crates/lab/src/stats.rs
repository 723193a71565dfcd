//! Statistics of a few paired runs, in double precision: pure functions on slices, each with its formula
//! and source, checked against SciPy to 1e-12 where SciPy has it.
//!
//! | question | functions |
//! |---|---|
//! | how large is the difference | [`paired_t`], [`welch_t`], [`bca`], [`paired_superiority`], [`superiority`] |
//! | is there one | [`sign_flip`], [`wilcoxon`], [`mann_whitney`], [`sign_test`] |
//! | which of several | [`simultaneous`], [`holm`], [`bonferroni`] |
//! | could this many seeds have shown it | [`least_p`], [`least_difference`], [`Pilot`] |
//! | may I look again | [`repeated_t`], [`simultaneous_at_look`], [`anytime_t`], [`look`] |
//! | over several tasks | [`iqm_interval`], [`performance_profiles`], [`mean_ranks`], [`wilcoxon_holm`] |
//! | when is the target reached | [`kaplan_meier`] |
//! | is the mean one of two clusters | [`two_clusters`] |
//! | does it need tuning | [`expected_best`], [`lr_sensitivity`] |
//!
//! A diverged run has a score that is not finite; [`rank`] puts it last, [`Direction::merit`] below all.

mod bootstrap;
mod clusters;
pub mod distribution;
mod effect;
mod expected_best;
mod interval;
mod multiple;
mod over_tasks;
mod pilot;
mod power;
mod profiles;
mod proportion;
mod rank_tests;
mod ranks;
mod regression;
mod sensitivity;
mod sequential;
mod sign_flip;
mod student_t;
mod summary;
mod survival;

pub use bootstrap::{Bootstrap, bca, bca_interval, iqm_interval, iqm_over_tasks, stratified};
pub use clusters::{TwoClusters, two_clusters};
pub use distribution::student::{cdf as student_cdf, quantile as student_quantile};
pub use distribution::{chi_squared, fisher, normal, student, studentized_range};
pub use effect::{Superiority, paired_superiority, superiority, vargha_delaney};
pub use expected_best::{expected_best, expected_best_interval};
pub use interval::Interval;
pub use multiple::{Contrast, Correction, PairedTest, bonferroni, holm, simultaneous};
pub use over_tasks::{MeanRanks, TaskPair, WinsTiesLosses, mean_ranks, wilcoxon_holm, wins_ties_losses};
pub use pilot::{Pilot, PilotTest, variance_ratio_p};
pub use power::{fewest_seeds, least_difference, least_difference_of, least_p};
pub use profiles::{Steps, performance_profiles, score_profile};
pub use proportion::{precision_and_recall, wilson, wilson95};
pub use rank_tests::{EXACT_RANKS_UP_TO, RankTest, mann_whitney, sign_test, wilcoxon};
pub use ranks::{Ranking, rank};
pub use regression::Regression;
pub use sensitivity::{Basin, LrSensitivity, lr_basin, lr_sensitivity};
pub(crate) use sequential::seeds_for_half_width;
pub use sequential::{
    Look, alpha_of_look, anytime_t, critical_t_of_look, look, repeated_t, seeds_of_next_look,
    simultaneous_at_look,
};
pub use sign_flip::{DRAWS, EXACT_UP_TO, SignFlip, sign_flip};
pub(crate) use student_t::t_test;
pub use student_t::{TTest, interval95, mean_interval, paired_t, paired_t_test, welch_t};
pub use summary::{iqm, mean, median, quantile_sorted, std, variance};
pub use survival::{KaplanMeier, Step, TimeToTarget, kaplan_meier};
pub use train::Direction;

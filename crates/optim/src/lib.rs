//! Optimizers, schedules and clipping on plain slices, one declaration each.

//! The program descent: train, evaluate, predict, compare, explain, data.

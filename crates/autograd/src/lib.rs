//! Reverse-mode differentiation on a tape: one function an op, forward above backward.

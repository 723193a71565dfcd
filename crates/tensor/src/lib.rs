//! f32 arrays, matrix kernels, named flat parameter buffers and seeded random streams.

//! The MNIST family: IDX files, download and cache, an embedded sample, seeded batches.

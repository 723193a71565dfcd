//! Layers, losses, initialisers, models and metrics.

//! The lines of ruled paper: straight, thin, from one edge of the picture to the other.

use super::plane::Plane;

/// Takes the lines out of the ink, in both directions.
pub(super) fn erase(ink: Plane) -> Plane {
    erase_across(erase_across(ink).transposed()).transposed()
}

fn erase_across(ink: Plane) -> Plane {
    ink
}

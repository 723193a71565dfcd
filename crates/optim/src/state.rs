//! State of optimizers between steps, as arrays, as a dictionary and as a file.

mod opt_state;
mod slot;
mod state_dict;
#[cfg(feature = "safetensors")]
pub(crate) mod state_file;

pub(crate) use opt_state::OptState;
pub use slot::{ScalarSlot, Slot, StateShape};
pub(crate) use state_dict::MAX_STEPS;
pub use state_dict::StateDict;

//! What optimizers keep between steps, and its form as a dictionary and a file.

mod opt_state;
mod slot;
mod state_dict;
#[cfg(feature = "safetensors")]
pub(crate) mod state_file;

pub(crate) use opt_state::OptState;
pub use slot::{ScalarSlot, Slot, StateShape};
pub(crate) use state_dict::MOST_STEPS;
pub use state_dict::StateDict;

//! Registry of the ways of gradient clipping, one file each.

use crate::clip::DynClip;

registry! {
    /// Every way of clipping with its usual limit, in the order in which lists show them.
    "clipping": DynClip;
    norm::Norm,
    value::Value,
    tensor_norm::TensorNorm,
    adaptive::Adaptive,
}

//! Networks that are known by name, for images with one channel that come as [n, height·width].

mod lenet;
mod mlp;
mod resnet_mini;
mod two_c_two_d;

pub use self::lenet::lenet;
pub use self::resnet_mini::resnet_mini;
pub use self::two_c_two_d::two_c_two_d;

//! Digits in pictures of many kinds, and invalid files.

mod files;
mod hostile;
mod kinds;
mod read;
mod shapes;
mod sheet;
mod thin;

//! Digits in pictures of many kinds, and invalid files.

mod files;
mod hostile;
mod kinds;
mod paper;
mod read;
mod shade;
mod shapes;
mod sheet;
mod thin;

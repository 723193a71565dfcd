//! Digits in pictures of many kinds, and files that are no pictures.

mod files;
mod hostile;
mod kinds;
mod read;
mod shapes;
mod sheet;
mod thin;

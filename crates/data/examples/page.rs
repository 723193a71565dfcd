//! Prints a page of images in the terminal.
//!
//! Run: `cargo run -p data --example page -- [SET] [FOLDER]`. Without a folder it uses the
//! set on this machine, or else the embedded sample of MNIST.
#![allow(clippy::print_stdout)] // An example talks to the person who runs it.

use data::{Dataset, Images, Request};

/// Images in a row and rows on the page. A row of five is 78 columns wide.
const ACROSS: usize = 5;
const DOWN: usize = 3;

fn main() -> Result<(), data::Error> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or("mnist".into());
    let mut request = Request::new(data::set(&name)?);
    request.data_dir = arguments.next().map(Into::into);
    request.offline = true;

    let set = data::load(&request, &mut |event| println!("{event}"))?;
    for row in 0..DOWN {
        print_row(&set, row * ACROSS..(row + 1) * ACROSS);
    }
    Ok(())
}

/// Prints images in a row with their class names below.
fn print_row(set: &Dataset, images: std::ops::Range<usize>) {
    let drawings: Vec<Vec<String>> = images.clone().map(|i| draw(&set.train, i)).collect();
    for line in 0..drawings[0].len() {
        let lines: Vec<&str> = drawings.iter().map(|drawing| drawing[line].as_str()).collect();
        println!("{}", lines.join("  "));
    }
    let names = images.map(|i| set.class_names[usize::from(set.train.labels[i])]);
    println!("{}\n", names.map(|name| format!("{name:^14}")).collect::<Vec<_>>().join("  "));
}

/// Renders an image at half its size. A character shows two dots, one above the other; a dot is the mean of
/// 2 × 2 pixels.
fn draw(split: &Images, index: usize) -> Vec<String> {
    let (image, cols) = (split.image(index), split.cols);
    let dark = |row: usize, col: usize| {
        let corner = 2 * row * cols + 2 * col;
        let pixels = [corner, corner + 1, corner + cols, corner + cols + 1];
        let sum: u32 = pixels.iter().map(|&pixel| u32::from(image[pixel])).sum();
        sum > 4 * 80
    };
    let character = |row: usize, col: usize| match (dark(2 * row, col), dark(2 * row + 1, col)) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    };
    let line = |row: usize| (0..cols / 2).map(|col| character(row, col)).collect();
    (0..split.rows / 4).map(line).collect()
}

//! Draws test pictures of each kind from MNIST's test digits.
//!
//! Run: `cargo run -p data --features pictures --example make_pictures -- OUT COUNT [FOLDER]`, where FOLDER holds the
//! real MNIST; the sample is taken without it. `KINDS=hand,dots` draws these kinds only, `SEED=2` other pictures. The files are `OUT/KIND/INDEX_LABEL.png` or `.jpg`.

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;

use data::Request;
use tensor::random::Stream;

#[path = "../tests/pictures/kinds.rs"]
mod kinds;
#[path = "../tests/pictures/paper.rs"]
mod paper;
#[path = "../tests/pictures/sheet.rs"]
mod sheet;
#[path = "../tests/pictures/thin.rs"]
mod thin;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("name a folder for the pictures")?;
    let count: usize =
        arguments.next().and_then(|x| x.to_str()?.parse().ok()).ok_or("say how many of each kind")?;
    let mut request = Request::new(data::set("mnist")?);
    request.data_dir = arguments.next();
    request.offline = true;
    let digits = data::load(&request, &mut |_| ())?.test;
    let only = env::var("KINDS").ok();
    let seed = env::var("SEED").map_or(Ok(1998), |seed| seed.parse())?;

    for (place, kind) in kinds::KINDS.iter().enumerate() {
        if only.as_ref().is_some_and(|only| !only.split(',').any(|name| name == kind.name)) {
            continue;
        }
        let mut stream = Stream::new(seed, kind.name);
        fs::create_dir_all(out.join(kind.name))?;
        for i in 0..count {
            // Different digits for each kind.
            let index = (place * 331 + i * 7 + seed as usize * 977) % digits.len();
            let digit: Vec<f32> = digits.image(index).iter().map(|&x| f32::from(x) / 255.0).collect();
            let name = format!("{}/{index}_{}.{}", kind.name, digits.labels[index], kind.extension);
            fs::write(out.join(name), (kind.draw)(&digit, &mut stream))?;
        }
    }
    Ok(())
}

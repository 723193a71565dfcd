//! A page of digits, drawn in the terminal. Run: `cargo run -p data --example page [SET] [FOLDER]`
#![allow(clippy::print_stdout)] // An example talks to the person who runs it.

fn main() {
    let mut request = data::Request::new(data::set("mnist").unwrap());
    request.data_dir = std::env::args_os().nth(1).map(Into::into);
    let t = std::time::Instant::now();
    let set = data::load(&request, &mut |event| println!("{event}"));
    match set {
        Ok(set) => println!("{} {} {}", set.train.len(), set.test.len(), set.origin),
        Err(e) => println!("{e}\n{}", e.hint()),
    }
    println!("{:?}", t.elapsed());
}

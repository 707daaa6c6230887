//! Prints the bytecode of a Python file: `cargo run -p rivet-compile --example dis FILE`.
fn main() {
    let path = std::env::args().nth(1).expect("a file name");
    let source = std::fs::read_to_string(&path).expect("a readable file");
    let options = rivet_compile::Options {
        mode: rivet_compile::Mode::Exec,
        filename: path,
        optimize: 0,
        future_flags: 0,
        allow_top_level_await: false,
        input: Default::default(),
    };
    match rivet_compile::compile(&source, &options) {
        Ok((code, _)) => println!("{}", rivet_compile::dis(&code)),
        Err(e) => println!("{e:?}"),
    }
}

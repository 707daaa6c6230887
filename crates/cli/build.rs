//! Exports the C API's symbols from the executable: extension modules resolve them from it.

fn main() {
    println!("cargo:rustc-link-arg-bins=-rdynamic");
}

//! How the executable is linked.

fn main() {
    // Extension modules resolve the C API's symbols from the executable; nothing else of it is for them.
    for pattern in ["Py*", "_Py*"] {
        println!("cargo:rustc-link-arg-bins=-Wl,--export-dynamic-symbol={pattern}");
    }
    // At a fixed address, as Debian's CPython: a position independent executable of this size relocates hundreds of pages of
    // tables before `main` at every start.
    println!("cargo:rustc-link-arg-bins=-no-pie");
}

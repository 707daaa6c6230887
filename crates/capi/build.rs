//! Compiles the C shims: the functions with variable arguments, which stable Rust cannot define.

fn main() {
    println!("cargo:rerun-if-changed=shim/args.c");
    cc::Build::new()
        .file("shim/args.c")
        .flag("-std=c11")
        .warnings(true)
        .compile("rivet_shim");
}

//! What cannot be is a compile error that says why. `TRYBUILD=overwrite cargo test -p rivet-ext-macros` writes the
//! expected messages anew.

#[test]
fn wrong_declarations_say_why() {
    trybuild::TestCases::new().compile_fail("tests/wrong/*.rs");
}

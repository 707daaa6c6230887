//! The struct layouts we rely on are those of the installed headers (`cargo xtask abi-check`).

#[test]
fn layouts_agree_with_the_headers() {
    let checked = xtask::abi::check().expect("python3.11 headers and cc are installed");
    assert!(
        checked.rows > 500,
        "the table is incomplete: {} rows",
        checked.rows
    );
    assert!(checked.wrong.is_empty(), "\n{}", checked.wrong.join("\n"));
}

//! The working copy follows its own conventions (`cargo xtask tidy`).

#[test]
fn the_tree_is_tidy() {
    let findings = xtask::tidy::check(&xtask::root()).expect("the tree can be read");
    let text: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(text.is_empty(), "\n{}", text.join("\n"));
}

//! What the pages promise is proven by tests that exist.

use crate::tree::tree;

/// The names between backticks in the last column of a page's table.
fn proofs(page: &str) -> Vec<String> {
    let rows = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what"));
    let proven_by = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    proven_by.flat_map(|names| names.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn every_row_of_the_table_of_bad_input_names_tests_that_there_are() {
    let page = tree().iter().find(|source| source.path == "docs/bad-input.md").unwrap();
    let proofs = proofs(&page.text);
    assert!(proofs.len() > 20, "the table is read: {proofs:?}");
    let is_there = |name: &str| {
        let claim = format!("fn {name}()");
        tree().iter().any(|source| {
            source.is(".rs")
                && source.text.split(&claim).nth(1).is_some()
                && source.text.split(&claim).next().is_some_and(|before| {
                    let before = before.trim_end_matches("async ").trim_end();
                    before.ends_with("#[test]") || before.ends_with("#[tokio::test]")
                })
        })
    };
    let missing: Vec<_> = proofs.iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "no test has these names: {missing:?}");
    assert!(!is_there("a_test_that_nobody_wrote"), "the negative control");
    let rows = page.text.lines().filter(|line| line.starts_with("| ")).count() - 1;
    let silent = page.text.lines().filter(|line| line.starts_with("| ") && !line.contains('`'));
    assert_eq!(silent.count(), 1, "each of {rows} rows but the head names a test");
}

//! In the description of the API a name is one type's: of two with one name the second would silently stand for both.

use std::collections::BTreeMap;

use crate::tree::{Source, tree};

/// What follows a word of a line, up to where a name ends.
fn name_after<'l>(line: &'l str, word: &str) -> Option<&'l str> {
    let rest = line.split_once(word)?.1;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    Some(&rest[..end]).filter(|name| !name.is_empty())
}

/// The names under which the types of a file are described.
fn described(source: &Source) -> Vec<String> {
    let mut names = Vec::new();
    let (mut is_described, mut is_choices) = (false, false);
    let mut instead = None;
    for line in source.text.lines() {
        let is_of_type = ["struct ", "enum "].iter().any(|kind| line.contains(kind));
        is_choices = (is_choices || line == "choices! {") && line != "}";
        is_described |= line.contains("ToSchema") && !line.starts_with("use ");
        if line.trim_start().starts_with("#[schema(") && line.contains("as = ") {
            instead = name_after(line, "as = ");
        } else if is_described && is_of_type && !line.trim_start().starts_with("//") {
            let own = name_after(line, "struct ").or_else(|| name_after(line, "enum "));
            names.extend(instead.take().or(own).map(str::to_owned));
            is_described = false;
        } else if let Some(own) = line.strip_suffix(" {").filter(|_| is_choices)
            && let Some(own) = own.strip_prefix("    ").filter(|own| !own.contains(' '))
        {
            names.push(instead.take().unwrap_or(own).to_owned());
        }
    }
    names
}

#[test]
fn no_two_types_of_the_api_are_described_under_one_name() {
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    let mut twice = Vec::new();
    for source in tree().iter().filter(|source| source.path.starts_with("src/")) {
        for name in described(source) {
            if let Some(first) = known.insert(name.clone(), &source.path) {
                twice.push(format!("{name}: {first} and {}", source.path));
            }
        }
    }
    assert!(known.len() > 250, "the types are found: {}", known.len());
    assert!(["Member", "ChecklistOffice", "ActKind"].iter().all(|name| known.contains_key(*name)));
    assert!(twice.is_empty(), "say which is which with #[schema(as = …)]: {twice:#?}");
}

//! The plan of the house: which module may know of which.

use crate::tree::{Source, tree};

/// The slices, each with those to its left, which are all that it may use.
const SLICES: &[(&str, &[&str])] = &[
    ("access", &[]),
    ("participants", &["access"]),
    ("documents", &["access", "participants"]),
    ("invitations", &["access", "participants", "documents"]),
    ("delegations", &["access", "participants", "documents"]),
    ("full_powers", &["access", "participants", "documents", "delegations"]),
    ("ledger", &["access"]),
    ("audit", &["access", "ledger"]),
    ("treaty", &["access", "participants", "documents", "delegations", "full_powers", "ledger"]),
    ("programme", &["access", "participants", "documents", "delegations"]),
    ("retention", &["access", "participants", "documents", "delegations"]),
    ("outbox", &["access", "participants", "documents", "invitations", "delegations"]),
    ("reports", ALL),
];

/// The ground under the slices, which knows of none of them, but for what is listed: the door for writes takes the
/// policy's permit, a request knows who asks and shares the cabinet of papers and the ledger, a refusal of the policy is a problem, the
/// ceremony's data hold the register, the checklists, the quotas, the running orders, the programme and the periods.
const GROUND: &[(&str, &[&str])] = &[
    ("ceremony", &["participants", "delegations", "treaty", "programme", "retention"]),
    ("collation", &[]),
    ("config", &[]),
    ("db", &["access"]),
    ("http", &["access", "documents", "ledger"]),
    ("ids", &[]),
    ("input", &[]),
    ("key_file", &[]),
    ("network", &[]),
    ("mail", &[]),
    ("page", &[]),
    ("paper", &[]),
    ("problem", &["access"]),
    ("secret", &[]),
    ("table", &[]),
    ("text", &[]),
    ("vault", &[]),
];

/// What puts everything together, and what looks at it from outside.
const ROOF: &[(&str, &[&str])] = &[
    ("backup", ALL),
    ("bench", ALL),
    ("command_line", ALL),
    ("doctor", ALL),
    ("lib", ALL),
    ("main", ALL),
    ("rehearsal", ALL),
    ("rotation", ALL),
    ("routes", ALL),
    ("server", ALL),
    ("witness", &["ledger"]),
];

const ALL: &[&str] = &[
    "access",
    "participants",
    "documents",
    "invitations",
    "delegations",
    "full_powers",
    "ledger",
    "audit",
    "treaty",
    "programme",
    "retention",
    "outbox",
    "reports",
];

fn may_use(module: &str) -> Option<&'static [&'static str]> {
    let mut all = [SLICES, GROUND, ROOF].into_iter().flatten();
    all.find(|(name, _)| *name == module).map(|(_, may)| *may)
}

/// Whether a file belongs to a slice.
pub fn is_of_a_slice(source: &Source) -> bool {
    SLICES.iter().any(|(name, _)| source.module() == Some(name))
}

/// A module that a line of code names: `crate::access::api::list` is of `access`, and goes on with `api`.
struct Named {
    line: usize,
    module: String,
    then: String,
}

/// Every module of the library that a file names, in imports and in paths.
fn named(source: &Source) -> Vec<Named> {
    let code: Vec<&str> =
        source.text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "crate::".len()..];
        for path in paths(rest) {
            let mut segments = path.split("::").map(|s| leading_name(s.trim()));
            let module = segments.next().unwrap_or_default().to_owned();
            let then = segments.next().unwrap_or_default().to_owned();
            found.push(Named { line, module, then });
        }
    }
    found
}

/// The paths that follow `crate::`: one, or those of a group in braces.
fn paths(rest: &str) -> Vec<&str> {
    let Some(group) = rest.strip_prefix('{') else { return vec![rest] };
    let (mut depth, mut from, mut paths) = (0, 0, Vec::new());
    for (at, sign) in group.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                paths.extend(Some(&group[from..at]).filter(|path| !path.trim().is_empty()));
                from = at + 1;
                if sign == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    paths
}

fn leading_name(segment: &str) -> &str {
    let end = segment.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(segment.len());
    &segment[..end]
}

/// The lines of a file that name a module which its own may not know.
pub fn looks_right(source: &Source) -> Vec<usize> {
    let Some(own) = source.module() else { return Vec::new() };
    let may = may_use(own).unwrap_or_default();
    let is_forbidden = |named: &Named| {
        named.module != own && ALL.contains(&&*named.module) && !may.contains(&&*named.module)
    };
    named(source).into_iter().filter(is_forbidden).map(|named| named.line).collect()
}

/// The lines of a file that name the HTTP side of a slice that is not its own.
pub fn enters_by_the_window(source: &Source) -> Vec<usize> {
    let own = source.module().unwrap_or_default();
    let named = named(source).into_iter();
    let is_inside = |named: &Named| {
        own != "routes"
            && named.module != own
            && ALL.contains(&&*named.module)
            && ["api", "commands", "model", "store"].contains(&&*named.then)
    };
    named.filter(is_inside).map(|named| named.line).collect()
}

#[test]
fn every_module_has_its_place_on_the_plan() {
    let missing: std::collections::BTreeSet<_> = tree()
        .iter()
        .filter_map(Source::module)
        .filter(|module| may_use(module).is_none())
        .collect();
    assert!(missing.is_empty(), "not on the plan of tests/house/plan.rs: {missing:?}");
}

#[test]
fn the_plan_reads_imports_as_the_compiler_does() {
    let text = "use crate::db::Db;\nuse crate::{\n    access::{self, Role},\n    treaty::Act,\n};\n// crate::reports\nlet x = crate::page::Limit::default();";
    let source = Source { path: "src/documents/store.rs".into(), text: text.into() };
    let read: Vec<_> = named(&source).into_iter().map(|n| (n.line, n.module, n.then)).collect();
    let expected = [(1, "db", "Db"), (2, "access", ""), (2, "treaty", "Act"), (7, "page", "Limit")];
    assert_eq!(
        read,
        expected.map(|(line, module, then)| (line, module.to_owned(), then.to_owned()))
    );
    assert_eq!(looks_right(&source), [2]);
}

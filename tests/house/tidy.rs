//! The style, executable: each rule says what it wants and shows a breach that it finds.

use crate::plan;
use crate::tree::{Source, tree};

/// A rule of style.
struct Rule {
    /// What is wanted.
    says: &'static str,
    /// Which files it is about.
    about: fn(&Source) -> bool,
    /// The lines that break it.
    broken: fn(&Source) -> Vec<usize>,
    /// A file that breaks it: path and text.
    breach: (&'static str, &'static str),
}

const RULES: &[Rule] = &[
    Rule {
        says: "a file has at most 400 lines",
        about: |f| f.is(".rs") || f.is(".sql") || f.is(".sh") || f.path.starts_with(".ci/"),
        broken: |f| past(400, f),
        breach: ("src/x.rs", FOUR_HUNDRED_AND_ONE_LINES),
    },
    Rule {
        says: "the README has at most 150 lines",
        about: |f| f.path == "README.md",
        broken: |f| past(150, f),
        breach: ("README.md", FOUR_HUNDRED_AND_ONE_LINES),
    },
    Rule {
        says: "a file begins with what it is for",
        about: |f| f.is(".rs"),
        broken: |f| if f.text.starts_with("//! ") { vec![] } else { vec![1] },
        breach: ("src/x.rs", "use std::fmt;\n"),
    },
    Rule {
        says: "a slice uses what is to its left, the ground uses no slice",
        about: |f| f.path.starts_with("src/"),
        broken: plan::looks_right,
        breach: ("src/documents/store.rs", "use crate::treaty::Act;"),
    },
    Rule {
        says: "a slice is entered by its mod.rs",
        about: |f| f.path.starts_with("src/"),
        broken: plan::enters_by_the_window,
        breach: ("src/documents/store.rs", "use crate::access::store::find;"),
    },
    Rule {
        says: "a model is pure: no SQL, no HTTP, no clock, no waiting",
        about: |f| plan::is_of_a_slice(f) && (f.is("/model.rs") || f.path.contains("/model/")),
        broken: |f| {
            let impure = [
                "query!",
                "query_as",
                "async fn",
                "async move",
                ".await?",
                ".await;",
                "actix",
                "crate::db",
                "crate::http",
                "crate::problem",
                "::now(",
            ];
            f.code_lines(|line| impure.iter().any(|word| line.contains(word)))
        },
        breach: ("src/access/model.rs", "use actix_web::web;"),
    },
    Rule {
        says: "SQL stands in a store",
        about: |f| {
            // A report is one file, its query included.
            plan::is_of_a_slice(f)
                && !f.path.contains("/store")
                && !f.path.contains("/tests")
                && !f.path.starts_with("src/reports/")
        },
        broken: |f| {
            f.code_lines(|line| {
                ["query!", "query_as", "query_scalar", "QueryBuilder"]
                    .iter()
                    .any(|word| line.contains(word))
            })
        },
        breach: ("src/access/commands.rs", "let row = sqlx::query!(\"select 1\");"),
    },
    Rule {
        says: "only api.rs speaks HTTP",
        about: |f| plan::is_of_a_slice(f) && !f.path.contains("/api") && !f.path.contains("/tests"),
        broken: |f| {
            f.code_lines(|line| {
                // A buffer that is shared without copying is of no protocol.
                !line.contains("actix_web::web::Bytes")
                    && ["actix_web", "crate::http", "problem::", "utoipa::path"]
                        .iter()
                        .any(|word| line.contains(word))
            })
        },
        breach: ("src/access/store.rs", "use crate::problem::Problem;"),
    },
    Rule {
        says: "a role is looked at in the policy alone",
        about: |f| plan::is_of_a_slice(f) && !f.path.starts_with("src/access/"),
        broken: |f| f.code_lines(|line| line.contains("Role::")),
        breach: ("src/treaty/commands.rs", "if role == Role::Treaty {"),
    },
    Rule {
        says: "a module is named for what it holds",
        about: |f| f.is(".rs"),
        broken: |f| {
            let vague = [
                "utils", "util", "helpers", "common", "misc", "services", "service", "managers",
                "admin",
            ];
            let parts = f.path.trim_end_matches(".rs").split('/');
            if parts.into_iter().any(|part| vague.contains(&part)) { vec![1] } else { vec![] }
        },
        breach: ("src/utils/dates.rs", ""),
    },
    Rule {
        says: "a type is named for what it is",
        about: |f| f.is(".rs"),
        broken: |f| {
            f.code_lines(|line| {
                ["struct ", "enum ", "trait ", "type "].iter().any(|kind| {
                    ["Manager", "Service", "Helper", "Utils", "Util"]
                        .iter()
                        .any(|end| name_after(line, kind).ends_with(end))
                })
            })
        },
        breach: ("src/x.rs", "pub struct TokenManager {"),
    },
    Rule {
        says: "a function is named for what it gives, or by the verb of the trade",
        about: |f| f.is(".rs"),
        broken: |f| {
            f.code_lines(|line| {
                ["get_", "do_", "handle_", "process_"]
                    .iter()
                    .any(|start| name_after(line, "fn ").starts_with(start))
            })
        },
        breach: ("src/x.rs", "pub async fn get_account(id: u8) {"),
    },
    Rule {
        says: "a test is a sentence",
        about: |f| f.is(".rs"),
        broken: |f| {
            let lines: Vec<&str> = f.text.lines().collect();
            let is_test = |at: usize| {
                lines[..at].last().is_some_and(|l| l.trim().starts_with("#[") && l.contains("test"))
            };
            let is_short = |name: &str| name.starts_with("test_") || name.split('_').count() < 4;
            let short = (0..lines.len()).filter(|at| {
                is_test(*at)
                    && lines[*at].contains("fn ")
                    && is_short(name_after(lines[*at], "fn "))
            });
            short.map(|at| at + 1).collect()
        },
        breach: ("src/x.rs", "#[test]\nfn test_parse() {}"),
    },
    Rule {
        says: "no test is left out",
        about: |f| f.is(".rs"),
        broken: |f| f.code_lines(|line| line.contains("#[ignore")),
        breach: ("tests/api/x.rs", "#[ignore]"),
    },
    Rule {
        says: "a test waits for what happens, not for time to pass",
        about: |f| f.path.starts_with("tests/"),
        broken: |f| f.code_lines(|line| line.contains("sleep(")),
        breach: ("tests/api/x.rs", "tokio::time::sleep(SECOND).await;"),
    },
    Rule {
        says: "nothing is left to be done later",
        about: |_| true,
        broken: |f| {
            f.lines(|line| {
                line.contains("TODO")
                    || line.contains("FIXME")
                    || line.contains("// XXX")
                    || line.contains("unimplemented!(")
            })
        },
        breach: ("migrations/0001_x.sql", "-- TODO: an index"),
    },
    Rule {
        says: "an exception to a lint is expected, with its reason",
        about: |f| f.is(".rs"),
        broken: |f| {
            f.code_lines(|line| line.trim_start().starts_with('#') && line.contains("allow("))
        },
        breach: ("src/x.rs", "#[allow(dead_code)]"),
    },
    Rule {
        says: "a migration is written in lower case",
        about: |f| f.is(".sql"),
        broken: |f| {
            let loud = [
                "CREATE ", "ALTER ", "SELECT ", "INSERT ", "UPDATE ", "TABLE ", "NOT NULL",
                "GRANT ",
            ];
            f.lines(|line| {
                loud.iter().any(|word| line.split("--").next().unwrap_or_default().contains(word))
            })
        },
        breach: ("migrations/0001_x.sql", "CREATE TABLE x (x int);"),
    },
    Rule {
        says: "no path of somebody's machine",
        about: |f| !f.path.starts_with("config/ceremony/"),
        broken: |f| {
            f.lines(|line| {
                // Where people and build servers keep their trees, and where this one is.
                let is_told = |place: &str| line.contains(&format!("/{place}/"));
                ["work", "root", "home", "Users"].into_iter().any(is_told)
                    || line.contains(env!("CARGO_MANIFEST_DIR"))
            })
        },
        breach: ("README.md", "cd /home/somebody/project"),
    },
    Rule {
        says: "an address leads to a place that readers know",
        about: |f| !f.path.starts_with("config/ceremony/") && !f.is("Cargo.lock"),
        broken: |f| f.lines(|line| hosts(line).any(|host| !is_known(host))),
        breach: ("README.md", "see https://mirror.somebody.net/crates"),
    },
    Rule {
        says: "a dependency comes from the public registry",
        about: |f| f.is("Cargo.lock"),
        broken: |f| {
            f.lines(|line| {
                line.starts_with("source = ")
                    && line != "source = \"registry+https://github.com/rust-lang/crates.io-index\""
            })
        },
        breach: ("Cargo.lock", "source = \"git+https://github.com/somebody/something\""),
    },
    Rule {
        says: "the text speaks of the product alone",
        about: |f| !f.path.starts_with("config/ceremony/") && !f.is(".snap"),
        broken: |f| {
            f.lines(|line| {
                let words = line.to_lowercase();
                ["issue #", "pull request #", "co-authored-by"]
                    .iter()
                    .any(|word| words.contains(word))
            })
        },
        breach: ("src/x.rs", "// See issue #7."),
    },
];

/// Where links may lead: to standards, to the project's own ground, to examples that are reserved for being examples.
fn is_known(host: &str) -> bool {
    const KNOWN: &[&str] = &[
        "127.0.0.1",
        "localhost",
        "www.apache.org",
        "github.com",
        "docs.rs",
        "www.postgresql.org",
        "www.rfc-editor.org",
        "www.w3.org",
        "spec.openapis.org",
        "treaties.un.org",
        "rustup.rs",
        "keepachangelog.com",
        "semver.org",
        "u", // `https://user:password@…` in a test of settings
    ];
    KNOWN.contains(&host) || host.ends_with(".example") || host.is_empty()
}

fn hosts(line: &str) -> impl Iterator<Item = &str> {
    let starts = line.match_indices("https://").chain(line.match_indices("http://"));
    starts.map(|(at, scheme)| {
        let rest = &line[at + scheme.len()..];
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-')
            .unwrap_or(rest.len());
        rest[..end].trim_end_matches('.')
    })
}

/// The name that a line of code gives after a keyword; empty where it gives none.
fn name_after<'a>(line: &'a str, keyword: &str) -> &'a str {
    let code = line.trim_start();
    let Some(at) = code.find(keyword) else { return "" };
    let before = &code[..at];
    if !before.is_empty() && !before.ends_with([' ', ')']) {
        return "";
    }
    let rest = &code[at + keyword.len()..];
    &rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())]
}

/// The first line that is too many, where there is one.
fn past(limit: usize, file: &Source) -> Vec<usize> {
    if file.text.lines().count() > limit { vec![limit + 1] } else { vec![] }
}

const FOUR_HUNDRED_AND_ONE_LINES: &str = {
    const LINES: &[u8; 401] = &[b'\n'; 401];
    match str::from_utf8(LINES) {
        Ok(lines) => lines,
        Err(_) => "",
    }
};

#[test]
fn the_house_is_tidy() {
    // This page itself shows a breach of every rule.
    let files = || tree().iter().filter(|f| !f.path.starts_with("tests/house/"));
    let mut breaches = Vec::new();
    for rule in RULES {
        for file in files().filter(|f| (rule.about)(f)) {
            let lines = (rule.broken)(file).into_iter();
            breaches.extend(lines.map(|line| format!("{}:{line}: {}", file.path, rule.says)));
        }
    }
    assert!(breaches.is_empty(), "{} breaches\n{}", breaches.len(), breaches.join("\n"));
}

#[test]
fn every_rule_of_style_finds_its_own_breach() {
    for rule in RULES {
        let (path, text) = rule.breach;
        let source = Source { path: path.into(), text: text.into() };
        assert!(
            (rule.about)(&source) && !(rule.broken)(&source).is_empty(),
            "blind: {}",
            rule.says
        );
    }
}

#[test]
fn the_container_is_built_with_the_pinned_toolchain() {
    let text = |path| &tree().iter().find(|f| f.path == path).unwrap().text;
    let pinned = text("rust-toolchain.toml").lines().find_map(|l| l.strip_prefix("channel = "));
    let pinned = pinned.unwrap().trim_matches('"');
    assert!(text("Dockerfile").contains(&format!("FROM rust:{pinned}-")), "{pinned}");
    let oldest = format!("rust-version = \"{}\"", pinned.trim_end_matches(".0"));
    assert!(text("Cargo.toml").contains(&oldest), "{oldest}");
}

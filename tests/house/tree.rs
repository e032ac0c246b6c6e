//! The files of the project, read once.

use std::path::Path;
use std::sync::OnceLock;

/// One file of text.
pub struct Source {
    /// Where it is, from the top of the project.
    pub path: String,
    /// What is in it.
    pub text: String,
}

impl Source {
    /// The numbers of the lines for which the claim is true, counted from 1.
    pub fn lines(&self, claim: impl Fn(&str) -> bool) -> Vec<usize> {
        let numbered = self.text.lines().zip(1..);
        numbered.filter(|(line, _)| claim(line)).map(|(_, number)| number).collect()
    }

    /// The same, looking at Rust without its comments.
    pub fn code_lines(&self, claim: impl Fn(&str) -> bool) -> Vec<usize> {
        self.lines(|line| claim(line.split("//").next().unwrap_or_default()))
    }

    /// Whether the name of the file ends so.
    pub fn is(&self, ending: &str) -> bool {
        self.path.ends_with(ending)
    }

    /// The top-level module of the library that it belongs to: `access` for `src/access/store.rs`.
    pub fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        inside.split(['/', '.']).next()
    }
}

/// Every file of text that is the project's own, in order of path; what is built or downloaded is not.
pub fn tree() -> &'static [Source] {
    static TREE: OnceLock<Vec<Source>> = OnceLock::new();
    TREE.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut sources = Vec::new();
        walk(root, root, &mut sources);
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        assert!(sources.len() > 50, "the walk finds the project");
        sources
    })
}

fn walk(root: &Path, folder: &Path, sources: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let shown = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        if [".git", ".env", ".sqlx", "target", "data", "config/local.toml"]
            .contains(&shown.as_str())
        {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, sources);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            sources.push(Source { path: shown, text });
        }
    }
}

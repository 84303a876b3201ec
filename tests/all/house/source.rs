//! The source files of the project, and their code without comments and strings.

use std::path::{Path, PathBuf};

/// One file with its path from the root of the project.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
    /// Without comments and without the insides of strings.
    pub(super) code: String,
}

pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn collect(folder: &Path, into: &mut Vec<Source>) {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file");
            let relative = path.strip_prefix(root()).expect("inside the project");
            let code = code(&text);
            into.push(Source {
                path: relative.to_string_lossy().replace('\\', "/"),
                text,
                code,
            });
        }
    }
}

pub(super) fn sources(folders: &[&str]) -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in folders {
        let before = sources.len();
        collect(&root().join(folder), &mut sources);
        assert!(sources.len() > before, "no source in {folder}");
    }
    sources
}

/// The text without comments and without what stands in strings and characters; lines stay lines.
fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let looking_at = |at: usize, what: &str| {
        what.chars()
            .enumerate()
            .all(|(i, c)| chars.get(at + i) == Some(&c))
    };
    let lines = |from: usize, to: usize| chars[from..to].iter().filter(|c| **c == '\n').count();
    while at < chars.len() {
        let start = at;
        let before = at.checked_sub(1).and_then(|before| chars.get(before));
        let in_word = before.is_some_and(|c| c.is_alphanumeric() || *c == '_');
        if looking_at(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if looking_at(at, "/*") {
            let mut depth = 0;
            loop {
                if looking_at(at, "/*") {
                    depth += 1;
                    at += 2;
                } else if looking_at(at, "*/") {
                    depth -= 1;
                    at += 2;
                } else {
                    at += 1;
                }
                if depth == 0 || at >= chars.len() {
                    break;
                }
            }
        } else if let Some(hashes) = raw_string(&chars, at).filter(|_| !in_word) {
            let end = format!("\"{}", "#".repeat(hashes));
            at += hashes + 2;
            while at < chars.len() && !looking_at(at, &end) {
                at += 1;
            }
            at += end.len();
            out.push_str("\"\"");
        } else if chars[at] == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
            out.push_str("\"\"");
        } else if chars[at] == '\'' && (chars.get(at + 1) == Some(&'\\') || chars.get(at + 2) == Some(&'\''))
        {
            // A character, not a lifetime.
            at += if chars[at + 1] == '\\' { 3 } else { 2 };
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
            out.push_str("' '");
        } else {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        out.extend(std::iter::repeat_n('\n', lines(start, at.min(chars.len()))));
    }
    out
}

/// The number of hashes of the raw string that begins here.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars.get(at + 1..)?.iter().take_while(|c| **c == '#').count();
    (chars.get(at) == Some(&'r') && chars.get(at + 1 + hashes) == Some(&'"')).then_some(hashes)
}

/// Whether a name or a path stands in code as whole words.
pub(super) fn names(code: &str, wanted: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(wanted).any(|(at, _)| {
        !is_word(code[..at].chars().next_back()) && !is_word(code[at + wanted.len()..].chars().next())
    })
}

/// The module of its crate that a file belongs to.
pub(super) fn module(path: &str) -> &str {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside);
    inside
        .split_once('/')
        .map_or_else(|| inside.trim_end_matches(".rs"), |(folder, _)| folder)
}

#[test]
fn comments_and_strings_are_not_code() {
    let text = "a // std::fs\n/* refine /* x */ y */ b \"std::io \\\" \" r#\"unsafe \" \"# '\"' '\\'' 'a c";
    assert_eq!(code(text), "a \n b \"\" \"\" ' ' ' ' 'a c");
    assert_eq!(code("/* one\ntwo */ x").lines().count(), 2);
}

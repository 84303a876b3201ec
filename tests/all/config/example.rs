//! The example that `init` writes: complete, and true.

use leastwise::config::{Config, EXAMPLE, keys};
use leastwise_aws::options::Access;
use toml::de::{DeTable, DeValue};

use super::read;

/// The example with its silent keys set: `#key = ...` and `#[table]`, but not `# prose`.
pub(super) fn example_uncommented() -> String {
    let line = |line: &'static str| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => rest,
        _ => line,
    };
    let mut seen = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in EXAMPLE.lines().map(line) {
        // `keep = []` and, below it, what it could look like: the later one is read.
        match line.split_once(" = ") {
            Some((key, _)) if !line.starts_with('#') => {
                if let Some((_, at)) = seen.iter().find(|(name, _)| *name == key) {
                    lines[*at] = "";
                }
                seen.push((key, lines.len()));
            }
            _ if line.starts_with('[') => seen.clear(),
            _ => {}
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// The keys of a TOML text, as [`keys`] spells them.
fn written_keys(text: &str) -> Vec<String> {
    fn walk(path: &str, table: &DeTable<'_>, out: &mut Vec<String>) {
        for (name, value) in table {
            let name = name.get_ref();
            let name = if path == "assume.accounts" { "*" } else { name };
            let path = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            };
            out.push(path.clone());
            match value.get_ref() {
                // Tags are the user's own.
                DeValue::Table(table) if path != "exception.tags" => walk(&path, table, out),
                DeValue::Array(items) if path == "exception" => {
                    for item in items.iter() {
                        walk(&path, item.get_ref().as_table().expect("a table"), out);
                    }
                }
                _ => {}
            }
        }
    }
    let mut out = Vec::new();
    walk("", DeTable::parse(text).expect("it is TOML").get_ref(), &mut out);
    out
}

#[test]
fn the_example_sets_every_default_and_nothing_else() {
    assert_eq!(read(EXAMPLE), Config::default());
    assert_eq!(read(""), Config::default());
}

#[test]
fn the_example_with_its_silent_keys_set_is_valid() {
    let config = read(&example_uncommented());
    assert_eq!(config.profile.as_deref(), Some("security-audit"));
    assert_eq!(config.region.as_deref(), Some("eu-central-1"));
    assert_eq!(config.keep.len(), 3);
    assert_eq!(config.accounts.list.len(), 2);
    assert_eq!(config.assume.accounts["222222222222"], Access::Direct);
    assert_eq!(config.exceptions.len(), 1);
    assert!(config.names_units());
}

#[test]
fn every_known_key_is_in_the_example_and_every_key_of_the_example_is_known() {
    let in_example = written_keys(&example_uncommented());
    for key in keys() {
        assert!(in_example.contains(&key), "`{key}` is not in config.example.toml");
    }
    for key in in_example {
        let known = keys().contains(&key) || key == "assume.accounts.*";
        assert!(known, "`{key}` of config.example.toml is not known");
    }
}

#[test]
fn every_key_of_the_example_has_a_comment_above_it() {
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    let mut told = false;
    for (number, line) in lines.iter().enumerate() {
        if line.starts_with("# ") {
            told = true;
        } else if line.is_empty() {
            told = false;
        } else if !line.starts_with('#') {
            assert!(
                told || line.starts_with('['),
                "line {}: `{line}` says nothing of itself",
                number + 1
            );
        }
    }
}

//! HCL in the style of `terraform fmt`: strings, labels, blocks.

use std::fmt::Write as _;

use leastwise_core::digest::sha256;

/// Maximum length of a label, for file systems and readers.
const LONGEST_LABEL: usize = 120;

/// A string literal. `${` and `%{` begin templates, even after a backslash or a dollar sign, so their first
/// character is written as a code point, which never begins one.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '$' | '%' if rest.peek() == Some(&'{') => escape(c, &mut out),
            ' '..='~' => out.push(c),
            c => escape(c, &mut out),
        }
    }
    out.push('"');
    out
}

/// Writing to a string cannot fail.
fn escape(c: char, out: &mut String) {
    let _ = match u32::from(c) {
        code @ 0..=0xffff => write!(out, "\\u{code:04x}"),
        code => write!(out, "\\U{code:08x}"),
    };
}

/// The label of a resource, built from names. Names that consist only of letters, digits, `_` and `-` are joined;
/// otherwise the label gets a hash. Labels with a hash begin with `_`, the others with a letter, so that no two are
/// the same.
pub(super) fn label(parts: &[&str]) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_plain = |part: &&str| {
        !part.is_empty()
            && part.chars().all(fits)
            && !part.contains("--")
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let joined = parts.join("--");
    let begins = joined.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins && joined.len() <= LONGEST_LABEL && parts.iter().all(is_plain) {
        return joined;
    }
    let digest = sha256(parts.join("\0").as_bytes());
    let readable = joined
        .chars()
        .map(|c| if fits(c) { c } else { '_' })
        .take(LONGEST_LABEL - 20);
    format!(
        "_{}-{}",
        readable.collect::<String>(),
        digest.get(..16).unwrap_or_default()
    )
}

/// A block: its header, its attributes with aligned equals signs, and one nested block.
pub(super) fn block(head: &str, attributes: &[(&str, String)], inside: Option<&str>) -> String {
    let widest = attributes
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or_default();
    let mut out = format!("{head} {{\n");
    for (name, value) in attributes {
        let _ = writeln!(out, "  {name:widest$} = {value}");
    }
    if let Some(inside) = inside {
        if !attributes.is_empty() {
            out.push('\n');
        }
        for line in inside.lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
    out + "}\n"
}

#[cfg(test)]
mod tests {
    use super::{block, label, quoted};

    #[test]
    fn nothing_in_a_string_begins_a_template_or_ends_it() {
        assert_eq!(quoted("plain + name"), "\"plain + name\"");
        assert_eq!(
            quoted("a\"b\\c\nd\u{2028}\u{1f600}"),
            r#""a\"b\\c\u000ad\u2028\U0001f600""#
        );
        for text in ["${x}", "$${x}", "\\${x}", "%{ if x }", "$$$%%{x}", "${${%{"] {
            let quoted = quoted(text);
            assert!(!quoted.contains("${") && !quoted.contains("%{"), "{quoted}");
        }
        assert_eq!(quoted("100% of $5, {}"), "\"100% of $5, {}\"");
    }

    #[test]
    fn a_label_is_an_identifier_and_no_two_names_share_one() {
        assert_eq!(label(&["nightly-backup", "copy"]), "nightly-backup--copy");
        let odd: [&[&str]; 10] = [
            &["a--b", "c"],
            &["a", "b--c"],
            &["a-", "b"],
            &["a", "-b"],
            &["a.b"],
            &["a+b"],
            &["1a"],
            &["_a.b"],
            &["", "a"],
            &["\u{202e}\"}"],
        ];
        let labels: std::collections::BTreeSet<String> = odd.iter().map(|parts| label(parts)).collect();
        assert_eq!(labels.len(), odd.len());
        for label in labels {
            assert!(label.starts_with('_'), "{label}");
            assert!(
                label
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'),
                "{label}"
            );
        }
        assert!(label(&[&"long".repeat(60)]).len() < 130);
    }

    #[test]
    fn equals_signs_stand_below_each_other() {
        let text = block(
            "resource \"a\" \"b\"",
            &[("to", "x".to_owned()), ("policy", "y".to_owned())],
            Some("z {\n}\n"),
        );
        assert_eq!(
            text,
            "resource \"a\" \"b\" {\n  to     = x\n  policy = y\n\n  z {\n  }\n}\n"
        );
    }
}

//! Text of others in a shell script.

/// A word of the shell that stands for this text, whatever is in it.
pub(super) fn quoted(text: &str) -> String {
    let mut word = String::with_capacity(text.len() + 2);
    word.push('\'');
    for part in text.split_inclusive(['\'', '\0']) {
        match part.strip_suffix('\'') {
            Some(part) => word.extend([part, r"'\''"]),
            // Bash drops a NUL, and nothing of AWS has one.
            None => word.push_str(part.trim_end_matches('\0')),
        }
    }
    word.push('\'');
    word
}

/// Text for a comment: one line of plain characters.
pub(super) fn comment(text: &str) -> String {
    if text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return text.to_owned();
    }
    text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' }).collect()
}

/// `NAME='value'`
pub(super) fn variable(name: &str, value: &str) -> String {
    [meant(value), name, "=", &quoted(value), "\n"].concat()
}

/// `NAME=(...)`, a value a line.
pub(super) fn list(name: &str, values: &[String]) -> String {
    let values: String = values.iter().map(|value| ["  ", &quoted(value), "\n"].concat()).collect();
    [meant(&values), name, "=(\n", &values, ")\n"].concat()
}

/// What tells shellcheck that nothing of a text is to be expanded, where it would ask.
fn meant(text: &str) -> &'static str {
    if text.contains(['$', '`']) { "# shellcheck disable=SC2016\n" } else { "" }
}

/// Whether IAM and Identity Center take this as a name. Another one is nothing of theirs, and the AWS CLI would read
/// a file for `file://`.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte))
}

/// Whether this can be the ARN of a policy. Its path may hold any graphic character.
pub(super) fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::{comment, is_arn, is_name, list, quoted, variable};

    #[test]
    fn quotes_end_and_begin_again_around_a_quote() {
        assert_eq!(quoted("plain"), "'plain'");
        assert_eq!(quoted("it's $(id) `id` \\ \"\n"), "'it'\\''s $(id) `id` \\ \"\n'");
        assert_eq!(quoted("'"), "''\\'''");
        assert_eq!(quoted("a\0b"), "'ab'");
        assert_eq!(variable("A", "b c"), "A='b c'\n");
        assert_eq!(list("A", &["b".to_owned(), "c".to_owned()]), "A=(\n  'b'\n  'c'\n)\n");
        assert_eq!(variable("A", "$b"), "# shellcheck disable=SC2016\nA='$b'\n");
    }

    #[test]
    fn a_comment_stays_on_its_line() {
        assert_eq!(comment("a\nrm -rf /\r\u{2028}\u{1b}[2Jé"), "a?rm -rf /???[2J?");
    }

    #[test]
    fn only_what_aws_takes_is_a_name() {
        assert!(is_name("plus+comma,role=a.b@c_d-e") && is_name("-dash"));
        assert!(["", "a b", "file://x", "a/b", "$(id)", "a\n", "é"].iter().all(|name| !is_name(name)));
        assert!(is_arn("arn:aws:iam::1:policy/'$(id)`/name") && !is_arn("file:///etc/passwd"));
        assert!(!is_arn("arn:aws:iam::1:policy/a b"));
    }
}

//! Text for Markdown, where everything that AWS or the author of a policy wrote is hostile: it must not become a
//! link, an image, HTML, a mention of a team or a reference to another ticket.

use std::borrow::Cow;

use leastwise_core::visible::visible_line;

/// A zero-width space in a form that trackers accept. It keeps them from recognising a mention, a reference or an
/// address.
const APART: &str = "&#8203;";

/// A name as a code span, in which everything is plain text.
pub(super) fn code(name: &str) -> String {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'`') {
        return ["`", name, "`"].concat();
    }
    let name = one_line(name);
    // A span ends at as many backticks as it begins with, so it begins with more than there are in a row.
    let longest = name.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // One blank on each side belongs to the fence; a span of blanks alone keeps them.
    let apart = if name.is_empty() || name.starts_with(['`', ' ']) || name.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    format!("{fence}{apart}{name}{apart}{fence}")
}

/// A sentence that may contain names, within a line.
pub(super) fn prose(text: &str) -> String {
    let text = one_line(text);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.extend(["@", APART]),
            '#' => out.extend(["\\#", APART]),
            '/' if before == ':' => out.extend([APART, "/"]),
            // Trackers make links of what begins so.
            '.' if out
                .get(out.len().saturating_sub(3)..)
                .is_some_and(|it| it.eq_ignore_ascii_case("www")) =>
            {
                out.extend([APART, "."]);
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' | '$' | '{' | '}' | '^' => {
                out.extend(['\\', c]);
            }
            '-' | '+' | '=' if out.is_empty() => out.extend(['\\', c]),
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// The text on one line, with invisible characters written out.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    visible_line(text)
}

#[cfg(test)]
mod tests {
    use super::{code, prose};

    #[test]
    fn a_name_cannot_leave_its_code_span() {
        assert_eq!(code("deploy-ci"), "`deploy-ci`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("```"), "```` ``` ````");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(code(""), "`  `");
        assert_eq!(code("@team\n# title\u{202e}"), "`@team\\n# title\\u202e`");
    }

    #[test]
    fn a_sentence_calls_nobody_and_leads_nowhere() {
        let hostile = "<img src=x> @team #12 ![x](http://e.x) [a](b) www.e.x `c` *d* a|b\n- [ ] e &lt;";
        let said = prose(hostile);
        assert_eq!(
            said,
            "&lt;img src=x&gt; @&#8203;team \\#&#8203;12 \\!\\[x\\](http:&#8203;//e.x) \\[a\\](b) www&#8203;.e.x \
             \\`c\\` \\*d\\* a\\|b\\\\n- \\[ \\] e &amp;lt;"
        );
        assert_eq!(prose("- x"), "\\- x");
        assert_eq!(
            prose("not used in the window, last on 2026-01-09"),
            "not used in the window, last on 2026-01-09"
        );
    }
}

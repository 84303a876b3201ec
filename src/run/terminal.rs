//! Text that others wrote, on its way to a terminal.

use std::borrow::Cow;

/// Escapes what would steer a terminal or turn the direction of text: control characters but the line feed, and
/// the marks and overrides of bidirectional text.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    escaped(text, steers, |c, out| out.extend(c.escape_unicode()))
}

/// As [`clean`], and the line feed as well: a name must not begin a line of its own.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c == '\n' || steers(c), |c, out| out.extend(c.escape_unicode()))
}

/// The same for JSON, which escapes no more than it must. All of these stand in strings there.
pub(super) fn json(text: &str) -> Cow<'_, str> {
    escaped(text, steers, |c, out| {
        // As UTF-16, of which JSON's escapes are.
        let mut units = [0; 2];
        c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
    })
}

fn escaped(text: &str, wanted: impl Fn(char) -> bool, escape: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.chars().any(&wanted) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if wanted(c) { escape(c, &mut out) } else { out.push(c) }
    }
    Cow::Owned(out)
}

fn steers(c: char) -> bool {
    c != '\n' && c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        // What nobody sees can tell two names apart; the joiners that some scripts need are left alone.
        || matches!(c, '\u{180e}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::{clean, json, line};

    const HOSTILE: &str = "a\u{1b}[31mb\u{9b}c\u{202e}d\u{feff}\ne\"\\";

    #[test]
    fn escape_sequences_and_direction_marks_lose_their_power() {
        assert_eq!(clean(HOSTILE), "a\\u{1b}[31mb\\u{9b}c\\u{202e}d\\u{feff}\ne\"\\");
        assert_eq!(line(HOSTILE), "a\\u{1b}[31mb\\u{9b}c\\u{202e}d\\u{feff}\\u{a}e\"\\");
        assert_eq!(clean("Ünïcode stays"), "Ünïcode stays");
    }

    #[test]
    fn escaped_json_says_the_same() {
        let text = serde_json::json!({ "name": HOSTILE }).to_string();
        let escaped = json(&text);
        assert!(text.contains('\u{9b}') && !escaped.chars().any(|c| c.is_control() || c == '\u{202e}'));
        let read: serde_json::Value = serde_json::from_str(&escaped).unwrap_or_default();
        assert_eq!(read.get("name").and_then(serde_json::Value::as_str), Some(HOSTILE));
    }
}

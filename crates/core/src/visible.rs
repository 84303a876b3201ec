//! Text that somebody else wrote, made fit to be read: what nobody can see, and what steers the eye or the terminal, is
//! written out, as JSON escapes it. One set and one function for everything that people read: terminal, log, pages, tables,
//! tickets, differences, and the messages of machine formats.
//!
//! | what | which |
//! |---|---|
//! | controls | C0, DEL and C1: a terminal obeys them |
//! | separators of lines and paragraphs | U+2028, U+2029: some readers begin a new line there |
//! | direction | U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069: they turn the text around |
//! | characters without a glyph | all of Unicode's Default_Ignorable_Code_Point: soft hyphen, combining grapheme joiner, Hangul fillers, Mongolian and other variation selectors, zero-width space and joiners, the byte order mark, tags |
//! | blanks in disguise | U+2800 (Braille), U+1D159, and every space but U+0020: two names can differ in them alone |
//! | annotations | U+FFF9 to U+FFFB: they hide what stands between them |
//!
//! Letters that look like others, such as Cyrillic ones, are left alone: they are how people write.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character is invisible, looks like a plain space, or controls how text is displayed. Includes
/// the line feed and the tab.
pub(crate) fn is_unseen(c: char) -> bool {
    // Printable ASCII is nearly all that there ever is.
    if (' '..='~').contains(&c) {
        return false;
    }
    c.is_control()
        || c.is_whitespace()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d159}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The text with unseen characters escaped as in JSON, `\u202e`. Line feeds and tabs are kept. In JSON, such
/// characters occur only in strings, where the escape means the same.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped::<false>(text)
}

/// The same in one line: line feeds and tabs are written out as well, so that a name begins no line of its own and no cell.
pub fn visible_line(text: &str) -> Cow<'_, str> {
    escaped::<true>(text)
}

fn escaped<const LINE: bool>(text: &str) -> Cow<'_, str> {
    let mut found = next::<LINE>(text);
    if found.is_none() {
        return Cow::Borrowed(text);
    }
    let (mut out, mut rest) = (String::with_capacity(text.len() + 16), text);
    // Nearly all text is plain: it is copied by long pieces.
    while let Some((plain, c, after)) = found {
        out.push_str(plain);
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    // Writing to a string cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
        rest = after;
        found = next::<LINE>(rest);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// What comes before the next character that is unseen, that character, and what comes after.
fn next<const LINE: bool>(text: &str) -> Option<(&str, char, &str)> {
    let is_plain = |byte: &u8| (b' '..=b'~').contains(byte) | (!LINE & ((*byte == b'\n') | (*byte == b'\t')));
    let mut from = 0;
    loop {
        // Plain bytes are passed over as bytes, many at once.
        let tail = text.as_bytes().get(from..)?;
        // All of a chunk are looked at whatever the first are, which the processor does at once.
        let all_plain = |chunk: &&[u8]| chunk.iter().fold(true, |all, byte| all & is_plain(byte));
        let plain = tail.chunks_exact(32).take_while(all_plain).count() * 32;
        let at = from + plain + tail.get(plain..)?.iter().position(|byte| !is_plain(byte))?;
        let (plain, rest) = text.split_at_checked(at)?;
        let c = rest.chars().next()?;
        if is_unseen(c) {
            return Some((plain, c, rest.get(c.len_utf8()..)?));
        }
        from = at + c.len_utf8();
    }
}

#[cfg(test)]
mod tests {
    use super::visible;
    use super::{is_unseen, visible_line};

    const HOSTILE: &str = "a\u{1b}[31mb\u{9b}c\u{202e}d\u{feff}\ne\"\\\u{e0041}\t";

    #[test]
    fn what_steers_or_hides_is_written_out() {
        assert_eq!(
            visible(HOSTILE),
            "a\\u001b[31mb\\u009bc\\u202ed\\ufeff\ne\"\\\\udb40\\udc41\t"
        );
        assert_eq!(
            visible_line(HOSTILE),
            "a\\u001b[31mb\\u009bc\\u202ed\\ufeff\\ne\"\\\\udb40\\udc41\\t"
        );
        assert_eq!(visible("Ünïcode · 名前 stays"), "Ünïcode · 名前 stays");
    }

    #[test]
    fn nothing_that_can_hide_a_difference_between_two_names_is_shown_as_it_is() {
        let hidden = [
            '\u{ad}',
            '\u{34f}',
            '\u{115f}',
            '\u{1160}',
            '\u{17b4}',
            '\u{180b}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{2060}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{e0001}',
            '\u{e0100}',
            '\u{a0}',
            '\u{2003}',
            '\u{3000}',
            '\u{85}',
            '\u{7f}',
            '\u{0}',
            '\u{2028}',
            '\u{fffa}',
        ];
        for c in hidden {
            let text = format!("admin{c}x");
            assert!(is_unseen(c) && visible(&text).starts_with("admin\\u"), "{c:?}");
            assert!(!visible(&text).contains(c));
        }
    }

    #[test]
    fn made_visible_a_json_text_says_the_same() {
        let text = serde_json::to_string(HOSTILE).unwrap_or_default();
        let shown = visible(&text);
        assert!(!shown.chars().any(is_unseen), "{shown}");
        assert_eq!(
            serde_json::from_str::<String>(&shown).unwrap_or_default(),
            HOSTILE
        );
    }

    #[test]
    fn an_unseen_character_is_found_wherever_it_stands() {
        for before in 0..70 {
            for c in ['\u{202e}', '\n', '\u{7f}'] {
                let text = format!("{}·{c}{}", "x".repeat(before), "y".repeat(before));
                let by_character: String = text
                    .chars()
                    .map(|c| visible_line(&c.to_string()).into_owned())
                    .collect();
                assert_eq!(visible_line(&text), by_character);
            }
        }
    }
}

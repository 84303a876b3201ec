//! Targets for JSON output: a text, or a count of characters.

/// Target for JSON output.
pub trait Sink {
    /// Appends one character.
    fn push(&mut self, c: char);
    /// Appends a text.
    fn push_str(&mut self, text: &str);
}

impl Sink for String {
    fn push(&mut self, c: char) {
        self.push(c);
    }

    fn push_str(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// Counts characters instead of storing them.
#[derive(Debug, Default)]
pub(crate) struct Chars(pub(crate) usize);

impl Sink for Chars {
    fn push(&mut self, _c: char) {
        self.0 += 1;
    }

    fn push_str(&mut self, text: &str) {
        // What `chars` counts, many bytes at a time also for short text: every byte but those that go on with a character.
        self.0 += text
            .bytes()
            .map(|byte| usize::from(byte & 0xC0 != 0x80))
            .sum::<usize>();
    }
}

/// Writes `text` as a JSON string.
pub fn write_text(out: &mut impl Sink, text: &str) {
    out.push('"');
    if text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\') {
        out.push_str(text);
    } else {
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => out.push(c),
            }
        }
    }
    out.push('"');
}

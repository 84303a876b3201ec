//! Layout of the JSON files: one line per item for people and line-based tools, with small items on one line. A
//! line for everything would make files half as long again.

use std::io::{self, Write};

use serde_json::ser::Formatter;

use leastwise_core::visible::visible;

/// What lies deeper stands on one line: in an account's file a pattern of a recommendation, a principal's counts by level.
const LINES: usize = 4;

/// Indents for as deep as there are lines.
const INDENTS: &str = "\n        ";
const _: () = assert!(INDENTS.len() == 1 + 2 * LINES);

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// In how many lists and objects what comes next lies.
    depth: usize,
    /// Whether the innermost one has an element.
    filled: bool,
}

impl Layout {
    fn open(&mut self, out: &mut (impl Write + ?Sized), bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        out.write_all(bracket)
    }

    fn close(&mut self, out: &mut (impl Write + ?Sized), bracket: &[u8]) -> io::Result<()> {
        let has_lines = self.filled && self.depth <= LINES;
        self.depth -= 1;
        self.filled = true;
        if has_lines {
            self.line(out)?;
        }
        out.write_all(bracket)
    }

    fn item(&mut self, out: &mut (impl Write + ?Sized), first: bool) -> io::Result<()> {
        self.filled = true;
        match (self.depth <= LINES, first) {
            (true, true) => self.line(out),
            (true, false) => {
                out.write_all(b",")?;
                self.line(out)
            }
            (false, true) => Ok(()),
            (false, false) => out.write_all(b", "),
        }
    }

    fn line(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        out.write_all(INDENTS.as_bytes().get(..1 + 2 * self.depth).unwrap_or_default())
    }
}

impl Formatter for Layout {
    /// Escapes unseen characters, so that people see everything in the file and JSON parsers read the same.
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        out.write_all(visible(fragment).as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.item(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;
    use serde_json::{Serializer, Value, json};

    use super::Layout;

    fn laid_out(value: &Value) -> String {
        let mut out = Vec::new();
        let mut serializer = Serializer::with_formatter(&mut out, Layout::default());
        value.serialize(&mut serializer).unwrap_or_default();
        String::from_utf8(out).unwrap_or_default()
    }

    #[test]
    fn items_have_lines_and_what_is_deep_is_on_one() {
        let value = json!({"a": [{"b": {"c": [1, {"d": []}], "e": {}}, "f": "\"\n"}], "g": [], "h": {}});
        let wanted = r#"{
  "a": [
    {
      "b": {
        "c": [1, {"d": []}],
        "e": {}
      },
      "f": "\"\n"
    }
  ],
  "g": [],
  "h": {}
}"#;
        assert_eq!(laid_out(&value), wanted);
        assert_eq!(serde_json::from_str::<Value>(wanted).ok(), Some(value));
    }

    #[test]
    fn nothing_and_single_values_stand_as_they_are() {
        for value in [json!(null), json!("x"), json!([]), json!({})] {
            assert_eq!(laid_out(&value), value.to_string());
        }
    }
}

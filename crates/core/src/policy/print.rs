//! Prints JSON, indented for people and diffs, or compact.

use super::json::{Json, Member};
use super::sink::Sink;

/// Layout of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Indented by two spaces, one item per line.
    Pretty,
    /// Without white space between tokens.
    Compact,
}

/// Prints one JSON value, token by token.
pub(crate) struct Printer<'o, S> {
    out: &'o mut S,
    style: Style,
    depth: usize,
    /// Whether the innermost list or object already has an item.
    follows: bool,
}

impl<'o, S: Sink> Printer<'o, S> {
    pub(crate) fn new(out: &'o mut S, style: Style) -> Self {
        Self {
            out,
            style,
            depth: 0,
            follows: false,
        }
    }

    pub(crate) fn open(&mut self, bracket: char) {
        self.out.push(bracket);
        self.depth += 1;
        self.follows = false;
    }

    pub(crate) fn close(&mut self, bracket: char) {
        self.depth -= 1;
        if self.follows {
            self.new_line();
        }
        self.out.push(bracket);
        self.follows = true;
    }

    /// Prepares for the next item of a list or member of an object.
    pub(crate) fn item(&mut self) {
        if self.follows {
            self.out.push(',');
        }
        self.new_line();
        self.follows = true;
    }

    pub(crate) fn key(&mut self, raw: &str) {
        self.item();
        self.out.push_str(raw);
        self.out
            .push_str(if self.style == Style::Pretty { ": " } else { ":" });
    }

    /// Returns the sink for a token.
    pub(crate) fn value(&mut self) -> &mut S {
        self.out
    }

    pub(crate) fn members(&mut self, members: &[Member<'_>]) {
        for (key, value) in members {
            self.key(key);
            self.json(value);
        }
    }

    pub(crate) fn json(&mut self, json: &Json<'_>) {
        match json {
            Json::Atom(raw) | Json::Text(raw) => self.out.push_str(raw),
            Json::List(items, _) => {
                self.open('[');
                for item in items {
                    self.item();
                    self.json(item);
                }
                self.close(']');
            }
            Json::Map(members, _) => {
                self.open('{');
                self.members(members);
                self.close('}');
            }
        }
    }

    fn new_line(&mut self) {
        if self.style == Style::Pretty {
            self.out.push('\n');
            (0..self.depth).for_each(|_| self.out.push_str("  "));
        }
    }
}

//! One form for HCL, YAML and JSON: values with their places in the text.

use std::ops::Range;

/// How a text is written, which decides how others are written beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quote {
    /// Without quotes: YAML.
    Plain,
    /// `'x'`: YAML.
    Single,
    /// `"x"`.
    Double,
    /// Over several lines, a number and the like: nothing is written in its place.
    Other,
}

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeLayout {
    /// In brackets.
    Flow,
    /// YAML's `- ` on lines of their own.
    Block,
    /// Blocks of HCL, such as `statement {}`.
    Blocks,
}

/// What comments look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Hcl,
    Yaml,
    Json,
}

/// A value in a text.
#[derive(Debug, Clone)]
pub(crate) struct SyntaxNode {
    /// Its bytes.
    pub(crate) span: Range<usize>,
    pub(crate) value: Value,
    /// It has an anchor, so that others may refer to it.
    pub(crate) is_anchored: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String, Quote),
    List(Vec<SyntaxNode>, NodeLayout),
    Map(Vec<(String, SyntaxNode)>),
    /// A value that only a run of the tool can determine: a variable, a function, a reference.
    Unknown,
}

impl SyntaxNode {
    pub(crate) fn new(span: Range<usize>, value: Value) -> Self {
        Self {
            span,
            value,
            is_anchored: false,
        }
    }

    pub(crate) fn unknown(span: Range<usize>) -> Self {
        Self::new(span, Value::Unknown)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text, _) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn map(&self) -> Option<&[(String, Self)]> {
        match &self.value {
            Value::Map(members) => Some(members),
            _ => None,
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.map()?
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
    }

    /// The items of a list, or the one value that stands for a list of it.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items, _) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// Whether others may refer to it or to something in it.
    pub(crate) fn has_anchor(&self) -> bool {
        self.is_anchored
            || match &self.value {
                Value::List(items, _) => items.iter().any(Self::has_anchor),
                Value::Map(members) => members.iter().any(|(_, node)| node.has_anchor()),
                Value::Text(..) | Value::Unknown => false,
            }
    }
}

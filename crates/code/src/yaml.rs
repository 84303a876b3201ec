//! YAML and JSON as trees. Aliases are not followed, so that no text grows by being read.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use crate::tree::{NodeLayout, Quote, SyntaxNode, Value};

/// Maximum nesting; real templates are shallower.
const DEEPEST: usize = 100;

/// What is open.
enum Open {
    List {
        from: usize,
        items: Vec<SyntaxNode>,
        anchored: bool,
        known: bool,
    },
    Map {
        from: usize,
        members: Vec<(String, SyntaxNode)>,
        key: Option<Option<String>>,
        anchored: bool,
        known: bool,
    },
}

/// The documents of a text, if it is YAML or JSON.
pub(crate) fn documents(text: &str) -> Option<Vec<SyntaxNode>> {
    // The parser counts characters.
    let mut places: Vec<usize> = Vec::new();
    if !text.is_ascii() {
        places.extend(text.char_indices().map(|(at, _)| at));
        places.push(text.len());
    }
    let at = |marker: &Marker| {
        if places.is_empty() {
            marker.index().min(text.len())
        } else {
            places.get(marker.index()).copied().unwrap_or(text.len())
        }
    };
    let (mut open, mut documents): (Vec<Open>, Vec<SyntaxNode>) = (Vec::new(), Vec::new());
    for event in Parser::new_from_str(text) {
        let (event, span) = event.ok()?;
        let node = match event {
            Event::Alias(_) => Some(SyntaxNode::unknown(range(&span, at))),
            Event::Scalar(value, style, anchor, tag) => {
                let span = range(&span, at);
                let quote = quote(style, text.get(span.clone())?);
                let value = if is_known(tag.as_deref()) {
                    Value::Text(value.into_owned(), quote)
                } else {
                    Value::Unknown
                };
                Some(SyntaxNode {
                    span,
                    value,
                    is_anchored: anchor > 0,
                })
            }
            Event::SequenceStart(anchor, tag) => {
                let known = is_known(tag.as_deref());
                open.push(Open::List {
                    from: at(&span.start),
                    items: Vec::new(),
                    anchored: anchor > 0,
                    known,
                });
                None
            }
            Event::MappingStart(anchor, tag) => {
                let (from, known) = (at(&span.start), is_known(tag.as_deref()));
                open.push(Open::Map {
                    from,
                    members: Vec::new(),
                    key: None,
                    anchored: anchor > 0,
                    known,
                });
                None
            }
            Event::SequenceEnd | Event::MappingEnd => Some(close(open.pop()?, range(&span, at))?),
            _ => None,
        };
        if open.len() > DEEPEST {
            return None;
        }
        let Some(node) = node else { continue };
        match open.last_mut() {
            None => documents.push(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map { members, key, .. }) => match key.take() {
                None => *key = Some(node.text().map(str::to_owned)),
                Some(Some(name)) => members.push((name, node)),
                // A key that is no text has no name here.
                Some(None) => {}
            },
        }
    }
    Some(documents)
}

fn range(span: &Span, at: impl Fn(&Marker) -> usize) -> std::ops::Range<usize> {
    at(&span.start)..at(&span.end)
}

fn close(open: Open, end: std::ops::Range<usize>) -> Option<SyntaxNode> {
    // What is written in lines ends with its last value; only brackets have an end of their own.
    let is_block = end.is_empty();
    let (from, value, anchored, last) = match open {
        Open::List {
            from,
            items,
            anchored,
            known,
        } => {
            let last = items.last().map(|it| it.span.end);
            let layout = if is_block {
                NodeLayout::Block
            } else {
                NodeLayout::Flow
            };
            (
                from,
                if known {
                    Value::List(items, layout)
                } else {
                    Value::Unknown
                },
                anchored,
                last,
            )
        }
        Open::Map {
            from,
            members,
            anchored,
            known,
            key,
        } => {
            if key.is_some() {
                return None;
            }
            // Which of two counts is for the reader of the file to say.
            let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            if names.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
                return None;
            }
            let last = members.last().map(|(_, it)| it.span.end);
            // A merge brings in what is not here.
            let known = known && members.iter().all(|(name, _)| name != "<<");
            (
                from,
                if known {
                    Value::Map(members)
                } else {
                    Value::Unknown
                },
                anchored,
                last,
            )
        }
    };
    let to = if is_block {
        last.unwrap_or(end.end)
    } else {
        // The parser takes blanks and a comment behind the bracket for a part of it.
        end.start + 1
    };
    Some(SyntaxNode {
        span: from..to.max(from),
        value,
        is_anchored: anchored,
    })
}

/// Whether a tag says nothing but what the value is anyway. `!Sub` and the like make another value of it.
fn is_known(tag: Option<&Tag>) -> bool {
    tag.is_none_or(Tag::is_yaml_core_schema)
}

fn quote(style: ScalarStyle, source: &str) -> Quote {
    match style {
        _ if source.contains('\n') => Quote::Other,
        ScalarStyle::Plain => Quote::Plain,
        ScalarStyle::SingleQuoted if source.starts_with('\'') => Quote::Single,
        ScalarStyle::DoubleQuoted if source.starts_with('"') => Quote::Double,
        _ => Quote::Other,
    }
}

#[cfg(test)]
#[expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::documents;
    use crate::tree::{SyntaxNode, Value};

    fn texts<'t>(node: &SyntaxNode, text: &'t str, into: &mut Vec<&'t str>) {
        match &node.value {
            Value::Text(..) => into.push(&text[node.span.clone()]),
            Value::List(items, _) => items.iter().for_each(|it| texts(it, text, into)),
            Value::Map(members) => members.iter().for_each(|(_, it)| texts(it, text, into)),
            Value::Unknown => into.push("?"),
        }
    }

    #[test]
    fn every_value_knows_its_bytes() {
        let text = "a: äöü # é\nb:\n  - 'ß'\n  - \"x\"\n  - !Sub y\nc: {d: [1, two]}\ne: &f 1\ng: *f\n";
        let all = documents(text).expect("YAML");
        let mut found = Vec::new();
        texts(&all[0], text, &mut found);
        assert_eq!(found, ["äöü", "'ß'", "\"x\"", "?", "1", "two", "1", "?"]);
        let list = all[0].get("b").expect("a list");
        assert_eq!(&text[list.span.clone()], "- 'ß'\n  - \"x\"\n  - !Sub y");
        let map = all[0].get("c").expect("a mapping");
        assert_eq!(&text[map.span.clone()], "{d: [1, two]}");
    }

    #[test]
    fn hostile_texts_are_refused_or_stay_small() {
        let deep = "[".repeat(100_000);
        assert!(documents(&deep).is_none());
        assert!(documents(&"- ".repeat(50_000)).is_none());
        assert!(documents("a: 1\na: 2\n").is_none());
        let laughs = "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n";
        assert_eq!(documents(laughs).map(|it| it.len()), Some(1));
    }
}

//! Another list of actions in a text. Only the lists change, and statements that lose all of their actions go: every other byte stays.

mod flow;

use std::collections::BTreeSet;
use std::ops::Range;

use self::flow::flow;
use crate::same::{MeantPolicy, MeantStatement, frames_agree};
use crate::source::{CodePolicy, CodeStatement, Entry};
use crate::tree::{Language, NodeLayout, Quote};

/// The text with the policy made smaller. None where that would take more than shorter lists.
pub(crate) fn edited(
    text: &str,
    policy: &CodePolicy,
    before: &MeantPolicy,
    after: &MeantPolicy,
) -> Option<String> {
    let kept = aligned(before, after)?;
    let mut changes: Vec<(Range<usize>, String)> = Vec::new();
    let whole: Vec<Option<String>> = policy
        .statements
        .iter()
        .zip(&kept)
        .map(|(statement, after)| match after {
            None => Some(None),
            Some(after) => {
                let change = statement_of(text, policy.language, statement, after)?;
                let was = text.get(statement.span.clone())?;
                let (from, to) = (
                    change.0.start.checked_sub(statement.span.start)?,
                    change.0.end.checked_sub(statement.span.start)?,
                );
                let now = format!("{}{}{}", was.get(..from)?, change.1, was.get(to..)?);
                changes.push(change);
                Some(Some(now))
            }
        })
        .collect::<Option<_>>()?;
    if kept.iter().any(Option::is_none) {
        // A statement outside a list is the whole policy.
        let (span, layout) = policy.list.clone()?;
        let spans: Vec<Range<usize>> = policy.statements.iter().map(|it| it.span.clone()).collect();
        match layout {
            NodeLayout::Flow => changes = vec![flow(text, policy.language, &span, &spans, &plain(whole))?],
            NodeLayout::Block => {
                let gone = spans.iter().zip(&kept).filter(|(_, after)| after.is_none());
                changes.extend(
                    gone.map(|(span, _)| lines(text, span))
                        .collect::<Option<Vec<_>>>()?,
                );
            }
            NodeLayout::Blocks => {
                let gone = spans.iter().zip(&kept).filter(|(_, after)| after.is_none());
                let gone = gone.map(|(span, _)| Some(with_blank_line(text, lines(text, span)?)));
                changes.extend(gone.collect::<Option<Vec<_>>>()?);
            }
        }
    }
    applied(text, changes)
}

/// Which statement of the new document each old one becomes; none where it goes. A new document has the old statements in their
/// order, but for those that are gone.
fn aligned<'a>(before: &MeantPolicy, after: &'a MeantPolicy) -> Option<Vec<Option<&'a MeantStatement>>> {
    let mut rest = after.statements.iter().peekable();
    let mut all = Vec::new();
    for (at, old) in before.statements.iter().enumerate() {
        // With as many left as there are to come, there is no choice.
        let is_forced = rest.len() == before.statements.len() - at;
        let next = rest.peek().copied().filter(|new| {
            new.actions.negated == old.actions.negated
                && frames_agree(&new.frame, &old.frame) == Some(false)
                && (is_forced || is_part(new, old))
        });
        if next.is_some() {
            rest.next();
        }
        all.push(next);
    }
    rest.next().is_none().then_some(all)
}

/// Whether a list of actions can be what is left of another.
fn is_part(new: &MeantStatement, old: &MeantStatement) -> bool {
    if old.actions.negated {
        old.actions.names.is_subset(&new.actions.names)
    } else {
        new.actions
            .names
            .iter()
            .all(|it| old.actions.names.iter().any(|old| covers(old, it)))
    }
}

/// Whether a pattern covers another text, which may be a pattern. Both in small letters.
fn covers(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t, mut star) = (0, 0, None);
    while let Some(byte) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(it) if it == byte || *it == b'?' && *byte != b'*' => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
        }
    }
    pattern
        .get(p..)
        .is_some_and(|rest| rest.iter().all(|it| *it == b'*'))
}

/// The replacement of an entry, and what follows it.
type Plan = Vec<Vec<String>>;

/// The replacement of each entry of the old list, in the author's spelling.
fn planned(statement: &CodeStatement, after: &MeantStatement) -> Plan {
    let small = |text: &str| text.to_ascii_lowercase();
    let mut known = BTreeSet::new();
    let mut plan: Plan = Vec::new();
    for entry in &statement.entries {
        let name = small(&entry.text);
        plan.push(if after.actions.names.contains(&name) {
            vec![entry.text.clone()]
        } else {
            Vec::new()
        });
        known.insert(name);
    }
    for text in &after.texts {
        let name = small(text);
        if !known.insert(name.clone()) {
            continue;
        }
        // In the place of the pattern that it comes from.
        let of = statement.entries.iter().zip(&plan).position(|(entry, now)| {
            let is_gone = now.first().is_none_or(|first| *first != entry.text);
            is_gone && covers(&small(&entry.text), &name)
        });
        let last = plan.len().saturating_sub(1);
        if let Some(place) = plan.get_mut(of.unwrap_or(last)) {
            place.push(text.clone());
        }
    }
    plan
}

fn statement_of(
    text: &str,
    language: Language,
    statement: &CodeStatement,
    after: &MeantStatement,
) -> Option<(Range<usize>, String)> {
    if !after.texts.iter().all(|it| is_plain(it)) {
        return None;
    }
    let plan = planned(statement, after);
    let written = |entry: &Entry, names: &[String]| -> Option<Vec<String>> {
        names
            .iter()
            .map(|name| {
                if *name == entry.text {
                    text.get(entry.span.clone()).map(str::to_owned)
                } else {
                    quoted(name, entry.quote)
                }
            })
            .collect()
    };
    let new: Vec<Vec<String>> = statement
        .entries
        .iter()
        .zip(&plan)
        .map(|(entry, names)| written(entry, names))
        .collect::<Option<_>>()?;
    let spans: Vec<Range<usize>> = statement.entries.iter().map(|it| it.span.clone()).collect();
    let (span, layout) = &statement.list;
    match layout {
        Some(NodeLayout::Flow) => flow(text, language, span, &spans, &new),
        Some(NodeLayout::Block) => block(text, &spans, &new),
        Some(NodeLayout::Blocks) => None,
        None => match new.into_iter().flatten().collect::<Vec<_>>().as_slice() {
            [] => None,
            [one] => Some((span.clone(), one.clone())),
            many => Some((span.clone(), format!("[{}]", many.join(", ")))),
        },
    }
}

/// Whether a text is nothing but an action or a pattern of actions: it is quoted the same way everywhere.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"-:*?_".contains(&it))
}

fn quoted(name: &str, quote: Quote) -> Option<String> {
    match quote {
        // In YAML a text that begins with a star is an alias, and one with a question mark a key.
        Quote::Plain if name.starts_with(|it: char| it.is_ascii_alphabetic()) && name.contains(':') => {
            Some(name.to_owned())
        }
        Quote::Plain | Quote::Double => Some(format!("\"{name}\"")),
        Quote::Single => Some(format!("'{name}'")),
        Quote::Other => None,
    }
}

fn plain(items: Vec<Option<String>>) -> Plan {
    items.into_iter().map(|it| it.into_iter().collect()).collect()
}

/// A list of YAML with a line for each item.
fn block(text: &str, items: &[Range<usize>], new: &[Vec<String>]) -> Option<(Range<usize>, String)> {
    let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let (mut out, mut at, mut from) = (String::new(), None, 0);
    let mut ends_with_line = true;
    for (item, texts) in items.iter().zip(new) {
        let start = line_start(text, item.start);
        let end = line_end(text, item.end);
        let (prefix, suffix) = (text.get(start..item.start)?, text.get(item.end..end)?);
        let is_dash = prefix
            .trim_start()
            .strip_prefix('-')
            .is_some_and(|it| !it.is_empty() && it.trim().is_empty());
        if !is_dash || text.get(item.clone())?.contains('\n') {
            return None;
        }
        // Comments and blank lines between the items stay.
        match at {
            None => from = start,
            Some(at) => out.push_str(text.get(at..start)?),
        }
        for (number, name) in texts.iter().enumerate() {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push_str(eol);
            }
            out.push_str(prefix);
            out.push_str(name);
            out.push_str(if number == 0 { suffix } else { eol });
        }
        ends_with_line = suffix.ends_with('\n');
        at = Some(end);
    }
    if !ends_with_line {
        out.truncate(out.trim_end_matches(['\r', '\n']).len());
    }
    Some((from..at?, out))
}

/// The lines of something that has them to itself, to go.
fn lines(text: &str, span: &Range<usize>) -> Option<(Range<usize>, String)> {
    let (start, end) = (line_start(text, span.start), line_end(text, span.end));
    let before = text.get(start..span.start)?.trim();
    let after = text.get(span.end..end)?.trim();
    let is_alone = (before.is_empty() || before == "-") && (after.is_empty() || after.starts_with('#'));
    is_alone.then(|| (start..end, String::new()))
}

/// With the blank line above, so that none is left where there were two blocks.
fn with_blank_line(text: &str, (lines, new): (Range<usize>, String)) -> (Range<usize>, String) {
    let above = line_start(text, lines.start.saturating_sub(1));
    let is_blank = lines.start > 0
        && text
            .get(above..lines.start)
            .is_some_and(|it| it.trim().is_empty());
    (if is_blank { above..lines.end } else { lines }, new)
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at)
        .and_then(|it| it.rfind('\n'))
        .map_or(0, |it| it + 1)
}

/// Behind the end of the line; what ends with one ends there.
fn line_end(text: &str, at: usize) -> usize {
    if at > 0 && text.get(at - 1..at) == Some("\n") {
        return at;
    }
    text.get(at..)
        .and_then(|it| it.find('\n'))
        .map_or(text.len(), |it| at + it + 1)
}

fn applied(text: &str, mut changes: Vec<(Range<usize>, String)>) -> Option<String> {
    changes.sort_by_key(|(span, _)| (span.start, span.end));
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (span, new) in changes {
        // `None` where two of them overlap.
        out.push_str(text.get(at..span.start)?);
        out.push_str(&new);
        at = span.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn a_pattern_covers_what_comes_of_it() {
        for (pattern, text) in [
            ("s3:*", "s3:get*"),
            ("*", "s3:get*"),
            ("s3:get?cl", "s3:getacl"),
            ("s3:get*", "s3:get*"),
        ] {
            assert!(covers(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("s3:get*", "s3:put*"),
            ("s3:getobject", "s3:get*"),
            ("s3:get?", "s3:get*"),
        ] {
            assert!(!covers(pattern, text), "{pattern} {text}");
        }
    }
}

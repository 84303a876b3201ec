//! A difference as two sides: what stood there, and beside it what stands there now, with what changed in a line marked.
//!
//! It is read from the unified difference that lies beside the documents, so that the two cannot disagree.

use std::collections::VecDeque;

/// A row of the two sides.
pub(super) enum Row<'d> {
    /// Where the next rows stand.
    Place(&'d str),
    /// The same on both sides.
    Same(&'d str),
    /// Before and after, each if it is there.
    Pair(Option<Marked<'d>>, Option<Marked<'d>>),
}

/// A line of which the middle is not on the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marked<'d> {
    pub(super) before: &'d str,
    pub(super) middle: &'d str,
    pub(super) after: &'d str,
}

/// The rows of a unified difference.
pub(super) fn rows(diff: &str) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    let (mut gone, mut come) = (VecDeque::new(), VecDeque::new());
    for line in diff.lines().filter(|line| !line.starts_with("--- ") && !line.starts_with("+++ ")) {
        match line.split_at_checked(1) {
            Some(("-", text)) => gone.push_back(text),
            Some(("+", text)) => come.push_back(text),
            other => {
                pair(&mut gone, &mut come, &mut rows);
                rows.push(match other {
                    Some((" ", text)) => Row::Same(text),
                    _ => Row::Place(line),
                });
            }
        }
    }
    pair(&mut gone, &mut come, &mut rows);
    rows
}

/// Lines that went and lines that came in one place: each new one beside the old one that it begins like.
fn pair<'d>(gone: &mut VecDeque<&'d str>, come: &mut VecDeque<&'d str>, rows: &mut Vec<Row<'d>>) {
    while let Some(old) = gone.pop_front() {
        match come.front().copied().filter(|new| is_like(old, new)) {
            Some(new) => {
                come.pop_front();
                let (left, right) = marked(old, new);
                rows.push(Row::Pair(Some(left), Some(right)));
                // All that follows from one pattern stands below it.
                while let Some(new) = come.front().copied() {
                    let next = gone.front().copied();
                    if !is_like(old, new) || next.is_some_and(|next| is_like(next, new)) {
                        break;
                    }
                    come.pop_front();
                    rows.push(Row::Pair(None, Some(marked(old, new).1)));
                }
            }
            None => rows.push(Row::Pair(Some(whole(old)), None)),
        }
    }
    rows.extend(come.drain(..).map(|new| Row::Pair(None, Some(whole(new)))));
}

/// Whether a line may stand for another: they begin alike up to the first wildcard of the old one, or the first letters of
/// a name.
fn is_like(old: &str, new: &str) -> bool {
    let head = old.find(['*', '?']).unwrap_or_else(|| old.trim_end_matches([',', '"']).len());
    old.get(..head).is_some_and(|head| new.starts_with(head))
        || old.trim_start().split(':').next() == new.trim_start().split(':').next() && old.contains("\":")
}

fn whole(line: &str) -> Marked<'_> {
    Marked { before: line, middle: "", after: "" }
}

/// Two lines, with what they have in common at the beginning and at the end taken off.
fn marked<'d>(old: &'d str, new: &'d str) -> (Marked<'d>, Marked<'d>) {
    let same = |(a, b): &(char, char)| a == b;
    let head: usize = old.chars().zip(new.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let (old_rest, new_rest) = (old.get(head..).unwrap_or_default(), new.get(head..).unwrap_or_default());
    let tail = old_rest.chars().rev().zip(new_rest.chars().rev()).take_while(same);
    let tail: usize = tail.map(|(c, _)| c.len_utf8()).sum();
    let cut = |line: &'d str, rest: &'d str| {
        let end = rest.len() - tail;
        Marked {
            before: line.get(..head).unwrap_or_default(),
            middle: rest.get(..end).unwrap_or_default(),
            after: rest.get(end..).unwrap_or_default(),
        }
    };
    (cut(old, old_rest), cut(new, new_rest))
}

#[cfg(test)]
mod tests {
    use super::{Marked, Row, rows};

    fn told(diff: &str) -> Vec<String> {
        let mark = |it: Option<Marked<'_>>| it.map(|it| format!("{}[{}]{}", it.before, it.middle, it.after));
        let row = |row| match row {
            Row::Place(text) => text.to_owned(),
            Row::Same(text) => format!("={text}"),
            Row::Pair(left, right) => {
                format!("{}|{}", mark(left).unwrap_or_default(), mark(right).unwrap_or_default())
            }
        };
        rows(diff).into_iter().map(row).collect()
    }

    #[test]
    fn what_takes_the_place_of_a_pattern_stands_beside_and_below_it_with_what_differs_marked() {
        let diff = "--- a\n+++ b\n@@ -1 +1 @@\n {\n-\"s3:Get*\",\n-\"s3:Put*\",\n-\"sns:Publish\"\n\
                    +\"s3:GetObject*\",\n+\"s3:GetJob\",\n+\"s3:PutObject\"\n }\n";
        let wanted = [
            "@@ -1 +1 @@",
            "={",
            "\"s3:Get[]*\",[]|\"s3:Get[Object]*\",",
            "|\"s3:Get[Job]\",",
            "\"s3:Put[*\",]|\"s3:Put[Object\"]",
            "\"sns:Publish\"[]|",
            "=}",
        ];
        let told = told(diff);
        assert_eq!(told.len(), wanted.len(), "{told:#?}");
        for (told, wanted) in told.iter().zip(wanted) {
            // Where a line is whole, its mark is empty and may stand anywhere.
            assert_eq!(told.replace("[]", ""), wanted.replace("[]", ""));
        }
    }

    #[test]
    fn marks_never_cut_a_character() {
        assert_eq!(told("-\"é*\"\n+\"éü\"\n"), ["\"é[*]\"|\"é[ü]\""]);
    }
}

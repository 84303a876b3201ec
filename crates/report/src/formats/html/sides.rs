//! A side-by-side diff, with the changed part of each line marked.
//!
//! It is derived from the unified diff that the report also contains, so that the two cannot differ.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;

use super::text::Content;

/// A row of the diff. Consecutive lines share a row, unless each has a counterpart.
pub(super) enum SideRow<'d> {
    /// Position of the next rows.
    Place(&'d str),
    /// Lines on one side only, or the same on both.
    Lines(Side, Vec<Marked<'d>>),
    /// A line before and after.
    Pair(Marked<'d>, Marked<'d>),
}

/// Which side lines are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Both,
    Before,
    After,
}

/// A line whose middle part differs from the other side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marked<'d> {
    pub(super) before: &'d str,
    pub(super) middle: &'d str,
    pub(super) after: &'d str,
}

impl fmt::Display for Marked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Content(self.before).fmt(f)?;
        if !self.middle.is_empty() {
            f.write_str("<mark>")?;
            Content(self.middle).fmt(f)?;
            f.write_str("</mark>")?;
        }
        Content(self.after).fmt(f)
    }
}

impl HtmlSafe for Marked<'_> {}

/// Consecutive lines, each after the sign of its side.
pub(super) struct LineBlock<'r, 'd>(pub(super) char, pub(super) &'r [Marked<'d>]);

impl fmt::Display for LineBlock<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, line) in self.1.iter().enumerate() {
            if at > 0 {
                f.write_char('\n')?;
            }
            f.write_char(self.0)?;
            line.fmt(f)?;
        }
        Ok(())
    }
}

impl HtmlSafe for LineBlock<'_, '_> {}

/// The rows of a unified diff.
pub(super) fn rows(diff: &str) -> Vec<SideRow<'_>> {
    let mut rows = Rows(Vec::new());
    let (mut gone, mut come) = (VecDeque::new(), VecDeque::new());
    for line in diff
        .lines()
        .filter(|line| !line.starts_with("--- ") && !line.starts_with("+++ "))
    {
        match line.split_at_checked(1) {
            Some(("-", text)) => gone.push_back(text),
            Some(("+", text)) => come.push_back(text),
            other => {
                pair(&mut gone, &mut come, &mut rows);
                match other {
                    Some((" ", text)) => rows.line(Side::Both, whole(text)),
                    _ => rows.0.push(SideRow::Place(line)),
                }
            }
        }
    }
    pair(&mut gone, &mut come, &mut rows);
    rows.0
}

struct Rows<'d>(Vec<SideRow<'d>>);

impl<'d> Rows<'d> {
    fn line(&mut self, side: Side, line: Marked<'d>) {
        match self.0.last_mut() {
            Some(SideRow::Lines(last, lines)) if *last == side => lines.push(line),
            _ => self.0.push(SideRow::Lines(side, vec![line])),
        }
    }
}

/// Pairs removed and added lines in one place: each new line with the old one whose beginning it shares.
fn pair<'d>(gone: &mut VecDeque<&'d str>, come: &mut VecDeque<&'d str>, rows: &mut Rows<'d>) {
    while let Some(old) = gone.pop_front() {
        match come.front().copied().filter(|new| is_like(old, new)) {
            Some(new) => {
                come.pop_front();
                let (left, right) = marked(old, new);
                rows.0.push(SideRow::Pair(left, right));
                // Everything that one pattern covers follows it.
                while let Some(new) = come.front().copied() {
                    let next = gone.front().copied();
                    if !is_like(old, new) || next.is_some_and(|next| is_like(next, new)) {
                        break;
                    }
                    come.pop_front();
                    rows.line(Side::After, marked(old, new).1);
                }
            }
            None => rows.line(Side::Before, whole(old)),
        }
    }
    come.drain(..).for_each(|new| rows.line(Side::After, whole(new)));
}

/// Whether a line may replace another: they are equal up to the first wildcard of the old one, or in the first
/// letters of a name.
fn is_like(old: &str, new: &str) -> bool {
    let head = old
        .find(['*', '?'])
        .unwrap_or_else(|| old.trim_end_matches([',', '"']).len());
    old.get(..head).is_some_and(|head| new.starts_with(head))
        || old.trim_start().split(':').next() == new.trim_start().split(':').next() && old.contains("\":")
}

fn whole(line: &str) -> Marked<'_> {
    Marked {
        before: line,
        middle: "",
        after: "",
    }
}

/// Splits off what two lines have in common at the beginning and at the end.
fn marked<'d>(old: &'d str, new: &'d str) -> (Marked<'d>, Marked<'d>) {
    let same = |(a, b): &(char, char)| a == b;
    let head: usize = old
        .chars()
        .zip(new.chars())
        .take_while(same)
        .map(|(c, _)| c.len_utf8())
        .sum();
    let (old_rest, new_rest) = (
        old.get(head..).unwrap_or_default(),
        new.get(head..).unwrap_or_default(),
    );
    let tail = old_rest
        .chars()
        .rev()
        .zip(new_rest.chars().rev())
        .take_while(same);
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
    use super::{Marked, Side, SideRow, rows};

    fn told(diff: &str) -> Vec<String> {
        let mark = |it: &Marked<'_>| format!("{}[{}]{}", it.before, it.middle, it.after);
        let all = |lines: &[Marked<'_>]| lines.iter().map(mark).collect::<Vec<_>>().join("/");
        let row = |row| match row {
            SideRow::Place(text) => text.to_owned(),
            SideRow::Lines(Side::Both, lines) => format!("={}", all(&lines)),
            SideRow::Lines(Side::Before, lines) => format!("{}|", all(&lines)),
            SideRow::Lines(Side::After, lines) => format!("|{}", all(&lines)),
            SideRow::Pair(left, right) => format!("{}|{}", mark(&left), mark(&right)),
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
            "\"sns:Publish\"|",
            "=}",
        ];
        let told = told(diff);
        assert_eq!(told.len(), wanted.len(), "{told:#?}");
        for (told, wanted) in told.iter().zip(wanted) {
            // The mark of a line without changes is empty, so its position does not matter.
            assert_eq!(told.replace("[]", ""), wanted.replace("[]", ""));
        }
    }

    #[test]
    fn lines_with_nothing_beside_them_stand_together() {
        let diff = "@@ -1 +1 @@\n {\n [\n-\"a:B\"\n-\"c:D\"\n ]\n+\"e:F\"\n+\"g:H\"\n }\n";
        let wanted = [
            "@@ -1 +1 @@",
            "={/[",
            "\"a:B\"/\"c:D\"|",
            "=]",
            "|\"e:F\"/\"g:H\"",
            "=}",
        ];
        assert_eq!(
            told(diff)
                .iter()
                .map(|row| row.replace("[]", ""))
                .collect::<Vec<_>>(),
            wanted
        );
    }

    #[test]
    fn marks_never_cut_a_character() {
        assert_eq!(told("-\"é*\"\n+\"éü\"\n"), ["\"é[*]\"|\"é[ü]\""]);
    }
}

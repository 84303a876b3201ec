//! A list in brackets, with its comments, commas and line ends.

use std::ops::Range;

use crate::tree::Language;

/// A list in brackets, written anew around its items: their comments and line ends stay, also those above what goes.
pub(super) fn flow(
    text: &str,
    language: Language,
    list: &Range<usize>,
    items: &[Range<usize>],
    new: &[Vec<String>],
) -> Option<(Range<usize>, String)> {
    let inner = text.get(list.clone())?.strip_prefix('[')?.strip_suffix(']')?;
    let from = list.start + 1;
    let to = from + inner.len();
    // The text before each item, and after its comma up to the end of the line.
    struct EditPiece<'t> {
        lead: &'t str,
        after: &'t str,
        trail: &'t str,
    }
    let (first, mut at) = line_rest(text.get(from..to)?, language);
    at += from;
    let mut pieces = Vec::new();
    let mut has_comma = false;
    for (index, item) in items.iter().enumerate() {
        let lead = text.get(at..item.start)?;
        let next = items.get(index + 1).map_or(to, |it| it.start);
        let gap = text.get(item.end..next)?;
        let comma = comma(gap, language);
        has_comma = comma.is_some();
        if !has_comma && index + 1 < items.len() {
            return None;
        }
        let (after, behind) = match comma {
            Some(comma) => (gap.get(..comma)?, gap.get(comma + 1..)?),
            None => ("", gap),
        };
        let (trail, length) = line_rest(behind, language);
        at = next - behind.len() + length;
        pieces.push(EditPiece { lead, after, trail });
    }
    let closing = text.get(at..to)?;
    let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let in_lines = pieces
        .iter()
        .any(|it| it.lead.contains('\n') || it.trail.contains('\n'))
        || first.contains('\n');
    let mut out = format!("[{first}");
    // Position of the last comma. A new last item has one only if the old one had.
    let mut last_comma = None;
    let mut is_first = true;
    for (piece, texts) in pieces.iter().zip(new) {
        let at = piece.lead.rfind('\n').map_or(0, |at| at + 1);
        let (above, indent) = piece.lead.split_at_checked(at)?;
        if !indent.trim().is_empty() {
            // A comment within the line belongs to what follows it.
            return None;
        }
        out.push_str(above);
        for (number, item) in texts.iter().enumerate() {
            let is_last = number + 1 == texts.len();
            let lead = match (in_lines, is_first) {
                (false, true) => pieces.first().map_or("", |it| it.lead),
                (false, false) if number > 0 || indent.is_empty() => " ",
                _ => indent,
            };
            is_first = false;
            out.push_str(lead);
            out.push_str(item);
            if is_last {
                out.push_str(piece.after);
            }
            last_comma = Some(out.len());
            out.push(',');
            match (is_last, in_lines) {
                (true, _) => out.push_str(piece.trail),
                (false, true) => out.push_str(eol),
                (false, false) => {}
            }
        }
    }
    if let Some(comma) = last_comma.filter(|_| !has_comma) {
        out.remove(comma);
        // The bracket follows the last item, as before.
        let was_in_line = pieces.last().is_some_and(|it| it.trail.is_empty());
        let rest = out.get(comma..).unwrap_or_default();
        if was_in_line && rest.trim().is_empty() {
            out.truncate(comma);
        }
    }
    out.push_str(closing);
    out.push(']');
    Some((list.clone(), out))
}

/// Up to and with the end of the line, if nothing but a comment is left of it.
fn line_rest(text: &str, language: Language) -> (&str, usize) {
    let end = text.find('\n').map_or(text.len(), |at| at + 1);
    let line = text.get(..end).unwrap_or_default();
    let rest = line.trim();
    let is_comment = match language {
        Language::Hcl => rest.starts_with('#') || rest.starts_with("//"),
        Language::Yaml => rest.starts_with('#'),
        Language::Json => false,
    };
    if line.ends_with('\n') && (rest.is_empty() || is_comment) {
        (line, end)
    } else {
        ("", 0)
    }
}

/// Position of the comma between two items, outside comments.
fn comma(gap: &str, language: Language) -> Option<usize> {
    let (mut rest, mut at) = (gap, 0);
    loop {
        let skipped = match (rest.chars().next()?, language) {
            (',', _) => return Some(at),
            ('#', Language::Hcl | Language::Yaml) => rest.find('\n')?,
            ('/', Language::Hcl) if rest.starts_with("//") => rest.find('\n')?,
            ('/', Language::Hcl) if rest.starts_with("/*") => rest.find("*/")? + 2,
            (it, _) if it.is_whitespace() => it.len_utf8(),
            _ => return None,
        };
        at += skipped;
        rest = rest.get(skipped..)?;
    }
}

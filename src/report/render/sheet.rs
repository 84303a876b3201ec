//! Files for spreadsheets and trackers: RFC 4180, and cells that no program takes for anything but text.

/// Spreadsheets cut a longer cell.
const LONGEST_CELL: usize = 32_767;

/// A cell that no spreadsheet takes for a formula, and none cuts without a word.
pub(super) fn guarded(cell: String) -> String {
    let mut cell = match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{cell}"),
        false => cell,
    };
    // No text has more units of UTF-16 than bytes.
    let length = if cell.len() > LONGEST_CELL { cell.encode_utf16().count() } else { 0 };
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

/// Rows as RFC 4180 has them.
pub(super) fn rows(rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        // Writing to memory cannot fail, and all rows are of one length.
        let _ = writer.write_record(&row);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

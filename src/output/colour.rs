//! Colour on a terminal: `--color`, `NO_COLOR`, and none in a pipe.
//!
//! Text is cleaned before it is coloured. Only our own words at the beginning of a line are coloured, so that no
//! name that someone else chose can look like an error.

use std::borrow::Cow;
use std::io;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// Where the second column of the table begins.
pub(super) const LABEL: usize = 14;

/// The first words of a line, and what they look like.
const WORDS: [(&str, Style); 8] = [
    ("error:", AnsiColor::Red.on_default().bold()),
    ("FAILED:", AnsiColor::Red.on_default().bold()),
    ("refuted", AnsiColor::Red.on_default().bold()),
    ("warning:", AnsiColor::Yellow.on_default().bold()),
    ("undecided", AnsiColor::Yellow.on_default().bold()),
    ("help:", AnsiColor::Cyan.on_default().bold()),
    ("OK:", AnsiColor::Green.on_default().bold()),
    ("proven", AnsiColor::Green.on_default().bold()),
];
const LABELS: Style = Style::new().bold();
/// Rows of the summary that need action.
const URGENT: [&str; 2] = ["incomplete", "bug"];

/// Follows `--color` from now on.
pub(crate) fn choose(choice: Option<clap::ColorChoice>) {
    match choice {
        Some(clap::ColorChoice::Always) => ColorChoice::Always.write_global(),
        Some(clap::ColorChoice::Never) => ColorChoice::Never.write_global(),
        Some(clap::ColorChoice::Auto) | None => {}
    }
}

/// Text for standard output.
pub(crate) fn on_stdout(text: &str) -> Cow<'_, str> {
    painted(text, AutoStream::choice(&io::stdout()), words)
}

/// Text for standard error.
pub(crate) fn on_stderr(text: &str) -> Cow<'_, str> {
    painted(text, AutoStream::choice(&io::stderr()), words)
}

/// The summary of a scan with highlighted labels.
pub(crate) fn of_summary(text: &str) -> Cow<'_, str> {
    painted(text, AutoStream::choice(&io::stderr()), labels)
}

fn painted(text: &str, choice: ColorChoice, line: fn(&str) -> String) -> Cow<'_, str> {
    match choice {
        ColorChoice::Never => text.into(),
        _ => text.split_inclusive('\n').map(line).collect::<String>().into(),
    }
}

fn words(line: &str) -> String {
    let text = line.trim_start_matches(' ');
    let indent = line.len() - text.len();
    let found = WORDS
        .iter()
        .find_map(|(word, style)| Some((word, style, text.strip_prefix(word)?)));
    match found {
        Some((word, style, rest)) => format!("{:indent$}{style}{word}{style:#}{rest}", ""),
        None => line.to_owned(),
    }
}

fn labels(line: &str) -> String {
    let Some((label, rest)) = line
        .split_at_checked(LABEL)
        .filter(|(label, _)| label.ends_with(' '))
    else {
        return line.to_owned();
    };
    let name = label.trim_end();
    if name.is_empty() {
        return line.to_owned();
    }
    let style = if URGENT.contains(&name) {
        AnsiColor::Yellow.on_default().bold()
    } else {
        LABELS
    };
    format!("{style}{name}{style:#}{:1$}{rest}", "", label.len() - name.len())
}

#[cfg(test)]
mod tests {
    use anstream::ColorChoice;

    use super::words;
    use super::{labels, painted};

    #[test]
    fn without_colour_a_text_is_what_it_was() {
        assert_eq!(painted("error: no\n", ColorChoice::Never, words), "error: no\n");
    }

    #[test]
    fn only_the_first_word_of_a_line_is_painted() {
        let shown = painted("error: a warning: b\n  help: c\n", ColorChoice::Always, words);
        let (red, cyan, off) = ("\u{1b}[1m\u{1b}[31m", "\u{1b}[1m\u{1b}[36m", "\u{1b}[0m");
        assert_eq!(
            shown,
            format!("{red}error:{off} a warning: b\n  {cyan}help:{off} c\n")
        );
    }

    #[test]
    fn the_table_keeps_its_columns() {
        let shown = labels("accounts      9 of 9\n");
        assert_eq!(
            shown.replace("\u{1b}[1m", "").replace("\u{1b}[0m", ""),
            "accounts      9 of 9\n"
        );
        assert_eq!(labels("                more\n"), "                more\n");
    }
}

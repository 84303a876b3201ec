//! The catalog as text: what is kept in the repository, in the user's cache and in a report.
//!
//! ```text
//! leastwise-catalog 1
//! version 0.1.202610271
//! updated 2026-10-27T04:50:33.626Z
//! source where the facts come from
//!
//! s3
//! R GetObject
//! ```
//!
//! A header, a blank line, then one block per service: its prefix and one line per action. The first
//! letter is the access level (`L`ist, `R`ead, `W`rite, `T`agging, `P`ermissions management); the sign
//! behind it says whether IAM tracks when the action was last used: `+` it does, `-` it does not, a blank
//! that the source does not say.

use memchr::memmem;

/// The first line.
pub(crate) const TITLE: &str = "leastwise-catalog 1";

/// What stands above the services.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Header {
    pub(crate) version: String,
    pub(crate) updated: String,
    pub(crate) source: String,
}

/// One line of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'t> {
    /// The letter of the access level.
    pub(crate) level: char,
    /// `+`, `-` or a blank.
    pub(crate) tracked: char,
    pub(crate) name: &'t str,
}

/// One service of a catalog: its prefix, and the text of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block<'t> {
    pub(crate) prefix: &'t str,
    pub(crate) body: &'t str,
    /// All the text above the body.
    above: &'t str,
}

/// The line, counted from 1, that cannot be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadLine {
    pub(crate) line: usize,
    pub(crate) problem: &'static str,
}

/// Reads the header alone: enough to know how old a catalog is.
pub(crate) fn header(text: &str) -> Result<Header, BadLine> {
    let mut header = Header::default();
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, line)| line) != Some(TITLE) {
        return Err(BadLine { line: 1, problem: "the file does not start with `leastwise-catalog 1`" });
    }
    for (index, line) in lines.take_while(|(_, line)| !line.is_empty()) {
        match line.split_once(' ') {
            Some(("version", value)) => value.clone_into(&mut header.version),
            Some(("updated", value)) => value.clone_into(&mut header.updated),
            Some(("source", value)) => value.clone_into(&mut header.source),
            _ => return Err(BadLine { line: index + 1, problem: "unknown header line" }),
        }
    }
    Ok(header)
}

/// Finds the services. What stands in their lines is read by [`Block::lines`].
pub(crate) fn blocks(text: &str) -> Vec<Block<'_>> {
    // Among half a megabyte of short lines the blank ones are found many bytes at a time.
    let mut blanks = memmem::find_iter(text.as_bytes(), "\n\n").peekable();
    let mut blocks = Vec::new();
    while let Some(blank) = blanks.next() {
        let start = blank + 2;
        let block = text.get(start..blanks.peek().copied().unwrap_or(text.len())).unwrap_or_default();
        let (prefix, body) = block.split_once('\n').unwrap_or((block, ""));
        if !block.is_empty() {
            let above = text.get(..start + block.len() - body.len()).unwrap_or_default();
            blocks.push(Block { prefix: prefix.trim_end(), body, above });
        }
    }
    blocks
}

impl<'t> Block<'t> {
    /// Its actions, in the order of the text.
    pub(crate) fn lines(&self) -> Result<Vec<Line<'t>>, BadLine> {
        lines(self.body).collect::<Result<_, usize>>().map_err(|at| BadLine {
            line: self.above.lines().count() + 1 + at,
            problem: "expected an access level, a sign and an action name",
        })
    }
}

/// The lines of a block's text; those that are none, by their place.
pub(crate) fn lines(body: &str) -> impl Iterator<Item = Result<Line<'_>, usize>> {
    body.lines().enumerate().map(|(at, line)| {
        let mut chars = line.chars();
        match (chars.next(), chars.next(), chars.as_str()) {
            (Some(level @ ('L' | 'R' | 'W' | 'T' | 'P')), Some(tracked @ ('+' | '-' | ' ')), name)
                if !name.is_empty() =>
            {
                Ok(Line { level, tracked, name })
            }
            _ => Err(at),
        }
    })
}

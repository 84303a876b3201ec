//! The catalog as text, for the repository, the user's cache and reports.
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
//! A header, a blank line, then one block for each service: its prefix and one line for each action. The first
//! letter is the access level (`L`ist, `R`ead, `W`rite, `T`agging, `P`ermissions management). The next character
//! says whether IAM tracks the last use of the action: `+` yes, `-` no, a blank if the source does not say.

use memchr::memmem;

/// The first line.
pub(crate) const TITLE: &str = "leastwise-catalog 1";

/// The lines above the services.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Header {
    pub(crate) version: String,
    pub(crate) updated: String,
    pub(crate) source: String,
}

/// A line of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'t> {
    /// Letter of the access level.
    pub(crate) level: char,
    /// `+`, `-` or a blank.
    pub(crate) tracked: char,
    pub(crate) name: &'t str,
}

/// A service of a catalog: its prefix, and the text of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block<'t> {
    pub(crate) prefix: &'t str,
    pub(crate) body: &'t str,
    /// All text above the body.
    above: &'t str,
}

/// Number of the invalid line, from 1, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadLine {
    pub(crate) line: usize,
    pub(crate) problem: &'static str,
}

/// Parses only the header, to find out how old a catalog is.
pub(crate) fn header(text: &str) -> Result<Header, BadLine> {
    let mut header = Header::default();
    let mut lines = text.lines().enumerate();
    if lines.next().map(|(_, line)| line) != Some(TITLE) {
        return Err(BadLine {
            line: 1,
            problem: "the file does not start with `leastwise-catalog 1`",
        });
    }
    for (index, line) in lines.take_while(|(_, line)| !line.is_empty()) {
        match line.split_once(' ') {
            Some(("version", value)) => value.clone_into(&mut header.version),
            Some(("updated", value)) => value.clone_into(&mut header.updated),
            Some(("source", value)) => value.clone_into(&mut header.source),
            _ => {
                return Err(BadLine {
                    line: index + 1,
                    problem: "unknown header line",
                });
            }
        }
    }
    Ok(header)
}

/// Finds the services. [`Block::lines`] parses their lines.
pub(crate) fn blocks(text: &str) -> Vec<Block<'_>> {
    // Finds blank lines many bytes at a time in half a megabyte of short lines.
    let mut blanks = memmem::find_iter(text.as_bytes(), "\n\n").peekable();
    let mut blocks = Vec::new();
    while let Some(blank) = blanks.next() {
        let start = blank + 2;
        let block = text
            .get(start..blanks.peek().copied().unwrap_or(text.len()))
            .unwrap_or_default();
        let (prefix, body) = block.split_once('\n').unwrap_or((block, ""));
        if !block.is_empty() {
            let above = text.get(..start + block.len() - body.len()).unwrap_or_default();
            blocks.push(Block {
                prefix: prefix.trim_end(),
                body,
                above,
            });
        }
    }
    blocks
}

impl<'t> Block<'t> {
    /// Its actions, in the order of the text.
    pub(crate) fn lines(&self) -> Result<Vec<Line<'t>>, BadLine> {
        lines(self.body)
            .collect::<Result<_, usize>>()
            .map_err(|at| BadLine {
                line: self.above.lines().count() + 1 + at,
                problem: "expected an access level, a sign and an action name",
            })
    }
}

/// The lines of a block, and the positions of invalid ones.
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

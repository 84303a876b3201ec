//! `leastwise explain`: what a code means, as docs/codes.md has it.

use std::io::{self, Write};

use crate::cli::{Exit, Explain};
use crate::output::error::RunError;
use leastwise_core::closest::closest;
use leastwise_core::report::numbers::capital;
use leastwise_report::formats::code_of_rule;

/// The page of the manual that explains every code.
const PAGE: &str = include_str!("../../docs/codes.md");

/// A code, and what it means in each place where it is used.
struct Explained<'p> {
    code: &'p str,
    meanings: Vec<String>,
}

pub(super) fn run(args: &Explain) -> Result<Exit, RunError> {
    let all = explained(PAGE);
    let text = match &args.code {
        None => all.iter().fold(String::new(), |text, it| text + it.code + "\n"),
        Some(code) => {
            let find = |wanted: &str| all.iter().find(|it| it.code.eq_ignore_ascii_case(wanted));
            let unknown = || RunError::UnknownCode {
                code: code.clone(),
                near: closest(code, all.iter().map(|it| it.code)).map(str::to_owned),
            };
            find(code)
                .or_else(|| find(code_of_rule(code)))
                .ok_or_else(unknown)?
                .text()
        }
    };
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(Exit::Finished)
}

/// All codes of the page, in its order: the rows of its tables, then those with a heading each. A code that has several
/// meanings is there once.
fn explained(page: &str) -> Vec<Explained<'_>> {
    let mut all: Vec<Explained<'_>> = Vec::new();
    let mut add = |code, meaning| match all.iter_mut().find(|it| it.code == code) {
        Some(known) => known.meanings.push(meaning),
        None => all.push(Explained {
            code,
            meanings: vec![meaning],
        }),
    };
    // What the rows of a table are, and the code that the lines of a list explain.
    let (mut kind, mut heading) = ("", "");
    for line in page.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        match cells.as_slice() {
            ["", what, "meaning", "example", "what to do", ""] => kind = what,
            ["", code, meaning, example, mend, ""] if !code.starts_with('-') => {
                let mend = if *mend == "nothing" {
                    String::new()
                } else {
                    format!(" What to do: {}.", plain(mend))
                };
                let (meaning, example) = (plain(meaning), plain(example));
                let meaning = format!("{}: {meaning}. Example: {example}.{mend}", capital(kind));
                add(code.trim_matches('`'), meaning);
            }
            _ => match (line.strip_prefix("## "), line.strip_prefix("- ")) {
                (Some(code), _) => heading = code,
                (None, Some(meaning)) => add(heading, plain(meaning)),
                (None, None) => {}
            },
        }
    }
    all
}

/// Markdown without the marks that only a page needs: bold, and where a link leads.
fn plain(markdown: &str) -> String {
    let markdown = markdown.replace("**", "");
    let mut links = markdown.split("](");
    let mut text = links.next().unwrap_or_default().to_owned();
    for rest in links {
        let begin = text.rfind('[').unwrap_or(text.len());
        let named = text.split_off(begin);
        text.push_str(named.strip_prefix('[').unwrap_or(&named));
        text.push_str(rest.split_once(')').map_or(rest, |(_, after)| after));
    }
    text
}

impl Explained<'_> {
    fn text(&self) -> String {
        let mut text = format!("{}\n", self.code);
        for meaning in &self.meanings {
            let lines = meaning.replacen(". Example: ", ".\n  Example: ", 1).replacen(
                ". What to do: ",
                ".\n  What to do: ",
                1,
            );
            text.push_str(&format!("\n  {lines}\n"));
        }
        text
    }
}

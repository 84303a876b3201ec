//! The configuration: what it means when it is right, and what is said when it is not.

mod example;
mod meaning;
mod mistakes;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;

use leastwise::config::{Config, Overrides, Problem};

fn read(text: &str) -> Config {
    Config::read(text, "leastwise.toml").unwrap_or_else(|problems| panic!("{}", told(&problems)))
}

fn refused(text: &str) -> Vec<Problem> {
    Config::read(text, "leastwise.toml").expect_err("it is refused")
}

/// As a command tells it.
fn told(problems: &[Problem]) -> String {
    problems.iter().fold(String::new(), |mut text, problem| {
        writeln!(text, "{problem}\n    {}", problem.help()).expect("a string takes everything");
        text
    })
}

fn with_environment(
    text: &str,
    variables: &[(&str, &str)],
    flags: &Overrides,
) -> Result<Config, Vec<Problem>> {
    let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
    Config::layered(
        Some((text, "leastwise.toml")),
        |name| variables.get(name).map(OsString::from),
        flags,
    )
}

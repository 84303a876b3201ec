//! The fake AWS as a program: `fake-aws --snapshot DIR --port N --page-size OPERATION=N --rate OPERATION=R ...`.
//!
//! Prints its address as the first line and answers until it is killed. `GET /_fake/calls` tells what was asked of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "it fails by panicking"
)]

#[path = "../../../tests/fake/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the tests use all of it")]
mod fake;

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use clap::Parser;
use fake::{Fake, Invented, Rule, World};

/// A fake AWS.
#[derive(Parser)]
struct Arguments {
    /// The snapshot that it serves.
    #[arg(long, value_name = "DIR", required_unless_present = "invented")]
    snapshot: Option<PathBuf>,
    /// An invented organisation in its place: accounts, principals each, seed.
    #[arg(long, value_name = "ACCOUNTS,PRINCIPALS,SEED", conflicts_with = "snapshot")]
    invented: Option<String>,
    /// The invented organisation so many nights later: in each, one finding in a hundred changes.
    #[arg(long, default_value_t = 0)]
    nights: u32,
    /// Where it listens; any free port for 0.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// How many threads answer.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// The most elements of a page.
    #[arg(long, value_name = "OPERATION=N")]
    page_size: Vec<String>,
    /// Pages are shorter than asked.
    #[arg(long)]
    short_pages: bool,
    /// Empty pages with a token go before each page.
    #[arg(long, value_name = "OPERATION")]
    empty_pages: Vec<String>,
    /// How many calls a second each account may make, and how many of them at once.
    #[arg(long, value_name = "OPERATION=R[:BURST]")]
    rate: Vec<String>,
    /// How long every call takes, in milliseconds, or the calls of one operation.
    #[arg(long, value_name = "[OPERATION=]MS")]
    latency: Vec<String>,
    /// The only role that can be assumed.
    #[arg(long)]
    role: Option<String>,
    /// What `AssumeRole` must come with.
    #[arg(long)]
    external_id: Option<String>,
    /// How long sessions last, in seconds, whatever the client asks for.
    #[arg(long)]
    session: Option<f64>,
    /// What goes wrong, with a probability: `throttle`, `internal`, `reset` and so on.
    #[arg(long, value_name = "FAULT[@OPERATION]=PROBABILITY")]
    fault: Vec<String>,
    /// The seed of what goes wrong.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() {
    let arguments = Arguments::parse();
    let world = match (&arguments.snapshot, &arguments.invented) {
        (Some(folder), _) => World::folder(folder),
        (None, numbers) => {
            let numbers = numbers.as_ref().unwrap();
            let numbers: Vec<u64> = numbers.split(',').map(|number| number.parse().unwrap()).collect();
            let size = |at: usize| usize::try_from(numbers[at]).unwrap();
            let invented = Invented {
                accounts: size(0),
                principals: size(1),
                seed: numbers[2],
            };
            World::invented_later(invented, arguments.nights)
        }
    };
    let mut setup = Fake::of(world).port(arguments.port).threads(arguments.threads);
    for (operation, size) in arguments.page_size.iter().map(|text| pair(text)) {
        setup = setup.page(operation, size.parse().unwrap());
    }
    if arguments.short_pages {
        setup = setup.short_pages();
    }
    for operation in &arguments.empty_pages {
        setup = setup.empty_pages(operation);
    }
    for (operation, rate) in arguments.rate.iter().map(|text| pair(text)) {
        setup = match rate.split_once(':') {
            Some((rate, burst)) => {
                setup.rate_with_burst(operation, rate.parse().unwrap(), burst.parse().unwrap())
            }
            None => setup.rate(operation, rate.parse().unwrap()),
        };
    }
    for text in &arguments.latency {
        let millis = |text: &str| Duration::from_secs_f64(text.parse::<f64>().unwrap() / 1000.0);
        setup = match text.split_once('=') {
            Some((operation, text)) => setup.latency_of(operation, millis(text)),
            None => setup.latency(millis(text)),
        };
    }
    if let Some(role) = &arguments.role {
        setup = setup.role(role);
    }
    if let Some(id) = &arguments.external_id {
        setup = setup.external_id(id);
    }
    if let Some(seconds) = arguments.session {
        setup = setup.session(Duration::from_secs_f64(seconds));
    }
    for (at, text) in arguments.fault.iter().enumerate() {
        let (what, probability) = pair(text);
        let (name, operation) = what
            .split_once('@')
            .map_or((what, None), |(name, on)| (name, Some(on)));
        let seed = arguments.seed.wrapping_add(at as u64);
        let rule = Rule::new(
            name.parse().unwrap(),
            fake::When::Chance(probability.parse().unwrap(), seed),
        );
        setup = setup.fault(match operation {
            Some(operation) => rule.on(operation),
            None => rule,
        });
    }
    let fake = setup.start();
    println!("{}", fake.url());
    loop {
        thread::park();
    }
}

fn pair(text: &str) -> (&str, &str) {
    text.rsplit_once('=')
        .unwrap_or_else(|| panic!("`{text}` is not NAME=VALUE"))
}

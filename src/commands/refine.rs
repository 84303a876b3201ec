//! `leastwise refine`: one policy.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::input;
use crate::cli::{Exit, Refine, RefineFormat};
use crate::output::error::RunError;
use crate::output::log::Log;
use crate::output::words::{counted, number};
use crate::output::{colour, terminal};
use leastwise_core::catalog::Catalog;
use leastwise_core::evidence::read_unused;
use leastwise_core::policy::Document;
use leastwise_core::refine::{FitStep, RefineOptions, USUALLY_ATTACHED};
use leastwise_core::report::unified_diff;
use leastwise_core::{Refined, Refiner, policy};

/// How many names a line of the explanation lists.
const MOST_NAMES: usize = 200;

pub(super) fn run(args: &Refine, log: &Log) -> Result<Exit, RunError> {
    let (Some(policy_path), Some(unused_path)) = (&args.policy, &args.unused) else {
        return Ok(Exit::Usage);
    };
    input::at_most_one_stdin(&[policy_path, unused_path])?;
    let chosen = super::catalog::choose(&args.catalog, log)?;
    let catalog: &Catalog = &chosen;

    let name = input::name_of(policy_path);
    let bytes = input::read(policy_path)?;
    let as_policy = |error| RunError::Policy {
        input: name.clone(),
        error,
    };
    let text = policy::decode(&bytes).map_err(as_policy)?;
    let before = Document::parse(&text).map_err(as_policy)?;
    let as_evidence = |error| RunError::Evidence {
        input: input::name_of(unused_path),
        error,
    };
    let bytes = input::read(unused_path)?;
    let text = policy::decode(&bytes).map_err(|error| as_evidence(error.into()))?;
    let unused = read_unused(&text).map_err(as_evidence)?;

    let kind = args.kind.map(Into::into);
    let options = RefineOptions {
        kind,
        wildcards: args.wildcards.into(),
        ..RefineOptions::default()
    };
    let refined = Refiner::new(catalog)
        .with(options)
        .refine(&before, &unused)
        .map_err(|error| RunError::Refine {
            input: name.clone(),
            error,
        })?;

    let out = match args.format {
        RefineFormat::Json => print(&refined, args.compact),
        RefineFormat::Diff => diff(&before, &refined, policy_path),
        RefineFormat::Explain => explanation(&refined, catalog),
    };
    let mut stdout = io::stdout().lock();
    // A policy goes into a file or a program letter for letter; what a person reads must not steer the screen.
    let shown = match args.format {
        RefineFormat::Json if !stdout.is_terminal() => Cow::Borrowed(out.as_str()),
        RefineFormat::Json | RefineFormat::Diff => terminal::json(&out),
        RefineFormat::Explain => terminal::clean(&out),
    };
    stdout.write_all(shown.as_bytes())?;
    stdout.flush()?;
    if args.format != RefineFormat::Explain && !args.quiet {
        let told = if args.explain {
            explanation(&refined, catalog)
        } else {
            summary(&refined, catalog)
        };
        io::stderr().write_all(colour::on_stderr(&terminal::clean(&told)).as_bytes())?;
    }
    Ok(Exit::Finished)
}

fn print(refined: &Refined<'_, '_>, compact: bool) -> String {
    let mut out = policy::print_all(refined.documents(), compact);
    out.push('\n');
    out
}

fn diff(before: &Document<'_>, refined: &Refined<'_, '_>, path: &Path) -> String {
    let name = input::name_of(path);
    let name = terminal::line(&name);
    let (old, new) = (before.pretty() + "\n", print(refined, false));
    unified_diff(&old, &new, &name, &format!("{name} (refined)"))
}

/// One line on what was done.
fn summary(refined: &Refined<'_, '_>, catalog: &Catalog) -> String {
    let proof = refined.proof();
    let removed = counted(proof.removed(), "action");
    let mut line = if refined.documents().is_empty() {
        format!("proven: {removed} removed and none left, so detach or delete the policy")
    } else {
        format!("proven: {removed} removed, {} kept", number(proof.kept() as u64))
    };
    line.push_str(&match refined.step() {
        FitStep::AsIs => String::new(),
        FitStep::NotActionToAction => "; NotAction replaced by an Action list, to fit the size limit".to_owned(),
        FitStep::Recovered => "; shorter prefixes, to fit the size limit".to_owned(),
        FitStep::Split => match refined.documents().len() {
            many if many > USUALLY_ATTACHED => format!(
                "; split into {many} managed policies, more than the default limit of {USUALLY_ATTACHED} attached"
            ),
            some => format!("; split into {some} managed policies, to fit the size limit"),
        },
    });
    if !catalog.updated().is_empty() {
        let _ = write!(
            line,
            " (actions as of {})",
            catalog.updated().split('T').next().unwrap_or_default()
        );
    }
    line.push('\n');
    for service in proof.undecided() {
        let _ = writeln!(
            line,
            "not reduced: {service} is not in the list of actions, so its wildcards are kept"
        );
    }
    line
}

fn explanation(refined: &Refined<'_, '_>, catalog: &Catalog) -> String {
    let explanation = refined.explain();
    let mut out = String::new();
    let mut statement = 0;
    for change in &explanation.changes {
        if change.statement != statement {
            statement = change.statement;
            let sid = change
                .sid
                .as_ref()
                .filter(|sid| !sid.is_empty())
                .map_or(String::new(), |sid| format!(" ({})", terminal::line(sid)));
            let _ = writeln!(out, "statement {statement}{sid}");
        }
        let verb = if change.instead.is_empty() {
            "removed"
        } else {
            "replaced"
        };
        let _ = writeln!(out, "  {} {verb}", terminal::line(&change.pattern));
        let _ = writeln!(out, "    unused: {}", names(&change.unused));
        for new in &change.instead {
            match new.matches.as_slice() {
                [] => drop(writeln!(out, "    now {}", new.pattern)),
                matches => drop(writeln!(
                    out,
                    "    now {}, which matches {}",
                    new.pattern,
                    names(matches)
                )),
            }
        }
    }
    if explanation.changes.is_empty() {
        out.push_str("nothing to remove: the policy grants no unused action\n");
    }
    out + &summary(refined, catalog)
}

fn names(all: &[String]) -> String {
    let shown = all
        .iter()
        .take(MOST_NAMES)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match all.len().checked_sub(MOST_NAMES) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ if shown.is_empty() => "the whole service".to_owned(),
        _ => shown,
    }
}

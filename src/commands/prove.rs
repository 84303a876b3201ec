//! `leastwise prove`: checks a smaller policy against the original.

use std::io::{self, Write};

use serde_json::json;

use super::input;
use crate::cli::{Exit, Prove, ProveFormat};
use crate::output::error::RunError;
use crate::output::log::Log;
use crate::output::words::{counted, number};
use crate::output::{colour, terminal};
use leastwise_core::evidence::read_unused;
use leastwise_core::policy;
use leastwise_core::policy::Document;
use leastwise_core::prove::{Verdict, prove};

pub(super) fn run(args: &Prove, log: &Log) -> Result<Exit, RunError> {
    input::at_most_one_stdin(&[&args.before, &args.after, &args.unused])?;
    let catalog = super::catalog::choose(&args.catalog, log)?;
    let as_policy = |path| {
        move |error| RunError::Policy {
            input: input::name_of(path),
            error,
        }
    };

    let bytes = input::read(&args.before)?;
    let text = policy::decode(&bytes).map_err(as_policy(&args.before))?;
    let before = Document::parse(&text).map_err(as_policy(&args.before))?;
    let bytes = input::read(&args.after)?;
    let text = policy::decode(&bytes).map_err(as_policy(&args.after))?;
    let after = policy::parse_all(&text).map_err(as_policy(&args.after))?;
    let as_evidence = |error| RunError::Evidence {
        input: input::name_of(&args.unused),
        error,
    };
    let bytes = input::read(&args.unused)?;
    let text = policy::decode(&bytes).map_err(|error| as_evidence(error.into()))?;
    let unused = read_unused(&text).map_err(as_evidence)?;

    let verdict = prove(&before, after, &unused, &*catalog);
    let exit = match verdict {
        Verdict::Proven(_) => Exit::Finished,
        Verdict::Refuted(_) => Exit::Refuted,
        Verdict::Undecided(_) => Exit::Failed,
    };
    let out = match args.format {
        ProveFormat::Text => text_of(&verdict),
        ProveFormat::Json => json_of(&verdict),
    };
    let mut stdout = io::stdout().lock();
    stdout.write_all(colour::on_stdout(&terminal::clean(&out)).as_bytes())?;
    stdout.flush()?;
    Ok(exit)
}

fn text_of(verdict: &Verdict<'_>) -> String {
    match verdict {
        Verdict::Proven(proof) => {
            let mut out = format!(
                "proven\n  {} removed, {} kept\n",
                counted(proof.removed(), "action"),
                number(proof.kept() as u64)
            );
            out.push_str("  nothing added, for any action name\n");
            out.push_str("  exactly the unused actions removed, nothing else changed\n");
            if proof.used() > 0 {
                out.push_str("  everything that was seen in use is still granted\n");
            }
            for service in proof.undecided() {
                out.push_str(&format!(
                    "  not checked: {service} (not in the list of actions; unused actions of it may remain)\n"
                ));
            }
            out
        }
        Verdict::Refuted(counterexample) => format!("refuted\n  {counterexample}\n"),
        Verdict::Undecided(reason) => format!("undecided\n  {reason}\n"),
    }
}

fn json_of(verdict: &Verdict<'_>) -> String {
    let json = match verdict {
        Verdict::Proven(proof) => json!({
            "verdict": "proven",
            "removed": proof.removed(),
            "kept": proof.kept(),
            "undecided": proof.undecided(),
        }),
        Verdict::Refuted(counterexample) => json!({
            "verdict": "refuted",
            "clause": counterexample.clause.name(),
            "statement": counterexample.statement,
            "action": counterexample.action,
            "reason": counterexample.reason.to_string(),
        }),
        Verdict::Undecided(reason) => json!({"verdict": "undecided", "reason": reason.to_string()}),
    };
    format!("{json:#}\n")
}

//! `leastwise refine --batch`: many policies, in order, on all cores, in constant memory.
//!
//! Each worker takes the next lines of the input, refines them, and waits for its turn to write. So the output has
//! the order of the input, and each worker holds only one portion.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

use super::input;
use crate::cli::{Exit, Refine};
use crate::output::error::RunError;
use crate::output::log::Log;
use leastwise_core::catalog::Catalog;
use leastwise_core::policy::Document;
use leastwise_core::policy::json::Json;
use leastwise_core::policy::sink::write_text;
use leastwise_core::refine::{Kind, RefineOptions};
use leastwise_core::{RefineError, Refiner, evidence, policy};

/// How many bytes of lines one worker takes at a time.
const PORTION: usize = 64 << 10;
/// A line beyond this cannot be a policy and its evidence.
const LONGEST_LINE: usize = 16 << 20;

pub(super) fn run(path: &Path, args: &Refine, log: &Log) -> Result<Exit, RunError> {
    let catalog = super::catalog::choose(&args.catalog, log)?;
    let input = input::open(path).map_err(|error| RunError::Read {
        input: input::name_of(path),
        error,
    })?;
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let batch = Batch {
        catalog: &catalog,
        options: RefineOptions {
            kind: args.kind.map(Into::into),
            wildcards: args.wildcards.into(),
            ..RefineOptions::default()
        },
        lines: Mutex::new(InputLines {
            input: BufReader::with_capacity(PORTION, input),
            next: 0,
            line: 0,
        }),
        output: Mutex::new(BatchOutput {
            out: io::stdout(),
            turn: 0,
            failed: None,
            exit: Exit::Finished,
        }),
        turned: Condvar::new(),
    };
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| batch.work());
        }
    });
    let output = batch.output.into_inner().unwrap_or_else(PoisonError::into_inner);
    match output.failed {
        Some(StreamFailure::Write(error)) => Err(RunError::Write(error)),
        Some(StreamFailure::Read(error)) => Err(RunError::Read {
            input: input::name_of(path),
            error,
        }),
        None => Ok(output.exit),
    }
}

struct Batch<'c> {
    catalog: &'c Catalog,
    options: RefineOptions,
    lines: Mutex<InputLines>,
    output: Mutex<BatchOutput>,
    turned: Condvar,
}

struct InputLines {
    input: BufReader<Box<dyn Read + Send>>,
    /// The number of the next portion.
    next: usize,
    /// How many lines were read.
    line: usize,
}

struct BatchOutput {
    out: io::Stdout,
    /// The number of the portion that may be written.
    turn: usize,
    failed: Option<StreamFailure>,
    exit: Exit,
}

enum StreamFailure {
    Read(io::Error),
    Write(io::Error),
}

/// Some lines of the input.
struct Portion {
    number: usize,
    first_line: usize,
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// Reading stopped behind these lines.
    error: Option<io::Error>,
}

impl Batch<'_> {
    fn work(&self) {
        let (mut bytes, mut rows) = (Vec::new(), String::new());
        loop {
            bytes.clear();
            rows.clear();
            let portion = self
                .lines
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(bytes);
            let mut exit = Exit::Finished;
            let mut start = 0;
            for (end, number) in portion.ends.iter().zip(portion.first_line..) {
                let line = portion.bytes.get(start..*end).unwrap_or_default().trim_ascii();
                start = *end;
                if line.is_empty() {
                    continue;
                }
                match self.row(&mut rows, line, number) {
                    Exit::Finished => {}
                    _ if exit == Exit::Refuted => {}
                    row => exit = row,
                }
                rows.push('\n');
            }
            let ended = portion.bytes.is_empty() || portion.error.is_some();
            if !self.write(portion.number, &rows, exit, portion.error) || ended {
                return;
            }
            bytes = portion.bytes;
        }
    }

    /// Waits for the portion's turn and writes its rows. Says whether to go on.
    fn write(&self, number: usize, rows: &str, exit: Exit, error: Option<io::Error>) -> bool {
        let output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |output: &mut BatchOutput| output.turn != number && output.failed.is_none();
        let mut output = self
            .turned
            .wait_while(output, waiting)
            .unwrap_or_else(PoisonError::into_inner);
        if output.failed.is_none() {
            let mut out = output.out.lock();
            let written = out.write_all(rows.as_bytes()).and_then(|()| out.flush());
            drop(out);
            output.failed = written
                .err()
                .map(StreamFailure::Write)
                .or(error.map(StreamFailure::Read));
            if output.exit != Exit::Refuted && exit != Exit::Finished {
                output.exit = exit;
            }
        }
        output.turn += 1;
        self.turned.notify_all();
        output.failed.is_none()
    }

    /// Refines one line and appends its row.
    fn row(&self, rows: &mut String, line: &[u8], number: usize) -> Exit {
        let start = rows.len();
        let mut id = "null";
        let problem = match self.refine(rows, line, &mut id) {
            Ok(()) => return Exit::Finished,
            Err(problem) => problem,
        };
        rows.truncate(start);
        let (verdict, exit) = match &problem {
            LineProblem::Refine(RefineError::Refuted(_)) => (Some("refuted"), Exit::Refuted),
            LineProblem::Refine(RefineError::Undecided(_)) => (Some("undecided"), Exit::Incomplete),
            _ => (None, Exit::Incomplete),
        };
        let _ = write!(rows, "{{\"id\":{id}");
        if let Some(verdict) = verdict {
            let _ = write!(rows, ",\"verdict\":\"{verdict}\"");
        }
        rows.push_str(",\"error\":");
        write_text(rows, &format!("line {number}: {problem}"));
        rows.push('}');
        exit
    }

    fn refine<'l>(&self, rows: &mut String, line: &'l [u8], id: &mut &'l str) -> Result<(), LineProblem> {
        if line.len() > LONGEST_LINE {
            return Err(LineProblem::TooLong);
        }
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let line = std::str::from_utf8(line).map_err(|_| LineProblem::NotUtf8)?;
        let json = Json::parse(line).map_err(LineProblem::Json)?;
        let Json::Map(members, _) = json else {
            return Err(LineProblem::NotAnObject);
        };
        let (mut policy, mut unused, mut kind) = (None, None, self.options.kind);
        for (key, value) in members {
            match policy::json::decoded(key).as_ref() {
                "id" => {
                    *id = match value {
                        Json::Atom(raw) | Json::Text(raw) => raw,
                        _ => return Err(LineProblem::BadId),
                    }
                }
                "policy" => policy = Some(value),
                "unused" => unused = Some(value),
                "kind" if value.is_null() => {}
                "kind" => kind = Some(kind_of(&value)?),
                _ => {}
            }
        }
        let (Some(policy), Some(unused)) = (policy, unused) else {
            return Err(LineProblem::Missing);
        };
        let unused = evidence::from_json(&unused).map_err(LineProblem::Evidence)?;
        // AWS hands documents out as text; both forms are taken.
        match policy.as_text() {
            Some(text) => {
                let text = policy::decode(text.as_bytes()).map_err(LineProblem::Policy)?;
                let document = Document::parse(&text).map_err(LineProblem::Policy)?;
                self.append(rows, &document, &unused, kind, id)
            }
            None => {
                let document = Document::from_json(policy, line).map_err(LineProblem::Policy)?;
                self.append(rows, &document, &unused, kind, id)
            }
        }
    }

    fn append(
        &self,
        rows: &mut String,
        document: &Document<'_>,
        observed: &policy::Observed,
        kind: Option<Kind>,
        id: &str,
    ) -> Result<(), LineProblem> {
        let refiner = Refiner::new(self.catalog).with(RefineOptions { kind, ..self.options });
        let refined = refiner.refine(document, observed).map_err(LineProblem::Refine)?;
        let proof = refined.proof();
        rows.extend(["{\"id\":", id, ",\"policy\":"]);
        policy::write_all(rows, refined.documents(), true);
        let _ = write!(
            rows,
            ",\"verdict\":\"proven\",\"removed\":{},\"undecided\":[",
            proof.removed()
        );
        for (at, service) in proof.undecided().iter().enumerate() {
            rows.push_str(if at == 0 { "" } else { "," });
            write_text(rows, service);
        }
        rows.push_str("]}");
        Ok(())
    }
}

impl InputLines {
    /// Reads complete lines into `bytes`, about one portion. No bytes means the end of the input.
    fn take(&mut self, mut bytes: Vec<u8>) -> Portion {
        let (first_line, mut ends, mut error) = (self.line + 1, Vec::new(), None);
        while bytes.len() < PORTION {
            let start = bytes.len();
            let most = (LONGEST_LINE + 2) as u64;
            match self.input.by_ref().take(most).read_until(b'\n', &mut bytes) {
                Ok(0) => break,
                Ok(read) => {
                    self.line += 1;
                    if read as u64 == most && bytes.last() != Some(&b'\n') {
                        // The kept part is long enough for a message; skip the rest of the line.
                        if let Err(failure) = self.input.skip_until(b'\n') {
                            error = Some(failure);
                            break;
                        }
                    }
                    ends.push(bytes.len());
                }
                Err(failure) => {
                    bytes.truncate(start);
                    error = Some(failure);
                    break;
                }
            }
        }
        let number = self.next;
        self.next += 1;
        Portion {
            number,
            first_line,
            bytes,
            ends,
            error,
        }
    }
}

fn kind_of(value: &Json<'_>) -> Result<Kind, LineProblem> {
    match value.as_text().as_deref() {
        Some("managed") => Ok(Kind::Managed),
        Some("role") => Ok(Kind::Role),
        Some("user") => Ok(Kind::User),
        Some("group") => Ok(Kind::Group),
        _ => Err(LineProblem::BadKind),
    }
}

/// Why a line could not be used.
#[derive(Debug, thiserror::Error)]
enum LineProblem {
    #[error("longer than 16 MiB")]
    TooLong,
    #[error("not UTF-8 text")]
    NotUtf8,
    #[error("not valid JSON: column {}: {}", .0.column, .0.fault)]
    Json(policy::PolicyError),
    #[error("not a JSON object with `id`, `policy` and `unused`")]
    NotAnObject,
    #[error("missing `policy` or `unused`")]
    Missing,
    #[error("`id` must be a string, a number or null")]
    BadId,
    #[error("`kind` must be managed, role, user or group")]
    BadKind,
    #[error("`policy`: {}", .0.fault)]
    Policy(policy::PolicyError),
    #[error("`unused`: {0}")]
    Evidence(evidence::EvidenceError),
    #[error("{0}")]
    Refine(RefineError),
}

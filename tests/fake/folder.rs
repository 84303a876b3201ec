//! An invented organisation as a snapshot folder.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use leastwise_core::evidence::AnalyzerAnswer;
use leastwise_core::inventory::wire::Accounts;
use serde::Serialize;
use serde_json::json;

use super::generate::Invented;

/// Writes it all, on every core. The same organisation gives the same bytes.
pub(crate) fn write(invented: &Invented, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder.join("accounts"))?;
    let about = json!({ "format": 1, "capturedAt": "2026-01-15T04:00:00Z", "partition": "aws" });
    file(&folder.join("snapshot.json"), &about)?;
    let accounts = invented.accounts();
    file(
        &folder.join("analyzers.json"),
        &[AnalyzerAnswer {
            analyzer: invented.analyzer(),
        }],
    )?;
    let next = AtomicUsize::new(0);
    let work = || -> io::Result<()> {
        while let Some(account) = accounts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let books = invented.books(&account.id);
            let folder = folder.join("accounts").join(&account.id);
            fs::create_dir_all(&folder)?;
            file(&folder.join("authorization.json"), &books.authorization)?;
            file(&folder.join("findings.json"), &books.findings)?;
        }
        Ok(())
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().unwrap())
    })?;
    file(&folder.join("accounts.json"), &Accounts { accounts })
}

fn file(path: &Path, value: &impl Serialize) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 18, File::create(path)?);
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

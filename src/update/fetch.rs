//! The service reference over HTTP: the index, then one file per service, a few at a time.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread;

use jiff::Timestamp;

use super::address::Base;
use super::call::Caller;
use super::gather::Gathered;
use super::{Environment, Limits, Progress, UpdateError};
use crate::catalog::ReferenceReader;

/// A file's number in the list, and its text.
type Arrival = (usize, Result<String, UpdateError>);

/// What becomes of each file, in the order in which they arrive.
type Each<'e> = &'e mut dyn FnMut(usize, &str) -> Result<(), UpdateError>;

/// Fetches all files that the index at `url` names.
pub(super) fn gather(
    url: &str,
    limits: &Limits,
    environment: Environment<'_>,
    now: Timestamp,
    progress: &mut dyn FnMut(Progress),
) -> Result<Gathered, UpdateError> {
    let base = Base::of(url)?;
    let caller = Caller::new(&base, limits, environment, now)?;
    let index = base.index();
    let mut files = Vec::new();
    all((&caller, limits.index_bytes), std::slice::from_ref(&index), limits, &mut |_, text| {
        files = listed(&base, &index, text, limits)?;
        Ok(())
    })?;
    let mut gathered = Gathered::default();
    all((&caller, limits.file_bytes), &files, limits, &mut |at, text| {
        gathered.add(text, files.get(at).map_or("", String::as_str))?;
        progress(Progress { done: gathered.len(), total: files.len() });
        Ok(())
    })?;
    Ok(gathered)
}

/// The addresses in the index, each one once.
fn listed(base: &Base, index: &str, text: &str, limits: &Limits) -> Result<Vec<String>, UpdateError> {
    let entries = ReferenceReader::index(text);
    let entries = entries.map_err(|error| UpdateError::Reference { place: index.to_owned(), error })?;
    if entries.len() > limits.services {
        return Err(UpdateError::TooManyServices { most: limits.services });
    }
    let mut files = Vec::with_capacity(entries.len());
    for (service, url) in entries {
        match base.file(&url) {
            Some(file) => files.push(file),
            None => return Err(UpdateError::Elsewhere { service, url, site: base.site().root() }),
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// Fetches the files, none of which is longer than `most`, with a few threads and hands them over on this one. The first error
/// ends it.
fn all(
    (caller, most): (&Caller<'_>, u64),
    files: &[String],
    limits: &Limits,
    each: Each<'_>,
) -> Result<(), UpdateError> {
    let next = AtomicUsize::new(0);
    // No more wait to be read than are being fetched, so that memory stays bounded.
    let (sender, receiver) = mpsc::sync_channel(limits.threads);
    thread::scope(|scope| {
        let start = |sender: SyncSender<Arrival>| {
            let next = &next;
            thread::Builder::new().spawn_scoped(scope, move || work((caller, most), files, next, &sender))
        };
        let threads = limits.threads.clamp(1, files.len().max(1));
        let started = (0..threads).try_for_each(|_| start(sender.clone()).map(drop));
        drop(sender);
        let done = hand_over(caller, started, &receiver, limits, each);
        // Threads that still want to hand something over find nobody there, and end.
        drop(receiver);
        if done.is_err() {
            caller.stop();
        }
        done
    })
}

fn work(
    (caller, most): (&Caller<'_>, u64),
    files: &[String],
    next: &AtomicUsize,
    sender: &SyncSender<Arrival>,
) {
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(file) = files.get(at) else { return };
        let answer = caller.fetch(file, most);
        let failed = answer.is_err();
        if sender.send((at, answer)).is_err() || failed {
            return;
        }
    }
}

fn hand_over(
    caller: &Caller<'_>,
    started: io::Result<()>,
    receiver: &Receiver<Arrival>,
    limits: &Limits,
    each: Each<'_>,
) -> Result<(), UpdateError> {
    started.map_err(UpdateError::Thread)?;
    loop {
        match receiver.recv_timeout(caller.remaining()) {
            Ok((at, answer)) => each(at, &answer?)?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => return Err(UpdateError::OutOfTime { limit: limits.overall }),
        }
    }
}

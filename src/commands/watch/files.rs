//! The files of a trail, several at once. Which thread reads which file makes no difference to what comes of it, and each holds
//! one file at a time.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use flate2::read::MultiGzDecoder;

use super::{WatchedTrail, athena};
use crate::output::error::RunError;
use crate::scan::cores::cores;
use leastwise_core::trail::{WatchList, read_records};
use leastwise_files as files;

/// Folders of a bucket with files of other kinds.
const OTHER_FOLDERS: [&str; 2] = ["CloudTrail-Digest", "CloudTrail-Insight"];
/// So many paths wait for a thread.
const WAITING: usize = 1_024;
/// A buffer that grew beyond this for one file is given back.
const ROOM: usize = 32 << 20;

/// Reads a folder, or one file.
pub(super) fn gather<'w>(path: &Path, list: &'w WatchList) -> Result<WatchedTrail<'w>, RunError> {
    let failed = |error| RunError::Read {
        input: path.display().to_string(),
        error,
    };
    if fs::metadata(path).map_err(failed)?.is_dir() {
        return folder(path, list);
    }
    let name = path.to_string_lossy().into_owned();
    let mut gathered = WatchedTrail::new(list);
    match kind(&name) {
        Some(TrailFileKind::Records { zipped }) => {
            let file = File::open(path).map_err(failed)?;
            let read = records(file, zipped, &mut Vec::new(), &mut gathered);
            gathered.read += 1;
            if let Err(why) = read {
                gathered.unreadable.add(&name, why);
            }
            Ok(gathered)
        }
        _ if name.ends_with(".csv") => athena::read(path, gathered),
        _ => Err(RunError::NotATrail {
            path: path.to_owned(),
        }),
    }
}

/// What a file is by its name.
enum TrailFileKind {
    Records { zipped: bool },
}

fn kind(name: &str) -> Option<TrailFileKind> {
    match name {
        _ if name.ends_with(".json.gz") => Some(TrailFileKind::Records { zipped: true }),
        _ if name.ends_with(".json") => Some(TrailFileKind::Records { zipped: false }),
        _ => None,
    }
}

fn folder<'w>(root: &Path, list: &'w WatchList) -> Result<WatchedTrail<'w>, RunError> {
    let (send, receive) = mpsc::sync_channel::<String>(WAITING);
    let receive = Mutex::new(receive);
    let mut all = WatchedTrail::new(list);
    let walked = thread::scope(|scope| {
        let worker = || {
            let (mut own, mut buffer) = (WatchedTrail::new(list), Vec::new());
            loop {
                let next = receive.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(path) = next else { return own };
                one(root, &path, &mut buffer, &mut own);
            }
        };
        let workers: Vec<_> = (0..cores()).map(|_| scope.spawn(worker)).collect();
        let walked = walk(root, &mut all, &|path| send.send(path).is_ok());
        drop(send);
        for worker in workers {
            match worker.join() {
                Ok(own) => all.join(own),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        walked
    });
    walked.map_err(|error| RunError::Read {
        input: root.display().to_string(),
        error,
    })?;
    Ok(all)
}

/// Gives the path of every file with records, from the folder. Only the folder itself has to be readable.
fn walk(root: &Path, all: &mut WatchedTrail<'_>, give: &dyn Fn(String) -> bool) -> io::Result<()> {
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(root.join(&folder)) {
            Ok(entries) => entries,
            Err(error) if folder.as_os_str().is_empty() => return Err(error),
            Err(error) => {
                all.unreadable.add(&slashed(&folder), error.to_string());
                continue;
            }
        };
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            let name = slashed(&path);
            let about = entry.file_type()?;
            if about.is_dir() {
                if OTHER_FOLDERS.iter().all(|other| entry.file_name() != *other) {
                    folders.push(path);
                }
            } else if kind(&name).is_none() && !about.is_symlink() {
                all.ignored += 1;
            } else if about.is_symlink() {
                all.unreadable
                    .add(&name, "it is a symbolic link, which is not followed".to_owned());
            } else if !give(name) {
                break;
            }
        }
    }
    Ok(())
}

fn slashed(path: &Path) -> String {
    let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

fn one(root: &Path, path: &str, buffer: &mut Vec<u8>, own: &mut WatchedTrail<'_>) {
    own.read += 1;
    let zipped = matches!(kind(path), Some(TrailFileKind::Records { zipped: true }));
    let read = files::open(root, path, files::TRAIL).map_err(|error| error.to_string());
    if let Err(why) = read.and_then(|file| records(file, zipped, buffer, own)) {
        own.unreadable.add(path, why);
    }
    if buffer.capacity() > ROOM {
        *buffer = Vec::new();
    }
}

/// Adds the records of a file. Of one that breaks off, those before the end are there.
fn records(file: File, zipped: bool, buffer: &mut Vec<u8>, own: &mut WatchedTrail<'_>) -> Result<(), String> {
    buffer.clear();
    let bounded =
        |input: &mut dyn Read, buffer: &mut Vec<u8>| input.take(files::TRAIL + 1).read_to_end(buffer);
    let read = if zipped {
        bounded(&mut MultiGzDecoder::new(file), buffer)
    } else {
        bounded(&mut &file, buffer)
    };
    if buffer.len() as u64 > files::TRAIL {
        return Err(format!("it has more than {} MiB", files::TRAIL >> 20));
    }
    let parsed = read_records(buffer, &mut |event| own.trail.add(event));
    read.map_err(|error| error.to_string())?;
    parsed.map_err(|error| error.to_string())
}

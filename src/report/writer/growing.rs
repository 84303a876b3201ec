//! Files that grow part by part. Systems let a program have about a thousand files open, and a report of many accounts has
//! more that grow, so few are open at a time.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::create;

/// Nearly all grow in a row, and a handful with every account.
const MOST_OPEN: usize = 16;

/// All of a report, by path from its folder.
#[derive(Debug, Default)]
pub(super) struct AllGrowing {
    files: BTreeMap<String, Growing>,
    open: usize,
}

/// One of them; without its file while that is closed.
#[derive(Debug)]
struct Growing {
    full: PathBuf,
    file: Option<BufWriter<File>>,
    hash: Sha256,
    elements: usize,
}

impl AllGrowing {
    /// Puts bytes behind what a file has so far.
    pub(super) fn append(&mut self, path: &str, full: &Path, bytes: &[u8], element: bool) -> io::Result<()> {
        let is_open = self.files.get(path).is_some_and(|it| it.file.is_some());
        if !is_open && self.open >= MOST_OPEN {
            for growing in self.files.values_mut() {
                growing.close()?;
            }
            self.open = 0;
        }
        let growing = match self.files.get_mut(path) {
            Some(growing) => growing,
            None => {
                let file = Some(BufWriter::new(create(full)?));
                self.open += 1;
                let new = Growing { full: full.to_owned(), file, hash: Sha256::new(), elements: 0 };
                self.files.entry(path.to_owned()).or_insert(new)
            }
        };
        if growing.file.is_none() {
            growing.file = Some(BufWriter::new(OpenOptions::new().append(true).open(full)?));
            self.open += 1;
        }
        growing.add(bytes, element)
    }

    /// Ends them all; gives their hashes.
    pub(super) fn end(self) -> Result<Vec<(String, Sha256)>, (PathBuf, io::Error)> {
        let ended = self.files.into_iter().map(|(path, mut growing)| match growing.close() {
            Ok(()) => Ok((path, growing.hash)),
            Err(error) => Err((growing.full, error)),
        });
        ended.collect()
    }
}

impl Growing {
    fn add(&mut self, bytes: &[u8], element: bool) -> io::Result<()> {
        if element {
            self.elements += 1;
        }
        for bytes in [if element && self.elements > 1 { &b",\n"[..] } else { b"" }, bytes] {
            self.hash.update(bytes);
            if let Some(file) = &mut self.file {
                file.write_all(bytes)?;
            }
        }
        Ok(())
    }

    /// What is buffered is written, and told if it cannot be.
    fn close(&mut self) -> io::Result<()> {
        self.file.take().map_or(Ok(()), |mut file| file.flush())
    }
}

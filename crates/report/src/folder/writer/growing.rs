//! Files that are written in parts. Systems allow a program about a thousand open files, and a report of many
//! accounts has more such files, so only a few are open at a time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};

use sha2::{Digest, Sha256};

use leastwise_files::disk::Folder;

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
    file: Option<BufWriter<File>>,
    hash: Sha256,
    elements: usize,
}

impl AllGrowing {
    /// Whether a file has been begun.
    pub(super) fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Puts bytes behind what a file has so far.
    pub(super) fn append(
        &mut self,
        folder: &Folder,
        path: &str,
        bytes: &[u8],
        element: bool,
    ) -> io::Result<()> {
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
                let file = Some(BufWriter::new(folder.create(path)?));
                self.open += 1;
                let new = Growing {
                    file,
                    hash: Sha256::new(),
                    elements: 0,
                };
                self.files.entry(path.to_owned()).or_insert(new)
            }
        };
        if growing.file.is_none() {
            growing.file = Some(BufWriter::new(folder.append(path)?));
            self.open += 1;
        }
        growing.add(bytes, element)
    }

    /// Ends them all; gives their hashes.
    pub(super) fn end(self) -> Result<Vec<(String, Sha256)>, (String, io::Error)> {
        let ended = self
            .files
            .into_iter()
            .map(|(path, mut growing)| match growing.close() {
                Ok(()) => Ok((path, growing.hash)),
                Err(error) => Err((path, error)),
            });
        ended.collect()
    }
}

impl Growing {
    fn add(&mut self, bytes: &[u8], element: bool) -> io::Result<()> {
        if element {
            self.elements += 1;
        }
        for bytes in [
            if element && self.elements > 1 {
                &b",\n"[..]
            } else {
                b""
            },
            bytes,
        ] {
            self.hash.update(bytes);
            if let Some(file) = &mut self.file {
                file.write_all(bytes)?;
            }
        }
        Ok(())
    }

    /// Flushes the buffer, and returns an error if that fails.
    fn close(&mut self) -> io::Result<()> {
        self.file.take().map_or(Ok(()), |mut file| file.flush())
    }
}

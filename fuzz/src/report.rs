//! A report of which one file is any bytes, as `verify` and `compare` read it.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::folder::{Folder, command, place, project, text};

/// A report, and another that stays as it is.
fn folder() -> &'static (Folder, PathBuf) {
    static FOLDER: OnceLock<(Folder, PathBuf)> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let (snapshot, whole, changed) = (project("mocks/partial"), place("report"), place("report-changed"));
        let args = [
            "scan",
            "--quiet",
            "--snapshot",
            text(&snapshot),
            "--out",
            text(&whole),
            "--format",
            "json,csv",
        ];
        command(args);
        (Folder::copy_of(&whole, changed), whole)
    })
}

pub fn seeds() -> Vec<Vec<u8>> {
    folder().0.seeds()
}

pub fn run(bytes: &[u8]) {
    let (folder, whole) = folder();
    folder.with(bytes, |report| {
        command(["verify", text(report)]);
        command(["compare", text(report), text(whole)]);
        command(["compare", text(whole), text(report)]);
    });
}

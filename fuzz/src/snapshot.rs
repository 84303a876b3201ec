//! A snapshot of which one file is any bytes: the scan ends with an exit code of its own, finds no defect of its own, and the report
//! that it leaves is one that `verify` takes.

use std::sync::OnceLock;

use leastwise::cli::Exit;

use crate::folder::{Folder, command, place, project, text};

fn folder() -> &'static Folder {
    static FOLDER: OnceLock<Folder> = OnceLock::new();
    FOLDER.get_or_init(|| Folder::copy_of(&project("mocks/partial"), place("snapshot")))
}

pub fn seeds() -> Vec<Vec<u8>> {
    folder().seeds()
}

pub fn run(bytes: &[u8]) {
    folder().with(bytes, |snapshot| {
        let out = place("snapshot-report");
        let args = [
            "scan",
            "--quiet",
            "--snapshot",
            text(snapshot),
            "--out",
            text(&out),
        ];
        let exit = command(
            args.into_iter()
                .chain(["--format", "json,html,csv,sarif,tickets"]),
        );
        assert!(exit != Exit::Refuted, "an own proposal was refuted");
        if out.join("manifest.json").is_file() {
            assert_eq!(command(["verify", text(&out)]), Exit::Finished);
        }
    });
}

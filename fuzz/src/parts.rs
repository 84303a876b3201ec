//! Parts of a scan of which one file is any bytes, as `merge` reads them.

use std::sync::OnceLock;

use leastwise::cli::Exit;

use crate::folder::{Folder, command, place, project, text};

fn folder() -> &'static Folder {
    static FOLDER: OnceLock<Folder> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let (snapshot, parts) = (project("mocks/partial"), place("parts"));
        for shard in ["1/2", "2/2"] {
            let args = [
                "scan",
                "--quiet",
                "--snapshot",
                text(&snapshot),
                "--shard",
                shard,
                "--parts",
                text(&parts),
            ];
            command(args);
        }
        Folder::of(parts)
    })
}

pub fn seeds() -> Vec<Vec<u8>> {
    folder().seeds()
}

pub fn run(bytes: &[u8]) {
    folder().with(bytes, |parts| {
        let out = place("parts-report");
        let exit = command([
            "merge",
            "--quiet",
            text(parts),
            "--out",
            text(&out),
            "--format",
            "json",
        ]);
        assert!(exit != Exit::Refuted, "an own proposal was refuted");
        if out.join("manifest.json").is_file() {
            assert_eq!(command(["verify", text(&out)]), Exit::Finished);
        }
    });
}

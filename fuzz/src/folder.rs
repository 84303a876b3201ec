//! Folders of which one file at a time is replaced: by the first byte of an input, with the rest of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use leastwise::cli::{Cli, Exit};

/// A folder, and what is in it.
pub(crate) struct Folder {
    place: PathBuf,
    files: Vec<(PathBuf, Vec<u8>)>,
}

/// A place of this process for something of that name, with nothing there.
pub(crate) fn place(name: &str) -> PathBuf {
    let place = std::env::temp_dir()
        .join(format!("leastwise-fuzz-{}", std::process::id()))
        .join(name);
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(place.parent().expect("it is below another")).expect("a folder");
    place
}

/// A folder of the project.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Runs a command of the program in this process.
pub(crate) fn command<'a>(args: impl IntoIterator<Item = &'a str>) -> Exit {
    let cli = Cli::try_parse_from(std::iter::once("leastwise").chain(args)).expect("arguments");
    leastwise::commands::run(cli)
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

impl Folder {
    /// What lies in a folder now, which stays where it is.
    pub(crate) fn of(place: PathBuf) -> Self {
        let mut files = Vec::new();
        collect(&place, &place, &mut files);
        files.sort();
        assert!(
            !files.is_empty() && files.len() < 256,
            "{} files in {}",
            files.len(),
            place.display()
        );
        Self { place, files }
    }

    /// A copy of a folder.
    pub(crate) fn copy_of(from: &Path, to: PathBuf) -> Self {
        assert!(
            Command::new("cp")
                .arg("-r")
                .arg(from)
                .arg(&to)
                .status()
                .expect("cp")
                .success()
        );
        Self::of(to)
    }

    pub(crate) fn seeds(&self) -> Vec<Vec<u8>> {
        let seed = |(at, (_, bytes)): (usize, &(PathBuf, Vec<u8>))| {
            [vec![u8::try_from(at).expect("fewer than 256")], bytes.clone()].concat()
        };
        self.files.iter().enumerate().map(seed).collect()
    }

    /// Does something with the folder after a file was replaced, and puts all back.
    pub(crate) fn with(&self, bytes: &[u8], work: impl FnOnce(&Path)) {
        let Some((choice, bytes)) = bytes.split_first() else {
            return;
        };
        let (path, _) = &self.files[usize::from(*choice) % self.files.len()];
        fs::write(self.place.join(path), bytes).expect("a file");
        work(&self.place);
        let _ = fs::remove_dir_all(&self.place);
        for (path, bytes) in &self.files {
            let path = self.place.join(path);
            fs::create_dir_all(path.parent().expect("it is below another")).expect("a folder");
            fs::write(path, bytes).expect("a file");
        }
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let bytes = fs::read(&path).expect("a file");
            files.push((path.strip_prefix(root).expect("below").to_owned(), bytes));
        }
    }
}

//! `leastwise init`: what it writes, what it will not overwrite, what it says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use leastwise::config::EXAMPLE;

/// A folder of this test's own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("init").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("it can be emptied");
    }
    fs::create_dir_all(&folder).expect("it can be made");
    folder
}

fn init(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leastwise"))
        .arg("init")
        .args(args)
        .current_dir(folder)
        .output()
        .expect("it runs")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("it is text")
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("it can be read");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn the_example_is_written_and_nothing_is_left_beside_it() {
    let folder = folder("writes");
    let output = init(&folder, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(
        fs::read_to_string(folder.join("leastwise.toml")).expect("it is there"),
        EXAMPLE
    );
    assert_eq!(files(&folder), ["leastwise.toml"]);
    assert!(output.stdout.is_empty());
    assert_eq!(
        stderr(&output),
        "Wrote leastwise.toml with every setting and its default.\nNext: leastwise scan\n"
    );
}

#[test]
fn a_file_that_is_there_stays_unless_forced() {
    let folder = folder("stays");
    let file = folder.join("mine.toml");
    fs::write(&file, "region = \"eu-west-1\"\n").expect("it can be written");

    let output = init(&folder, &["--out", "mine.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        stderr(&output),
        "error: `mine.toml` already exists\nhelp: replace it with --force, or choose another file with --out\n"
    );
    assert_eq!(
        fs::read_to_string(&file).expect("it is there"),
        "region = \"eu-west-1\"\n"
    );

    let output = init(&folder, &["--out", "mine.toml", "--force"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr(&output).contains("leastwise scan --config mine.toml"));
    assert_eq!(fs::read_to_string(&file).expect("it is there"), EXAMPLE);
    assert_eq!(files(&folder), ["mine.toml"]);
}

#[test]
fn what_cannot_be_written_is_told_with_the_mend() {
    let folder = folder("cannot");
    let output = init(&folder, &["--out", "nowhere/leastwise.toml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("error: cannot write `nowhere/leastwise.toml`: "));
    assert!(stderr(&output).ends_with("help: create the folder first\n"));

    fs::create_dir(folder.join("folder")).expect("it can be made");
    let output = init(&folder, &["--out", "folder", "--force"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(files(&folder), ["folder"]);
    assert_eq!(files(&folder.join("folder")), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_when_forced() {
    let folder = folder("link");
    fs::create_dir(folder.join("dotfiles")).expect("it can be made");
    fs::write(folder.join("dotfiles/real.toml"), "").expect("it can be written");
    std::os::unix::fs::symlink("dotfiles/real.toml", folder.join("leastwise.toml"))
        .expect("it can be linked");
    assert_eq!(init(&folder, &["--force"]).status.code(), Some(0));
    assert!(
        fs::symlink_metadata(folder.join("leastwise.toml"))
            .expect("it is there")
            .is_symlink()
    );
    assert_eq!(
        fs::read_to_string(folder.join("dotfiles/real.toml")).expect("it is there"),
        EXAMPLE
    );
}

#[test]
fn a_dash_prints_it() {
    let output = init(&folder("dash"), &["--out", "-"]);
    assert_eq!(String::from_utf8(output.stdout).expect("it is text"), EXAMPLE);
    assert!(output.stderr.is_empty());
}

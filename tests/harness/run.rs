//! Running the program as a person or a script would.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What has not happened after so long never will, however busy the machine is. No test is about how long something takes.
pub(crate) const LAST_RESORT: Duration = Duration::from_secs(3_600);

/// One call of `leastwise`, from the project's folder.
#[must_use]
pub(crate) struct Run {
    command: Command,
    stdin: Vec<u8>,
}

/// What a call did.
pub(crate) struct Ran {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

pub(crate) fn leastwise<A: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = A>) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leastwise"));
    // A catalog that the user has fetched, or a config in the environment, must not decide a test.
    command
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("XDG_CACHE_HOME", nowhere())
        .env_remove("LEASTWISE_CATALOG");
    Run {
        command,
        stdin: Vec::new(),
    }
}

/// A folder that is not there.
fn nowhere() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("nowhere")
}

/// A fresh folder for one test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

impl Run {
    pub(crate) fn reads(mut self, stdin: impl Into<Vec<u8>>) -> Self {
        self.stdin = stdin.into();
        self
    }

    pub(crate) fn with(mut self, variable: &str, value: &str) -> Self {
        self.command.env(variable, value);
        self
    }

    /// The same from another folder.
    pub(crate) fn inside(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub(crate) fn without(mut self, variable: &str) -> Self {
        self.command.env_remove(variable);
        self
    }

    /// The same from a shell with this umask.
    #[cfg(unix)]
    pub(crate) fn under_umask(self, umask: &str) -> Self {
        self.within(&format!("umask {umask}"))
    }

    /// The same from a shell that has run `setting`.
    #[cfg(unix)]
    fn within(self, setting: &str) -> Self {
        let Self {
            command: inner,
            stdin,
        } = self;
        let mut command = Command::new("sh");
        command.args(["-c", &format!("{setting} && exec \"$0\" \"$@\"")]);
        command.arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(folder) = inner.get_current_dir() {
            command.current_dir(folder);
        }
        Self { command, stdin }
    }

    /// The same in a shell that lets no file grow longer: the program is killed when it is about to write more.
    #[cfg(unix)]
    pub(crate) fn with_files_of(self, blocks: u32) -> Self {
        self.within(&format!("ulimit -f {blocks}"))
    }

    /// The same in a shell that lets a program open so many files.
    #[cfg(unix)]
    pub(crate) fn with_open_files(self, most: u32) -> Self {
        self.within(&format!("ulimit -n {most}"))
    }

    /// Starts it, waits until it has come far enough, stops it as a scheduler would, and returns how it
    /// ended.
    #[cfg(unix)]
    pub(crate) fn stopped_when(self, far_enough: impl Fn() -> bool) -> Ran {
        self.signalled_when("TERM", far_enough)
    }

    /// The same without asking.
    #[cfg(unix)]
    pub(crate) fn killed_when(self, far_enough: impl Fn() -> bool) -> Ran {
        self.signalled_when("KILL", far_enough)
    }

    #[cfg(unix)]
    fn signalled_when(mut self, signal: &str, far_enough: impl Fn() -> bool) -> Ran {
        let child = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while !far_enough() {
            assert!(started.elapsed() < LAST_RESORT, "it never comes far enough");
            std::thread::sleep(Duration::from_millis(50));
        }
        // The shell's own `kill` is everywhere; a program of that name is not.
        let kill = format!("kill -{signal} {}", child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        Ran::of(child.wait_with_output().unwrap())
    }

    /// Starts it, and lets it run. What it says goes nowhere.
    pub(crate) fn starts(mut self) -> Running {
        let child = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Running(child.unwrap())
    }

    /// Runs it, and ends it when it hangs.
    pub(crate) fn ran_unless_it_hangs(mut self) -> Ran {
        // What it writes goes to files, so that nobody has to read while it runs.
        let told = || tempfile::tempfile().unwrap();
        let (mut out, mut err) = (told(), told());
        self.command
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(err.try_clone().unwrap());
        let mut child = self.command.spawn().unwrap();
        let started = Instant::now();
        let status = loop {
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if started.elapsed() < LAST_RESORT => std::thread::sleep(Duration::from_millis(50)),
                None => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    panic!("it still ran after {LAST_RESORT:?}:\n{}", whole(&mut err));
                }
            }
        };
        Ran {
            out: whole(&mut out),
            err: whole(&mut err),
            code: status.code().unwrap_or(-1),
        }
    }

    pub(crate) fn ran(mut self) -> Ran {
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = std::mem::take(&mut self.stdin);
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ran::of(output)
    }
}

/// A call that is under way.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    /// The most memory that it has had so far, in megabytes; none when it is no more.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(peak.trim().strip_suffix(" kB")?.parse::<u64>().ok()? / 1024)
    }

    /// Kills it without asking; whether it was there to be killed.
    #[cfg(unix)]
    pub(crate) fn killed(mut self) -> bool {
        use std::os::unix::process::ExitStatusExt as _;
        self.0.kill().unwrap();
        self.0.wait().unwrap().signal() == Some(9)
    }
}

/// All that a file holds.
fn whole(file: &mut File) -> String {
    let mut text = String::new();
    file.rewind().unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

impl Ran {
    fn of(output: std::process::Output) -> Self {
        Self {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap_or(-1),
        }
    }

    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "standard output:\n{}\nstandard error:\n{}",
            self.out, self.err
        );
        self
    }

    pub(crate) fn says(self, part: &str) -> Self {
        assert!(
            self.err.contains(part),
            "`{part}` is not in standard error:\n{}",
            self.err
        );
        self
    }

    pub(crate) fn prints(self, part: &str) -> Self {
        assert!(
            self.out.contains(part),
            "`{part}` is not in standard output:\n{}",
            self.out
        );
        self
    }
}

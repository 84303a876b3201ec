//! Accounts in a moto server for the scripts to change.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use super::{json, report};
use crate::run::{Ran, folder};

/// Accounts of mocks/acme in a moto server, and the report of mocks/acme.
pub(super) struct Acme {
    server: Child,
    told: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
    url: String,
    keys: Value,
    pub(super) out: PathBuf,
    /// Programs before those of the machine.
    pub(super) bin: PathBuf,
    /// Whether a script was run again that had nothing left to do, each way; once a test is enough, for it takes long.
    again: [AtomicBool; 2],
}

impl Drop for Acme {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Acme {
    pub(super) fn with(name: &str, accounts: &[&str]) -> Self {
        Self::of(Path::new("mocks/acme"), name, accounts)
    }

    /// The same of a snapshot.
    pub(super) fn of(snapshot: &Path, name: &str, accounts: &[&str]) -> Self {
        let out = folder(name).join("report");
        report(snapshot, &out);
        let mut command = Command::new("python3");
        command.arg("tests/moto/acme.py").arg(snapshot).args(accounts);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut server = command.spawn().unwrap();
        let (stdin, stdout) = (server.stdin.take().unwrap(), server.stdout.take().unwrap());
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).expect("moto holds the accounts");
        let bin = out.with_file_name("bin");
        stand_in(&bin);
        let (url, keys) = (told["url"].as_str().unwrap().to_owned(), told["keys"].clone());
        Self {
            server,
            told: Mutex::new((stdin, stdout)),
            url,
            keys,
            out,
            bin,
            again: Default::default(),
        }
    }

    /// All that an account has, without the numbers of versions.
    pub(super) fn all(&self, account: &str) -> Value {
        let mut all = self.with_versions(account);
        all.as_object_mut().unwrap().remove("versions");
        all
    }

    pub(super) fn with_versions(&self, account: &str) -> Value {
        let mut told = self.told.lock().unwrap();
        writeln!(told.0, "{account}").unwrap();
        let mut line = String::new();
        told.1.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    pub(super) fn command(&self, program: &str, account: &str) -> Command {
        let mut command = Command::new(program);
        for (name, value) in self.keys[account].as_object().unwrap() {
            command.env(name, value.as_str().unwrap());
        }
        let path = format!("{}:{}", self.bin.display(), std::env::var("PATH").unwrap());
        command
            .env("PATH", path)
            .env("PAUSE", "0")
            .env("CHECK_PROFILE", "audit-{account}")
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env_remove("AWS_PROFILE")
            .env_remove("DRY_RUN")
            .env_remove("FORCE")
            .env_remove("DETACH_FIRST");
        command
    }

    /// Runs a script of the report for a change, with credentials of an account.
    pub(super) fn runs(&self, account: &str, (script, change): (&str, &str), variable: Option<&str>) -> Ran {
        let mut command = self.command("bash", account);
        if let Some(variable) = variable {
            command.env(variable, "1");
        }
        let output = command
            .arg(self.out.join("changes").join(script))
            .arg(change)
            .output()
            .unwrap();
        Ran {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// Somebody else changes something in an account.
    pub(super) fn meanwhile(&self, account: &str, args: &[&str]) {
        let mut command = self.command("aws", account);
        let output = command
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .args(args)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Tells, applies, applies again, and gives what the account has then.
    pub(super) fn applied(&self, account: &str, folder: &str, variable: Option<&str>) -> Value {
        let script = ("apply.sh", folder);
        let ran = self.runs(account, script, variable).exits(0);
        assert!(!ran.out.contains("already applied"), "{folder}: {}", ran.out);
        if !self.again[0].swap(true, Ordering::Relaxed) {
            self.runs(account, script, variable)
                .exits(0)
                .prints("already applied");
        }
        self.all(account)
    }

    /// Takes it back, and again.
    pub(super) fn taken_back(&self, account: &str, folder: &str, variable: Option<&str>) -> Value {
        let script = ("rollback.sh", folder);
        let ran = self.runs(account, script, variable).exits(0);
        assert!(!ran.out.contains("already rolled back"), "{folder}: {}", ran.out);
        if !self.again[1].swap(true, Ordering::Relaxed) {
            self.runs(account, script, variable)
                .exits(0)
                .prints("already rolled back");
        }
        self.all(account)
    }

    /// A document of the report.
    pub(super) fn document(&self, path: &str) -> Value {
        json(&self.out.join("policies").join(path))
    }
}

/// What moto does not have: last-accessed data, and what is not provisioned. The clock stands where the report is new.
fn stand_in(bin: &Path) {
    let path = std::env::var_os("PATH").unwrap();
    let real = std::env::split_paths(&path)
        .map(|it| it.join("aws"))
        .find(|it| it.is_file())
        .unwrap();
    let aws = format!(
        r#"case "$*" in
  *generate-service-last-accessed-details*) echo '{{"JobId":"job"}}' ;;
  *get-service-last-accessed-details*) echo '{{"JobStatus":"COMPLETED","ServicesLastAccessed":[]}}' ;;
  *LATEST_PERMISSION_SET_NOT_PROVISIONED*) echo '{{"AccountIds":[]}}' ;;
  *) exec '{}' "$@" ;;
esac
"#,
        real.display()
    );
    fs::create_dir_all(bin).unwrap();
    for (name, text) in [("aws", aws.as_str()), ("date", "echo 2026-11-01T00:00:00Z\n")] {
        fs::write(bin.join(name), format!("#!/bin/sh\n{text}")).unwrap();
        super::make_executable(&bin.join(name));
    }
}

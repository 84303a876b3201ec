//! A scan of moto, an AWS that we did not write.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use leastwise_core::inventory::wire::Authorization;

use crate::run::{folder, leastwise};

pub(crate) struct Moto(Child);

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts moto on a free port.
pub(crate) fn moto() -> (Moto, String) {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut command = Command::new("moto_server");
    command
        .args(["-H", "127.0.0.1", "-p", &port.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut server = Moto(
        command
            .spawn()
            .expect("moto_server, from pip install 'moto[server]'"),
    );
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(server.0.try_wait().unwrap().is_none(), "moto has ended");
        std::thread::sleep(Duration::from_millis(100));
    }
    (server, format!("http://127.0.0.1:{port}"))
}

#[test]
#[ignore = "needs moto"]
fn moto_is_read_account_by_account_and_what_it_lacks_is_a_row() {
    let (_server, url) = moto();
    let made = Command::new("python3")
        .args(["tests/moto/organisation.py", &url])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let made: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    let account = |at: usize| made["accounts"][at].as_str().unwrap().to_owned();

    let out = folder("moto").join("snapshot");
    let capture = |more: &[&str]| {
        let args = [
            "capture",
            "--evidence",
            "last-accessed",
            "--out",
            out.to_str().unwrap(),
        ];
        leastwise(args.iter().chain(more))
            .with("AWS_ENDPOINT_URL", &url)
            .with("AWS_ACCESS_KEY_ID", "AKIAINVENTED")
            .with("AWS_SECRET_ACCESS_KEY", "invented")
            .with("AWS_REGION", "us-east-1")
            .with("LEASTWISE_LIMITS_ATTEMPTS", "2")
            .with("AWS_CONFIG_FILE", "/dev/null")
            .with("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .ran()
    };
    let ran = capture(&[]);
    // It has no last-accessed data: principals are read whole, what they use is not.
    let ran = ran.exits(3);
    assert!(ran.err.contains("Wrote"), "{}", ran.err);
    for number in 0..2 {
        let path = out.join(format!("accounts/{}/authorization.json", account(number)));
        let read: Authorization = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let roles: Vec<&str> = read
            .role_detail_list
            .iter()
            .map(|role| role.role_name.as_str())
            .collect();
        assert!(
            roles.contains(&format!("worker-{number}").as_str()) && roles.contains(&"plus+comma,role"),
            "{roles:?}"
        );
        let shared = read
            .policies
            .iter()
            .find(|policy| policy.name() == "shared")
            .unwrap();
        assert!(shared.document().unwrap().0.contains("s3:Get*"));
    }
    assert!(
        !out.join("accounts").join(account(2)).exists(),
        "a closed account was read"
    );

    // It does not tell the units above an account either: they are looked up.
    for unit in made["units"].as_array().unwrap() {
        let unit = unit.as_str().unwrap();
        capture(&["--include", unit]).exits(3);
        assert!(out.join("accounts").join(account(0)).exists());
        assert!(
            !out.join("accounts").join(account(1)).exists(),
            "it lies below the root"
        );
        capture(&["--exclude", unit]).exits(3);
        assert!(!out.join("accounts").join(account(0)).exists());
        assert!(out.join("accounts").join(account(1)).exists());
    }
}

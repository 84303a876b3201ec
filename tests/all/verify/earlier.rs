//! What a run is handed: an earlier report, parts, a journal, state.

use std::fs;

use super::Forged;
use crate::run::{folder, leastwise};
use crate::scan::scan;

#[test]
fn an_earlier_report_that_was_changed_is_refused_by_the_name_of_the_file() {
    let root = folder("verify-earlier");
    let (one, two) = (root.join("one"), root.join("two"));
    let previous = |folder: &str, out: &str| {
        let args = [
            "scan",
            "--snapshot",
            "mocks/partial",
            "--out",
            out,
            "--previous",
            folder,
        ];
        leastwise(args.iter().chain(&["--ready-after", "7"])).ran()
    };
    previous(root.join("none").to_str().unwrap(), one.to_str().unwrap()).exits(3);
    for (number, path) in ["history.json", "report.json", "accounts/111111111111.json"]
        .into_iter()
        .enumerate()
    {
        let mut forged = Forged::of(&one, &root.join(number.to_string()));
        let text = forged.text(path);
        forged.put(path, text.replacen("\"nights\": 1", "\"nights\": 99", 1) + "\n");
        let place = forged.folder.to_str().unwrap();
        let told = format!("{path}` was modified (its SHA-256 differs from manifest.json)");
        previous(place, two.to_str().unwrap())
            .exits(1)
            .says(&told)
            .says("copy the report again");
        leastwise(["compare", place, one.to_str().unwrap()])
            .ran()
            .exits(1)
            .says(&told);
        leastwise(["compare", one.to_str().unwrap(), place])
            .ran()
            .exits(1)
            .says(&told);
        assert!(!two.exists());
    }
    // One that the manifest does not have is not believed either.
    let mut forged = Forged::of(&one, &root.join("added"));
    let text = forged.text("history.json");
    forged.remove("history.json");
    forged.fit();
    fs::write(forged.folder.join("history.json"), text).unwrap();
    let place = forged.folder.to_str().unwrap();
    previous(place, two.to_str().unwrap())
        .exits(1)
        .says("history.json` was modified");
    previous(one.to_str().unwrap(), two.to_str().unwrap()).exits(3);
}

#[cfg(unix)]
#[test]
fn what_everybody_may_write_or_somebody_else_owns_is_not_built_on() {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    let root = folder("verify-owner");
    let (one, out) = (root.join("one"), root.join("out"));
    scan("mocks/partial", &one).exits(3);
    let (one_text, out_text) = (one.to_str().unwrap(), out.to_str().unwrap());
    let parts = root.join("parts");
    let place = parts.to_str().unwrap();
    leastwise([
        "scan",
        "--snapshot",
        "mocks/partial",
        "--shard",
        "1/1",
        "--parts",
        place,
    ])
    .ran()
    .exits(3);
    let shard = fs::read_dir(&parts).unwrap().next().unwrap().unwrap().path();
    let state = root.join("state");
    let previous = || {
        let args = [
            "scan",
            "--snapshot",
            "mocks/partial",
            "--out",
            out_text,
            "--previous",
            one_text,
        ];
        leastwise(args).ran()
    };
    let merge = || leastwise(["merge", place, "--out", out_text]).ran();
    let opened = leastwise_aws::State::open;
    assert!(opened(&state).is_ok());
    let modes = |path: &std::path::Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    for (path, mode) in [
        (one.clone(), 0o700),
        (one.join("report.json"), 0o600),
        (one.join("manifest.json"), 0o600),
    ] {
        modes(&path, mode | 0o002);
        previous()
            .exits(1)
            .says("everyone can write to it")
            .says("chmod -R o-w");
        modes(&path, mode);
    }
    for (path, mode) in [
        (shard.clone(), 0o700),
        (shard.join("part.json"), 0o600),
        (shard.join("accounts.json"), 0o600),
    ] {
        modes(&path, mode | 0o002);
        merge().exits(1).says("everyone can write to it");
        modes(&path, mode);
    }
    modes(&state, 0o777);
    assert!(
        opened(&state)
            .unwrap_err()
            .to_string()
            .contains("everyone can write to it")
    );
    modes(&state, 0o700);
    // Only root can give a file away.
    if chown(one.join("report.json"), Some(65_534), None).is_ok() {
        previous()
            .exits(1)
            .says("report.json`: it belongs to another user (65534)");
        chown(one.join("report.json"), Some(0), None).unwrap();
    }
    previous().exits(3);
    merge().exits(3);
    assert!(opened(&state).is_ok());
}

//! Parts that do not make a whole: each is refused with its reason and the mend, and nothing is written.

use std::fs;
use std::path::{Path, PathBuf};

use leastwise_aws::parts::PartManifest;

use super::{ACME, assert_same, live, merge, recorded, shards, text};
use crate::run::folder;
use crate::scan::{acme, copy_files, files};
use crate::verify::sha256;

/// The parts of `mocks/acme` in three.
fn three(name: &str) -> PathBuf {
    let parts = folder(name).join("parts");
    shards(3, |which| recorded("mocks/acme", &parts, which, &[]))
        .into_iter()
        .for_each(|ran| drop(ran.exits(0)));
    parts
}

/// Changes what a part says of itself, as if the shard had said so.
fn says(part: &Path, change: impl Fn(&mut PartManifest)) {
    let path = part.join("part.json");
    let mut part: PartManifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut part);
    fs::write(path, serde_json::to_vec(&part.sealed().unwrap()).unwrap()).unwrap();
}

fn refused(parts: &Path, message: &str, mend: &str) {
    let out = parts.with_file_name("refused");
    let ran = merge(parts, &out, &[]).exits(1).says(message).says(mend);
    assert!(!out.exists() && ran.out.is_empty());
}

#[test]
fn a_folder_without_parts_is_told_from_one_that_is_not_there() {
    let place = folder("shards-none");
    let parts = place.join("parts");
    refused(&parts, "parts`: No such file", "--parts");
    fs::create_dir_all(parts.join("photos")).unwrap();
    refused(&parts, "no shards found in", "--parts");
    // What a shard has begun is no part.
    fs::create_dir_all(parts.join(".shard-1-of-3.partial")).unwrap();
    refused(&parts, "no shards found in", "--parts");
}

#[test]
fn a_shard_that_is_missing_or_there_twice_is_named() {
    let parts = three("shards-missing");
    let away = parts.with_file_name("away");
    fs::rename(parts.join("shard-2-of-3"), &away).unwrap();
    refused(&parts, "shard 2 of 3 is missing in", "run the missing shards");
    fs::rename(parts.join("shard-3-of-3"), parts.with_file_name("far-away")).unwrap();
    refused(
        &parts,
        "shards 2, 3 of 3 are missing in",
        "run the missing shards",
    );
    fs::rename(parts.with_file_name("far-away"), parts.join("shard-3-of-3")).unwrap();
    // Somebody fills the hole with a copy of another.
    copy_files(&parts.join("shard-1-of-3"), &parts.join("shard-2-of-3"));
    refused(&parts, "shard 1 of 3 exists twice", "delete the one");
    fs::remove_dir_all(parts.join("shard-2-of-3")).unwrap();
    fs::create_dir(parts.join("shard-2-of-3")).unwrap();
    refused(
        &parts,
        "shard-2-of-3/part.json` is not a shard of a scan",
        "run that shard again",
    );
    fs::remove_dir(parts.join("shard-2-of-3")).unwrap();
    fs::rename(away, parts.join("any-name")).unwrap();
    merge(&parts, &parts.with_file_name("report"), &[]).exits(0);
    recorded("mocks/acme", &parts, "1/4", &[]).ran().exits(0);
    refused(&parts, "one of 4", "delete the shards of the other run");
}

#[test]
fn parts_of_other_settings_another_run_or_another_organisation_are_refused() {
    let parts = three("shards-foreign");
    let anew = |more: &[&str]| {
        recorded("mocks/acme", &parts, "2/3", more).ran().exits(0);
    };
    for more in [["--exclude", "acme-sandbox"], ["--window-days", "30"]] {
        anew(&more);
        refused(&parts, "was read with other settings", "the same configuration");
    }
    anew(&["--run-id", "tonight"]);
    refused(&parts, "run `tonight`", "run the shard of the other run again");
    anew(&[]);
    says(&parts.join("shard-3-of-3"), |part| {
        part.organisation = "0".repeat(64);
    });
    refused(
        &parts,
        "found other accounts in the organisation",
        "run the earlier shards again",
    );
    // An organisation of other accounts, recorded at the same time.
    let other = parts.with_file_name("other");
    copy_files(Path::new("mocks/acme"), &other);
    let accounts = fs::read_to_string(other.join("accounts.json")).unwrap();
    fs::write(
        other.join("accounts.json"),
        accounts.replace("acme-lab", "acme-laboratory"),
    )
    .unwrap();
    recorded(text(&other), &parts, "3/3", &[]).ran().exits(0);
    refused(
        &parts,
        "found other accounts in the organisation",
        "run the earlier shards again",
    );
}

#[test]
fn last_nights_part_does_not_pass_for_tonights() {
    let fake = acme().start();
    let parts = folder("shards-yesterday").join("parts");
    let shard = |which: &str| live(&fake, ACME, &["--shard", which, "--parts", text(&parts)]);
    shards(2, shard).into_iter().for_each(|ran| drop(ran.exits(0)));
    let out = parts.with_file_name("report");
    let hours = |hours: i64| {
        says(&parts.join("shard-1-of-2"), |part| {
            part.started -= jiff::SignedDuration::from_hours(hours);
        });
    };
    hours(19);
    merge(&parts, &out, &[]).exits(0);
    hours(2);
    refused(&parts, "they are of different runs", "a separate folder");
}

#[test]
fn a_changed_byte_is_found_wherever_it_is() {
    let parts = three("shards-changed");
    let part = parts.join("shard-2-of-3");
    let all = files(&part);
    assert!(all.len() > 3);
    for (path, bytes) in &all {
        let mut changed = bytes.clone();
        // A letter or a digit, so that it is JSON as before.
        let at = changed
            .iter()
            .rposition(|byte| byte.is_ascii_alphanumeric())
            .unwrap();
        changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
        fs::write(part.join(path), changed).unwrap();
        refused(
            &parts,
            &format!("{path}` was modified after the shard wrote it"),
            "run that shard again",
        );
        fs::write(part.join(path), bytes).unwrap();
    }
    for gone in ["accounts.json", "accounts/444444444444.json"] {
        fs::remove_file(part.join(gone)).unwrap();
        refused(&parts, gone, "check that this is the folder");
        fs::write(part.join(gone), &all[gone]).unwrap();
    }
    fs::write(part.join("part.json"), "{}").unwrap();
    refused(
        &parts,
        "part.json` is not a shard of a scan",
        "run that shard again",
    );
}

#[test]
fn a_part_of_another_version_is_refused_though_it_could_be_read() {
    let parts = three("shards-version");
    says(&parts.join("shard-3-of-3"), |part| {
        part.tool = "99.0.0".to_owned();
    });
    refused(
        &parts,
        "shard-3-of-3` was written by leastwise 99.0.0",
        "the same version",
    );
    says(&parts.join("shard-3-of-3"), |part| {
        part.tool = env!("CARGO_PKG_VERSION").to_owned();
    });
    says(&parts.join("shard-3-of-3"), |part| part.format = 1);
    refused(&parts, "shard-3-of-3` was written by", "the same version");
}

#[test]
fn an_account_stands_in_the_part_that_its_id_puts_it_in() {
    let parts = three("shards-accounts");
    let (one, two) = (parts.join("shard-1-of-3"), parts.join("shard-2-of-3"));
    let before = fs::read(two.join("part.json")).unwrap();
    let id = "444444444444";
    says(&two, |part| {
        drop(part.files.remove(&format!("accounts/{id}.json")).unwrap());
    });
    refused(
        &parts,
        "shard-2-of-3` lacks account 444444444444",
        "run that shard again",
    );
    fs::write(two.join("part.json"), &before).unwrap();
    for id in ["444444444444", "123123123123"] {
        says(&one, |part| assert!(part.left_out.insert(id.to_owned())));
        refused(
            &parts,
            &format!("shard-1-of-3` contains account {id}"),
            "run that shard again",
        );
        says(&one, |part| assert!(part.left_out.remove(id)));
    }
    // Nor do the answers of another shard's account.
    let untouched = fs::read(one.join("part.json")).unwrap();
    let answers = fs::read(two.join(format!("accounts/{id}.json"))).unwrap();
    fs::write(one.join(format!("accounts/{id}.json")), &answers).unwrap();
    says(&one, |part| {
        drop(part.files.insert(format!("accounts/{id}.json"), sha256(&answers)));
    });
    refused(
        &parts,
        &format!("shard-1-of-3` contains account {id}"),
        "run that shard again",
    );
    fs::write(one.join("part.json"), &untouched).unwrap();
    merge(&parts, &parts.with_file_name("report"), &[]).exits(0);
    for path in ["accounts/../../../etc/passwd.json", "accounts/1.json", "passwd"] {
        fs::write(one.join("part.json"), &untouched).unwrap();
        says(&one, |part| {
            drop(part.files.insert(path.to_owned(), "0".repeat(64)));
        });
        refused(&parts, "is not a shard of a scan", "run that shard again");
    }
}

#[cfg(unix)]
#[test]
fn no_link_stands_in_for_an_answer() {
    let parts = three("shards-links");
    let path = parts.join("shard-2-of-3/accounts/444444444444.json");
    let elsewhere = parts.with_file_name("elsewhere.json");
    fs::rename(&path, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
    refused(
        &parts,
        "it is a symbolic link",
        "links in this folder are not followed",
    );
}

#[test]
fn a_config_that_names_units_wants_shards_that_know_them() {
    let fake = acme().no_paths().start();
    let parts = folder("shards-units").join("parts");
    let (whole, out) = (parts.with_file_name("whole"), parts.with_file_name("report"));
    let config = parts.with_file_name("units.toml");
    let rule = "[[exception]]\nous = [\"ou-acme-sandboxes\"]\nreason = \"a sandbox\"\nowner = \"a@acme.example\"\n\
                expires = \"never\"\n";
    fs::write(&config, rule).unwrap();
    let (with, shard) = (
        ["--config", text(&config)],
        ["--shard", "1/1", "--parts", text(&parts)],
    );
    live(&fake, ACME, &shard).ran().exits(0);
    merge(&parts, &out, &with)
        .exits(1)
        .says("organisational units")
        .says("same --config");
    live(&fake, ACME, &[shard.as_slice(), &with].concat())
        .ran()
        .exits(0);
    merge(&parts, &out, &with).exits(0);
    live(&fake, ACME, &[with.as_slice(), &["--out", text(&whole)]].concat())
        .ran()
        .exits(0);
    assert_same(&whole, &out);
    // Where accounts are that tell it themselves need not be asked.
    let fake = acme().start();
    live(&fake, ACME, &shard).ran().exits(0);
    merge(&parts, &out, &with).exits(0);
}

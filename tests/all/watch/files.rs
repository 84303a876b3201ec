//! The files of a trail: any layout, any division, and what cannot be read.

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::{READER, Records, SHOP, gzipped, reader, watch};
use crate::run::folder;

fn applied() -> Records {
    let mut records = Records::quiet(20, &[SHOP]);
    records.applied(2);
    records
}

#[test]
fn the_same_records_are_the_same_bytes_in_any_files_and_order() {
    let folder = folder("watch-layouts");
    let mut records = applied();
    records
        .denied(5, json!({}))
        .denied(9, json!({"eventName": "DescribeImages"}))
        .denied(3, json!({}));
    let printed = |name: &str, write: &dyn Fn(&std::path::Path)| {
        let trail = folder.join(name);
        fs::create_dir_all(&trail).unwrap();
        write(&trail);
        watch(&trail, &["--format", "json", "--change", READER])
            .exits(0)
            .out
    };
    let bucket = printed("bucket", &|trail| records.write(trail));
    let mut turned = records.clone();
    turned.all.reverse();
    assert_eq!(printed("turned", &|trail| turned.write(trail)), bucket);
    assert_eq!(
        printed("plain", &|trail| fs::write(
            trail.join("all.json"),
            records.text()
        )
        .unwrap()),
        bucket
    );
    // One gzip file may be several behind each other, and a copy of a file changes nothing.
    let members = |trail: &std::path::Path| {
        let text = records.text();
        let (one, other) = text.as_bytes().split_at(text.len() / 2);
        fs::create_dir_all(trail.join("a/b")).unwrap();
        fs::write(
            trail.join("a/b/x.json.gz"),
            [gzipped(one), gzipped(other)].concat(),
        )
        .unwrap();
        fs::write(trail.join("copy.json"), &text).unwrap();
    };
    assert_eq!(printed("members", &members), bucket);
    let one = folder.join("one.json.gz");
    fs::write(&one, gzipped(records.text().as_bytes())).unwrap();
    assert_eq!(
        watch(&one, &["--format", "json", "--change", READER])
            .exits(0)
            .out,
        bucket
    );
}

#[test]
fn digests_insights_and_other_files_are_ignored() {
    let folder = folder("watch-ignored");
    applied().write(&folder);
    for other in ["CloudTrail-Digest", "CloudTrail-Insight"] {
        let path = folder.join(format!("AWSLogs/o-acme/{SHOP}/{other}/eu-west-1/2026/11/03"));
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("x.json.gz"), "not gzip").unwrap();
    }
    fs::write(folder.join("notes.txt"), "notes").unwrap();
    let ran = watch(&folder, &["--change", READER])
        .exits(0)
        .prints("Changes: 1 confirmed");
    ran.prints("1 file of other kinds ignored");
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_nothing_that_it_may_hold_is_confirmed() {
    let day = Records::quiet(0, &[])
        .at(9, 0)
        .split('T')
        .next()
        .unwrap()
        .replace('-', "/");
    let text = applied().text();
    let zipped = gzipped(text.as_bytes());
    let deep = format!("{{\"Records\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let broken: [(&str, Vec<u8>, &str); 7] = [
        ("not-gzip", text.as_bytes().to_vec(), "gzip"),
        ("cut", zipped[..zipped.len() - 20].to_vec(), ""),
        ("cut-json", gzipped(&text.as_bytes()[..text.len() - 5]), "EOF"),
        ("deep", gzipped(deep.as_bytes()), "a record"),
        ("no-records", gzipped(b"{\"Other\":[]}"), "Records"),
        ("no-object", gzipped(b"[]"), ""),
        ("number", gzipped(b"{\"Records\":[1]}"), ""),
    ];
    for (name, bytes, why) in broken {
        let folder = folder(&format!("watch-broken-{name}"));
        applied().write(&folder);
        let file = format!("AWSLogs/o-acme/{SHOP}/CloudTrail/eu-west-1/{day}/{name}.json.gz");
        fs::create_dir_all(folder.join(&file).parent().unwrap()).unwrap();
        fs::write(folder.join(&file), bytes).unwrap();
        let (code, result) = reader(&folder, &[]);
        assert_eq!(code, 3, "{name}");
        assert_eq!(
            (&result["unreadableFiles"], &result["changes"][0]["verdict"]),
            (&json!(1), &json!("not-visible")),
            "{name}"
        );
        assert_eq!(
            result["changes"][0]["invisible"][0]["code"], "unreadable-files",
            "{name}"
        );
        let told = result["unreadable"][&file]
            .as_str()
            .unwrap_or_else(|| panic!("{name}: {result:#}"));
        assert!(told.contains(why), "{name}: {told}");
        watch(&folder, &["--change", READER])
            .exits(3)
            .prints(&file)
            .prints("warning: 1 file could not be read completely");
        // What the file cannot hold is confirmed all the same.
        let other = folder.join(file.replace(SHOP, "222222222222"));
        fs::create_dir_all(other.parent().unwrap()).unwrap();
        fs::rename(folder.join(&file), other).unwrap();
        assert_eq!(
            reader(&folder, &[]).1["changes"][0]["verdict"],
            "confirmed",
            "{name}"
        );
    }
}

#[test]
fn a_denial_before_the_end_of_a_broken_file_counts() {
    let folder = folder("watch-half");
    let mut records = applied();
    records.denied(5, json!({}));
    let text = records.text();
    fs::write(folder.join("half.json"), &text[..text.len() - 2]).unwrap();
    let (code, result) = reader(&folder, &["--fail-on", "denied"]);
    assert_eq!((code, &result["changes"][0]["verdict"]), (5, &json!("denied")));
}

#[test]
fn what_is_nested_deeply_in_a_record_is_passed_over() {
    let folder = folder("watch-deep");
    let mut text = applied().text();
    let deep = format!(
        ",{{\"responseElements\":{}1{}}}]}}",
        "{\"a\":".repeat(100_000),
        "}".repeat(100_000)
    );
    text.truncate(text.len() - 2);
    fs::write(folder.join("deep.json"), text + &deep).unwrap();
    let (code, result) = reader(&folder, &[]);
    assert_eq!(
        (code, &result["changes"][0]["verdict"]),
        (0, &json!("confirmed")),
        "{result:#}"
    );
}

#[test]
fn a_bomb_is_named_before_it_is_inflated() {
    let folder = folder("watch-bomb");
    applied().write(&folder);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(b"{\"Records\":[],\"x\":\"").unwrap();
    let blank = vec![b' '; 1 << 20];
    for _ in 0..257 {
        encoder.write_all(&blank).unwrap();
    }
    fs::write(folder.join("bomb.json.gz"), encoder.finish().unwrap()).unwrap();
    let (code, result) = reader(&folder, &[]);
    assert_eq!(
        (code, &result["unreadable"]["bomb.json.gz"]),
        (3, &json!("it has more than 256 MiB"))
    );
    assert_eq!(result["changes"][0]["verdict"], "not-visible");
}

#[cfg(unix)]
#[test]
fn links_are_named_and_not_followed() {
    let folder = folder("watch-links");
    let trail = folder.join("trail");
    applied().write(&trail);
    let mut denied = Records::quiet(0, &[]);
    denied.denied(5, json!({}));
    denied.write(&folder.join("outside"));
    fs::write(folder.join("outside.json"), denied.text()).unwrap();
    std::os::unix::fs::symlink(folder.join("outside.json"), trail.join("link.json")).unwrap();
    std::os::unix::fs::symlink(folder.join("outside"), trail.join("linked")).unwrap();
    let (code, result) = reader(&trail, &[]);
    assert_eq!((code, &result["unreadableFiles"]), (3, &json!(2)));
    assert!(
        result["unreadable"]["link.json"]
            .as_str()
            .unwrap()
            .contains("symbolic link")
    );
    assert_eq!(result["changes"][0]["verdict"], "not-visible");
}

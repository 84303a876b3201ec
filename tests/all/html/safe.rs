//! What a page may run and load, and how it shows hostile text.

use sha2::{Digest, Sha256};

use super::pages;
use crate::harness::pages::{between, data, hostile};
use crate::scan::{demonstration, report};

fn from_base64(text: &str) -> Vec<u8> {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_usize, 0);
    for letter in text.trim_end_matches('=').chars() {
        held = (held << 6 | LETTERS.find(letter).unwrap()) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(held >> bits & 0xff).unwrap());
        }
    }
    bytes
}

#[test]
fn only_our_own_script_and_style_are_allowed_by_their_hashes_and_nothing_is_loaded() {
    let out = demonstration();
    for (path, text) in pages(&out) {
        let policy = between(&text, "http-equiv=\"Content-Security-Policy\" content=\"", "\"")[0];
        assert!(
            policy.starts_with("default-src 'none'; script-src 'sha256-"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        let hashes = between(policy, "'sha256-", "'");
        for (at, (from, to)) in [("<script>", "</script>"), ("<style>", "</style>")]
            .into_iter()
            .enumerate()
        {
            let inline = between(&text, from, to);
            assert_eq!(inline.len(), 1, "{path}");
            assert_eq!(
                from_base64(hashes[at]),
                Sha256::digest(inline[0]).to_vec(),
                "{path} {from}"
            );
        }
        for loads in [
            " src=",
            " style=",
            "@import",
            "url(",
            "<iframe",
            "<object",
            "<form action",
            " onclick",
        ] {
            assert!(!text.contains(loads), "{path}: {loads}");
        }
        for href in between(&text, "href=\"https:", ">") {
            assert!(href.ends_with(" rel=\"noreferrer\""), "{path}: {href}");
        }
    }
}

#[test]
fn nothing_hostile_reaches_a_page_unescaped() {
    let out = hostile("html-hostile");
    let whole = report(&out);
    assert!(
        whole.totals.recommendations > 40,
        "too little to see: {:?}",
        whole.totals
    );
    let pages = pages(&out);
    for (path, text) in &pages {
        let scripts = if path == "index.html" { 2 } else { 1 };
        assert_eq!(text.matches("<script").count(), scripts, "{path}");
        assert_eq!(text.matches("</script").count(), scripts, "{path}");
        for bad in ["<img", "<!--", "\u{2028}", "\u{202e}", "\u{1b}"] {
            assert!(!text.contains(bad), "{path}: {bad:?}");
        }
        for href in between(text, "href=\"", "\"") {
            assert!(!href.to_lowercase().starts_with("javascript"), "{path}: {href}");
            assert!(!href.contains(['<', '\'', '`', ' ']), "{path}: {href}");
        }
    }
    assert!(
        pages.values().any(|text| text.contains("onerror=alert(1)")),
        "the hostile text is not shown"
    );
    assert_eq!(
        data(&out)["accounts"].as_array().unwrap().len(),
        whole.accounts.len()
    );
}

//! An organisation whose principals belong to two owners by turns, so that nearly all that can be shared is shared.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{nobody_else_is_in, packs, packs_stand_alone_and_add_up, split};
use crate::run::folder;
use crate::scan::files;

/// A snapshot with changes.
pub(crate) fn copy(from: &str, to: &Path, change: impl Fn(&str, &mut Value)) {
    for (path, bytes) in files(Path::new(from)) {
        let mut value: Value = serde_json::from_slice(&bytes).unwrap();
        change(&path, &mut value);
        let full = to.join(&path);
        fs::create_dir_all(full.parent().unwrap()).unwrap();
        fs::write(full, value.to_string()).unwrap();
    }
}

/// Gives the principals of acme their owners by turns.
pub(crate) fn by_turns(to: &Path, owners: &[&str]) {
    copy("mocks/acme", to, |path, value| {
        if !path.ends_with("authorization.json") {
            return;
        }
        for list in ["RoleDetailList", "UserDetailList"] {
            for (at, principal) in value[list].as_array_mut().unwrap().iter_mut().enumerate() {
                principal["Tags"] = json!([{"Key": "owner", "Value": owners[at % owners.len()]}]);
            }
        }
    });
}

#[test]
fn owners_who_share_policies_learn_of_each_other_no_more_than_how_many_they_are() {
    let root = folder("packs-torn");
    let snapshot = root.join("snapshot");
    by_turns(&snapshot, &["left", "right"]);
    let snapshot = snapshot.to_str().unwrap();
    for (shared, config) in [("in-place", ""), ("both", ""), ("fork", "mocks/exceptions.toml")] {
        let out = root.join(shared);
        let mut more = vec!["--shared", shared];
        more.extend(if config.is_empty() { vec![] } else { vec!["--config", config] });
        split(snapshot, "owner", &out, &more).exits(0);
        let counted = nobody_else_is_in(snapshot, &out);
        assert!(counted > 20, "only {counted} shared things were told");
        packs_stand_alone_and_add_up(&out);
        let packs = packs(&out);
        for side in ["left", "right"] {
            let mine = packs[side].iter().flat_map(|it| &it.recommendations);
            let copies: Vec<_> = mine.filter(|it| it.others > 0 && !it.holders.is_empty()).collect();
            assert!(!copies.is_empty(), "no copy is shared");
            for copy in copies {
                // It goes by the name of a holder of the pack's own, under which its files are.
                assert_eq!(copy.holder, copy.holders[0].name);
                assert_eq!(copy.files, copy.holders[0].files);
                assert_eq!(copy.removed_in_all, copy.proof.removed * copy.reaches.len());
            }
        }
    }
}

//! An organisation whose principals belong to two owners by turns, so that nearly all that can be shared is shared.

use std::fs;
use std::path::Path;

use super::{nobody_else_is_in, packs, packs_stand_alone_and_add_up, split};
use crate::run::folder;
use crate::scan::{account, by_turns, files, report};
use leastwise_core::report::{Action, Recommendation};

#[test]
fn owners_who_share_policies_learn_of_each_other_no_more_than_how_many_they_are() {
    let root = folder("packs-torn");
    let snapshot = root.join("snapshot");
    by_turns(&snapshot, &["left", "right"]);
    let snapshot = snapshot.to_str().unwrap();
    for (shared, config) in [("in-place", ""), ("both", ""), ("fork", "mocks/exceptions.toml")] {
        let out = root.join(shared);
        let mut more = vec!["--shared", shared];
        more.extend(if config.is_empty() {
            vec![]
        } else {
            vec!["--config", config]
        });
        split(snapshot, "owner", &out, &more).exits(0);
        let counted = nobody_else_is_in(snapshot, &out);
        assert!(counted > 20, "only {counted} shared things were listed");
        packs_stand_alone_and_add_up(&out);
        let packs = packs(&out);
        for side in ["left", "right"] {
            let mine = packs[side].iter().flat_map(|it| &it.recommendations);
            let copies: Vec<_> = mine
                .filter(|it| it.others > 0 && !it.holders.is_empty())
                .collect();
            assert!(!copies.is_empty(), "no copy is shared");
            for copy in copies {
                // It goes by the name of a holder of the pack's own, under which its files are.
                assert_eq!(copy.holder, copy.holders[0].name);
                assert_eq!(copy.files, copy.holders[0].files);
                assert!(copy.permissions_removed <= copy.proof.removed * copy.reaches.len());
            }
        }
    }
}

const ALL: [&str; 4] = [
    "--shared",
    "in-place",
    "--format",
    "changes,terraform,cloudformation",
];
pub(super) const REASON: &str = "principals of other owners share it";

/// How often a text stands in the files of a folder whose paths end so.
fn count(folder: &Path, ending: &str, text: &str) -> usize {
    let all = files(folder)
        .into_iter()
        .filter(|(path, _)| path.ends_with(ending));
    all.map(|(_, bytes)| String::from_utf8(bytes).unwrap().matches(text).count())
        .sum()
}

/// What a group has, all its members have.
fn is_of_a_group(it: &Recommendation) -> bool {
    it.holder_kind.name() == "group" || it.holders.iter().any(|hands| hands.kind.name() == "group")
}

/// Holds what a pack says of a change against whether others share it.
pub(crate) fn is_refused(pack: &Path, it: &Recommendation, shared: bool) {
    let row = crate::scan::changes(pack).remove(name(it)).unwrap();
    let refused = row["refused"].as_str().is_some_and(|why| why.contains(REASON));
    assert_eq!(refused, shared, "{}: {row}", it.id);
    assert_eq!(row.get("how").is_none(), refused);
}

/// What the scripts know a change by.
pub(crate) fn name(it: &Recommendation) -> &str {
    let trunk = it.files.before.strip_suffix(".before.json").unwrap();
    trunk.strip_prefix("policies/").unwrap()
}

#[test]
fn what_others_share_is_changed_from_the_whole_report_and_their_use_is_not_told() {
    let root = folder("packs-shared");
    let snapshot = root.join("snapshot");
    by_turns(&snapshot, &["left", "right"]);
    let tells = |it: &Recommendation| it.unused.iter().any(|service| service.last_accessed.is_some());
    let (mut versions, mut sets, mut own, mut silent) = (0, 0, 0, 0);
    // A permission set is shared by accounts.
    for by in ["owner", "account"] {
        let out = root.join(by);
        split(snapshot.to_str().unwrap(), by, &out, &ALL).exits(0);
        for (name, accounts) in packs(&out) {
            let pack = out.join("packs").join(&name);
            let mut shared = 0;
            for here in &accounts {
                let whole = account(&out, &here.summary.id);
                let all_have_it = |it: &&Recommendation| it.action == Action::NewVersion || is_of_a_group(it);
                for it in here.recommendations.iter().filter(all_have_it) {
                    is_refused(&pack, it, it.others > 0);
                    shared += usize::from(it.others > 0);
                    own += usize::from(it.others == 0);
                }
                for it in &here.recommendations {
                    let told = whole
                        .recommendations
                        .iter()
                        .find(|of_all| of_all.id == it.id)
                        .unwrap();
                    assert_eq!(tells(it), tells(told) && it.others == 0, "{}", it.id);
                    silent += usize::from(tells(told) && it.others > 0);
                }
            }
            versions += shared;
            for it in report(&pack)
                .recommendations
                .iter()
                .filter(|it| it.holder_kind.name() == "permission-set")
            {
                is_refused(&pack, it, it.others > 0);
                shared += usize::from(it.others > 0);
                sets += usize::from(it.others > 0);
                assert!(it.others == 0 || !tells(it));
            }
            for code in ["terraform/main.tf", "cloudformation.template.json"] {
                assert_eq!(count(&pack, code, REASON), shared, "{name}: {code}");
            }
        }
        fs::remove_dir_all(out.join("packs")).unwrap();
        for file in [".jsonl", ".tf", ".json"] {
            assert_eq!(count(&out, file, REASON), 0, "the whole report names everybody");
        }
    }
    assert!(
        versions > 3 && sets > 3 && own > 3 && silent > 3,
        "{versions} {sets} {own} {silent}"
    );
}

/// A fleet reaches others in other accounts, and its script in an account does not.
#[test]
fn a_fleet_is_changed_from_the_pack_of_each_of_its_accounts() {
    let root = folder("packs-fleet");
    let case = "a-fleet-of-customer-managed-policies-is-one-change";
    let (_, case) = crate::harness::decisions::all()
        .into_iter()
        .find(|(name, _)| name == case)
        .unwrap();
    let (snapshot, out) = (root.join("snapshot"), root.join("report"));
    crate::harness::decisions::recorded::write(&crate::harness::decisions::expand(&case), &snapshot);
    let catalog = crate::harness::decisions::catalog(&root);
    let mut more = vec!["--catalog", catalog.to_str().unwrap()];
    more.extend(ALL);
    split(snapshot.to_str().unwrap(), "account", &out, &more).exits(0);
    let packs = packs(&out);
    assert!(packs.len() > 1);
    for name in packs.keys() {
        let pack = out.join("packs").join(name);
        let changes = report(&pack).recommendations;
        assert!(
            changes
                .iter()
                .any(|it| it.action == Action::NewVersion && it.others > 0)
        );
        assert!(count(&pack.join("changes"), ".jsonl", "\"how\":") > 0);
        assert!(pack.join("changes/lib.bash").is_file());
        assert_eq!(count(&pack.join("changes"), "", REASON), 0);
    }
}

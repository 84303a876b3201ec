//! Names that would be more than text in a tracker.

use std::fs;

use super::{scan, table, tickets};
use crate::run::folder;
use crate::scan::copy;

const NAME: &str = "x`\n\n# @all #1 ![i](http://e.example/i) <script>alert(1)</script>\n- [ ] `|y|\u{202e}";
const OWNER: &str = "=cmd()/../../@team\n# title";

#[test]
fn no_name_is_markup_a_formula_or_a_path() {
    let root = folder("tickets-hostile");
    let snapshot = root.join("snapshot");
    copy("mocks/acme", &snapshot, |path, value| {
        if path == "accounts.json" {
            for account in value["Accounts"].as_array_mut().unwrap() {
                account["Name"] = NAME.into();
            }
        } else if path.ends_with("authorization.json") {
            for list in ["RoleDetailList", "UserDetailList"] {
                for principal in value[list].as_array_mut().unwrap() {
                    principal["Tags"] = serde_json::json!([{"Key": "owner", "Value": OWNER}]);
                }
            }
        }
    });
    let out = root.join("report");
    scan(snapshot.to_str().unwrap(), &out).exits(0);
    assert!(!root.join("@team").exists() && fs::read_dir(&root).unwrap().count() == 2);
    let tickets = tickets(&out);
    assert_eq!(
        tickets.keys().collect::<Vec<_>>(),
        ["=cmd%28%29%2F..%2F..%2F@team%0A%23%20title"]
    );
    let text = tickets.values().next().unwrap();
    // A tracker takes no longer ticket, and says how many changes it leaves to the table.
    assert!(text.len() < 65_000, "{}", text.len());
    assert!(text.contains(" more are in `tickets/tickets.csv`."), "{text}");
    assert!(!text.contains('\u{202e}'));
    let shown =
        "``x`\\n\\n# @all #1 ![i](http://e.example/i) <script>alert(1)</script>\\n- [ ] `|y|\\u202e``";
    assert!(text.contains(shown), "{text}");
    let bare = text
        .replace(shown, "")
        .replace("`=cmd()/../../@team\\n# title`", "");
    for part in ["@all", "<script", "![i]", "@team", "http"] {
        assert!(!bare.contains(part), "{part} stands outside of a code span");
    }
    for line in bare.lines().filter(|line| line.starts_with('#')) {
        let title = line.trim_start_matches('#').trim_start();
        let numbered = title
            .split_once(". ")
            .is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        let known = [
            "Remove unused",
            "This week",
            "Changes",
            "Unused",
            "Before and after",
        ];
        assert!(numbered || known.iter().any(|it| title.starts_with(it)), "{line}");
    }
    for row in table(&out) {
        for (column, cell) in row {
            assert!(
                !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']),
                "{column}: {cell}"
            );
            assert!(cell.encode_utf16().count() <= 32_767);
        }
    }
}

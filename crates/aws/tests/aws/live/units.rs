//! Where accounts are in the organisation, when their list does not say.

use leastwise_aws::Cloud as _;
use leastwise_core::evidence::FailureKind;
use leastwise_core::inventory::wire::Account;

use super::recorded::{CALLER, Recorded, Reply, live};

fn list(name: &str, items: &[String], token: &str) -> Reply {
    let token = if token.is_empty() {
        String::new()
    } else {
        format!(r#","NextToken":"{token}""#)
    };
    Reply::ok(format!(r#"{{"{name}":[{}]{token}}}"#, items.join(",")))
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| format!(r#"{{"Id":"{id}"}}"#)).collect()
}

/// Three accounts without a path: below the root, below a unit, two units deep.
fn tree() -> Recorded {
    let mut aws = Recorded::new();
    let accounts = ids(&[CALLER, "222222222222", "333333333333"]);
    aws.always("ListAccounts", list("Accounts", &accounts, ""));
    plant(&mut aws);
    aws
}

/// A rule goes by unit, and these are the units.
pub(super) fn plant(aws: &mut Recorded) {
    aws.options.by_unit = true;
    let root = r#"{"Id":"r-root","Arn":"arn:aws:organizations::111111111111:root/o-example/r-root"}"#;
    aws.always("ListRoots", list("Roots", &[root.to_owned()], ""));
    aws.on("ListOrganizationalUnitsForParent", |asked| {
        let units = |units: &[&str]| list("OrganizationalUnits", &ids(units), "");
        // Pages without elements are no end.
        let token = asked.has("NextToken");
        Some(match asked.body.as_str() {
            body if body.contains("r-root") && !token => list("OrganizationalUnits", &[], "more"),
            body if body.contains("r-root") => units(&["ou-root-aaaaaaaa", "ou-root-bbbbbbbb"]),
            body if body.contains("ou-root-bbbbbbbb") => units(&["ou-root-cccccccc"]),
            _ => units(&[]),
        })
    });
    aws.on("ListAccountsForParent", |asked| {
        let found: &[&str] = match asked.body.as_str() {
            body if body.contains("r-root") => &[CALLER],
            body if body.contains("ou-root-aaaaaaaa") => &["222222222222"],
            body if body.contains("ou-root-cccccccc") => &["333333333333"],
            _ => &[],
        };
        Some(list("Accounts", &ids(found), ""))
    });
}

#[tokio::test(start_paused = true)]
async fn accounts_without_a_path_are_found_in_the_tree() {
    let aws = tree().start();
    let accounts = live(&aws).await.organisation().await.unwrap().accounts;
    let paths: Vec<&str> = accounts
        .iter()
        .flat_map(|account| &account.paths)
        .map(String::as_str)
        .collect();
    assert_eq!(
        paths,
        [
            "o-example/r-root/111111111111/",
            "o-example/r-root/ou-root-aaaaaaaa/222222222222/",
            "o-example/r-root/ou-root-bbbbbbbb/ou-root-cccccccc/333333333333/",
        ]
    );
    assert!(aws.asked("ListRoots")[0].has(r#""MaxResults":20"#));
}

#[tokio::test(start_paused = true)]
async fn nobody_walks_the_tree_when_no_rule_goes_by_it_or_every_account_has_a_path() {
    let mut no_rule = tree();
    no_rule.options.by_unit = false;
    let mut paths = tree();
    let account = r#"{"Id":"111111111111","Paths":["o-example/r-root/111111111111/"]}"#;
    paths.always("ListAccounts", list("Accounts", &[account.to_owned()], ""));
    for aws in [no_rule, paths] {
        let aws = aws.start();
        live(&aws).await.organisation().await.unwrap();
        assert_eq!(aws.calls().len(), 2, "{:?}", aws.calls());
    }
}

#[tokio::test(start_paused = true)]
async fn the_walk_ends_when_every_account_is_found() {
    let mut aws = tree();
    aws.always("ListAccounts", list("Accounts", &ids(&[CALLER]), ""));
    let aws = aws.start();
    live(&aws).await.organisation().await.unwrap();
    assert_eq!(aws.asked("ListAccountsForParent").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn named_accounts_are_placed_as_well_and_keep_their_names() {
    let mut aws = tree();
    let named = |id: &str| Account {
        id: id.to_owned(),
        name: "shop".to_owned(),
        ..Account::default()
    };
    aws.options.accounts = vec![named("333333333333"), named("999999999999")];
    let aws = aws.start();
    let accounts = live(&aws).await.organisation().await.unwrap().accounts;
    assert_eq!(
        accounts[0].paths,
        ["o-example/r-root/ou-root-bbbbbbbb/ou-root-cccccccc/333333333333/"]
    );
    assert!(
        accounts[1].paths.is_empty(),
        "it is in no unit of this organisation"
    );
    assert!(accounts.iter().all(|account| account.name == "shop"));
    assert!(aws.asked("ListAccounts").is_empty());
}

/// A rule that cannot be followed must not pass for one that nothing matches.
#[tokio::test(start_paused = true)]
async fn who_is_not_told_where_accounts_are_reads_none() {
    for operation in [
        "ListRoots",
        "ListOrganizationalUnitsForParent",
        "ListAccountsForParent",
    ] {
        let mut aws = tree();
        aws.always(operation, Reply::json(400, "AccessDeniedException"));
        let failure = live(&aws.start()).await.organisation().await.unwrap_err();
        assert_eq!(
            (failure.operation.as_str(), failure.kind),
            (operation, FailureKind::Denied)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_in_no_organisation_is_in_no_unit() {
    let mut aws = Recorded::new();
    aws.options.by_unit = true;
    aws.always(
        "ListAccounts",
        Reply::json(400, "AWSOrganizationsNotInUseException"),
    );
    let aws = aws.start();
    let accounts = live(&aws).await.organisation().await.unwrap().accounts;
    assert!(accounts.len() == 1 && accounts[0].paths.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_is_none_is_malformed_and_has_an_end() {
    let units = "ListOrganizationalUnitsForParent";
    let cases = [
        (
            units,
            list("OrganizationalUnits", &ids(&["ou-root-aaaaaaaa"]), ""),
        ),
        (
            units,
            list("OrganizationalUnits", &ids(&["ou-root/aaaaaaaa"]), ""),
        ),
        (units, list("OrganizationalUnits", &[], "again")),
        (units, Reply::ok("{}")),
        ("ListRoots", list("Roots", &[], "")),
        ("ListRoots", list("Roots", &ids(&["root"]), "")),
        ("ListAccountsForParent", list("Accounts", &["{}".to_owned()], "")),
        ("ListAccountsForParent", Reply::ok("{}")),
    ];
    for (operation, reply) in cases {
        let what = format!("{operation} {reply:?}");
        let mut aws = tree();
        aws.always(operation, reply);
        let failure = live(&aws.start()).await.organisation().await.unwrap_err();
        assert_eq!(
            (failure.operation.as_str(), failure.kind),
            (operation, FailureKind::Malformed),
            "{what}"
        );
    }
}

//! Exceptions: what each rule leaves alone; `keep` has what stays of the evidence, `review` what is said of the rules.

mod keep;
mod review;

use jiff::civil::{Date, date};
use leastwise::config::Config;
use leastwise_core::catalog::Catalog;
use leastwise_core::decide::Exceptions;
use leastwise_core::inventory::wire::{
    Account, AttachedPolicy, Authorization, InlinePolicy, PolicyText, RoleDetail, Tag,
};
use leastwise_core::inventory::{Inventory, Principal};
use leastwise_core::policy::ActionSet;

const TODAY: Date = date(2026, 11, 21);

fn config(text: &str) -> Config {
    // Every exception needs these; a case writes what it is about.
    let text = text.replace("[[exception]]", "[[exception]]\nreason = \"r\"\nowner = \"o\"");
    Config::read(&text, "leastwise.toml").unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn rules(config: &Config) -> Exceptions<'_> {
    Exceptions::new(&config.exceptions, &config.keep, TODAY)
}

fn catalog() -> Catalog {
    Catalog::from_json(r#"{"s3":["GetObject","GetObjectAcl","PutObject"],"sqs":["SendMessage"]}"#).unwrap()
}

fn role(path: &str, name: &str) -> RoleDetail {
    RoleDetail {
        path: path.to_owned(),
        role_name: name.to_owned(),
        arn: format!("arn:aws:iam::222222222222:role{path}{name}"),
        ..RoleDetail::default()
    }
}

fn with_tag(mut role: RoleDetail, key: &str, value: &str) -> RoleDetail {
    role.tags.push(Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    });
    role
}

fn with_policies(mut role: RoleDetail, inline: &str, attached: &str) -> RoleDetail {
    let document = PolicyText("{}".to_owned());
    role.role_policy_list.push(InlinePolicy {
        policy_name: inline.to_owned(),
        policy_document: document,
    });
    role.attached_managed_policies.push(AttachedPolicy {
        policy_name: String::new(),
        policy_arn: attached.to_owned(),
    });
    role
}

fn inventory(roles: Vec<RoleDetail>) -> Inventory {
    let account = Account {
        id: "222222222222".to_owned(),
        arn: "arn:aws:organizations::111111111111:account/o-acme/222222222222".to_owned(),
        name: "prod".to_owned(),
        paths: vec!["o-acme/r-acme/ou-acme-workload/222222222222/".to_owned()],
        ..Account::default()
    };
    Inventory::new(
        account,
        Authorization {
            role_detail_list: roles,
            ..Authorization::default()
        },
    )
    .unwrap()
}

fn find<'i>(inventory: &'i Inventory, name: &str) -> &'i Principal {
    inventory
        .principals
        .iter()
        .find(|it| it.name == name)
        .expect("it is there")
}

/// The rule that leaves each role alone as a whole.
fn left_alone(config: &Config, inventory: &Inventory) -> Vec<String> {
    let exceptions = rules(config);
    let local = exceptions.of(inventory);
    let rule = |it: &Principal| local.principal(it).map_or("-".to_owned(), |id| id.to_string());
    inventory
        .principals
        .iter()
        .map(|it| format!("{}: {}", it.name, rule(it)))
        .collect()
}

#[test]
fn a_rule_without_policies_and_actions_leaves_the_principal_alone() {
    let config = config(
        "[[exception]]\nnames = [\"deploy-*\"]\nexpires = \"never\"\n\
         [[exception]]\ntags = { team = \"dr\" }\nexpires = 2026-11-21\n\
         [[exception]]\nnames = [\"deploy-*\"]\npolicies = [\"x\"]\nexpires = \"never\"\n",
    );
    let roles = vec![
        role("/", "deploy-a"),
        with_tag(role("/", "b"), "team", "dr"),
        role("/", "c"),
    ];
    assert_eq!(
        left_alone(&config, &inventory(roles)),
        ["b: config:6", "c: -", "deploy-a: config:1"]
    );
}

#[test]
fn two_rules_on_one_line_have_two_names() {
    let one = "{names=[\"a\"],reason=\"r\",owner=\"o\",expires=\"never\"}";
    let config = config(&format!("exception = [{one}, {}]", one.replace("\"a\"", "\"b\"")));
    let roles = vec![role("/", "a"), role("/", "b")];
    assert_eq!(
        left_alone(&config, &inventory(roles)),
        ["a: config:1", "b: config:1-2"]
    );
}

#[test]
fn a_rule_reaches_into_its_accounts_only() {
    let text = |scope: &str| {
        config(&format!(
            "[[exception]]\nnames = [\"a\"]\n{scope}\nexpires = \"never\"\n"
        ))
    };
    let of = |scope: &str| left_alone(&text(scope), &inventory(vec![role("/", "a")]));
    assert_eq!(of("accounts = [\"prod\"]"), ["a: config:1"]);
    assert_eq!(of("accounts = [\"333333333333\"]"), ["a: -"]);
    assert_eq!(of("ous = [\"ou-acme-workload\"]"), ["a: config:1"]);
}

#[test]
fn what_only_aws_can_change_is_left_alone_by_default() {
    let roles = vec![
        role("/aws-service-role/sso.amazonaws.com/", "AWSServiceRoleForSSO"),
        role(
            "/aws-reserved/sso.amazonaws.com/eu-west-1/",
            "AWSReservedSSO_Admin_0123456789abcdef",
        ),
        role("/aws-reserved/other.amazonaws.com/", "AWSReservedOther"),
        role("/", "OrganizationAccountAccessRole"),
        role("/service-role/", "some-service-role"),
    ];
    assert_eq!(
        left_alone(&config(""), &inventory(roles)),
        [
            "OrganizationAccountAccessRole: -",
            "AWSReservedOther: default:aws-reserved",
            "AWSReservedSSO_Admin_0123456789abcdef: -",
            "AWSServiceRoleForSSO: default:service-linked",
            "some-service-role: -",
        ]
    );
}

#[test]
fn the_roles_of_control_tower_are_left_alone_where_it_protects_them() {
    let names = [
        "aws-controltower-AdministratorExecutionRole",
        "stacksets-exec-0123",
        "my-AWSControlTower-x",
    ];
    let mut roles: Vec<RoleDetail> = names.iter().map(|name| role("/", name)).collect();
    roles.push(role("/tools/", "stacksets-exec-4567"));
    let elsewhere = role("/elsewhere/", "AWSControlTowerExecution");
    let rules_of = |inventory: &Inventory| left_alone(&config(""), inventory);
    // The names alone say nothing: anybody can give them.
    let without: Vec<RoleDetail> = roles.iter().cloned().chain([elsewhere]).collect();
    assert!(
        rules_of(&inventory(without))
            .iter()
            .all(|row| row.ends_with(": -"))
    );
    roles.push(role("/", "AWSControlTowerExecution"));
    assert_eq!(
        rules_of(&inventory(roles.clone())),
        [
            "AWSControlTowerExecution: default:control-tower",
            "aws-controltower-AdministratorExecutionRole: default:control-tower",
            "my-AWSControlTower-x: default:control-tower",
            "stacksets-exec-0123: default:control-tower",
            "stacksets-exec-4567: -",
        ]
    );
    // Service control policies do not reach the management account.
    let mut management = inventory(roles);
    management.account.id = "111111111111".to_owned();
    assert!(rules_of(&management).iter().all(|row| row.ends_with(": -")));
}

#[test]
fn a_rule_with_policies_leaves_those_alone_by_name_and_by_arn() {
    let config = config(
        "[[exception]]\nnames = [\"a\"]\npolicies = [\"Emergency*\"]\nexpires = \"never\"\n\
         [[exception]]\npolicies = [\"arn:aws:iam::aws:policy/*\"]\nexpires = \"never\"\n",
    );
    let inventory = inventory(vec![role("/", "a"), role("/", "b")]);
    let exceptions = rules(&config);
    let local = exceptions.of(&inventory);
    let of = |name: &str, policy: &str| {
        local
            .policy(find(&inventory, name), policy)
            .map(|id| id.to_string())
    };
    assert_eq!(of("a", "EmergencyAccess").as_deref(), Some("config:1"));
    assert_eq!(
        of("a", "arn:aws:iam::222222222222:policy/ops/EmergencyAccess").as_deref(),
        Some("config:1")
    );
    assert_eq!(of("b", "EmergencyAccess"), None);
    assert_eq!(
        of("b", "arn:aws:iam::aws:policy/ReadOnlyAccess").as_deref(),
        Some("config:7")
    );
    assert_eq!(local.principal(find(&inventory, "a")), None);
}

fn unused(services: &[(&'static str, &[&'static str])]) -> ActionSet {
    let mut set = ActionSet::new();
    for (service, names) in services {
        match names {
            [] => set.add_service(service),
            names => set.add_actions(service, *names),
        }
    }
    set
}

#[test]
fn an_expired_rule_has_no_effect() {
    let config = config(
        "[[exception]]\nnames = [\"a\"]\nexpires = 2026-11-20\n\
         [[exception]]\nnames = [\"a\"]\npolicies = [\"p\"]\nexpires = 2026-11-20\n\
         [[exception]]\nnames = [\"a\"]\nactions = [\"*\"]\nexpires = 2026-11-20\n",
    );
    let inventory = inventory(vec![role("/", "a")]);
    let exceptions = rules(&config);
    let local = exceptions.of(&inventory);
    let a = find(&inventory, "a");
    assert_eq!((local.principal(a), local.policy(a, "p")), (None, None));
    assert!(local.kept(a, "p").is_empty());
}

//! Invented organisations: accounts x principals x findings, the same ones for the same seed.
//!
//! Of the roles 70 in 100 have one inline policy and one or two managed ones, 15 have managed ones only, 10 an inline one
//! only, 5 are service-linked. One principal in twenty is a user, most of them in groups. Customer-managed policies are
//! shared, one for ten principals.

use leastwise_core::evidence::{Analyzer, Configuration, Finding, UnusedAccess};
use leastwise_core::inventory::wire::{
    Account, AttachedPolicy, Authorization, GroupDetail, InlinePolicy, ManagedPolicyDetail, PolicyText,
    PolicyVersion, RoleDetail, RoleLastUsed, Tag, UserDetail,
};

use super::dice::Dice;
use super::findings::{self, Subject};
use super::stock::{Grants, Made, aws_managed, policy};
use super::world::Books;

/// The first account's id; it is the management account.
const FIRST: u64 = 200_000_000_000;
const ORGANISATION: &str = "o-invented00";

/// An organisation that is made account by account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Invented {
    pub(crate) accounts: usize,
    /// Users and roles of each account.
    pub(crate) principals: usize,
    pub(crate) seed: u64,
}

/// A managed policy of an account, and to how many it is attached.
struct Shared {
    arn: String,
    name: String,
    made: Made,
    attached: u32,
}

impl Invented {
    pub(crate) fn accounts(&self) -> Vec<Account> {
        (0..self.accounts).map(|number| self.account(number)).collect()
    }

    fn account(&self, number: usize) -> Account {
        let id = id(number);
        Account {
            arn: format!("arn:aws:organizations::{FIRST}:account/{ORGANISATION}/{id}"),
            name: format!("team-{number:04}"),
            paths: vec![format!("{ORGANISATION}/r-inv0/ou-inv0-{:08}/{id}/", number % 10)],
            state: Some("ACTIVE".to_owned()),
            status: Some("ACTIVE".to_owned()),
            id,
        }
    }

    /// The organisation's analyzer, which the second account administers.
    pub(crate) fn analyzer(&self) -> Analyzer {
        let owner = id(1.min(self.accounts - 1));
        let unused_access = UnusedAccess {
            unused_access_age: Some(90),
            analysis_rule: None,
        };
        Analyzer {
            created_at: None,
            last_resource_analyzed_at: None,
            arn: format!("arn:aws:access-analyzer:us-east-1:{owner}:analyzer/unused-access"),
            name: "unused-access".to_owned(),
            kind: "ORGANIZATION_UNUSED_ACCESS".to_owned(),
            status: "ACTIVE".to_owned(),
            managed_by: None,
            configuration: Some(Configuration {
                unused_access: Some(unused_access),
            }),
        }
    }

    /// The answers about one account.
    pub(crate) fn books(&self, account: &str) -> Books {
        let number = account.parse::<u64>().unwrap() - FIRST;
        let mut dice = Dice::new(self.seed.rotate_left(17) ^ number);
        let mut shared = shared_policies(account, self.principals, &mut dice);
        let mut all = Authorization::default();
        let mut found: Vec<Finding> = Vec::new();
        all.group_detail_list = groups(account, &mut shared, &mut dice);
        let users = self.principals / 20;
        for place in 0..self.principals {
            let subject = Subject {
                account,
                number,
                place,
            };
            if place < users {
                let (user, grants) = user(account, place, &all.group_detail_list, &mut shared, &mut dice);
                findings::of_user(subject, &user.arn, &grants, &mut dice, &mut found);
                all.user_detail_list.push(user);
            } else {
                let (mut role, grants) = role(account, place, &mut shared, &mut dice);
                if let Some(grants) = grants
                    && findings::of_role(subject, &role.arn, &grants, &mut dice, &mut found)
                {
                    role.role_last_used = None;
                }
                all.role_detail_list.push(role);
            }
        }
        all.policies = shared
            .into_iter()
            .filter(|policy| policy.attached > 0)
            .map(managed)
            .collect();
        Books {
            authorization: Some(all),
            findings: Some(found),
            ..Books::default()
        }
    }
}

fn id(number: usize) -> String {
    (FIRST + number as u64).to_string()
}

/// The account's own managed policies, and then those of AWS.
fn shared_policies(account: &str, principals: usize, dice: &mut Dice) -> Vec<Shared> {
    let own = (0..(principals / 10).max(2)).map(|number| {
        let name = format!("shared-{number:03}");
        let services = dice.between(1, 3);
        let made = policy(dice, services);
        Shared {
            arn: format!("arn:aws:iam::{account}:policy/{name}"),
            name,
            made,
            attached: 0,
        }
    });
    let own: Vec<Shared> = own.collect();
    let aws = aws_managed().iter().map(|(name, made)| Shared {
        arn: format!("arn:aws:iam::aws:policy/{name}"),
        name: name.clone(),
        made: made.clone(),
        attached: 0,
    });
    own.into_iter().chain(aws).collect()
}

/// Attaches some of the managed policies.
fn attach(
    shared: &mut [Shared],
    count: usize,
    dice: &mut Dice,
    grants: Option<&mut Grants>,
) -> Vec<AttachedPolicy> {
    let places: Vec<usize> = (0..shared.len()).collect();
    let places = dice.some(&places, count);
    if let Some(grants) = grants {
        places
            .iter()
            .for_each(|place| add(grants, &shared[*place].made.grants));
    }
    places
        .into_iter()
        .map(|place| {
            shared[place].attached += 1;
            AttachedPolicy {
                policy_name: shared[place].name.clone(),
                policy_arn: shared[place].arn.clone(),
            }
        })
        .collect()
}

fn add(grants: &mut Grants, more: &Grants) {
    for (service, names) in more {
        let known = grants.entry(service).or_default();
        known.extend(names);
        known.sort_unstable();
        known.dedup();
    }
}

fn groups(account: &str, shared: &mut [Shared], dice: &mut Dice) -> Vec<GroupDetail> {
    ["developers", "operators"]
        .into_iter()
        .map(|name| GroupDetail {
            path: "/".to_owned(),
            group_name: name.to_owned(),
            arn: format!("arn:aws:iam::{account}:group/{name}"),
            create_date: Some("2022-03-01T08:00:00Z".to_owned()),
            group_policy_list: Vec::new(),
            attached_managed_policies: attach(shared, 1, dice, None),
        })
        .collect()
}

fn user(
    account: &str,
    place: usize,
    groups: &[GroupDetail],
    shared: &mut [Shared],
    dice: &mut Dice,
) -> (UserDetail, Grants) {
    let name = format!("user-{place:04}");
    let mut grants = Grants::new();
    let group = dice.percent(80).then(|| dice.pick(groups));
    for attached in group
        .into_iter()
        .flat_map(|group| &group.attached_managed_policies)
    {
        let policy = shared
            .iter()
            .find(|policy| policy.arn == attached.policy_arn)
            .unwrap();
        add(&mut grants, &policy.made.grants);
    }
    let inline = inline(&format!("{name}-own"), dice, &mut grants);
    let count = dice.roll(2);
    let user = UserDetail {
        path: "/".to_owned(),
        arn: format!("arn:aws:iam::{account}:user/{name}"),
        user_name: name,
        create_date: Some(created(dice)),
        user_policy_list: vec![inline],
        group_list: group.map(|group| group.group_name.clone()).into_iter().collect(),
        attached_managed_policies: attach(shared, count, dice, Some(&mut grants)),
        permissions_boundary: None,
        tags: Vec::new(),
    };
    (user, grants)
}

/// A role and its permissions; a service-linked role has no usage data.
fn role(account: &str, place: usize, shared: &mut [Shared], dice: &mut Dice) -> (RoleDetail, Option<Grants>) {
    let mut grants = Grants::new();
    let (mut path, mut name) = ("/".to_owned(), format!("role-{place:04}"));
    let kind = dice.roll(100);
    let (inlines, attachments) = match kind {
        0..70 => (1, dice.between(1, 2)),
        70..85 => (0, dice.between(1, 2)),
        85..95 => (1, 0),
        _ => {
            path = format!("/aws-service-role/service{place}.amazonaws.com/");
            name = format!("AWSServiceRoleForService{place}");
            (0, 1)
        }
    };
    let role_policy_list = (0..inlines)
        .map(|_| inline(&format!("{name}-own"), dice, &mut grants))
        .collect();
    let attached_managed_policies = attach(shared, attachments, dice, Some(&mut grants));
    let team = Tag {
        key: "team".to_owned(),
        value: format!("team-{}", dice.roll(20)),
    };
    let used = dice
        .percent(90)
        .then(|| format!("2026-01-{:02}T12:00:00Z", dice.between(1, 14)));
    let role = RoleDetail {
        arn: format!("arn:aws:iam::{account}:role{path}{name}"),
        path,
        role_name: name,
        create_date: Some(created(dice)),
        assume_role_policy_document: Some(PolicyText(TRUST.to_owned())),
        role_policy_list,
        attached_managed_policies,
        permissions_boundary: None,
        tags: vec![team],
        role_last_used: Some(RoleLastUsed {
            region: used.is_some().then(|| "eu-central-1".to_owned()),
            last_used_date: used,
        }),
    };
    (role, (kind < 95).then_some(grants))
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

fn inline(name: &str, dice: &mut Dice, grants: &mut Grants) -> InlinePolicy {
    let services = dice.between(1, 3);
    let made = policy(dice, services);
    add(grants, &made.grants);
    InlinePolicy {
        policy_name: name.to_owned(),
        policy_document: made.document,
    }
}

fn created(dice: &mut Dice) -> String {
    format!(
        "20{}-{:02}-{:02}T09:30:00Z",
        dice.between(20, 24),
        dice.between(1, 12),
        dice.between(1, 28)
    )
}

fn managed(policy: Shared) -> ManagedPolicyDetail {
    let version = PolicyVersion {
        document: Some(policy.made.document),
        version_id: Some("v1".to_owned()),
        is_default_version: true,
        create_date: Some("2023-05-01T10:00:00Z".to_owned()),
    };
    ManagedPolicyDetail {
        create_date: None,
        policy_name: policy.name,
        arn: policy.arn,
        default_version_id: version.version_id.clone(),
        attachment_count: Some(policy.attached),
        permissions_boundary_usage_count: Some(0),
        update_date: version.create_date.clone(),
        policy_version_list: vec![version],
        tags: Vec::new(),
    }
}

//! Invented organisations: a few accounts, a few actions, everything shared with everybody.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

mod answers;
mod holds;
mod trials;

/// The catalog.
const ACTIONS: [(&str, [&str; 6]); 4] = [
    (
        "s3",
        [
            "GetObject",
            "GetObjectAcl",
            "GetBucketAcl",
            "PutObject",
            "PutObjectAcl",
            "DeleteObject",
        ],
    ),
    (
        "sqs",
        [
            "SendMessage",
            "ReceiveMessage",
            "DeleteMessage",
            "GetQueueUrl",
            "GetQueueAttributes",
            "PurgeQueue",
        ],
    ),
    (
        "ec2",
        [
            "RunInstances",
            "StopInstances",
            "DescribeInstances",
            "DescribeImages",
            "DescribeVpcs",
            "CreateTags",
        ],
    ),
    // Nobody sees the use of the first.
    (
        "iam",
        [
            "PassRole",
            "PassThing",
            "GetRole",
            "ListRoles",
            "CreateUser",
            "DeleteUser",
        ],
    ),
];
/// What no catalog has: used by some, unused by others. The last is of a service that no catalog has either.
const BEYOND: [(&str, &str); 5] = [
    ("s3", "GetBucketShiny"),
    ("s3", "PutObjectShiny"),
    ("sqs", "GetShiny"),
    ("ec2", "DescribeShiny"),
    ("newsvc", "DoIt"),
];
const PATTERNS: [&str; 17] = [
    "*",
    "s3:*",
    "s3:Get*",
    "s3:GetObject*",
    "s3:PutObject",
    "sqs:*",
    "sqs:*Message",
    "sqs:Get*",
    "ec2:*",
    "ec2:Describe*",
    "ec2:RunInstances",
    "s3:Delete*",
    "iam:*",
    "iam:Pass*",
    "iam:PassRole",
    "newsvc:*",
    "s3:PutObjectShiny",
];
const AWS: &str = "arn:aws:iam::aws:policy/CommonAccess";

/// What is known of one principal.
#[derive(Debug, Clone)]
enum Use {
    /// These are unused: a service with its names, none for all of it.
    Unused(BTreeMap<usize, Option<BTreeSet<usize>>>),
    Everything,
    Idle,
    Young,
    Failed,
}

#[derive(Debug, Clone)]
struct Person {
    /// Which names beyond the catalog it was seen to use, and which it was not.
    beyond: [Option<bool>; 5],
    user: bool,
    /// A role of Identity Center.
    sso: bool,
    use_: Use,
    inline: Option<Vec<usize>>,
    /// Customer-managed policies by number.
    managed: BTreeSet<usize>,
    aws: bool,
    groups: BTreeSet<usize>,
    bound: bool,
}

#[derive(Debug, Clone)]
struct Place {
    /// The evidence is last-accessed data, not findings.
    last_accessed: bool,
    people: Vec<Person>,
    /// The same policies, by number, in every account.
    group_policies: [BTreeSet<usize>; 2],
    group_aws: bool,
    denied: bool,
}

#[derive(Debug, Clone)]
struct Organisation {
    /// Patterns of the customer-managed policies.
    managed: Vec<Vec<usize>>,
    places: Vec<Place>,
}

type Actions = BTreeSet<(&'static str, &'static str)>;

fn patterns() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0..PATTERNS.len(), 1..3)
}

fn person() -> impl Strategy<Value = Person> {
    let names = proptest::option::weighted(0.8, proptest::collection::btree_set(0..6_usize, 1..5));
    let unused = proptest::collection::btree_map(0..4_usize, names, 1..5).prop_map(Use::Unused);
    let use_ = prop_oneof![
        8 => unused,
        1 => Just(Use::Everything),
        1 => Just(Use::Idle),
        1 => Just(Use::Young),
        1 => Just(Use::Failed),
    ];
    let few = || proptest::collection::btree_set(0..3_usize, 0..3);
    let groups = proptest::collection::btree_set(0..2_usize, 0..3);
    let beyond = proptest::array::uniform5(proptest::option::weighted(0.4, any::<bool>()));
    let kind = (0..5_usize, beyond);
    (
        kind,
        use_,
        proptest::option::of(patterns()),
        few(),
        any::<bool>(),
        groups,
        0..8_usize,
    )
        .prop_map(
            |((kind, beyond), use_, inline, managed, aws, groups, bound)| Person {
                beyond,
                user: kind == 0,
                sso: kind == 1,
                use_,
                inline,
                managed,
                aws,
                groups: if kind == 0 { groups } else { BTreeSet::new() },
                bound: bound == 0,
            },
        )
}

fn organisations() -> impl Strategy<Value = Organisation> {
    let few = || proptest::collection::btree_set(0..3_usize, 0..2);
    let people = proptest::collection::vec(person(), 1..6);
    let place = (any::<bool>(), people, few(), few(), any::<bool>(), 0..12_usize);
    let place = place.prop_map(|(last_accessed, people, one, other, group_aws, denied)| Place {
        last_accessed,
        people,
        group_policies: [one, other],
        group_aws,
        denied: denied == 0,
    });
    (
        proptest::collection::vec(patterns(), 3),
        proptest::collection::vec(place, 1..6),
    )
        .prop_map(|(managed, places)| Organisation { managed, places })
}

fn document(patterns: &[usize]) -> Value {
    let actions: Vec<&str> = patterns.iter().map(|at| PATTERNS[*at]).collect();
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
}

fn id(at: usize) -> String {
    format!("{:012}", 111_111_111_111_u64 + at as u64)
}

impl Person {
    fn name(&self, at: usize) -> String {
        match self.sso {
            true => format!("AWSReservedSSO_Set{}_0123456789abcde{at}", at % 2),
            false => format!("person-{at}"),
        }
    }

    fn arn(&self, account: usize, at: usize) -> String {
        let path = if self.sso {
            "aws-reserved/sso.amazonaws.com/"
        } else {
            ""
        };
        let kind = if self.user { "user" } else { "role" };
        format!("arn:aws:iam::{}:{kind}/{path}{}", id(account), self.name(at))
    }

    /// What the evidence may say is unused: of a whole service nothing whose use nobody sees.
    fn unused(&self, last_accessed: bool) -> Actions {
        let all = || {
            ACTIONS
                .iter()
                .flat_map(|(service, names)| names.iter().map(|name| (*service, *name)))
        };
        let mut unused = self.unused_of_catalog(last_accessed, all());
        for (at, (service, name)) in BEYOND.iter().enumerate() {
            let is_idle = matches!(self.use_, Use::Idle) && (last_accessed || !self.user);
            let is_whole = unused.contains(&(*service, "*"));
            if is_idle || matches!(self.use_, Use::Unused(_)) && (self.beyond[at] == Some(false) || is_whole)
            {
                unused.insert((service, name));
            }
        }
        unused.retain(|(_, name)| *name != "*");
        unused
    }

    /// What it was seen to use, as far as somebody looked.
    fn used(&self, last_accessed: bool) -> Actions {
        let Use::Unused(services) = &self.use_ else {
            return Actions::new();
        };
        if !last_accessed {
            return Actions::new();
        }
        let mut used = Actions::new();
        for (at, (service, names)) in ACTIONS.iter().enumerate() {
            match services.get(&at) {
                Some(None) => continue,
                Some(Some(unused)) => {
                    used.extend(
                        (0..6)
                            .filter(|name| !unused.contains(name))
                            .map(|name| (*service, names[name])),
                    );
                }
                None => used.extend(names.iter().map(|name| (*service, *name))),
            }
            let beyond = BEYOND
                .iter()
                .zip(self.beyond)
                .filter(|((own, _), _)| own == service);
            used.extend(
                beyond
                    .filter(|(_, seen)| *seen == Some(true))
                    .map(|(action, _)| *action),
            );
        }
        used.extend(BEYOND.last().filter(|_| self.beyond[4] == Some(true)));
        used
    }

    fn unused_of_catalog(
        &self,
        last_accessed: bool,
        all: impl Iterator<Item = (&'static str, &'static str)>,
    ) -> Actions {
        let is_seen = |name: &str| !name.starts_with("Pass");
        match &self.use_ {
            Use::Idle if last_accessed || !self.user => all.filter(|(_, name)| is_seen(name)).collect(),
            Use::Unused(services) => services
                .iter()
                .flat_map(|(at, names)| {
                    let (service, all) = ACTIONS[*at];
                    let wanted = move |number: &usize| match names {
                        Some(names) => names.contains(number),
                        None => is_seen(all[*number]),
                    };
                    let whole = names.is_none().then_some((service, "*"));
                    (0..6)
                        .filter(wanted)
                        .map(move |number| (service, all[number]))
                        .chain(whole)
                })
                .collect(),
            _ => Actions::new(),
        }
    }
}

fn managed_arn(account: usize, at: usize) -> String {
    format!("arn:aws:iam::{}:policy/shared-{at}", id(account))
}

//! What one policy costs: parsing, refining, proving, and a batch of all three.
//!
//! ```text
//! cargo bench -p leastwise-tools
//! ```

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a bench that panics has failed"
)]

mod synthetic;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leastwise_core::catalog::{Catalog, Permissions, Unobserved};
use leastwise_core::decide::{Risk, ineffective};
use leastwise_core::evidence::read_unused;
use leastwise_core::policy::Document;
use leastwise_core::prove::prove;

fn core(c: &mut Criterion) {
    let pairs = synthetic::pairs(1_000, 7);
    let catalog = Catalog::embedded();
    // Services are read when they are first met; that is paid once a process.
    assert!(catalog.action_count() > 20_000);

    let mut group = c.benchmark_group("a thousand policies");
    group.throughput(Throughput::Elements(pairs.len() as u64));
    group.bench_function("parse", |bench| {
        bench.iter(|| {
            pairs
                .iter()
                .filter(|pair| Document::parse(&pair.policy).is_ok())
                .count()
        });
    });
    group.bench_function("refine and prove", |bench| {
        let read = |pair: &'static synthetic::Pair| {
            (
                Document::parse(&pair.policy).expect("it is one"),
                read_unused(&pair.unused).expect("it is"),
            )
        };
        let pairs: &'static [synthetic::Pair] = Box::leak(synthetic::pairs(1_000, 7).into_boxed_slice());
        let read: Vec<_> = pairs.iter().map(read).collect();
        bench.iter(|| {
            let refine = |(policy, unused): &(_, _)| {
                leastwise_core::Refiner::new(catalog)
                    .refine(policy, unused)
                    .is_ok()
            };
            read.iter().filter(|pair| refine(pair)).count()
        });
    });
    group.bench_function("prove", |bench| {
        let pairs: &'static [synthetic::Pair] = Box::leak(synthetic::pairs(1_000, 7).into_boxed_slice());
        let read = |pair: &'static synthetic::Pair| {
            let policy = Document::parse(&pair.policy).expect("it is one");
            let unused = read_unused(&pair.unused).expect("it is");
            let after = leastwise_core::Refiner::new(catalog)
                .refine(&policy, &unused)
                .expect("it is proven")
                .documents()
                .to_vec();
            (policy, after, unused)
        };
        let read: Vec<_> = pairs.iter().map(read).collect();
        bench.iter(|| {
            read.iter()
                .for_each(|(policy, after, unused)| drop(prove(policy, after.clone(), unused, catalog)));
        });
    });
    group.bench_function("batch: parse, refine, prove, print", |bench| {
        bench.iter(|| {
            let line = |pair: &synthetic::Pair| {
                let policy = Document::parse(&pair.policy).expect("it is one");
                let unused = read_unused(&pair.unused).expect("it is");
                let refined = leastwise_core::Refiner::new(catalog)
                    .refine(&policy, &unused)
                    .expect("it is proven");
                refined
                    .documents()
                    .first()
                    .map_or(0, |document| document.compact().len())
            };
            pairs.iter().map(line).sum::<usize>()
        });
    });
    group.finish();
}

/// An account of a thousand roles that share fifty policies, three each.
fn decide(c: &mut Criterion) {
    use leastwise_core::decide::{Circumstances, Families, PlanFacts, Source, Standing, plan, standings};
    use leastwise_core::evidence::{Analyzer, PrincipalEvidence};
    use leastwise_core::inventory::Inventory;
    use leastwise_core::inventory::wire::Account;
    use serde_json::{Value, json};

    struct Evidence<'s>(&'s [Standing]);
    impl PlanFacts for Evidence<'_> {
        fn removable(
            &self,
            principal: usize,
            _: &str,
        ) -> std::borrow::Cow<'_, leastwise_core::decide::Removable> {
            std::borrow::Cow::Borrowed(self.0[principal].removable())
        }

        fn used(&self, _: usize) -> std::borrow::Cow<'_, leastwise_core::policy::ActionSet> {
            std::borrow::Cow::default()
        }

        fn unobserved(&self) -> &Unobserved {
            Unobserved::table()
        }
    }

    let mut dice = synthetic::Dice(11);
    let pairs = synthetic::pairs(1_000, 11);
    let arn = |at: usize| format!("arn:aws:iam::111111111111:policy/shared-{at}");
    let role = |at: usize| format!("arn:aws:iam::111111111111:role/role-{at}");
    let roles: Vec<Value> = (0..1_000)
        .map(|at| {
            let held: Vec<Value> = (0..3).map(|_| json!({"PolicyArn": arn(dice.roll(50))})).collect();
            json!({"RoleName": format!("role-{at}"), "Arn": role(at), "AttachedManagedPolicies": held})
        })
        .collect();
    let policies: Vec<Value> = (0..50)
        .map(|at| {
            let document: Value = serde_json::from_str(&pairs[at].policy).expect("it is JSON");
            json!({"Arn": arn(at), "PolicyVersionList": [{"Document": document, "IsDefaultVersion": true}]})
        })
        .collect();
    let answers =
        json!({"RoleDetailList": roles, "UserDetailList": [], "GroupDetailList": [], "Policies": policies});
    let account = Account {
        id: "111111111111".to_owned(),
        ..Account::default()
    };
    let inventory = Inventory::new(account, serde_json::from_value(answers).expect("an answer"));
    let inventory = inventory.expect("an account");
    // Evidence about the services of some of the policies each: all of it unused but what the dice keep.
    let all: Vec<_> = pairs
        .iter()
        .map(|pair| read_unused(&pair.unused).expect("it is"))
        .collect();
    let known = (0..1_000).map(|at| {
        let mut unused = leastwise_core::policy::ActionSet::new();
        for _ in 0..8 {
            unused.extend(&all[dice.roll(50)].unused, &leastwise_core::policy::Services::All);
        }
        (
            role(at),
            PrincipalEvidence {
                tells: true,
                observed: unused.into(),
                ..PrincipalEvidence::default()
            },
        )
    });
    let known: std::collections::BTreeMap<String, PrincipalEvidence> = known.collect();
    let analyzer = Analyzer::default();
    let none = Families::default();
    c.bench_function("a thousand principals that share fifty policies", |bench| {
        bench.iter(|| {
            let around = Circumstances {
                source: Source::Analyzer {
                    analyzer: &analyzer,
                    window_days: 90,
                },
                as_of: None,
                oldest_days: None,
                excluded: &|_| None,
            };
            let standings = standings(&inventory, &known, &around);
            plan(&inventory, &standings, &Evidence(&standings), &none).len()
        });
    });
}

fn permissions(c: &mut Criterion) {
    let catalog = Catalog::embedded();
    let everything = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let all = Document::parse(everything).expect("it is one");
    let typical = Document::parse(TYPICAL).expect("it is one");
    let mut group = c.benchmark_group("permissions");
    for (name, policy) in [("everything", &all), ("a typical policy", &typical)] {
        let set = Permissions::allowed_by(catalog, policy);
        let half = Permissions::denied_by(catalog, &typical);
        group.bench_function(format!("allowed by {name}"), |bench| {
            bench.iter(|| Permissions::allowed_by(catalog, policy));
        });
        group.bench_function(format!("risk of {name}"), |bench| bench.iter(|| Risk::of(&set)));
        group.bench_function(format!("ineffective of {name}"), |bench| {
            bench.iter(|| ineffective(&set, &half, None));
        });
    }
    group.finish();
}

/// What the role of a service looks like.
const TYPICAL: &str = r#"{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":["s3:Get*","s3:List*","s3:PutObject"],"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]},
    {"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem","dynamodb:Query","dynamodb:UpdateItem"],
     "Resource":"arn:aws:dynamodb:*:111111111111:table/t"},
    {"Effect":"Allow","Action":["logs:CreateLogGroup","logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"},
    {"Effect":"Allow","Action":["ec2:Describe*","iam:PassRole","lambda:*"],"Resource":"*"},
    {"Effect":"Deny","Action":["lambda:Delete*","s3:DeleteBucket"],"Resource":"*"}]}"#;

criterion_group!(benches, core, decide, permissions);
criterion_main!(benches);

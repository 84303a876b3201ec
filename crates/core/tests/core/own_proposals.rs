//! What is proposed here is never refuted here: a scan that finds a defect of its own ends with its own exit code, and a policy
//! that somebody else wrote must not be able to bring that about.

use leastwise_core::RefineError;
use leastwise_core::catalog::Catalog;
use leastwise_core::evidence::read_unused;
use leastwise_core::policy::Document;
use leastwise_core::refine::{FitStep, Kind, RefineOptions, Wildcards};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::chance::config;
use crate::generate::{Scene, scene, text};
use crate::laws::values;
use crate::oracle::World;

/// What is put between the statements of a policy.
#[derive(Debug, Clone)]
enum Extra {
    /// One of them once more.
    Twice(Index),
    /// One that grants nothing, as it excludes everything, in one of the ways to write that.
    Nothing(usize),
    /// One that grants everything.
    Everything,
}

fn extra() -> impl Strategy<Value = Extra> {
    prop_oneof![
        any::<Index>().prop_map(Extra::Twice),
        (0..4_usize).prop_map(Extra::Nothing),
        Just(Extra::Everything),
    ]
}

impl Extra {
    fn statement(&self, statements: &[Value]) -> Value {
        let nothing = [
            json!("*"),
            json!(["*:*", "a:Get"]),
            json!(["a:*", "a-b:*", "b:*", "c:*", "u:*", "v:*"]),
            json!(["A:*", "a-b:?*", "b:*", "c:*"]),
        ];
        match self {
            Self::Twice(at) => at.get(statements).clone(),
            Self::Nothing(form) => json!({"Effect": "Allow", "NotAction": nothing[*form], "Resource": "n"}),
            Self::Everything => json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
        }
    }
}

/// A scene with such statements in it.
fn crowded() -> impl Strategy<Value = Scene> {
    let extras = proptest::collection::vec((any::<Index>(), extra()), 0..4);
    (scene(), extras).prop_map(|(mut scene, extras)| {
        let mut statements = match &scene.policy["Statement"] {
            Value::Array(several) => several.clone(),
            one => vec![one.clone()],
        };
        for (at, extra) in extras {
            let statement = extra.statement(&statements);
            statements.insert(at.index(statements.len() + 1), statement);
        }
        scene.policy["Statement"] = json!(statements);
        scene
    })
}

const KINDS: [Kind; 5] = [
    Kind::Managed,
    Kind::Role,
    Kind::User,
    Kind::Group,
    Kind::PermissionSet,
];

/// A kind, and what others leave of its quota: mostly too little.
fn options() -> impl Strategy<Value = RefineOptions> {
    let left = prop_oneof![4 => 0..400_usize, 2 => 400..2_000_usize, 1 => Just(usize::MAX)];
    let wildcards = select(&[Wildcards::Split, Wildcards::Open][..]);
    (select(&KINDS[..]), left, wildcards).prop_map(|(kind, left, wildcards)| RefineOptions {
        kind: Some(kind),
        taken: kind.quota().saturating_sub(left),
        wildcards,
    })
}

proptest! {
    #![proptest_config(config(6000))]

    #[test]
    fn no_policy_kind_or_quota_makes_an_own_proposal_refuted(scene in crowded(), options in options()) {
        let (policy, evidence, catalog) = (text(&scene.policy), scene.unused.to_string(), scene.catalog_text());
        let catalog = Catalog::from_json(&catalog).unwrap();
        let (document, unused) = (Document::parse(&policy).unwrap(), read_unused(&evidence).unwrap());
        match leastwise_core::Refiner::new(&catalog).with(options).refine(&document, &unused) {
            Ok(refined) => {
                let after: Vec<String> = refined.documents().iter().map(Document::compact).collect();
                let most = match refined.step() {
                    FitStep::Split => Kind::Managed.quota(),
                    _ => options.kind.map_or(0, Kind::quota) - options.taken,
                };
                prop_assert!(after.iter().all(|text| text.chars().count() <= most), "{:?}", after);
                let world = World::new(&scene.catalog, &scene.unused);
                // Under open wildcards a star is exact over more than the catalog, of which the evaluator knows nothing.
                if options.wildcards == Wildcards::Split {
                    let judged = world.judge(&scene.policy, &values(&after));
                    prop_assert!(judged.is_ok(), "{:?} {:?}", judged, after);
                }
            }
            Err(RefineError::Refuted(counterexample)) => {
                prop_assert!(false, "{counterexample}\n{policy}\n{evidence}\n{options:?}");
            }
            Err(RefineError::DoesNotFit(_) | RefineError::Undecided(_)) => {}
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

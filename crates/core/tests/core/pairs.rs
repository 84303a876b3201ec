//! Thousands of policies and evidence over the embedded catalog, against the independent evaluator: nothing gained, nothing
//! lost. The generator is seeded, so every run sees the same pairs.

use std::collections::BTreeMap;

use leastwise_core::catalog::Catalog;
use leastwise_core::evidence::read_unused;
use leastwise_core::policy::Document;
use leastwise_core::refine::{DoesNotFit, FitStep, Kind, RefineOptions};
use serde_json::{Value, json};

use crate::chance::some_of;
use crate::contexts::stray;
use crate::oracle::World;
use crate::tables::{Lists, embedded};

/// splitmix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("below a size")
    }

    fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    fn pick<'p, T>(&mut self, from: &'p [T]) -> &'p T {
        &from[self.below(from.len())]
    }
}

/// One policy with its evidence.
struct Pair {
    policy: Value,
    unused: Value,
}

/// The catalog, laid out for picking.
struct Pool {
    lists: Lists,
    services: Vec<String>,
    /// Each service as often as it has actions: large services are the common ones.
    weighted: Vec<usize>,
}

impl Pool {
    fn new() -> Self {
        let lists = embedded();
        let services: Vec<String> = lists.keys().cloned().collect();
        let weighted = services
            .iter()
            .enumerate()
            .flat_map(|(at, service)| std::iter::repeat_n(at, lists[service].len()))
            .collect();
        Self {
            lists,
            services,
            weighted,
        }
    }

    fn service(&self, dice: &mut Dice) -> &String {
        if dice.percent(70) {
            &self.services[*dice.pick(&self.weighted)]
        } else {
            dice.pick(&self.services)
        }
    }

    fn pattern(&self, dice: &mut Dice, service: &str) -> String {
        let name = dice.pick(&self.lists[service]);
        let at = 1 + dice.below(name.len());
        let capitals: Vec<usize> = (1..name.len())
            .filter(|at| name.as_bytes()[*at].is_ascii_uppercase())
            .collect();
        let word = capitals.first().copied().unwrap_or(name.len());
        let text = match dice.below(20) {
            0..8 => name.clone(),
            8..13 => format!("{}*", &name[..word]),
            13 | 14 => format!("{}*", &name[..at]),
            15 => format!("*{}", &name[capitals.last().copied().unwrap_or(0)..]),
            16 => format!("{}*{}", &name[..word], &name[name.len().max(2) - 2..]),
            17 => format!("{}?{}", &name[..at - 1], &name[at..]),
            18 => format!("{name}Unheard"),
            _ => "*".to_owned(),
        };
        let text = if dice.percent(5) {
            text.to_lowercase()
        } else {
            text
        };
        format!("{service}:{text}")
    }

    fn statement(&self, dice: &mut Dice, services: &[String], number: usize) -> Value {
        let negated = dice.percent(4);
        let many = if dice.percent(10) { 25 } else { 6 };
        let mut patterns = Vec::new();
        for _ in 0..=dice.below(many) {
            let service = dice.pick(services).clone();
            patterns.push(self.pattern(dice, &service));
        }
        if dice.percent(2) && !negated {
            patterns.push("*".to_owned());
        }
        let mut statement = json!({
            "Effect": if dice.percent(7) { "Deny" } else { "Allow" },
            if negated { "NotAction" } else { "Action" }: patterns,
            "Resource": *dice.pick(&["*", "*", "arn:aws:s3:::b", "arn:aws:iam::*:role/x"]),
        });
        if dice.percent(30) {
            statement["Sid"] = json!(format!("S{number}"));
        }
        if dice.percent(20) {
            statement["Condition"] = json!({"Bool": {"aws:SecureTransport": "true"}});
        }
        statement
    }

    fn pair(&self, dice: &mut Dice) -> Pair {
        let services: Vec<String> = (0..=dice.below(4)).map(|_| self.service(dice).clone()).collect();
        let statements: Vec<Value> = (0..=dice.below(3))
            .map(|number| self.statement(dice, &services, number))
            .collect();
        let mut unused = Vec::new();
        let share = *dice.pick(&[10, 50, 90]);
        let others = (0..dice.below(3))
            .map(|_| self.service(dice).clone())
            .collect::<Vec<_>>();
        for service in services.iter().chain(&others) {
            if dice.percent(15) {
                unused.push(json!({"serviceNamespace": service}));
                continue;
            }
            let mut names: Vec<&String> = self.lists[service]
                .iter()
                .filter(|_| dice.percent(share))
                .collect();
            let fresh = "GetJustAnnounced".to_owned();
            if dice.percent(5) {
                names.push(&fresh);
            }
            if !names.is_empty() {
                unused.push(json!({"serviceNamespace": service, "actions": names}));
            }
        }
        Pair {
            policy: json!({"Version": "2012-10-17", "Statement": statements}),
            unused: json!(unused),
        }
    }
}

/// What became of all pairs.
#[derive(Debug, Default)]
struct Tally {
    changed: usize,
    gone: usize,
    steps: BTreeMap<&'static str, usize>,
}

fn run(pairs: impl IntoIterator<Item = Pair>, pool: &Pool, kind: Option<Kind>) -> Tally {
    let catalog = Catalog::embedded();
    let mut world = World::new(&pool.lists, &json!([]));
    let mut tally = Tally::default();
    for (number, Pair { policy, unused }) in pairs.into_iter().enumerate() {
        let (text, evidence) = (policy.to_string(), unused.to_string());
        let (document, set) = (Document::parse(&text).unwrap(), read_unused(&evidence).unwrap());
        let options = RefineOptions {
            kind,
            ..RefineOptions::default()
        };
        let refined = match leastwise_core::Refiner::new(catalog)
            .with(options)
            .refine(&document, &set)
        {
            Ok(refined) => refined,
            Err(leastwise_core::RefineError::DoesNotFit(
                DoesNotFit::TooManyPolicies { .. } | DoesNotFit::Statement { .. },
            )) if kind.is_some() => {
                *tally.steps.entry("does not fit").or_default() += 1;
                continue;
            }
            Err(error) => panic!("pair {number}: {error}\n{text}\n{evidence}"),
        };
        let after: Vec<Value> = refined
            .documents()
            .iter()
            .map(|it| serde_json::from_str(&it.compact()).unwrap())
            .collect();
        world.set_unused(&unused);
        let judged = world.judge(&policy, &after);
        assert!(
            judged.is_ok(),
            "pair {number}: {judged:?}\n{text}\n{evidence}\n{after:?}"
        );
        assert_eq!(
            stray(&policy, &after),
            None,
            "pair {number}\n{text}\n{evidence}\n{after:?}"
        );
        tally.gone += usize::from(after.is_empty());
        tally.changed += usize::from(after != [policy]);
        let step = match refined.step() {
            FitStep::AsIs => "as is",
            FitStep::NotActionToAction => "NotAction to Action",
            FitStep::Recovered => "covered anew",
            FitStep::Split => "split",
        };
        *tally.steps.entry(step).or_default() += 1;
        if let Some(kind) = kind {
            let quota = if refined.step() == FitStep::Split {
                Kind::Managed
            } else {
                kind
            }
            .quota();
            let longest = refined
                .documents()
                .iter()
                .map(|it| it.compact().chars().count())
                .max();
            assert!(
                longest.unwrap_or(0) <= quota,
                "pair {number}: {longest:?}\n{text}\n{evidence}"
            );
        }
    }
    tally
}

#[test]
fn the_embedded_catalog_is_the_file_it_was_made_of() {
    let catalog = Catalog::embedded();
    assert_eq!(catalog.to_text(), include_str!("../../catalog/catalog.txt"));
    let lists = embedded();
    assert_eq!(catalog.service_count(), lists.len());
    assert_eq!(
        catalog.action_count(),
        lists.values().map(Vec::len).sum::<usize>()
    );
}

#[test]
fn policies_lose_what_is_unused_and_nothing_else() {
    let pool = Pool::new();
    let mut dice = Dice(20_240_612);
    let all = some_of(5_200) as usize;
    let tally = run((0..all).map(|_| pool.pair(&mut dice)), &pool, None);
    // A generator that touches nothing would prove nothing.
    assert!(tally.changed > all * 2 / 3 && tally.gone > all / 26, "{tally:?}");
}

#[test]
fn whole_accounts_worth_of_evidence_is_exact_too() {
    let pool = Pool::new();
    let mut dice = Dice(7);
    let policies = [
        json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}),
        json!({"Statement": [{"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}]}),
    ];
    let mut pairs = Vec::new();
    for share in [10, 90] {
        for policy in &policies {
            let mut unused = Vec::new();
            for (service, names) in &pool.lists {
                if dice.percent(10) {
                    unused.push(json!({"serviceNamespace": service}));
                    continue;
                }
                let names: Vec<&String> = names.iter().filter(|_| dice.percent(share)).collect();
                if !names.is_empty() {
                    unused.push(json!({"serviceNamespace": service, "actions": names}));
                }
            }
            pairs.push(Pair {
                policy: policy.clone(),
                unused: json!(unused),
            });
        }
    }
    assert_eq!(run(pairs, &pool, None).changed, 4);
}

#[test]
fn what_is_fitted_to_a_quota_is_exact_and_within_it() {
    let pool = Pool::new();
    for (seed, kind) in [Kind::Managed, Kind::Role, Kind::User, Kind::Group]
        .into_iter()
        .enumerate()
    {
        let mut dice = Dice(seed as u64);
        let tally = run((0..250).map(|_| pool.pair(&mut dice)), &pool, Some(kind));
        let fitted = tally
            .steps
            .iter()
            .filter(|(step, _)| **step != "as is")
            .map(|(_, times)| times);
        assert!(fitted.sum::<usize>() > 5, "{kind:?} {tally:?}");
        println!("{kind:?} {tally:?}");
    }
}

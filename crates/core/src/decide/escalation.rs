//! Known privilege escalation paths, as data: `escalations.tsv` names the source of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::catalog::Permissions;

static TABLE: &str = include_str!("escalations.tsv");

/// What a principal gains from the actions of an [`Escalation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gain {
    /// More permissions.
    Rights,
    /// Access to resources of others, for itself or for principals of its choice.
    Reach,
}

/// Actions that together allow more than each of them alone.
#[derive(Debug, PartialEq, Eq)]
pub struct Escalation {
    /// Actions that a principal needs together, by service and name.
    pub actions: Vec<(&'static str, &'static str)>,
    /// What they allow.
    pub gain: Gain,
    /// Points in the risk score.
    pub weight: u64,
    /// What they allow, in a few words.
    pub reason: &'static str,
    /// URL of the source.
    pub source: &'static str,
}

/// The table, with its actions indexed by service: few principals use many services, so most rows are skipped at
/// once.
struct EscalationTable {
    rows: Vec<Escalation>,
    /// For each row, the indices of its actions.
    needs: Vec<Vec<usize>>,
    /// Names of each service, with their indices.
    services: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
    /// For each action, the weight of the heaviest row that needs it.
    weights: Vec<u64>,
}

impl EscalationTable {
    fn get() -> &'static Self {
        static READ: LazyLock<EscalationTable> = LazyLock::new(|| {
            // Tests read each line, so that none is left out here, and see that the heaviest come first.
            let rows: Vec<_> = lines().filter_map(Escalation::read).collect();
            let mut services: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
            let mut count = 0;
            let mut place = |(service, name): &(&'static str, &'static str)| {
                *services
                    .entry(*service)
                    .or_default()
                    .entry(*name)
                    .or_insert_with(|| {
                        count += 1;
                        count - 1
                    })
            };
            let needs: Vec<Vec<usize>> = rows
                .iter()
                .map(|row| row.actions.iter().map(&mut place).collect())
                .collect();
            let mut weights = vec![0; count];
            for (row, places) in rows.iter().zip(&needs) {
                for place in places {
                    let weight = weights.get_mut(*place);
                    weight
                        .into_iter()
                        .for_each(|weight| *weight = row.weight.max(*weight));
                }
            }
            EscalationTable {
                rows,
                needs,
                services,
                weights,
            }
        });
        &READ
    }
}

impl Escalation {
    /// All known paths, the heaviest first.
    pub fn all() -> &'static [Self] {
        &EscalationTable::get().rows
    }

    /// Weight of the heaviest path that needs an action, as the table spells it; `None` if no path does.
    pub fn weight_of(service: &str, name: &str) -> u64 {
        let table = EscalationTable::get();
        let place = table.services.get(service).and_then(|names| names.get(name));
        place
            .and_then(|place| table.weights.get(*place))
            .copied()
            .unwrap_or_default()
    }

    /// Paths of which a set contains all actions, the heaviest first.
    pub fn held_by(set: &Permissions<'_>) -> Vec<&'static Self> {
        let table = EscalationTable::get();
        let mut held = BTreeSet::new();
        for (service, names) in table.services.iter().filter(|(service, _)| set.touches(service)) {
            let names = names.iter().filter(|(name, _)| set.contains(service, name));
            held.extend(names.map(|(_, place)| *place));
        }
        let rows = table.rows.iter().zip(&table.needs);
        rows.filter(|(_, needs)| needs.iter().all(|place| held.contains(place)))
            .map(|(row, _)| row)
            .collect()
    }

    fn read(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let weight = columns.next()?.parse().ok()?;
        let gain = match columns.next()? {
            "raises" => Gain::Rights,
            "opens" => Gain::Reach,
            _ => return None,
        };
        let actions: Option<Vec<_>> = columns
            .next()?
            .split(" + ")
            .map(|one| one.split_once(':'))
            .collect();
        let (source, reason) = (columns.next()?, columns.next()?);
        columns.next().is_none().then_some(Self {
            actions: actions?,
            gain,
            weight,
            reason,
            source,
        })
    }

    /// Whether a single action is enough.
    pub fn is_single(&self) -> bool {
        self.actions.len() == 1
    }

    /// Whether removing this set closes the path.
    pub fn is_broken(&self, removed: &Permissions<'_>) -> bool {
        self.actions
            .iter()
            .any(|(service, name)| removed.contains(service, name))
    }

    /// Its actions for people: `iam:PassRole with ec2:RunInstances`.
    pub fn name(&self) -> String {
        let mut name = String::new();
        for (at, (service, action)) in self.actions.iter().enumerate() {
            name.push_str(match at {
                0 => "",
                1 => " with ",
                _ => " and ",
            });
            name.extend([service, ":", action]);
        }
        name
    }
}

/// Lines of the table with an escalation path.
fn lines() -> impl Iterator<Item = &'static str> {
    TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::{Escalation, lines};

    #[test]
    fn every_line_of_the_table_is_an_escalation() {
        let odd: Vec<_> = lines().filter(|line| Escalation::read(line).is_none()).collect();
        assert_eq!(odd, Vec::<&str>::new());
        assert_eq!(lines().count(), Escalation::all().len());
    }

    #[test]
    fn a_line_that_is_not_of_the_form_is_none() {
        let good = "60\traises\tiam:PassRole + ec2:RunInstances\thttps://example.com\twhy";
        assert!(Escalation::read(good).is_some());
        for (from, to) in [
            ("60", "much"),
            ("raises", "lowers"),
            (":", "."),
            ("\twhy", ""),
            ("why", "why\tmore"),
        ] {
            assert_eq!(Escalation::read(good.replace(from, to).leak()), None, "{from}");
        }
    }
}

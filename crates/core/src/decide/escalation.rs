//! Known privilege escalation paths, as data: `escalations.tsv` names the source of each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use crate::catalog::Permissions;

static TABLE: &str = include_str!("escalations.tsv");

/// What somebody gains who holds the actions of an [`Escalation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gain {
    /// The principal gains rights.
    Rights,
    /// What others keep comes into the principal's hands, or into those of its choice.
    Reach,
}

/// Actions that together give more than each of them says.
#[derive(Debug, PartialEq, Eq)]
pub struct Escalation {
    /// The actions that must be held together, by service and name.
    pub actions: Vec<(&'static str, &'static str)>,
    /// What they give.
    pub gain: Gain,
    /// How much that counts in a score.
    pub weight: u64,
    /// What they give, in a few words.
    pub reason: &'static str,
    /// The address of who says so.
    pub source: &'static str,
}

/// The table, and its actions by service: few principals touch many services, so most are passed over at once.
struct EscalationTable {
    rows: Vec<Escalation>,
    /// For each row the places of its actions among all of them.
    needs: Vec<Vec<usize>>,
    /// The names of each service, each with its place.
    services: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
    /// The weight of the heaviest row that needs each of them, by place.
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
                *services.entry(*service).or_default().entry(*name).or_insert_with(|| {
                    count += 1;
                    count - 1
                })
            };
            let needs: Vec<Vec<usize>> =
                rows.iter().map(|row| row.actions.iter().map(&mut place).collect()).collect();
            let mut weights = vec![0; count];
            for (row, places) in rows.iter().zip(&needs) {
                for place in places {
                    let weight = weights.get_mut(*place);
                    weight.into_iter().for_each(|weight| *weight = row.weight.max(*weight));
                }
            }
            EscalationTable { rows, needs, services, weights }
        });
        &READ
    }
}

impl Escalation {
    /// All that are known, the heaviest first.
    pub fn all() -> &'static [Self] {
        &EscalationTable::get().rows
    }

    /// The weight of the heaviest that needs an action, as the table spells it; none when none does.
    pub fn weight_of(service: &str, name: &str) -> u64 {
        let table = EscalationTable::get();
        let place = table.services.get(service).and_then(|names| names.get(name));
        place.and_then(|place| table.weights.get(*place)).copied().unwrap_or_default()
    }

    /// Those that a set holds all actions of, the heaviest first.
    pub fn held_by(set: &Permissions<'_>) -> Vec<&'static Self> {
        let table = EscalationTable::get();
        let mut held = BTreeSet::new();
        for (service, names) in table.services.iter().filter(|(service, _)| set.touches(service)) {
            let names = names.iter().filter(|(name, _)| set.contains(service, name));
            held.extend(names.map(|(_, place)| *place));
        }
        let rows = table.rows.iter().zip(&table.needs);
        rows.filter(|(_, needs)| needs.iter().all(|place| held.contains(place))).map(|(row, _)| row).collect()
    }

    fn read(line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        let weight = columns.next()?.parse().ok()?;
        let gain = match columns.next()? {
            "raises" => Gain::Rights,
            "opens" => Gain::Reach,
            _ => return None,
        };
        let actions: Option<Vec<_>> = columns.next()?.split(" + ").map(|one| one.split_once(':')).collect();
        let (source, reason) = (columns.next()?, columns.next()?);
        columns.next().is_none().then_some(Self { actions: actions?, gain, weight, reason, source })
    }

    /// Whether one action is enough.
    pub fn is_single(&self) -> bool {
        self.actions.len() == 1
    }

    /// Whether one of its actions is in a set: whoever loses that set no longer holds it.
    pub fn is_broken(&self, removed: &Permissions<'_>) -> bool {
        self.actions.iter().any(|(service, name)| removed.contains(service, name))
    }

    /// Its actions as people say them: `iam:PassRole with ec2:RunInstances`.
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

/// The lines of the table that hold an escalation.
fn lines() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
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
        for (from, to) in
            [("60", "much"), ("raises", "lowers"), (":", "."), ("\twhy", ""), ("why", "why\tmore")]
        {
            assert_eq!(Escalation::read(good.replace(from, to).leak()), None, "{from}");
        }
    }
}

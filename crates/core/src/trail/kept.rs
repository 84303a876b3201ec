//! Some events of many: the earliest and the latest of them, the same ones in whatever order they come and however often.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// When an event was, in seconds, and its id.
pub(super) type Moment = (i64, String);

/// At most `N` of the earliest and `N` of the latest.
#[derive(Debug, Clone)]
pub(super) struct FirstFew<T, const N: usize> {
    first: BTreeMap<Moment, T>,
    last: BTreeMap<Moment, T>,
}

impl<T, const N: usize> Default for FirstFew<T, N> {
    fn default() -> Self {
        Self {
            first: BTreeMap::new(),
            last: BTreeMap::new(),
        }
    }
}

impl<T: Clone + Ord, const N: usize> FirstFew<T, N> {
    /// Whether an event of that moment would be kept.
    pub(super) fn wants(&self, at: &Moment) -> bool {
        let early = self.first.len() < N || self.first.last_key_value().is_some_and(|(last, _)| at <= last);
        let late = self.last.len() < N || self.last.first_key_value().is_some_and(|(first, _)| at >= first);
        early || late
    }

    pub(super) fn add(&mut self, at: Moment, event: T) {
        put(&mut self.first, at.clone(), event.clone());
        if self.first.len() > N {
            self.first.pop_last();
        }
        put(&mut self.last, at, event);
        if self.last.len() > N {
            self.last.pop_first();
        }
    }

    pub(super) fn join(&mut self, other: Self) {
        for (at, event) in other.first.into_iter().chain(other.last) {
            self.add(at, event);
        }
    }

    /// Those that are kept, the earliest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Moment, &T)> {
        let end = self.first.last_key_value().map(|(at, _)| at);
        let later = self
            .last
            .iter()
            .filter(move |(at, _)| end.is_none_or(|end| *at > end));
        self.first.iter().chain(later)
    }

    /// The times between which events may have been dropped.
    pub(super) fn gap(&self) -> Option<(i64, i64)> {
        let (early, late) = (self.first.last_key_value()?.0, self.last.first_key_value()?.0);
        (early < late).then_some((early.0, late.0))
    }

    /// Whether an event may have been dropped from within these times.
    pub(super) fn may_lack(&self, from: i64, to: i64) -> bool {
        self.gap()
            .is_some_and(|(early, late)| from <= late && to >= early)
    }
}

/// Of two that claim to be one event, the smaller stays, whichever came first.
fn put<T: Ord>(events: &mut BTreeMap<Moment, T>, at: Moment, event: T) {
    match events.entry(at) {
        Entry::Vacant(free) => drop(free.insert(event)),
        Entry::Occupied(mut taken) if event < *taken.get() => drop(taken.insert(event)),
        Entry::Occupied(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::FirstFew;

    fn kept(times: &[i64]) -> FirstFew<i64, 2> {
        let mut kept = FirstFew::default();
        for time in times {
            let at = (*time, time.to_string());
            if kept.wants(&at) {
                kept.add(at, *time);
            }
        }
        kept
    }

    #[test]
    fn the_earliest_and_the_latest_stay_in_any_order_and_once_each() {
        let all = |kept: &FirstFew<i64, 2>| kept.iter().map(|(_, event)| *event).collect::<Vec<_>>();
        assert_eq!(all(&kept(&[5, 1, 3, 2, 4, 5, 1])), [1, 2, 4, 5]);
        let mut joined = kept(&[3, 5]);
        joined.join(kept(&[1, 4, 2]));
        assert_eq!(all(&joined), [1, 2, 4, 5]);
        assert_eq!(all(&kept(&[2, 2, 2])), [2]);
    }

    #[test]
    fn what_may_have_been_dropped_lies_between_them() {
        let many = kept(&[1, 2, 3, 4, 5]);
        assert!(many.may_lack(3, 3) && !many.may_lack(5, 9) && !many.may_lack(-3, 1));
        assert!(!kept(&[1, 2]).may_lack(0, 9));
    }
}

//! Sets of actions as bits, so that unions and differences take a few words.

use std::ops::Range;

/// A set of actions of one universe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActionBits(pub(super) Vec<u64>);

impl ActionBits {
    pub(crate) fn has(&self, bit: usize) -> bool {
        self.0
            .get(bit / 64)
            .is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    /// The part of the set in a range of bits.
    pub(super) fn within(&self, run: Range<usize>) -> impl Iterator<Item = usize> {
        let words = run.start / 64..run.end.div_ceil(64);
        let of_word = |at: usize| {
            let mut word = self.0.get(at).copied().unwrap_or_default();
            std::iter::from_fn(move || {
                let lowest = usize::try_from(word.trailing_zeros())
                    .ok()
                    .filter(|_| word != 0)?;
                word &= word - 1;
                Some(at * 64 + lowest)
            })
        };
        words.flat_map(of_word).filter(move |bit| run.contains(bit))
    }

    pub(crate) fn insert(&mut self, bit: usize) {
        if let Some(word) = self.0.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    pub(crate) fn remove(&mut self, bit: usize) {
        if let Some(word) = self.0.get_mut(bit / 64) {
            *word &= !(1 << (bit % 64));
        }
    }

    pub(super) fn insert_run(&mut self, run: Range<usize>) {
        let mut bit = run.start;
        while bit < run.end {
            let in_word = (run.end - bit).min(64 - bit % 64);
            if let Some(word) = self.0.get_mut(bit / 64) {
                *word |= (u64::MAX >> (64 - in_word)) << (bit % 64);
            }
            bit += in_word;
        }
    }

    pub(super) fn remove_run(&mut self, run: Range<usize>) {
        let mut bit = run.start;
        while bit < run.end {
            let in_word = (run.end - bit).min(64 - bit % 64);
            if let Some(word) = self.0.get_mut(bit / 64) {
                *word &= !((u64::MAX >> (64 - in_word)) << (bit % 64));
            }
            bit += in_word;
        }
    }

    /// Whether any bit of a range is set.
    pub(crate) fn any_in(&self, run: Range<usize>) -> bool {
        let mut bit = run.start;
        while bit < run.end {
            let in_word = (run.end - bit).min(64 - bit % 64);
            let mask = (u64::MAX >> (64 - in_word)) << (bit % 64);
            if self.0.get(bit / 64).is_some_and(|word| word & mask != 0) {
                return true;
            }
            bit += in_word;
        }
        false
    }

    pub(crate) fn remove_all(&mut self, other: &Self) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(word, other)| *word &= !other);
    }

    pub(crate) fn keep_only(&mut self, other: &Self) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(word, other)| *word &= other);
    }

    pub(crate) fn insert_all(&mut self, other: &Self) {
        self.0
            .iter_mut()
            .zip(&other.0)
            .for_each(|(word, other)| *word |= other);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }
}

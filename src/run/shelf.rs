//! Where the first accounts wait for the second look, as far as there is room: they need not be read and joined again. The
//! others are on disk. What a scan writes does not depend on which are which.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::assess::Prepared;

/// About so many bytes may wait, however many accounts there are.
const ROOM: usize = 64 << 20;

/// See the module.
#[derive(Default)]
pub(super) struct Shelf(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// By id.
    accounts: BTreeMap<String, Prepared>,
    /// About how many bytes they took when they came. Room that was taken is not given again: by then all have come.
    taken: usize,
}

impl Shelf {
    /// Keeps an account, unless it has no room.
    pub(super) fn put(&self, prepared: Prepared) {
        let weight = prepared.weight();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = kept.taken.saturating_add(weight);
        if taken <= ROOM {
            kept.taken = taken;
            kept.accounts.insert(prepared.account().to_owned(), prepared);
        }
    }

    /// Gives an account back, if it was kept.
    pub(super) fn take(&self, id: &str) -> Option<Prepared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).accounts.remove(id)
    }
}

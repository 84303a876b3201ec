//! Keeps accounts in memory for the next pass if there is room, so that they need not be read again. The others are
//! on disk. Which are which does not affect what a scan writes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Maximum bytes of accounts in memory, approximately.
pub(crate) const ROOM: usize = 64 << 20;

/// See the module.
pub(crate) struct AccountCache<T> {
    /// Maximum bytes in memory, approximately, whatever the number of accounts.
    room: usize,
    kept: Mutex<CachedAccounts<T>>,
}

struct CachedAccounts<T> {
    /// By the account's id, each with about how many bytes it takes.
    accounts: BTreeMap<String, (usize, T)>,
    taken: usize,
}

impl<T> Default for AccountCache<T> {
    fn default() -> Self {
        Self::new(ROOM)
    }
}

impl<T> AccountCache<T> {
    /// An empty one.
    pub(crate) fn new(room: usize) -> Self {
        Self {
            room,
            kept: Mutex::new(CachedAccounts {
                accounts: BTreeMap::new(),
                taken: 0,
            }),
        }
    }

    /// Keeps an account of about `weight` bytes, if there is space.
    pub(crate) fn put(&self, id: &str, weight: usize, account: T) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = kept.taken.saturating_add(weight);
        if taken <= self.room {
            kept.taken = taken;
            kept.accounts.insert(id.to_owned(), (weight, account));
        }
    }

    /// Gives an account back, if it was kept.
    pub(crate) fn take(&self, id: &str) -> Option<T> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (weight, account) = kept.accounts.remove(id)?;
        kept.taken = kept.taken.saturating_sub(weight);
        Some(account)
    }
}

#[cfg(test)]
mod tests {
    use super::AccountCache;

    #[test]
    fn what_has_no_room_is_not_kept_and_what_was_taken_makes_room() {
        let cache = AccountCache::new(10);
        cache.put("one", 6, 1);
        cache.put("two", 6, 2);
        assert_eq!(
            (cache.take("two"), cache.take("one"), cache.take("one")),
            (None, Some(1), None)
        );
        cache.put("two", 6, 2);
        assert_eq!(cache.take("two"), Some(2));
    }
}

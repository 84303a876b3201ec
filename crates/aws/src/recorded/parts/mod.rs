//! Parts of a scan that several processes share: what one shard leaves behind, and a cloud that answers from all of them.
//!
//! An account's shard depends only on its ID, so shards need not communicate: the first eight bytes of the
//! SHA-256 of the id, as a big-endian number, modulo the number of shards. Reading takes long but decisions
//! need the whole organisation, so shards only read and save the answers, and the merge decides.
//!
//! ```text
//! part.json               which shard of which run, the accounts that it left out, the SHA-256 of every other file
//! accounts.json           the accounts of the organisation, those of other shards as well
//! accounts/<id>.json      all answers of an account, or why there are none
//! ```

mod error;
mod part;
mod read;

use std::fmt;

use sha2::{Digest, Sha256};

use leastwise_core::arn::is_account_id;

pub use self::error::PartsError;
pub use self::part::{Calls, PartManifest, organisation_digest};
pub use self::read::Parts;

/// The file that makes a folder a part.
pub const PART: &str = "part.json";
/// The organisation's accounts.
pub const ACCOUNTS: &str = "accounts.json";
/// More shards than any engine starts at once.
pub const MOST_SHARDS: u32 = 10_000;

/// One shard of several; the first is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which.
    pub shard: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// Whether an account is this shard's.
    pub fn takes(self, account: &str) -> bool {
        shard_of(account, self.of) == self.shard
    }
}

impl fmt::Display for Shard {
    /// As its folder is called.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard-{}-of-{}", self.shard, self.of)
    }
}

/// The file with the answers of an account.
pub fn answers_of(account: &str) -> String {
    format!("accounts/{account}.json")
}

/// The account whose answers a file has, if it is such a file.
fn account_of(path: &str) -> Option<&str> {
    let id = path.strip_prefix("accounts/")?.strip_suffix(".json")?;
    is_account_id(id).then_some(id)
}

/// The shard, out of `of`, that reads an account. If this changed, parts of different versions could not be
/// merged.
pub fn shard_of(account: &str, of: u32) -> u32 {
    let digest = Sha256::digest(account.as_bytes());
    let number = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let place = number.checked_rem(u64::from(of)).unwrap_or_default();
    u32::try_from(place).unwrap_or_default() + 1
}

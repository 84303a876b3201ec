//! `part.json`: the description of a part.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Shard;
use crate::Organisation;
use crate::pace::{BucketKey, Figures};
use crate::recorded::seal::hexadecimal;
use leastwise_core::evidence::Failure;
use leastwise_core::inventory::wire::Account;

/// The version of the form of parts.
pub(super) const FORMAT: u32 = 2;

/// What a part says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PartManifest {
    /// The version of this form.
    pub format: u32,
    /// The version of leastwise: another may deal accounts out or read answers differently.
    pub tool: String,
    /// Which shard, from 1.
    pub shard: u32,
    /// Of how many.
    pub of: u32,
    /// The run that it belongs to, if it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Whether AWS was asked, or recorded answers.
    pub live: bool,
    /// What the answers depend on beside AWS, as a digest.
    pub settings: String,
    /// How far last-accessed data is looked back on.
    pub window_days: u32,
    /// Whether it was asked where each account is in the organisation.
    pub units: bool,
    /// `aws`, `aws-us-gov` or `aws-cn`.
    pub partition: String,
    /// Why the other accounts could not be listed, if that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accounts_unknown: Option<Failure>,
    /// The organisation's accounts, as a digest.
    pub organisation: String,
    /// When its reading began.
    pub started: Timestamp,
    /// Date of the answers, if they contain one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<String>,
    /// The accounts of its share that are not read, suspended or excluded, by id.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub left_out: BTreeSet<String>,
    /// What each pacer has seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Calls>,
    /// SHA-256 of every other file, by path.
    pub files: BTreeMap<String, String>,
    /// SHA-256 of all of the above.
    pub digest: String,
}

/// What one pacer has seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Calls {
    /// Calls that AWS is taken to count together.
    pub api: String,
    /// The account that was asked.
    pub account: String,
    /// Where.
    pub region: String,
    /// Calls made.
    pub calls: u64,
    /// How many of them were throttled.
    pub throttles: u64,
    /// How many had to wait for their turn.
    pub waits: u64,
    /// How long they waited in all. A whole number, so that it is read as it was written.
    pub nanoseconds_waited: u64,
}

impl PartManifest {
    /// Of this version of leastwise, with nothing in it.
    pub fn new(share: Shard, started: Timestamp) -> Self {
        Self {
            format: FORMAT,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            shard: share.shard,
            of: share.of,
            run: None,
            live: false,
            settings: String::new(),
            window_days: 0,
            units: false,
            accounts_unknown: None,
            partition: String::new(),
            organisation: String::new(),
            started,
            captured_at: None,
            left_out: BTreeSet::new(),
            calls: Vec::new(),
            files: BTreeMap::new(),
            digest: String::new(),
        }
    }

    /// Which shard it is.
    pub fn share(&self) -> Shard {
        Shard {
            shard: self.shard,
            of: self.of,
        }
    }

    /// The same with its digest.
    ///
    /// # Errors
    /// When it has no JSON form, which it has.
    pub fn sealed(self) -> Result<Self, serde_json::Error> {
        let digest = self.seal()?;
        Ok(Self { digest, ..self })
    }

    /// The digest that it should have.
    pub(super) fn seal(&self) -> Result<String, serde_json::Error> {
        let bare = Self {
            digest: String::new(),
            ..self.clone()
        };
        Ok(hexadecimal(Sha256::new_with_prefix(serde_json::to_vec(&bare)?)))
    }
}

impl From<(BucketKey, Figures)> for Calls {
    fn from((key, figures): (BucketKey, Figures)) -> Self {
        Self {
            api: key.api.to_owned(),
            account: key.account,
            region: key.region,
            calls: figures.calls,
            throttles: figures.throttles,
            waits: figures.waits,
            // Five hundred years fit.
            nanoseconds_waited: u64::try_from(figures.waited.as_nanos()).unwrap_or(u64::MAX),
        }
    }
}

/// The digest of an organisation's accounts, in whatever order they were listed.
///
/// # Errors
/// When an account has no JSON form, which it has.
pub fn organisation_digest(organisation: &Organisation) -> Result<String, serde_json::Error> {
    let mut accounts: Vec<&Account> = organisation.accounts.iter().collect();
    accounts.sort_by(|a, b| a.id.cmp(&b.id));
    let text = serde_json::to_vec(&(&organisation.partition, accounts))?;
    Ok(hexadecimal(Sha256::new_with_prefix(text)))
}

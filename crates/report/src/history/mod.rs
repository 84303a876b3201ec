//! What changed from one report to the next, account by account.
//!
//! | file | what |
//! |---|---|
//! | `used` | the record of actions that came into use |
//! | `night` | a summary of one report, with the history it carries |
//! | `compare` | two nights |
//! | `disputes` | changes that AWS disputed |
//! | `flapping` | actions that come into use now and then |
//! | `ready` | changes that have been the same for long enough |
//! | `trend` | totals of all reports of a folder over time |

mod compare;
mod disputes;
mod flapping;
mod night;
mod ready;
pub mod trend;
mod used;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use compare::{accounts, compare_account, counted};
pub use disputes::Disputes;
pub use flapping::{ReportSide, has_service, may_show_use, remember};
use leastwise_core::report::Status;
pub use night::{HistoryRow, Key, Night, NightEntry, Past};
pub use ready::Readiness;
pub use used::{REMEMBERED_DAYS, Used};

/// Where a report keeps its history.
pub const HISTORY: &str = "history.json";

/// `history.json`, and what `leastwise compare` prints.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct History {
    /// How many rows there are of each status.
    pub counts: BTreeMap<Status, usize>,
    /// Sorted by account, principal and policy.
    pub rows: Vec<HistoryRow>,
    /// Unused principals and credentials of accounts that were not read completely.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub idle: BTreeSet<String>,
}

impl History {
    /// Of rows in their order.
    pub fn of(rows: Vec<HistoryRow>, idle: BTreeSet<String>) -> Self {
        let count = |status: Status| rows.iter().filter(|row| row.past.status == status).count();
        let counts = Status::ALL.iter().map(|status| (*status, count(*status)));
        Self {
            counts: counts.collect(),
            rows,
            idle,
        }
    }
}

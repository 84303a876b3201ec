//! The pipeline of a scan: every account is read and surveyed, then advised on, then the report is finished.
//!
//! | file | what |
//! |---|---|
//! | `selection` | which accounts a run reads |
//! | `run` | all accounts, a limited number at a time |
//! | `survey` | the first pass: what concerns several accounts |
//! | `advise` | the second: each account worked out and written |
//! | `cache` | accounts that wait in memory for the next pass |
//! | `totals` | sums over all accounts |
//! | `finish` | the report as a whole: history, formats, packs, manifest |
//! | `finished` | accounts as they were written, for `history` and `formats` |
//! | `settings`, `resume` | options from the configuration; the state of an interrupted run |
//! | `cores`, `stop` | how many accounts are worked on at once; Ctrl-C |
//! | `comparable` | a report that is compared with another |
//! | `history` | how changes compare with the earlier report |
//! | `formats` | the formats besides JSON |
//! | `packs` | a report for each owner, account or organisational unit |
//! | `target` | where files go: written by a scan, compared by `verify` |
//! | `code` | the code that the config names: Terraform states and checkouts |
//! | `grants` | what earlier runs saw of an account's grants |

mod advise;
pub(crate) mod cache;
pub(crate) mod code;
pub(crate) mod comparable;
pub(crate) mod cores;
mod finish;
pub(crate) mod finished;
pub(crate) mod formats;
pub(crate) mod grants;
pub(crate) mod history;
pub(crate) mod outcome;
pub(crate) mod packs;
pub(crate) mod resume;
pub(crate) mod run;
pub(crate) mod selection;
pub(crate) mod settings;
pub(crate) mod stop;
mod survey;
pub(crate) mod target;
pub(crate) mod totals;

//! The formats besides JSON, rendered from the same data, account by account.
//!
//! A format is called at the beginning, for each account in the order of their IDs, and at the end. It returns
//! parts of files, which the writer appends to each other, so that no format has to keep an organisation in memory.

mod account_view;
mod asff;
mod changes;
mod cloudformation;
mod csv;
mod finding_state;
mod html;
mod infrastructure;
mod key;
mod markdown;
pub mod metrics;
mod ocsf;
mod reserve;
mod sarif;
mod say;
mod sheet;
mod since;
mod start;
mod summary;
mod terraform;
mod tickets;
pub mod trend;
mod weight;
mod written;

use std::borrow::Cow;
use std::rc::Rc;

use serde::Serialize;

use leastwise_core::report::{FileHash, Report};
use leastwise_core::visible::visible;

pub use account_view::AccountView;
pub use asff::Asff;
pub use changes::{Changes, DISPUTED, SCRIPT_LIBRARY, change_names, watched};
pub use cloudformation::CloudFormation;
pub use csv::{Csv, columns as csv_columns};
pub use html::Html;
pub use ocsf::Ocsf;
pub use sarif::Sarif;
pub use say::code_of_rule;
pub use since::{Earlier, ReadAccount};
pub use summary::Summary;
pub use terraform::Terraform;
pub use tickets::Tickets;
pub use written::{FindingStates, Judging};

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Path of the file, relative to the report folder.
    pub path: String,
    /// Text to append.
    pub text: String,
    /// Whether it is an element of a list: a comma precedes every element except the first.
    pub element: bool,
    /// Whether it is the whole file. There may be many of these, and they are not all kept open.
    pub whole: bool,
}

impl Part {
    /// A part with this text.
    pub fn text(path: &str, text: String) -> Self {
        Self {
            path: path.to_owned(),
            text,
            element: false,
            whole: false,
        }
    }

    /// A whole file.
    pub fn file(path: &str, text: String) -> Self {
        Self {
            path: path.to_owned(),
            text,
            element: false,
            whole: true,
        }
    }

    /// An element of a JSON list.
    pub fn element(path: &str, text: String) -> Self {
        Self {
            path: path.to_owned(),
            text,
            element: true,
            whole: false,
        }
    }
}

/// Files of the report that already exist, by path: documents and diffs.
pub trait Written {
    /// Content of a file.
    fn text(&self, path: &str) -> Option<Rc<str>>;
    /// Hash of a file, without reading it.
    fn hash(&self, path: &str) -> Option<FileHash>;
}

/// Where a format finds these files.
pub type Read<'r> = dyn Written + 'r;

/// An output format.
pub trait Format: Send + Sync {
    /// What comes before all accounts.
    fn begin(&self, _report: &Report) -> Vec<Part> {
        Vec::new()
    }

    /// What comes for one account.
    fn account(&self, view: &AccountView<'_>, read: &Read<'_>) -> Vec<Part>;

    /// What comes after all accounts.
    fn end(&self, _report: &Report) -> Vec<Part> {
        Vec::new()
    }
}

/// JSON on one line, safe for readers that treat other characters as line breaks, and with invisible characters
/// escaped. All keys here are text, so this cannot fail.
fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    let shown = match visible(&text) {
        Cow::Owned(shown) => Some(shown),
        Cow::Borrowed(_) => None,
    };
    shown.unwrap_or(text)
}

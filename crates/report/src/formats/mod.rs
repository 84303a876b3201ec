//! The other formats, rendered from the same data as the JSON files, account by account.
//!
//! A format is asked three times: at the beginning, for each account in the order of their ids, and at the end. It
//! gives parts of files, which the writer puts behind each other, so that no format has to hold an organisation in memory.

mod account_view;
mod asff;
mod changes;
mod cloudformation;
mod csv;
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
pub use changes::Changes;
pub use cloudformation::CloudFormation;
pub use csv::{Csv, columns as csv_columns};
pub use html::Html;
pub use ocsf::Ocsf;
pub use sarif::Sarif;
pub use since::{Earlier, ReadAccount};
pub use summary::Summary;
pub use terraform::Terraform;
pub use tickets::Tickets;
pub use written::{FindingStates, Judging};

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The file, by its path from the report's folder.
    pub path: String,
    /// What comes next in it.
    pub text: String,
    /// It is an element of a list: a comma stands before it unless it is the first.
    pub element: bool,
    /// It is the whole file. Of these there may be many, which are not all kept open.
    pub whole: bool,
}

impl Part {
    /// Text as it is.
    pub fn text(path: &str, text: String) -> Self {
        Self { path: path.to_owned(), text, element: false, whole: false }
    }

    /// A whole file.
    pub fn file(path: &str, text: String) -> Self {
        Self { path: path.to_owned(), text, element: false, whole: true }
    }

    /// An element of a JSON list.
    pub fn element(path: &str, text: String) -> Self {
        Self { path: path.to_owned(), text, element: true, whole: false }
    }
}

/// The files of the report that are there already, by their paths: documents and differences.
pub trait Written {
    /// What is in one.
    fn text(&self, path: &str) -> Option<Rc<str>>;
    /// Its hash, for which it need not be read.
    fn hash(&self, path: &str) -> Option<FileHash>;
}

/// Where a format finds them.
pub type Read<'r> = dyn Written + 'r;

/// One format.
pub trait Format: Send + Sync {
    /// What comes before all accounts.
    fn begin(&self, _report: &Report) -> Vec<Part> {
        Vec::new()
    }

    /// What is said of one account.
    fn account(&self, view: &AccountView<'_>, read: &Read<'_>) -> Vec<Part>;

    /// What comes after all accounts.
    fn end(&self, _report: &Report) -> Vec<Part> {
        Vec::new()
    }
}

/// As JSON on one line, also for readers that take other characters than a line's end for one, and without anything that
/// whoever looks at the file would not see. Nothing that is rendered here has keys other than text, so it cannot fail.
fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    let shown = match visible(&text) {
        Cow::Owned(shown) => Some(shown),
        Cow::Borrowed(_) => None,
    };
    shown.unwrap_or(text)
}

//! Why a text is not a catalog.

use thiserror::Error;

use super::text::BadLine;
use crate::policy::PolicyError;
use crate::visible::visible_line;

/// A catalog that cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The text form has a line that does not belong.
    #[error("line {line}: {problem}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// Not JSON.
    #[error("not valid JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Not JSON, or a key that stands twice.
    #[error(transparent)]
    Text(#[from] PolicyError),
    /// JSON of another form.
    #[error("{what} must be {wanted}")]
    Form {
        /// Which part.
        what: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A name that no service or action can have.
    #[error("`{}` is not a service or action name", visible_line(.0))]
    BadName(String),
    /// No service in it.
    #[error("the list contains no service")]
    Empty,
}

impl From<BadLine> for CatalogError {
    fn from(bad: BadLine) -> Self {
        Self::Line { line: bad.line, problem: bad.problem }
    }
}

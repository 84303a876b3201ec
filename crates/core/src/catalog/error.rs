//! Why a text is not a catalog.

use thiserror::Error;

use super::text::BadLine;
use crate::policy::PolicyError;
use crate::visible::visible_line;

/// A catalog that cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// The text form has an invalid line.
    #[error("line {line}: {problem}")]
    Line {
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        problem: &'static str,
    },
    /// Not JSON.
    #[error("not valid JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Not JSON, or JSON with a duplicate key.
    #[error(transparent)]
    Text(#[from] PolicyError),
    /// JSON of another structure.
    #[error("{what} must be {wanted}")]
    Form {
        /// The element.
        what: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A name that no service or action can have.
    #[error("`{}` is not a service or action name", visible_line(.0))]
    BadName(String),
    /// It contains no service.
    #[error("the list contains no service")]
    Empty,
}

impl From<BadLine> for CatalogError {
    fn from(bad: BadLine) -> Self {
        Self::Line {
            line: bad.line,
            problem: bad.problem,
        }
    }
}

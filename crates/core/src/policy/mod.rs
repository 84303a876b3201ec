//! IAM policy documents and the action patterns in them. Core: no I/O, no clock, no catalog.

mod action;
mod action_set;
mod document;
mod error;
pub(crate) mod glob;
pub mod json;
mod observed;
pub(crate) mod print;
mod services;
pub mod sink;

pub use action::ActionPattern;
pub(crate) use action::{Pattern, Shape, starts_with};
pub use action_set::{ActionNames, ActionSet, Extent};
pub(crate) use document::{Clause, Frame, Statement};
pub use document::{Document, Effect, decode, parse_all, print_all, write_all};
pub use error::Quoted;
pub use error::{BadAction, Fault, PolicyError};
pub use observed::Observed;
pub use services::Services;

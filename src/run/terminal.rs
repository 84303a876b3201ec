//! Text that others wrote, on its way to a terminal or a log.

pub(super) use crate::visible::{visible as clean, visible_line as line};

/// The same for JSON, which escapes no more than it must. All of these stand in strings there.
pub(super) use crate::visible::visible as json;

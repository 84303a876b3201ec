//! Cleans text that others wrote before it reaches a terminal or a log.

use std::path::Path;

pub(crate) use leastwise_core::visible::{visible as clean, visible_line as line};

/// The same for JSON, which escapes no more than it must. All of these stand in strings there.
pub(crate) use leastwise_core::visible::visible as json;

/// How a message calls a path: from here, if it is below.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let short = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    short.unwrap_or_else(|| path.to_owned()).display().to_string()
}

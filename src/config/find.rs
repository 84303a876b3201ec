//! Where to look for the configuration. The caller says which files exist and what the environment contains.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What a configuration file is called.
pub const FILE_NAME: &str = "leastwise.toml";

/// The configuration file to read: the one that was named, even when it is not there, so that reading it says so; else
/// `leastwise.toml` in the working directory; else `leastwise/leastwise.toml` in the user's configuration directory.
pub fn find(
    explicit: Option<&Path>,
    environment: impl Fn(&str) -> Option<OsString>,
    exists: impl Fn(&Path) -> bool,
) -> Option<PathBuf> {
    if let Some(path) = explicit {
        return Some(path.to_owned());
    }
    // The XDG rules have relative directories ignored.
    let directory = |name: &str| {
        environment(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let user = directory("XDG_CONFIG_HOME").or_else(|| directory("HOME").map(|home| home.join(".config")));
    [
        Some(PathBuf::from(FILE_NAME)),
        user.map(|user| user.join("leastwise").join(FILE_NAME)),
    ]
    .into_iter()
    .flatten()
    .find(|path| exists(path))
}

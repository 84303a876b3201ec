//! Why a file or folder is not trusted.

use std::error::Error;
use std::fmt;
use std::io;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// A link, where one is not followed.
    Link,
    /// A pipe, a device or a folder in the place of a file.
    NotPlain,
    /// Another user created it.
    Foreign,
    /// Others may write to it.
    Writable,
    /// It was made for us alone, and others may look into it all the same.
    Readable,
    /// Anyone can remove what is created there.
    Shared,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link => "it is a symbolic link, or its path contains one",
            Self::NotPlain => "it is not a regular file",
            Self::Foreign => "it belongs to another user",
            Self::Writable => "other users can write to it",
            Self::Readable => "other users can read it, because its file system has no permissions",
            Self::Shared => "every user can rename and delete files in that folder",
        })
    }
}

impl Error for Refused {}

impl From<Refused> for io::Error {
    fn from(refused: Refused) -> Self {
        Self::new(io::ErrorKind::PermissionDenied, refused)
    }
}

/// What to do about what is refused here.
pub fn help(error: &io::Error) -> Option<&'static str> {
    let refused = error
        .get_ref()
        .and_then(|error| error.downcast_ref::<Refused>())?;
    Some(match refused {
        Refused::Link => "give the real path, or choose another folder",
        Refused::NotPlain => "remove it, or choose another folder",
        Refused::Foreign | Refused::Writable => "choose a folder that only you can write to, or remove it",
        Refused::Readable => "choose a folder on a file system with owners and permissions",
        Refused::Shared => "run `chmod o-w` on the folder, or choose one that only you can write to",
    })
}

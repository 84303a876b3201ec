//! Why something is not taken for ours.

use std::error::Error;
use std::fmt;
use std::io;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// A link, where one is not followed.
    Link,
    /// A pipe, a device or a folder in the place of a file.
    NotPlain,
    /// Somebody else made it.
    Foreign,
    /// Others may write to it.
    Writable,
    /// It was made for us alone, and others may look into it all the same.
    Readable,
    /// Whoever likes can take away what is made there.
    Shared,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link => "it is a link, or is reached by one",
            Self::NotPlain => "it is no plain file",
            Self::Foreign => "it belongs to another user",
            Self::Writable => "other users may write to it",
            Self::Readable => "other users may read it, because its file system keeps no permissions",
            Self::Shared => "every user may rename and delete what is in that folder",
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
pub(crate) fn help(error: &io::Error) -> Option<&'static str> {
    let refused = error.get_ref().and_then(|error| error.downcast_ref::<Refused>())?;
    Some(match refused {
        Refused::Link => "name the file or folder itself, or choose another place",
        Refused::NotPlain => "remove it, or choose another place",
        Refused::Foreign | Refused::Writable => {
            "another user may have put it there: choose a folder that only you can write to, or remove it"
        }
        Refused::Readable => "choose a place on a file system that keeps owners and permissions",
        Refused::Shared => "run `chmod o-w` on the folder, or choose one that only you can write to",
    })
}

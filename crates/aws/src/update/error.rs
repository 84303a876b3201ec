//! What can go wrong with a catalog, worded for the person who has to fix it.

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::fetch::CallError;
use super::loss::{Listed, Loss};
use crate::network::NetworkError;
use leastwise_core::catalog::CatalogError;

/// Why a catalog could not be chosen or updated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UpdateError {
    /// A file or folder cannot be read.
    #[error("cannot read `{}`: {error}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file or folder is longer than any catalog.
    #[error("`{}` is larger than {most} bytes", path.display())]
    TooLarge {
        /// Which.
        path: PathBuf,
        /// What would have been accepted.
        most: u64,
    },
    /// A file is neither JSON nor the text form, or does not go on as it begins.
    #[error("`{}` is not a list of IAM actions{}", path.display(), error.as_ref().map(|it| format!(": {it}")).unwrap_or_default())]
    NotACatalog {
        /// Which.
        path: PathBuf,
        /// Why not, of one that begins like a catalog.
        error: Option<CatalogError>,
    },
    /// The user's own catalog has no date to compare.
    #[error("`{}` has no date", .0.display())]
    Undated(PathBuf),
    /// A file or an answer is not what the service reference consists of.
    #[error("`{place}` is not a file of AWS's service reference: {error}")]
    Reference {
        /// Its path or address.
        place: String,
        /// Why not.
        error: CatalogError,
    },
    /// Two files are of one service.
    #[error("service `{service}` appears twice, in `{first}` and `{second}`")]
    Repeated {
        /// Its prefix.
        service: String,
        /// One place.
        first: String,
        /// The other.
        second: String,
    },
    /// The files do not add up to a catalog.
    #[error("the service reference is unusable: {0}")]
    Unfit(CatalogError),
    /// No file of the folder describes a service.
    #[error("no service-reference file found in `{}`", .0.display())]
    NoServiceFile(PathBuf),
    /// More services than there can be.
    #[error("there are more than {0} services")]
    TooManyServices(usize),
    /// Services are missing or lost many actions.
    #[error("{} service(s) have far fewer actions than in the current list: {}", losses.len(), Listed(losses))]
    Shrunk {
        /// All of them, by name.
        losses: Vec<Loss>,
    },
    /// Neither variable says where a cache is.
    #[error("no cache folder: neither XDG_CACHE_HOME nor HOME is set")]
    NoCache,
    /// The catalog cannot be put in its place.
    #[error("cannot write `{}`: {error}", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Not an address that files can be fetched from.
    #[error("`{0}` is not the URL of a service reference")]
    BadAddress(String),
    /// The index names a file elsewhere.
    #[error("the index lists `{url}` for `{service}`, which is not at {site}")]
    Elsewhere {
        /// The service.
        service: String,
        /// The address that is not followed.
        url: String,
        /// Where the index is.
        site: String,
    },
    /// A setting of the environment that cannot be followed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A file could not be fetched.
    #[error("cannot fetch `{url}`: {error} ({attempts} attempt(s))")]
    Call {
        /// Its address.
        url: String,
        /// How often it was asked for.
        attempts: u32,
        /// The result of the last attempt.
        error: CallError,
        /// The variable that names the proxy, where there is one.
        proxy: Option<&'static str>,
    },
    /// The files of a run are longer than any service reference.
    #[error("the responses exceed {0} bytes in total")]
    TooMuch(u64),
    /// The whole of it takes too long.
    #[error("not complete within {} s", .0.as_secs_f32())]
    OutOfTime(Duration),
}

impl UpdateError {
    /// How to fix it, in one sentence.
    pub fn help(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Read { error, .. } if error.kind() == io::ErrorKind::InvalidData => {
                "save the file as UTF-8"
            }
            Self::Read { .. } => "check the path and its permissions",
            Self::TooLarge { .. } | Self::NotACatalog { .. } => {
                "use a file such as {\"s3\":[\"GetObject\"]}, a list that leastwise wrote, or a folder of AWS service-reference files"
            }
            Self::Undated { .. } => "run `leastwise catalog update`",
            Self::Reference { .. } | Self::Unfit(_) | Self::TooManyServices { .. } | Self::TooMuch { .. } => {
                "the response may not be from AWS (a proxy or login page?); try again, or use saved files with --from DIR"
            }
            Self::Repeated { .. } => "keep one of them",
            Self::NoServiceFile { .. } => {
                "give a folder with the files of AWS's service reference, one JSON file per service"
            }
            Self::Shrunk { .. } => "if AWS really removed these actions, add --force",
            Self::NoCache => "set HOME, or set XDG_CACHE_HOME to an absolute path",
            Self::Write { .. } => {
                "check the permissions, or set XDG_CACHE_HOME to the absolute path of another folder"
            }
            Self::BadAddress { .. } => {
                "give an http:// or https:// URL without a user name or password, or the path of a folder"
            }
            Self::Elsewhere { .. } => {
                "files are fetched only from the site of the index; the index may be forged"
            }
            Self::Network(error) => error.help(),
            Self::Call { error, proxy, .. } => return error.help(*proxy),
            Self::OutOfTime { .. } => "try again, or use saved files with --from DIR",
        })
    }
}

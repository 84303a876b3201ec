//! The folder of a report: one writer, one reader, the content of packs, and whether its files agree.

pub mod agree;
pub mod owner;
pub mod pack;
mod reader;
pub mod writer;

pub use owner::{Own, Owner};
pub use reader::{CATALOG, FolderError, MANIFEST, REPORT, ReportFolder, account_path};

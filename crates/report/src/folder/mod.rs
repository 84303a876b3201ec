//! The folder of a report: one writer, one reader, what a pack has of it, what is written into it afterwards, and whether its
//! files agree.

pub mod afterwards;
pub mod agree;
pub mod owner;
pub mod pack;
mod reader;
pub mod writer;

pub use owner::{Own, Owner};
pub use reader::{CATALOG, FolderError, MANIFEST, REPORT, ReportFolder, account_path};

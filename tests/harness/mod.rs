//! What both binaries of tests use.

pub(crate) mod chance;
pub(crate) mod decisions;
pub(crate) mod expand;
pub(crate) mod hostile;
pub(crate) mod pages;
pub(crate) mod reference;
pub(crate) mod run;
pub(crate) mod scan;
pub(crate) mod small;
pub(crate) mod wire;

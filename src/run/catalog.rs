//! Choosing a catalog (until the update room lands).
use super::error::RunError;
use crate::catalog::Catalog;
use crate::cli::CatalogArg;
use std::ops::Deref;
pub(super) enum Chosen {
    E(&'static Catalog),
    O(Box<Catalog>),
}
impl Deref for Chosen {
    type Target = Catalog;
    fn deref(&self) -> &Catalog {
        match self {
            Self::E(c) => c,
            Self::O(c) => c,
        }
    }
}
pub(super) fn choose(arg: &CatalogArg, _quiet: bool) -> Result<Chosen, RunError> {
    match &arg.catalog {
        None => Ok(Chosen::E(Catalog::embedded())),
        Some(p) => {
            let bytes = super::input::read(p)?;
            let text = String::from_utf8_lossy(&bytes);
            Ok(Chosen::O(Box::new(
                Catalog::from_json(&text)
                    .map_err(|error| RunError::Catalog { input: super::input::name_of(p), error })?,
            )))
        }
    }
}

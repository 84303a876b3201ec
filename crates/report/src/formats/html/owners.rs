//! The owner of a principal: the value of its owner tag.

use leastwise_core::report::PrincipalRow;

/// Tag to use if the configuration names none.
const USUAL: &str = "owner";

/// What the page needs to know about the other formats.
#[derive(Clone, Copy)]
pub(super) struct Beside<'o> {
    pub(super) owners: &'o Owners,
    pub(super) tickets: bool,
}

/// Finds the owner of a principal.
#[derive(Debug, Clone, Default)]
pub(super) struct Owners {
    /// The tag that the configuration names.
    tag: Option<String>,
}

impl Owners {
    /// Uses the tag that the configuration names, otherwise `owner` in any case.
    pub(super) fn by(tag: Option<&str>) -> Self {
        Self {
            tag: tag.map(str::to_owned),
        }
    }

    /// The owner of a principal, if its tag names one.
    pub(super) fn of<'r>(&self, row: &'r PrincipalRow) -> Option<&'r str> {
        let value = match &self.tag {
            Some(tag) => row.tags.get(tag),
            None => row
                .tags
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(USUAL))
                .map(|(_, value)| value),
        };
        value.map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// Whether the configuration names the tag. There is then one ticket for each owner, otherwise for each
    /// account.
    pub(super) fn is_configured(&self) -> bool {
        self.tag.is_some()
    }

    /// The tag, for people.
    pub(super) fn tag(&self) -> &str {
        self.tag.as_deref().unwrap_or(USUAL)
    }
}

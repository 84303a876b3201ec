//! Principals that look as if they were kept for emergencies: to be idle is what they are for.

use crate::report::PrincipalRow;
use crate::report::render::html::text::visible;

/// What to do with any other that nobody uses.
const REVIEW: &str = "Review it for deletion; ask its owner first, and look at who can assume it.";

/// What to do with one of them, in a sentence.
pub(super) const ADVICE: &str = "Do not delete it: add an exception to the config, with the team that answers for it in the place of TEAM.";

/// What to do with a principal that nobody uses.
pub(super) fn advice(principal: &PrincipalRow) -> &'static str {
    if principal.emergency.is_some() { ADVICE } else { REVIEW }
}

/// The exception to paste, where a principal that nobody uses looks like that.
pub(super) fn exception(principal: &PrincipalRow, account: &str) -> Option<String> {
    principal.emergency.as_ref()?;
    // What JSON writes as a string, TOML reads as one.
    let text = |text: &str| visible(&serde_json::Value::from(text).to_string());
    Some(format!(
        "[[exception]]\naccounts = [{}]\nnames = [{}]\nreason = \"kept for emergencies\"\nowner = \"TEAM\"\nexpires = \"never\"\n",
        text(account),
        text(&principal.name)
    ))
}

//! Catalogs from JSON: a plain map of names, and AWS's service reference (index, then one file per service).

use serde_json::Value;

use super::Catalog;
use super::error::CatalogError;
use super::service::{AccessLevel, SourceAction};
use super::text::Header;
use crate::policy::json::{Json, decoded};
use crate::visible::visible_line;

/// `{"s3":["GetObject", ...], ...}`, without levels; they count as Write.
pub(super) fn plain(text: &str) -> Result<Catalog, CatalogError> {
    let form = |what: String, wanted| CatalogError::Form { what, wanted };
    // The policy parser rejects duplicate keys; `serde_json` would keep the last one.
    let Json::Map(members, _) = Json::parse(text)? else {
        return Err(form("the list of actions".to_owned(), "an object of services"));
    };
    let mut services = Vec::with_capacity(members.len());
    for (prefix, names) in &members {
        let prefix = decoded(prefix);
        let bad = || form(format!("`{}`", visible_line(&prefix)), "a list of action names");
        let Json::List(names, _) = names else {
            return Err(bad());
        };
        let names: Vec<_> = names
            .iter()
            .map(|name| name.as_text().ok_or_else(bad))
            .collect::<Result<_, _>>()?;
        services.push((prefix, names));
    }
    let services = services.iter().map(|(prefix, names)| {
        let actions = names.iter().map(|name| SourceAction {
            name,
            level: AccessLevel::Write,
            tracked: None,
        });
        (prefix.as_ref(), actions.collect())
    });
    Catalog::new(
        Header {
            source: "a custom catalog".to_owned(),
            ..Header::default()
        },
        services,
    )
}

/// Builds a catalog from the files of AWS's service reference.
///
/// Names, structure and flags are those of the published files: an index `[{"service","url"}]`, and for each
/// service `{"Name", "Actions": [{"Name", "Annotations": {"Properties": ...}, "SupportedBy": ...}]}`.
#[derive(Debug, Default)]
pub struct ReferenceReader {
    services: Vec<(String, Vec<ReadAction>)>,
}

/// A parsed action: its name, its access level, and whether its use is tracked.
type ReadAction = (String, AccessLevel, Option<bool>);

impl ReferenceReader {
    /// An empty reader.
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses the index: the name of each service and the URL of its file.
    ///
    /// # Errors
    /// If the text is not JSON of that structure.
    pub fn index(text: &str) -> Result<Vec<(String, String)>, CatalogError> {
        let form = || CatalogError::Form {
            what: "the index".to_owned(),
            wanted: "a list of objects with `service` and `url`",
        };
        let json: Value = serde_json::from_str(text)?;
        let entries = json.as_array().ok_or_else(form)?.iter().map(|entry| {
            let text = |key: &str| {
                entry
                    .get(key)
                    .and_then(Value::as_str)
                    .map(str::to_owned)
                    .ok_or_else(form)
            };
            Ok((text("service")?, text("url")?))
        });
        let entries = entries.collect::<Result<Vec<_>, CatalogError>>()?;
        if entries.is_empty() {
            Err(CatalogError::Empty)
        } else {
            Ok(entries)
        }
    }

    /// Adds the file of one service.
    ///
    /// # Errors
    /// If the text is not JSON of that structure.
    pub fn add(&mut self, text: &str) -> Result<(), CatalogError> {
        let json: Value = serde_json::from_str(text)?;
        let form = |what: &str, wanted| CatalogError::Form {
            what: what.to_owned(),
            wanted,
        };
        let prefix = json.get("Name").and_then(Value::as_str);
        let prefix = prefix.filter(|prefix| !prefix.is_empty() && !prefix.contains(char::is_whitespace));
        let prefix = prefix.ok_or_else(|| form("`Name`", "a service prefix"))?;
        let actions = json
            .get("Actions")
            .and_then(Value::as_array)
            .ok_or_else(|| form("`Actions`", "a list"))?;
        let actions = actions.iter().map(|action| {
            let name = action.get("Name").and_then(Value::as_str);
            let name = name.filter(|name| !name.is_empty() && !name.contains(char::is_control));
            let name = name.ok_or_else(|| form("an action's `Name`", "a string"))?;
            let tracked = action
                .get("SupportedBy")
                .and_then(|by| by.get("IAM Action Last Accessed"));
            Ok((name.to_owned(), level(action), tracked.and_then(Value::as_bool)))
        });
        self.services
            .push((prefix.to_owned(), actions.collect::<Result<_, CatalogError>>()?));
        Ok(())
    }

    /// The catalog of everything that was added. The files have no date, so the caller gives the date of the
    /// download.
    ///
    /// # Errors
    /// If nothing was added.
    pub fn finish(self, updated: &str) -> Result<Catalog, CatalogError> {
        if self.services.is_empty() {
            return Err(CatalogError::Empty);
        }
        let header = Header {
            version: "service-reference".to_owned(),
            updated: updated.to_owned(),
            source: "AWS service authorization reference".to_owned(),
        };
        let services = self.services.iter().map(|(prefix, actions)| {
            let actions = actions.iter().map(|(name, level, tracked)| SourceAction {
                name,
                level: *level,
                tracked: *tracked,
            });
            (prefix.as_str(), actions.collect())
        });
        Catalog::new(header, services)
    }
}

/// An action can have several properties; the most dangerous one counts. Without any, it is Read.
fn level(action: &Value) -> AccessLevel {
    let properties = action
        .get("Annotations")
        .and_then(|notes| notes.get("Properties"));
    let is = |key: &str| properties.and_then(|all| all.get(key)).and_then(Value::as_bool) == Some(true);
    if is("IsPermissionManagement") {
        AccessLevel::PermissionsManagement
    } else if is("IsTaggingOnly") {
        AccessLevel::Tagging
    } else if is("IsWrite") {
        AccessLevel::Write
    } else if is("IsList") {
        AccessLevel::List
    } else {
        AccessLevel::Read
    }
}

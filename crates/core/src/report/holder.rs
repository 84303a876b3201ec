//! A role, user or group that a policy is attached to, as reports write it: `role/deployer`.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::decide::HolderKind;

/// Kinds of principals and groups that a policy can be attached to.
const KINDS: [HolderKind; 3] = [HolderKind::Role, HolderKind::User, HolderKind::Group];

/// A role, user or group that a policy is attached to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyHolder {
    /// Role, user or group.
    pub kind: HolderKind,
    /// Its name.
    pub name: String,
}

impl fmt::Display for PolicyHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl Serialize for PolicyHolder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PolicyHolder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let parts = text.split_once('/').and_then(|(kind, name)| {
            Some((
                HolderKind::named(kind).filter(|it| KINDS.contains(it))?,
                name.to_owned(),
            ))
        });
        let (kind, name) =
            parts.ok_or_else(|| D::Error::custom("a holder is `role/name`, `user/name` or `group/name`"))?;
        Ok(Self { kind, name })
    }
}

impl JsonSchema for PolicyHolder {
    fn schema_name() -> Cow<'static, str> {
        "PolicyHolder".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": format!("^({})/", KINDS.map(HolderKind::name).join("|")) })
    }
}

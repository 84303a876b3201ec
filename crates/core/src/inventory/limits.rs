//! Maximum lengths of lists in responses: at least ten times IAM's default quotas, and more than AWS raises them
//! to. They bound the memory that the author of a response can make us use: the rest of a longer list is counted
//! but not kept.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use thiserror::Error;

/// Maximum number of entries of one list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListLimit {
    list: &'static str,
    most: usize,
}

const fn limit(list: &'static str, most: usize) -> ListLimit {
    ListLimit { list, most }
}

pub(super) const USERS: ListLimit = limit("UserDetailList", 50_000);
pub(super) const GROUPS: ListLimit = limit("GroupDetailList", 3_000);
pub(super) const ROLES: ListLimit = limit("RoleDetailList", 20_000);
pub(super) const POLICIES: ListLimit = limit("Policies", 15_000);
/// IAM limits characters: 10,240 for a role, and the shortest policy has 58.
pub(super) const INLINE: ListLimit = limit("the list of a principal's inline policies", 1_760);
/// Ten for each of ten thousand principals.
pub(super) const ALL_INLINE: ListLimit = limit("all lists of inline policies together", 100_000);
pub(super) const ATTACHED: ListLimit = limit("AttachedManagedPolicies", 200);
pub(super) const VERSIONS: ListLimit = limit("PolicyVersionList", 50);
/// AWS does not document how many versions of its own policies it keeps.
const ANY_VERSIONS: ListLimit = limit("PolicyVersionList", 2_000);
pub(super) const GROUPS_OF_USER: ListLimit = limit("GroupList", 100);
pub(super) const TAGS: ListLimit = limit("Tags", 500);

/// A response with more entries than IAM can return.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{} has {count} entries and no more than {} are read, ten times what IAM allows", .limit.list, .limit.most)]
pub struct TooMany {
    limit: ListLimit,
    count: usize,
}

impl ListLimit {
    pub(super) fn holds(self, count: usize) -> Result<(), TooMany> {
        if count > self.most {
            Err(TooMany { limit: self, count })
        } else {
            Ok(())
        }
    }
}

/// Reads a list up to its limit, and counts the rest.
struct Bounded<T> {
    limit: ListLimit,
    /// The AWS CLI's documentation shows a single element without brackets; accept that as a list.
    or_one: bool,
    of: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Bounded<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while all.len() < self.limit.most {
            match seq.next_element()? {
                Some(one) => all.push(one),
                None => return Ok(all),
            }
        }
        let mut count = all.len();
        while seq.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        self.limit.holds(count).map_err(A::Error::custom)?;
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        if self.or_one {
            Ok(vec![T::deserialize(MapAccessDeserializer::new(map))?])
        } else {
            Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self))
        }
    }
}

fn bounded<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
    limit: ListLimit,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(Bounded {
        limit,
        or_one: false,
        of: PhantomData,
    })
}

/// A list, or a single element without brackets, as the AWS CLI's documentation shows it.
pub(super) fn attached<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(Bounded {
        limit: ATTACHED,
        or_one: true,
        of: PhantomData,
    })
}

macro_rules! lists {
    ($($name:ident: $limit:ident),* $(,)?) => {$(
        pub(super) fn $name<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
            deserializer: D,
        ) -> Result<Vec<T>, D::Error> {
            bounded(deserializer, $limit)
        }
    )*};
}

lists! {
    users: USERS,
    groups: GROUPS,
    roles: ROLES,
    policies: POLICIES,
    inline: INLINE,
    versions: ANY_VERSIONS,
    groups_of_user: GROUPS_OF_USER,
    tags: TAGS,
}

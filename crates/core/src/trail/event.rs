//! One CloudTrail record. AWS may change its format and anyone may have chosen its text, so a member of an
//! unexpected type counts as absent.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What of a record is looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TrailEvent<'a> {
    /// When: RFC 3339 in UTC.
    #[serde(borrow)]
    pub event_time: Text<'a>,
    /// `s3.amazonaws.com`
    #[serde(borrow)]
    pub event_source: Text<'a>,
    /// `GetObject`
    #[serde(borrow)]
    pub event_name: Text<'a>,
    /// The Region whose files it is in.
    #[serde(borrow)]
    pub aws_region: Text<'a>,
    /// None where the call succeeded.
    #[serde(borrow)]
    pub error_code: Text<'a>,
    /// What AWS said.
    #[serde(borrow)]
    pub error_message: Text<'a>,
    /// The account whose trail it is in.
    #[serde(borrow)]
    pub recipient_account_id: Text<'a>,
    /// Its id: the same in every copy.
    #[serde(borrow, rename = "eventID")]
    pub event_id: Text<'a>,
    /// Whether it only reads.
    #[serde(borrow)]
    pub read_only: Text<'a>,
    /// `Management`, `Data`, `Insight` or `NetworkActivity`.
    #[serde(borrow)]
    pub event_category: Text<'a>,
    /// The same in older records.
    #[serde(borrow)]
    pub management_event: Text<'a>,
    /// Who called.
    #[serde(borrow)]
    pub user_identity: Lenient<EventIdentity<'a>>,
    /// What it was about; the first that has a name.
    #[serde(borrow)]
    pub resources: ResourceName<'a>,
    /// What was asked for.
    #[serde(borrow)]
    pub request_parameters: Lenient<Request<'a>>,
    /// What was answered.
    #[serde(borrow)]
    pub response_elements: Lenient<Response<'a>>,
}

/// Who called.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EventIdentity<'a> {
    /// `AssumedRole`, `IAMUser`, `Root` and others.
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    /// Of the session or the user.
    #[serde(borrow)]
    pub arn: Text<'a>,
    /// The principal that the session belongs to.
    #[serde(borrow)]
    pub session_context: Lenient<EventSession<'a>>,
}

/// The session of a role.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EventSession<'a> {
    /// The role, or the user who asked for a federated session.
    #[serde(borrow)]
    pub session_issuer: Lenient<Issuer<'a>>,
}

/// The role or user behind a session.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Issuer<'a> {
    /// Its ARN.
    #[serde(borrow)]
    pub arn: Text<'a>,
}

/// Parameters of calls that change policies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Request<'a> {
    /// Whose policy.
    #[serde(borrow)]
    pub role_name: Text<'a>,
    /// Whose policy.
    #[serde(borrow)]
    pub user_name: Text<'a>,
    /// Whose policy.
    #[serde(borrow)]
    pub group_name: Text<'a>,
    /// The name of an inline policy, or of one that is created.
    #[serde(borrow)]
    pub policy_name: Text<'a>,
    /// A managed policy.
    #[serde(borrow)]
    pub policy_arn: Text<'a>,
    /// The document.
    #[serde(borrow)]
    pub policy_document: Text<'a>,
    /// Which version becomes the default.
    #[serde(borrow)]
    pub version_id: Text<'a>,
    /// Whether the new version becomes the default.
    #[serde(borrow)]
    pub set_as_default: Text<'a>,
}

/// What calls that change policies answer.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Response<'a> {
    /// The version that was created.
    #[serde(borrow)]
    pub policy_version: Lenient<Version<'a>>,
}

/// A version of a policy.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Version<'a> {
    /// `v3`
    #[serde(borrow)]
    pub version_id: Text<'a>,
}

/// A string. Of a number or a truth value what JSON writes, of anything else nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text<'a>(Option<Cow<'a, str>>);

impl<'a> Text<'a> {
    /// Of a string; an empty one is none.
    pub fn of(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        Self((!text.is_empty()).then_some(text))
    }

    /// The string, or an empty one.
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// The string, if there is one.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

/// An object; anything else counts as an empty one.
#[derive(Debug, Clone, Default)]
pub struct Lenient<T>(pub T);

/// The ARN of the first resource that has one.
#[derive(Debug, Clone, Default)]
pub struct ResourceName<'a>(pub Text<'a>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct EventResource<'a> {
    #[serde(borrow, alias = "arn", rename = "ARN")]
    arn: Text<'a>,
}

impl TrailEvent<'_> {
    /// Whether it is a data event, which trails record only where they are asked to.
    pub fn is_data(&self) -> bool {
        match self.event_category.get() {
            Some(category) => category.eq_ignore_ascii_case("Data"),
            None => self.management_event.as_str() == "false",
        }
    }

    /// Whether it is a management event. Older records do not say a category, and what passes a VPC endpoint has one of its own.
    pub fn is_management(&self) -> bool {
        match self.event_category.get() {
            Some(category) => category.eq_ignore_ascii_case("Management"),
            None => !self.is_data(),
        }
    }

    /// Whether a call was made. An Insight says only that there were unusually many.
    pub fn is_call(&self) -> bool {
        !self.event_category.as_str().eq_ignore_ascii_case("Insight")
    }
}

/// Members that are not expected are passed over, of any type.
macro_rules! nothing_else {
    ($lifetime:lifetime) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text::of(text))
    }
    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text::of(text.to_owned()))
    }
    fn visit_bool<E>(self, value: bool) -> Result<Text<'de>, E> {
        Ok(Text::of(if value { "true" } else { "false" }))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Text<'de>, E> {
        Ok(Text::of(value.to_string()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Text<'de>, E> {
        Ok(Text::of(value.to_string()))
    }
    fn visit_f64<E>(self, _: f64) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }
    fn visit_unit<E>(self) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Text<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct LenientVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for LenientVisitor<T> {
    type Value = Lenient<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    nothing_else!('de);
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Lenient::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Lenient)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Lenient::default())
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientVisitor(PhantomData))
    }
}

struct ResourceVisitor;

impl<'de> Visitor<'de> for ResourceVisitor {
    type Value = ResourceName<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    nothing_else!('de);
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(ResourceName::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(ResourceName::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut first = Text::default();
        while let Some(Lenient(resource)) = seq.next_element::<Lenient<EventResource<'de>>>()? {
            if first.get().is_none() {
                first = resource.arn;
            }
        }
        Ok(ResourceName(first))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for ResourceName<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ResourceVisitor)
    }
}

/// Why a file is not, or not all of it, records of CloudTrail.
#[derive(Debug, thiserror::Error)]
pub enum NotRecords {
    /// It is not JSON, or it ends early.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// It is another kind of file.
    #[error("it has no `Records`")]
    Other,
}

/// Gives every record of a file, `{"Records":[...]}`, to `each`. Those before a fault have been given when it is found.
///
/// # Errors
/// When the text is not such a file.
pub fn read_records<'a>(text: &'a [u8], each: &mut dyn FnMut(&TrailEvent<'a>)) -> Result<(), NotRecords> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let found = EventFile { each }.deserialize(&mut reader)?;
    reader.end()?;
    if found { Ok(()) } else { Err(NotRecords::Other) }
}

struct EventFile<'f, 'a> {
    each: &'f mut dyn FnMut(&TrailEvent<'a>),
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for EventFile<'_, 'a> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for EventFile<'_, 'a> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `Records`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match (&*key, found) {
                ("Records", true) => return Err(A::Error::custom("`Records` stands twice")),
                ("Records", false) => {
                    map.next_value_seed(Records { each: self.each })?;
                    found = true;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

struct Records<'f, 'a> {
    each: &'f mut dyn FnMut(&TrailEvent<'a>),
}

impl<'de: 'a, 'a> DeserializeSeed<'de> for Records<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Records<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(Record(event)) = seq.next_element::<Record<'de>>()? {
            (self.each)(&event);
        }
        Ok(())
    }
}

/// A record is an object: a list would do for serde, by position.
struct Record<'a>(TrailEvent<'a>);

struct RecordVisitor;

impl<'de> Visitor<'de> for RecordVisitor {
    type Value = Record<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Record<'de>, A::Error> {
        TrailEvent::deserialize(MapAccessDeserializer::new(map)).map(Record)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Record<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RecordVisitor)
    }
}

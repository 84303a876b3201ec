//! One statement of a policy document: its actions, and everything else in it as its author wrote it.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustc_hash::FxHasher;

use super::{cut_out, known_names};
use crate::policy::action::Pattern;
use crate::policy::error::{Fault, PolicyError};
use crate::policy::json::{self, Json, Member, is_key, offset_of};
use crate::policy::print::Printer;
use crate::policy::sink::Sink;

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies. Deny statements are never changed.
    Deny,
}

/// One statement.
#[derive(Debug, Clone)]
pub(crate) struct Statement<'a> {
    pub(crate) frame: Arc<Frame<'a>>,
    pub(crate) clause: Clause<'a>,
}

/// Everything in a statement except its actions: resources, conditions, and anything else that the author wrote.
#[derive(Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) effect: Effect,
    head: Vec<Member<'a>>,
    tail: Vec<Member<'a>>,
    /// Hash of the tokens. Frames with the same hash are compared token by token.
    hash: u64,
}

/// The actions of a statement.
#[derive(Debug, Clone)]
pub(crate) struct Clause<'a> {
    /// The key as written, or IAM's spelling if `Action` replaced `NotAction` or the reverse.
    key: &'a str,
    /// Whether this is `NotAction`: everything except these.
    pub(crate) negated: bool,
    /// Whether the author wrote one string instead of a list.
    pub(crate) bare: bool,
    pub(crate) patterns: Vec<Pattern<'a>>,
}

impl Clause<'_> {
    /// Whether two lists are spelled the same.
    pub(crate) fn same_text(&self, other: &Clause<'_>) -> bool {
        self.negated == other.negated
            && self.patterns.len() == other.patterns.len()
            && self
                .patterns
                .iter()
                .zip(&other.patterns)
                .all(|(a, b)| a.same_text(b))
    }
}

impl PartialEq for Frame<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash
            && self.effect == other.effect
            && self.head == other.head
            && self.tail == other.tail
    }
}

impl<'a> Statement<'a> {
    pub(super) fn from_json(json: Json<'a>, source: &'a str) -> Result<Self, PolicyError> {
        let at = json.offset_in(source);
        let fail = |at, fault| Err(PolicyError::at(source, at, fault));
        let members = match json {
            Json::Map(members, _) => members,
            other => {
                let fault = Fault::WrongType {
                    what: "a statement",
                    wanted: "an object",
                    found: other.kind(),
                };
                return fail(other.offset_in(source), fault);
            }
        };
        known_names(
            &members,
            &[
                "Sid",
                "Effect",
                "Action",
                "NotAction",
                "Resource",
                "NotResource",
                "Condition",
            ],
            source,
        )?;
        let effect = match members.iter().find(|(key, _)| is_key(key, "Effect")) {
            Some((_, value)) => effect(value, source)?,
            None => {
                return fail(
                    at,
                    Fault::Missing {
                        what: "the statement",
                        key: "Effect",
                    },
                );
            }
        };
        let (negated, head, key, value, tail) = match cut_out(members, "Action") {
            Ok((head, key, value, tail)) => {
                if head.iter().chain(&tail).any(|(key, _)| is_key(key, "NotAction")) {
                    return fail(offset_of(source, key), Fault::ActionAndNotAction);
                }
                (false, head, key, value, tail)
            }
            Err(members) => match cut_out(members, "NotAction") {
                Ok((head, key, value, tail)) => (true, head, key, value, tail),
                Err(_) => {
                    return fail(
                        at,
                        Fault::Missing {
                            what: "the statement",
                            key: "Action or NotAction",
                        },
                    );
                }
            },
        };
        let (bare, items) = match value {
            Json::List(items, _) => (false, items),
            item => (true, vec![item]),
        };
        let patterns = items
            .iter()
            .map(|item| pattern(item, source))
            .collect::<Result<_, _>>()?;
        let mut hasher = FxHasher::default();
        (&head, &tail).hash(&mut hasher);
        let frame = Frame {
            effect,
            head,
            tail,
            hash: hasher.finish(),
        };
        Ok(Self {
            frame: Arc::new(frame),
            clause: Clause {
                key,
                negated,
                bare,
                patterns,
            },
        })
    }

    /// The same statement with different actions.
    pub(crate) fn with(&self, negated: bool, patterns: Vec<Pattern<'a>>) -> Self {
        let bare = self.clause.bare && patterns.len() <= 1;
        let key = if negated == self.clause.negated {
            self.clause.key
        } else if negated {
            "\"NotAction\""
        } else {
            "\"Action\""
        };
        Self {
            frame: Arc::clone(&self.frame),
            clause: Clause {
                key,
                negated,
                bare,
                patterns,
            },
        }
    }

    /// Whether it applies to every resource, without a condition or anything else that could restrict it.
    pub(crate) fn is_unconditional(&self) -> bool {
        let is_star = |value: &Json<'_>| value.as_text().is_some_and(|text| text == "*");
        let mut every_resource = false;
        for (key, value) in self.frame.head.iter().chain(&self.frame.tail) {
            if is_key(key, "Resource") {
                every_resource = match value {
                    Json::List(items, _) => items.iter().any(is_star),
                    one => is_star(one),
                };
            } else if !is_key(key, "Effect") && !is_key(key, "Sid") {
                return false;
            }
        }
        every_resource
    }

    /// The first of the resources that it is about; none where it names those that it is not about.
    pub(crate) fn first_resource(&self) -> Option<String> {
        let mut members = self.frame.head.iter().chain(&self.frame.tail);
        let value = members
            .find(|(key, _)| is_key(key, "Resource"))
            .map(|(_, value)| value)?;
        let first = match value {
            Json::List(items, _) => items.first()?,
            one => one,
        };
        first.as_text().map(Cow::into_owned)
    }

    /// The statement's Sid, decoded.
    pub(crate) fn sid(&self) -> Option<Cow<'a, str>> {
        let mut members = self.frame.head.iter().chain(&self.frame.tail);
        members
            .find(|(key, _)| is_key(key, "Sid"))
            .and_then(|(_, value)| value.as_text())
    }

    pub(super) fn print(&self, printer: &mut Printer<'_, impl Sink>) {
        printer.open('{');
        printer.members(&self.frame.head);
        printer.key(self.clause.key);
        match (self.clause.bare, self.clause.patterns.as_slice()) {
            (true, [only]) => only.write(printer.value()),
            (_, patterns) => {
                printer.open('[');
                for pattern in patterns {
                    printer.item();
                    pattern.write(printer.value());
                }
                printer.close(']');
            }
        }
        printer.members(&self.frame.tail);
        printer.close('}');
    }
}

fn effect(value: &Json<'_>, source: &str) -> Result<Effect, PolicyError> {
    let fault = match value.as_text() {
        Some(text) if text.eq_ignore_ascii_case("Allow") => return Ok(Effect::Allow),
        Some(text) if text.eq_ignore_ascii_case("Deny") => return Ok(Effect::Deny),
        Some(text) => Fault::UnknownEffect {
            found: text.into_owned(),
        },
        None => Fault::WrongType {
            what: "Effect",
            wanted: "a string",
            found: value.kind(),
        },
    };
    Err(PolicyError::at(source, value.offset_in(source), fault))
}

fn pattern<'a>(item: &Json<'a>, source: &str) -> Result<Pattern<'a>, PolicyError> {
    let fault = match item {
        Json::Text(raw) => match Pattern::parse(raw) {
            Ok(pattern) => return Ok(pattern),
            Err(problem) => Fault::BadAction {
                action: json::decoded(raw).into_owned(),
                problem,
            },
        },
        other => Fault::WrongType {
            what: "an action",
            wanted: "a string",
            found: other.kind(),
        },
    };
    Err(PolicyError::at(source, item.offset_in(source), fault))
}

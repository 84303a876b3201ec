//! Whether a piece of code means a policy: by the meaning of its parts and not by how they are written. A
//! list of one is that one, lists have no order, and an empty Sid is none. A value that only a run of the
//! tool can determine matches anything.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::tree::{SyntaxNode, Value};

/// The members of a statement or document, without its actions and statements.
pub(crate) type Frame = BTreeMap<String, Meaning>;

/// What a value means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Texts; `open` if there may be others.
    Set {
        texts: BTreeSet<String>,
        open: bool,
    },
    Map(Frame),
    Unknown,
}

/// A policy of AWS.
#[derive(Debug)]
pub(crate) struct MeantPolicy {
    pub(crate) top: Frame,
    pub(crate) statements: Vec<MeantStatement>,
}

/// One of its statements.
#[derive(Debug)]
pub(crate) struct MeantStatement {
    pub(crate) frame: Frame,
    pub(crate) actions: Actions,
    /// As they are written, in their order.
    pub(crate) texts: Vec<String>,
}

/// `Action` or `NotAction`, in lower case: IAM ignores case here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Actions {
    pub(crate) negated: bool,
    pub(crate) names: BTreeSet<String>,
}

impl Actions {
    pub(crate) fn of<'a>(negated: bool, names: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            negated,
            names: names.into_iter().map(str::to_ascii_lowercase).collect(),
        }
    }
}

/// Whether a member of a statement is its list of actions, and of which kind.
pub(crate) fn is_action(name: &str) -> Option<bool> {
    match name {
        "Action" => Some(false),
        "NotAction" => Some(true),
        _ => None,
    }
}

impl MeantPolicy {
    /// A document as AWS has it, or as it is recommended.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let Json::Object(all) = serde_json::from_str(text).ok()? else {
            return None;
        };
        let (mut top, mut statements) = (Frame::new(), Vec::new());
        for (name, value) in all {
            match (name.as_str(), value) {
                ("Statement", Json::Array(items)) => {
                    statements = items.into_iter().map(MeantStatement::of).collect::<Option<_>>()?;
                }
                ("Statement", one) => statements.push(MeantStatement::of(one)?),
                (_, value) => drop(top.insert(name, of_json(&value))),
            }
        }
        Some(Self { top, statements })
    }

    /// What its lists of actions are known by.
    pub(crate) fn key(&self) -> Vec<Actions> {
        self.statements.iter().map(|it| it.actions.clone()).collect()
    }
}

impl MeantStatement {
    fn of(value: Json) -> Option<Self> {
        let Json::Object(members) = value else { return None };
        let (mut frame, mut found) = (Frame::new(), None);
        for (name, value) in members {
            match is_action(&name) {
                None => drop(frame.insert(name, of_json(&value))),
                Some(negated) => {
                    let texts: Vec<String> = match value {
                        Json::String(one) => vec![one],
                        Json::Array(all) => all
                            .iter()
                            .map(|it| it.as_str().map(str::to_owned))
                            .collect::<Option<_>>()?,
                        _ => return None,
                    };
                    if found.replace((negated, texts)).is_some() {
                        return None;
                    }
                }
            }
        }
        without_empty_sid(&mut frame);
        let (negated, texts) = found?;
        Some(Self {
            frame,
            actions: Actions::of(negated, texts.iter().map(String::as_str)),
            texts,
        })
    }
}

/// Terraform writes an empty Sid where there is none.
pub(crate) fn without_empty_sid(frame: &mut Frame) {
    let is_empty = |it: &Meaning| matches!(it, Meaning::Set { texts, open: false } if texts.iter().all(String::is_empty));
    if frame.get("Sid").is_some_and(is_empty) {
        frame.remove("Sid");
    }
}

fn of_json(value: &Json) -> Meaning {
    let set = |texts| Meaning::Set { texts, open: false };
    match value {
        Json::String(text) => set(BTreeSet::from([text.clone()])),
        Json::Array(items) => {
            let texts = items
                .iter()
                .map(|it| it.as_str().map_or_else(|| it.to_string(), str::to_owned));
            set(texts.collect())
        }
        Json::Object(members) => Meaning::Map(
            members
                .iter()
                .map(|(name, it)| (name.clone(), of_json(it)))
                .collect(),
        ),
        other => set(BTreeSet::from([other.to_string()])),
    }
}

/// What a value of code means.
pub(crate) fn of_node(node: &SyntaxNode) -> Meaning {
    match &node.value {
        Value::Unknown => Meaning::Unknown,
        Value::Text(text, _) => Meaning::Set {
            texts: BTreeSet::from([text.clone()]),
            open: false,
        },
        Value::List(items, _) => {
            let texts = items
                .iter()
                .filter_map(|it| it.text().map(str::to_owned))
                .collect();
            Meaning::Set {
                texts,
                open: items.iter().any(|it| it.text().is_none()),
            }
        }
        // An intrinsic function of CloudFormation.
        Value::Map(members) => match members.as_slice() {
            [(name, _)] if name == "Ref" || name.starts_with("Fn::") => Meaning::Unknown,
            _ => Meaning::Map(
                members
                    .iter()
                    .map(|(name, it)| (name.clone(), of_node(it)))
                    .collect(),
            ),
        },
    }
}

/// Whether code can mean this, and if so, whether only with variables.
pub(crate) fn agrees(code: &Meaning, wanted: &Meaning) -> Option<bool> {
    match (code, wanted) {
        (Meaning::Unknown, _) => Some(true),
        (Meaning::Set { texts, open }, Meaning::Set { texts: wanted, .. }) => {
            if *open {
                texts.is_subset(wanted).then_some(true)
            } else {
                (texts == wanted).then_some(false)
            }
        }
        (Meaning::Map(code), Meaning::Map(wanted)) => frames_agree(code, wanted),
        _ => None,
    }
}

pub(crate) fn frames_agree(code: &Frame, wanted: &Frame) -> Option<bool> {
    if !code.keys().eq(wanted.keys()) {
        return None;
    }
    code.values()
        .zip(wanted.values())
        .try_fold(false, |any, (code, wanted)| Some(any | agrees(code, wanted)?))
}

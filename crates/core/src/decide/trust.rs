//! Who can assume a role, from its trust policy.
//!
//! If a trust policy cannot be parsed, the result says so, and never that nobody can assume the role. Its text is
//! returned unchanged; only the sentence is made safe to display. Out of scope: the caller's own permissions,
//! without which a principal of another account cannot assume the role either, and what the conditions require.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::arn::{Arn, is_account_id};
use crate::inventory::wire::PolicyText;
use crate::policy::json::Json;
use crate::policy::{ActionPattern, Quoted};

/// Operations that assume a role.
const ASSUMES: [&str; 3] = ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"];
/// Maximum number of names of one kind in a sentence.
const NAMED: usize = 5;

/// Who can assume a role. Lists are sorted, without duplicates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// Accounts of the organisation, in whole or in part.
    pub accounts_inside: Vec<String>,
    /// Other accounts.
    pub accounts_outside: Vec<String>,
    /// AWS services.
    pub services: Vec<String>,
    /// Identity providers.
    pub federated: Vec<String>,
    /// Principals without an account: deleted ones, which no longer exist, and canonical IDs.
    pub nameless: Vec<String>,
    /// Anyone, unless conditions prevent it.
    pub anyone: bool,
    /// Whether conditions restrict it.
    pub conditions: Conditions,
    /// Whether Deny statements restrict it. Their content is not evaluated.
    pub denies: bool,
    /// Whether part of it could not be parsed, so that there may be others.
    pub unreadable: bool,
}

/// Whether conditions restrict who can assume a role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conditions {
    /// No statement has a condition.
    #[default]
    None,
    /// Some statements have a condition.
    Some,
    /// Every statement has a condition.
    All,
}

impl Trust {
    /// Parses a trust policy. `inside` are the account IDs of the organisation.
    pub fn read(policy: &PolicyText, inside: &BTreeSet<String>) -> Self {
        let mut reading = TrustReading::new(inside);
        match Json::parse(&policy.0)
            .as_ref()
            .map(|document| document.get("Statement"))
        {
            Ok(Some(statements)) => {
                each(statements)
                    .iter()
                    .for_each(|statement| reading.statement(statement));
            }
            Ok(None) | Err(_) => reading.unreadable = true,
        }
        reading.finish()
    }

    /// Whether a principal outside the organisation can assume it, or this cannot be ruled out. Identity providers
    /// do not count: they and the conditions decide who gets in.
    pub fn is_open(&self) -> bool {
        self.anyone || self.unreadable || !self.accounts_outside.is_empty()
    }

    /// For people, without a full stop.
    pub fn sentence(&self) -> String {
        let mut by = Vec::new();
        if self.anyone {
            by.push("by anyone".to_owned());
        }
        let accounts = |ids: &[String]| match ids {
            [id] => format!("by account {}", shown(id)),
            ids => format!("by accounts {}", listed(ids)),
        };
        if !self.accounts_outside.is_empty() {
            by.push(accounts(&self.accounts_outside) + " outside the organisation");
        }
        if !self.accounts_inside.is_empty() {
            by.push(accounts(&self.accounts_inside) + " of the organisation");
        }
        if !self.federated.is_empty() {
            by.push(format!("through {}", listed(&self.federated)));
        }
        if !self.services.is_empty() {
            by.push(format!("by {}", listed(&self.services)));
        }
        if !self.nameless.is_empty() {
            by.push(format!("by {} (no known account)", listed(&self.nameless)));
        }
        let mut sentence = match (by.is_empty(), self.unreadable) {
            (true, true) => return "has a trust policy that could not be read".to_owned(),
            (true, false) => "can be assumed by no one".to_owned(),
            (false, _) => format!("can be assumed {}", joined(&by)),
        };
        if !by.is_empty() {
            sentence.push_str(match self.conditions {
                Conditions::None => "",
                Conditions::Some => ", in part under conditions",
                Conditions::All => ", under conditions",
            });
            sentence.push_str(if self.denies {
                ", except where a Deny statement applies"
            } else {
                ""
            });
        }
        sentence.push_str(if self.unreadable {
            "; parts of the trust policy could not be read"
        } else {
            ""
        });
        sentence
    }
}

/// Text from others, with control characters escaped.
fn shown(text: &str) -> String {
    if text.chars().all(|c| c.is_ascii_graphic()) && text.len() <= 80 {
        text.to_owned()
    } else {
        Quoted(text).to_string()
    }
}

/// `a`, `a and b`, `a, b and c`, and the number of further ones.
fn listed(texts: &[String]) -> String {
    let mut names: Vec<String> = texts.iter().take(NAMED).map(|text| shown(text)).collect();
    if let Some(more) = texts.len().checked_sub(NAMED).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    let last = names.pop().unwrap_or_default();
    if names.is_empty() {
        last
    } else {
        format!("{} and {last}", names.join(", "))
    }
}

/// Joins phrases, some of which contain commas.
fn joined(phrases: &[String]) -> String {
    let mut out = String::new();
    for (at, phrase) in phrases.iter().enumerate() {
        let before = phrases.iter().take(at);
        let comma = if before.clone().any(|phrase| phrase.contains(',')) || phrases.len() > 2 {
            ","
        } else {
            ""
        };
        let _ = match at {
            0 => write!(out, "{phrase}"),
            _ if at + 1 == phrases.len() => write!(out, "{comma} and {phrase}"),
            _ => write!(out, ", {phrase}"),
        };
    }
    out
}

/// Elements of a list, or the single element in its place.
fn each<'j, 'a>(value: &'j Json<'a>) -> &'j [Json<'a>] {
    match value {
        Json::List(items, _) => items,
        one => std::slice::from_ref(one),
    }
}

/// State while parsing.
struct TrustReading<'r> {
    inside: &'r BTreeSet<String>,
    accounts: BTreeSet<String>,
    services: BTreeSet<String>,
    federated: BTreeSet<String>,
    nameless: BTreeSet<String>,
    anyone: bool,
    /// Statements with and without conditions.
    bound: usize,
    free: usize,
    denies: bool,
    unreadable: bool,
}

impl<'r> TrustReading<'r> {
    fn new(inside: &'r BTreeSet<String>) -> Self {
        Self {
            inside,
            accounts: BTreeSet::new(),
            services: BTreeSet::new(),
            federated: BTreeSet::new(),
            nameless: BTreeSet::new(),
            anyone: false,
            bound: 0,
            free: 0,
            denies: false,
            unreadable: false,
        }
    }

    fn finish(self) -> Trust {
        let (inside, outside) = self.accounts.into_iter().partition(|id| self.inside.contains(id));
        Trust {
            accounts_inside: inside,
            accounts_outside: outside,
            services: self.services.into_iter().collect(),
            federated: self.federated.into_iter().collect(),
            nameless: self.nameless.into_iter().collect(),
            anyone: self.anyone,
            conditions: match (self.bound, self.free) {
                (0, _) => Conditions::None,
                (_, 0) => Conditions::All,
                _ => Conditions::Some,
            },
            denies: self.denies,
            unreadable: self.unreadable,
        }
    }

    fn statement(&mut self, statement: &Json<'_>) {
        let effect = statement
            .get("Effect")
            .and_then(Json::as_text)
            .unwrap_or_default();
        if effect.eq_ignore_ascii_case("Deny") {
            self.denies = true;
            return;
        }
        if !effect.eq_ignore_ascii_case("Allow") {
            self.unreadable = true;
            return;
        }
        if !assumes(statement) {
            return;
        }
        match statement.get("Condition") {
            Some(Json::Map(members, _)) if !members.is_empty() => self.bound += 1,
            // An empty or missing condition requires nothing.
            _ => self.free += 1,
        }
        match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(principal), None) => self.principal(principal),
            // All but some.
            (None, Some(_)) => self.anyone = true,
            _ => self.unreadable = true,
        }
    }

    fn principal(&mut self, principal: &Json<'_>) {
        match principal {
            Json::Map(members, _) => {
                for (key, value) in members {
                    let kind = Json::Text(key).as_text().unwrap_or_default().into_owned();
                    each(value).iter().for_each(|name| self.named(&kind, name));
                }
            }
            _ if principal.as_text().is_some_and(|text| text == "*") => self.anyone = true,
            _ => self.unreadable = true,
        }
    }

    fn named(&mut self, kind: &str, name: &Json<'_>) {
        let Some(name) = name.as_text() else {
            self.unreadable = true;
            return;
        };
        match kind {
            "AWS" | "*" => self.of_aws(&name),
            "Service" => drop(self.services.insert(name.into_owned())),
            "Federated" => drop(self.federated.insert(name.into_owned())),
            "CanonicalUser" => drop(self.nameless.insert(name.into_owned())),
            _ => self.unreadable = true,
        }
    }

    /// An account ID, an ARN, the star, or the ID of a deleted principal.
    fn of_aws(&mut self, name: &str) {
        let account = if name.starts_with("arn:") {
            Arn::of(name).account
        } else {
            name
        };
        if account.contains('*') {
            // IAM takes no other wildcard here; whatever is meant is more than one account.
            self.anyone = true;
        } else if is_account_id(account) {
            self.accounts.insert(account.to_owned());
        } else {
            self.nameless.insert(name.to_owned());
        }
    }
}

/// Whether a statement is about assuming the role, and not only about tagging a session, for example. Unreadable
/// ones count.
fn assumes(statement: &Json<'_>) -> bool {
    let Some(actions) = statement.get("Action") else {
        return true;
    };
    each(actions).iter().any(|action| {
        let pattern = action.as_text().and_then(|text| ActionPattern::parse(text).ok());
        pattern.is_none_or(|pattern| ASSUMES.iter().any(|name| pattern.matches("sts", name)))
    })
}

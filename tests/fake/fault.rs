//! What goes wrong, and when.

use std::collections::BTreeMap;
use std::sync::RwLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::dice::Dice;

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The service's own error for too many calls.
    Throttle,
    /// The service's own error for a fault of its own, status 500.
    Internal,
    /// A gateway's page, status 503.
    GatewayPage,
    /// The service's own error for what is not allowed.
    Denied,
    /// The service's own error for credentials that ran out.
    Expired,
    /// The connection ends before the body does.
    TruncatedBody,
    /// The body ends in its middle and its length says so: HTTP is content, the format is not.
    CutBody,
    /// The body is not of the format at all.
    Malformed,
    /// The connection is reset in place of an answer.
    Reset,
    /// No answer ever comes.
    Silent,
    /// The body stops in its middle and the connection stays open.
    Stall,
    /// A list's page without elements, with a token for the elements.
    EmptyPage,
    /// A list's page whose token is the one it was asked with.
    RepeatedToken,
    /// A finding's details end with a member that no client of today knows.
    UnknownMember,
    /// A finding comes without its list of details.
    NoDetails,
    /// Enums have values that no client of today knows.
    UnknownEnum,
    /// An answer of the right kind with nothing in it.
    EmptyAnswer,
    /// The body never ends. Not among [`Fault::ALL`]: of all operations it would be gigabytes.
    EndlessBody,
}

impl std::str::FromStr for Fault {
    type Err = String;

    /// The variant's name, in any case, with or without hyphens.
    fn from_str(text: &str) -> Result<Self, String> {
        let wanted: String = text.chars().filter(|char| *char != '-').collect();
        let found = Self::ALL
            .iter()
            .find(|fault| format!("{fault:?}").eq_ignore_ascii_case(&wanted));
        found.copied().ok_or_else(|| format!("no fault `{text}`"))
    }
}

impl Fault {
    pub(crate) const ALL: [Self; 17] = [
        Self::Throttle,
        Self::Internal,
        Self::GatewayPage,
        Self::Denied,
        Self::Expired,
        Self::TruncatedBody,
        Self::CutBody,
        Self::Malformed,
        Self::Reset,
        Self::Silent,
        Self::Stall,
        Self::EmptyPage,
        Self::RepeatedToken,
        Self::UnknownMember,
        Self::NoDetails,
        Self::UnknownEnum,
        Self::EmptyAnswer,
    ];

    /// Whether the answer itself is made another way; the other faults come before or after it.
    pub(crate) fn is_inside(self) -> bool {
        use Fault::{EmptyPage, NoDetails, RepeatedToken, UnknownEnum, UnknownMember};
        matches!(
            self,
            EmptyPage | RepeatedToken | UnknownMember | NoDetails | UnknownEnum
        )
    }
}

/// Which of the calls that a rule is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum When {
    /// Every one.
    Always,
    /// The nth, from 1.
    Nth(u64),
    /// The first so many.
    First(u64),
    /// The nth and all after it.
    From(u64),
    /// Each with this probability: the same ones for the same seed and order of calls.
    Chance(f64, u64),
}

/// What goes wrong, with which operation of which account, and when.
#[derive(Debug)]
pub(crate) struct Rule {
    fault: Fault,
    when: When,
    operation: Option<String>,
    account: Option<String>,
    page: Option<usize>,
    met: AtomicU64,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Struck<'c> {
    pub(crate) operation: &'c str,
    /// The caller's, and the one that the call is about.
    pub(crate) accounts: [&'c str; 2],
    /// Which page of a list is asked for, from 1.
    pub(crate) page: usize,
}

impl Rule {
    /// For every operation of every account.
    pub(crate) fn new(fault: Fault, when: When) -> Self {
        Self {
            fault,
            when,
            operation: None,
            account: None,
            page: None,
            met: AtomicU64::new(0),
        }
    }

    /// Only for this operation.
    #[must_use]
    pub(crate) fn on(mut self, operation: &str) -> Self {
        self.operation = Some(operation.to_owned());
        self
    }

    /// Only for this account: the caller's, or the one that the call is about.
    #[must_use]
    pub(crate) fn of(mut self, account: &str) -> Self {
        self.account = Some(account.to_owned());
        self
    }

    /// Only for this page of a list, from 1, however often it is asked for.
    #[must_use]
    pub(crate) fn page(mut self, page: usize) -> Self {
        self.page = Some(page);
        self
    }

    /// Whether it strikes; counts the calls that it is about.
    fn strikes(&self, call: Struck<'_>) -> bool {
        let about = self
            .operation
            .as_deref()
            .is_none_or(|wanted| wanted == call.operation)
            && self
                .account
                .as_deref()
                .is_none_or(|wanted| call.accounts.contains(&wanted))
            && self.page.is_none_or(|wanted| wanted == call.page);
        if !about {
            return false;
        }
        let call = self.met.fetch_add(1, Ordering::Relaxed) + 1;
        match self.when {
            When::Always => true,
            When::Nth(nth) => call == nth,
            When::First(count) => call <= count,
            When::From(nth) => call >= nth,
            When::Chance(probability, seed) => Dice::new(seed ^ call.rotate_left(32)).chance(probability),
        }
    }
}

/// All that is to go wrong, and what did.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    rules: RwLock<Vec<Rule>>,
    struck: RwLock<BTreeMap<Fault, u64>>,
}

impl Plan {
    pub(crate) fn add(&self, rule: Rule) {
        self.rules.write().unwrap().push(rule);
    }

    pub(crate) fn clear(&self) {
        self.rules.write().unwrap().clear();
    }

    /// What goes wrong with this call: the first rule that strikes. The rules after it do not count the call.
    pub(crate) fn strike(&self, call: Struck<'_>) -> Option<Fault> {
        let rules = self.rules.read().unwrap();
        let fault = rules.iter().find(|rule| rule.strikes(call))?.fault;
        *self.struck.write().unwrap().entry(fault).or_default() += 1;
        Some(fault)
    }

    /// How often each thing went wrong.
    pub(crate) fn struck(&self) -> BTreeMap<Fault, u64> {
        self.struck.read().unwrap().clone()
    }
}

//! Which accounts a run covers, from what the user named. Checked as soon as the accounts are known: otherwise a
//! misspelt entry could silently exclude or include accounts in every run.

use std::collections::BTreeSet;

use crate::config::{AccountChoice, AccountSelection, Config};
use leastwise_aws::Organisation;
use leastwise_core::closest::closest;
use leastwise_core::decide::Selector;
use leastwise_core::inventory::wire::Account;
use leastwise_core::report::Coverage;

/// Why a selection cannot be meant.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelectionError {
    /// An entry that is about no account.
    #[error("`{entry}` in `accounts.{key}` (--{flag}) matches no account")]
    NoMatch {
        entry: String,
        key: &'static str,
        flag: &'static str,
        help: String,
    },
    /// Each entry is about some account, and together they leave none.
    #[error("`accounts.include` and `accounts.exclude` (--include, --exclude) leave no account to scan")]
    NoneLeft,
}

impl SelectionError {
    pub(crate) fn help(&self) -> &str {
        match self {
            Self::NoMatch { help, .. } => help,
            Self::NoneLeft => "change one of them; --exclude takes precedence over --include",
        }
    }
}

/// The accounts that are listed, if any are, else all. Every entry of the selection is about one account at least.
pub(crate) fn choose(chosen: &AccountSelection, all: Organisation) -> Result<Organisation, SelectionError> {
    let Organisation {
        partition,
        accounts,
        unknown,
    } = all;
    let there: BTreeSet<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
    for listed in &chosen.list {
        if !there.contains(listed.id.as_str()) {
            let selector = Selector::Account(listed.id.clone());
            return Err(no_match(&selector, ("list", "accounts"), &accounts));
        }
    }
    for (key, selectors) in [("include", &chosen.include), ("exclude", &chosen.exclude)] {
        let matches_none = |selector: &&Selector| !accounts.iter().any(|account| selector.selects(account));
        if let Some(selector) = selectors
            .iter()
            .find(matches_none)
            .filter(|_| is_whole(chosen, &accounts))
        {
            return Err(no_match(selector, (key, key), &accounts));
        }
    }
    let accounts = listed(chosen, accounts);
    let mut open = accounts.iter().filter(|account| !account.is_closed()).peekable();
    if open.peek().is_some() && !open.any(|account| chosen.takes(account) == AccountChoice::Yes) {
        return Err(SelectionError::NoneLeft);
    }
    Ok(Organisation {
        partition,
        accounts,
        unknown,
    })
}

/// Why an account is skipped, if it is.
pub(crate) fn outside(config: &Config, account: &Account) -> Option<Coverage> {
    if account.is_closed() {
        return Some(Coverage::Suspended);
    }
    match config.accounts.takes(account) {
        AccountChoice::Yes => None,
        AccountChoice::Excluded(_) | AccountChoice::NotIncluded => Some(Coverage::Excluded),
    }
}

/// Whether AWS Organizations listed these accounts. Of others an entry may be right in the config of an organisation,
/// and about none of the few that are read.
fn is_whole(chosen: &AccountSelection, accounts: &[Account]) -> bool {
    let is_told = |account: &Account| !account.arn.is_empty();
    accounts.iter().any(is_told) || chosen.list.is_empty() && accounts.len() > 1
}

/// Of recorded accounts those that are listed, as if AWS Organizations had not been asked. AWS itself is asked for no others.
fn listed(chosen: &AccountSelection, mut accounts: Vec<Account>) -> Vec<Account> {
    if chosen.list.is_empty() {
        return accounts;
    }
    let before = accounts.len();
    accounts.retain(|account| chosen.list.iter().any(|listed| listed.id == account.id));
    for account in &mut accounts {
        let listed = chosen
            .list
            .iter()
            .find(|listed| listed.id == account.id && !listed.name.is_empty());
        if let Some(listed) = listed {
            account.name.clone_from(&listed.name);
        }
        if before > chosen.list.len() {
            // It names the management account, and stands for a list of all accounts.
            account.arn.clear();
        }
    }
    accounts
}

fn no_match(
    selector: &Selector,
    (key, flag): (&'static str, &'static str),
    accounts: &[Account],
) -> SelectionError {
    let entry = selector.to_string();
    let help = match selector {
        Selector::Account(id) => {
            let near = closest(id, accounts.iter().map(|account| account.id.as_str()));
            let near = near.and_then(|near| accounts.iter().find(|account| account.id == near));
            near.map_or_else(
                || among(accounts.iter().map(|account| account.id.as_str())),
                |it| meant(it, &it.id),
            )
        }
        Selector::Unit(unit) => {
            let units: BTreeSet<&str> = accounts
                .iter()
                .flat_map(|it| &it.paths)
                .flat_map(|path| path.split('/'))
                .collect();
            let units = || {
                units
                    .iter()
                    .copied()
                    .filter(|it| it.starts_with("ou-") || it.starts_with("r-"))
            };
            let near = closest(unit, units());
            near.map_or_else(|| among(units()), |near| format!("did you mean `{near}`?"))
        }
        Selector::Name(glob) => {
            let plain = glob.as_str().trim_matches(['*', '?']);
            let near = accounts
                .iter()
                .filter(|account| !account.name.is_empty())
                .find_map(|account| Some((account, closest(plain, parts(&account.name))?)));
            let whole = closest(plain, accounts.iter().map(|account| account.name.as_str()));
            let whole = whole.and_then(|name| accounts.iter().find(|account| account.name == name));
            match (whole, near) {
                (Some(account), _) => meant(account, &account.name),
                (None, Some((account, _))) => meant(account, &account.name),
                (None, None) => among(accounts.iter().map(|account| account.name.as_str())),
            }
        }
    };
    SelectionError::NoMatch {
        entry,
        key,
        flag,
        help,
    }
}

/// A name and the words that it begins with: what a pattern is likely to be about.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    let ends = name
        .char_indices()
        .filter(|(_, c)| matches!(c, '-' | '_' | ' ' | '.'));
    let ends = ends
        .flat_map(|(at, c)| [at, at + c.len_utf8()])
        .chain([name.len()]);
    ends.filter_map(|end| name.get(..end))
}

fn meant(account: &Account, by: &str) -> String {
    let Account { id, name, .. } = account;
    if name.is_empty() {
        format!("did you mean `{id}`?")
    } else if by == name {
        format!("did you mean `{name}` ({id})?")
    } else {
        format!("did you mean `{id}` ({name})?")
    }
}

/// Some of what there is.
fn among<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const SHOWN: usize = 5;
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    let shown = names
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    match names.len() {
        0 => "no names are known for these accounts; use account IDs".to_owned(),
        1..=SHOWN => format!("available: {shown}"),
        more => format!("available: {shown} and {} more", more - SHOWN),
    }
}

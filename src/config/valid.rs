//! The validated configuration, with all defaults filled in.

use std::path::PathBuf;

use leastwise_aws::options::{Assume, EvidenceFrom, Limits};
use leastwise_core::decide::{Exception, Level, Selector, SharedPolicies};
use leastwise_core::inventory::wire::Account;
use leastwise_core::ownership::TerraformTags;
use leastwise_core::policy::ActionPattern;
use leastwise_core::refine::Wildcards;
use leastwise_core::report::{ReportFormat, SplitBy};

/// A valid configuration. `config.example.toml` says what each key means and why its default is what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The AWS profile, whose credentials alone are used; `None` leaves it to the SDK's usual chain.
    pub profile: Option<String>,
    /// Where the analyzer is looked for, and where STS is called; `None` leaves it to the SDK.
    pub region: Option<String>,
    /// Where evidence comes from.
    pub evidence: EvidenceFrom,
    /// The analyzer's ARN; `None` discovers it.
    pub analyzer: Option<String>,
    /// How far last-accessed data are looked back on. An analyzer brings its own window.
    pub window_days: u32,
    /// The report directory.
    pub out: PathBuf,
    /// The formats that a report is written in beside JSON, each once.
    pub formats: Vec<ReportFormat>,
    /// The list of IAM actions to use.
    pub catalog: Option<PathBuf>,
    /// Where nightly runs remember what they read.
    pub state: Option<PathBuf>,
    /// The tag that names a principal's owner; `None` uses its account.
    pub owner_tag: Option<String>,
    /// Terraform states, or what `terraform show -json` printed, that say who defines a policy.
    pub terraform_states: Vec<PathBuf>,
    /// Tags that say that Terraform manages what has them, beside the usual ones.
    pub terraform_tags: TerraformTags,
    /// Checkouts of the code that defines policies.
    pub iac: Vec<PathBuf>,
    /// Where the manual is hosted, which SARIF, OCSF and ASFF refer to.
    pub manual_url: Option<String>,
    /// Which packs to write, each without other owners' data, if any.
    pub split_by: Option<SplitBy>,
    /// What is recommended for a policy that several principals share.
    pub shared: SharedPolicies,
    /// How to reduce `*`.
    pub wildcards: Wildcards,
    /// Actions that are never removed.
    pub keep: Vec<ActionPattern>,
    /// Actions whose use AWS does not track, but that are removed along with an unused service.
    pub remove_unobserved: Vec<ActionPattern>,
    /// What is less certain than this is shown, but no smaller policy is written for it.
    pub min_confidence: Level,
    /// Number of equal runs after which a change is marked ready; `None` marks none.
    pub ready_after: Option<u32>,
    /// Which accounts are read.
    pub accounts: AccountSelection,
    /// How they are entered.
    pub assume: Assume,
    /// How fast and how long.
    pub limits: Limits,
    /// What is to stay as it is, and who says so; in the order of the file.
    pub exceptions: Vec<Exception>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            profile: None,
            region: None,
            evidence: EvidenceFrom::Auto,
            analyzer: None,
            window_days: 90,
            out: PathBuf::from("report"),
            formats: ReportFormat::DEFAULT.to_vec(),
            catalog: None,
            state: None,
            owner_tag: None,
            terraform_states: Vec::new(),
            terraform_tags: TerraformTags::default(),
            iac: Vec::new(),
            manual_url: None,
            split_by: None,
            shared: SharedPolicies::InPlace,
            wildcards: Wildcards::Split,
            keep: Vec::new(),
            remove_unobserved: Vec::new(),
            min_confidence: Level::Medium,
            ready_after: None,
            accounts: AccountSelection::default(),
            assume: Assume::default(),
            limits: Limits::default(),
            exceptions: Vec::new(),
        }
    }
}

impl Config {
    /// Whether a rule or a pack is about organisational units, so that the place of accounts in the organisation must be
    /// known.
    pub fn names_units(&self) -> bool {
        let unit = |selector: &Selector| matches!(selector, Selector::Unit(_));
        let accounts = &self.accounts;
        accounts.include.iter().chain(&accounts.exclude).any(unit)
            || self.split_by == Some(SplitBy::Ou)
            || self
                .exceptions
                .iter()
                .any(|exception| !exception.units.is_empty())
    }
}

/// `[accounts]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountSelection {
    /// Only the account of the caller's credentials, without asking AWS Organizations.
    pub own: bool,
    /// These instead of what AWS Organizations says; empty asks it.
    pub list: Vec<Account>,
    /// Only these; empty means all.
    pub include: Vec<Selector>,
    /// Not these, whatever `include` says.
    pub exclude: Vec<Selector>,
}

impl AccountSelection {
    /// Whether an account is read, and if not, why.
    pub fn takes(&self, account: &Account) -> AccountChoice<'_> {
        let selects = |selector: &&Selector| selector.selects(account);
        match self.exclude.iter().find(selects) {
            Some(selector) => AccountChoice::Excluded(selector),
            None if self.include.is_empty() || self.include.iter().any(|s| s.selects(account)) => {
                AccountChoice::Yes
            }
            None => AccountChoice::NotIncluded,
        }
    }
}

/// The answer of [`AccountSelection::takes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountChoice<'c> {
    /// It is read.
    Yes,
    /// An entry of `exclude` names it.
    Excluded(&'c Selector),
    /// `include` has entries, and none names it.
    NotIncluded,
}

//! The arguments of `check`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::SayArgs;
use crate::config::Overrides;
use leastwise_core::check::PRICE_MICRODOLLARS;

pub(super) const CHECK_HELP: &str = "\
Examples:
  leastwise check report                   the free checks
  leastwise check report --budget 2.00     also the paid ones, for 2 US dollars at most
  leastwise iam-policy --check             the permissions that it needs

Exit codes:
  0  finished
  1  failed, for example because the report does not verify
  2  wrong usage or configuration
  3  finished, but AWS did not answer every question
  5  AWS disputes a change, and --fail-on disputed is given";

/// `leastwise check`
#[derive(Debug, Args)]
pub struct Check {
    /// Report folder
    #[arg(value_name = "REPORT_DIR")]
    pub report: PathBuf,
    /// Most to spend on paid checks, in US dollars [default: 0, free checks only]
    ///
    /// AWS charges 0.002 US dollars for each call of CheckNoNewAccess and CheckAccessNotGranted. They are made for the changes
    /// that lower the risk score most first, and every attempt counts. ValidatePolicy, SimulateCustomPolicy and
    /// GetFindingRecommendation are free. Without a budget, the summary says what the paid checks would cost.
    #[arg(long, value_name = "USD", default_value = "0", hide_default_value = true)]
    pub budget: Dollars,
    /// Ask again about changes that AWS has already answered
    ///
    /// By default a change is asked about once, as long as its documents are the same. A check that was interrupted continues.
    #[arg(long)]
    pub again: bool,
    /// Exit with code 5 if AWS disputes a change
    #[arg(long, value_enum, value_name = "CONDITION")]
    pub fail_on: Option<CheckFailOn>,
    /// AWS profile; no other credentials are used [default: the AWS SDK's chain]
    ///
    /// Policies are checked as text, so the credentials of any one account will do. AWS's own recommendations need those of
    /// the account of the analyzer.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Region to ask [default: AWS_REGION or the profile's region, then us-east-1]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The log
    #[command(flatten)]
    pub say: SayArgs,
}

impl Check {
    /// What these flags override.
    pub fn overrides(&self) -> Overrides {
        Overrides::default()
            .text("profile", "--profile", &self.profile)
            .text("region", "--region", &self.region)
    }
}

/// What makes a check exit with 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFailOn {
    /// AWS disputes a change
    Disputed,
}

/// Money, in millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dollars(u64);

impl Dollars {
    /// How many paid calls it is enough for.
    pub fn calls(self) -> u64 {
        self.0 / PRICE_MICRODOLLARS
    }
}

impl FromStr for Dollars {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "give an amount in US dollars, for example 2.00";
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(part) || part.len() > 6 {
            return Err(WRONG);
        }
        let whole: u64 = whole.parse().map_err(|_| WRONG)?;
        let part: u64 = format!("{part:0<6}").parse().map_err(|_| WRONG)?;
        whole
            .checked_mul(1_000_000)
            .and_then(|it| it.checked_add(part))
            .map(Self)
            .ok_or(WRONG)
    }
}

#[cfg(test)]
mod tests {
    use super::Dollars;

    #[test]
    fn a_budget_is_an_amount_of_dollars_and_never_rounded_up() {
        let calls = |text: &str| text.parse::<Dollars>().map(Dollars::calls);
        for (text, wanted) in [
            ("0", 0),
            ("2", 1000),
            ("2.00", 1000),
            ("0.0039", 1),
            ("0.002", 1),
            ("0.5", 250),
        ] {
            assert_eq!(calls(text), Ok(wanted), "{text}");
        }
        for wrong in [
            "",
            "-1",
            "1,5",
            "1e3",
            "$2",
            ".5",
            "1.",
            "0.0000001",
            "99999999999999999999",
            "nan",
        ] {
            assert!(calls(wrong).is_err(), "{wrong}");
        }
    }
}

//! Reads all known keys into a [`Config`], section by section. The only place that knows them all.

use std::collections::BTreeSet;
use std::ffi::OsString;

use super::form::{self, Form};
use super::overrides::Overrides;
use super::problem::{KeyFault, Problem, SourcePlace, ValueKind};
use super::reading::{ConfigReading, ConfigTable, variable};
use super::valid::{AccountSelection, Config};
use super::value::ConfigValue;
use leastwise_aws::options::{Access, Assume, EvidenceFrom, Limits, Rates, Role};
use leastwise_core::closest::closest;
use leastwise_core::decide::{Exception, Glob, Level, Selector, SharedPolicies};
use leastwise_core::inventory::wire::Account;
use leastwise_core::ownership::{TerraformTag, TerraformTags};
use leastwise_core::refine::Wildcards;
use leastwise_core::report::{ReportFormat, SplitBy};

/// Reads all layers; see [`Config::layered`].
pub(super) fn config(
    text: &str,
    name: &str,
    environment: &dyn Fn(&str) -> Option<OsString>,
    flags: &Overrides,
) -> Result<Config, Vec<Problem>> {
    let (reading, tree) = ConfigReading::new(text, name, environment, flags);
    let config = top(reading.top(tree.get_ref()));
    let (problems, _) = reading.finish();
    if problems.is_empty() {
        Ok(config)
    } else {
        Err(problems)
    }
}

/// Every key there is, as a dotted path, sections included. Keys below `[[exception]]` and
/// `[assume.accounts."111111111111"]` occur once, as `exception.reason` and `assume.accounts.*.role`.
pub fn keys() -> Vec<String> {
    let flags = Overrides::default();
    // Keys are known by being asked for, so one of each kind of table is there.
    let text = "exception = [{}]\n[assume.accounts.000000000000]\n";
    let (reading, tree) = ConfigReading::new(text, "", &|_| None, &flags);
    top(reading.top(tree.get_ref()));
    reading.finish().1
}

/// Our variables that are not keys: the path of the config, and one for our own tests.
const OTHER_VARIABLES: [&str; 2] = ["LEASTWISE_CONFIG", "LEASTWISE_TERRAFORM_PLUGINS"];

/// The variables among these that look like ours and override nothing: a slip of the pen in the environment must not be taken
/// for a default. In the order of their names.
pub fn unknown_variables(names: impl IntoIterator<Item = String>) -> Vec<Problem> {
    // The environment reaches neither exceptions nor the overrides of single accounts, and sections have no value.
    let keys = keys();
    let is_section = |key: &str| {
        keys.iter()
            .any(|other| other.strip_prefix(key).is_some_and(|it| it.starts_with('.')))
    };
    let is_reached = |key: &&String| !key.contains('*') && !key.starts_with("exception") && !is_section(key);
    let known: BTreeSet<String> = keys.iter().filter(is_reached).map(|key| variable(key)).collect();
    let is_unknown = |name: &String| {
        name.starts_with("LEASTWISE_")
            && !known.contains(name)
            && !OTHER_VARIABLES.contains(&name.as_str())
            // Kubernetes sets these where a Service is called leastwise.
            && !["LEASTWISE_SERVICE_", "LEASTWISE_PORT"].iter().any(|of_service| name.starts_with(of_service))
    };
    let names: BTreeSet<String> = names.into_iter().filter(is_unknown).collect();
    let problem = |name: String| {
        let near = closest(&name, known.iter().map(String::as_str)).map(str::to_owned);
        Problem {
            place: SourcePlace::Variable(name),
            key: String::new(),
            fault: KeyFault::UnknownVariable(near),
        }
    };
    names.into_iter().map(problem).collect()
}

fn top(mut table: ConfigTable<'_>) -> Config {
    use EvidenceFrom::{Analyzer, Auto, LastAccessed};
    let mut config = Config::default();
    let c = &mut config;
    table.set("profile", &mut c.profile, ConfigValue::text);
    table.set("region", &mut c.region, |v| v.formed(Form::Region));
    let words = [
        ("auto", Auto),
        ("analyzer", Analyzer),
        ("last-accessed", LastAccessed),
    ];
    table.set("evidence", &mut c.evidence, |v| v.one_of(&words));
    table.set("analyzer", &mut c.analyzer, |v| v.formed(Form::AnalyzerArn));
    table.set("window-days", &mut c.window_days, |v| v.whole::<u32>(1..=365));
    table.set("out", &mut c.out, ConfigValue::path);
    if let Some(values) = table.values("formats", ValueKind::List) {
        c.formats = formats(&table, &values);
    }
    table.set("catalog", &mut c.catalog, ConfigValue::path);
    table.set("state", &mut c.state, ConfigValue::path);
    table.set("owner-tag", &mut c.owner_tag, ConfigValue::text);
    c.terraform_states = table.list("terraform-state", ConfigValue::path);
    c.terraform_tags = TerraformTags(table.list("terraform-tags", |v| v.text().map(terraform_tag)));
    c.iac = table.list("iac", ConfigValue::path);
    let words = [
        ("owner", SplitBy::Owner),
        ("account", SplitBy::Account),
        ("ou", SplitBy::Ou),
    ];
    table.set("manual-url", &mut c.manual_url, |v| v.formed(Form::Url));
    table.set("split-by", &mut c.split_by, |v| v.one_of(&words));
    let words = [
        ("in-place", SharedPolicies::InPlace),
        ("fork", SharedPolicies::Fork),
        ("both", SharedPolicies::Both),
    ];
    table.set("shared", &mut c.shared, |v| v.one_of(&words));
    let words = [("split", Wildcards::Split), ("open", Wildcards::Open)];
    table.set("wildcards", &mut c.wildcards, |v| v.one_of(&words));
    c.keep = table.list("keep", ConfigValue::action);
    c.remove_unobserved = table.list("remove-unobserved", ConfigValue::action);
    let words = [
        ("low", Level::Low),
        ("medium", Level::Medium),
        ("high", Level::High),
    ];
    table.set("min-confidence", &mut c.min_confidence, |v| v.one_of(&words));
    table.set("ready-after", &mut c.ready_after, |v| v.whole::<u32>(1..=365));
    c.accounts = accounts(table.section("accounts"));
    c.assume = assume(table.section("assume"));
    c.limits = limits(table.section("limits"));
    c.exceptions = table
        .tables("exception")
        .into_iter()
        .filter_map(exception)
        .collect();
    table.finish();
    config
}

/// `key`, or `key=value`.
fn terraform_tag(text: String) -> TerraformTag {
    match text.split_once('=') {
        Some((key, value)) => TerraformTag {
            key: key.to_owned(),
            value: Some(value.to_owned()),
        },
        None => TerraformTag {
            key: text,
            value: None,
        },
    }
}

/// The named formats, each once. JSON is always written, so that its name adds nothing; alone it leaves the others out.
fn formats(table: &ConfigTable<'_>, values: &[ConfigValue<'_>]) -> Vec<ReportFormat> {
    let others = ReportFormat::ALL
        .into_iter()
        .map(|format| (format.name(), Some(format)));
    let words: Vec<_> = others.chain([("json", None)]).collect();
    let named = values
        .iter()
        .filter_map(|value| table.read(value, |v| v.one_of(&words)));
    named.flatten().collect::<BTreeSet<_>>().into_iter().collect()
}

fn accounts(mut table: ConfigTable<'_>) -> AccountSelection {
    let mut accounts = AccountSelection::default();
    table.set("own", &mut accounts.own, ConfigValue::boolean);
    let mut seen = BTreeSet::new();
    for value in table.values("list", ValueKind::Accounts).unwrap_or_default() {
        let Some(account) = listed(&table, &value) else {
            continue;
        };
        if seen.insert(account.id.clone()) {
            accounts.list.push(account);
        } else {
            table.refuse_value(&value, KeyFault::Twice { found: account.id });
        }
    }
    accounts.include = table.list("include", |v| selector(v, Form::Selector));
    accounts.exclude = table.list("exclude", |v| selector(v, Form::Selector));
    if accounts.own && !accounts.list.is_empty() {
        table.refuse_key(
            "own",
            KeyFault::Contradicts {
                other: "accounts.list",
            },
        );
    }
    table.finish();
    accounts
}

/// An id, or a table with id and name.
fn listed(list: &ConfigTable<'_>, value: &ConfigValue<'_>) -> Option<Account> {
    let mut account = Account::default();
    if !value.is_table() {
        account.id = list.read(value, |v| v.formed(Form::AccountId))?;
        return Some(account);
    }
    let mut table = list.table_of(value, "accounts.list")?;
    let id = table.require("id", Form::AccountId.help(), |v| v.formed(Form::AccountId));
    table.set("name", &mut account.name, ConfigValue::text);
    table.finish();
    Some(Account { id: id?, ..account })
}

fn selector(value: &ConfigValue<'_>, form: Form) -> Result<Selector, KeyFault> {
    let text = value.formed(form)?;
    Ok(if form::is_account_id(&text) {
        Selector::Account(text)
    } else if form::is_unit(&text) {
        Selector::Unit(text)
    } else {
        Selector::Name(Glob::new(text))
    })
}

fn assume(mut table: ConfigTable<'_>) -> Assume {
    let mut assume = Assume::default();
    let role = &mut assume.role;
    table.set("role", &mut role.name, |v| v.formed(Form::Role));
    table.set("external-id", &mut role.external_id, |v| {
        v.formed(Form::ExternalId)
    });
    table.set("session-name", &mut role.session_name, |v| {
        v.formed(Form::SessionName)
    });
    table.set("duration", &mut role.duration, |v| v.duration("15m", "12h"));
    let accounts = table.section("accounts");
    for (account, value) in accounts.entries() {
        let account = account.to_owned();
        if !Form::AccountId.fits(&account) {
            accounts.refuse_value(
                &value,
                KeyFault::Malformed {
                    found: account,
                    form: Form::AccountId,
                },
            );
        } else if let Some(own) = accounts.table_of(&value, "assume.accounts.*") {
            let access = access(own, assume.role.clone());
            assume.accounts.insert(account, access);
        }
    }
    table.finish();
    assume
}

/// How one account is entered; what is not said there is as in the others.
fn access(mut table: ConfigTable<'_>, mut role: Role) -> Access {
    table.set("role", &mut role.name, |v| v.formed(Form::Role));
    // TOML has no null, and here, other than elsewhere, "none" differs from "not said".
    table.set("external-id", &mut role.external_id, |v| {
        v.unless("", |v| v.formed(Form::ExternalId))
    });
    table.set("session-name", &mut role.session_name, |v| {
        v.formed(Form::SessionName)
    });
    let mut direct = false;
    table.set("direct", &mut direct, ConfigValue::boolean);
    if direct {
        for key in ["role", "external-id", "session-name"] {
            table.refuse_key(
                key,
                KeyFault::Contradicts {
                    other: "direct = true",
                },
            );
        }
    }
    table.finish();
    if direct {
        Access::Direct
    } else {
        Access::Role(role)
    }
}

fn limits(mut table: ConfigTable<'_>) -> Limits {
    let mut limits = Limits::default();
    table.set("accounts", &mut limits.accounts, |v| v.whole::<usize>(1..=256));
    table.set("findings", &mut limits.findings, |v| v.whole::<usize>(1..=1024));
    table.set("attempts", &mut limits.attempts, |v| v.whole::<u32>(1..=100));
    table.set("call-timeout", &mut limits.call_timeout, |v| {
        v.duration("1s", "10m")
    });
    table.set("start-timeout", &mut limits.start_timeout, |v| {
        v.duration("10s", "1d")
    });
    table.set("account-timeout", &mut limits.account_timeout, |v| {
        v.duration("10s", "1d")
    });
    // The defaults agree, so one of the two was written.
    if limits.call_timeout > limits.account_timeout
        && !table.refuse_key(
            "call-timeout",
            KeyFault::LongerThan {
                other: "limits.account-timeout",
            },
        )
    {
        table.refuse_key(
            "account-timeout",
            KeyFault::ShorterThan {
                other: "limits.call-timeout",
            },
        );
    }
    table.set("evidence-max-age", &mut limits.evidence_max_age, |v| {
        v.unless("none", |v| v.duration("1d", "400d"))
    });
    limits.calls_per_second = calls_per_second(table.section("calls-per-second"));
    table.finish();
    limits
}

fn calls_per_second(mut table: ConfigTable<'_>) -> Rates {
    let mut rates = Rates::default();
    table.set("iam", &mut rates.iam, ConfigValue::rate);
    table.set("organizations", &mut rates.organizations, ConfigValue::rate);
    table.set("sts", &mut rates.sts, ConfigValue::rate);
    table.set("access-analyzer", &mut rates.access_analyzer, ConfigValue::rate);
    table.finish();
    rates
}

fn exception(mut table: ConfigTable<'_>) -> Option<Exception> {
    let scope = ["accounts", "ous", "paths", "names", "tags", "policies", "actions"];
    if !scope.iter().any(|name| table.says(name)) {
        table.refuse(KeyFault::NoScope);
    }
    let accounts = table.list("accounts", |v| selector(v, Form::AccountSelector));
    let units = table.list("ous", |v| v.formed(Form::Unit).map(Selector::Unit));
    let paths = table.list("paths", |v| v.glob(Form::Path));
    let names = table.list("names", |v| v.glob(Form::Name));
    let tags = table.section("tags");
    // An empty value is a value that tags have.
    let tag = |(key, value): (&str, ConfigValue<'_>)| {
        Some((key.to_owned(), Glob::new(tags.read(&value, ConfigValue::plain)?)))
    };
    let tags = tags.entries().into_iter().filter_map(tag).collect();
    let policies = table.list("policies", |v| v.glob(Form::Policy));
    let actions = table.list("actions", ConfigValue::action);
    let reason = table.require(
        "reason",
        "write in one sentence why it is to stay as it is",
        ConfigValue::text,
    );
    let owner = table.require("owner", "name the responsible person or team", ConfigValue::text);
    let help = "set the last day, for example \"2027-06-30\", or \"never\"";
    let expires = table.require("expires", help, ConfigValue::expires);
    let line = table.line();
    table.finish();
    let (reason, owner, expires) = (reason?, owner?, expires?);
    Some(Exception {
        accounts,
        units,
        paths,
        names,
        tags,
        policies,
        actions,
        reason,
        owner,
        expires,
        line,
    })
}

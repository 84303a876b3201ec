//! The known keys, read into a [`Config`] one section after another. The only place that knows them all.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use super::Overrides;
use super::form::{self, Form};
use super::problem::{Fault, Place, Problem, Wanted};
use super::valid::{Accounts, Config, ReportFormat, SharedPolicies, SplitBy};
use super::written::{Given, Node, Raw, Reading, Table, variable};
use crate::aws::options::{Access, Assume, EvidenceSource, Limits, Rates, Role};
use crate::closest::closest;
use crate::decide::{Exception, Glob, Level, Selector};
use crate::inventory::wire::Account;
use crate::refine::Wildcards;

/// Reads all layers; see [`Config::layered`].
pub(super) fn config(
    text: &str,
    name: &str,
    environment: &dyn Fn(&str) -> Option<OsString>,
    flags: &Overrides,
) -> Result<Config, Vec<Problem>> {
    let mut reading = Reading::new(text, name, environment, given(flags));
    let tree = reading.parse();
    let mut config = top(&mut reading, Table::top(tree.as_ref().map(|tree| tree.get_ref())));
    // Paths need not be text, so they go past the layers of text.
    set(&mut config.out, flags.out.clone());
    if flags.catalog.is_some() {
        config.catalog.clone_from(&flags.catalog);
    }
    if flags.state.is_some() {
        config.state.clone_from(&flags.state);
    }
    let mut problems = reading.problems;
    if problems.is_empty() {
        return Ok(config);
    }
    problems.sort_by(|a, b| (&a.place, &a.key).cmp(&(&b.place, &b.key)));
    problems.dedup();
    Err(problems)
}

/// Every key that is asked for when each kind of table is there.
pub(super) fn keys() -> Vec<String> {
    let mut reading =
        Reading::new("exception = [{}]\n[assume.accounts.000000000000]\n", "", &|_| None, Vec::new());
    let tree = reading.parse();
    top(&mut reading, Table::top(tree.as_ref().map(|tree| tree.get_ref())));
    reading.keys
}

/// Variables of ours that are no keys: the place of the config, and what our own tests and what runs them go by.
const OTHER_VARIABLES: [&str; 3] = ["LEASTWISE_CONFIG", "LEASTWISE_NO_SKIP", "LEASTWISE_TERRAFORM_PLUGINS"];

/// See [`super::unknown_variables`].
pub(super) fn unknown_variables(names: impl IntoIterator<Item = String>) -> Vec<Problem> {
    // The environment reaches neither exceptions nor the overrides of single accounts, and sections have no value.
    let keys = keys();
    let is_section =
        |key: &str| keys.iter().any(|other| other.strip_prefix(key).is_some_and(|it| it.starts_with('.')));
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
        Problem { place: Place::Variable(name), key: String::new(), fault: Fault::UnknownVariable(near) }
    };
    names.into_iter().map(problem).collect()
}

fn given(flags: &Overrides) -> Vec<Given> {
    let text =
        |key, flag, text: &Option<String>| text.clone().map(|text| Given { key, flag, raw: Raw::Text(text) });
    let list = |key, flag, texts: &[String]| {
        (!texts.is_empty()).then(|| Given { key, flag, raw: Raw::Texts(texts.to_vec()) })
    };
    [
        text("profile", "--profile", &flags.profile),
        text("region", "--region", &flags.region),
        text("evidence", "--evidence", &flags.evidence),
        text("analyzer", "--analyzer", &flags.analyzer),
        text("window-days", "--window-days", &flags.window_days.map(|days| days.to_string())),
        list("formats", "--format", &flags.formats),
        text("split-by", "--split-by", &flags.split_by),
        text("shared", "--shared", &flags.shared),
        text("wildcards", "--wildcards", &flags.wildcards),
        list("keep", "--keep", &flags.keep),
        text("min-confidence", "--min-confidence", &flags.min_confidence),
        text("ready-after", "--ready-after", &flags.ready_after.map(|nights| nights.to_string())),
        flags.own_account.then(|| Given {
            key: "accounts.own",
            flag: "--own-account",
            raw: Raw::Text("true".to_owned()),
        }),
        list("accounts.list", "--accounts", &flags.accounts),
        list("accounts.include", "--include", &flags.include),
        list("accounts.exclude", "--exclude", &flags.exclude),
        text("assume.role", "--role", &flags.role),
        text("assume.external-id", "--external-id", &flags.external_id),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn top(r: &mut Reading<'_>, mut table: Table<'_>) -> Config {
    let mut config = Config::default();
    if let Some(node) = table.take(r, "profile") {
        config.profile = node.text(r);
    }
    config.region = table.take(r, "region").and_then(|node| node.formed(r, Form::Region));
    let words = [
        ("auto", EvidenceSource::Auto),
        ("analyzer", EvidenceSource::Analyzer),
        ("last-accessed", EvidenceSource::LastAccessed),
    ];
    set(&mut config.evidence, table.take(r, "evidence").and_then(|node| node.one_of(r, &words)));
    config.analyzer = table.take(r, "analyzer").and_then(|node| node.formed(r, Form::AnalyzerArn));
    set(&mut config.window_days, table.take(r, "window-days").and_then(|node| node.whole(r, 1..=365)));
    set(&mut config.out, table.take(r, "out").and_then(|node| node.text(r)).map(PathBuf::from));
    if let Some(node) = table.take(r, "formats") {
        config.formats = formats(r, &node);
    }
    config.catalog = table.take(r, "catalog").and_then(|node| node.text(r)).map(PathBuf::from);
    config.state = table.take(r, "state").and_then(|node| node.text(r)).map(PathBuf::from);
    config.owner_tag = table.take(r, "owner-tag").and_then(|node| node.text(r));
    let words = [("owner", SplitBy::Owner), ("account", SplitBy::Account), ("ou", SplitBy::Ou)];
    config.split_by = table.take(r, "split-by").and_then(|node| node.one_of(r, &words));
    let words = [
        ("in-place", SharedPolicies::InPlace),
        ("fork", SharedPolicies::Fork),
        ("both", SharedPolicies::Both),
    ];
    set(&mut config.shared, table.take(r, "shared").and_then(|node| node.one_of(r, &words)));
    let words = [("split", Wildcards::Split), ("open", Wildcards::Open)];
    set(&mut config.wildcards, table.take(r, "wildcards").and_then(|node| node.one_of(r, &words)));
    config.keep = list(r, &mut table, "keep", |r, node| node.action(r));
    config.remove_unobserved = list(r, &mut table, "remove-unobserved", |r, node| node.action(r));
    let words = [("low", Level::Low), ("medium", Level::Medium), ("high", Level::High)];
    set(&mut config.min_confidence, table.take(r, "min-confidence").and_then(|node| node.one_of(r, &words)));
    config.ready_after = table.take(r, "ready-after").and_then(|node| node.whole(r, 1..=365));
    let section = table.section(r, "accounts");
    config.accounts = accounts(r, section);
    let section = table.section(r, "assume");
    config.assume = assume(r, section);
    let section = table.section(r, "limits");
    config.limits = limits(r, section);
    if let Some(node) = table.take_written(r, "exception") {
        for node in node.list(r, Wanted::TABLES) {
            if let Some(table) = node.table(r, "exception") {
                config.exceptions.extend(exception(r, table));
            }
        }
    }
    table.finish(r);
    config
}

/// JSON is always written, so that its name adds nothing; alone it leaves the others out.
fn formats(r: &mut Reading<'_>, node: &Node<'_>) -> Vec<ReportFormat> {
    let others = ReportFormat::ALL.into_iter().map(|format| (format.name(), Some(format)));
    let words: Vec<_> = others.chain([("json", None)]).collect();
    let named = node.list(r, Wanted::LIST).into_iter().filter_map(|node| node.one_of(r, &words));
    let named: BTreeSet<ReportFormat> = named.flatten().collect();
    named.into_iter().collect()
}

fn accounts(r: &mut Reading<'_>, mut table: Table<'_>) -> Accounts {
    let own_node = table.take(r, "own");
    let own = own_node.as_ref().and_then(|node| node.boolean(r)).unwrap_or(false);
    let mut seen = BTreeSet::new();
    let listed = list_of(r, &mut table, "list", Wanted::ACCOUNTS, |r, node| {
        let account = listed(r, node)?;
        if !seen.insert(account.id.clone()) {
            node.refuse(r, Fault::Twice { found: account.id });
            return None;
        }
        Some(account)
    });
    let include = list(r, &mut table, "include", |r, node| selector(r, node, Form::Selector));
    let exclude = list(r, &mut table, "exclude", |r, node| selector(r, node, Form::Selector));
    table.finish(r);
    if let Some(node) = own_node.filter(|_| own && !listed.is_empty()) {
        node.refuse(r, Fault::Contradicts { other: "accounts.list" });
    }
    Accounts { own, list: listed, include, exclude }
}

fn listed(r: &mut Reading<'_>, node: &Node<'_>) -> Option<Account> {
    if !node.is_table() {
        return node.formed(r, Form::AccountId).map(|id| Account { id, ..Account::default() });
    }
    let mut table = node.table(r, "accounts.list")?;
    let id = required(r, &mut table, "id", Form::AccountId.help());
    let id = id.and_then(|node| node.formed(r, Form::AccountId));
    let name = table.take(r, "name").and_then(|node| node.text(r)).unwrap_or_default();
    table.finish(r);
    Some(Account { id: id?, name, ..Account::default() })
}

fn selector(r: &mut Reading<'_>, node: &Node<'_>, form: Form) -> Option<Selector> {
    let text = node.formed(r, form)?;
    Some(if form::is_account_id(&text) {
        Selector::Account(text)
    } else if form::is_unit(&text) {
        Selector::Unit(text)
    } else {
        Selector::Name(Glob::new(text))
    })
}

fn assume(r: &mut Reading<'_>, mut table: Table<'_>) -> Assume {
    let mut assume = Assume::default();
    let role = &mut assume.role;
    set(&mut role.name, table.take(r, "role").and_then(|node| node.formed(r, Form::Role)));
    role.external_id = table.take(r, "external-id").and_then(|node| node.formed(r, Form::ExternalId));
    set(
        &mut role.session_name,
        table.take(r, "session-name").and_then(|node| node.formed(r, Form::SessionName)),
    );
    set(&mut role.duration, table.take(r, "duration").and_then(|node| node.duration(r, "15m", "12h")));
    let overrides = table.section(r, "accounts");
    for (account, node) in overrides.entries() {
        if !Form::AccountId.fits(&account) {
            node.malformed(r, account, Form::AccountId);
        } else if let Some(own) = node.table(r, "assume.accounts.*") {
            let access = access(r, own, &assume.role);
            assume.accounts.insert(account, access);
        }
    }
    table.finish(r);
    assume
}

/// How one account is entered; what is left out is as in the others.
fn access(r: &mut Reading<'_>, mut table: Table<'_>, others: &Role) -> Access {
    let name = table.take(r, "role");
    let external_id = table.take(r, "external-id");
    let session_name = table.take(r, "session-name");
    let direct = table.take(r, "direct").and_then(|node| node.boolean(r)).unwrap_or(false);
    table.finish(r);
    if direct {
        for node in [&name, &external_id, &session_name].into_iter().flatten() {
            node.refuse(r, Fault::Contradicts { other: "direct = true" });
        }
        return Access::Direct;
    }
    let mut role = others.clone();
    set(&mut role.name, name.and_then(|node| node.formed(r, Form::Role)));
    if let Some(node) = external_id {
        // TOML has no null, and here, other than elsewhere, "none" differs from "not said".
        role.external_id = if node.is_text("") { None } else { node.formed(r, Form::ExternalId) };
    }
    set(&mut role.session_name, session_name.and_then(|node| node.formed(r, Form::SessionName)));
    Access::Role(role)
}

fn limits(r: &mut Reading<'_>, mut table: Table<'_>) -> Limits {
    let mut limits = Limits::default();
    set(&mut limits.accounts, table.take(r, "accounts").and_then(|node| node.whole(r, 1..=256)));
    set(&mut limits.findings, table.take(r, "findings").and_then(|node| node.whole(r, 1..=1024)));
    set(&mut limits.attempts, table.take(r, "attempts").and_then(|node| node.whole(r, 1..=100)));
    let call = table.take(r, "call-timeout");
    let call_timeout = call.as_ref().and_then(|node| node.duration(r, "1s", "10m"));
    set(&mut limits.call_timeout, call_timeout);
    set(
        &mut limits.start_timeout,
        table.take(r, "start-timeout").and_then(|node| node.duration(r, "10s", "1d")),
    );
    let account = table.take(r, "account-timeout");
    set(&mut limits.account_timeout, account.as_ref().and_then(|node| node.duration(r, "10s", "1d")));
    if limits.call_timeout > limits.account_timeout {
        // Told where it was written: one of the two was, for the defaults agree.
        match (call_timeout, call, account) {
            (Some(_), Some(node), _) => node.refuse(r, Fault::LongerThan { other: "limits.account-timeout" }),
            (_, _, Some(node)) => node.refuse(r, Fault::ShorterThan { other: "limits.call-timeout" }),
            _ => {}
        }
    }
    if let Some(node) = table.take(r, "evidence-max-age") {
        if node.is_text("none") {
            limits.evidence_max_age = None;
        } else if let Some(age) = node.duration(r, "1d", "400d") {
            limits.evidence_max_age = Some(age);
        }
    }
    let rates = table.section(r, "calls-per-second");
    limits.calls_per_second = calls_per_second(r, rates);
    table.finish(r);
    limits
}

fn calls_per_second(r: &mut Reading<'_>, mut table: Table<'_>) -> Rates {
    let mut rates = Rates::default();
    set(&mut rates.iam, table.take(r, "iam").and_then(|node| node.rate(r)));
    set(&mut rates.organizations, table.take(r, "organizations").and_then(|node| node.rate(r)));
    set(&mut rates.sts, table.take(r, "sts").and_then(|node| node.rate(r)));
    set(&mut rates.access_analyzer, table.take(r, "access-analyzer").and_then(|node| node.rate(r)));
    table.finish(r);
    rates
}

fn exception(r: &mut Reading<'_>, mut table: Table<'_>) -> Option<Exception> {
    let scope = ["accounts", "ous", "paths", "names", "tags", "policies", "actions"];
    if !scope.iter().any(|name| table.says(name)) {
        r.refuse(&table.path, &table.origin, Fault::NoScope);
    }
    let accounts = list(r, &mut table, "accounts", |r, node| selector(r, node, Form::AccountSelector));
    let units = list(r, &mut table, "ous", |r, node| node.formed(r, Form::Unit).map(Selector::Unit));
    let paths = list(r, &mut table, "paths", |r, node| node.glob(r, Form::Path));
    let names = list(r, &mut table, "names", |r, node| node.glob(r, Form::Name));
    let tags = table.take(r, "tags").and_then(|node| node.table(r, "exception.tags"));
    // An empty value is a value that tags have.
    let tag = |(key, node): (String, Node<'_>)| node.plain(r).map(|value| (key, Glob::new(value)));
    let tags = tags.map(|tags| tags.entries().into_iter().filter_map(tag).collect()).unwrap_or_default();
    let policies = list(r, &mut table, "policies", |r, node| node.glob(r, Form::Policy));
    let actions = list(r, &mut table, "actions", |r, node| node.action(r));
    let reason = required(r, &mut table, "reason", "write in one sentence why it is to stay as it is");
    let reason = reason.and_then(|node| node.text(r));
    let owner = required(r, &mut table, "owner", "name the person or team that answers for it");
    let owner = owner.and_then(|node| node.text(r));
    let expires =
        required(r, &mut table, "expires", "write the last day, for example \"2027-06-30\", or \"never\"");
    let expires = expires.and_then(|node| node.expires(r));
    let (line, _) = r.position(table.offset());
    table.finish(r);
    Some(Exception {
        accounts,
        units,
        paths,
        names,
        tags,
        policies,
        actions,
        reason: reason?,
        owner: owner?,
        expires: expires?,
        line,
    })
}

/// Replaces a default by what was written, if that could be read.
fn set<T>(key: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *key = value;
    }
}

/// A key that must be there.
fn required<'t>(
    r: &mut Reading<'_>,
    table: &mut Table<'t>,
    name: &'static str,
    help: &'static str,
) -> Option<Node<'t>> {
    let node = table.take(r, name);
    if node.is_none() {
        r.refuse(&format!("{}.{name}", table.path), &table.origin, Fault::Missing { help });
    }
    node
}

fn list<T>(
    r: &mut Reading<'_>,
    table: &mut Table<'_>,
    name: &'static str,
    read: impl FnMut(&mut Reading<'_>, &Node<'_>) -> Option<T>,
) -> Vec<T> {
    list_of(r, table, name, Wanted::LIST, read)
}

fn list_of<T>(
    r: &mut Reading<'_>,
    table: &mut Table<'_>,
    name: &'static str,
    wanted: &'static str,
    mut read: impl FnMut(&mut Reading<'_>, &Node<'_>) -> Option<T>,
) -> Vec<T> {
    let nodes = table.take(r, name).map(|node| node.list(r, wanted)).unwrap_or_default();
    nodes.iter().filter_map(|node| read(r, node)).collect()
}

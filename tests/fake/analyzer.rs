//! Access Analyzer: analyzers, findings and their details.

use std::sync::Arc;

use leastwise_core::evidence::{Analyzer, Detail, Finding};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::call::Call;
use super::fault::Fault;
use super::knobs::token;
use super::refusal::Refusal;
use super::wire_time;

pub(crate) fn answer(call: &Call<'_>) -> Result<String, Refusal> {
    match call.operation.as_str() {
        "ListAnalyzers" => list_analyzers(call),
        "GetAnalyzer" => get_analyzer(call),
        "ListFindingsV2" => list_findings(call),
        "ValidatePolicy" | "CheckNoNewAccess" | "CheckAccessNotGranted" | "GetFindingRecommendation" => {
            super::opinion::answer(call)
        }
        _ => get_finding(call),
    }
}

/// The id in the path of a finding.
pub(crate) fn finding_id<'c>(call: &'c Call<'_>) -> Option<&'c str> {
    call.request
        .path
        .strip_prefix("/findingv2/")
        .map(|id| id.trim_end_matches('/'))
}

/// Analyzers of the caller's account, in the Region that is asked.
fn own<'c>(call: &'c Call<'_>) -> impl Iterator<Item = &'c Analyzer> {
    let here = |analyzer: &&Analyzer| {
        analyzer.account() == call.caller.account
            && (call.state.knobs.any_region || analyzer.arn.split(':').nth(3) == Some(&call.caller.region))
    };
    call.state.world.analyzers.iter().filter(here)
}

fn analyzer_value(call: &Call<'_>, analyzer: &Analyzer) -> Value {
    let mut value = serde_json::to_value(analyzer).unwrap();
    if value.get("createdAt").is_none() {
        value["createdAt"] = "2024-02-15T00:46:40Z".into();
    }
    if call.twist == Some(Fault::UnknownEnum) {
        value["status"] = "HIBERNATING".into();
    }
    value
}

fn list_analyzers(call: &Call<'_>) -> Result<String, Refusal> {
    let kind = call.text("type");
    let all: Vec<&Analyzer> = own(call)
        .filter(|analyzer| kind.is_none_or(|kind| kind == analyzer.kind))
        .collect();
    let page = call.page(all.len())?;
    let summaries: Vec<Value> = all[page.from..page.to]
        .iter()
        .map(|analyzer| {
            let mut summary = analyzer_value(call, analyzer);
            // Only GetAnalyzer returns the configuration.
            summary.as_object_mut().unwrap().remove("configuration");
            summary
        })
        .collect();
    let mut answer = json!({ "analyzers": summaries });
    if let Some(token) = page.next {
        answer["nextToken"] = token.into();
    }
    Ok(answer.to_string())
}

fn get_analyzer(call: &Call<'_>) -> Result<String, Refusal> {
    let name = call
        .request
        .path
        .trim_start_matches("/analyzer/")
        .trim_end_matches('/');
    let found = own(call).find(|analyzer| analyzer.name == name);
    let found = found.ok_or_else(|| Refusal::Absent(name.to_owned()))?;
    Ok(json!({ "analyzer": analyzer_value(call, found) }).to_string())
}

/// The analyzer that a call names, if the caller may ask it: its own account, or the management account.
fn asked_analyzer<'c>(call: &'c Call<'_>) -> Result<&'c Analyzer, Refusal> {
    let arn = call
        .text("analyzerArn")
        .ok_or_else(|| Refusal::invalid("analyzerArn is missing"))?;
    let found = call
        .state
        .world
        .analyzers
        .iter()
        .find(|analyzer| analyzer.arn == arn);
    let found = found.ok_or_else(|| Refusal::Absent(arn.to_owned()))?;
    let is_allowed = found.account() == call.caller.account
        || found.kind.starts_with("ORGANIZATION") && call.caller.account == call.state.world.management();
    is_allowed.then_some(found).ok_or(Refusal::Denied)
}

/// Whether an analyzer looks at an account at all.
fn covers(analyzer: &Analyzer, account: &str) -> bool {
    match analyzer.kind.as_str() {
        "ORGANIZATION_UNUSED_ACCESS" => true,
        "ACCOUNT_UNUSED_ACCESS" => analyzer.account() == account,
        _ => false,
    }
}

fn list_findings(call: &Call<'_>) -> Result<String, Refusal> {
    let analyzer = asked_analyzer(call)?;
    let filter = Filter::read(call.json("filter"))?;
    let (place, empty) = call.begin()?;
    let wrong = || Refusal::invalid("the token is of another list");
    let (account, at) = place.split_once('.').unwrap_or((&place, "0"));
    let (mut account, mut at): (usize, usize) = (
        account.parse().map_err(|_| wrong())?,
        at.parse().map_err(|_| wrong())?,
    );
    let size = call.state.knobs.size(&call.operation, call.asked().0, at);
    let world = &call.state.world;
    // First the places, with the accounts' answers held, then the page, which borrows from them.
    let (mut held, mut picked, mut next) = (Vec::new(), Vec::new(), None);
    'accounts: while !empty && account < world.accounts.len() {
        let id = &world.accounts[account].id;
        if covers(analyzer, id) && filter.allows("resourceOwnerAccount", id) {
            let books = world.books_at(account);
            if let Some(error) = books
                .error
                .as_ref()
                .filter(|error| error.operation == call.operation)
            {
                return Err(Refusal::recorded(error.kind));
            }
            held.push(Arc::clone(&books));
            for (place, finding) in books.findings.iter().flatten().enumerate().skip(at) {
                if !filter.takes(finding) {
                    continue;
                }
                if picked.len() == size {
                    next = Some(format!("{account}.{place}"));
                    break 'accounts;
                }
                picked.push((held.len() - 1, place));
            }
        }
        (account, at) = (account + 1, 0);
    }
    let found = picked
        .into_iter()
        .filter_map(|(books, place)| held[books].findings.as_ref()?.get(place));
    let findings = found
        .map(|finding| Summary {
            finding,
            twist: call.twist,
        })
        .collect();
    let next = if empty {
        Some(token(&place, true))
    } else {
        call.next(&place, next.as_deref())
    };
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        findings: Vec<Summary<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    }
    Ok(serde_json::to_string(&Answer {
        findings,
        next_token: next,
    })
    .unwrap())
}

fn get_finding(call: &Call<'_>) -> Result<String, Refusal> {
    let analyzer = asked_analyzer(call)?;
    let id = finding_id(call).unwrap_or_default();
    let absent = || Refusal::Absent(id.to_owned());
    let (books, at) = call.state.world.finding(id).ok_or_else(absent)?;
    let finding = &books.findings.as_ref().ok_or_else(absent)?[at];
    if !covers(analyzer, &finding.resource_owner_account) {
        return Err(absent());
    }
    let failure = books
        .error
        .as_ref()
        .filter(|error| error.operation == call.operation);
    if let Some(failure) = finding.failure.as_ref().or(failure) {
        return Err(Refusal::recorded(failure.kind));
    }
    let details = finding.finding_details.as_deref();
    let page = call.page(details.map_or(0, <[Detail]>::len))?;
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer<'a> {
        #[serde(flatten)]
        header: Summary<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        finding_details: Option<Details<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    }
    let details = details.filter(|_| call.twist != Some(Fault::NoDetails));
    let details = details.map(|details| Details(&details[page.from..page.to], call.twist));
    let header = Summary {
        finding,
        twist: call.twist,
    };
    Ok(serde_json::to_string(&Answer {
        header,
        finding_details: details,
        next_token: page.next,
    })
    .unwrap())
}

/// The fields that every page of a finding has, and the list of findings.
struct Summary<'a> {
    finding: &'a Finding,
    twist: Option<Fault>,
}

impl Serialize for Summary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Finding {
            id,
            resource,
            resource_type,
            resource_owner_account,
            status,
            finding_type,
            ..
        } = self.finding;
        let new = self.twist == Some(Fault::UnknownEnum);
        let mut map = serializer.serialize_map(None)?;
        for (name, time) in [
            ("analyzedAt", &self.finding.analyzed_at),
            ("createdAt", &self.finding.created_at),
            ("updatedAt", &self.finding.updated_at),
        ] {
            if let Some(time) = time {
                map.serialize_entry(name, &wire_time(time))?;
            }
        }
        if let Some(error) = &self.finding.error {
            map.serialize_entry("error", error)?;
        }
        map.serialize_entry("id", id)?;
        map.serialize_entry("resource", resource)?;
        map.serialize_entry("resourceType", resource_type)?;
        map.serialize_entry("resourceOwnerAccount", resource_owner_account)?;
        map.serialize_entry("status", if new { "HIBERNATING" } else { status })?;
        map.serialize_entry(
            "findingType",
            if new { "UnusedSomethingNew" } else { finding_type },
        )?;
        map.end()
    }
}

/// Some of a finding's details.
struct Details<'a>(&'a [Detail], Option<Fault>);

impl Serialize for Details<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let unknown = json!({ "unusedFutureDetails": { "things": ["one"], "lastAccessed": null } });
        let mut list = serializer.serialize_seq(None)?;
        for detail in self.0 {
            // A record of a member that was not known has none of the known ones.
            match *detail == Detail::default() {
                true => list.serialize_element(&unknown)?,
                false => list.serialize_element(detail)?,
            }
        }
        if self.1 == Some(Fault::UnknownMember) {
            list.serialize_element(&unknown)?;
        }
        list.end()
    }
}

/// The filter of a list of findings.
struct Filter(Vec<(String, Value)>);

impl Filter {
    const KEYS: [&str; 6] = [
        "status",
        "findingType",
        "resourceOwnerAccount",
        "resource",
        "resourceType",
        "id",
    ];

    fn read(filter: &Value) -> Result<Self, Refusal> {
        let rules: Vec<(String, Value)> = filter
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, criterion)| (key.clone(), criterion.clone()))
            .collect();
        if let Some((key, _)) = rules.iter().find(|(key, _)| !Self::KEYS.contains(&key.as_str())) {
            return Err(Refusal::Invalid(format!("no filter key {key}")));
        }
        let lists = rules
            .iter()
            .flat_map(|(_, criterion)| ["eq", "neq", "contains"].map(|name| &criterion[name]));
        if lists
            .filter_map(Value::as_array)
            .any(|list| list.is_empty() || list.len() > 20)
        {
            return Err(Refusal::invalid("a criterion has 1 to 20 values"));
        }
        Ok(Self(rules))
    }

    fn allows(&self, key: &str, value: &str) -> bool {
        let holds = |criterion: &Value, name: &str, test: &dyn Fn(&str) -> bool| {
            let list = criterion[name].as_array();
            list.is_none_or(|list| list.iter().filter_map(Value::as_str).any(test))
        };
        self.0
            .iter()
            .filter(|(known, _)| known == key)
            .all(|(_, criterion)| {
                holds(criterion, "eq", &|wanted| wanted == value)
                    && holds(criterion, "contains", &|part| value.contains(part))
                    && (criterion["neq"].is_null() || !holds(criterion, "neq", &|wanted| wanted == value))
                    && criterion["exists"]
                        .as_bool()
                        .is_none_or(|exists| exists != value.is_empty())
            })
    }

    fn takes(&self, finding: &Finding) -> bool {
        self.allows("status", &finding.status)
            && self.allows("findingType", &finding.finding_type)
            && self.allows("resourceOwnerAccount", &finding.resource_owner_account)
            && self.allows("resource", &finding.resource)
            && self.allows("resourceType", &finding.resource_type)
            && self.allows("id", &finding.id)
    }
}

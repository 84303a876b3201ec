//! What AWS thinks of policies that it is given as text: an evaluator of its own, without the program's parser and patterns, and
//! disputes where a test wants one.

use leastwise_core::evidence::Finding;
use serde_json::{Value, json};

use super::call::Call;
use super::fault::Fault;
use super::refusal::{Protocol, Refusal};
use super::xml::Xml;

/// An opinion that a test wants, on documents that have a text in them and do not allow an action.
#[derive(Debug, Clone)]
pub(crate) struct Dispute {
    pub(crate) operation: String,
    pub(crate) has: String,
    pub(crate) lacks: String,
    pub(crate) says: String,
}

impl Dispute {
    fn is_about(&self, operation: &str, document: &str) -> bool {
        let (service, name) = self.lacks.split_once(':').unwrap();
        self.operation == operation
            && document.contains(&self.has)
            && !allows(&parsed(document).unwrap(), &format!("{service}:{name}"))
    }
}

pub(crate) fn answer(call: &Call<'_>) -> Result<String, Refusal> {
    match call.operation.as_str() {
        "ValidatePolicy" => validate(call),
        "CheckNoNewAccess" => no_new_access(call),
        "CheckAccessNotGranted" => not_granted(call),
        "GetFindingRecommendation" => recommendation(call),
        _ => simulate(call),
    }
}

fn planted<'c>(call: &'c Call<'_>, document: &str) -> Option<&'c Dispute> {
    call.state
        .knobs
        .disputes
        .iter()
        .find(|dispute| dispute.is_about(&call.operation, document))
}

fn document<'c>(call: &'c Call<'_>, member: &str) -> Result<&'c str, Refusal> {
    if call
        .json("policyType")
        .as_str()
        .is_some_and(|kind| kind != "IDENTITY_POLICY")
    {
        return Err(Refusal::invalid(
            "the policy type is none that leastwise asks about",
        ));
    }
    call.json(member)
        .as_str()
        .ok_or_else(|| Refusal::Invalid(format!("{member} is missing")))
}

fn parsed(document: &str) -> Result<Value, Refusal> {
    serde_json::from_str(document).map_err(|_| Refusal::invalid("the policy is not JSON"))
}

fn validate(call: &Call<'_>) -> Result<String, Refusal> {
    let text = document(call, "policyDocument")?;
    let policy = parsed(text)?;
    let mut found = Vec::new();
    let mut find = |kind: &str, code: &str, details: &str| {
        let kind = if call.twist == Some(Fault::UnknownEnum) {
            "REMARK"
        } else {
            kind
        };
        found.push(json!({
            "findingType": kind, "issueCode": code, "findingDetails": details,
            "learnMoreLink": "https://docs.aws.amazon.com/", "locations": [],
        }));
    };
    if policy["Version"].is_null() {
        find(
            "WARNING",
            "MISSING_VERSION",
            "We recommend that you specify the Version element.",
        );
    }
    for statement in statements(&policy) {
        let all = strings(&statement["Action"]);
        if all.is_empty() && !statement["Action"].is_null() {
            find(
                "SUGGESTION",
                "EMPTY_ARRAY_ACTION",
                "This statement includes no actions.",
            );
        }
        if all.iter().any(|it| it.eq_ignore_ascii_case("iam:PassRole"))
            && strings(&statement["Resource"]).contains(&"*")
        {
            let details =
                "Using the iam:PassRole action with wildcards (*) in the resource can be overly permissive.";
            find("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE", details);
        }
    }
    if let Some(dispute) = planted(call, text) {
        find("ERROR", "INVALID_ACTION", &dispute.says);
    }
    let page = call.page(found.len())?;
    let mut answer = json!({ "findings": found[page.from..page.to] });
    if let Some(token) = page.next {
        answer["nextToken"] = token.into();
    }
    Ok(answer.to_string())
}

fn opinion(call: &Call<'_>, passes: bool, why: &str) -> String {
    let result = match passes {
        _ if call.twist == Some(Fault::UnknownEnum) => "MAYBE",
        true => "PASS",
        false => "FAIL",
    };
    json!({ "result": result, "message": why, "reasons": [] }).to_string()
}

fn no_new_access(call: &Call<'_>) -> Result<String, Refusal> {
    let (new, existing) = (
        document(call, "newPolicyDocument")?,
        document(call, "existingPolicyDocument")?,
    );
    if let Some(dispute) = planted(call, new) {
        return Ok(opinion(call, false, &dispute.says));
    }
    let (new, existing) = (parsed(new)?, parsed(existing)?);
    let is_old = |statement: &&Value| {
        statement["Effect"] != "Allow" || statements(&existing).iter().any(|old| covers(old, statement))
    };
    let passes = statements(&new).iter().all(is_old);
    Ok(opinion(
        call,
        passes,
        if passes {
            "The modified permissions do not grant new access."
        } else {
            "New access."
        },
    ))
}

fn not_granted(call: &Call<'_>) -> Result<String, Refusal> {
    let text = document(call, "policyDocument")?;
    let access = call.json("access").as_array().filter(|access| access.len() == 1);
    let access = access.ok_or_else(|| Refusal::invalid("access has one element"))?;
    let actions = strings(&access[0]["actions"]);
    if actions.is_empty() || actions.len() > 100 {
        return Err(Refusal::invalid("1 to 100 actions"));
    }
    if let Some(dispute) = planted(call, text) {
        return Ok(opinion(call, false, &dispute.says));
    }
    let policy = parsed(text)?;
    let granted = actions.iter().find(|action| allows(&policy, action));
    Ok(opinion(
        call,
        granted.is_none(),
        granted.map_or("None is granted.", |action| action),
    ))
}

fn recommendation(call: &Call<'_>) -> Result<String, Refusal> {
    let id = call
        .request
        .path
        .trim_start_matches("/recommendation/")
        .trim_end_matches('/');
    let absent = || Refusal::Absent(id.to_owned());
    let (books, at) = call.state.world.finding(id).ok_or_else(absent)?;
    let Finding { resource, .. } = &books.findings.as_ref().ok_or_else(absent)?[at];
    let steps = call
        .state
        .knobs
        .recommendations
        .get(resource)
        .ok_or_else(absent)?;
    let page = call.page(steps.len())?;
    let status = if call.twist == Some(Fault::UnknownEnum) {
        "PAUSED"
    } else {
        "SUCCEEDED"
    };
    let mut answer = json!({
        "startedAt": "2026-11-01T00:00:00Z", "completedAt": "2026-11-01T00:00:09Z", "resourceArn": resource,
        "recommendationType": "UnusedPermissionRecommendation", "status": status,
        "recommendedSteps": steps[page.from..page.to],
    });
    if let Some(token) = page.next {
        answer["nextToken"] = token.into();
    }
    Ok(answer.to_string())
}

fn simulate(call: &Call<'_>) -> Result<String, Refusal> {
    let texts: Vec<&str> = call.texts("PolicyInputList.member.").collect();
    let actions: Vec<&str> = call.texts("ActionNames.member.").collect();
    let resources: Vec<&str> = call.texts("ResourceArns.member.").collect();
    if texts.is_empty() || actions.is_empty() || resources.len() != 1 {
        return Err(Refusal::invalid("policies, actions and one resource are needed"));
    }
    if actions.iter().any(|action| action.contains('*')) {
        return Err(Refusal::invalid("an action has a wildcard"));
    }
    let policies: Vec<Value> = texts.iter().map(|text| parsed(text)).collect::<Result<_, _>>()?;
    let dispute = texts.iter().find_map(|text| planted(call, text));
    let page = call.page(actions.len())?;
    let decided = actions[page.from..page.to].iter().map(|action| {
        let (mut decision, missing) = decide(&policies, action, resources[0]);
        match dispute {
            Some(dispute) if dispute.says == "allow" => decision = "allowed",
            Some(_) if decision == "allowed" => decision = "implicitDeny",
            _ => {}
        }
        if call.twist == Some(Fault::UnknownEnum) {
            decision = "postponed";
        }
        (action, decision, missing)
    });
    Ok(Xml::answer(&call.operation, Protocol::Iam.namespace(), |xml| {
        xml.text("IsTruncated", if page.next.is_some() { "true" } else { "false" });
        xml.list(
            "EvaluationResults",
            decided,
            |xml, (action, decision, missing)| {
                xml.text("EvalActionName", action);
                xml.text("EvalResourceName", resources[0]);
                xml.text("EvalDecision", decision);
                xml.list("MissingContextValues", missing, |xml, key| xml.plain(&key));
            },
        );
        xml.maybe("Marker", page.next.as_deref());
    }))
}

/// The decision, and the condition keys that it lacks.
fn decide(policies: &[Value], action: &str, resource: &str) -> (&'static str, Vec<String>) {
    let mut missing = Vec::new();
    let mut decision = "implicitDeny";
    for statement in policies.iter().flat_map(|policy| statements(policy)) {
        let is_resource = match statement["NotResource"] {
            Value::Null => strings(&statement["Resource"])
                .iter()
                .any(|it| glob(it, resource)),
            ref not => !strings(not).iter().any(|it| glob(it, resource)),
        };
        if !names(statement, action) || !is_resource {
            continue;
        }
        if let Some(condition) = statement["Condition"].as_object() {
            missing.extend(
                condition
                    .values()
                    .filter_map(Value::as_object)
                    .flat_map(|keys| keys.keys().cloned()),
            );
            continue;
        }
        match statement["Effect"].as_str() {
            Some("Deny") => decision = "explicitDeny",
            _ if decision == "implicitDeny" => decision = "allowed",
            _ => {}
        }
    }
    (decision, missing)
}

/// Whether an Allow statement allows the action, on whatever resource and under whatever condition.
fn allows(policy: &Value, action: &str) -> bool {
    statements(policy)
        .iter()
        .any(|statement| statement["Effect"] == "Allow" && names(statement, action))
}

fn names(statement: &Value, action: &str) -> bool {
    match statement["NotAction"] {
        Value::Null => strings(&statement["Action"]).iter().any(|it| glob(it, action)),
        ref not => !strings(not).iter().any(|it| glob(it, action)),
    }
}

/// Whether all that a statement allows, another one allows: the same resources and conditions, and each of its patterns is below
/// one of the other's.
fn covers(old: &Value, new: &Value) -> bool {
    let same = ["Effect", "Resource", "NotResource", "Condition"]
        .iter()
        .all(|member| old[member] == new[member]);
    let (had, has) = (strings(&old["Action"]), strings(&new["Action"]));
    let (had_not, has_not) = (strings(&old["NotAction"]), strings(&new["NotAction"]));
    let is_below = |pattern: &&str| match old["NotAction"].is_null() {
        true => had.iter().any(|it| glob(it, pattern)),
        false => !had_not.iter().any(|it| glob(it, pattern) || glob(pattern, it)),
    };
    let excludes = |pattern: &&str| has_not.iter().any(|it| glob(it, pattern));
    same && match new["NotAction"].is_null() {
        true => has.iter().all(is_below),
        false if old["NotAction"].is_null() => had.contains(&"*"),
        false => had_not.iter().all(excludes),
    }
}

fn statements(policy: &Value) -> Vec<&Value> {
    match &policy["Statement"] {
        Value::Array(all) => all.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// Whether a pattern matches, in any case. A wildcard in the text is a character like any other.
fn glob(pattern: &str, text: &str) -> bool {
    fn at(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => at(rest, text) || !text.is_empty() && at(pattern, &text[1..]),
            (Some((b'?', rest)), Some((_, more))) => at(rest, more),
            (Some((one, rest)), Some((other, more))) => one.eq_ignore_ascii_case(other) && at(rest, more),
            _ => false,
        }
    }
    at(pattern.as_bytes(), text.as_bytes())
}

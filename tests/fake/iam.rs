//! IAM: the whole of an account, and when its principals last used what.

use jiff::Timestamp;
use leastwise_core::evidence::{LastAccessed, ServiceLastAccessed};
use leastwise_core::inventory::wire::Authorization;

use super::call::{Call, number};
use super::fault::Fault;
use super::iam_xml;
use super::refusal::{Protocol, Refusal};
use super::state::Job;
use super::xml::Xml;

pub(crate) fn answer(call: &Call<'_>) -> Result<String, Refusal> {
    match call.operation.as_str() {
        "GetAccountAuthorizationDetails" => authorization_details(call),
        "GenerateServiceLastAccessedDetails" => generate(call),
        "GetServiceLastAccessedDetails" => last_accessed(call),
        "SimulateCustomPolicy" => super::opinion::answer(call),
        _ => Err(Refusal::UnknownOperation),
    }
}

/// One element of the four lists that share the pages.
#[derive(Clone, Copy)]
enum Entry {
    User(usize),
    Group(usize),
    Role(usize),
    Policy(usize),
}

/// A user, a group, a role, a policy, and again: so that no page holds one kind alone while there are others.
fn entries(all: &Authorization, wants: impl Fn(&str) -> bool) -> Vec<Entry> {
    let counts = [
        if wants("User") {
            all.user_detail_list.len()
        } else {
            0
        },
        if wants("Group") {
            all.group_detail_list.len()
        } else {
            0
        },
        if wants("Role") {
            all.role_detail_list.len()
        } else {
            0
        },
        all.policies.len(),
    ];
    let mut entries = Vec::with_capacity(counts.iter().sum());
    for at in 0..counts.into_iter().max().unwrap_or(0) {
        for (kind, count) in counts.into_iter().enumerate() {
            if at >= count {
                continue;
            }
            let is_aws = |at: usize| all.policies[at].arn.contains(":iam::aws:policy/");
            match kind {
                0 => entries.push(Entry::User(at)),
                1 => entries.push(Entry::Group(at)),
                2 => entries.push(Entry::Role(at)),
                _ if wants(if is_aws(at) {
                    "AWSManagedPolicy"
                } else {
                    "LocalManagedPolicy"
                }) =>
                {
                    entries.push(Entry::Policy(at));
                }
                _ => {}
            }
        }
    }
    entries
}

fn authorization_details(call: &Call<'_>) -> Result<String, Refusal> {
    const KINDS: [&str; 5] = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];
    let books = call.state.world.books(&call.caller.account);
    let Some(all) = &books.authorization else {
        return Err(Refusal::Absent("The account's record".to_owned()));
    };
    let filter: Vec<&str> = call.texts("Filter.member.").collect();
    if filter.iter().any(|kind| !KINDS.contains(kind)) {
        return Err(Refusal::invalid("Filter has a value that is none of the enum"));
    }
    let entries = entries(all, |kind| filter.is_empty() || filter.contains(&kind));
    let page = call.page(entries.len())?;
    let entries = &entries[page.from..page.to];
    Ok(Xml::answer(&call.operation, Protocol::Iam.namespace(), |xml| {
        xml.text("IsTruncated", if page.next.is_some() { "true" } else { "false" });
        let users = entries.iter().filter_map(|entry| match entry {
            Entry::User(at) => Some(&all.user_detail_list[*at]),
            _ => None,
        });
        xml.list("UserDetailList", users, iam_xml::user);
        let groups = entries.iter().filter_map(|entry| match entry {
            Entry::Group(at) => Some(&all.group_detail_list[*at]),
            _ => None,
        });
        xml.list("GroupDetailList", groups, iam_xml::group);
        let roles = entries.iter().filter_map(|entry| match entry {
            Entry::Role(at) => Some(&all.role_detail_list[*at]),
            _ => None,
        });
        xml.list("RoleDetailList", roles, iam_xml::role);
        let policies = entries.iter().filter_map(|entry| match entry {
            Entry::Policy(at) => Some(&all.policies[*at]),
            _ => None,
        });
        xml.list("Policies", policies, iam_xml::policy);
        xml.maybe("Marker", page.next.as_deref());
    }))
}

fn generate(call: &Call<'_>) -> Result<String, Refusal> {
    let arn = call
        .text("Arn")
        .ok_or_else(|| Refusal::invalid("Arn is missing"))?;
    let books = call.state.world.books(&call.caller.account);
    let recorded = recorded(books.last_accessed.as_deref(), arn);
    if let Some(failure) = recorded.and_then(|answer| answer.failure.as_ref())
        && failure.operation == call.operation
    {
        return Err(Refusal::recorded(failure.kind));
    }
    let is_there = books.authorization.as_ref().is_some_and(|all| {
        all.user_detail_list.iter().any(|user| user.arn == arn)
            || all.group_detail_list.iter().any(|group| group.arn == arn)
            || all.role_detail_list.iter().any(|role| role.arn == arn)
            || all.policies.iter().any(|policy| policy.arn == arn)
    });
    if recorded.is_none() && !is_there {
        return Err(Refusal::Absent(format!("ARN {arn}")));
    }
    let id = super::http::uuid(number(call.state));
    let job = Job {
        key: call.caller.key.clone(),
        account: call.caller.account.clone(),
        arn: arn.to_owned(),
        granularity: call.text("Granularity").unwrap_or("SERVICE_LEVEL").to_owned(),
        polls_left: call.state.knobs.polls,
    };
    call.state.jobs.lock().unwrap().insert(id.clone(), job);
    Ok(Xml::answer(&call.operation, Protocol::Iam.namespace(), |xml| {
        xml.text("JobId", &id);
    }))
}

fn recorded<'b>(answers: Option<&'b [LastAccessed]>, arn: &str) -> Option<&'b LastAccessed> {
    answers?.iter().find(|answer| answer.arn == arn)
}

fn last_accessed(call: &Call<'_>) -> Result<String, Refusal> {
    let id = call
        .text("JobId")
        .ok_or_else(|| Refusal::invalid("JobId is missing"))?;
    let now = Timestamp::now().to_string();
    let (arn, granularity) = {
        let mut jobs = call.state.jobs.lock().unwrap();
        // Only the session that made a job may ask for it.
        let job = jobs
            .get_mut(id)
            .filter(|job| job.key == call.caller.key && job.account == call.caller.account);
        let job = job.ok_or_else(|| Refusal::Absent(format!("Job {id}")))?;
        if job.polls_left > 0 {
            job.polls_left -= 1;
            return Ok(Xml::answer(&call.operation, Protocol::Iam.namespace(), |xml| {
                xml.text("JobStatus", "IN_PROGRESS");
                xml.text("JobCreationDate", &now);
                xml.text("IsTruncated", "false");
            }));
        }
        (job.arn.clone(), job.granularity.clone())
    };
    let books = call.state.world.books(&call.caller.account);
    let recorded = recorded(books.last_accessed.as_deref(), &arn);
    if let Some(failure) = recorded.and_then(|answer| answer.failure.as_ref()) {
        return Err(Refusal::recorded(failure.kind));
    }
    let services = recorded
        .map(|answer| answer.services_last_accessed.as_slice())
        .unwrap_or_default();
    let completed = recorded.and_then(|answer| answer.job_completion_date.clone());
    let page = call.page(services.len())?;
    Ok(Xml::answer(&call.operation, Protocol::Iam.namespace(), |xml| {
        xml.text(
            "JobStatus",
            if call.twist == Some(Fault::UnknownEnum) {
                "PAUSED"
            } else {
                "COMPLETED"
            },
        );
        xml.text("JobType", &granularity);
        xml.time("JobCreationDate", Some(completed.as_deref().unwrap_or(&now)));
        xml.list(
            "ServicesLastAccessed",
            &services[page.from..page.to],
            |xml, service| {
                service_row(xml, service, granularity == "ACTION_LEVEL");
            },
        );
        xml.time("JobCompletionDate", Some(completed.as_deref().unwrap_or(&now)));
        xml.text("IsTruncated", if page.next.is_some() { "true" } else { "false" });
        xml.maybe("Marker", page.next.as_deref());
    }))
}

fn service_row(xml: &mut Xml, service: &ServiceLastAccessed, with_actions: bool) {
    xml.text("ServiceName", &service.service_namespace);
    xml.time("LastAuthenticated", service.last_authenticated.as_deref());
    xml.text("ServiceNamespace", &service.service_namespace);
    xml.text(
        "TotalAuthenticatedEntities",
        if service.last_authenticated.is_some() {
            "1"
        } else {
            "0"
        },
    );
    if let Some(actions) = service
        .tracked_actions_last_accessed
        .as_ref()
        .filter(|_| with_actions)
    {
        xml.list("TrackedActionsLastAccessed", actions, |xml, action| {
            xml.text("ActionName", &action.action_name);
            xml.time("LastAccessedTime", action.last_accessed_time.as_deref());
        });
    }
}

//! STS: roles to assume, and who one is.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use super::call::{Call, number};
use super::refusal::{Protocol, Refusal};
use super::state::Session;
use super::xml::Xml;

pub(crate) fn answer(call: &Call<'_>) -> Result<String, Refusal> {
    match call.operation.as_str() {
        "AssumeRole" => assume_role(call),
        "GetCallerIdentity" => Ok(caller_identity(call)),
        _ => Err(Refusal::UnknownOperation),
    }
}

fn assume_role(call: &Call<'_>) -> Result<String, Refusal> {
    let state = call.state;
    let arn = call
        .text("RoleArn")
        .ok_or_else(|| Refusal::invalid("RoleArn is missing"))?;
    let session_name = call
        .text("RoleSessionName")
        .ok_or_else(|| Refusal::invalid("RoleSessionName is missing"))?;
    let mut parts = arn.splitn(6, ':');
    let partition = parts.nth(1).unwrap_or_default();
    let account = parts.nth(2).unwrap_or_default();
    let role = parts.next().and_then(|rest| rest.strip_prefix("role/"));
    let role = role
        .and_then(|path| path.rsplit('/').next())
        .ok_or_else(|| Refusal::invalid("not a role"))?;
    // One answer for all that is wrong: STS does not tell which roles there are.
    let is_open = partition == state.world.partition
        && state
            .world
            .account(account)
            .is_some_and(|account| account.state() == "ACTIVE")
        && state.knobs.role.as_deref().is_none_or(|wanted| wanted == role)
        && (state.knobs.external_id.is_none()
            || state.knobs.external_id.as_deref() == call.text("ExternalId"));
    if !is_open {
        return Err(Refusal::Denied);
    }
    let asked = call.text("DurationSeconds").map_or(Ok(3600), str::parse::<u64>);
    let asked = asked.ok().filter(|seconds| (900..=43200).contains(seconds));
    let asked = Duration::from_secs(asked.ok_or_else(|| Refusal::invalid("DurationSeconds"))?);
    let lasts = state.knobs.session.unwrap_or(asked);
    let until = Timestamp::now() + SignedDuration::try_from(lasts).unwrap();
    let until = until.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let number = number(state);
    let key = format!("ASIA{account}{}", base36(number));
    let user = format!(
        "arn:{}:sts::{account}:assumed-role/{role}/{session_name}",
        state.world.partition
    );
    let session = Session {
        arn: user.clone(),
        until: Instant::now() + lasts,
    };
    state.sessions.lock().unwrap().insert(key.clone(), session);
    Ok(Xml::answer("AssumeRole", Protocol::Sts.namespace(), |xml| {
        xml.nest("AssumedRoleUser", |xml| {
            xml.text("AssumedRoleId", &format!("AROA{account}:{session_name}"));
            xml.text("Arn", &user);
        });
        xml.nest("Credentials", |xml| {
            xml.text("AccessKeyId", &key);
            xml.text("SecretAccessKey", &format!("invented/{number}"));
            xml.text("SessionToken", &format!("invented+{account}/{number}=="));
            xml.text("Expiration", &until);
        });
        xml.text("PackedPolicySize", "0");
    }))
}

fn caller_identity(call: &Call<'_>) -> String {
    let account = &call.caller.account;
    let sessions = call.state.sessions.lock().unwrap();
    let arn = match sessions.get(&call.caller.key) {
        Some(session) => session.arn.clone(),
        None => format!("arn:{}:iam::{account}:user/scanner", call.state.world.partition),
    };
    Xml::answer("GetCallerIdentity", Protocol::Sts.namespace(), |xml| {
        xml.text("Arn", &arn);
        xml.text("UserId", &format!("AIDA{account}"));
        xml.text("Account", account);
    })
}

/// Four characters.
fn base36(number: u64) -> String {
    let digit = |power: u32| {
        char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(number / 36_u64.pow(power) % 36) as usize])
    };
    (0..4).rev().map(digit).collect()
}

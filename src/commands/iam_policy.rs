//! `leastwise iam-policy`: exactly what a scan or a check may call, made from the list of what it can call.

use std::io::{self, Write};

use serde_json::{Map, json};

use crate::cli::{Exit, IamPolicy};
use crate::output::error::RunError;
use leastwise_aws::live::{Operation, Purpose, actions, actions_for};
use leastwise_core::arn::Arn;

pub(super) fn run(args: &IamPolicy) -> Result<Exit, RunError> {
    // arn:aws:iam::<account>:role/...
    let of = |arn: &String| Arn::of(arn).account.to_owned();
    if let (Some(arn), Some(account)) = (&args.caller, &args.trust)
        && of(arn) != *account
    {
        return Err(RunError::OtherCaller {
            arn: arn.clone(),
            account: account.clone(),
        });
    }
    let out = match &args.trust {
        _ if args.check => format!("{:#}\n", check()),
        Some(account) => template(account, args),
        None => format!("{:#}\n", caller(&args.role)),
    };
    let mut stdout = io::stdout().lock();
    stdout.write_all(out.as_bytes())?;
    stdout.flush()?;
    Ok(Exit::Finished)
}

const ENTER: &str = "sts:AssumeRole";

/// The policy for the identity that runs the scan. It can only enter accounts of its own organisation,
/// because a role with that name elsewhere belongs to someone else.
fn caller(role: &str) -> serde_json::Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": actions(|operation| operation.action() != ENTER),
                "Resource": "*",
            },
            {
                "Sid": "EnterMemberAccounts",
                "Effect": "Allow",
                "Action": ENTER,
                "Resource": format!("arn:*:iam::*:role/{role}"),
                "Condition": {"StringEquals": {"aws:ResourceOrgID": "${aws:PrincipalOrgID}"}},
            },
        ],
    })
}

/// The policy for the identity that runs `leastwise check`, which enters no other account.
fn check() -> serde_json::Value {
    let read = json!({
        "Sid": "Check",
        "Effect": "Allow",
        "Action": actions_for(Purpose::Check, |_| true),
        "Resource": "*",
    });
    json!({"Version": "2012-10-17", "Statement": [read]})
}

/// The role of a member account, as CloudFormation for a StackSet.
fn template(account: &str, args: &IamPolicy) -> String {
    let role = args.role.as_str();
    let (path, name) = role
        .rsplit_once('/')
        .map_or(("/".to_owned(), role), |(path, name)| (format!("/{path}/"), name));
    let mut trust = json!({
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": format!("arn:${{AWS::Partition}}:iam::{account}:root")}},
        "Action": ENTER,
    });
    let mut condition = Map::new();
    if let Some(id) = &args.external_id {
        condition.insert("StringEquals".to_owned(), json!({"sts:ExternalId": id}));
    }
    if let Some(arn) = &args.caller {
        condition.insert("ArnEquals".to_owned(), json!({"aws:PrincipalArn": arn}));
    }
    if let Some(statement) = trust.as_object_mut().filter(|_| !condition.is_empty()) {
        statement.insert("Condition".to_owned(), condition.into());
    }
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Read-only role that leastwise uses to scan this account.",
        "Resources": {
            "Reader": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": name,
                    "Path": path,
                    "MaxSessionDuration": 3600,
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                    "Policies": [{
                        "PolicyName": "read",
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [{
                                "Effect": "Allow",
                                "Action": actions(Operation::in_members),
                                "Resource": "*",
                            }],
                        },
                    }],
                },
            },
        },
    });
    format!("{template:#}\n")
}

//! `leastwise iam-policy`: exactly what the scan may call, made from the list of what it can call.

use std::io::{self, Write};

use serde_json::json;

use super::error::RunError;
use crate::aws::live::{OPERATIONS, Operation};
use crate::cli::{Exit, IamPolicy};

pub(super) fn run(args: &IamPolicy) -> Result<Exit, RunError> {
    let out = match &args.trust {
        Some(account) => template(account, &args.role, args.external_id.as_deref()),
        None => format!("{:#}\n", caller(&args.role)),
    };
    let mut stdout = io::stdout().lock();
    stdout.write_all(out.as_bytes())?;
    stdout.flush()?;
    Ok(Exit::Finished)
}

fn actions(of: impl Fn(&&Operation) -> bool) -> Vec<&'static str> {
    let mut actions: Vec<_> = OPERATIONS.iter().filter(of).map(Operation::action).collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

const ENTER: &str = "sts:AssumeRole";

/// The policy of whoever runs the scan.
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
            },
        ],
    })
}

/// The role of a member account, as CloudFormation for a StackSet.
fn template(account: &str, role: &str, external_id: Option<&str>) -> String {
    let (path, name) =
        role.rsplit_once('/').map_or(("/".to_owned(), role), |(path, name)| (format!("/{path}/"), name));
    let mut trust = json!({
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": format!("arn:${{AWS::Partition}}:iam::{account}:root")}},
        "Action": ENTER,
    });
    if let (Some(id), Some(statement)) = (external_id, trust.as_object_mut()) {
        statement.insert("Condition".to_owned(), json!({"StringEquals": {"sts:ExternalId": id}}));
    }
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "A role that leastwise reads an account with. It can change nothing.",
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
                                "Action": actions(|operation| operation.in_members()),
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

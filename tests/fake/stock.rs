//! What invented policies are made of: the actions of everyday services, and statements over them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::OnceLock;

use leastwise_core::catalog::{AccessLevel, Catalog, KnownAction};
use leastwise_core::inventory::wire::PolicyText;

use super::dice::Dice;

/// Services that most accounts use.
const EVERYDAY: [&str; 44] = [
    "s3",
    "ec2",
    "iam",
    "lambda",
    "dynamodb",
    "kms",
    "sqs",
    "sns",
    "logs",
    "cloudwatch",
    "rds",
    "ecs",
    "ecr",
    "eks",
    "cloudformation",
    "ssm",
    "secretsmanager",
    "states",
    "events",
    "glue",
    "athena",
    "kinesis",
    "firehose",
    "route53",
    "elasticloadbalancing",
    "autoscaling",
    "cloudtrail",
    "config",
    "backup",
    "batch",
    "codebuild",
    "codepipeline",
    "sagemaker",
    "redshift",
    "elasticache",
    "elasticfilesystem",
    "sts",
    "cloudfront",
    "cognito-idp",
    "guardduty",
    "securityhub",
    "es",
    "wafv2",
    "acm",
];

/// One service.
pub(crate) struct Ware {
    pub(crate) service: &'static str,
    names: Vec<&'static str>,
    tracked: BTreeSet<&'static str>,
    /// The actions by the first word of their names, where several share it.
    verbs: Vec<(String, Vec<&'static str>)>,
}

/// What a policy grants: by service, the actions whose use IAM records, which are all that a finding can name.
pub(crate) type Grants = BTreeMap<&'static str, Vec<&'static str>>;

/// A document and what it grants.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) document: PolicyText,
    pub(crate) grants: Grants,
}

/// The everyday services, from the catalog inside the library.
pub(crate) fn wares() -> &'static [Ware] {
    static WARES: OnceLock<Vec<Ware>> = OnceLock::new();
    WARES.get_or_init(|| {
        let mut names: BTreeMap<&str, Vec<KnownAction<'_>>> = BTreeMap::new();
        for action in Catalog::embedded().actions() {
            names.entry(action.service).or_default().push(action);
        }
        EVERYDAY
            .iter()
            .filter_map(|service| Some(ware(service, &names.remove(service)?)))
            .collect()
    })
}

fn ware(service: &'static str, actions: &[KnownAction<'static>]) -> Ware {
    let tracked = actions
        .iter()
        .filter(|action| is_tracked(action))
        .map(|action| action.name)
        .collect();
    let names: Vec<&str> = actions.iter().map(|action| action.name).collect();
    let mut verbs: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
    for name in &names {
        let end = name
            .char_indices()
            .skip(1)
            .find(|(_, char)| char.is_uppercase())
            .map(|(at, _)| at);
        verbs
            .entry(&name[..end.unwrap_or(name.len())])
            .or_default()
            .push(name);
    }
    let verbs = verbs.into_iter().filter(|(_, names)| names.len() > 1);
    Ware {
        service,
        names,
        tracked,
        verbs: verbs
            .map(|(verb, names)| (format!("{service}:{verb}*"), names))
            .collect(),
    }
}

/// Whether a finding can name an action: what the catalog says, or where it does not say, what is known of all services.
fn is_tracked(action: &KnownAction<'_>) -> bool {
    action
        .tracked
        .unwrap_or(action.level != AccessLevel::Tagging && action.name != "PassRole")
}

/// A policy over a few services: whole ones, first words with a star, names.
pub(crate) fn policy(dice: &mut Dice, services: usize) -> Made {
    let mut document = String::from(r#"{"Version":"2012-10-17","Statement":["#);
    let mut grants = Grants::new();
    for number in 0..services {
        let ware = dice.pick(wares());
        let mut patterns: Vec<String> = Vec::new();
        let mut granted: Vec<&str> = Vec::new();
        match dice.roll(20) {
            0..3 => {
                patterns.push(format!("{}:*", ware.service));
                granted.extend(&ware.names);
            }
            3..11 if !ware.verbs.is_empty() => {
                let count = dice.between(2, 4);
                for (pattern, names) in dice.some(&ware.verbs, count) {
                    patterns.push(pattern);
                    granted.extend(names);
                }
            }
            _ => {
                let count = dice.between(3, 20);
                for name in dice.some(&ware.names, count) {
                    patterns.push(format!("{}:{name}", ware.service));
                    granted.push(name);
                }
            }
        }
        granted.retain(|name| ware.tracked.contains(name));
        grants.entry(ware.service).or_default().extend(granted);
        if number > 0 {
            document.push(',');
        }
        statement(&mut document, dice, number, ware.service, &patterns);
    }
    if dice.percent(5) {
        document.push_str(
            r#",{"Sid":"NoRoot","Effect":"Deny","Action":["organizations:*","account:*"],"Resource":"*"}"#,
        );
    }
    document.push_str("]}");
    for names in grants.values_mut() {
        names.sort_unstable();
        names.dedup();
    }
    Made {
        document: PolicyText(document),
        grants,
    }
}

fn statement(document: &mut String, dice: &mut Dice, number: usize, service: &str, patterns: &[String]) {
    let action = match patterns {
        [one] => format!("\"{one}\""),
        several => format!("[\"{}\"]", several.join("\",\"")),
    };
    let resource = match dice.roll(3) {
        0 => format!(
            "[\"arn:aws:{service}:*:*:team-{0}\",\"arn:aws:{service}:*:*:team-{0}/*\"]",
            dice.roll(50)
        ),
        _ => "\"*\"".to_owned(),
    };
    let condition = match dice.percent(15) {
        true => r#","Condition":{"StringEquals":{"aws:RequestedRegion":["eu-central-1","us-east-1"]}}"#,
        false => "",
    };
    let _ = write!(
        document,
        r#"{{"Sid":"Part{number}","Effect":"Allow","Action":{action},"Resource":{resource}{condition}}}"#
    );
}

/// Policies of AWS that many principals have, in short.
pub(crate) fn aws_managed() -> &'static [(String, Made)] {
    static POLICIES: OnceLock<Vec<(String, Made)>> = OnceLock::new();
    POLICIES.get_or_init(|| {
        const KNOWN: [(&str, &str, &[&str]); 6] = [
            ("AmazonS3ReadOnlyAccess", "s3", &["Get", "List", "Describe"]),
            ("AmazonEC2ReadOnlyAccess", "ec2", &["Describe", "Get"]),
            ("AWSLambda_FullAccess", "lambda", &[""]),
            ("CloudWatchLogsFullAccess", "logs", &[""]),
            ("AmazonDynamoDBFullAccess", "dynamodb", &[""]),
            ("AmazonSSMReadOnlyAccess", "ssm", &["Describe", "Get", "List"]),
        ];
        KNOWN
            .iter()
            .map(|(name, service, starts)| ((*name).to_owned(), of_aws(service, starts)))
            .collect()
    })
}

fn of_aws(service: &str, starts: &[&str]) -> Made {
    let ware = wares().iter().find(|ware| ware.service == service).unwrap();
    let names = ware
        .names
        .iter()
        .filter(|name| starts.iter().any(|start| name.starts_with(start)));
    let names = names.copied().filter(|name| ware.tracked.contains(name));
    let grants = Grants::from([(ware.service, names.collect())]);
    let patterns: Vec<String> = starts
        .iter()
        .map(|start| format!("\"{service}:{start}*\""))
        .collect();
    let document = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{}],"Resource":"*"}}]}}"#,
        patterns.join(",")
    );
    Made {
        document: PolicyText(document),
        grants,
    }
}

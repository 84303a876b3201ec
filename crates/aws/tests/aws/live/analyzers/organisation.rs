//! An organisation whose accounts have these analyzers.

use super::super::recorded::{Recorded, Reply};
use super::{ADMINISTRATOR, ORGANISATION};

/// An analyzer that somebody has.
#[derive(Clone, Copy)]
pub(super) struct Has {
    pub(super) account: &'static str,
    pub(super) region: &'static str,
    pub(super) kind: &'static str,
    pub(super) is_managed: bool,
}

impl Has {
    pub(super) fn one(account: &'static str, kind: &'static str) -> Self {
        Self {
            account,
            region: "us-east-1",
            kind,
            is_managed: false,
        }
    }

    pub(super) fn managed(self) -> Self {
        Self {
            is_managed: true,
            ..self
        }
    }

    pub(super) fn at(self, region: &'static str) -> Self {
        Self { region, ..self }
    }

    fn name(&self) -> &'static str {
        match (self.is_managed, self.kind) {
            (true, _) => "managed",
            (_, ORGANISATION) => "organisation",
            _ => "own",
        }
    }

    pub(super) fn arn(&self) -> String {
        format!(
            "arn:aws:access-analyzer:{}:{}:analyzer/{}",
            self.region,
            self.account,
            self.name()
        )
    }

    fn told(&self) -> String {
        let managed = if self.is_managed {
            r#""managedBy":"securityhubv2.amazonaws.com","#
        } else {
            ""
        };
        format!(
            r#"{{{managed}"arn":"{}","name":"{}","type":"{}","status":"ACTIVE",
                "createdAt":"2024-01-01T00:00:00Z","configuration":{{"unusedAccess":{{"unusedAccessAge":90}}}}}}"#,
            self.arn(),
            self.name(),
            self.kind
        )
    }
}

/// An organisation whose analyzers are these; the caller's is the management account. There is no last-accessed data.
pub(super) fn with(all: &'static [Has]) -> Recorded {
    let mut aws = Recorded::new();
    aws.options.assume.role.name = "reader".to_owned();
    aws.on("ListAnalyzers", |asked| {
        let mine = all
            .iter()
            .filter(|has| asked.account == has.account && asked.region == has.region);
        let found: Vec<String> = mine.filter(|has| asked.has(has.kind)).map(Has::told).collect();
        Some(Reply::ok(format!(r#"{{"analyzers":[{}]}}"#, found.join(","))))
    });
    aws.on("GetAnalyzer", |asked| {
        let is_it = |has: &&Has| {
            asked.account == has.account
                && asked.region == has.region
                && asked.has(&format!("/analyzer/{}", has.name()))
        };
        let found = all.iter().find(is_it);
        Some(found.map_or_else(
            || Reply::json(404, "ResourceNotFoundException"),
            |has| Reply::ok(format!(r#"{{"analyzer":{}}}"#, has.told())),
        ))
    });
    let administrators = format!(r#"{{"Id":"{ADMINISTRATOR}","State":"ACTIVE"}}"#);
    aws.on("ListDelegatedAdministrators", move |asked| {
        // A page without elements is no end.
        Some(Reply::ok(match asked.has(r#""NextToken":"more""#) {
            false => r#"{"DelegatedAdministrators":[],"NextToken":"more"}"#.to_owned(),
            true => format!(
                r#"{{"DelegatedAdministrators":[{administrators},{{"Id":"444444444444","State":"SUSPENDED"}}]}}"#
            ),
        }))
    });
    aws.always(
        "GenerateServiceLastAccessedDetails",
        Reply::xml(403, "AccessDenied"),
    );
    aws
}

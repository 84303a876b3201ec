//! The IAM action that an event is about. The message of a denial names it; otherwise the name of the event does, for most.

use std::sync::LazyLock;

use super::denial::Told;
use crate::catalog::Catalog;

/// Where events come from behind this.
const SUFFIX: &str = ".amazonaws.com";

/// Event source, event name or its beginning, actions.
static ACTIONS: &str = include_str!("event-actions.tsv");
/// Event source, prefixes of actions.
static SOURCES: &str = include_str!("event-sources.tsv");

/// The actions that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DeniedName {
    /// Service and name, spelled as in the catalog. Several if the event is ambiguous, none if the action is
    /// unknown.
    pub(super) actions: Vec<(String, String)>,
    /// AWS's message names it. Otherwise the event may have needed another permission besides, which was the one denied.
    pub(super) is_named: bool,
}

/// Finds it.
pub(super) fn meant(catalog: &Catalog, source: &str, event: &str, told: &Told<'_>) -> DeniedName {
    if let Some((service, name)) = told.action {
        return DeniedName {
            actions: vec![spelled(catalog, service, name)],
            is_named: true,
        };
    }
    let listed = alias(source, event);
    let actions = match listed {
        Some(actions) => actions,
        None => {
            let known = |service: &str| {
                let names = [event, unversioned(event)];
                names.iter().find_map(|name| catalog.action(service, name))
            };
            let found = prefixes(source).find_map(known);
            found
                .map(|action| (action.service.to_owned(), action.name.to_owned()))
                .into_iter()
                .collect()
        }
    };
    DeniedName {
        actions,
        is_named: false,
    }
}

/// The prefix of the actions of an event source: of data events, by whose service they are.
pub(super) fn service_of(source: &str) -> Option<&str> {
    prefixes(source).next()
}

fn prefixes(source: &str) -> impl Iterator<Item = &str> {
    static READ: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
        let rows = crate::catalog::lines(SOURCES).map(|line| line.split('\t'));
        rows.filter_map(|mut columns| Some((columns.next()?, columns.next()?)))
            .collect()
    });
    let own = source.strip_suffix(SUFFIX).unwrap_or_default();
    let listed = READ
        .iter()
        .find(|(name, _)| *name == own)
        .map(|(_, prefixes)| *prefixes);
    listed
        .unwrap_or(own)
        .split(' ')
        .filter(|prefix| !prefix.is_empty())
}

fn alias(source: &str, event: &str) -> Option<Vec<(String, String)>> {
    static READ: LazyLock<Vec<(&str, &str, &str)>> = LazyLock::new(|| {
        let rows = crate::catalog::lines(ACTIONS).map(|line| line.split('\t'));
        rows.filter_map(|mut columns| Some((columns.next()?, columns.next()?, columns.next()?)))
            .collect()
    });
    let is_meant = |name: &str| match name.strip_suffix('*') {
        Some(begin) => event.starts_with(begin),
        None => event == name,
    };
    let (_, _, actions) = READ
        .iter()
        .find(|(of, name, _)| *of == source && is_meant(name))?;
    let parts = actions.split(' ').filter_map(|action| action.split_once(':'));
    Some(
        parts
            .map(|(service, name)| (service.to_owned(), name.to_owned()))
            .collect(),
    )
}

/// `UpdateFunctionCode` of `UpdateFunctionCode20150331v2`, and of `UpdateDistribution2020_05_31` its name.
fn unversioned(event: &str) -> &str {
    let without_minor = event
        .rsplit_once('v')
        .filter(|(_, minor)| !minor.is_empty() && minor.bytes().all(|byte| byte.is_ascii_digit()));
    let rest = without_minor.map_or(event, |(rest, _)| rest);
    rest.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_')
}

/// As the catalog spells it.
fn spelled(catalog: &Catalog, service: &str, name: &str) -> (String, String) {
    match catalog.action(service, name) {
        Some(action) => (action.service.to_owned(), action.name.to_owned()),
        None => (service.to_ascii_lowercase(), name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{ACTIONS, SOURCES, meant};
    use crate::catalog::{Catalog, lines};
    use crate::trail::denial::Told;

    fn actions(source: &str, event: &str) -> Vec<String> {
        let meant = meant(Catalog::embedded(), source, event, &Told::default());
        meant
            .actions
            .iter()
            .map(|(service, name)| format!("{service}:{name}"))
            .collect()
    }

    #[test]
    fn every_line_of_the_tables_names_actions_that_exist_and_a_public_source() {
        let catalog = Catalog::embedded();
        for line in lines(ACTIONS) {
            let columns: Vec<&str> = line.split('\t').collect();
            assert!(
                columns.len() == 4 && columns.last().is_some_and(|it| it.starts_with("https://")),
                "{line}"
            );
            let named = columns.get(2).copied().unwrap_or_default().split(' ');
            for (service, name) in named.filter_map(|action| action.split_once(':')) {
                assert!(catalog.action(service, name).is_some(), "{line}");
            }
        }
        for line in lines(SOURCES) {
            assert!(
                line.split('\t').count() == 3 && line.contains("\thttps://"),
                "{line}"
            );
        }
    }

    #[test]
    fn an_event_is_its_action_or_an_alias_of_it_or_unknown() {
        assert_eq!(
            actions("ec2.amazonaws.com", "DescribeInstances"),
            ["ec2:DescribeInstances"]
        );
        assert_eq!(actions("s3.amazonaws.com", "ListObjectsV2"), ["s3:ListBucket"]);
        assert_eq!(
            actions("s3.amazonaws.com", "CopyObject"),
            ["s3:PutObject", "s3:GetObject"]
        );
        assert_eq!(
            actions("monitoring.amazonaws.com", "GetMetricData"),
            ["cloudwatch:GetMetricData"]
        );
        assert_eq!(
            actions("lambda.amazonaws.com", "Invoke20150331"),
            ["lambda:InvokeFunction"]
        );
        assert_eq!(
            actions("lambda.amazonaws.com", "UpdateFunctionCode20150331v2"),
            ["lambda:UpdateFunctionCode"]
        );
        assert_eq!(
            actions("autoscaling.amazonaws.com", "RegisterScalableTarget"),
            ["application-autoscaling:RegisterScalableTarget"]
        );
        assert_eq!(actions("s3.amazonaws.com", "NeverHeardOf"), Vec::<String>::new());
        assert_eq!(actions("example.com", "GetObject"), Vec::<String>::new());
    }

    #[test]
    fn the_message_beats_the_name_of_the_event() {
        let told = Told {
            action: Some(("IAM", "passrole")),
            ..Told::default()
        };
        let meant = meant(Catalog::embedded(), "ecs.amazonaws.com", "RunTask", &told);
        assert_eq!(
            (meant.actions, meant.is_named),
            (vec![("iam".to_owned(), "PassRole".to_owned())], true)
        );
    }
}

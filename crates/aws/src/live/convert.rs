//! Converts the SDK's types to the form that the AWS CLI prints, so that a live scan and a scan of its snapshot see
//! the same.

use aws_sdk_accessanalyzer::operation::get_finding_v2::GetFindingV2Output;
use aws_sdk_accessanalyzer::types::{
    AnalyzerConfiguration, AnalyzerSummary, FindingDetails, FindingSummaryV2,
};
use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::operation::get_service_last_accessed_details::GetServiceLastAccessedDetailsOutput;
use aws_sdk_iam::types as iam;
use aws_sdk_organizations::types as organizations;
use aws_smithy_types::DateTime;

use leastwise_core::evidence::{
    AnalysisRule, Analyzer, Configuration, Detail, Exclusion, Finding, LastAccessed, ServiceLastAccessed,
    TrackedAction, Unused, UnusedAccess, UnusedAction, UnusedKey, UnusedPermission,
};
use leastwise_core::inventory::wire::{
    Account, AttachedPolicy, Authorization, Boundary, GroupDetail, InlinePolicy, ManagedPolicyDetail,
    PolicyText, PolicyVersion, RoleDetail, RoleLastUsed, Tag, UserDetail,
};

/// A date in the one form that a captured snapshot has: `2024-06-13T00:00:00Z`, with six digits of a second's fraction
/// if it has one.
fn date(date: &DateTime) -> Option<String> {
    let whole = jiff::Timestamp::from_second(date.secs()).ok()?;
    Some(match date.subsec_nanos() / 1000 {
        0 => whole.to_string(),
        micros => format!("{}.{micros:06}Z", whole.strftime("%Y-%m-%dT%H:%M:%S")),
    })
}

fn optional_date(given: Option<&DateTime>) -> Option<String> {
    given.and_then(date)
}

/// A date that the SDK requires: where the answer has none it puts the beginning of 1970, which no answer means.
fn required_date(given: &DateTime) -> Option<String> {
    if given.secs() == 0 { None } else { date(given) }
}

pub(super) fn account(account: organizations::Account) -> Account {
    Account {
        id: account.id.unwrap_or_default(),
        arn: account.arn.unwrap_or_default(),
        name: account.name.unwrap_or_default(),
        paths: account.paths.unwrap_or_default(),
        state: account.state.map(|state| state.as_str().to_owned()),
        status: account.status.map(|status| status.as_str().to_owned()),
    }
}

pub(super) fn analyzer(analyzer: AnalyzerSummary) -> Analyzer {
    let configuration = analyzer
        .configuration
        .and_then(|configuration| match configuration {
            AnalyzerConfiguration::UnusedAccess(unused) => Some(UnusedAccess {
                unused_access_age: unused.unused_access_age.and_then(|days| u32::try_from(days).ok()),
                analysis_rule: unused.analysis_rule.map(|rule| AnalysisRule {
                    exclusions: (rule.exclusions.unwrap_or_default().into_iter())
                        .map(|exclusion| Exclusion {
                            account_ids: exclusion.account_ids.unwrap_or_default(),
                            resource_tags: (exclusion.resource_tags.unwrap_or_default().into_iter())
                                .map(|tags| tags.into_iter().collect())
                                .collect(),
                        })
                        .collect(),
                }),
            }),
            _ => None,
        });
    Analyzer {
        arn: analyzer.arn,
        name: analyzer.name,
        kind: analyzer.r#type.as_str().to_owned(),
        status: analyzer.status.as_str().to_owned(),
        managed_by: analyzer.managed_by,
        created_at: required_date(&analyzer.created_at),
        last_resource_analyzed_at: optional_date(analyzer.last_resource_analyzed_at.as_ref()),
        configuration: configuration.map(|unused| Configuration {
            unused_access: Some(unused),
        }),
    }
}

pub(super) fn summary(summary: FindingSummaryV2) -> Finding {
    Finding {
        id: summary.id,
        resource: summary.resource.unwrap_or_default(),
        resource_type: summary.resource_type.as_str().to_owned(),
        resource_owner_account: summary.resource_owner_account,
        status: summary.status.as_str().to_owned(),
        finding_type: summary
            .finding_type
            .map(|kind| kind.as_str().to_owned())
            .unwrap_or_default(),
        analyzed_at: required_date(&summary.analyzed_at),
        created_at: required_date(&summary.created_at),
        updated_at: required_date(&summary.updated_at),
        error: summary.error,
        finding_details: None,
        next_token: None,
        failure: None,
    }
}

/// One page of a finding. The SDK gives an answer without details an empty list of them: either is no evidence.
pub(super) fn finding(answer: GetFindingV2Output) -> Finding {
    Finding {
        id: answer.id,
        resource: answer.resource.unwrap_or_default(),
        resource_type: answer.resource_type.as_str().to_owned(),
        resource_owner_account: answer.resource_owner_account,
        status: answer.status.as_str().to_owned(),
        finding_type: answer
            .finding_type
            .map(|kind| kind.as_str().to_owned())
            .unwrap_or_default(),
        analyzed_at: required_date(&answer.analyzed_at),
        created_at: required_date(&answer.created_at),
        updated_at: required_date(&answer.updated_at),
        error: answer.error,
        finding_details: Some(answer.finding_details.into_iter().map(detail).collect()),
        next_token: None,
        failure: None,
    }
}

fn detail(detail: FindingDetails) -> Detail {
    let unused = |last: Option<DateTime>| Unused {
        last_accessed: optional_date(last.as_ref()),
    };
    match detail {
        FindingDetails::UnusedPermissionDetails(service) => Detail {
            unused_permission_details: Some(UnusedPermission {
                service_namespace: service.service_namespace,
                last_accessed: optional_date(service.last_accessed.as_ref()),
                actions: service.actions.map(|actions| {
                    let action = |action: aws_sdk_accessanalyzer::types::UnusedAction| UnusedAction {
                        last_accessed: optional_date(action.last_accessed.as_ref()),
                        action: action.action,
                    };
                    actions.into_iter().map(action).collect()
                }),
            }),
            ..Detail::default()
        },
        FindingDetails::UnusedIamRoleDetails(role) => Detail {
            unused_iam_role_details: Some(unused(role.last_accessed)),
            ..Detail::default()
        },
        FindingDetails::UnusedIamUserAccessKeyDetails(key) => Detail {
            unused_iam_user_access_key_details: Some(UnusedKey {
                access_key_id: key.access_key_id,
                last_accessed: optional_date(key.last_accessed.as_ref()),
            }),
            ..Detail::default()
        },
        FindingDetails::UnusedIamUserPasswordDetails(password) => Detail {
            unused_iam_user_password_details: Some(unused(password.last_accessed)),
            ..Detail::default()
        },
        // A kind that says nothing of unused access, or that this version does not know: not evidence, and not nothing.
        _ => Detail::default(),
    }
}

pub(super) fn add_services(to: &mut LastAccessed, page: GetServiceLastAccessedDetailsOutput) {
    to.job_status = Some(page.job_status.as_str().to_owned());
    to.job_type = page.job_type.map(|kind| kind.as_str().to_owned());
    to.job_completion_date = required_date(&page.job_completion_date);
    to.services_last_accessed
        .extend(
            page.services_last_accessed
                .into_iter()
                .map(|service| ServiceLastAccessed {
                    last_authenticated: optional_date(service.last_authenticated.as_ref()),
                    service_namespace: service.service_namespace,
                    tracked_actions_last_accessed: service.tracked_actions_last_accessed.map(|actions| {
                        let action = |action: iam::TrackedActionLastAccessed| TrackedAction {
                            last_accessed_time: optional_date(action.last_accessed_time.as_ref()),
                            action_name: action.action_name.unwrap_or_default(),
                        };
                        actions.into_iter().map(action).collect()
                    }),
                }),
        );
}

/// Adds one page to the earlier ones. Returns `None` if an item has no name or ARN and so cannot be
/// identified.
pub(super) fn add_page(all: &mut Authorization, page: GetAccountAuthorizationDetailsOutput) -> Option<()> {
    for found in page.user_detail_list.unwrap_or_default() {
        all.user_detail_list.push(user(found)?);
    }
    for found in page.group_detail_list.unwrap_or_default() {
        all.group_detail_list.push(group(found)?);
    }
    for found in page.role_detail_list.unwrap_or_default() {
        all.role_detail_list.push(role(found)?);
    }
    for found in page.policies.unwrap_or_default() {
        all.policies.push(policy(found)?);
    }
    Some(())
}

fn user(user: iam::UserDetail) -> Option<UserDetail> {
    Some(UserDetail {
        path: path(user.path),
        user_name: user.user_name?,
        arn: user.arn?,
        create_date: optional_date(user.create_date.as_ref()),
        user_policy_list: inline(user.user_policy_list),
        group_list: user.group_list.unwrap_or_default(),
        attached_managed_policies: attached(user.attached_managed_policies)?,
        permissions_boundary: boundary(user.permissions_boundary),
        tags: tags(user.tags),
    })
}

fn group(group: iam::GroupDetail) -> Option<GroupDetail> {
    Some(GroupDetail {
        path: path(group.path),
        group_name: group.group_name?,
        arn: group.arn?,
        create_date: optional_date(group.create_date.as_ref()),
        group_policy_list: inline(group.group_policy_list),
        attached_managed_policies: attached(group.attached_managed_policies)?,
    })
}

fn role(role: iam::RoleDetail) -> Option<RoleDetail> {
    Some(RoleDetail {
        path: path(role.path),
        role_name: role.role_name?,
        arn: role.arn?,
        create_date: optional_date(role.create_date.as_ref()),
        assume_role_policy_document: role
            .assume_role_policy_document
            .as_deref()
            .map(PolicyText::decoded),
        role_policy_list: inline(role.role_policy_list),
        attached_managed_policies: attached(role.attached_managed_policies)?,
        permissions_boundary: boundary(role.permissions_boundary),
        tags: tags(role.tags),
        role_last_used: role.role_last_used.map(|used| RoleLastUsed {
            last_used_date: optional_date(used.last_used_date.as_ref()),
            region: used.region,
        }),
    })
}

fn policy(policy: iam::ManagedPolicyDetail) -> Option<ManagedPolicyDetail> {
    let versions = policy
        .policy_version_list
        .unwrap_or_default()
        .into_iter()
        .map(|version| PolicyVersion {
            document: version.document.as_deref().map(PolicyText::decoded),
            version_id: version.version_id,
            is_default_version: version.is_default_version,
            create_date: optional_date(version.create_date.as_ref()),
        });
    Some(ManagedPolicyDetail {
        // Some emulators omit the name; the ARN contains it.
        policy_name: policy.policy_name.unwrap_or_default(),
        arn: policy.arn?,
        default_version_id: policy.default_version_id,
        attachment_count: policy
            .attachment_count
            .and_then(|count| u32::try_from(count).ok()),
        permissions_boundary_usage_count: (policy.permissions_boundary_usage_count)
            .and_then(|count| u32::try_from(count).ok()),
        create_date: optional_date(policy.create_date.as_ref()),
        update_date: optional_date(policy.update_date.as_ref()),
        policy_version_list: versions.collect(),
        tags: Vec::new(),
    })
}

fn path(path: Option<String>) -> String {
    path.unwrap_or_else(|| "/".to_owned())
}

fn inline(policies: Option<Vec<iam::PolicyDetail>>) -> Vec<InlinePolicy> {
    let policy = |policy: iam::PolicyDetail| InlinePolicy {
        policy_name: policy.policy_name.unwrap_or_default(),
        policy_document: PolicyText::decoded(&policy.policy_document.unwrap_or_default()),
    };
    policies.unwrap_or_default().into_iter().map(policy).collect()
}

fn attached(policies: Option<Vec<iam::AttachedPolicy>>) -> Option<Vec<AttachedPolicy>> {
    let policy = |policy: iam::AttachedPolicy| {
        Some(AttachedPolicy {
            policy_name: policy.policy_name.unwrap_or_default(),
            policy_arn: policy.policy_arn?,
        })
    };
    policies.unwrap_or_default().into_iter().map(policy).collect()
}

fn boundary(boundary: Option<iam::AttachedPermissionsBoundary>) -> Option<Boundary> {
    let boundary = boundary?;
    Some(Boundary {
        permissions_boundary_type: boundary
            .permissions_boundary_type
            .map(|kind| kind.as_str().to_owned()),
        permissions_boundary_arn: boundary.permissions_boundary_arn?,
    })
}

fn tags(tags: Option<Vec<iam::Tag>>) -> Vec<Tag> {
    let tag = |tag: iam::Tag| Tag {
        key: tag.key,
        value: tag.value,
    };
    tags.unwrap_or_default().into_iter().map(tag).collect()
}

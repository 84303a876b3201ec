//! Principals and policies in IAM's XML.

use leastwise_core::inventory::wire::{
    AttachedPolicy, Boundary, GroupDetail, InlinePolicy, ManagedPolicyDetail, RoleDetail, Tag, UserDetail,
};

use super::xml::Xml;

pub(crate) fn user(xml: &mut Xml, user: &UserDetail) {
    xml.text("Path", &user.path);
    xml.text("UserName", &user.user_name);
    xml.text("UserId", &id("AIDA", &user.arn));
    xml.text("Arn", &user.arn);
    xml.time("CreateDate", user.create_date.as_deref());
    inline(xml, "UserPolicyList", &user.user_policy_list);
    xml.list("GroupList", &user.group_list, |xml, group| xml.plain(group));
    attached(xml, &user.attached_managed_policies);
    boundary(xml, user.permissions_boundary.as_ref());
    tags(xml, &user.tags);
}

pub(crate) fn group(xml: &mut Xml, group: &GroupDetail) {
    xml.text("Path", &group.path);
    xml.text("GroupName", &group.group_name);
    xml.text("GroupId", &id("AGPA", &group.arn));
    xml.text("Arn", &group.arn);
    xml.time("CreateDate", group.create_date.as_deref());
    inline(xml, "GroupPolicyList", &group.group_policy_list);
    attached(xml, &group.attached_managed_policies);
}

pub(crate) fn role(xml: &mut Xml, role: &RoleDetail) {
    xml.text("Path", &role.path);
    xml.text("RoleName", &role.role_name);
    xml.text("RoleId", &id("AROA", &role.arn));
    xml.text("Arn", &role.arn);
    xml.time("CreateDate", role.create_date.as_deref());
    if let Some(document) = &role.assume_role_policy_document {
        xml.document("AssumeRolePolicyDocument", &document.0);
    }
    xml.nest("InstanceProfileList", |_| {});
    inline(xml, "RolePolicyList", &role.role_policy_list);
    attached(xml, &role.attached_managed_policies);
    boundary(xml, role.permissions_boundary.as_ref());
    tags(xml, &role.tags);
    if let Some(used) = &role.role_last_used {
        xml.nest("RoleLastUsed", |xml| {
            xml.time("LastUsedDate", used.last_used_date.as_deref());
            xml.maybe("Region", used.region.as_deref());
        });
    }
}

pub(crate) fn policy(xml: &mut Xml, policy: &ManagedPolicyDetail) {
    xml.text("PolicyName", policy.name());
    xml.text("PolicyId", &id("ANPA", &policy.arn));
    xml.text("Arn", &policy.arn);
    xml.text("Path", "/");
    xml.maybe("DefaultVersionId", policy.default_version_id.as_deref());
    let count = |count: Option<u32>| count.map(|count| count.to_string());
    xml.maybe("AttachmentCount", count(policy.attachment_count).as_deref());
    xml.maybe(
        "PermissionsBoundaryUsageCount",
        count(policy.permissions_boundary_usage_count).as_deref(),
    );
    xml.text("IsAttachable", "true");
    xml.time("UpdateDate", policy.update_date.as_deref());
    xml.list(
        "PolicyVersionList",
        &policy.policy_version_list,
        |xml, version| {
            if let Some(document) = &version.document {
                xml.document("Document", &document.0);
            }
            xml.maybe("VersionId", version.version_id.as_deref());
            xml.text(
                "IsDefaultVersion",
                if version.is_default_version {
                    "true"
                } else {
                    "false"
                },
            );
            xml.time("CreateDate", version.create_date.as_deref());
        },
    );
}

fn inline(xml: &mut Xml, name: &str, policies: &[InlinePolicy]) {
    xml.list(name, policies, |xml, policy| {
        xml.text("PolicyName", &policy.policy_name);
        xml.document("PolicyDocument", &policy.policy_document.0);
    });
}

fn attached(xml: &mut Xml, policies: &[AttachedPolicy]) {
    xml.list("AttachedManagedPolicies", policies, |xml, policy| {
        xml.text("PolicyName", &policy.policy_name);
        xml.text("PolicyArn", &policy.policy_arn);
    });
}

fn boundary(xml: &mut Xml, boundary: Option<&Boundary>) {
    if let Some(boundary) = boundary {
        xml.nest("PermissionsBoundary", |xml| {
            xml.maybe(
                "PermissionsBoundaryType",
                boundary.permissions_boundary_type.as_deref(),
            );
            xml.text("PermissionsBoundaryArn", &boundary.permissions_boundary_arn);
        });
    }
}

fn tags(xml: &mut Xml, tags: &[Tag]) {
    xml.list("Tags", tags, |xml, tag| {
        xml.text("Key", &tag.key);
        xml.text("Value", &tag.value);
    });
}

/// An id as IAM makes them, the same one for the same ARN.
fn id(prefix: &str, arn: &str) -> String {
    let hash = arn.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    format!("{prefix}{hash:016X}0")
}

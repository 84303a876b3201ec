"""From an organisation to the answers of AWS, which are the files of a snapshot, and to its tables in README.md."""

import fnmatch
import json
import pathlib
import re
import uuid
import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aws import AWS_MANAGED, TRACKED
from model import NEVER

CATALOG = pathlib.Path(__file__).parent.parent / "crates" / "core" / "catalog" / "catalog.txt"

CAPTURED = "2026-11-01T02:00:00Z"
ANALYZED = "2026-10-31T07:25:34Z"
WINDOW = 90  # days, so what was last used before 2026-08-02 is unused


@dataclass
class Organisation:
    folder: str
    root: str
    accounts: list
    analyzer: dict
    principals: list
    groups: list = field(default_factory=list)
    managed: list = field(default_factory=list)
    failures: dict = field(default_factory=dict)

    def policy_arn(self, account, name):
        """The ARN of the account's own policy of that name, else of the AWS managed one."""
        for own in self.managed:
            if (own.account, own.name) == (account, name):
                return f"arn:aws:iam::{account}:policy{own.path}{name}"
        return f"arn:aws:iam::aws:policy{AWS_MANAGED[name][0]}{name}"

    def policy_document(self, account, name):
        for own in self.managed:
            if (own.account, own.name) == (account, name):
                return own.document
        return AWS_MANAGED[name][1]

    def documents(self, principal):
        """All policies that apply to a principal: its own and those of its groups."""
        holders = [principal] + [
            group
            for group in self.groups
            if group.account == principal.account and group.name in getattr(principal, "groups", [])
        ]
        for holder in holders:
            yield from holder.inline.values()
            yield from (self.policy_document(principal.account, name) for name in holder.attached)


def read_catalog():
    """All actions of the catalog, by service."""
    blocks = CATALOG.read_text().rstrip("\n").split("\n\n")[1:]
    return {block.split("\n")[0]: [line[2:] for line in block.split("\n")[1:]] for block in blocks}


KNOWN = read_catalog()


def as_list(value):
    return value if isinstance(value, list) else [value]


def matches(name, patterns):
    """Whether one of the patterns matches, ignoring case."""
    return any(re.match(fnmatch.translate(pattern), name, re.IGNORECASE) for pattern in patterns)


def granted(documents):
    """What the Allow statements of documents grant, by service. The analyzer ignores Deny, so this does too."""
    found = {}
    for document in documents:
        for one in as_list(document["Statement"]):
            if one["Effect"] != "Allow":
                continue
            by_service = {}
            for pattern in as_list(one.get("Action", one.get("NotAction"))):
                prefix, _, name = pattern.partition(":")
                by_service.setdefault(prefix.lower(), []).append(name or "*")
            if "NotAction" in one:
                for prefix, names in KNOWN.items():
                    left = [name for name in names if not matches(name, by_service.get(prefix, []))]
                    if left:
                        found.setdefault(prefix, set()).update(left)
                continue
            if "*" in by_service:
                by_service = {prefix: ["*"] for prefix in KNOWN}
            for prefix, patterns in by_service.items():
                # Actions that the catalog lacks count when they are written in full.
                literal = [name for name in patterns if "*" not in name and "?" not in name]
                known = {name.lower() for name in KNOWN.get(prefix, [])}
                extra = [name for name in literal if name.lower() not in known]
                reached = [name for name in KNOWN.get(prefix, []) if matches(name, patterns)]
                if reached or extra or prefix not in KNOWN:
                    found.setdefault(prefix, set()).update(reached + extra)
    return found


def is_tracked(prefix, name):
    recorded, but_not = TRACKED.get(prefix, ("", ""))
    return matches(name, recorded.split()) and not matches(name, but_not.split())


def dice(*words):
    """A number that looks random and is always the same for the same words."""
    return zlib.crc32(" ".join(words).encode())


def hexadecimal(text, digits):
    return "".join(f"{dice(text, str(part)):08x}" for part in range((digits + 7) // 8))[:digits]


def date(first_day, days, *words):
    """A date within `days` days of the first."""
    later = timedelta(days=dice(*words) % days, seconds=dice("seconds", *words) % 86_400)
    made = datetime.fromisoformat(first_day) + later
    return made.strftime("%Y-%m-%dT%H:%M:%SZ")


def within_window(*words):
    return date("2026-08-05", 86, "used", *words)


def before_window(*words):
    return date("2025-11-01", 260, "unused", *words)


def long_ago(*words):
    return date("2023-01-01", 900, "made", *words)


def arn_of(principal):
    return f"arn:aws:iam::{principal.account}:{principal.kind}{principal.path}{principal.name}"


def unused_permissions(organisation, principal):
    """The details of a finding of unused permissions: one element for each service."""
    arn, details = arn_of(principal), []
    grants = granted(organisation.documents(principal))
    for prefix, patterns in principal.uses.items():
        for pattern in patterns:
            reached = [name for name in grants.get(prefix, ()) if matches(name, [pattern])]
            assert reached or pattern == "*", f"{principal.name} uses {prefix}:{pattern} and is not granted it"
    for prefix in sorted(grants):
        told = principal.also_unused.get(prefix)
        if prefix not in principal.uses and not told:
            # The whole service is unused: an entry without actions.
            detail = {"serviceNamespace": prefix}
            if dice("ever", arn, prefix) % 3 == 0:
                detail["lastAccessed"] = before_window(arn, prefix)
            details.append({"unusedPermissionDetails": detail})
            continue
        used = principal.uses.get(prefix, [])
        names = [
            name
            for name in KNOWN.get(prefix, [])
            if name in grants[prefix] and is_tracked(prefix, name) and not matches(name, used)
        ]
        names += told or []
        if not names:
            continue
        actions = []
        for name in names:
            action = {"action": name}
            if dice("ever", arn, prefix, name) % 7 == 0:
                action["lastAccessed"] = before_window(arn, prefix, name)
            actions.append(action)
        last = principal.stale.get(prefix) or within_window(arn, prefix)
        details.append(
            {"unusedPermissionDetails": {"serviceNamespace": prefix, "lastAccessed": last, "actions": actions}}
        )
    return details


def last_accessed(when):
    return {} if when == NEVER else {"lastAccessed": when}


def findings_of(organisation, principal):
    """All findings about a principal, in the order of the fields they come from."""
    arn, made = arn_of(principal), []

    def finding(kind, details=None, error=None, failure=None, status="ACTIVE"):
        number = sum(1 for other in made if other["findingType"] == kind)
        first_seen = date("2026-08-10", 60, "finding", arn, kind, str(number))
        one = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{arn} {kind} {number}")),
            "resource": arn,
            "resourceType": f"AWS::IAM::{principal.kind.capitalize()}",
            "resourceOwnerAccount": principal.account,
            "status": status,
            "findingType": kind,
            "analyzedAt": ANALYZED,
            "createdAt": first_seen,
            "updatedAt": date("2026-10-12", 19, "updated", arn, kind, str(number)),
        }
        one |= {"error": error} if error else {}
        # What was read has a list, of an error finding an empty one.
        details = [] if error and details is None else details
        one |= {"findingDetails": details} if details is not None else {}
        one |= {"failure": failure} if failure else {}
        made.append(one)

    if principal.idle:
        finding("UnusedIAMRole", [{"unusedIamRoleDetails": last_accessed(principal.idle)}])
    if principal.uses is not None:
        details = unused_permissions(organisation, principal)
        assert details or principal.idle, f"{principal.name} uses all that it has: leave `uses` out"
        halves = [details[:1], details[1:]] if principal.in_two else [details]
        for half in halves:
            finding("UnusedPermission", half)
    if principal.keys:
        details = [{"accessKeyId": key} | last_accessed(when) for key, when in principal.keys]
        finding("UnusedIAMUserAccessKey", [{"unusedIamUserAccessKeyDetails": detail} for detail in details])
    if principal.password:
        finding("UnusedIAMUserPassword", [{"unusedIamUserPasswordDetails": last_accessed(principal.password)}])
    if principal.error:
        finding("UnusedPermission", error=principal.error)
    if principal.archived:
        finding("UnusedPermission", status="ARCHIVED")
    if principal.failure:
        finding("UnusedPermission", failure=principal.failure)
    return made


def length(document):
    """The length as IAM counts it: without white space."""
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


def inline_policies(holder, quota):
    total = sum(length(document) for document in holder.inline.values())
    assert total <= quota, f"{holder.name}: {total} characters of inline policies, and the quota is {quota}"
    return [{"PolicyName": name, "PolicyDocument": document} for name, document in holder.inline.items()]


def attached_policies(organisation, holder):
    return [
        {"PolicyName": name, "PolicyArn": organisation.policy_arn(holder.account, name)} for name in holder.attached
    ]


def boundary_and_tags(organisation, principal):
    made = {}
    if principal.boundary:
        made["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": organisation.policy_arn(principal.account, principal.boundary),
        }
    made["Tags"] = [{"Key": key, "Value": value} for key, value in principal.tags.items()]
    return made


def user_detail(organisation, user):
    return {
        "Path": user.path,
        "UserName": user.name,
        "Arn": arn_of(user),
        "CreateDate": user.created or long_ago(user.account, user.name),
        "UserPolicyList": inline_policies(user, 2_048),
        "GroupList": user.groups,
        "AttachedManagedPolicies": attached_policies(organisation, user),
    } | boundary_and_tags(organisation, user)


def group_detail(organisation, group):
    return {
        "Path": "/",
        "GroupName": group.name,
        "Arn": f"arn:aws:iam::{group.account}:group/{group.name}",
        "CreateDate": long_ago(group.account, group.name),
        "GroupPolicyList": inline_policies(group, 5_120),
        "AttachedManagedPolicies": attached_policies(organisation, group),
    }


def role_detail(organisation, role):
    last = role.idle or date("2026-10-06", 25, "last", role.account, role.name)
    return (
        {
            "Path": role.path,
            "RoleName": role.name,
            "Arn": arn_of(role),
            "CreateDate": role.created or long_ago(role.account, role.name),
            "AssumeRolePolicyDocument": role.trust,
            "RolePolicyList": inline_policies(role, 10_240),
            "AttachedManagedPolicies": attached_policies(organisation, role),
        }
        | boundary_and_tags(organisation, role)
        | {"RoleLastUsed": {} if last == NEVER else {"LastUsedDate": last, "Region": "us-east-1"}}
    )


def managed_detail(organisation, account, arn, name, documents, updated):
    """A managed policy; its versions newest first, as IAM lists them."""
    assert length(documents[-1]) <= 6_144, f"{name}: {length(documents[-1])} characters"
    principals = [one for one in organisation.principals if one.account == account]
    holders = principals + [group for group in organisation.groups if group.account == account]
    newest = f"v{len(documents)}"
    dates = [date(f"202{number}-03-01", 300, "version", account, name) for number in range(6 - len(documents), 6)]
    dates[-1] = updated or dates[-1]
    versions = [
        {
            "Document": document,
            "VersionId": f"v{number}",
            "IsDefaultVersion": f"v{number}" == newest,
            "CreateDate": dates[number - 1],
        }
        for number, document in enumerate(documents, 1)
    ]
    return {
        "PolicyName": name,
        "Arn": arn,
        "DefaultVersionId": newest,
        "AttachmentCount": sum(name in holder.attached for holder in holders),
        "PermissionsBoundaryUsageCount": sum(one.boundary == name for one in principals),
        "UpdateDate": dates[-1],
        "PolicyVersionList": versions[::-1],
    }


def authorization(organisation, account):
    def of(kind, everything):
        return [one for one in everything if one.account == account and getattr(one, "kind", kind) == kind]

    roles, users = of("role", organisation.principals), of("user", organisation.principals)
    groups = of("group", organisation.groups)
    own = of("policy", organisation.managed)
    attached = {name for holder in roles + users + groups for name in holder.attached}
    policies = [
        managed_detail(
            organisation,
            account,
            organisation.policy_arn(account, one.name),
            one.name,
            [*one.older, one.document],
            one.updated,
        )
        for one in own
    ]
    for name in sorted(attached - {one.name for one in own}):
        arn, document = organisation.policy_arn(account, name), AWS_MANAGED[name][1]
        policies.append(managed_detail(organisation, "aws", arn, name, [document], ""))
        # AWS managed policies are the same everywhere, but attachments are counted by account.
        policies[-1]["AttachmentCount"] = sum(name in holder.attached for holder in roles + users + groups)
    return {
        "UserDetailList": [user_detail(organisation, user) for user in users],
        "GroupDetailList": [group_detail(organisation, group) for group in groups],
        "RoleDetailList": [role_detail(organisation, role) for role in roles],
        "Policies": policies,
    }


def ou_path(root, units, account):
    organisation, top = root.split("/")
    made = [organisation, top] + [
        f"ou-{top[2:]}-{unit:0<8}".replace("-prod", "prod0").replace("-dev", "dev00") for unit in units
    ]
    return "/".join([*made, account]) + "/"


def about(organisation):
    """The files that describe a snapshot and its accounts: name -> content."""
    top = organisation.root.split("/")[0]
    management = organisation.accounts[0][0]
    return {
        "snapshot.json": {"format": 1, "capturedAt": CAPTURED, "partition": "aws"},
        "accounts.json": {
            "Accounts": [
                {
                    "Id": account,
                    "Arn": f"arn:aws:organizations::{management}:account/{top}/{account}",
                    "Name": name,
                    "Paths": [ou_path(organisation.root, units, account)],
                    "State": state,
                }
                for account, name, units, state, _ in organisation.accounts
            ]
        },
    }


def snapshot(organisation):
    """The files of a snapshot: name -> content."""
    files = about(organisation)
    files["analyzers.json"] = [{"analyzer": organisation.analyzer}]
    for account, _, _, state, _ in organisation.accounts:
        folder, failure = f"accounts/{account}", organisation.failures.get(account)
        if state != "ACTIVE":
            continue
        if failure:
            files[f"{folder}/error.json"] = failure
            if failure["operation"] == "GetAccountAuthorizationDetails":
                continue
        files[f"{folder}/authorization.json"] = authorization(organisation, account)
        if not failure:
            here = [one for one in organisation.principals if one.account == account]
            # In the order in which `capture` writes them.
            files[f"{folder}/findings.json"] = sorted(
                (finding for principal in here for finding in findings_of(organisation, principal)),
                key=lambda finding: (finding["resource"], finding["findingType"], finding["id"]),
            )
    return files


def code(*names):
    return ", ".join(f"`{name}`" for name in names)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def page(organisation, sections=()):
    """The tables of one snapshot, with these sections first. Principals with the same name and description share a row."""
    names = {account: name for account, name, *_ in organisation.accounts}
    lines = [f"## mocks/{organisation.folder}", ""]
    rows = [
        (shows, code(account), code(name), "/".join(units) or "root", state)
        for account, name, units, state, shows in organisation.accounts
    ]
    lines += table(("What it shows", "Account", "Name", "Unit", "State"), rows)
    order = {section: place for place, section in enumerate(sections)}
    there = dict.fromkeys(one.section for one in organisation.principals)
    for section in sorted(there, key=lambda it: order.get(it, len(order))):
        rows = {}
        for one in organisation.principals:
            if one.section == section:
                key = (one.shows, one.name, (*one.inline, *one.attached))
                rows.setdefault(key, []).append(names[one.account])
        lines += [f"### {section}", ""]
        rows = [
            (shows, code(*accounts), code(name), code(*policies) or "none")
            for (shows, name, policies), accounts in rows.items()
        ]
        lines += table(("What it shows", "Account", "Principal", "Policies"), rows)
    groups = [
        (one.shows, code(names[one.account]), code(one.name), code(*one.inline, *one.attached))
        for one in organisation.groups
    ]
    if groups:
        lines += ["### Groups", "", *table(("What it shows", "Account", "Group", "Policies"), groups)]
    policies = [(one.shows, code(names[one.account]), code(one.name)) for one in organisation.managed if one.shows]
    if policies:
        lines += ["### Customer-managed policies", "", *table(("What it shows", "Account", "Policy"), policies)]
    return lines

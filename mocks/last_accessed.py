"""The organisation Fabrikam, whose evidence is last-accessed data: mocks/fabrikam and its tables in mocks/README.md.

generate.py writes the files; this one describes their content. Each example lists what IAM reports about it: the
services `seen` in use and those `never` used within the window, with the actions that IAM tracks. A real response has
a row for every service that the policies grant; these have only the rows that matter. A service without a row is
unknown, so its permissions are kept.

The third account has findings of IAM Access Analyzer instead, for cases that only an analyzer produces.
"""

import uuid
from dataclasses import dataclass, field

import answers
from answers import Organisation, arn_of
from model import NEVER, Group, Managed, Role, User, account_root, allow, policy, saml, service

COMPLETED = "2026-11-01T01:40:00Z"  # when the last-accessed jobs ended
YESTERDAY = "2026-10-31T14:20:09Z"
LAST_WEEK = "2026-10-26T15:32:08Z"
LAST_WINTER = "2026-02-11T08:05:44Z"  # before the window
ANALYZED = "2026-10-31T07:25:34Z"
WEEKS_AGO = "2026-10-09T07:25:34Z"


def seen(prefix, used="", unused="", when=YESTERDAY):
    """A service in use, with its used and unused tracked actions."""
    tracked = {name: {"LastAccessedTime": when} for name in used.split()} | {name: {} for name in unused.split()}
    return row(prefix, {"LastAuthenticated": when}, tracked)


def never(prefix, unused="", last=NEVER):
    """A service not used within the window, with its tracked actions."""
    return row(prefix, {} if last == NEVER else {"LastAuthenticated": last}, {name: {} for name in unused.split()})


def row(prefix, last, tracked):
    actions = [{"ActionName": name} | tracked[name] for name in sorted(tracked)]
    return {"ServiceNamespace": prefix} | last | ({"TrackedActionsLastAccessed": actions} if actions else {})


@dataclass
class Finding:
    kind: str
    details: list
    created: str
    analyzed: str = ANALYZED


@dataclass
class Evidence:
    """What AWS says about the use of a principal."""

    rows: list = None  # of last-accessed data
    job: dict = field(default_factory=dict)  # response fields that differ from the default
    findings: list = field(default_factory=list)
    last_used: str = YESTERDAY  # RoleLastUsed, or NEVER
    region: str = "eu-central-1"  # where that was


@dataclass
class ExampleRole(Evidence, Role):
    pass


@dataclass
class ExampleUser(Evidence, User):
    pass


@dataclass
class Policy(Managed):
    dates: tuple = ("2025-03-18T10:41:27Z",)  # when each version was made, the oldest first


# ---------------------------------------------------------------------------------------------------------------------
# The organisation
# ---------------------------------------------------------------------------------------------------------------------

PLATFORM = "121212121212"
RETAIL = "343434343434"
PAYROLL = "565656565656"

ROOT = "o-fabrikamexample/r-fabr"
ACCOUNTS = [
    (
        PLATFORM,
        "fabrikam-platform",
        [],
        "ACTIVE",
        "the management account; last-accessed data, gaps in the catalog, rarely used access",
    ),
    (
        RETAIL,
        "fabrikam-retail",
        ["workloads"],
        "ACTIVE",
        "last-accessed data with gaps, young grants, shared policies",
    ),
    (
        PAYROLL,
        "fabrikam-payroll",
        ["workloads"],
        "ACTIVE",
        "analyzer findings; of its two analyzers, the one with the longer window counts",
    ),
]

# Both cover fabrikam-payroll; the longer window wins. The organisation's analyzer excludes the other accounts.
ANALYZERS = [
    {
        "arn": f"arn:aws:access-analyzer:eu-central-1:{PLATFORM}:analyzer/fabrikam-organization-90-days",
        "name": "fabrikam-organization-90-days",
        "type": "ORGANIZATION_UNUSED_ACCESS",
        "status": "ACTIVE",
        "createdAt": "2025-05-06T09:12:40Z",
        "lastResourceAnalyzedAt": "2026-10-31T07:31:02Z",
        "configuration": {
            "unusedAccess": {
                "unusedAccessAge": 90,
                "analysisRule": {"exclusions": [{"accountIds": [PLATFORM, RETAIL]}]},
            }
        },
    },
    {
        "arn": f"arn:aws:access-analyzer:eu-central-1:{PAYROLL}:analyzer/payroll-180-days",
        "name": "payroll-180-days",
        "type": "ACCOUNT_UNUSED_ACCESS",
        "status": "ACTIVE",
        "createdAt": "2026-01-20T13:55:18Z",
        "lastResourceAnalyzedAt": ANALYZED,
        "configuration": {"unusedAccess": {"unusedAccessAge": 180}},
    },
]

# Sections of the page.
CATALOG = "Splitting wildcards, and what the catalog lacks"
UNOBSERVED = "Actions whose use AWS does not track"
RARE = "Emergency access and rarely used actions"
AGE = "Age of a grant"
GAPS = "Gaps and contradictions in the evidence"
SHARED = "Policies shared with someone who may need all of them"
ANALYZER = "Analyzer findings"

BUCKET = "arn:aws:s3:::fabrikam-exports"
QUEUE = f"arn:aws:sqs:eu-central-1:{RETAIL}:orders"
S3_TRACKED = "GetBucketPolicy PutBucketPolicy"

EXAMPLES = [
    # -----------------------------------------------------------------------------------------------------------------
    # fabrikam-platform
    # -----------------------------------------------------------------------------------------------------------------
    ExampleRole(
        PLATFORM,
        "used-service-beyond-the-catalog",
        "`*` is split; `nimbus`, a service used yesterday that the catalog lacks, is kept as `nimbus:*`",
        CATALOG,
        inline={"everything": policy(allow("*"))},
        rows=[
            seen("ecs", "DescribeTasks ListTasks RunTask"),
            never("gamelift"),
            seen("logs", "CreateLogStream DescribeLogGroups"),
            never("mediaconvert", last=LAST_WINTER),
            seen("nimbus"),
            never("robomaker"),
        ],
        trust=account_root(PLATFORM),
    ),
    ExampleRole(
        PLATFORM,
        "used-action-beyond-the-catalog",
        "`s3:*` is split; two actions used yesterday that the catalog lacks are kept",
        CATALOG,
        inline={"buckets": policy(allow("s3:*", [BUCKET, f"{BUCKET}/*"]))},
        rows=[
            seen(
                "s3",
                "GetBucketInsightReport GetBucketLocation PutBucketInsightReport",
                "CreateBucket DeleteBucket DeleteBucketPolicy GetBucketPolicy PutBucketAcl PutBucketPolicy",
            )
        ],
        trust=service("ecs-tasks"),
    ),
    ExampleRole(
        PLATFORM,
        "catalog-behind",
        "The evidence reports `states:PauseExecution` as unused, which the catalog lacks: low confidence until it is updated",
        CATALOG,
        inline={"workflows": policy(allow("states:*"))},
        rows=[
            seen(
                "states",
                "DescribeExecution ListExecutions StartExecution",
                "CreateStateMachine DeleteStateMachine PauseExecution UpdateStateMachine",
            )
        ],
        trust=service("events"),
    ),
    ExampleRole(
        PLATFORM,
        "star-with-few-removals",
        "Only three actions under `*` are unused: removing them means listing every other service by name",
        CATALOG,
        inline={"everything": policy(allow("*"))},
        rows=[
            seen("ecs", "DescribeServices UpdateService"),
            seen("sqs", "CreateQueue ListQueues", "AddPermission PurgeQueue RemovePermission"),
        ],
        trust=account_root(PLATFORM),
    ),
    ExampleRole(
        PLATFORM,
        "pass-role-task-runner",
        "No call to IAM was recorded. `iam:GetRole` is removed; `iam:PassRole` is kept, because AWS does not track it",
        UNOBSERVED,
        inline={
            "run-tasks": policy(
                allow(["ecs:DescribeTasks", "ecs:RunTask", "ecs:StopTask"]),
                allow(["iam:GetRole", "iam:PassRole"], f"arn:aws:iam::{PLATFORM}:role/batch-*"),
            )
        },
        rows=[seen("ecs", "DescribeTasks RunTask", "StopTask"), never("iam", "GetRole")],
        trust=service("events"),
    ),
    ExampleRole(
        PLATFORM,
        "database-login",
        "`rds-db:connect` is kept: clients log in with a token, without an API call that AWS could record",
        UNOBSERVED,
        inline={
            "read-the-database": policy(
                allow(["rds:DescribeDBInstances", "rds:DescribeDBSnapshots"]),
                allow("rds-db:connect", f"arn:aws:rds-db:eu-central-1:{PLATFORM}:dbuser:*/reporting"),
            )
        },
        rows=[seen("rds", "DescribeDBInstances", "DescribeDBSnapshots"), never("rds-db")],
        trust=service("lambda"),
    ),
    ExampleRole(
        PLATFORM,
        "rarely-used-actions",
        "`s3:RestoreObject`, `rds:PromoteReadReplica` and `kms:EnableKey` are unused: rarely needed, but then urgently",
        RARE,
        inline={
            "keep-the-archive": policy(
                allow(["kms:DescribeKey", "kms:EnableKey", "rds:DescribeDBInstances", "rds:PromoteReadReplica"]),
                allow(["s3:GetObject", "s3:RestoreObject"], f"{BUCKET}/archive/*"),
            )
        },
        rows=[
            seen("kms", "DescribeKey", "EnableKey"),
            seen("rds", "DescribeDBInstances", "PromoteReadReplica"),
            never("s3", last=LAST_WINTER),
        ],
    ),
    ExampleRole(
        PLATFORM,
        "break-glass-root-access",
        "Emergency access that was never used: do not delete it, add an exception",
        RARE,
        attached=["AdministratorAccess"],
        rows=[never("ec2", "DescribeInstances StopInstances"), never("iam", "CreateUser GetRole"), never("s3")],
        last_used=NEVER,
        trust=account_root(PLATFORM),
    ),
    # -----------------------------------------------------------------------------------------------------------------
    # fabrikam-retail
    # -----------------------------------------------------------------------------------------------------------------
    ExampleRole(
        RETAIL,
        "grant-of-last-week",
        "The policy was extended last week: only what version v1 from 2025 already granted can be removed",
        AGE,
        attached=["order-events"],
        rows=[
            never("sns", "CreateTopic ListTopics"),
            seen("sqs", "ListQueues", "PurgeQueue SetQueueAttributes"),
        ],
        trust=service("lambda"),
    ),
    ExampleRole(
        RETAIL,
        "policy-made-last-week",
        "The policy was created last week, so its permissions had no time to be used: it is not changed",
        AGE,
        attached=["price-alerts"],
        rows=[seen("cloudwatch", "DescribeAlarms", "DeleteAlarms PutMetricAlarm")],
        trust=service("lambda"),
    ),
    ExampleRole(
        RETAIL,
        "inline-age-unknown",
        "AWS does not record when an inline policy last changed: without an earlier report, confidence is at most medium",
        AGE,
        inline={"orders": policy(allow(["dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:UpdateTable"]))},
        rows=[seen("dynamodb", "DescribeTable", "UpdateTable")],
        trust=service("lambda"),
    ),
    ExampleRole(
        RETAIL,
        "unused-but-used-elsewhere",
        "Last-accessed data shows no service in use, but `RoleLastUsed` is yesterday: a contradiction, so no evidence",
        GAPS,
        inline={"exports": policy(allow(["s3:GetBucketPolicy", "s3:GetObject"], [BUCKET, f"{BUCKET}/*"]))},
        rows=[never("s3", "GetBucketPolicy")],
        trust=account_root(PLATFORM),
    ),
    ExampleRole(
        RETAIL,
        "job-failed",
        "`JobStatus` is `FAILED`: an empty answer, not an unused role",
        GAPS,
        inline={"queues": policy(allow("sqs:*", QUEUE))},
        rows=[],
        job={"JobStatus": "FAILED"},
        trust=service("lambda"),
    ),
    ExampleRole(
        RETAIL,
        "service-level-only",
        "`JobType` is `SERVICE_LEVEL`: the job collected no data about actions",
        GAPS,
        inline={"topics": policy(allow(["sns:Publish", "sns:Subscribe"]), allow("sqs:*", QUEUE))},
        rows=[never("sns"), seen("sqs")],
        job={"JobType": "SERVICE_LEVEL"},
        trust=service("lambda"),
    ),
    ExampleRole(
        RETAIL,
        "truncated-answer",
        "`IsTruncated` is `true`: services on the missing pages may be in use",
        GAPS,
        inline={"tables": policy(allow(["dynamodb:DescribeTable", "dynamodb:Query"]), allow("sqs:*", QUEUE))},
        rows=[never("dynamodb", "DescribeTable")],
        job={"IsTruncated": True},
        trust=service("lambda"),
    ),
    ExampleRole(
        RETAIL,
        "works-in-an-untracked-region",
        "Last used in `ap-southeast-7`, where IAM does not track last access",
        GAPS,
        inline={"stores-in-thailand": policy(allow(["ec2:DescribeInstances", "ec2:StartInstances"]))},
        rows=[never("ec2", "DescribeInstances StartInstances")],
        region="ap-southeast-7",
    ),
    ExampleRole(
        RETAIL,
        "shares-with-idle",
        "`catalog-sync` is also attached to an unused role, which counts as using all of it",
        SHARED,
        attached=["catalog-sync"],
        rows=[seen("s3", "GetBucketPolicy", "PutBucketPolicy")],
        trust=service("lambda"),
    ),
    ExampleRole(
        RETAIL,
        "idle-sharer",
        "The unused role: review it for deletion, so that `catalog-sync` can be reduced",
        SHARED,
        attached=["catalog-sync"],
        rows=[never("s3", S3_TRACKED)],
        last_used=NEVER,
        trust=service("lambda"),
    ),
    ExampleRole(
        RETAIL,
        "shares-with-empty-group",
        "`stock-queries` is also attached to an empty group, whose next member may need all of it",
        SHARED,
        attached=["stock-queries"],
        rows=[seen("athena", "GetQueryExecution StartQueryExecution", "DeleteWorkGroup StopQueryExecution")],
        trust=service("lambda"),
    ),
    ExampleRole(
        RETAIL,
        "shares-with-standby",
        "`order-failover` is also attached to a disaster recovery role, which counts as using all of it",
        SHARED,
        attached=["order-failover"],
        rows=[seen("elasticloadbalancing", "DescribeTargetHealth", "DeregisterTargets RegisterTargets")],
        trust=service("lambda"),
    ),
    ExampleRole(
        RETAIL,
        "orders-dr",
        "The disaster recovery role, by its name: what it has not used yet, it may need in a disaster",
        SHARED,
        attached=["order-failover"],
        rows=[seen("elasticloadbalancing", "DescribeTargetHealth", "DeregisterTargets RegisterTargets")],
        trust=service("lambda"),
    ),
    # -----------------------------------------------------------------------------------------------------------------
    # fabrikam-payroll, whose evidence is findings
    # -----------------------------------------------------------------------------------------------------------------
    ExampleRole(
        PAYROLL,
        "contradictory-service",
        "The finding reports all of `sns` as unused, and last accessed the day before: a contradiction, so no evidence",
        ANALYZER,
        inline={"notify": policy(allow(["sns:Publish", "sns:Subscribe"]), allow(["sqs:SendMessage"]))},
        findings=[
            Finding(
                "UnusedPermission",
                [
                    {
                        "unusedPermissionDetails": {
                            "serviceNamespace": "sns",
                            "lastAccessed": "2026-10-30T16:48:00Z",
                        }
                    }
                ],
                "2026-09-02T07:21:13Z",
            )
        ],
        trust=service("lambda"),
    ),
    ExampleRole(
        PAYROLL,
        "superseded-finding",
        "Two active findings. The older one also lists `sqs`; only the newer one counts, so `sqs:SendMessage` is kept",
        ANALYZER,
        inline={
            "payslips": policy(
                allow(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/payslips/*"),
                allow(["sns:Publish", "sqs:SendMessage"]),
            )
        },
        findings=[
            Finding(
                "UnusedPermission",
                [
                    {"unusedPermissionDetails": {"serviceNamespace": "sns"}},
                    {"unusedPermissionDetails": {"serviceNamespace": "sqs"}},
                ],
                "2026-08-14T07:19:50Z",
                WEEKS_AGO,
            ),
            Finding(
                "UnusedPermission",
                [{"unusedPermissionDetails": {"serviceNamespace": "sns"}}],
                "2026-10-20T07:24:08Z",
            ),
        ],
        trust=service("lambda"),
    ),
    ExampleRole(
        PAYROLL,
        "no-finding",
        "No finding, which is not proof that everything is in use",
        ANALYZER,
        inline={"read-payslips": policy(allow("s3:GetObject", f"{BUCKET}/payslips/*"))},
        trust=service("lambda"),
    ),
    ExampleRole(
        PAYROLL,
        "no-finding-improbable",
        "An administrator without a finding was most likely not analyzed: no evidence",
        ANALYZER,
        attached=["AdministratorAccess"],
        trust=saml(PAYROLL, "corporate"),
    ),
    ExampleUser(
        PAYROLL,
        "user-with-unused-key-and-password",
        "An unused access key and an unused password, listed as unused credentials",
        ANALYZER,
        inline={"upload": policy(allow("s3:PutObject", f"{BUCKET}/payslips/*"))},
        findings=[
            Finding(
                "UnusedIAMUserAccessKey",
                [
                    {
                        "unusedIamUserAccessKeyDetails": {
                            "accessKeyId": "AKIAEXAMPLE000000343",
                            "lastAccessed": "2026-01-09T11:02:00Z",
                        }
                    }
                ],
                "2026-07-10T07:20:31Z",
            ),
            Finding("UnusedIAMUserPassword", [{"unusedIamUserPasswordDetails": {}}], "2026-07-10T07:20:31Z"),
        ],
    ),
]

GROUPS = [
    Group(
        RETAIL,
        "on-call",
        "No members, such as an on-call group between incidents",
        attached=["stock-queries"],
    )
]

POLICIES = [
    Policy(
        RETAIL,
        "order-events",
        policy(
            allow(["sqs:ListQueues", "sqs:PurgeQueue", "sqs:SendMessage", "sqs:SetQueueAttributes"]),
            allow(["sns:CreateTopic", "sns:ListTopics", "sns:Publish"]),
        ),
        "Version v1 is from 2025; v2, from last week, adds `sqs:SetQueueAttributes` and the `sns` actions",
        older=(policy(allow(["sqs:ListQueues", "sqs:PurgeQueue", "sqs:SendMessage"])),),
        dates=("2025-04-02T09:14:51Z", LAST_WEEK),
    ),
    Policy(
        RETAIL,
        "price-alerts",
        policy(allow(["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"])),
        "Created last week",
        dates=(LAST_WEEK,),
    ),
    Policy(
        RETAIL,
        "catalog-sync",
        policy(allow(["s3:GetBucketPolicy", "s3:GetObject", "s3:PutBucketPolicy"], [BUCKET, f"{BUCKET}/*"])),
        "Attached to a role in use and to an unused role",
    ),
    Policy(
        RETAIL,
        "stock-queries",
        policy(
            allow(
                [
                    "athena:DeleteWorkGroup",
                    "athena:GetQueryExecution",
                    "athena:StartQueryExecution",
                    "athena:StopQueryExecution",
                ]
            )
        ),
        "Attached to a role in use and to an empty group",
    ),
    Policy(
        RETAIL,
        "order-failover",
        policy(
            allow(
                [
                    "elasticloadbalancing:DeregisterTargets",
                    "elasticloadbalancing:DescribeTargetHealth",
                    "elasticloadbalancing:RegisterTargets",
                ]
            )
        ),
        "Attached to two roles, one of them for disaster recovery",
    ),
]

ORGANISATION = Organisation("fabrikam", ROOT, ACCOUNTS, {}, EXAMPLES, GROUPS, POLICIES)

# ---------------------------------------------------------------------------------------------------------------------
# From the organisation to the files
# ---------------------------------------------------------------------------------------------------------------------


def dated(detail):
    """A managed policy with its dates: every version has its own."""
    own = {one.name: one.dates for one in POLICIES}.get(detail["PolicyName"])
    versions = detail["PolicyVersionList"]  # the newest first
    for version, when in zip(versions[::-1], own or ()):
        version["CreateDate"] = when
    made = {}
    for member, value in detail.items():
        if member == "UpdateDate":
            made["CreateDate"], value = versions[-1]["CreateDate"], versions[0]["CreateDate"]
        made[member] = value
    return made


def authorization(account):
    made = answers.authorization(ORGANISATION, account)
    by_name = {one.name: one for one in EXAMPLES if one.account == account}
    for detail in made["RoleDetailList"]:
        role = by_name[detail["RoleName"]]
        used = {"LastUsedDate": role.last_used, "Region": role.region}
        detail["RoleLastUsed"] = {} if role.last_used == NEVER else used
    made["Policies"] = [dated(detail) for detail in made["Policies"]]
    return made


def last_accessed(example):
    """The answer of get-service-last-accessed-details, with the ARN that it was asked about."""
    usual = {"Arn": arn_of(example), "JobStatus": "COMPLETED", "JobType": "ACTION_LEVEL"}
    rest = {"JobCompletionDate": COMPLETED, "ServicesLastAccessed": example.rows}
    return usual | example.job | rest


def findings(example):
    arn = arn_of(example)
    for number, finding in enumerate(example.findings):
        yield {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{arn} {finding.kind} {number}")),
            "resource": arn,
            "resourceType": f"AWS::IAM::{example.kind.capitalize()}",
            "resourceOwnerAccount": example.account,
            "status": "ACTIVE",
            "findingType": finding.kind,
            "analyzedAt": finding.analyzed,
            "createdAt": finding.created,
            "updatedAt": finding.analyzed,
            "findingDetails": finding.details,
        }


def snapshot():
    """The files of the snapshot: name -> what stands in it."""
    files = answers.about(ORGANISATION)
    files["analyzers.json"] = [{"analyzer": analyzer} for analyzer in ANALYZERS]
    for account, *_ in ACCOUNTS:
        folder, here = f"accounts/{account}", [one for one in EXAMPLES if one.account == account]
        files[f"{folder}/authorization.json"] = authorization(account)
        reported = sorted((last_accessed(one) for one in here if one.rows is not None), key=lambda it: it["Arn"])
        if reported:
            files[f"{folder}/last-accessed.json"] = reported
            continue
        files[f"{folder}/findings.json"] = sorted(
            (finding for one in here for finding in findings(one)),
            key=lambda finding: (finding["resource"], finding["findingType"], finding["id"]),
        )
    return files


def page():
    return answers.page(ORGANISATION)

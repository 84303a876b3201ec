#!/usr/bin/env python3
"""Writes the demonstration snapshots: mocks/acme, mocks/partial, mocks/fabrikam and the tables in mocks/README.md.

    python3 mocks/generate.py            writes them
    python3 mocks/generate.py --check    compares instead, exits 1 when something differs

Standard library only, no randomness, no clock: the output is always the same. Arbitrary values (dates of last use,
finding IDs) are derived from a checksum of the name they belong to.

This file has the organisations themselves, account by account, and writes the files. model.py has what policies and
principals are built from, aws.py the facts about AWS, and answers.py turns an organisation into what AWS answers. A
principal lists what it `uses`. Whatever else it is granted becomes its finding:

  * a service that is not used at all is an entry without `actions`;
  * for a service in use, the entry lists the unused actions that AWS can track (TRACKED in aws.py), never data-plane
    actions and never iam:PassRole.

mocks/fabrikam has last-accessed data instead of findings; last_accessed.py describes it.

Everything here is invented. AWS managed policies look like the real ones and may be shorter.
"""

import argparse
import json
import pathlib
import sys

# Nothing is left behind beside the snapshots.
sys.dont_write_bytecode = True

import last_accessed
from answers import WINDOW, Organisation, hexadecimal, page, snapshot
from model import (
    ALL,
    NEVER,
    Group,
    Managed,
    Role,
    User,
    account_root,
    allow,
    allow_not,
    deny,
    github,
    policy,
    saml,
    service,
    trusts,
)

HERE = pathlib.Path(__file__).parent

MANAGEMENT = "111111111111"
SECURITY = "222222222222"
LOGS = "333333333333"
SHOP = "444444444444"
PAYMENTS = "555555555555"
SHOP_DEV = "666666666666"
DATA_DEV = "777777777777"
SANDBOX = "888888888888"
OLD = "999999999999"
LAB = "101010101010"
PARTNER = "123456789012"  # not of the organisation

ROOT = "o-acmeexample/r-acme"
# ID, name, organisational units, state, description
ACCOUNTS = [
    (MANAGEMENT, "acme-management", [], "ACTIVE", "the management account"),
    (SECURITY, "acme-security", ["security"], "ACTIVE", "delegated administrator that owns the analyzer"),
    (LOGS, "acme-log-archive", ["security"], "ACTIVE", "few roles, most of them rarely used"),
    (SHOP, "acme-shop-prod", ["workloads", "workloads-prod"], "ACTIVE", "every form of policy, shared policies"),
    (PAYMENTS, "acme-payments-prod", ["workloads", "workloads-prod"], "ACTIVE", "every kind of finding"),
    (SHOP_DEV, "acme-shop-dev", ["workloads", "workloads-dev"], "ACTIVE", "users and groups"),
    (DATA_DEV, "acme-data-dev", ["workloads", "workloads-dev"], "ACTIVE", "AWS managed policies, unusual action names"),
    (SANDBOX, "acme-sandbox", ["sandboxes"], "ACTIVE", "administrators and a permissions boundary"),
    (OLD, "acme-old-mobile", ["suspended"], "SUSPENDED", "suspended, so it is skipped and has no folder"),
    (LAB, "acme-lab", ["sandboxes"], "ACTIVE", "excluded by an analyzer rule, so it has no evidence"),
]

ANALYZER = {
    "arn": f"arn:aws:access-analyzer:us-east-1:{SECURITY}:analyzer/acme-unused-access",
    "name": "acme-unused-access",
    "type": "ORGANIZATION_UNUSED_ACCESS",
    "status": "ACTIVE",
    "createdAt": "2025-03-04T08:00:12Z",
    "configuration": {
        "unusedAccess": {
            "unusedAccessAge": WINDOW,
            "analysisRule": {
                "exclusions": [{"accountIds": [LAB]}, {"resourceTags": [{"access-analyzer": "exclude"}]}],
            },
        }
    },
}

# Sections of the page, in its order.
WILDCARDS = "Wildcards"
FORMS = "Policy elements"
KINDS = "Inline, customer-managed and AWS managed policies"
SHARED = "Shared policies"
GROUPS = "Users and groups"
CENTER = "Identity Center"
FLEET = "Fleet roles"
BLOCKED = "Permissions boundaries and Deny statements"
FINDINGS = "Kinds of findings"
ABSENT = "Without evidence"
SIZES = "Quotas"
NAMES = "Names, tags and trust"
SECTIONS = [WILDCARDS, FORMS, KINDS, SHARED, GROUPS, CENTER, FLEET, BLOCKED, FINDINGS, ABSENT, SIZES, NAMES]

BUCKET = "arn:aws:s3:::acme-shop-assets"
PLATFORM = {"owner": "team-platform@example.com"}
PAYMENTS_TEAM = {"owner": "team-payments@example.com"}
SHOP_TEAM = {"owner": "team-shop@example.com"}
DATA_TEAM = {"owner": "team-data@example.com"}
S3_READ = ["GetObject*", "ListBucket", "GetBucketLocation", "ListAllMyBuckets"]

GROUP_LIST = [
    Group(
        SHOP_DEV,
        "developers",
        "Inline, customer-managed and AWS managed policies, and members that use different permissions",
        inline={
            "developers-inline": policy(
                allow(["lambda:Get*", "lambda:List*", "lambda:Update*"]),
                allow(["logs:Describe*", "logs:FilterLogEvents", "logs:StartQuery"]),
            )
        },
        attached=["developers-tools", "AmazonSNSFullAccess"],
    ),
    Group(
        SHOP_DEV,
        "release-managers",
        "A second group of one of the developers",
        inline={"release": policy(allow(["cloudformation:*ChangeSet", "cloudformation:Describe*"]))},
    ),
    Group(
        SHOP_DEV,
        "contractors",
        "One member has no evidence, so the group's policy is not changed",
        inline={"contractors-inline": policy(allow(["ecr:Describe*", "ecr:Get*", "ecr:List*", "ecr:PutImage"]))},
    ),
    Group(SHOP_DEV, "empty-group", "No members", attached=["AmazonSQSFullAccess"]),
]

MANAGED = [
    # acme-shop-prod
    Managed(
        SHOP,
        "shop-assets-shared",
        policy(
            allow(["s3:Get*", "s3:List*", "s3:PutBucket*", "s3:PutObject"], [BUCKET, f"{BUCKET}/*"], sid="Assets"),
            allow(["s3:DeleteBucket*", "s3:ListAllMyBuckets"], sid="Buckets"),
        ),
        "Attached to three roles that use different permissions: edited in place, or one copy for each",
    ),
    Managed(
        SHOP,
        "orders-shared-with-blocker",
        policy(allow(["dynamodb:*"], "arn:aws:dynamodb:*:444444444444:table/orders*"), allow(["sqs:*"])),
        "Shared with a role that is too new to have evidence, so it counts as using everything",
    ),
    Managed(
        SHOP,
        "fork-wins-shared",
        policy(
            allow(["ecs:*", "ecr:*", "logs:*"], sid="Containers"),
            allow(["rds:*", "dynamodb:*"], sid="Databases"),
            allow("events:*", sid="Tell"),
        ),
        "Its two roles use different permissions: editing in place removes little, copies remove much more",
    ),
    Managed(
        SHOP,
        "equal-needs-shared",
        policy(allow(["sqs:*", "sns:*"])),
        "Two of its three roles use the same permissions and share a copy",
    ),
    Managed(
        SHOP,
        "five-versions-already",
        policy(allow(["events:*", "states:List*", "states:Describe*", "states:StartExecution"])),
        "Five versions, the maximum: the oldest must be deleted before a new one is created",
        older=(
            policy(allow("events:*")),
            policy(allow(["events:*", "states:List*"])),
            policy(allow(["events:*", "states:*"])),
            policy(allow(["events:*", "states:List*", "states:Describe*"])),
        ),
    ),
    Managed(
        SHOP,
        "hotfixed-after-analysis",
        policy(allow(["rds:Describe*", "rds:ModifyDBInstance", "rds:RebootDBInstance", "rds:StartDBInstance"])),
        "Its newest version was created after the finding's `analyzedAt`",
        older=(policy(allow(["rds:Describe*", "rds:ModifyDBInstance", "rds:RebootDBInstance"])),),
        updated="2026-10-31T18:42:10Z",
    ),
    Managed(
        SHOP,
        "legacy-queue-access",
        policy(allow(["sqs:*"]), allow(["sns:Publish", "sns:Subscribe"])),
        "Entirely unused by its only role: detach, then delete",
    ),
    Managed(
        SHOP,
        "engineering-boundary",
        policy(
            allow(
                ["ec2:*", "lambda:*", "s3:*", "dynamodb:*", "logs:*", "cloudwatch:*", "iam:Get*", "iam:List*"],
                sid="WhatEngineersMayDo",
            ),
            deny(["ec2:DeleteVpc", "s3:DeleteBucket"], sid="WhatNobodyMay"),
        ),
        "A permissions boundary that is also attached as a policy: never edited in place",
    ),
    Managed(
        SHOP,
        "team-tools-of-one-role",
        policy(
            allow(["autoscaling:*", "elasticloadbalancing:Describe*", "elasticloadbalancing:Modify*"]),
        ),
        "Attached to one role: a new version",
        path="/teams/shop/",
    ),
    Managed(
        SHOP,
        "unattached-leftover",
        policy(allow(["s3:*"])),
        "Not attached to anything",
    ),
    # acme-shop-dev
    Managed(
        SHOP_DEV,
        "developers-tools",
        policy(
            allow(["dynamodb:Describe*", "dynamodb:List*", "dynamodb:Query", "dynamodb:UpdateTable"]),
            allow(["secretsmanager:Get*", "secretsmanager:List*", "secretsmanager:Describe*"]),
        ),
        "Attached to a group and so to its users",
    ),
    # acme-sandbox
    Managed(
        SANDBOX,
        "sandbox-boundary",
        policy(allow(["ec2:*", "s3:*", "lambda:*", "logs:*"])),
        "A permissions boundary, not attached as a policy",
    ),
    *[
        Managed(SHOP, f"tenth-part-{number:02}", policy(allow([f"{pattern}"])), shows)
        for number, (pattern, shows) in enumerate(
            [
                ("ssm:Get*", "One of the ten policies attached to `ten-attached-policies`"),
                ("ssm:Describe*", ""),
                ("ec2:DescribeInstance*", ""),
                ("ec2:DescribeVolume*", ""),
                ("s3:GetBucket*", ""),
                ("s3:ListAccess*", ""),
                ("cloudwatch:Describe*", ""),
                ("logs:Describe*", ""),
            ],
            1,
        )
    ],
]

SPLIT_PATTERNS = ["*Instance*", "*Network*", "*Security*", "*Volume*", "*Image*", "*Snapshot*", "*Gateway*", "*Route*"]

PRINCIPALS = [
    # -----------------------------------------------------------------------------------------------------------------
    # Wildcards, in acme-shop-prod
    # -----------------------------------------------------------------------------------------------------------------
    Role(
        SHOP,
        "wildcard-prefix-reader",
        "`s3:Get*`, `ec2:Describe*`: common prefix wildcards, narrowed at word boundaries",
        WILDCARDS,
        inline={"prefix-wildcards": policy(allow(["s3:Get*", "ec2:Describe*", "s3:ListBucket"]))},
        uses={
            "s3": ["GetObject*", "GetBucketLocation", "GetBucketVersioning", "ListBucket"],
            "ec2": ["DescribeInstances", "DescribeInstanceStatus", "DescribeVpc*", "DescribeSubnets", "DescribeTags"],
        },
        tags=SHOP_TEAM,
    ),
    Role(
        SHOP,
        "wildcard-service-operator",
        "`ec2:*`: every action of a service",
        WILDCARDS,
        inline={"all-of-ec2": policy(allow(["ec2:*"]))},
        uses={"ec2": ["Describe*", "Get*", "Create*", "Modify*", "RunInstances", "Attach*", "Associate*", "Start*"]},
        tags=PLATFORM,
    ),
    Role(
        SHOP,
        "wildcard-suffix-cleaner",
        "`lambda:*Function`: a leading wildcard, replaced by full action names",
        WILDCARDS,
        inline={"suffix-wildcards": policy(allow(["lambda:*Function", "s3:*Object"]))},
        uses={"lambda": ["GetFunction", "InvokeFunction", "CreateFunction"], "s3": ["GetObject", "DeleteObject"]},
        tags=SHOP_TEAM,
    ),
    Role(
        SHOP,
        "wildcard-untouched-suffix",
        "`s3:*Object`: AWS tracks none of the matching actions, so the pattern is unchanged",
        WILDCARDS,
        inline={"objects-only": policy(allow(["s3:*Object", "s3:PutLifecycleConfiguration", "s3:ListAllMyBuckets"]))},
        uses={"s3": ["GetObject", "PutObject", "ListAllMyBuckets"]},
        trust=service("lambda"),
    ),
    Role(
        SHOP,
        "wildcard-infix-acl",
        "`s3:*Acl*`: wildcards at both ends",
        WILDCARDS,
        inline={"infix-wildcards": policy(allow(["s3:*Acl*", "kms:*Grant*"]))},
        uses={"s3": ["GetBucketAcl", "GetObjectAcl"], "kms": ["ListGrants", "CreateGrant"]},
    ),
    Role(
        SHOP,
        "wildcard-question-mark",
        "`iam:Get?ser`, `iam:List?ser*`: `?` matches exactly one character",
        WILDCARDS,
        inline={"question-marks": policy(allow(["iam:Get?ser", "iam:List?ser*", "iam:Get?ccount*"]))},
        uses={"iam": ["GetUser", "ListUsers", "GetAccountSummary"]},
    ),
    Role(
        SHOP,
        "wildcard-mixed-case",
        "`S3:gET*`, `Ec2:DESCRIBEinstances`: case is ignored, the author's spelling is kept",
        WILDCARDS,
        inline={
            "mixed-case": policy(
                allow(["S3:gETbUCKET*", "Ec2:DESCRIBEinstances", "LAMBDA:List*", "s3:LISTALLMYBUCKETS"])
            )
        },
        uses={
            "s3": ["GetBucketAcl", "GetBucketPolicy*"],
            "ec2": ["DescribeInstances"],
            "lambda": ["ListFunctions", "ListTags"],
        },
    ),
    Role(
        SANDBOX,
        "wildcard-everything",
        "`*` in an inline policy: split by service, unused services dropped",
        WILDCARDS,
        inline={"everything": policy(allow("*"))},
        uses={
            "s3": ["GetObject*", "PutObject*", "ListBucket", "CreateBucket", "Get*"],
            "lambda": ALL,
            "logs": ["Describe*", "Get*", "CreateLog*", "Filter*"],
            "sns": ALL,
        },
        tags={"owner": "team-sandbox@example.com"},
    ),
    Role(
        SHOP,
        "wildcard-inside-a-word",
        "`s3:GetB*`, `dynamodb:Des*`: the wildcard starts in the middle of a word",
        WILDCARDS,
        inline={"half-words": policy(allow(["s3:GetB*", "dynamodb:Des*"]))},
        uses={"s3": ["GetBucketLocation", "GetBucketLogging", "GetBucketTagging"], "dynamodb": ["DescribeTable"]},
    ),
    Role(
        DATA_DEV,
        "text-trap-glue-reader",
        "`glue:Get*` with GetTable in use and GetTables unused: `glue:GetTable*` would grant GetTables again",
        WILDCARDS,
        inline={"glue-read": policy(allow(["glue:Get*", "glue:BatchGet*"]))},
        uses={
            "glue": [
                "GetTable",
                "GetTableVersion",
                "GetTableVersions",
                "GetDatabase",
                "GetPartition*",
                "BatchGetPartition",
            ]
        },
        trust=service("glue"),
        tags=DATA_TEAM,
    ),
    # -----------------------------------------------------------------------------------------------------------------
    # Forms of policies
    # -----------------------------------------------------------------------------------------------------------------
    Role(
        SECURITY,
        "not-action-operator",
        "Allow with NotAction: unused actions are added to the list",
        FORMS,
        inline={
            "all-but-identity": policy(
                allow_not(
                    ["iam:*", "organizations:*", "sts:*"],
                    sid="AllButIdentity",
                    condition={"StringEquals": {"aws:RequestedRegion": ["eu-central-1", "us-east-1"]}},
                )
            )
        },
        uses={
            "ec2": ["Describe*", "CreateSnapshot*", "CopySnapshot", "DeleteSnapshot", "Get*"],
            "guardduty": ALL,
            "securityhub": ALL,
            "s3": ["Get*", "List*", "Put*"],
            "access-analyzer": ALL,
            "detective": ALL,
            "kms": ALL,
        },
        trust=account_root(SECURITY),
        tags={"owner": "team-security@example.com"},
    ),
    Role(
        SECURITY,
        "not-resource-reader",
        "NotResource, which is kept unchanged",
        FORMS,
        inline={
            "all-but-secrets": policy(
                allow(
                    ["secretsmanager:Get*", "secretsmanager:List*", "secretsmanager:Describe*", "secretsmanager:Put*"],
                    not_resource=["arn:aws:secretsmanager:*:*:secret:payroll/*"],
                )
            )
        },
        uses={"secretsmanager": ["GetSecretValue", "ListSecrets", "DescribeSecret"]},
    ),
    Role(
        PAYMENTS,
        "conditional-uploader",
        "Conditions, which are kept unchanged, next to a wildcard",
        FORMS,
        inline={
            "upload-from-inside": policy(
                allow(
                    ["s3:Put*", "s3:AbortMultipartUpload"],
                    ["arn:aws:s3:::acme-payments-batch/*", "arn:aws:s3:::acme-payments-batch"],
                    sid="UploadFromInside",
                    condition={
                        "StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"},
                        "Bool": {"aws:SecureTransport": "true"},
                        "NumericLessThanEquals": {"s3:signatureAge": 600000},
                    },
                ),
                allow(
                    ["kms:Encrypt", "kms:GenerateDataKey*", "kms:DescribeKey", "kms:CreateGrant"],
                    "arn:aws:kms:*:555555555555:key/*",
                    condition={"Bool": {"kms:GrantIsForAWSResource": True}},
                ),
            )
        },
        uses={"s3": ["PutObject*", "AbortMultipartUpload"], "kms": ["GenerateDataKey", "Encrypt"]},
        trust=service("ecs-tasks"),
        tags=PAYMENTS_TEAM,
    ),
    Role(
        SHOP,
        "single-string-statement",
        "Statement is an object and Action a string: each becomes a list only if it must hold several entries",
        FORMS,
        inline={
            "one-statement": {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": "states:*", "Resource": "*"},
            }
        },
        uses={"states": ["StartExecution", "DescribeExecution", "ListExecutions"]},
        trust=service("states"),
    ),
    Role(
        SHOP,
        "old-version-and-id",
        "Version 2008-10-17, an Id and empty Sids, all kept unchanged",
        FORMS,
        inline={
            "written-in-2009": {
                "Version": "2008-10-17",
                "Id": "written-in-2009",
                "Statement": [
                    allow(["sqs:*"], "arn:aws:sqs:us-east-1:444444444444:mail", sid=""),
                    allow(["s3:GetObject", "s3:GetBucketPolicy"], [BUCKET, f"{BUCKET}/*"], sid=""),
                ],
            }
        },
        uses={"sqs": ["SendMessage", "ReceiveMessage", "DeleteMessage"], "s3": ["GetObject"]},
    ),
    Role(
        SHOP,
        "overlapping-statements",
        "One unused action in two statements with different resources, and twice in one: removed everywhere",
        FORMS,
        inline={
            "overlaps": policy(
                allow(["s3:GetBucket*", "s3:GetBucketAcl", "s3:getbucketacl"], BUCKET, sid="Assets"),
                allow(["s3:Get*"], "arn:aws:s3:::acme-shop-logs*", sid="Logs"),
            )
        },
        uses={"s3": ["GetBucketLocation", "GetBucketLogging", "GetObject*"]},
    ),
    Role(
        DATA_DEV,
        "unknown-service-wildcard",
        "`nimbus:*`: a service the catalog lacks, with an unused action: undecided, so the pattern is kept",
        FORMS,
        inline={"nimbus-preview": policy(allow(["nimbus:*"]), allow(["s3:Get*"]))},
        uses={"nimbus": [], "s3": ["GetObject*", "GetBucketLocation"]},
        also_unused={"nimbus": ["DeleteFleet", "ListFleets"]},
        tags=DATA_TEAM,
    ),
    Role(
        DATA_DEV,
        "unknown-service-wholly-unused",
        "`nimbus:*` and `nimbus:ListFleets`: a service the catalog lacks, entirely unused, so both are removed",
        FORMS,
        inline={"nimbus-abandoned": policy(allow(["nimbus:*", "nimbus:ListFleets"]), allow(["s3:GetObject"]))},
        uses={"s3": ["GetObject"]},
        also_unused={"nimbus": []},
    ),
    Role(
        DATA_DEV,
        "unknown-literal-keeper",
        "`s3:GetBucketCarbonReport`, `gamelift:DescribeTimeTravel`: not in any catalog; only the second is unused",
        FORMS,
        inline={
            "ahead-of-the-catalog": policy(
                allow(
                    [
                        "s3:GetBucketCarbonReport",
                        "s3:GetBucketAcl",
                        "gamelift:DescribeTimeTravel",
                        "gamelift:DescribeInstances",
                    ]
                )
            )
        },
        uses={"s3": ["GetBucketCarbonReport"], "gamelift": ["DescribeInstances"]},
        also_unused={"gamelift": ["DescribeTimeTravel"]},
    ),
    Role(
        DATA_DEV,
        "untracked-data-reader",
        "Data-plane actions and `iam:PassRole`: AWS does not track their use, so they are kept",
        FORMS,
        inline={
            "data-plane": policy(
                allow(["dynamodb:Query", "dynamodb:Scan", "dynamodb:GetItem", "dynamodb:UpdateTable"]),
                allow(["iam:PassRole", "iam:GetRole"], "arn:aws:iam::777777777777:role/glue-*"),
            )
        },
        uses={"dynamodb": ["Query"], "iam": []},
        also_unused={},
        trust=service("glue"),
        tags=DATA_TEAM,
    ),
    # -----------------------------------------------------------------------------------------------------------------
    # Kinds of policies
    # -----------------------------------------------------------------------------------------------------------------
    Role(
        SHOP,
        "inline-only-worker",
        "Two inline policies, the second entirely unused: one is replaced, the other deleted",
        KINDS,
        inline={
            "work": policy(allow(["ecs:Describe*", "ecs:List*", "ecs:RunTask", "ecs:StopTask"])),
            "forgotten-email": policy(allow(["ses:SendEmail", "ses:SendRawEmail"])),
        },
        uses={"ecs": ["DescribeTasks", "RunTask", "ListTasks"]},
        trust=service("ecs-tasks"),
    ),
    Role(
        SHOP,
        "customer-managed-of-one",
        "A customer-managed policy with a path, attached only to this role: a new version",
        KINDS,
        attached=["team-tools-of-one-role"],
        uses={"autoscaling": ["Describe*", "SetDesiredCapacity"], "elasticloadbalancing": ["Describe*"]},
        tags=SHOP_TEAM,
    ),
    Role(
        DATA_DEV,
        "aws-managed-s3-reader-one",
        "AmazonS3ReadOnlyAccess, replaced by a reduced copy without s3-object-lambda",
        KINDS,
        attached=["AmazonS3ReadOnlyAccess"],
        uses={"s3": S3_READ},
        tags=DATA_TEAM,
    ),
    Role(
        DATA_DEV,
        "aws-managed-s3-reader-two",
        "Uses the same as the role above, so one reduced copy serves both",
        KINDS,
        attached=["AmazonS3ReadOnlyAccess"],
        uses={"s3": S3_READ},
        tags=DATA_TEAM,
    ),
    Role(
        DATA_DEV,
        "aws-managed-s3-reader-other",
        "The same policy with different usage: a second reduced copy",
        KINDS,
        attached=["AmazonS3ReadOnlyAccess"],
        uses={"s3": [*S3_READ, "GetBucketPolicy*", "GetLifecycleConfiguration", "GetEncryptionConfiguration"]},
    ),
    Role(
        DATA_DEV,
        "aws-managed-wholly-unused",
        "AmazonBedrockReadOnly, entirely unused: detached without a replacement",
        KINDS,
        attached=["AmazonBedrockReadOnly", "AmazonDynamoDBReadOnlyAccess"],
        uses={"dynamodb": ["DescribeTable", "ListTables", "Query"], "cloudwatch": ["GetMetricStatistics"]},
    ),
    Role(
        DATA_DEV,
        "aws-managed-power-user",
        "PowerUserAccess, mostly unused: NotAction would exceed the quota, an exact Action list is shorter",
        KINDS,
        attached=["PowerUserAccess"],
        uses={
            "athena": ["StartQueryExecution", "GetQuery*", "ListWorkGroups", "GetWorkGroup"],
            "glue": ["GetTable", "GetTables", "GetDatabase*", "GetPartition*"],
            "s3": ["GetObject*", "PutObject*", "ListBucket", "GetBucketLocation"],
            "cloudwatch": ALL,
            "iam": ["ListRoles"],
        },
        trust=account_root(DATA_DEV),
        tags=DATA_TEAM,
    ),
    Role(
        SANDBOX,
        "aws-managed-administrator",
        "AdministratorAccess with four services in use",
        KINDS,
        attached=["AdministratorAccess"],
        uses={
            "ec2": ["Describe*", "RunInstances", "TerminateInstances", "StartInstances", "StopInstances"],
            "s3": ALL,
            "iam": ["Get*", "List*"],
            "sts": ALL,
        },
        trust=account_root(SANDBOX),
    ),
    Role(
        PAYMENTS,
        "many-grants-of-one-action",
        "`secretsmanager:DeleteSecret` granted by two inline policies and an AWS managed one: removed from all three",
        KINDS,
        inline={
            "secrets-inline": policy(allow(["secretsmanager:*"], "arn:aws:secretsmanager:*:555555555555:secret:pay/*")),
            "secrets-delete": policy(allow(["secretsmanager:DeleteSecret", "secretsmanager:GetSecretValue"])),
        },
        attached=["SecretsManagerReadWrite"],
        uses={
            "secretsmanager": ["GetSecretValue", "DescribeSecret", "ListSecrets", "PutSecretValue"],
            "kms": ["ListAliases", "DescribeKey"],
        },
        trust=service("lambda"),
        tags=PAYMENTS_TEAM,
    ),
    # -----------------------------------------------------------------------------------------------------------------
    # Shared policies
    # -----------------------------------------------------------------------------------------------------------------
    Role(
        SHOP,
        "shared-policy-reader",
        "Shares `shop-assets-shared` and only reads",
        SHARED,
        attached=["shop-assets-shared"],
        uses={"s3": ["GetObject*", "ListBucket", "GetBucketLocation", "ListAllMyBuckets"]},
        tags=SHOP_TEAM,
    ),
    Role(
        SHOP,
        "shared-policy-writer",
        "Shares `shop-assets-shared` and writes objects and bucket policies",
        SHARED,
        attached=["shop-assets-shared"],
        uses={"s3": ["GetObject*", "PutObject", "PutBucketPolicy", "GetBucketPolicy", "ListAllMyBuckets"]},
        tags=SHOP_TEAM,
    ),
    Role(
        SHOP,
        "shared-policy-lister",
        "Shares `shop-assets-shared` and only lists",
        SHARED,
        attached=["shop-assets-shared"],
        uses={"s3": ["List*", "GetBucketLocation"]},
        tags=SHOP_TEAM,
    ),
    Role(
        SHOP,
        "shared-with-blocker-worker",
        "Shares `orders-shared-with-blocker` with a role without evidence: no edit in place, but a copy is possible",
        SHARED,
        attached=["orders-shared-with-blocker"],
        uses={"dynamodb": ["GetItem", "PutItem", "Query", "DescribeTable"], "sqs": ["SendMessage", "ReceiveMessage"]},
        tags=SHOP_TEAM,
    ),
    Role(
        SHOP,
        "shared-policy-blocker",
        "Newer than the window, so it has no evidence and blocks `orders-shared-with-blocker`",
        SHARED,
        attached=["orders-shared-with-blocker"],
        created="2026-09-20T09:12:44Z",
        tags=SHOP_TEAM,
    ),
    Role(
        SHOP,
        "fork-wins-container-runner",
        "Shares `fork-wins-shared`, runs containers and never uses a database",
        SHARED,
        attached=["fork-wins-shared"],
        uses={"ecs": ALL, "ecr": ALL, "logs": ALL, "events": ["PutEvents", "Describe*", "List*"]},
        trust=service("ecs-tasks"),
        tags=SHOP_TEAM,
    ),
    Role(
        SHOP,
        "fork-wins-database-keeper",
        "Shares `fork-wins-shared`, manages databases and never runs a container",
        SHARED,
        attached=["fork-wins-shared"],
        uses={"rds": ALL, "dynamodb": ALL, "logs": ["Describe*", "PutLogEvents"], "events": ["Put*", "Describe*"]},
        trust=service("lambda"),
        tags=SHOP_TEAM,
    ),
    *[
        Role(SHOP, f"equal-needs-{name}", shows, SHARED, attached=["equal-needs-shared"], uses=uses, tags=SHOP_TEAM)
        for name, shows, uses in [
            (
                "one",
                "Shares `equal-needs-shared`, sends and receives messages",
                {"sqs": ["SendMessage", "ReceiveMessage", "ListQueues"]},
            ),
            (
                "two",
                "Uses the same permissions as the one above, so one copy serves both",
                {"sqs": ["SendMessage", "ReceiveMessage", "ListQueues"]},
            ),
            (
                "other",
                "Also shares `equal-needs-shared` and publishes to topics, so it gets its own copy",
                {"sns": ALL, "sqs": ["SendMessage", "ListQueues", "SetQueueAttributes"]},
            ),
        ]
    ],
    # -----------------------------------------------------------------------------------------------------------------
    # Users and groups, in acme-shop-dev
    # -----------------------------------------------------------------------------------------------------------------
    User(
        SHOP_DEV,
        "group-member-frontend",
        "In `developers`: reads functions and logs",
        GROUPS,
        groups=["developers"],
        uses={
            "lambda": ["GetFunction*", "ListFunctions"],
            "logs": ["FilterLogEvents", "DescribeLogGroups"],
            "sns": ["Publish"],
        },
        tags={"owner": "frontend@example.com"},
    ),
    User(
        SHOP_DEV,
        "group-member-backend",
        "In `developers` and `release-managers`, with an inline policy of its own",
        GROUPS,
        groups=["developers", "release-managers"],
        inline={"backend-extra": policy(allow(["rds:Describe*", "rds:StopDBInstance"]))},
        uses={
            "lambda": ["GetFunction", "UpdateFunctionCode"],
            "dynamodb": ["Query", "DescribeTable"],
            "secretsmanager": ["GetSecretValue"],
            "cloudformation": ["CreateChangeSet", "DescribeChangeSet", "DescribeStacks"],
            "rds": ["DescribeDBInstances"],
            "sns": ["ListTopics"],
        },
    ),
    User(
        SHOP_DEV,
        "group-member-mobile",
        "In `developers`: uses only DynamoDB",
        GROUPS,
        groups=["developers"],
        uses={"dynamodb": ["Query", "DescribeTable", "ListTables"]},
    ),
    User(
        SHOP_DEV,
        "contractor-with-evidence",
        "In `contractors`: has unused permissions, but the other member blocks their removal",
        GROUPS,
        groups=["contractors"],
        uses={"ecr": ["Get*", "PutImage"]},
    ),
    User(
        SHOP_DEV,
        "contractor-without-evidence",
        "In `contractors`: the analyzer failed for this user, so it blocks the group's policy",
        GROUPS,
        groups=["contractors"],
        error="INTERNAL_ERROR",
    ),
    User(
        SHOP_DEV,
        "unused-access-keys",
        "Two unused access keys in one finding",
        GROUPS,
        inline={"upload": policy(allow(["s3:PutObject"], "arn:aws:s3:::acme-dev-upload/*"))},
        keys=(("AKIAEXAMPLE000000001", "2026-03-14T11:02:09Z"), ("AKIAEXAMPLE000000002", NEVER)),
    ),
    User(
        SHOP_DEV,
        "unused-password",
        "An unused password",
        GROUPS,
        inline={"view": policy(allow(["cloudwatch:GetMetricData"]))},
        password="2025-12-01T08:30:00Z",
    ),
    User(
        SHOP_DEV,
        "three-findings-user",
        "Unused permissions, an unused access key and an unused password: three findings for one user",
        GROUPS,
        inline={"old-duties": policy(allow(["ec2:StartInstances", "ec2:StopInstances", "ec2:Describe*"]))},
        uses={"ec2": ["DescribeInstances"]},
        keys=(("AKIAEXAMPLE000000003", "2026-01-20T16:45:31Z"),),
        password=NEVER,
    ),
    User(
        SHOP_DEV,
        "user-without-policies",
        "A user with no policies and no finding",
        GROUPS,
    ),
    # -----------------------------------------------------------------------------------------------------------------
    # Boundaries and Denies
    # -----------------------------------------------------------------------------------------------------------------
    Role(
        SHOP,
        "bounded-builder",
        "`engineering-boundary` already blocks the unused kms and sqs actions, so removing them has no effect",
        BLOCKED,
        inline={
            "build": policy(
                allow(["ec2:Describe*", "ec2:RunInstances", "kms:ScheduleKeyDeletion", "sqs:*", "ec2:DeleteVpc"])
            )
        },
        uses={"ec2": ["DescribeInstances", "DescribeImages", "RunInstances"]},
        boundary="engineering-boundary",
        tags=SHOP_TEAM,
    ),
    Role(
        SHOP,
        "boundary-as-policy",
        "Has `engineering-boundary` attached as a policy; it is a boundary elsewhere, so it is never edited",
        BLOCKED,
        attached=["engineering-boundary"],
        uses={
            "ec2": ["Describe*"],
            "lambda": ["*"],
            "s3": ["GetObject*", "PutObject*", "ListBucket"],
            "logs": ["CreateLogStream", "PutLogEvents"],
        },
    ),
    User(
        SANDBOX,
        "bounded-sandbox-user",
        "A user with a permissions boundary",
        BLOCKED,
        inline={"play": policy(allow(["ec2:Describe*", "iam:*User*", "s3:*"]))},
        uses={"ec2": ["DescribeInstances"], "s3": ["GetObject*", "PutObject*", "Get*", "List*"]},
        boundary="sandbox-boundary",
    ),
    Role(
        PAYMENTS,
        "deny-guarded-operator",
        "Unused `kms:ScheduleKeyDeletion`, already denied: removed from the Allow, while the Deny is kept",
        BLOCKED,
        inline={
            "operate-keys": policy(
                allow(["kms:*"], sid="OperateKeys"),
                deny(["kms:ScheduleKeyDeletion", "kms:DisableKey*"], sid="NeverDestroy"),
            )
        },
        uses={"kms": ["Describe*", "List*", "Get*", "Create*", "Put*", "EnableKey*", "UpdateAlias"]},
        trust=account_root(PAYMENTS),
        tags=PAYMENTS_TEAM,
    ),
    Role(
        PAYMENTS,
        "deny-makes-ineffective",
        "Another of its policies denies every unused action on all resources, so removing them has no effect",
        BLOCKED,
        inline={
            "read-and-write": policy(allow(["secretsmanager:Get*", "secretsmanager:Delete*", "secretsmanager:Put*"])),
            "never-delete": policy(deny(["secretsmanager:Delete*", "secretsmanager:PutResourcePolicy"])),
        },
        uses={"secretsmanager": ["Get*", "PutSecretValue"]},
        tags=PAYMENTS_TEAM,
    ),
    Role(
        PAYMENTS,
        "deny-under-a-condition",
        "The same Deny, but only for sessions without MFA: its actions may still be allowed",
        BLOCKED,
        inline={
            "read-and-write": policy(allow(["secretsmanager:Get*", "secretsmanager:Delete*", "secretsmanager:Put*"])),
            "never-delete": policy(
                deny(
                    ["secretsmanager:Delete*", "secretsmanager:PutResourcePolicy"],
                    condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
                )
            ),
        },
        uses={"secretsmanager": ["Get*", "PutSecretValue"]},
        tags=PAYMENTS_TEAM,
    ),
    Role(
        PAYMENTS,
        "deny-only-left",
        "Every allowed action is unused, but the Deny must stay: deleting the policy would widen access",
        BLOCKED,
        inline={
            "deny-guard": policy(
                allow(["cloudtrail:StopLogging", "cloudtrail:DescribeTrails"]),
                deny(["cloudtrail:DeleteTrail", "cloudtrail:StopLogging"]),
            ),
            "work": policy(allow(["sqs:SendMessage"])),
        },
        uses={"sqs": ["SendMessage"]},
    ),
    Role(
        MANAGEMENT,
        "deny-with-not-action",
        "Deny with NotAction, which is never edited",
        BLOCKED,
        inline={
            "read-the-organisation": policy(
                allow(["organizations:*", "account:Get*", "account:List*"]),
                {
                    "Effect": "Deny",
                    "NotAction": ["organizations:List*", "organizations:Describe*", "account:*"],
                    "Resource": "*",
                },
            )
        },
        uses={
            "organizations": ["ListAccounts", "DescribeOrganization", "ListParents", "ListRoots"],
            "account": ["GetAlternateContact"],
        },
        trust=account_root(SECURITY),
    ),
    # -----------------------------------------------------------------------------------------------------------------
    # Findings
    # -----------------------------------------------------------------------------------------------------------------
    Role(
        SHOP,
        "paged-finding-details",
        "Finding details for more than a dozen services and hundreds of actions, on several pages",
        FINDINGS,
        inline={
            "platform": policy(
                allow(["rds:*", "ecs:*", "ecr:*", "elasticloadbalancing:*", "autoscaling:*", "cloudformation:*"]),
                allow(
                    ["route53:*", "acm:*", "ses:*", "sns:*", "waf:*", "kinesis:*", "elasticache:*", "events:*", "sqs:*"]
                ),
            )
        },
        uses={
            "rds": ["DescribeDBInstances", "DescribeDBClusters"],
            "ecs": ["Describe*", "List*", "UpdateService"],
            "ecr": ["Describe*", "GetAuthorizationToken"],
            "elasticloadbalancing": ["Describe*"],
            "autoscaling": ["Describe*"],
            "cloudformation": ["Describe*", "List*", "CreateStack", "UpdateStack"],
            "events": ["PutRule", "PutTargets"],
        },
        trust=service("cloudformation"),
        tags=PLATFORM,
    ),
    Role(
        PAYMENTS,
        "whole-services-unused",
        "Only whole services reported unused: entries without actions",
        FINDINGS,
        inline={
            "too-much": policy(allow(["sns:*", "kinesis:Get*", "xray:*", "sqs:SendMessage", "polly:SynthesizeSpeech"]))
        },
        uses={"sqs": ["SendMessage"]},
        tags=PAYMENTS_TEAM,
    ),
    Role(
        PAYMENTS,
        "stale-service-with-actions",
        "rds was last used before the window, and its actions are listed: only those are removed",
        FINDINGS,
        inline={"databases": policy(allow(["rds:*", "s3:GetObject"]))},
        uses={"rds": [], "s3": ["GetObject"]},
        stale={"rds": "2026-04-14T10:00:00Z"},
        tags=PAYMENTS_TEAM,
    ),
    Role(
        PAYMENTS,
        "two-permission-findings",
        "Two unused-permission findings for one role, one service in each",
        FINDINGS,
        inline={"mixed": policy(allow(["ssm:Get*", "ssm:Put*", "logs:*"]))},
        uses={"ssm": ["GetParameter*"], "logs": ["PutLogEvents", "CreateLogStream", "Describe*", "Get*", "List*"]},
        in_two=True,
    ),
    Role(
        PAYMENTS,
        "error-finding",
        "A finding with an error: counts as no evidence, not as nothing unused",
        FINDINGS,
        inline={"batch": policy(allow(["batch:*", "s3:Get*"]))},
        error="INTERNAL_ERROR",
        tags=PAYMENTS_TEAM,
    ),
    Role(
        PAYMENTS,
        "archived-finding",
        "Its only finding is archived: counted in the report, but not used",
        FINDINGS,
        inline={"export": policy(allow(["s3:Get*", "s3:List*", "glue:*"]))},
        archived=True,
    ),
    Role(
        PAYMENTS,
        "unused-role-internal",
        "Unused for months; only its own account can assume it",
        FINDINGS,
        inline={"migrate": policy(allow(["dms:*", "rds:*"]))},
        idle="2026-02-11T04:10:22Z",
        trust=account_root(PAYMENTS),
        tags=PAYMENTS_TEAM,
    ),
    Role(
        PAYMENTS,
        "unused-role-external",
        "Never used; an account outside the organisation can assume it",
        FINDINGS,
        attached=["SystemAdministrator"],
        idle=NEVER,
        trust=account_root(PARTNER, "acme-partner-7f3a"),
    ),
    Role(
        PAYMENTS,
        "unused-role-service-only",
        "Unused for a year; only an AWS service can assume it",
        FINDINGS,
        inline={"replicate": policy(allow(["s3:Replicate*", "s3:GetObjectVersion*"]))},
        idle="2025-10-30T01:15:00Z",
        trust=service("s3"),
        tags=PAYMENTS_TEAM,
    ),
    Role(
        PAYMENTS,
        "unused-role-with-permissions",
        "An unused role that also has an unused-permission finding: one recommendation, not two",
        FINDINGS,
        inline={"import": policy(allow(["s3:Get*", "sqs:*"]))},
        idle="2025-12-24T18:00:00Z",
        uses={},
    ),
    # -----------------------------------------------------------------------------------------------------------------
    # Nothing, or no evidence
    # -----------------------------------------------------------------------------------------------------------------
    Role(
        SHOP,
        "nothing-unused-worker",
        "Uses all of its permissions, so it has no finding",
        ABSENT,
        inline={"work": policy(allow(["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage"]))},
        attached=["AWSLambdaBasicExecutionRole"],
        trust=service("lambda"),
        path="/service-role/",
    ),
    Role(
        SHOP,
        "too-young-deployer",
        "Created within the window, so it is too new to judge",
        ABSENT,
        inline={"deploy": policy(allow(["cloudformation:*", "s3:*", "iam:PassRole"]))},
        created="2026-10-05T13:20:00Z",
        trust=service("codebuild"),
    ),
    Role(
        SECURITY,
        "excluded-by-tag-scanner",
        "The tag `access-analyzer=exclude` excludes it from the analysis",
        ABSENT,
        attached=["AmazonEC2ReadOnlyAccess", "IAMReadOnlyAccess"],
        trust=account_root(PARTNER, "acme-scanner-19"),
        tags={"access-analyzer": "exclude", "owner": "team-security@example.com"},
    ),
    User(
        LAB,
        "user-without-evidence",
        "The analyzer excludes the whole account, so there is no evidence",
        ABSENT,
        inline={"lab": policy(allow(["ec2:*", "s3:*"]))},
    ),
    Role(
        LAB,
        "role-without-evidence",
        "The same for a role",
        ABSENT,
        attached=["AmazonSQSFullAccess"],
    ),
    Role(
        SECURITY,
        "AWSServiceRoleForAccessAnalyzer",
        "A service-linked role, which is never changed",
        ABSENT,
        attached=["AccessAnalyzerServiceRolePolicy"],
        path="/aws-service-role/access-analyzer.amazonaws.com/",
        trust=service("access-analyzer"),
    ),
    Role(
        MANAGEMENT,
        "AWSServiceRoleForOrganizations",
        "A service-linked role",
        ABSENT,
        attached=["AWSOrganizationsServiceTrustPolicy"],
        path="/aws-service-role/organizations.amazonaws.com/",
        trust=service("organizations"),
    ),
    Role(
        SHOP,
        "AWSServiceRoleForAutoScaling",
        "A service-linked role",
        ABSENT,
        attached=["AutoScalingServiceRolePolicy"],
        path="/aws-service-role/autoscaling.amazonaws.com/",
        trust=service("autoscaling"),
    ),
    # -----------------------------------------------------------------------------------------------------------------
    # Quotas
    # -----------------------------------------------------------------------------------------------------------------
    Role(
        SHOP,
        "ten-attached-policies",
        "Ten managed policies, two of them AWS managed: the old one must be detached before its copy is attached",
        SIZES,
        attached=[
            *[f"tenth-part-{number:02}" for number in range(1, 9)],
            "AmazonSSMManagedInstanceCore",
            "CloudWatchReadOnlyAccess",
        ],
        uses={
            "ssm": ["GetParameter*", "Describe*", "UpdateInstanceInformation", "ListAssociations"],
            "ec2": ["DescribeInstances", "DescribeVolumes"],
            "s3": ["GetBucketLocation", "ListAccessPoints"],
            "cloudwatch": ["Describe*", "GetMetric*"],
            "logs": ["DescribeLogGroups", "GetLogEvents", "FilterLogEvents"],
            "ssmmessages": ALL,
            "autoscaling": ["DescribeAutoScalingGroups"],
        },
        tags=PLATFORM,
    ),
    Role(
        SHOP,
        "five-versions-role",
        "Its policy `five-versions-already` already has five versions",
        SIZES,
        attached=["five-versions-already"],
        uses={"events": ["PutRule", "PutTargets", "List*", "Describe*", "PutEvents"], "states": ["StartExecution"]},
    ),
    Role(
        SHOP,
        "policy-newer-than-evidence",
        "Its policy `hotfixed-after-analysis` was changed after the finding was evaluated",
        SIZES,
        attached=["hotfixed-after-analysis"],
        uses={"rds": ["DescribeDBInstances", "ModifyDBInstance", "StartDBInstance"]},
        tags=SHOP_TEAM,
    ),
    Role(
        SHOP,
        "wholly-unused-policy-holder",
        "`legacy-queue-access` is entirely unused, its other policy is in use",
        SIZES,
        attached=["legacy-queue-access", "AWSLambdaBasicExecutionRole"],
        uses={"logs": ALL},
        trust=service("lambda"),
    ),
    # -----------------------------------------------------------------------------------------------------------------
    # Names, tags and trust
    # -----------------------------------------------------------------------------------------------------------------
    Role(
        SHOP_DEV,
        "svc+deploy=blue,green.v2@shop-dev_01",
        "Every special character that IAM allows, in the names of the role and its policy",
        NAMES,
        inline={"policy+with=every,character.of@a-name_1": policy(allow(["ecs:Update*", "ecs:Describe*"]))},
        uses={"ecs": ["UpdateService", "DescribeServices"]},
    ),
    User(
        SHOP_DEV,
        "ci+bot=dev,build.1@shop-dev_01",
        "The same for a user with a path",
        NAMES,
        inline={
            "push": policy(
                allow(["ecr:*"], "arn:aws:ecr:*:666666666666:repository/shop-*"), allow("ecr:GetAuthorizationToken")
            )
        },
        uses={"ecr": ["*Layer*", "PutImage", "GetAuthorizationToken", "BatchGet*", "DescribeImages"]},
        path="/bots/ci/",
    ),
    Role(
        SHOP_DEV,
        "pipeline-deployer",
        "A CI/CD role assumed through OIDC: unused may only mean that nothing was deployed lately",
        NAMES,
        inline={
            "deploy-stacks": policy(
                allow(["cloudformation:*"], "arn:aws:cloudformation:*:666666666666:stack/shop-*"),
                allow(["iam:PassRole", "iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:GetRole"]),
                allow(["lambda:*"]),
            )
        },
        uses={
            "cloudformation": ["Describe*", "List*", "CreateChangeSet", "ExecuteChangeSet"],
            "iam": ["GetRole"],
            "lambda": ["GetFunction*", "UpdateFunctionCode"],
        },
        trust=github(SHOP_DEV, "acme-example/shop"),
        tags={**PLATFORM, "purpose": "pipeline"},
    ),
    Role(
        PAYMENTS,
        "backup-restore-dr",
        "A disaster recovery role: rarely used, but essential when it is",
        NAMES,
        inline={
            "restore": policy(allow(["backup:*", "rds:Restore*", "rds:Describe*", "ec2:CreateVolume", "ec2:Describe*"]))
        },
        uses={
            "backup": ["List*", "Describe*", "Get*"],
            "rds": ["DescribeDBInstances", "DescribeDBSnapshots"],
            "ec2": ["DescribeVolumes", "DescribeSnapshots"],
        },
        trust=service("backup"),
        tags={**PLATFORM, "purpose": "disaster-recovery"},
    ),
    Role(
        MANAGEMENT,
        "quarterly-close-exporter",
        "Runs at the end of each quarter, which a window of 90 days can miss",
        NAMES,
        inline={"export-costs": policy(allow(["ce:*", "cur:*", "athena:*", "s3:Get*", "s3:PutObject"]))},
        uses={
            "ce": ["GetCostAndUsage"],
            "athena": ["StartQueryExecution", "GetQuery*"],
            "s3": ["GetObject*", "PutObject", "GetBucketLocation"],
        },
        trust=service("lambda"),
        tags={"owner": "finance@example.com", "schedule": "quarterly"},
    ),
    Role(
        MANAGEMENT,
        "break-glass-admin",
        "A break-glass administrator, marked by a tag: it is meant to be unused",
        NAMES,
        attached=["AdministratorAccess"],
        idle="2026-01-09T22:14:05Z",
        trust=account_root(SECURITY),
        tags={"owner": "team-security@example.com", "purpose": "break-glass"},
    ),
    Role(
        SECURITY,
        "break-glass-operator",
        "A break-glass role, used recently: the next emergency may need other permissions",
        NAMES,
        inline={"intervene": policy(allow(["ec2:Stop*", "ec2:Terminate*", "ec2:Describe*", "iam:Update*"]))},
        uses={"ec2": ["DescribeInstances", "StopInstances"]},
        trust=account_root(SECURITY),
        tags={"owner": "team-security@example.com", "use": "break-glass"},
    ),
    Role(
        SHOP,
        "dr-failover-orchestrator",
        "A disaster recovery role, which two words of its name suggest",
        NAMES,
        inline={"switch-over": policy(allow(["rds:Failover*", "rds:Promote*", "rds:Describe*", "route53:Change*"]))},
        uses={"rds": ["DescribeDBClusters", "DescribeDBInstances"]},
        trust=service("states"),
        tags=SHOP_TEAM,
    ),
    Role(
        SHOP,
        "nightly-backup",
        "A backup role, recognised only by its name",
        NAMES,
        inline={"copy": policy(allow(["backup:*", "dynamodb:CreateBackup", "dynamodb:DescribeTable"]))},
        uses={"backup": ["StartBackupJob", "Describe*", "List*"], "dynamodb": ["CreateBackup", "DescribeTable"]},
        trust=service("backup"),
        tags=SHOP_TEAM,
    ),
    Role(
        SHOP,
        "escalation-launcher",
        "`iam:PassRole` with `ec2:RunInstances`, and unused `iam:CreatePolicyVersion`: privilege escalation",
        NAMES,
        inline={
            "launch": policy(
                allow(["ec2:RunInstances", "ec2:Describe*"]),
                allow(["iam:PassRole", "iam:CreatePolicyVersion", "iam:AttachUserPolicy", "sts:AssumeRole"]),
            )
        },
        uses={"ec2": ["RunInstances", "DescribeInstances"], "iam": ["PassRole"]},
    ),
    Role(
        LOGS,
        "log-archiver",
        "Assumed from another account: its trust policy names a role of the organisation",
        NAMES,
        inline={
            "archive": policy(
                allow(
                    ["s3:Put*", "s3:GetBucket*"], ["arn:aws:s3:::acme-log-archive", "arn:aws:s3:::acme-log-archive/*"]
                )
            )
        },
        uses={"s3": ["PutObject*", "GetBucketAcl", "GetBucketLocation"]},
        trust=trusts({"AWS": f"arn:aws:iam::{SECURITY}:role/not-action-operator"}),
        tags={"owner": "team-security@example.com"},
    ),
    Role(
        LOGS,
        "yearly-log-auditor",
        "Queries the archive with Athena once a year",
        NAMES,
        inline={
            "audit": policy(
                allow(["athena:*QueryExecution*", "athena:GetQueryResults*", "glue:GetTable*", "glue:GetDatabase*"]),
                allow(
                    ["s3:Get*", "s3:List*"], condition={"DateGreaterThan": {"aws:CurrentTime": "2025-01-01T00:00:00Z"}}
                ),
            )
        },
        uses={
            "athena": ["StartQueryExecution", "GetQueryExecution", "GetQueryResults"],
            "glue": ["GetTable"],
            "s3": ["GetObject*", "ListBucket"],
        },
        trust=saml(LOGS, "acme-idp"),
        tags={"schedule": "yearly"},
    ),
]

# Each permission set: its policies, and in each of its accounts what is used. `None`: too young to be told.
PERMISSION_SETS = {
    "DeveloperAccess": {
        "shows": "A permission set in four accounts: permissions unused in all of them are removed from the set",
        "attached": ["CloudWatchReadOnlyAccess"],
        "inline": policy(
            allow(["lambda:*", "dynamodb:Describe*", "dynamodb:List*", "dynamodb:Query"], sid="Build"),
            allow(["s3:Get*", "s3:List*", "s3:PutObject"], sid="Store"),
        ),
        "accounts": {
            SHOP: {
                "lambda": ["Get*", "List*"],
                "logs": ["FilterLogEvents", "GetLogEvents", "Describe*"],
                "cloudwatch": ["GetMetricData"],
            },
            SHOP_DEV: {
                "lambda": ["Get*", "List*", "Update*", "InvokeFunction"],
                "s3": ["GetObject*", "ListBucket"],
                "logs": ["StartQuery", "GetQueryResults"],
            },
            DATA_DEV: {
                "dynamodb": ["Query", "DescribeTable"],
                "s3": ["GetObject*", "ListAllMyBuckets"],
                "cloudwatch": ["Get*", "List*"],
            },
            SANDBOX: {"lambda": ["*"], "s3": ["GetObject*", "PutObject"]},
        },
    },
    "SupportReadOnly": {
        "shows": "A permission set in three accounts, blocked because the role in acme-payments-prod is too new",
        "attached": ["AmazonEC2ReadOnlyAccess"],
        "inline": policy(allow(["ssm:Describe*", "ssm:Get*", "ssm:List*"], sid="Support")),
        "accounts": {
            SHOP: {"ec2": ["DescribeInstances", "DescribeInstanceStatus"], "cloudwatch": ["DescribeAlarms"]},
            PAYMENTS: None,
            SHOP_DEV: {
                "ec2": ["DescribeInstances", "DescribeVolumes"],
                "ssm": ["DescribeInstanceInformation", "ListCommands"],
            },
        },
    },
}

# A role that a StackSet rolls out: the same name and policy everywhere, and in each account what is used of it.
FLEET_POLICY = policy(
    allow(["ec2:Describe*", "rds:Describe*", "s3:GetBucket*", "s3:ListAllMyBuckets", "lambda:List*"], sid="Collect"),
    allow("s3:PutObject", "arn:aws:s3:::acme-inventory/*", sid="Deliver"),
)
FLEET_USES = {
    SECURITY: {"ec2": ["DescribeInstances"], "s3": ["ListAllMyBuckets", "PutObject", "GetBucketPolicy"]},
    LOGS: {"s3": ["ListAllMyBuckets", "GetBucketAcl", "GetBucketPolicy", "PutObject"]},
    SHOP: {
        "ec2": ["DescribeInstances", "DescribeVolumes"],
        "rds": ["DescribeDBInstances"],
        "s3": ["ListAllMyBuckets", "PutObject"],
        "lambda": ["ListFunctions"],
    },
    PAYMENTS: {"ec2": ["DescribeInstances"], "rds": ["DescribeDBInstances", "DescribeDBClusters"], "s3": ["PutObject"]},
    SHOP_DEV: {
        "ec2": ["DescribeInstances", "DescribeImages"],
        "s3": ["PutObject"],
        "lambda": ["ListFunctions", "ListAliases"],
    },
    DATA_DEV: {"s3": ["ListAllMyBuckets", "GetBucketLocation", "PutObject"], "lambda": ["ListFunctions"]},
    SANDBOX: {"ec2": ["DescribeInstances"], "s3": ["PutObject"]},
}


# A second one, which in one account is too young to be told.
BLIND_FLEET_POLICY = policy(allow(["ssm:Get*", "ssm:List*", "ssm:Put*"], sid="Patch"))
BLIND_FLEET_USES = {
    SECURITY: None,
    SHOP: {"ssm": ["GetManifest", "GetParameter*", "PutInventory"]},
    PAYMENTS: {"ssm": ["GetManifest", "ListAssociations", "PutInventory"]},
    SHOP_DEV: {"ssm": ["GetManifest", "PutInventory"]},
}


def provisioned():
    """The roles that Identity Center and StackSets create."""
    for name, made in PERMISSION_SETS.items():
        for account, uses in made["accounts"].items():
            yield Role(
                account,
                f"AWSReservedSSO_{name}_{hexadecimal(name + account, 16)}",
                made["shows"],
                CENTER,
                inline={"AwsSSOInlinePolicy": made["inline"]},
                attached=made["attached"],
                uses=uses,
                path="/aws-reserved/sso.amazonaws.com/",
                trust=saml(account, f"AWSSSO_{hexadecimal(account, 16)}_DO_NOT_DELETE"),
                created="2026-10-12T08:00:00Z" if uses is None else "",
            )
    for account, uses in FLEET_USES.items():
        yield Role(
            account,
            "fleet-inventory-collector",
            "One role in seven accounts, used differently in each: one change removes what is unused everywhere",
            FLEET,
            inline={"collect-inventory": FLEET_POLICY},
            uses=uses,
            trust=trusts({"AWS": f"arn:aws:iam::{SECURITY}:root"}),
            tags=PLATFORM,
            path="/fleet/",
        )
    for account, uses in BLIND_FLEET_USES.items():
        yield Role(
            account,
            "fleet-patch-agent",
            "One role in four accounts, too new in acme-security: the other three are changed one by one",
            FLEET,
            inline={"patch": BLIND_FLEET_POLICY},
            uses=uses,
            trust=service("ssm"),
            tags=PLATFORM,
            path="/fleet/",
            created="2026-10-19T08:00:00Z" if uses is None else "",
        )


# Policies that are near their quota and become longer when their wildcards are replaced.
LARGE_PATTERNS = ["ec2:*Instance*", "ec2:*Network*", "ec2:*V*", "ec2:*S*"]


def subnets(part, count):
    subnet = f"arn:aws:ec2:us-east-1:{SHOP}:subnet/subnet-{part}"
    return [f"{subnet}{number:015x}" for number in range(1, count + 1)]


PRINCIPALS += [
    Role(
        SHOP,
        "large-inline-explodes",
        "An inline policy near the limit of 10,240 characters: longer once reduced, so it is split into managed policies",
        SIZES,
        inline={
            "near-the-quota": policy(
                *[allow(LARGE_PATTERNS, subnets(part, 64), sid=f"Subnets{part}") for part in (1, 2)],
            )
        },
        uses={"ec2": ["Describe*s", "*Instances", "Create*", "Get*e*"]},
        tags=PLATFORM,
    ),
    Role(
        SHOP,
        "large-inline-fits-nowhere",
        "The same in one statement: its resources alone exceed the limit of a managed policy, so it is not changed",
        SIZES,
        inline={"beyond-the-quota": policy(allow(LARGE_PATTERNS, subnets(1, 130)))},
        uses={"ec2": ["Describe*s", "*Instances", "Create*", "Get*e*"]},
        tags=PLATFORM,
    ),
    Role(
        SHOP,
        "inline-policies-near-the-quota",
        "Two inline policies, together near 10,240 characters: once reduced, the first no longer fits and becomes managed",
        SIZES,
        inline={
            "first-half": policy(allow(["autoscaling:*"], subnets(3, 74))),
            "second-half": policy(allow(["ecs:*"], subnets(4, 73))),
        },
        uses={
            "autoscaling": ["Describe*", "SetDesiredCapacity", "UpdateAutoScalingGroup", "PutScalingPolicy"],
            "ecs": ["Describe*", "List*", "RunTask", "StopTask", "UpdateService", "RegisterTaskDefinition"],
        },
        tags=PLATFORM,
    ),
    Role(
        SHOP,
        "large-managed-splits",
        "`platform-operations-large` exceeds 6,144 characters once reduced, so it is split into several policies",
        SIZES,
        attached=["platform-operations-large"],
        uses={"ec2": ["Describe*s", "*Instances", "Create*", "Modify*e", "Get*e*"]},
        tags=PLATFORM,
    ),
]
MANAGED.append(
    Managed(
        SHOP,
        "platform-operations-large",
        policy(
            *[
                allow(f"ec2:{pattern}", f"arn:aws:ec2:{region}:444444444444:*", sid=f"Part{number}")
                for number, (pattern, region) in enumerate(zip(SPLIT_PATTERNS, ["us-east-1", "eu-central-1"] * 4), 1)
            ]
        ),
        "Needs several policies once reduced",
    )
)


# The small organisation, of which not all can be read.
P_FINE, P_DENIED, P_THROTTLED, P_UNLISTED = "111111111111", "222222222222", "333333333333", "444444444444"
P_ROOT = "o-partialexample/r-part"
P_ACCOUNTS = [
    (P_FINE, "partial-fine", [], "ACTIVE", "read completely"),
    (P_DENIED, "partial-denied", ["workloads"], "ACTIVE", "GetAccountAuthorizationDetails was denied (AccessDenied)"),
    (
        P_THROTTLED,
        "partial-throttled",
        ["workloads"],
        "ACTIVE",
        "GetFindingV2 was throttled for one finding",
    ),
    (
        P_UNLISTED,
        "partial-unlisted",
        ["workloads"],
        "ACTIVE",
        "ListFindingsV2 was denied, so there are no findings",
    ),
]
P_ANALYZER = {
    "arn": f"arn:aws:access-analyzer:us-east-1:{P_FINE}:analyzer/partial-unused-access",
    "name": "partial-unused-access",
    "type": "ORGANIZATION_UNUSED_ACCESS",
    "status": "ACTIVE",
    "createdAt": "2025-03-04T08:00:12Z",
    "configuration": {"unusedAccess": {"unusedAccessAge": WINDOW}},
}
P_FAILURES = {
    P_DENIED: {"operation": "GetAccountAuthorizationDetails", "kind": "denied"},
    P_UNLISTED: {"operation": "ListFindingsV2", "kind": "denied"},
}
INCOMPLETE = "What could not be read"
P_PRINCIPALS = [
    Role(
        P_FINE,
        "fine-reader",
        "Reduced, whatever happens in the other accounts",
        INCOMPLETE,
        inline={"read": policy(allow(["s3:Get*", "s3:ListBucket"]))},
        uses={"s3": ["GetObject*", "GetBucketLocation", "ListBucket"]},
    ),
    User(
        P_FINE,
        "fine-user",
        "Uses all of its permissions",
        INCOMPLETE,
        inline={"upload": policy(allow("s3:PutObject", "arn:aws:s3:::partial-upload/*"))},
    ),
    Role(
        P_THROTTLED,
        "throttled-finding",
        "Its finding has a `failure` and no details: counts as no evidence, not as nothing unused",
        INCOMPLETE,
        inline={"queues": policy(allow(["sqs:*"]))},
        failure={"operation": "GetFindingV2", "kind": "throttled"},
    ),
    Role(
        P_THROTTLED,
        "readable-finding",
        "Its finding was read, so it is still reduced",
        INCOMPLETE,
        inline={"functions": policy(allow(["lambda:Get*", "lambda:List*", "lambda:InvokeFunction"]))},
        uses={"lambda": ["GetFunction", "InvokeFunction"]},
    ),
    Role(
        P_UNLISTED,
        "unlisted-findings",
        "Policies without evidence: the account counts as not scanned",
        INCOMPLETE,
        inline={"tables": policy(allow(["dynamodb:*"]))},
    ),
]


MARK = "<!-- written by mocks/generate.py from here on -->\n"


def main():
    arguments = argparse.ArgumentParser(description="writes the demonstration snapshots")
    arguments.add_argument("--check", action="store_true", help="compare instead of writing")
    check = arguments.parse_args().check

    acme = Organisation("acme", ROOT, ACCOUNTS, ANALYZER, PRINCIPALS + list(provisioned()), GROUP_LIST, MANAGED)
    partial = Organisation("partial", P_ROOT, P_ACCOUNTS, P_ANALYZER, P_PRINCIPALS, failures=P_FAILURES)

    snapshots = {"acme": snapshot(acme), "partial": snapshot(partial), "fabrikam": last_accessed.snapshot()}
    wanted = {}
    for folder, files in snapshots.items():
        for name, content in files.items():
            # The format of serde_json.
            wanted[HERE / folder / name] = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    readme = HERE / "README.md"
    introduction = readme.read_text().split(MARK)[0]
    tables = page(acme, SECTIONS) + page(partial) + last_accessed.page()
    wanted[readme] = introduction + MARK + "\n" + "\n".join(tables).rstrip("\n") + "\n"

    there = {path for folder in snapshots for path in (HERE / folder).rglob("*") if path.is_file()}
    stale = sorted(there - wanted.keys())
    wrong = [path for path, text in wanted.items() if not path.is_file() or path.read_text() != text]
    for path in sorted(wrong) + stale:
        print(("differs: " if check else "deleted: " if path in stale else "written: ") + str(path.relative_to(HERE)))
        if check:
            continue
        if path in stale:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path])
    return 1 if check and (wrong or stale) else 0


if __name__ == "__main__":
    sys.exit(main())

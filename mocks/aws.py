"""Facts about AWS: which actions it tracks, and its managed policies."""

from model import allow, allow_not, policy

# Services for which AWS records use by action: the actions it records, then exceptions. For every other service AWS
# only knows whether it was used at all. Where AWS does not document it, the list assumes that an action is not recorded.
TRACKED = {
    "athena": ("*", "*Tag*"),
    "autoscaling": ("*", "*Tags"),
    "backup": ("*", "*Tag* Copy* StartBackupJob"),
    "cloudformation": ("*", "*Tag* SignalResource"),
    "cloudtrail": ("*", "*Tags LookupEvents PutAuditEvents"),
    "cloudwatch": ("*", "*Tag* PutMetricData GetMetric* ListMetrics"),
    "dynamodb": (
        (
            "CreateTable CreateBackup CreateGlobalTable Delete*Table Delete*Backup DescribeBackup DescribeTable "
            "DescribeContinuousBackups DescribeLimits DescribeTimeToLive DescribeExport DescribeImport List* Update*"
        ),
        "*Tags* UpdateItem *Abac* ListStreams",
    ),
    "ec2": ("*", "*Tags Inject* PauseVolumeIO SendSpotInstanceInterruptions"),
    "ecr": ("*", "*Tag* *Layer* BatchGet* GetAuthorizationToken"),
    "ecs": ("*", "*Tag* Poll Submit* StartTelemetrySession ExecuteCommand"),
    "elasticloadbalancing": ("*", "*Tags SetWebACL"),
    "events": ("*", "*Tag* PutEvents"),
    "glue": ("*", "*Tag* *ForDataQuality PassConnection UseGlueStudio"),
    "iam": ("*", "PassRole *Tags Tag* Untag* Simulate*"),
    "kms": ("*", "*Tag* Decrypt Encrypt GenerateDataKey* GenerateMac GenerateRandom ReEncrypt* Sign Verify*"),
    "lambda": (
        (
            "AddPermission Create*Function Delete*Function GetFunction* GetPolicy List*Function* ListAliases ListLayers "
            "ListEventSourceMappings PublishVersion PutFunctionConcurrency RemovePermission UpdateFunction* "
            "CreateAlias UpdateAlias CreateEventSourceMapping GetAccountSettings GetAlias"
        ),
        "*WebFunction* *Durable* *Capacity* *Tags",
    ),
    "logs": ("*", "*Tag* PutLogEvents* GetLogEvents FilterLogEvents StartLiveTail"),
    "nimbus": ("*", ""),
    "organizations": ("*", "*Tag*"),
    "rds": ("*", "*Tag* CrossRegionCommunication"),
    "s3": (
        "*",
        (
            "*Tag* GetObject* PutObject* DeleteObject* ListObject* RestoreObject UpdateObject* Replicate* ListBucket "
            "ListBucketVersions ListBucketMultipartUploads ListMultipartUploadParts AbortMultipartUpload *ForObjectLambda "
            "BypassGovernanceRetention ObjectOwner* GetDataAccess GetAccessGrantsInstanceForPrefix *Replication *Abac "
            "AllowVended* Submit*"
        ),
    ),
    "secretsmanager": ("*", "*Tag* BatchGetSecretValue"),
    "sqs": ("AddPermission CreateQueue DeleteQueue ListQueues PurgeQueue RemovePermission SetQueueAttributes", ""),
    "ssm": ("*", "*Tag* *Session GetDocument PutInventory UpdateInstanceInformation"),
    "states": ("*", "*Tag* Send* GetActivityTask InvokeHTTPEndpoint"),
    "sts": (
        "AssumeRole DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetFederationToken GetSessionToken",
        "",
    ),
}

# AWS-managed policies by name: path and document.
AWS_MANAGED = {
    "AdministratorAccess": ("/", policy(allow("*"))),
    "PowerUserAccess": (
        "/",
        policy(
            allow_not(["iam:*", "organizations:*", "account:*"]),
            allow(
                [
                    "account:GetAccountInformation",
                    "account:GetPrimaryEmail",
                    "account:ListRegions",
                    "iam:CreateServiceLinkedRole",
                    "iam:DeleteServiceLinkedRole",
                    "iam:ListRoles",
                    "organizations:DescribeEffectivePolicy",
                    "organizations:DescribeOrganization",
                ]
            ),
        ),
    ),
    "AmazonS3ReadOnlyAccess": (
        "/",
        policy(allow(["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"])),
    ),
    "AmazonEC2ReadOnlyAccess": (
        "/",
        policy(
            allow(["ec2:Describe*", "ec2:GetSecurityGroupsForVpc"]),
            allow("elasticloadbalancing:Describe*"),
            allow(["cloudwatch:ListMetrics", "cloudwatch:GetMetricStatistics", "cloudwatch:Describe*"]),
            allow("autoscaling:Describe*"),
        ),
    ),
    "AmazonSQSFullAccess": ("/", policy(allow(["sqs:*"]))),
    "AmazonSNSFullAccess": ("/", policy(allow(["sns:*"]))),
    "AmazonBedrockReadOnly": (
        "/",
        policy(allow(["bedrock:Get*", "bedrock:List*"], sid="AmazonBedrockReadOnly")),
    ),
    "AmazonDynamoDBReadOnlyAccess": (
        "/",
        policy(
            allow(["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics"]),
            allow(
                [
                    "dynamodb:BatchGetItem",
                    "dynamodb:Describe*",
                    "dynamodb:GetItem",
                    "dynamodb:List*",
                    "dynamodb:PartiQLSelect",
                    "dynamodb:Query",
                    "dynamodb:Scan",
                ],
                sid="GeneralReadOnly",
            ),
        ),
    ),
    "CloudWatchReadOnlyAccess": (
        "/",
        policy(
            allow(
                [
                    "autoscaling:Describe*",
                    "cloudwatch:Describe*",
                    "cloudwatch:Get*",
                    "cloudwatch:List*",
                    "logs:Describe*",
                    "logs:FilterLogEvents",
                    "logs:Get*",
                    "logs:List*",
                    "logs:StartQuery",
                    "logs:StopQuery",
                    "sns:Get*",
                    "sns:List*",
                ],
                sid="CloudWatchReadOnlyAccessPermissions",
            )
        ),
    ),
    "IAMReadOnlyAccess": (
        "/",
        policy(
            allow(
                [
                    "iam:GenerateCredentialReport",
                    "iam:GenerateServiceLastAccessedDetails",
                    "iam:Get*",
                    "iam:List*",
                    "iam:SimulateCustomPolicy",
                    "iam:SimulatePrincipalPolicy",
                ]
            )
        ),
    ),
    "SecretsManagerReadWrite": (
        "/",
        policy(
            allow(
                [
                    "secretsmanager:*",
                    "cloudformation:CreateChangeSet",
                    "cloudformation:DescribeChangeSet",
                    "cloudformation:DescribeStackResource",
                    "cloudformation:DescribeStacks",
                    "cloudformation:ExecuteChangeSet",
                    "kms:DescribeKey",
                    "kms:ListAliases",
                    "kms:ListKeys",
                    "lambda:ListFunctions",
                    "rds:DescribeDBClusters",
                    "rds:DescribeDBInstances",
                    "tag:GetResources",
                ],
                sid="BasePermissions",
            ),
            allow(
                ["lambda:AddPermission", "lambda:CreateFunction", "lambda:GetFunction", "lambda:InvokeFunction"],
                "arn:aws:lambda:*:*:function:SecretsManager*",
                sid="LambdaPermissions",
            ),
        ),
    ),
    "AmazonSSMManagedInstanceCore": (
        "/",
        policy(
            allow(
                [
                    "ssm:DescribeAssociation",
                    "ssm:GetDeployablePatchSnapshotForInstance",
                    "ssm:GetDocument",
                    "ssm:DescribeDocument",
                    "ssm:GetManifest",
                    "ssm:GetParameter",
                    "ssm:GetParameters",
                    "ssm:ListAssociations",
                    "ssm:ListInstanceAssociations",
                    "ssm:PutInventory",
                    "ssm:PutComplianceItems",
                    "ssm:PutConfigurePackageResult",
                    "ssm:UpdateAssociationStatus",
                    "ssm:UpdateInstanceAssociationStatus",
                    "ssm:UpdateInstanceInformation",
                ]
            ),
            allow(
                [
                    "ssmmessages:CreateControlChannel",
                    "ssmmessages:CreateDataChannel",
                    "ssmmessages:OpenControlChannel",
                    "ssmmessages:OpenDataChannel",
                ]
            ),
            allow(
                [
                    "ec2messages:AcknowledgeMessage",
                    "ec2messages:DeleteMessage",
                    "ec2messages:FailMessage",
                    "ec2messages:GetEndpoint",
                    "ec2messages:GetMessages",
                    "ec2messages:SendReply",
                ]
            ),
        ),
    ),
    "AWSLambdaBasicExecutionRole": (
        "/service-role/",
        policy(allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])),
    ),
    "SystemAdministrator": (
        "/job-function/",
        policy(
            allow(
                [
                    "cloudtrail:Describe*",
                    "cloudtrail:Get*",
                    "cloudtrail:List*",
                    "cloudwatch:*",
                    "ec2:AllocateAddress",
                    "ec2:AssociateAddress",
                    "ec2:CreateImage",
                    "ec2:CreateSnapshot",
                    "ec2:CreateVolume",
                    "ec2:Describe*",
                    "ec2:RunInstances",
                    "iam:Get*",
                    "iam:List*",
                    "rds:Describe*",
                    "s3:GetBucket*",
                    "s3:List*",
                ]
            ),
            allow(
                ["ec2:RebootInstances", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"],
                ["arn:aws:ec2:*:*:instance/*"],
            ),
            allow(["iam:PassRole"], ["arn:aws:iam::*:role/rds-monitoring-role", "arn:aws:iam::*:role/ec2-sysadmin-*"]),
        ),
    ),
    "AccessAnalyzerServiceRolePolicy": (
        "/aws-service-role/",
        policy(
            allow(
                ["ec2:DescribeVpcs", "iam:GetRole", "iam:ListRoles", "kms:ListKeys", "s3:ListAllMyBuckets"],
                sid="AccessAnalyzerServiceRolePolicy",
            )
        ),
    ),
    "AWSOrganizationsServiceTrustPolicy": (
        "/aws-service-role/",
        policy(
            allow(
                ["iam:DeleteRole"],
                ["arn:aws:iam::*:role/aws-service-role/organizations.amazonaws.com/*"],
                sid="AllowDeletionOfServiceLinkedRoleForOrganizations",
            ),
            allow(["iam:CreateServiceLinkedRole"], sid="AllowCreationOfServiceLinkedRoles"),
        ),
    ),
    "AutoScalingServiceRolePolicy": (
        "/aws-service-role/",
        policy(
            allow(
                ["ec2:AttachClassicLinkVpc", "ec2:CancelSpotInstanceRequests", "ec2:Describe*", "ec2:RunInstances"],
                sid="EC2InstanceManagement",
            )
        ),
    ),
}

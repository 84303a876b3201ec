"""Makes the stacks of deploy/aws in moto, an AWS that is not ours: whether the templates fit together, which no linter tells, as the
names that one exports and another imports, and what the state machines are filled with. Where moto knows less of
CloudFormation than AWS does, the call that AWS would make is made here, so that at least its shape is held against AWS's own."""

import json
import pathlib
import warnings

import boto3
from moto import mock_aws
from moto.batch.models import ComputeEnvironment
from moto.core.common_models import CloudFormationModel
from moto.core.config import default_user_config
from moto.efs.models import AccessPoint, FileSystem

aws = pathlib.Path("deploy/aws")
SCANNER, DIGEST = "123456789012", "sha256:" + "0" * 64
CALLER = f"arn:aws:iam::{SCANNER}:role/leastwise-scan"


def client(service, **keys):
    keys = keys or {"aws_access_key_id": "AKIAINVENTED", "aws_secret_access_key": "invented"}
    return boto3.client(service, region_name="us-east-1", **keys)


def teach(kind, make):
    """A resource that moto's CloudFormation does not know, made by the call behind it."""

    def created(cls, resource_name, cloudformation_json, *_, **__):
        resource = cls()
        make(resource_name, dict(cloudformation_json["Properties"]))
        resource.physical_resource_id = resource_name
        return resource

    methods = {
        # moto asks for the name of its module, and finds direct children of the class only.
        "__module__": "moto.more",
        "physical_resource_id": None,
        "cloudformation_type": staticmethod(lambda: kind),
        "cloudformation_name_type": staticmethod(lambda: "Name"),
        "create_from_cloudformation_json": classmethod(created),
    }
    return type(kind.rpartition(":")[2], (CloudFormationModel,), methods)


def schedule(name, properties):
    client("scheduler").create_schedule(Name=name, **properties)


def egress(_, properties):
    pair = {"GroupId": properties.pop("DestinationSecurityGroupId"), "Description": properties.pop("Description")}
    group = properties.pop("GroupId")
    rule = properties | {"UserIdGroupPairs": [pair]}
    client("ec2").authorize_security_group_egress(GroupId=group, IpPermissions=[rule])


def stack_set(_, properties):
    groups, preferences = properties.pop("StackInstancesGroup"), properties.pop("OperationPreferences")
    cloudformation, name = client("cloudformation"), properties["StackSetName"]
    cloudformation.create_stack_set(**properties)
    for group in groups:
        cloudformation.create_stack_instances(StackSetName=name, OperationPreferences=preferences, **group)


taught = [
    teach("AWS::Scheduler::Schedule", schedule),
    teach("AWS::EC2::SecurityGroupEgress", egress),
    teach("AWS::CloudFormation::StackSet", stack_set),
]

# What stands below is in AWS and not in moto: attributes of EFS, and a role that Batch makes for itself.
FileSystem.get_cfn_attribute = lambda self, name: {"Arn": self.file_system_arn}[name]
AccessPoint.get_cfn_attribute = lambda self, name: {"Arn": self.access_point_arn}[name]
AccessPoint.physical_resource_id = property(lambda self: self.access_point_id)
made_by_moto = ComputeEnvironment.create_from_cloudformation_json.__func__


def with_a_role(cls, resource_name, cloudformation_json, *args, **kwargs):
    role = client("iam").create_service_linked_role(AWSServiceName="batch.amazonaws.com")["Role"]["Arn"]
    properties = {"ServiceRole": role} | cloudformation_json["Properties"]
    return made_by_moto(cls, resource_name, {"Properties": properties}, *args, **kwargs)


ComputeEnvironment.create_from_cloudformation_json = classmethod(with_a_role)


def stack(name, path, **parameters):
    cloudformation = client("cloudformation")
    with warnings.catch_warnings():
        # «Tried to parse ... but it's not supported»
        warnings.simplefilter("error", UserWarning)
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=(aws / path).read_text(),
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
    made = {it["LogicalResourceId"]: it for it in cloudformation.describe_stack_resources(StackName=name)["StackResources"]}
    assert made and all(it["ResourceStatus"] == "CREATE_COMPLETE" for it in made.values()), made
    print(f"{path}: {len(made)} resources")
    return {logical: it.get("PhysicalResourceId") for logical, it in made.items()}


def definition(machine, *holds):
    """The state machine's definition, in which nothing is left to be filled in."""
    text = client("stepfunctions").describe_state_machine(stateMachineArn=machine)["definition"]
    assert "${" not in text and all(text.count(word) for word in holds), text
    return json.loads(text)


@mock_aws(config=default_user_config | {"batch": {"use_docker": False}})
def main():
    ec2 = client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [it["SubnetId"] for it in ec2.describe_subnets()["Subnets"]][:2]
    base = stack("leastwise-base", "base.yaml", Vpc=vpc, SubnetA=subnets[0], SubnetB=subnets[1], ImageDigest=DIGEST)
    image = f"{SCANNER}.dkr.ecr.us-east-1.amazonaws.com/leastwise@{DIGEST}"

    scan = stack("leastwise-map", "distributed-map.yaml", ExternalId="invented", Shards="5")
    filled = definition(scan["Scan"], scan["Shard"], scan["Merge"], *subnets, base["TaskNetwork"])
    assert filled["States"]["Shards"]["Items"] == "{% [1..5] %}"
    for task in ("Shard", "Merge"):
        task = client("ecs").describe_task_definition(taskDefinition=scan[task])["taskDefinition"]
        assert task["containerDefinitions"][0]["image"] == image, task

    scan = stack("leastwise-batch", "batch.yaml", ExternalId="invented", Shards="5")
    filled = definition(scan["Scan"], scan["Queue"], scan["Shard"], scan["Merge"])
    assert filled["States"]["Shards"]["Arguments"]["ArrayProperties"] == {"Size": 5}
    jobs = client("batch").describe_job_definitions()["jobDefinitions"]
    assert [job["containerProperties"]["image"] for job in jobs] == [image] * 2
    for job in jobs:
        volume = job["containerProperties"]["volumes"][0]["efsVolumeConfiguration"]
        assert volume["fileSystemId"] == base["Reports"], volume
        assert volume["authorizationConfig"]["accessPointId"] == base["Folder"], volume
    assert "auto/5" in [word for job in jobs for word in job["containerProperties"]["command"]]

    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    unit = organizations.create_organizational_unit(ParentId=root, Name="workloads")["OrganizationalUnit"]["Id"]
    member = organizations.create_account(AccountName="shop", Email="shop@example.com")["CreateAccountStatus"]["AccountId"]
    organizations.move_account(AccountId=member, SourceParentId=root, DestinationParentId=unit)
    stack("leastwise-member-role", "member-role.yaml", ScannerAccount=SCANNER, ExternalId="invented", Units=unit, Caller=CALLER)
    keys = client("sts").assume_role(RoleArn=f"arn:aws:iam::{member}:role/any", RoleSessionName="any")["Credentials"]
    iam = client(
        "iam",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    trust = iam.get_role(RoleName="leastwise-reader")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust[0]["Principal"] == {"AWS": f"arn:aws:iam::{SCANNER}:root"}, trust
    assert trust[0]["Condition"] == {
        "ArnEquals": {"aws:PrincipalArn": CALLER},
        "StringEquals": {"sts:ExternalId": "invented"},
    }, trust


main()

"""Puts a small organisation into a moto server, for tests/slow/moto.rs. Takes the server's address."""

import json
import sys

import boto3

URL = sys.argv[1]
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:Get*", "sqs:*"], "Resource": "*"}]}


def client(service, **keys):
    keys = keys or {"aws_access_key_id": "AKIAINVENTED", "aws_secret_access_key": "invented"}
    return boto3.client(service, endpoint_url=URL, region_name="us-east-1", **keys)


def main():
    organizations = client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    made = [
        organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]["AccountId"]
        for name in ("shop", "warehouse", "closed")
    ]
    organizations.close_account(AccountId=made[2])
    # The first account lies two units deep, the others below the root.
    root = organizations.list_roots()["Roots"][0]["Id"]
    units = []
    for name in ("workloads", "prod"):
        parent = units[-1] if units else root
        unit = organizations.create_organizational_unit(ParentId=parent, Name=name)
        units.append(unit["OrganizationalUnit"]["Id"])
    organizations.move_account(AccountId=made[0], SourceParentId=root, DestinationParentId=units[1])
    for number, account in enumerate(made[:2]):
        role = f"arn:aws:iam::{account}:role/leastwise-reader"
        session = client("sts").assume_role(RoleArn=role, RoleSessionName="setup")["Credentials"]
        iam = client(
            "iam",
            aws_access_key_id=session["AccessKeyId"],
            aws_secret_access_key=session["SecretAccessKey"],
            aws_session_token=session["SessionToken"],
        )
        for name in [f"worker-{number}", "plus+comma,role"]:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=json.dumps(POLICY))
        policy = iam.create_policy(PolicyName="shared", PolicyDocument=json.dumps(POLICY))["Policy"]["Arn"]
        iam.attach_role_policy(RoleName=f"worker-{number}", PolicyArn=policy)
        iam.create_user(UserName=f"person-{number}")
    print(json.dumps({"accounts": made, "units": units}))


main()

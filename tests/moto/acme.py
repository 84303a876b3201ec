"""Starts a moto server with accounts of a snapshot in it, for tests/slow/changes. Takes the snapshot and the accounts.

Prints a line of JSON with its address and credentials for each account. Then, for each line `ACCOUNT` on standard input,
a line with all that the account has. Ends with standard input."""

import json
import sys
from pathlib import Path

import boto3
from moto.iam.models import AWSManagedPolicy, iam_backends
from moto.iam.policy_validation import IAMPolicyDocumentValidator
from moto.server import ThreadedMotoServer

# It refuses documents that IAM takes, such as those of 2008.
IAMPolicyDocumentValidator.validate = lambda self: None

SNAPSHOT, ACCOUNTS = Path(sys.argv[1]), sys.argv[2:]


class Account:
    def __init__(self, url, number):
        self.url, self.number = url, number
        sts = boto3.client("sts", endpoint_url=url, region_name="us-east-1", aws_access_key_id="A", aws_secret_access_key="A")
        role = f"arn:aws:iam::{number}:role/tester"
        keys = sts.assume_role(RoleArn=role, RoleSessionName="tester")["Credentials"]
        self.keys = {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }
        self.iam = self.client("iam")

    def client(self, service):
        keys = {name.lower(): value for name, value in self.keys.items()}
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", **keys)

    def fill(self, all):
        iam = self.iam
        for policy in all["Policies"]:
            self.policy(policy)
        for group in all["GroupDetailList"]:
            name = group["GroupName"]
            iam.create_group(GroupName=name, Path=group["Path"])
            self.policies(group, "group", GroupName=name)
        for user in all["UserDetailList"]:
            name = user["UserName"]
            iam.create_user(UserName=name, Path=user["Path"])
            for group in user.get("GroupList", []):
                iam.add_user_to_group(UserName=name, GroupName=group)
            self.policies(user, "user", UserName=name)
        for role in all["RoleDetailList"]:
            name = role["RoleName"]
            trust = json.dumps(role["AssumeRolePolicyDocument"])
            iam.create_role(RoleName=name, Path=role["Path"], AssumeRolePolicyDocument=trust)
            self.policies(role, "role", RoleName=name)
        sets = {role["RoleName"].split("_")[1]: role for role in all["RoleDetailList"] if role["Path"].startswith("/aws-reserved/sso")}
        sso = self.client("sso-admin")
        instance = sso.list_instances()["Instances"][0]["InstanceArn"]
        for name, role in sets.items():
            made = sso.create_permission_set(InstanceArn=instance, Name=name)["PermissionSet"]["PermissionSetArn"]
            where = {"InstanceArn": instance, "PermissionSetArn": made}
            for inline in role.get("RolePolicyList", []):
                sso.put_inline_policy_to_permission_set(InlinePolicy=json.dumps(inline["PolicyDocument"]), **where)
            for held in role.get("AttachedManagedPolicies", []):
                sso.attach_managed_policy_to_permission_set(ManagedPolicyArn=held["PolicyArn"], **where)
            sso.provision_permission_set(TargetType="ALL_PROVISIONED_ACCOUNTS", **where)

    def policy(self, policy):
        versions = sorted(policy["PolicyVersionList"], key=lambda it: int(it["VersionId"][1:]))
        default = next(it for it in versions if it["IsDefaultVersion"])
        path = policy["Arn"].split(":policy")[1].rpartition("/")[0] + "/"
        if policy["Arn"].startswith("arn:aws:iam::aws:"):
            # Nobody can create one of AWS: it is put there.
            data = {
                "Arn": policy["Arn"], "CreateDate": "2020-01-01T00:00:00+00:00", "UpdateDate": "2020-01-01T00:00:00+00:00",
                "Path": path, "DefaultVersionId": default["VersionId"], "Document": default["Document"],
            }
            made = AWSManagedPolicy.from_data(policy["PolicyName"], self.number, "us-east-1", data)
            iam_backends[self.number]["aws"].managed_policies[made.arn] = made
            return
        first, *others = versions
        document = json.dumps(first["Document"])
        self.iam.create_policy(PolicyName=policy["PolicyName"], Path=path, PolicyDocument=document)
        for version in others:
            document = json.dumps(version["Document"])
            default = version["IsDefaultVersion"]
            self.iam.create_policy_version(PolicyArn=policy["Arn"], PolicyDocument=document, SetAsDefault=default)

    def policies(self, holder, kind, **named):
        for inline in holder.get(f"{kind.title()}PolicyList", []):
            document = json.dumps(inline["PolicyDocument"])
            getattr(self.iam, f"put_{kind}_policy")(PolicyName=inline["PolicyName"], PolicyDocument=document, **named)
        for held in holder.get("AttachedManagedPolicies", []):
            getattr(self.iam, f"attach_{kind}_policy")(PolicyArn=held["PolicyArn"], **named)

    def all(self):
        """Inline policies by kind/holder/name, attachments by kind/holder, managed policies by ARN with all that they say."""
        found = {"inline": {}, "attached": {}, "managed": {}, "versions": {}, "sets": {}}
        for page in self.iam.get_paginator("get_account_authorization_details").paginate():
            for kind in ("Role", "User", "Group"):
                for holder in page[f"{kind}DetailList"]:
                    place = f"{kind.lower()}/{holder[f'{kind}Name']}"
                    arns = [held["PolicyArn"] for held in holder["AttachedManagedPolicies"]]
                    found["attached"][place] = sorted(arns)
                    for inline in holder.get(f"{kind}PolicyList", []):
                        found["inline"][f"{place}/{inline['PolicyName']}"] = inline["PolicyDocument"]
            for policy in page["Policies"]:
                default = next(it for it in policy["PolicyVersionList"] if it["IsDefaultVersion"])
                found["managed"][policy["Arn"]] = default["Document"]
                found["versions"][policy["Arn"]] = [it["VersionId"] for it in policy["PolicyVersionList"]]
        sso = self.client("sso-admin")
        instance = sso.list_instances()["Instances"][0]["InstanceArn"]
        for arn in sso.list_permission_sets(InstanceArn=instance)["PermissionSets"]:
            where = {"InstanceArn": instance, "PermissionSetArn": arn}
            name = sso.describe_permission_set(**where)["PermissionSet"]["Name"]
            named = sso.list_customer_managed_policy_references_in_permission_set(**where)["CustomerManagedPolicyReferences"]
            managed = sso.list_managed_policies_in_permission_set(**where)["AttachedManagedPolicies"]
            text = sso.get_inline_policy_for_permission_set(**where)["InlinePolicy"]
            found["sets"][name] = {
                "inline": json.loads(text) if text else None,
                "managed": sorted(it["Arn"] for it in managed),
                "named": sorted(it["Name"] for it in named),
            }
        return found


def main():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    accounts = {number: Account(url, number) for number in ACCOUNTS}
    for number, account in accounts.items():
        account.fill(json.loads((SNAPSHOT / "accounts" / number / "authorization.json").read_text()))
    print(json.dumps({"url": url, "keys": {number: account.keys for number, account in accounts.items()}}), flush=True)
    for line in sys.stdin:
        print(json.dumps(accounts[line.strip()].all()), flush=True)
    server.stop()


main()

"""An AWS CLI that keeps an account and an Identity Center in FAKE_AWS/state.json, for tests/slow/changes/faults.rs.

`faults` in the state plays what goes wrong. FAKE_AWS/calls has a line for each call. After the call number KILL_AFTER it
kills the process group of the script, as a closed laptop would."""

import json
import os
import signal
import sys

HOME = os.environ["FAKE_AWS"]
with open(f"{HOME}/state.json") as file:
    STATE = json.load(file)
FAULTS = STATE.get("faults", {})


class Failed(Exception):
    pass


def absent(what):
    raise Failed(f"An error occurred (NoSuchEntity) when calling the operation: {what} cannot be found.")


def parsed(arguments):
    """Options by name, written as --name=value, --name value or --flag."""
    options = {}
    name = None
    for argument in arguments:
        if argument.startswith("--"):
            name, _, value = argument[2:].partition("=")
            options[name] = value
        else:
            options[name] = argument
    return options


def policy(arn):
    return STATE["policies"].get(arn) or absent(arn)


def holder(kind, options):
    return STATE["holders"].get(f"{kind}/{options[f'{kind}-name']}") or absent(kind)


def iam(operation, options):
    arn = options.get("policy-arn")
    match operation.split("-"):
        case ["get", "account", "summary"]:
            return {"SummaryMap": {}}
        case ["get", "policy"]:
            return {"Policy": {"DefaultVersionId": policy(arn)["default"]}}
        case ["get", "policy", "version"]:
            return {"PolicyVersion": {"Document": policy(arn)["versions"][options["version-id"]]}}
        case ["list", "policy", "versions"]:
            it = policy(arn)
            versions = [{"VersionId": name, "IsDefaultVersion": name == it["default"]} for name in it["versions"]]
            return {"Versions": versions}
        case ["list", "entities", "for", "policy"]:
            found = {"role": [], "user": [], "group": []}
            for name, it in STATE["holders"].items():
                kind, _, short = name.partition("/")
                if arn in it["attached"]:
                    found[kind].append({f"{kind.title()}Name": short})
            return {f"Policy{kind.title()}s": names for kind, names in found.items()}
        case ["list", "policies"]:
            attached = {arn for it in STATE["holders"].values() for arn in it["attached"]}
            names = [arn for arn in STATE["policies"] if arn in attached and ":aws:policy/" not in arn]
            return {"Policies": [{"PolicyName": arn.rsplit("/")[-1], "Arn": arn} for arn in names]}
        case ["list", "policy", "tags"]:
            return {"Tags": policy(arn).get("tags", [])}
        case ["create", "policy"]:
            arn = f"arn:aws:iam::{STATE['account']}:policy{options.get('path', '/')}{options['policy-name']}"
            if arn in STATE["policies"]:
                raise Failed("An error occurred (EntityAlreadyExists) when calling the CreatePolicy operation")
            STATE["policies"][arn] = {"default": "v1", "versions": {"v1": json.loads(options["policy-document"])}}
            if options.get("tags"):
                STATE["policies"][arn]["tags"] = json.loads(options["tags"])
            return {"Policy": {"Arn": arn}}
        case ["create", "policy", "version"]:
            it = policy(arn)
            if len(it["versions"]) == 5:
                raise Failed("An error occurred (LimitExceeded) when calling the CreatePolicyVersion operation")
            it["default"] = f"v{1 + max(int(name[1:]) for name in it['versions'])}"
            it["versions"][it["default"]] = json.loads(options["policy-document"])
        case ["set", "default", "policy", "version"]:
            policy(arn)["default"] = options["version-id"]
        case ["delete", "policy", "version"]:
            del policy(arn)["versions"][options["version-id"]]
        case ["delete", "policy"]:
            policy(arn)
            if any(arn in it["attached"] for it in STATE["holders"].values()):
                raise Failed("An error occurred (DeleteConflict) when calling the DeletePolicy operation")
            del STATE["policies"][arn]
        case ["wait"]:
            pass
        case ["get", "group"]:
            arn = f"arn:aws:iam::{STATE['account']}:user/"
            return {"Users": [{"Arn": arn + name} for name in holder("group", options)["members"]]}
        case ["get", ("role" | "user" | "group") as kind, "policy"]:
            name = options["policy-name"]
            return {"PolicyDocument": holder(kind, options)["inline"].get(name) or absent(name)}
        case ["put", kind, "policy"]:
            holder(kind, options)["inline"][options["policy-name"]] = json.loads(options["policy-document"])
        case ["delete", ("role" | "user" | "group") as kind, "policy"]:
            del holder(kind, options)["inline"][options["policy-name"]]
        case ["list", "attached", kind, "policies"]:
            return {"AttachedPolicies": [{"PolicyArn": arn} for arn in holder(kind, options)["attached"]]}
        case ["attach", kind, "policy"]:
            policy(arn)
            held = holder(kind, options)["attached"]
            if arn not in held:
                held.append(arn)
        case ["detach", kind, "policy"]:
            holder(kind, options)["attached"].remove(arn)
        case ["generate", *_]:
            if "generate" in FAULTS:
                raise Failed(FAULTS["generate"])
            if options["arn"] in FAULTS.get("gone", []):
                absent(options["arn"])
            return {"JobId": options["arn"]}
        case ["get", "service", "last", "accessed", "details"]:
            return last_accessed(options)
        case _:
            raise SystemExit(f"fake aws: iam {operation}")
    return {}


def last_accessed(options):
    """One service a page, once the job is done. While it waits, others may edit the inline policy `p` of a holder."""
    for name, document in FAULTS.get("edited", {}).items():
        STATE["holders"][name]["inline"]["p"] = document
    if "job" in FAULTS:
        return {"JobStatus": "FAILED", "Error": {"Message": FAULTS["job"]}}
    if not STATE.setdefault("polled", False):
        STATE["polled"] = True
        return {"JobStatus": "IN_PROGRESS"}
    services = FAULTS.get("used", {}).get(options["job-id"], []) or [{"ServiceNamespace": "sqs"}]
    at = int(options.get("marker", "0"))
    page = {"JobStatus": "COMPLETED", "ServicesLastAccessed": services[at : at + 1], "IsTruncated": at + 1 < len(services)}
    return page | ({"Marker": str(at + 1)} if page["IsTruncated"] else {})


def content(it):
    return [it["inline"], sorted(it["managed"]), sorted(it["named"])]


def sso_admin(operation, options):
    it = STATE["set"]
    reference = json.loads(options.get("customer-managed-policy-reference", "{}")).get("Name")
    match operation:
        case "list-instances":
            return {"Instances": [{"InstanceArn": "instance"}]}
        case "list-permission-sets":
            return {"PermissionSets": ["set"]}
        case "describe-permission-set":
            return {"PermissionSet": {"Name": it["name"]}}
        case "list-accounts-for-provisioned-permission-set":
            stale = "provisioning-status" in options
            return {"AccountIds": [id for id, has in it["accounts"].items() if not stale or has != content(it)]}
        case "get-inline-policy-for-permission-set":
            return {"InlinePolicy": it["inline"] or ""}
        case "put-inline-policy-to-permission-set":
            json.loads(options["inline-policy"])
            it["inline"] = options["inline-policy"]
        case "delete-inline-policy-from-permission-set":
            it["inline"] = None
        case "list-managed-policies-in-permission-set":
            return {"AttachedManagedPolicies": [{"Arn": arn} for arn in it["managed"]]}
        case "attach-managed-policy-to-permission-set":
            it["managed"].append(options["managed-policy-arn"])
        case "detach-managed-policy-from-permission-set":
            it["managed"].remove(options["managed-policy-arn"])
        case "list-customer-managed-policy-references-in-permission-set":
            return {"CustomerManagedPolicyReferences": [{"Name": name, "Path": "/"} for name in it["named"]]}
        case "attach-customer-managed-policy-reference-to-permission-set":
            it["named"].append(reference)
        case "detach-customer-managed-policy-reference-from-permission-set":
            it["named"].remove(reference)
        case "provision-permission-set":
            assert options["target-type"] == "AWS_ACCOUNT", options
            id = options["target-id"]
            if id in FAULTS.get("suspended", []) or id in FAULTS.get("provision", {}):
                reason = FAULTS.get("provision", {}).get(id, "the account is suspended")
                return {"PermissionSetProvisioningStatus": {"Status": "FAILED", "RequestId": id, "FailureReason": reason}}
            it["accounts"][id] = content(it)
            return {"PermissionSetProvisioningStatus": {"Status": "IN_PROGRESS", "RequestId": id}}
        case "describe-permission-set-provisioning-status":
            return {"PermissionSetProvisioningStatus": {"Status": "SUCCEEDED"}}
        case _:
            raise SystemExit(f"fake aws: sso-admin {operation}")
    return {}


def organizations(operation, options):
    if operation == "describe-organization":
        return {"Organization": {"MasterAccountId": STATE.get("management", "999999999999")}}
    status = "SUSPENDED" if options["account-id"] in FAULTS.get("suspended", []) else "ACTIVE"
    return {"Account": {"Status": status}}


def main():
    arguments = sys.argv[1:]
    with open(f"{HOME}/calls", "a+") as calls:
        calls.write(" ".join(arguments).replace("\n", " ") + "\n")
        calls.seek(0)
        number = len(calls.readlines())
    profile = [it for it in arguments if it.startswith("--profile=")]
    service, operation, *rest = [it for it in arguments if it not in profile]
    options = parsed(rest)
    code = 0
    try:
        if operation in FAULTS.get("throttled", []):
            raise Failed("An error occurred (Throttling) when calling the operation (reached max retries: 9): Rate exceeded")
        if service == "sts":
            answer = {"Account": STATE["account"]}
        else:
            answer = {"iam": iam, "sso-admin": sso_admin, "organizations": organizations}[service](operation, options)
        if operation != "wait":
            print(json.dumps(answer), flush=True)
    except Failed as failed:
        print(failed, file=sys.stderr, flush=True)
        code = 254
    with open(f"{HOME}/state.new", "w") as file:
        json.dump(STATE, file)
    os.replace(f"{HOME}/state.new", f"{HOME}/state.json")
    if os.environ.get("KILL_AFTER") == str(number):
        os.killpg(os.getpgrp(), signal.SIGKILL)
    sys.exit(code)


main()

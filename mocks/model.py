"""What policies, principals and groups are built from. generate.py says what it is for."""

from dataclasses import dataclass, field


def allow(actions, resource="*", **more):
    return statement("Allow", "Action", actions, resource, more)


def deny(actions, resource="*", **more):
    return statement("Deny", "Action", actions, resource, more)


def allow_not(actions, resource="*", **more):
    return statement("Allow", "NotAction", actions, resource, more)


def statement(effect, clause, actions, resource, more):
    """One statement. `sid=` comes first, `condition=` last; `not_resource=` replaces the resource."""
    made = {"Sid": more["sid"]} if "sid" in more else {}
    made |= {"Effect": effect, clause: actions}
    made |= {"NotResource": more["not_resource"]} if "not_resource" in more else {"Resource": resource}
    return made | ({"Condition": more["condition"]} if "condition" in more else {})


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trusts(principal, action="sts:AssumeRole", condition=None):
    made = {"Effect": "Allow", "Principal": principal, "Action": action}
    return policy(made | ({"Condition": condition} if condition else {}))


def service(name):
    return trusts({"Service": f"{name}.amazonaws.com"})


def account_root(account, external_id=None):
    condition = {"StringEquals": {"sts:ExternalId": external_id}} if external_id else None
    return trusts({"AWS": f"arn:aws:iam::{account}:root"}, condition=condition)


def saml(account, provider):
    return trusts(
        {"Federated": f"arn:aws:iam::{account}:saml-provider/{provider}"},
        ["sts:AssumeRoleWithSAML", "sts:TagSession"],
        {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    )


def github(account, repository):
    host = "token.actions.githubusercontent.com"
    return trusts(
        {"Federated": f"arn:aws:iam::{account}:oidc-provider/{host}"},
        "sts:AssumeRoleWithWebIdentity",
        {
            "StringEquals": {f"{host}:aud": "sts.amazonaws.com"},
            "StringLike": {f"{host}:sub": f"repo:{repository}:ref:refs/heads/main"},
        },
    )


ALL = ["*"]  # every action of a service is in use
NEVER = "never"  # as far back as AWS keeps data


@dataclass
class Managed:
    """A customer-managed policy."""

    account: str
    name: str
    document: dict
    shows: str = ""
    older: tuple = ()  # documents of the versions before
    path: str = "/"
    updated: str = ""  # when the newest version was made


@dataclass
class Principal:
    """A role or a user. Without `uses` it has no finding about permissions."""

    account: str
    name: str
    shows: str
    section: str
    inline: dict = field(default_factory=dict)
    attached: list = field(default_factory=list)  # names: of this account's policies, else of AWS
    uses: dict = None  # service -> names or wildcards of the actions in use
    also_unused: dict = field(default_factory=dict)  # what no catalog knows: service -> names
    stale: dict = field(default_factory=dict)  # service -> last use, where its actions are listed all the same
    idle: str = ""  # the whole role is unused: when it last was used, or NEVER
    keys: tuple = ()  # unused access keys: (id, last use or NEVER)
    password: str = ""  # unused password: last use or NEVER
    error: str = ""  # the analyzer failed on it
    archived: bool = False  # somebody has archived its finding
    in_two: bool = False  # its unused permissions come in two findings
    failure: dict = None  # its finding could not be read
    tags: dict = field(default_factory=dict)
    boundary: str = ""
    path: str = "/"
    created: str = ""
    kind = ""


@dataclass
class Role(Principal):
    trust: dict = field(default_factory=lambda: service("ec2"))
    kind = "role"


@dataclass
class User(Principal):
    groups: list = field(default_factory=list)
    kind = "user"


@dataclass
class Group:
    account: str
    name: str
    shows: str
    inline: dict = field(default_factory=dict)
    attached: list = field(default_factory=list)

#!/usr/bin/env python3
"""Writes realistic (policy, unused) pairs as JSON lines, for `leastwise refine --batch` and the benches.

The policies are the AWS-managed ones that the PyPI package `moto` carries (Apache-2.0), pinned by version and hash.
The unused lists are random: 10, 50 and 90 % of what a policy grants, and some of its services as a whole.

    python3 tools/pairs.py > pairs.jsonl
"""

import fnmatch
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import zipfile

VERSION = "5.2.5"
SHA256 = "eef62cdcf3bfe73e0863743511ba042dfaba04ba3d5ecdcb896a196c693ad528"
CATALOG = pathlib.Path(__file__).parent.parent / "crates" / "core" / "catalog" / "catalog.txt"


def policies() -> dict:
    with tempfile.TemporaryDirectory() as folder:
        requirements = pathlib.Path(folder) / "requirements.txt"
        requirements.write_text(f"moto=={VERSION} --hash=sha256:{SHA256}\n")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        subprocess.run([*command, "--dest", folder, "-r", requirements], check=True)
        (wheel,) = pathlib.Path(folder).glob("moto-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            source = archive.read("moto/iam/aws_managed_policies.py").decode()
    return json.loads(source.split('"""', 2)[1])


def catalog() -> dict:
    blocks = CATALOG.read_text().rstrip("\n").split("\n\n")[1:]
    return {block.split("\n")[0]: [line[2:] for line in block.split("\n")[1:]] for block in blocks}


def granted(document: dict, actions: dict) -> list:
    """What the Allow statements grant, as (service, name)."""
    found = set()
    statements = document["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        if statement["Effect"] != "Allow":
            continue
        negated = "NotAction" in statement
        patterns = statement["NotAction" if negated else "Action"]
        matched = set()
        for pattern in patterns if isinstance(patterns, list) else [patterns]:
            service, _, name = ("*:*" if pattern == "*" else pattern).partition(":")
            regex = re.compile(fnmatch.translate(name), re.IGNORECASE)
            for known in actions if service == "*" else [service.lower()]:
                matched.update((known, action) for action in actions.get(known, ()) if regex.match(action))
        everything = {(service, name) for service, names in actions.items() for name in names}
        found |= everything - matched if negated else matched
    return sorted(found)


def main() -> None:
    actions, dice = catalog(), random.Random(20260213)
    for name, policy in sorted(policies().items()):
        document = policy["Document"]
        grants = granted(document, actions)
        services = sorted({service for service, _ in grants})
        for share in (0.1, 0.5, 0.9, None):
            if share is None:
                whole = dice.sample(services, (len(services) + 1) // 2)
                unused = [{"serviceNamespace": service} for service in sorted(whole)]
            else:
                gone = dice.sample(grants, round(len(grants) * share))
                unused = [
                    {"serviceNamespace": service, "actions": [name for other, name in gone if other == service]}
                    for service in sorted({service for service, _ in gone})
                ]
            line = {"id": f"{name} {share or 'whole'}", "policy": document, "unused": unused}
            print(json.dumps(line, separators=(",", ":")))


if __name__ == "__main__":
    main()

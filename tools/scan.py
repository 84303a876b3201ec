#!/usr/bin/env python3
"""Times whole scans: live against the fake AWS, and from snapshots. Builds nothing; first build what it runs:

    cargo build --release --workspace
    python3 tools/scan.py                       all of it, three runs each: about 25 minutes on 2 cores
    python3 tools/scan.py limited               GetFindingV2 limited to 50, 200, 500 and 1,000 calls a second
    python3 tools/scan.py unlimited             processor time per finding, from the wire to the written files
    python3 tools/scan.py nights                the night after, on which one finding in a hundred changed, with --state
    python3 tools/scan.py snapshot              250, 500 and 1,000 accounts of 200 principals: time, memory, growth
    python3 tools/scan.py --runs 5 --work /dev/shm/work snapshot

The report is measured bare, which is its JSON, documents, differences and hashes, and with the formats that a scan writes by
default, which are five times as many bytes. A machine that is shared is faster in one hour than in another, so what the
calls of the SDK cost that list and read the findings is measured in turn with them: a program that does nothing else, with
the allocator of the system.

A run's time is that of the whole process, its processor time and memory are what the system counted for it. The fake
runs on the same cores. What is written goes to `--work`, 4 GB at a time, and is removed after each run. (On ext4
without a journal new files take long for some minutes after many were removed: take another file system there.)
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

RELEASE = pathlib.Path(__file__).resolve().parent.parent / "target" / "release"
PRINCIPALS = 200
# Calls a second, accounts (about 175 findings each), the rate at which the pacer starts (none is the default).
LIMITED = [(50, 18, None), (50, 18, 1000), (200, 25, None), (200, 25, 1000), (500, 50, None), (1000, 50, None)]
UNLIMITED = 50
# What is written beside what a report always has.
FORMATS = {"bare": ["--format", "json"], "default": []}
SNAPSHOTS = [250, 500, 1000]
# Calls a second, accounts.
NIGHTS = (50, 18)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="limited|unlimited|nights|snapshot")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", type=pathlib.Path, help="a folder for what is written; a new temporary one by default")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.what if name not in PARTS]
    if unknown:
        parser.error(f"there is no {unknown[0]}, only {', '.join(PARTS)}")
    missing = [name for name in ("leastwise", "generate", "fake-aws", "sdk-calls") if not (RELEASE / name).exists()]
    if missing:
        sys.exit(f"not built: {', '.join(missing)} (the first lines of this file tell how)")
    parent = arguments.work
    if parent:
        parent.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="leastwise-bench-", dir=parent))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; least, median and most of {arguments.runs} runs")
    try:
        for name in arguments.what or PARTS:
            PARTS[name](work, arguments.runs)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def limited(work: pathlib.Path, runs: int) -> None:
    print("\nGetFindingV2 limited; the scan may take 1.10 x pages / rate + 1 s")
    print("  rate  start   pages  throttles  formats         seconds           may take")
    for rate, accounts, start in LIMITED:
        for formats, arguments in FORMATS.items():
            done = [live(work, accounts, ["--rate", f"GetFindingV2={rate}"], start, arguments) for _ in range(runs)]
            pages = done[0]["pages"]
            most = 1.10 * pages / rate + 1
            throttles = max(run["throttles"] for run in done)
            seconds = [run["wall"] for run in done]
            verdict = "" if statistics.median(seconds) <= most else "  OVER"
            row = f"{rate:6}  {start or 20:5}  {pages:6}  {throttles:9}  {formats:7}  {spread(seconds, '6.2f')}"
            print(f"{row}  {most:9.2f}{verdict}")


def unlimited(work: pathlib.Path, runs: int) -> None:
    print("\nunlimited; processor time, user and system, per finding, and times that of the SDK's calls right before")
    print("formats  findings     seconds               ms a finding          peak MB          times the SDK")
    calls, scans = [], {formats: [] for formats in FORMATS}
    for _ in range(runs):
        calls.append(sdk_calls(work, UNLIMITED))
        for formats, arguments in FORMATS.items():
            scans[formats].append(live(work, UNLIMITED, [], 1000, arguments))
    for formats, done in {"none": calls, **scans}.items():
        each = [run["cpu"] * 1000 / run["pages"] for run in done]
        of_calls = [run["cpu"] * 1000 / run["pages"] for run in calls]
        columns = [
            spread([run["wall"] for run in done], "6.2f"),
            spread(each, "6.3f"),
            spread([run["rss"] for run in done], "4.0f"),
            spread([one / other for one, other in zip(each, of_calls)], "5.2f"),
        ]
        print(f"{formats:7}  {done[0]['pages']:8}  {'  '.join(columns)}")


def nights(work: pathlib.Path, runs: int) -> None:
    rate, accounts = NIGHTS
    print(f"\nGetFindingV2 limited to {rate} a second; a night on which 1 % changed may make 2 % of the calls in 5 % of the time")
    print("first: calls  seconds   next: calls  seconds")
    for _ in range(runs):
        state = work / "state"
        knobs = ["--rate", f"GetFindingV2={rate}"]
        first, later = (live(work, accounts, [*knobs, "--nights", night], None, ["--state", state]) for night in ("0", "1"))
        shutil.rmtree(state)
        over = later["pages"] > 0.02 * first["pages"] or later["wall"] > 0.05 * first["wall"]
        told = f"{first['pages']:12}  {first['wall']:7.2f}  {later['pages']:12}  {later['wall']:7.2f}"
        print(told + ("  OVER" if over else ""))


def snapshot(work: pathlib.Path, runs: int) -> None:
    print(f"\nfrom a snapshot, {PRINCIPALS} principals an account, report included")
    print("accounts  formats     seconds              processor seconds      peak MB              ms an account")
    for accounts in SNAPSHOTS:
        source = work / f"snapshot-{accounts}"
        generate = [RELEASE / "generate", "--accounts", str(accounts), "--principals", str(PRINCIPALS)]
        subprocess.run([*generate, "--out", source], check=True, stderr=subprocess.DEVNULL)
        for formats, arguments in FORMATS.items():
            done = [scan(work, ["--snapshot", source, *arguments], {}) for _ in range(runs)]
            columns = [
                spread([run["wall"] for run in done], "6.2f"),
                spread([run["cpu"] for run in done], "6.2f"),
                spread([run["rss"] for run in done], "4.0f"),
                spread([run["cpu"] * 1000 / accounts for run in done], "4.1f"),
            ]
            print(f"{accounts:8}  {formats:7}  {'  '.join(columns)}")
        shutil.rmtree(source)


def live(work: pathlib.Path, accounts: int, knobs: list, start, arguments: list) -> dict:
    """One scan of an invented organisation behind the fake; with what its manifest tells of the calls."""
    with Fake(accounts, knobs) as environment:
        if start:
            environment["LEASTWISE_LIMITS_CALLS_PER_SECOND_ACCESS_ANALYZER"] = str(start)
        return scan(work, arguments, environment)


def sdk_calls(work: pathlib.Path, accounts: int) -> dict:
    """What the SDK alone takes to list and read the findings."""
    with Fake(accounts, []) as environment:
        told = work / "calls"
        with told.open("w") as out:
            done = run([RELEASE / "sdk-calls"], work, environment, out)
        return done | {"pages": int(told.read_text().split()[0])}


class Fake:
    """A fake AWS with an invented organisation, and the environment of who calls it."""

    def __init__(self, accounts: int, knobs: list) -> None:
        self.command = [RELEASE / "fake-aws", "--invented", f"{accounts},{PRINCIPALS},1", *knobs]

    def __enter__(self) -> dict:
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        return {
            "AWS_ENDPOINT_URL": self.process.stdout.readline().strip(),
            # The account whose analyzer it is.
            "AWS_ACCESS_KEY_ID": "AKIA200000000001",
            "AWS_SECRET_ACCESS_KEY": "invented",
            "AWS_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def scan(work: pathlib.Path, arguments: list, environment: dict) -> dict:
    out = work / "report"
    done = run([RELEASE / "leastwise", "scan", "--quiet", "--out", out, *arguments], work, environment, None)
    calls = json.loads((out / "manifest.json").read_bytes()).get("calls", [])
    reads = [row for row in calls if row["api"] == "access-analyzer:get-finding"]
    shutil.rmtree(out)
    return done | {
        "pages": sum(row["calls"] - row["throttles"] for row in reads),
        "throttles": sum(row["throttles"] for row in reads),
    }


def run(command: list, work: pathlib.Path, environment: dict, out) -> dict:
    """Times one process."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LEASTWISE_"))}
    began = time.monotonic()
    process = subprocess.Popen(command, env=clean | environment, cwd=work, stdout=out)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0].name} ended with {process.returncode}")
    return {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        # Kilobytes on Linux, bytes on macOS.
        "rss": usage.ru_maxrss / (1_000_000 if sys.platform == "darwin" else 1000),
    }


def spread(values: list, form: str) -> str:
    return " ".join(format(value, form) for value in (min(values), statistics.median(values), max(values)))


PARTS = {"limited": limited, "unlimited": unlimited, "nights": nights, "snapshot": snapshot}

if __name__ == "__main__":
    main()

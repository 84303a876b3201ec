#!/usr/bin/env python3
"""Times whole scans: live against the fake AWS, and from snapshots. Builds nothing; first build what it runs:

    cargo build --release --bin leastwise --example generate --example fake-aws
    python3 benches/scan.py                       all of it, three runs each: about 20 minutes on 2 cores
    python3 benches/scan.py limited               GetFindingV2 limited to 50, 200 and 1,000 calls a second
    python3 benches/scan.py unlimited             processor time per finding, from the wire to the written files
    python3 benches/scan.py nights                the night after, on which one finding in a hundred changed, with --state
    python3 benches/scan.py snapshot              250, 500 and 1,000 accounts of 200 principals: time, memory, growth
    python3 benches/scan.py --runs 5 --work /dev/shm/work snapshot

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
LIMITED = [(50, 18, None), (50, 18, 1000), (200, 25, None), (200, 25, 1000), (1000, 50, None), (1000, 50, 1000)]
UNLIMITED = 50
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
    missing = [name for name in ("leastwise", "examples/generate", "examples/fake-aws") if not (RELEASE / name).exists()]
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
    print("  rate  start   pages  throttles        seconds           may take")
    for rate, accounts, start in LIMITED:
        done = [live(work, accounts, ["--rate", f"GetFindingV2={rate}"], start) for _ in range(runs)]
        pages = done[0]["pages"]
        most = 1.10 * pages / rate + 1
        throttles = max(run["throttles"] for run in done)
        seconds = [run["wall"] for run in done]
        verdict = "" if statistics.median(seconds) <= most else "  OVER"
        print(f"{rate:6}  {start or 20:5}  {pages:6}  {throttles:9}  {spread(seconds, '6.2f')}  {most:9.2f}{verdict}")


def unlimited(work: pathlib.Path, runs: int) -> None:
    print("\nunlimited; processor time of the scan, user and system, per finding")
    print("findings     seconds               ms a finding         peak MB")
    done = [live(work, UNLIMITED, [], 1000) for _ in range(runs)]
    each = [run["cpu"] * 1000 / run["pages"] for run in done]
    row = (spread([run["wall"] for run in done], "6.2f"), spread(each, "6.3f"), spread([run["rss"] for run in done], "4.0f"))
    print(f"{done[0]['pages']:8}  {row[0]}  {row[1]}  {row[2]}")


def nights(work: pathlib.Path, runs: int) -> None:
    rate, accounts = NIGHTS
    print(f"\nGetFindingV2 limited to {rate} a second; a night on which 1 % changed may make 2 % of the calls in 5 % of the time")
    print("first: calls  seconds   next: calls  seconds")
    for _ in range(runs):
        state = work / "state"
        knobs = ["--rate", f"GetFindingV2={rate}"]
        first, later = (live(work, accounts, [*knobs, "--nights", night], None, state) for night in ("0", "1"))
        shutil.rmtree(state)
        over = later["pages"] > 0.02 * first["pages"] or later["wall"] > 0.05 * first["wall"]
        told = f"{first['pages']:12}  {first['wall']:7.2f}  {later['pages']:12}  {later['wall']:7.2f}"
        print(told + ("  OVER" if over else ""))


def snapshot(work: pathlib.Path, runs: int) -> None:
    print(f"\nfrom a snapshot, {PRINCIPALS} principals an account, report included")
    print("accounts     seconds              processor seconds      peak MB              ms an account")
    for accounts in SNAPSHOTS:
        source = work / f"snapshot-{accounts}"
        generate = [RELEASE / "examples" / "generate", "--accounts", str(accounts), "--principals", str(PRINCIPALS)]
        subprocess.run([*generate, "--out", source], check=True, stderr=subprocess.DEVNULL)
        done = [scan(work, ["--snapshot", source], {}) for _ in range(runs)]
        shutil.rmtree(source)
        columns = [
            spread([run["wall"] for run in done], "6.2f"),
            spread([run["cpu"] for run in done], "6.2f"),
            spread([run["rss"] for run in done], "4.0f"),
            spread([run["cpu"] * 1000 / accounts for run in done], "4.1f"),
        ]
        print(f"{accounts:8}  {'  '.join(columns)}")


def live(work: pathlib.Path, accounts: int, knobs: list, start, state=None) -> dict:
    """One scan of an invented organisation behind the fake; with what its manifest tells of the calls."""
    command = [RELEASE / "examples" / "fake-aws", "--invented", f"{accounts},{PRINCIPALS},1", *knobs]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as fake:
        try:
            environment = {
                "AWS_ENDPOINT_URL": fake.stdout.readline().strip(),
                # The account whose analyzer it is.
                "AWS_ACCESS_KEY_ID": "AKIA200000000001",
                "AWS_SECRET_ACCESS_KEY": "invented",
                "AWS_REGION": "us-east-1",
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_EC2_METADATA_DISABLED": "true",
            }
            if start:
                environment["LEASTWISE_LIMITS_CALLS_PER_SECOND_ACCESS_ANALYZER"] = str(start)
            return scan(work, ["--state", state] if state else [], environment)
        finally:
            fake.kill()


def scan(work: pathlib.Path, arguments: list, environment: dict) -> dict:
    out = work / "report"
    command = [RELEASE / "leastwise", "scan", "--quiet", "--out", out, *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LEASTWISE_"))}
    began = time.monotonic()
    process = subprocess.Popen(command, env=clean | environment, cwd=work)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"the scan ended with {process.returncode}")
    calls = json.loads((out / "manifest.json").read_bytes()).get("calls", [])
    reads = [row for row in calls if row["api"] == "access-analyzer:get-finding"]
    shutil.rmtree(out)
    return {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        # Kilobytes on Linux, bytes on macOS.
        "rss": usage.ru_maxrss / (1_000_000 if sys.platform == "darwin" else 1000),
        "pages": sum(row["calls"] - row["throttles"] for row in reads),
        "throttles": sum(row["throttles"] for row in reads),
    }


def spread(values: list, form: str) -> str:
    return " ".join(format(value, form) for value in (min(values), statistics.median(values), max(values)))


PARTS = {"limited": limited, "unlimited": unlimited, "nights": nights, "snapshot": snapshot}

if __name__ == "__main__":
    main()

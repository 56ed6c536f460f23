#!/usr/bin/env python3
"""Score `sockeye doctor` on the cases: which causes it names, which it names first, which it invents.

  score.py                    files only (--offline), all cases in Cases/
  score.py --live             with the proxies and the backend of each case running on loopback
  score.py --cases DIR 012    cases of another folder, or some of them
  score.py --json             one JSON object per case and a last one with the sums
  score.py --record           also write what was found into expected.json, which test_cases.py holds later runs to

The doctor gets what a user would have: the address, the folder of files that `present.py` leaves
after taking the answers out, and the facts of the client as flags:

  sockeye doctor URL --json --files DIR [--offline] [--page-origin O] [--first-message JSON]
                     [--connect-to HOST:PORT:127.0.0.1:P]

A case counts as `found` by its share of expected codes (a near code counts half), as `first` when the
first error finding that is no consequence of another is an expected (or acceptable) code, and each
error or warning that is neither expected nor acceptable is a false alarm.
"""
import argparse
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).resolve().parent
CASES = HERE / "Cases"
BINARY = HERE.parents[1] / ".build" / "release" / "sockeye"
sys.path.insert(0, str(HERE))

import present  # noqa: E402
import verify  # noqa: E402

NEAR = [set(group) for group in json.loads((HERE / "CODES.json").read_text())["near"]]
LIMIT_S = 60


def client_flags(facts):
    flags = []
    if "page_origin" in facts:
        flags += ["--page-origin", facts["page_origin"]]
    if "first_message" in facts:
        flags += ["--first-message", json.dumps(facts["first_message"])]
    return flags


def connect_to(url, place):
    parts = urlsplit(url)
    secure = parts.scheme in ("wss", "https")
    port = parts.port or (443 if secure else 80)
    listener = place.ports["18443" if secure else "18080"]
    return ["--connect-to", f"{parts.hostname}:{port}:127.0.0.1:{listener}"]


def run_doctor(sockeye, url, folder, flags):
    command = [sockeye, "doctor", url, "--json", "--files", str(folder), *flags]
    began = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, stdin=subprocess.DEVNULL)
        report = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError, OSError) as err:
        return None, f"{type(err).__name__}", time.monotonic() - began
    return report, "", time.monotonic() - began


def diagnose(sockeye, case_dir, live):
    case = json.loads((case_dir / "case.json").read_text())
    with tempfile.TemporaryDirectory(prefix="case-") as temporary:
        folder = Path(temporary) / "files"
        if not live:
            present.present(case_dir, folder)
            facts = json.loads((folder / "input.json").read_text())
            (folder / "input.json").unlink()
            url = facts.get("client", {}).get("ws_url", facts["url"])
            return case, *run_doctor(sockeye, url, folder, ["--offline", *client_flags(facts.get("client", {}))])
        with verify.Workplace(case_dir) as place:
            variant = "broken" if case["expected_causes"] else "healthy"
            if not (case_dir / "probe.json").exists():
                return case, None, "skipped", 0.0  # nothing that could be run
            probe = place.json("probe.json")
            items = probe.get("proxies") or [{"kind": "nginx", "broken": "nginx.conf", "fixed": "fixed.conf", "healthy": "nginx.conf"}]
            if any(verify.program(item["kind"]) is None for item in items):
                return case, None, "skipped", 0.0
            backends, proxies = verify.start_backends(place, variant), None
            try:
                proxies = verify.Proxies(place, items, variant)
                present.present(place.dir, folder)
                facts = json.loads((folder / "input.json").read_text())
                (folder / "input.json").unlink()
                url = facts.get("client", {}).get("ws_url", facts["url"])
                flags = connect_to(url, place) + client_flags(facts.get("client", {}))
                return case, *run_doctor(sockeye, url, folder, flags)
            finally:
                if proxies is not None:
                    proxies.stop()
                for item in backends:
                    item.stop()


def near(code, wanted):
    return any(code in group and wanted in group for group in NEAR)


def judge(case, report):
    findings = report.get("findings", [])
    alarms = [f for f in findings if f.get("severity") in ("error", "warning")]
    named = [f["code"] for f in alarms]
    expected, acceptable = case["expected_causes"], case.get("acceptable_causes", [])
    share = sum(1.0 if code in named else 0.5 if any(near(n, code) for n in named) else 0.0 for code in expected)
    roots = [f["code"] for f in alarms if f.get("severity") == "error" and not f.get("consequence_of")]
    first = bool(roots) and (roots[0] in expected or roots[0] in acceptable)
    false = [code for code in named if code not in expected and code not in acceptable
             and not any(near(code, wanted) for wanted in expected)]
    return {"share": share / len(expected) if expected else None, "first": first if expected else None,
            "missed": [code for code in expected if code not in named], "false": false, "named": named}


def score(sockeye, case_dir, live):
    """One row of the table; None for a case whose proxy is not installed."""
    try:
        case, report, why, seconds = diagnose(sockeye, case_dir, live)
    except Exception as err:  # one unusable case must not stop the others
        case, report = json.loads((case_dir / "case.json").read_text()), None
        why, seconds = f"{type(err).__name__}: {err}", 0.0
    if report is None and why == "skipped":
        return None
    row = {"id": case_dir.name, "seconds": round(seconds, 3), "expected": case["expected_causes"],
           **judge(case, report or {})}
    return {**row, "why": why}


def folders(cases, ids):
    found = sorted(path.parent for path in cases.glob("*/case.json"))
    return [f for f in found if not ids or any(f.name.startswith(i) for i in ids)]


def expectations():
    path = HERE / "expected.json"
    return json.loads(path.read_text()) if path.exists() else {}


def write_expectations(known):
    lines = [f"  {json.dumps(name)}: {json.dumps(known[name])}" for name in sorted(known)]
    (HERE / "expected.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def record(rows, live):
    known = expectations()
    for row in rows:
        known.setdefault(row["id"], {})["live" if live else "offline"] = {
            key: row[key] for key in ("share", "first", "missed", "false")}
    write_expectations(known)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--cases", type=Path, default=CASES)
    parser.add_argument("--sockeye", default=os.environ.get("SOCKEYE", str(BINARY)))
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quiet", action="store_true", help="the sums alone")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    rows, dumb = [], 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [pool.submit(score, options.sockeye, folder, options.live)
                for folder in folders(options.cases, options.ids)]
        for row in (job.result() for job in jobs):
            if row is None:
                continue
            rows.append(row)
            why = row.pop("why")
            dumb += bool(why)
            if options.json:
                print(json.dumps(row))
            elif not options.quiet:
                state = why or ("healthy" if not row["expected"]
                                else f"{row['share']:.2f}{' first' if row['first'] else ''}")
                print(f"{row['id']:<60} {state:<14} missed {row['missed']} false {row['false']}", flush=True)
    if options.record:
        record(rows, options.live)
    sick = [row for row in rows if row["share"] is not None]
    well = [row for row in rows if row["share"] is None]
    sums = {
        "cases": len(rows), "no_answer": dumb,
        "found": round(sum(row["share"] for row in sick) / len(sick), 4) if sick else None,
        "all_found": sum(row["share"] == 1.0 for row in sick), "problems": len(sick),
        "first": round(sum(row["first"] for row in sick) / len(sick), 4) if sick else None,
        "false_on_problems": sum(len(row["false"]) for row in sick),
        "healthy": len(well), "healthy_with_alarm": sum(bool(row["false"]) for row in well),
        "slowest_s": max((row["seconds"] for row in rows), default=0),
    }
    print(json.dumps({"sums": sums}) if options.json else " ".join(f"{k}={v}" for k, v in sums.items()))


if __name__ == "__main__":
    main()

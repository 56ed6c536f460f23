#!/usr/bin/env python3
"""Autobahn|Testsuite against the server and against the client, compared with the committed results.

  conformance.py server|client|all [--cases PATTERNS] [--sample] [--jobs N] [--update] [--binary PATH] [--out DIR]

server   starts `sockeye serve --echo /echo` on a free port and runs the suite's fuzzing client against it.
client   starts the suite's fuzzing server and lets ConformanceClient, a small program on our client library, answer it.
--cases  comma separated patterns ('1.*,12.1.1'); default: all 517.
--sample every case without compression (1-10) and a few with it.
--jobs   that many instances of the suite share the cases; half of the time is the suite's own.
--update writes the results to expected/ instead of comparing; a result that is no pass is never written, and an expectation
         that the result fulfils stays.

A case passes when its behaviour and its closing behaviour are each OK, NON-STRICT or INFORMATIONAL and no worse than
expected/ says. A case without a result has failed. The last line is 'N passed, N failed'; exit status 0 only without failures.
"""
import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import websocket

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "Tests" / "BlackBox"))
from harness import Sockeye, free_port, stop, wait_for_port  # noqa: E402

GOOD = {"OK", "NON-STRICT", "INFORMATIONAL"}
AGENT = "sockeye"
# One case of each payload size class and each parameter set the suite knows.
SAMPLE = "1.*,2.*,3.*,4.*,5.*,6.*,7.*,9.*,10.*,12.1.3,12.2.8,12.3.11,12.4.14,12.5.17,13.1.5,13.2.9,13.3.12,13.4.15,13.5.4,13.6.10,13.7.16"
TIMEOUT = int(os.environ.get("CONFORMANCE_TIMEOUT", 1800))


def case_key(case):
    return tuple(int(part) for part in case.split("."))


def patterns(text):
    return [part for part in text.replace(",", " ").split() if part]


def expand(wstest, wanted):
    """The ids of the cases that the patterns name, in the suite's order."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as spec:
        json.dump({"cases": patterns(wanted), "exclude-cases": [], "exclude-agent-cases": {}}, spec)
        spec.flush()
        listed = subprocess.run([wstest.parent / "python", HERE / "autobahn" / "list_cases.py", spec.name],
                                capture_output=True, text=True, check=True)
    return sorted(listed.stdout.split(), key=case_key)


def deal(cases, jobs):
    """Splits the cases so that the long ones, those with compression, are spread evenly."""
    heavy = [case for case in cases if case_key(case)[0] >= 12]
    light = [case for case in cases if case_key(case)[0] < 12]
    hands = [heavy[job::jobs] for job in range(jobs)]
    for job in range(jobs):
        hands[job] = light[job::jobs] + hands[job]
    return [hand for hand in hands if hand]


def write_spec(folder, fields, cases):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.json").unlink(missing_ok=True)
    spec = folder / "spec.json"
    spec.write_text(json.dumps({"outdir": str(folder), "cases": cases, "exclude-cases": [], "exclude-agent-cases": {}, **fields}))
    return spec


def read_index(folder):
    try:
        return json.loads((folder / "index.json").read_text()).get(AGENT, {})
    except (OSError, json.JSONDecodeError):
        return {}


def fuzz_server(wstest, url, folder, cases):
    spec = write_spec(folder, {"servers": [{"agent": AGENT, "url": url, "options": {}}]}, cases)
    with (folder / "wstest.log").open("wb") as log:
        child = subprocess.Popen([wstest, "-m", "fuzzingclient", "-s", spec], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            child.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            print(f"stopped: longer than {TIMEOUT} s", file=sys.stderr)
        finally:
            stop(child)
    return read_index(folder)


def fuzz_client(wstest, command, folder, cases):
    port = free_port()
    url = f"ws://127.0.0.1:{port}"
    spec = write_spec(folder, {"url": url}, cases)
    with (folder / "wstest.log").open("wb") as log, (folder / "client.log").open("wb") as client_log:
        server = subprocess.Popen([wstest, "-m", "fuzzingserver", "-s", spec, "-u", "0"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_for_port(port, server)
            client = subprocess.Popen([command, url, AGENT], stdin=subprocess.DEVNULL, stdout=client_log, stderr=client_log)
            try:
                if client.wait(TIMEOUT) != 0:
                    print(f"the client ended with status {client.returncode}, see {folder / 'client.log'}", file=sys.stderr)
            except subprocess.TimeoutExpired:
                print(f"stopped: longer than {TIMEOUT} s", file=sys.stderr)
            finally:
                stop(client)
            # The suite writes its report when it is asked to, whether or not the client got that far.
            try:
                asking = websocket.create_connection(f"{url}/updateReports?agent={AGENT}", timeout=60)
                asking.recv()
                asking.close()
            except (OSError, websocket.WebSocketException) as problem:
                print(f"the suite wrote no report: {problem}", file=sys.stderr)
        finally:
            stop(server)
    return read_index(folder)


def run_side(side, wstest, cases, options):
    """The results of one direction, case -> entry of the suite's index. Each job has an instance of the suite to itself."""
    with contextlib.ExitStack() as stack:
        if side == "server":
            state = stack.enter_context(tempfile.TemporaryDirectory(prefix="sockeye-conformance-"))
            server = Sockeye(options.binary, Path(state) / "state", ["--echo", "/echo"])
            stack.callback(server.stop)
            target, fuzz = server.url("/echo"), fuzz_server
        else:
            target, fuzz = options.client, fuzz_client
        hands = deal(cases, options.jobs)
        with ThreadPoolExecutor(len(hands)) as jobs:
            folders = [options.out / side / f"job{number}" for number in range(len(hands))]
            done = jobs.map(lambda folder, hand: fuzz(wstest, target, folder, hand), folders, hands)
            return {case: entry for index in done for case, entry in index.items()}


def verdict(entry):
    return f"{entry['behavior']} {entry['behaviorClose']}" if entry else "NOT RUN"


def fulfils(result, expectation):
    """Whether each part of a verdict is the one expected, or OK where less was."""
    pairs = list(zip(result.split(), expectation.split()))
    return len(pairs) == 2 and all(got == wanted or got == "OK" for got, wanted in pairs)


def judge(side, cases, results, update):
    """Prints what did not pass; returns (passed, failed)."""
    path = HERE / "expected" / f"{side}.json"
    expected = json.loads(path.read_text()) if path.exists() else None
    if expected is None and not update:
        print(f"{side}: there are no committed results to compare with yet (make conformance ARGS=--update)")
    failures, groups = [], {}
    for case in cases:
        entry = results.get(case)
        good = bool(entry) and entry["behavior"] in GOOD and entry["behaviorClose"] in GOOD
        same = update or expected is None or fulfils(verdict(entry), expected.get(case, ""))
        group = groups.setdefault(case.split(".")[0], [0, 0, 0.0])
        group[0] += good and same
        group[1] += 1
        group[2] += ((entry or {}).get("duration") or 0) / 1000
        if not (good and same):
            wanted = f", expected {expected.get(case, 'nothing: the case is new')}" if good else ""
            failures.append(f"  {case:<8} {verdict(entry)}{wanted}, close code {(entry or {}).get('remoteCloseCode')}")
    print(f"{side}: " + ", ".join(f"{name}.* {ok}/{of} ({seconds:.0f} s)" for name, (ok, of, seconds) in groups.items()))
    print("\n".join(failures[:60] + ([f"  ... and {len(failures) - 60} more"] if len(failures) > 60 else [])), end="\n" if failures else "")
    if update:
        merged = dict(expected or {})
        for case in set(cases) & set(results):
            entry = results[case]
            if {entry["behavior"], entry["behaviorClose"]} <= GOOD and not fulfils(verdict(entry), merged.get(case, "")):
                merged[case] = verdict(entry)
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({case: merged[case] for case in sorted(merged, key=case_key)}, indent=0) + "\n")
        print(f"{side}: wrote {path.relative_to(ROOT)}")
    return len(cases) - len(failures), len(failures)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("side", choices=["server", "client", "all"])
    parser.add_argument("--cases", default="*")
    parser.add_argument("--sample", action="store_true")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--binary", type=Path, default=ROOT / ".build" / "release" / "sockeye")
    parser.add_argument("--client", type=Path, default=ROOT / ".build" / "release" / "ConformanceClient")
    parser.add_argument("--out", type=Path, default=ROOT / ".build" / "conformance")
    options = parser.parse_args()
    options.out = options.out.resolve()
    wstest = Path(subprocess.run([HERE / "autobahn" / "setup.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip())
    cases = expand(wstest, SAMPLE if options.sample else options.cases)
    passed = failed = 0
    for side in ["server", "client"] if options.side == "all" else [options.side]:
        begun = time.monotonic()
        results = run_side(side, wstest, cases, options)
        ok, bad = judge(side, cases, results, options.update)
        print(f"{side}: {ok} of {len(cases)} cases in {time.monotonic() - begun:.0f} s, reports in {options.out / side}", flush=True)
        passed, failed = passed + ok, failed + bad
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()

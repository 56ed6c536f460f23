#!/usr/bin/env python3
"""Every check of the project, one part after the other.

  test.py [PART ...] [--verbose]

Without a PART all run, in this order: lint, docs, build, unit, blackbox, doctor, nginx, routing, conformance, protocols, fuzz. Output of a part
goes to .build/test-logs/PART.log and is shown when the part fails. The last line is 'N passed, N failed', the total over all parts;
the exit status is 0 only when nothing failed. `make test` makes the set-up first.
"""
import argparse
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".build" / "test-logs"
SWIFT = shlex.split(os.environ.get("SWIFT", "swift"))
CLOSING = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.MULTILINE)


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def one_check(code, log):
    """A part that is right or wrong as a whole."""
    return Count(passed=1) if code == 0 else Count(failed=1)


def closing_line(code, log):
    """A part that ends with 'N passed, N failed'."""
    found = CLOSING.findall(log.read_text(errors="replace"))
    if not found:
        return Count(failed=1)
    return Count(*(int(n or 0) for n in found[-1]))


def closing_lines(code, log):
    """A part of several commands that each end with 'N passed, N failed'."""
    count = Count()
    for passed, failed, skipped in CLOSING.findall(log.read_text(errors="replace")):
        count.passed += int(passed or 0)
        count.failed += int(failed or 0)
        count.skipped += int(skipped or 0)
    return count


def xunit(path):
    """A part that writes a JUnit file; its counts are sums over all suites in it."""

    def count(code, log):
        try:
            suites = xml.parse(path).getroot().iter("testsuite")
            total = failed = skipped = 0
            for suite in suites:
                total += int(suite.get("tests", 0))
                failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
                skipped += int(suite.get("skipped", 0) or 0)
            return Count(total - failed - skipped, failed, skipped)
        except (OSError, xml.ParseError):
            return Count(failed=1)

    return count


UNIT_REPORT = LOGS / "unit.xml"
BLACKBOX_REPORT = LOGS / "blackbox.xml"
DOCTOR_REPORT = LOGS / "doctor.xml"
NGINX_REPORT = LOGS / "nginx.xml"
PYTHON = sys.executable
# What a stranger's first bytes reach has a minute each, the rest a quarter of one.
FUZZED = ["frames", "head", "inflate", "json"]
FUZZED_BRIEFLY = ["doctor", "engineio", "nginx", "records", "routing", "socketio"]
FUZZ_SECONDS = os.environ.get("FUZZ_SECONDS", "60")

# name: (what it is, commands, minutes it may take, how its result is counted)
PARTS = {
    "lint": (
        "style of the Swift sources",
        [[*SWIFT, "format", "lint", "--strict", "--recursive", "--parallel", "Package.swift", "Sources", "Tests", "Fuzz"]],
        5,
        one_check,
    ),
    "docs": ("links in the documentation", [[PYTHON, "scripts/check_docs.py"]], 2, one_check),
    "build": ("release build", [[*SWIFT, "build", "-c", "release", "--static-swift-stdlib"]], 20, one_check),
    # Swift Testing writes its report beside the one XCTest would write, with its own suffix.
    "unit": (
        "unit tests",
        [[*SWIFT, "test", "--xunit-output", str(UNIT_REPORT)]],
        25,
        xunit(UNIT_REPORT.with_name("unit-swift-testing.xml")),
    ),
    "blackbox": (
        "black-box tests of the binary: real clients, nginx, Chromium, faults",
        [[PYTHON, "-m", "pytest", "-q", f"--junitxml={BLACKBOX_REPORT}", "Tests/BlackBox"]],
        15,
        xunit(BLACKBOX_REPORT),
    ),
    "doctor": (
        "every case of the doctor, from files alone and live behind real proxies",
        [[PYTHON, "-m", "pytest", "-q", f"--junitxml={DOCTOR_REPORT}", "Tests/Doctor"]],
        15,
        xunit(DOCTOR_REPORT),
    ),
    "nginx": (
        "NginxSyntax against crossplane and nginx itself",
        [
            [*SWIFT, "build", "--product", "NginxReader"],
            [PYTHON, "-m", "pytest", "-q", "--timeout=600", f"--junitxml={NGINX_REPORT}", "Tests/NginxDifferential"],
        ],
        15,
        xunit(NGINX_REPORT),
    ),
    "routing": (
        "the nginx router against a real nginx, 750 random requests",
        [
            [*SWIFT, "build", "--product", "RoutingOracle"],
            # One seed, so that a change of the code alone turns the result; other seeds are for `differential.py` by hand.
            [PYTHON, "Tests/Routing/differential.py", "--configurations", "15", "--seed", "251520660"],
        ],
        10,
        one_check,
    ),
    "conformance": (
        "Autobahn: every case without compression and a sample with it, server and client",
        [[PYTHON, "Tests/Conformance/conformance.py", "all", "--sample"]],
        15,
        closing_line,
    ),
    "protocols": (
        "our own suites for Engine.IO and Socket.IO, against Sockeye and against python-socketio",
        [[PYTHON, "Tests/Conformance/realtime_conformance.py", "all", "--server", "both", "--retries", "2"]],
        10,
        closing_line,
    ),
    "fuzz": (
        f"fuzz targets, {FUZZ_SECONDS} s for the first, a quarter of that for the others",
        [
            ["scripts/fuzz.sh", "build"],
            ["scripts/fuzz.sh", "run", *FUZZED],
            ["env", f"FUZZ_SECONDS={max(1, int(FUZZ_SECONDS) // 4)}", "scripts/fuzz.sh", "run", *FUZZED_BRIEFLY],
        ],
        25,
        closing_lines,
    ),
}


def run(commands, log_path, minutes, verbose):
    """Runs commands one after the other until one fails; its whole process group ends with it."""
    deadline = time.monotonic() + minutes * 60
    with log_path.open("wb") as log:
        for command in commands:
            log.write(f"$ {shlex.join(map(str, command))}\n".encode())
            log.flush()
            out = None if verbose else log
            child = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT if out else None,
                start_new_session=True)
            try:
                code = child.wait(max(1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                log.write(f"\nstopped: longer than {minutes} minutes\n".encode())
                return 124
            except KeyboardInterrupt:
                os.killpg(child.pid, signal.SIGTERM)
                raise
            if code != 0:
                return code
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[*PARTS, []])
    parser.add_argument("--verbose", action="store_true", help="show the output of the one-check parts as it comes")
    options = parser.parse_args()
    chosen = options.parts or list(PARTS)
    LOGS.mkdir(parents=True, exist_ok=True)
    for report in LOGS.glob("*.xml"):
        report.unlink()
    total, started = Count(), time.monotonic()
    for name in chosen:
        what, commands, minutes, count = PARTS[name]
        print(f"{name}: {what} ...", flush=True)
        log, begun = LOGS / f"{name}.log", time.monotonic()
        code = run(commands, log, minutes, options.verbose and count is one_check)
        result = count(code, log)
        if code != 0 and result.failed == 0:
            result.failed = 1  # a runner that dies, or finds no test, is no success
        if code == 0 and result.passed == 0:
            result.failed = max(1, result.failed)
        print(f"{name}: {result} in {time.monotonic() - begun:.0f} s", flush=True)
        if result.failed:
            tail = log.read_text(errors="replace").splitlines()[-120:]
            print("\n".join("    " + line for line in tail), flush=True)
            print(f"    (all of it: {log.relative_to(ROOT)})", flush=True)
        total.passed += result.passed
        total.failed += result.failed
        total.skipped += result.skipped
        if name == "build" and result.failed:
            break  # without a binary the rest says nothing
    print(f"{len(chosen)} parts in {time.monotonic() - started:.0f} s")
    print(total)
    sys.exit(1 if total.failed else 0)


if __name__ == "__main__":
    main()

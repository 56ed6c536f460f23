#!/usr/bin/env python3
"""Run `sockeye doctor` on the repaired state of each case: what was repaired must be named no longer.

  repaired.py               every case that has repaired inputs
  repaired.py 012           some of them
  repaired.py --record      also write what is still named into expected.json

A case's repaired state: its `fixed.*` and `*.fixed.*` files in the place of those they repair, `client.fixed`
of case.json for the client, and without what recorded the broken state (logs, answers, consoles, lists of containers).
"""
import argparse
import json
import os
import re
import shutil
import tempfile
from pathlib import Path

import present
import score

RECORDED = re.compile(r"(\.log$|_log$|response|request|inspect|s_client|console|curl|tcpdump|frames|notebook|handshake|dig|docker-ps)")
SCRIPTS = {".js", ".jsx", ".ts", ".tsx", ".py"}


def inputs(case_dir):
    """Files of the repaired state by the name they are handed over under; None: nothing of the case is repaired by files."""
    every = {path.relative_to(case_dir): path for path in case_dir.rglob("*") if path.is_file()}
    given = {name: path for name, path in every.items() if present.is_input(name.name)}
    mended = {name: path for name, path in every.items() if name.name.startswith("fixed.") or ".fixed." in name.name}
    included = "".join(path.read_text() for name, path in mended.items() if name.name == "fixed.conf")
    files = {name: path for name, path in given.items() if not RECORDED.search(name.name) or name.suffix in SCRIPTS}
    for name, path in mended.items():
        if name.name.startswith("fixed."):
            rest = name.name.removeprefix("fixed.")
            same = [other for other in given if other.name == rest or other.name.endswith("." + rest)]
            files[Path("nginx.conf") if rest == "conf" else same[0] if same else Path(rest)] = path
        elif name.name in included:
            files[name] = path
        else:
            files[name.with_name(name.name.replace(".fixed.", "."))] = path
    return files if mended else None


def named(sockeye, case_dir):
    """Causes of errors and warnings in the repaired state; None: the case has none that can be handed over."""
    case = json.loads((case_dir / "case.json").read_text())
    client = case.get("client", {})
    facts = {**{key: value for key, value in client.items() if key != "fixed"}, **client.get("fixed", {})}
    files = inputs(case_dir)
    if not case["expected_causes"] or (files is None and "fixed" not in client):
        return None
    if files is None:
        files = {path.relative_to(case_dir): path for path in case_dir.rglob("*")
                 if path.is_file() and present.is_input(path.name) and not RECORDED.search(path.name)}
    with tempfile.TemporaryDirectory(prefix="repaired-") as folder:
        for name, path in files.items():
            copy = Path(folder) / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        url = facts.get("ws_url") or facts.get("host") or case["url"]
        report, why, _ = score.run_doctor(sockeye, url, folder, ["--offline", *score.client_flags(facts)])
    assert report is not None, why
    return sorted({f["code"] for f in report["findings"] if f["severity"] in ("error", "warning")})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--sockeye", default=os.environ.get("SOCKEYE", str(score.BINARY)))
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    known = score.expectations()
    count = still = 0
    for case_dir in score.folders(score.CASES, options.ids):
        codes = named(options.sockeye, case_dir)
        if codes is None:
            continue
        count += 1
        still += bool(codes)
        if codes:
            print(f"{case_dir.name:<60} still {codes}")
        known.setdefault(case_dir.name, {})["repaired"] = codes
    if options.record:
        score.write_expectations(known)
    print(f"repaired={count} with_alarm={still}")


if __name__ == "__main__":
    main()

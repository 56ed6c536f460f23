#!/usr/bin/env python3
"""Copy the input of one case into an empty folder, without what gives the answer away.

  present.py 037 TARGET              writes input.json, nginx.conf, includes, logs, tokens ...
  present.py --symptom 037 TARGET    the same with the user's words about the symptom

input.json holds the url and client facts. Symptoms are left out unless asked for, because some
reports name the cause and healthy cases have none. The caller chooses a neutral folder name;
the slug of the case says too much.
"""
import argparse
import json
import shutil
from pathlib import Path

CASES = Path(__file__).resolve().parent / "Cases"
LEFT_OUT = {"case.json", "probe.json", "aux.conf", "balancer.cfg"}


def is_input(name):
    if name in LEFT_OUT or (name.startswith("backend") and name.endswith(".json")):
        return False
    return not name.startswith("fixed.") and ".fixed." not in name


def present(case_dir, target, with_symptom=False):
    case = json.loads((case_dir / "case.json").read_text())
    client = {key: value for key, value in case.get("client", {}).items() if key != "fixed"}
    target.mkdir(parents=True)
    for path in sorted(case_dir.rglob("*")):
        if path.is_file() and is_input(path.name):
            copy = target / path.relative_to(case_dir)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
    facts = {"url": case["url"]}
    if client:
        facts["client"] = client
    if with_symptom and case["expected_causes"]:
        facts["symptom"] = case["symptom"]
    (target / "input.json").write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("id")
    parser.add_argument("target", type=Path)
    parser.add_argument("--symptom", action="store_true")
    options = parser.parse_args()
    found = sorted(CASES.glob(f"{options.id}*/case.json"))
    if len(found) != 1:
        parser.error(f"{len(found)} cases begin with {options.id}")
    present(found[0].parent, options.target, options.symptom)


if __name__ == "__main__":
    main()

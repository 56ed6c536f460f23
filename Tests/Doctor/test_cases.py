"""Every case, from files alone and with its proxies running, held to what `score.py --record` wrote down.

A case may get better (then record it); it must not get worse: a cause no longer named, no longer named first,
or an alarm that was not there before fails.
"""
import json
import os
from pathlib import Path

import jsonschema
import pytest

import score
import verify

HERE = Path(__file__).resolve().parent
SOCKEYE = os.environ.get("SOCKEYE_BINARY", str(score.BINARY))
EXPECTED = json.loads((HERE / "expected.json").read_text())
SCHEMA = json.loads((HERE.parents[1] / "docs" / "doctor.schema.json").read_text())
CASES = score.folders(score.CASES, [])


def check(case_dir, live):
    case, report, why, seconds = score.diagnose(SOCKEYE, case_dir, live)
    if why == "skipped":
        if not (case_dir / "probe.json").exists():
            pytest.skip("nothing of it can be run here: files alone")
        kinds = {item["kind"] for item in json.loads((case_dir / "probe.json").read_text())["proxies"]}
        pytest.skip(f"not installed: {', '.join(kind for kind in kinds if verify.program(kind) is None)}")
    assert report is not None, why
    jsonschema.validate(report, SCHEMA)
    wanted = EXPECTED.get(case_dir.name, {}).get("live" if live else "offline")
    assert wanted is not None, "not in expected.json: run score.py --record"
    seen = score.judge(case, report)
    assert (seen["share"] or 0) >= (wanted["share"] or 0), f"missed {seen['missed']}, named {seen['named']}"
    assert seen["first"] or not wanted["first"], f"named {seen['named']}"
    assert set(seen["false"]) <= set(wanted["false"]), f"false alarms {seen['false']}"
    if not case["expected_causes"]:
        assert not seen["false"], f"alarms on a healthy path: {seen['false']}"


@pytest.mark.parametrize("case_dir", CASES, ids=lambda path: path.name)
def test_files_alone(case_dir):
    check(case_dir, live=False)


@pytest.mark.parametrize("case_dir", CASES, ids=lambda path: path.name)
def test_live(case_dir):
    check(case_dir, live=True)


def test_every_case_is_well_formed():
    codes = {path.stem for path in (HERE.parents[1] / "docs" / "causes").glob("*.md")}
    for case_dir in CASES:
        case = json.loads((case_dir / "case.json").read_text())
        for code in case["expected_causes"] + (case.get("acceptable_causes") or []):
            assert code in codes, f"{case_dir.name}: {code} has no page in docs/causes"

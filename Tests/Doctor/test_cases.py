"""Every case, from files alone and with its proxies running, held to what `score.py --record` wrote down.

A case may get better (then record it); it must not get worse: a cause no longer named, no longer named first,
or an alarm that was not there before fails.
"""
import concurrent.futures
import json
import os
from pathlib import Path

import jsonschema
import pytest

import repaired
import score
import verify

HERE = Path(__file__).resolve().parent
SOCKEYE = os.environ.get("SOCKEYE_BINARY", str(score.BINARY))
EXPECTED = json.loads((HERE / "expected.json").read_text())
SCHEMA = json.loads((HERE.parents[1] / "docs" / "doctor.schema.json").read_text())
CASES = score.folders(score.CASES, [])


# Cases at work at once: a live one mostly waits, for programs to start and for answers.
JOBS = 4


@pytest.fixture(scope="session")
def runs(request):
    """What each chosen case is diagnosed with, in the order of the tests; the next are at work while one is judged."""
    chosen = [(item.callspec.params["case_dir"], item.originalname == "test_live")
              for item in request.session.items if hasattr(item, "callspec") and "case_dir" in item.callspec.params]
    pool = concurrent.futures.ThreadPoolExecutor(JOBS)
    yield {(case.name, live): pool.submit(score.diagnose, SOCKEYE, case, live) for case, live in chosen}
    pool.shutdown(cancel_futures=True)


def check(runs, case_dir, live):
    case, report, why, seconds = runs[case_dir.name, live].result()
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
def test_files_alone(runs, case_dir):
    check(runs, case_dir, live=False)


@pytest.mark.parametrize("case_dir", CASES, ids=lambda path: path.name)
def test_live(runs, case_dir):
    check(runs, case_dir, live=True)


@pytest.mark.parametrize("case_dir", CASES, ids=lambda path: path.name)
def test_repaired(case_dir):
    codes = repaired.named(SOCKEYE, case_dir)
    if codes is None:
        pytest.skip("nothing of it is repaired by files")
    wanted = EXPECTED.get(case_dir.name, {}).get("repaired")
    assert wanted is not None, "not in expected.json: run repaired.py --record"
    assert set(codes) <= set(wanted)


def test_every_case_is_well_formed():
    codes = {path.stem for path in (HERE.parents[1] / "docs" / "causes").glob("*.md")}
    for case_dir in CASES:
        case = json.loads((case_dir / "case.json").read_text())
        for code in case["expected_causes"] + (case.get("acceptable_causes") or []):
            assert code in codes, f"{case_dir.name}: {code} has no page in docs/causes"

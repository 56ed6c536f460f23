"""Small folders, each with one fault or none, and the causes the doctor must name in them: those and no other.

The files of `Small/` hold one folder after another: `== title`, then the address and flags, `-- name` before each file, and
`=> causes` at the end (errors and warnings; `nothing` for a healthy one).
"""
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

import score

HERE = Path(__file__).resolve().parent
SOCKEYE = os.environ.get("SOCKEYE_BINARY", str(score.BINARY))
FOLDER = re.compile(r"^== (?P<title>.*)\n(?P<line>.*)\n(?P<files>(?:.*\n)*?)=> (?P<causes>.*)$", re.MULTILINE)


def folders():
    for path in sorted((HERE / "Small").glob("*.txt")):
        for match in FOLDER.finditer(path.read_text()):
            parts = re.split(r"^-- (.*)\n", match["files"], flags=re.MULTILINE)
            files = dict(zip(parts[1::2], parts[2::2]))
            causes = set() if match["causes"] == "nothing" else set(match["causes"].split(", "))
            yield pytest.param(match["line"].split(), files, causes, id=f"{path.stem}: {match['title']}")


@pytest.mark.parametrize("arguments, files, causes", folders())
def test_small(arguments, files, causes, tmp_path):
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    command = [SOCKEYE, "doctor", *arguments, "--offline", "--json", "--files", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    findings = json.loads(done.stdout)["findings"]
    assert {f["code"] for f in findings if f["severity"] != "info"} == causes


def test_every_folder_is_read():
    texts = [path.read_text() for path in (HERE / "Small").glob("*.txt")]
    assert sum(text.count("\n== ") + text.startswith("== ") for text in texts) == len(list(folders())) > 100

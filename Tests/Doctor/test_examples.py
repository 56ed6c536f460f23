"""The project's own examples are right, and the doctor must say so."""
import json
import os
import subprocess
from pathlib import Path

import pytest

import score

ROOT = Path(__file__).resolve().parents[2]
SOCKEYE = os.environ.get("SOCKEYE_BINARY", str(score.BINARY))

# The folder, and what a page of it dials.
EXAMPLES = {
    "interview-chat": "http://localhost/im",
    "market-watcher": "ws://localhost:8501/api/v1/ws",
    "notifications": "ws://localhost/api/v1/notifications/ws/ada@mail.example",
    "trading-assistant": "ws://localhost/ws/realtime",
    "workspace-sync": "ws://localhost/ws",
    "nginx/sockeye.conf": "ws://localhost/ws",
    "nginx/sockeye-tls.conf": "wss://localhost/ws",
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_alarm(name):
    command = [SOCKEYE, "doctor", EXAMPLES[name], "--offline", "--json", "--files", str(ROOT / "Examples" / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    report = json.loads(done.stdout)
    alarms = [(f["code"], f["title"], f["location"]) for f in report["findings"] if f["severity"] != "info"]
    assert not alarms
    assert report["verdict"] == "healthy"
    assert done.returncode == 0


def test_every_example_is_looked_at():
    known = {name.split("/")[0] for name in EXAMPLES}
    assert {path.name for path in (ROOT / "Examples").iterdir() if path.is_dir()} == known

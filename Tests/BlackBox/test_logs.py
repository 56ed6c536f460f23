"""Where log lines go: a file that rotates, and what happens when somebody else renames it."""
import json
import signal
import stat
import subprocess

from websockets.sync.client import connect

import harness
from harness import until


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def events(path):
    return [json.loads(line)["event"] for line in lines(path)]


def test_a_file_is_written_and_opened_again(start, tmp_path):
    log = tmp_path / "logs" / "sockeye.log"
    log.parent.mkdir()
    server = start("--log-destination", log, "--log-format", "json")
    until(lambda: "ready" in events(log), what="the line that says ready")
    assert stat.S_IMODE(log.stat().st_mode) == 0o640
    harness.get(server.port, "/nowhere")
    until(lambda: "refused" in events(log), what="a refusal")
    old = log.rename(log.with_suffix(".old"))
    server.signal(signal.SIGUSR1)
    until(lambda: "log-reopened" in events(log), what="the new file")
    harness.get(server.port, "/nowhere")
    until(lambda: "refused" in events(log), what="a refusal in the new file")
    server.stop()
    assert events(log)[-1] == "stopped" and "stopped" not in events(old)


def test_a_full_file_is_renamed_and_no_line_is_lost(start, tmp_path):
    log = tmp_path / "sockeye.log"
    server = start("--log-destination", log, "--log-rotate-size", "2KiB", "--log-rotate-keep", 1000, "--log-connections")
    for _ in range(30):
        with connect(server.url(f"/ws?token={server.token('ada')}")):
            pass
    server.stop()
    files = sorted(tmp_path.glob("sockeye.log*"))
    assert len(files) > 5 and all(file.stat().st_size <= 2048 for file in files)
    text = "".join(file.read_text() for file in files)
    assert all(line.startswith("20") for line in text.splitlines())
    assert text.count(" connected (user: ada)") == 30 and text.count("user ada (ID ada) authenticated") == 30
    assert "eyJ" not in text


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    done = subprocess.run([harness.BINARY, "serve", "--listen", "127.0.0.1:0", "--state", tmp_path, "--log-destination", "/nowhere/x.log"],
                          capture_output=True, text=True, timeout=20, env=harness.clean_environment())
    assert done.returncode == 3 and "/nowhere/x.log" in done.stderr and "hint: make its directory" in done.stderr
    done = subprocess.run([harness.BINARY, "serve", "--log-destination", "sterr"], capture_output=True, text=True, timeout=20,
                          env=harness.clean_environment())
    assert done.returncode == 2 and 'did you mean "stderr"?' in done.stderr

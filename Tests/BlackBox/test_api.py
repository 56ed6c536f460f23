"""The HTTP API: held to its own description by schemathesis, and offered what nobody should send."""
import json
import subprocess
import sys
import time

import pytest

import harness
from harness import Raw, get
from protocol import signed_in

TOPICS = """
[[topic]]
pattern = "**"
history = 5
keys = 100
presence = true
"""


@pytest.fixture(scope="module")
def api(folder):
    """A server whose topics keep everything, and a key to its API."""
    state = folder / "api-state"
    state.mkdir()
    configuration = folder / "api.toml"
    configuration.write_text(TOPICS)
    key = subprocess.run([harness.BINARY, "key", "create", "--state", state], capture_output=True, text=True, timeout=20,
                         check=True, env=harness.clean_environment()).stdout.strip()
    running = harness.Sockeye(harness.BINARY, state, ["--config", configuration, "--loops", "2"])
    running.key = key
    yield running
    assert running.stop() == 0, running.log[-2000:]


def post(api, path, body, key=None):
    body = body if isinstance(body, (bytes, str)) else json.dumps(body)
    body = body.encode() if isinstance(body, str) else body
    head = (f"POST /api/v1/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: {key or api.key}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    with Raw(api.port, timeout=20) as raw:
        try:
            raw.send(head.encode() + body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # Refused by its length: the answer is there already.
        return raw.response()


def test_the_description_is_the_truth(api, tmp_path):
    """Every check of schemathesis: what fits the description is accepted, what does not is refused, answers are as described."""
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"http://127.0.0.1:{api.port}/api/v1/openapi.json",
         "--header", f"Authorization: Bearer {api.key}", "--checks", "all", "--continue-on-failure", "--no-color",
         "--max-examples", "40", "--generation-deterministic", "--request-timeout", "10"],
        cwd=tmp_path, capture_output=True, text=True, timeout=110, env=harness.clean_environment())
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_a_published_message_arrives(api):
    with signed_in(api) as talk:
        talk.subscribe("news")
        answer = post(api, "publish", '{"topic":"news","data":{"n": 1.50},"key":"a"}')
        assert answer.status == 200 and answer.json["offset"] == 1
        assert post(api, "publish", {"topic": "news", "data": 2, "key": "a"}).json["duplicate"] is True
        assert '"data":{"n": 1.50}' in talk.socket.recv(5)
        assert talk.is_silent()


HOSTILE = {
    "depth 100,000": (b'{"topic":"t","data":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "malformed_json"),
    "a key of 10 MB": (b'{"' + b"k" * 10_000_000 + b'":1}', 413, None),
    "a key of 200 KB": (b'{"' + b"k" * 200_000 + b'":1}', 400, "unknown_member"),
    "duplicate keys": (b'{"topic":"t","data":1,"data":2}', 400, "duplicate_member"),
    "20,000 unknown keys": (b"{" + b",".join(b'"k%d":1' % n for n in range(20_000)) + b"}", 400, "unknown_member"),
    "invalid UTF-8": (b'{"topic":"\xff","data":1}', 400, "malformed_json"),
    "UTF-8 overlong": (b'{"topic":"t","data":"\xc0\x80"}', 400, "malformed_json"),
    "half a surrogate pair": (b'{"topic":"t","data":"\\ud800"}', 400, "malformed_json"),
    "a huge number for a name": (b'{"topic":' + b"9" * 100_000 + b',"data":1}', 400, "wrong_member_type"),
    "nothing": (b"", 400, "malformed_json"),
    "NUL bytes": (b"\0" * 1000, 400, "malformed_json"),
    "UTF-16": ('{"topic":"t","data":1}'.encode("utf-16"), 400, "malformed_json"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_json_is_refused_at_once(api, name):
    body, status, code = HOSTILE[name]
    before, start = api.pss(), time.monotonic()
    for _ in range(5):
        answer = post(api, "publish", body)
        assert answer.status == status, answer.body[:300]
        assert code is None or answer.json["code"] == code, answer.json
        assert answer.json["remedy"]
    assert time.monotonic() - start < 5
    assert api.pss() - before < 16 << 20
    assert get(api.port, "/health").status == 200


def test_a_huge_number_is_data_like_any_other(api):
    number = b"-1" + b"0" * 100_000 + b".5e99999"
    assert post(api, "publish", b'{"topic":"numbers","data":' + number + b"}").status == 200
    answer = get(api.port, "/api/v1/history?topic=numbers", headers=[f"X-API-Key: {api.key}"])
    assert number in answer.body
    assert post(api, "tokens", b'{"user":"ada","ttl":1e999}').json["code"] == "wrong_member_type"


def test_a_refused_expectation_costs_no_body(api):
    """Who asks first is told before he sends: 413 for what is too long, 401 without a key."""
    with Raw(api.port) as raw:
        raw.send(f"POST /api/v1/publish HTTP/1.1\r\nHost: x\r\nX-API-Key: {api.key}\r\nContent-Length: 99999999\r\n"
                 "Expect: 100-continue\r\n\r\n")
        assert raw.response().status == 413

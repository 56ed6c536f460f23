"""Tokens of every kind against the running binary: made and withdrawn by other processes, fetched keys, a backend, the login."""
import base64
import contextlib
import http.server
import json
import subprocess
import threading
import time
import urllib.parse

import pytest

import harness
from harness import Raw, get, handshake, until
from protocol import Talk


def sockeye(server, *args, input=None, config=None, status=0):
    """A command beside the server, on the same state."""
    more = ["--config", config] if config else []
    done = subprocess.run([harness.BINARY, *args, "--state", server.state, *more], capture_output=True, text=True, timeout=30,
                          input=input, env=harness.clean_environment())
    assert done.returncode == status, (done.stdout, done.stderr)
    return done.stdout.strip()


def refusal(server, token, path="/ws"):
    """(status, code) of a handshake with this token."""
    with Raw(server.port) as raw:
        answer = raw.send(handshake(path, Authorization=f"Bearer {token}")).response(head_only=False)
        return (answer.status, None if answer.status == 101 else answer.json["code"])


def ended(talk):
    """What a session is told when it is withdrawn: (code of the error, close code)."""
    message = talk.hear()
    assert message["type"] == "error", message
    with pytest.raises(Exception):
        talk.hear()
    return message["code"], talk.socket.close_code


@contextlib.contextmanager
def serving(answer):
    """An HTTP server of this process; `answer(request)` gives status and body."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(dict(self.headers))
            status, body = answer(self)
            body = body.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    seen = []
    server = http.server.ThreadingHTTPServer((harness.HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://{harness.HOST}:{server.server_port}/x", seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def configured(tmp_path, text):
    path = tmp_path / "sockeye.toml"
    path.write_text(text)
    return path


def test_another_process_withdraws_tokens_and_users(start, tmp_path):
    config = configured(tmp_path, "[token]\nopaque = true\n")
    server = start("--config", config, "--loops", "2")
    opaque = sockeye(server, "token", "mint", "--opaque", "--user", "ada", config=config)
    jwt = server.token("bob")
    with Talk(server.url(f"/ws?token={opaque}")) as ada, Talk(server.url(f"/ws?token={jwt}")) as bob, \
            Talk(server.url(f"/ws?token={server.token('eve')}")) as eve:
        began = time.monotonic()
        sockeye(server, "token", "revoke", "-", input=opaque)
        assert ended(ada) == ("TOKEN-REVOKED", 3504)
        sockeye(server, "token", "revoke", "-", input=jwt)
        assert ended(bob) == ("TOKEN-REVOKED", 3504)
        sockeye(server, "user", "add", "eve", "--password-stdin", input="a password")
        sockeye(server, "user", "disable", "eve")
        assert ended(eve) == ("TOKEN-USER-DISABLED", 3504)
        assert time.monotonic() - began < 8
    assert refusal(server, opaque) == (403, "TOKEN-REVOKED")
    assert refusal(server, jwt) == (403, "TOKEN-REVOKED")
    assert refusal(server, server.token("eve")) == (403, "TOKEN-USER-DISABLED")
    assert refusal(server, server.token("bob")) == (101, None)

    # A restart forgets none of it.
    server.stop()
    again = start("--config", config, state=server.state)
    assert refusal(again, opaque) == (403, "TOKEN-REVOKED")
    assert refusal(again, jwt) == (403, "TOKEN-REVOKED")
    assert refusal(again, again.token("eve")) == (403, "TOKEN-USER-DISABLED")
    sockeye(again, "user", "enable", "eve")
    until(lambda: refusal(again, again.token("eve"))[0] == 101, what="the user being let in")


def test_a_user_is_revoked_and_comes_back_at_once(server):
    with Talk(server.url(f"/ws?token={server.token('zoe')}")) as talk:
        sockeye(server, "token", "revoke", "--user", "zoe")
        fresh = server.token("zoe")
        assert ended(talk) == ("TOKEN-REVOKED", 3504)
    assert refusal(server, fresh) == (101, None)


def base64url(number):
    return base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode().rstrip("=")


def issuer(name):
    """An RSA key of an identity provider: its key set entry, and a function that signs a token."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    key = rsa.generate_private_key(65537, 2048)
    numbers = key.public_key().public_numbers()
    entry = {"kty": "RSA", "kid": name, "alg": "RS256", "use": "sig", "n": base64url(numbers.n), "e": base64url(numbers.e)}

    def sign(user):
        def part(value):
            return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

        signed = part({"alg": "RS256", "kid": name}) + "." + part({"sub": user, "exp": int(time.time()) + 600})
        signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        return signed + "." + base64.urlsafe_b64encode(signature).decode().rstrip("=")

    return entry, sign


def test_an_issuers_keys_rotate_while_the_server_runs(start, tmp_path):
    (old, sign_old), (new, sign_new) = issuer("old"), issuer("new")
    keys = [old]
    with serving(lambda _: (200, json.dumps({"keys": keys}))) as (url, seen):
        server = start("--config", configured(tmp_path, f'[[key]]\njwks_url = "{url}"\nrefresh = "1s"\n'))
        assert refusal(server, sign_old("ada")) == (101, None)
        assert refusal(server, sign_new("ada")) == (403, "TOKEN-KEY")
        keys[:] = [old, new]
        until(lambda: refusal(server, sign_new("ada"))[0] == 101, what="the new key being known")
        assert refusal(server, sign_old("ada")) == (101, None)
        keys[:] = [new]
        until(lambda: refusal(server, sign_old("ada")) == (403, "TOKEN-KEY"), what="the old key being forgotten")
        # Tokens that name keys nobody has do not make the server ask each time.
        asked = len(seen)
        for _ in range(50):
            refusal(server, sign_old("ada"))
        assert len(seen) - asked <= 10
        server.wait_for_log("keys-fetched")
        # The command line asks the issuer too.
        assert 'accepted as user "ada"' in sockeye(
            server, "token", "inspect", "-", input=sign_new("ada"), config=tmp_path / "sockeye.toml")
    # The issuer is gone, its keys stay.
    server.wait_for_log("keys-not-fetched")
    assert refusal(server, sign_new("ada")) == (101, None)


def test_key_files_are_read_again_on_sighup(start, tmp_path):
    import signal

    secret = tmp_path / "secret"
    secret.write_text("one secret of more than thirty-two bytes\n")
    config = configured(tmp_path, '[[key]]\nsecret_file = "secret"\nid = "k"\n')
    server = start("--config", config)
    first = sockeye(server, "token", "mint", "--user", "ada", config=config)
    assert refusal(server, first) == (101, None)
    secret.write_text("another secret of more than thirty-two bytes\n")
    second = sockeye(server, "token", "mint", "--user", "ada", config=config)
    assert refusal(server, second) == (403, "TOKEN-SIGNATURE")
    server.signal(signal.SIGHUP)
    until(lambda: refusal(server, second)[0] == 101, what="the new secret being in force")
    assert refusal(server, first) == (403, "TOKEN-SIGNATURE")
    # What cannot be read changes nothing.
    secret.write_text("\n")
    server.signal(signal.SIGHUP)
    server.wait_for_log("reload-failed.*holds no usable key")
    assert refusal(server, second) == (101, None)
    assert "secret of more" not in server.log


def test_other_keys_by_sighup(start, tmp_path):
    """The entries themselves change: from the server's own key to an issuer's, and back."""
    import signal

    entry, sign = issuer("one")
    with serving(lambda _: (200, json.dumps({"keys": [entry]}))) as (url, _):
        config = configured(tmp_path, "")
        server = start("--config", config)
        own = server.token("ada")
        assert refusal(server, own) == (101, None)
        assert refusal(server, sign("ada"))[0] == 403
        config.write_text(f'[[key]]\njwks_url = "{url}"\n')
        server.signal(signal.SIGHUP)
        until(lambda: refusal(server, sign("ada"))[0] == 101, what="the issuer's key being in force")
        assert refusal(server, own) == (403, "TOKEN-ALGORITHM")
        config.write_text("")
        server.signal(signal.SIGHUP)
        until(lambda: refusal(server, own)[0] == 101, what="the own key being in force again")
        assert refusal(server, sign("ada"))[0] == 403


def test_a_backend_decides(start, tmp_path):
    def answer(request):
        token = request.headers["Authorization"].removeprefix("Bearer ")
        if token == "s3cr3t-good":
            return 200, json.dumps({"user_id": "ada", "role": "editor"})
        return (500, "") if token == "s3cr3t-broken" else (401, "{}")

    with serving(answer) as (url, seen):
        config = configured(tmp_path, f'[token]\ncheck_url = "{url}"\n[[right]]\ntopic = "{{claim.role}}:*"\nallow = ["subscribe"]\n')
        server = start("--config", config, environment={"SOCKEYE_LOG_LEVEL": "debug"})
        with Talk(server.url()) as talk:
            assert talk.say(type="auth", token="s3cr3t-good").hear()["user"] == "ada"
            assert talk.say(type="subscribe", topic="editor:x").hear()["type"] == "subscribed"
            assert talk.say(type="subscribe", topic="other:x").hear()["code"] == "topic_forbidden"
        assert refusal(server, "s3cr3t-good") == (101, None)
        assert len(seen) == 1
        assert refusal(server, "s3cr3t-bad") == (403, "TOKEN-REFUSED")
        assert refusal(server, "s3cr3t-broken") == (503, "TOKEN-UNCHECKED")
        server.wait_for_log("token-check-failed")
        assert "s3cr3t" not in server.log
        # Withdrawn here, though the backend knows nothing of it.
        with Talk(server.url("/ws?token=s3cr3t-good")) as talk:
            sockeye(server, "token", "revoke", "-", input="s3cr3t-good")
            assert ended(talk) == ("TOKEN-REVOKED", 3504)
        assert refusal(server, "s3cr3t-good") == (403, "TOKEN-REVOKED")


def log_in(server, username, password, *headers):
    body = urllib.parse.urlencode({"username": username, "password": password})
    fields = ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}", *headers]
    return get(server.port, "/api/v1/auth/token", "POST", fields, body)


def test_the_login_of_a_form(start, tmp_path):
    config = configured(tmp_path, """
        allowed_origins = ["http://localhost:5173"]
        [login]
        path = "/api/v1/auth/token"
        attempts = 5
        """)
    server = start("--config", config)
    sockeye(server, "user", "add", "admin", "--password-stdin", input="correct horse\n")
    answer = log_in(server, "admin", "correct horse", "Origin: http://localhost:5173")
    assert answer.status == 200 and answer["Access-Control-Allow-Origin"] == "http://localhost:5173"
    token = answer.json["access_token"]
    assert answer.json["token_type"] == "bearer" and answer.json["expires_in"] == 86400
    with Talk(server.url(f"/ws?token={token}")) as talk:
        assert talk.say(type="subscribe", topic="user:admin").hear()["type"] == "subscribed"
        # Another password ends what the old one opened.
        sockeye(server, "user", "passwd", "admin", "--password-stdin", input="battery staple")
        assert ended(talk) == ("TOKEN-REVOKED", 3504)
    assert log_in(server, "admin", "correct horse").status == 401
    fresh = log_in(server, "admin", "battery staple")
    assert fresh.status == 200
    assert refusal(server, fresh.json["access_token"]) == (101, None)
    for _ in range(20):
        answer = log_in(server, "admin", "guess")
        if answer.status == 429:
            break
    assert answer.status == 429 and int(answer["Retry-After"]) > 0
    for secret in ("correct horse", "battery staple", token, fresh.json["access_token"]):
        assert secret not in server.log


def test_wrong_passwords_and_unknown_users_take_the_same_time(start, tmp_path):
    config = configured(tmp_path, '[login]\npath = "/api/v1/auth/token"\nattempts = 1000\n')
    server = start("--config", config)
    sockeye(server, "user", "add", "admin", "--password-stdin", input="x" * 20)

    def fastest(name):
        times = []
        for _ in range(5):
            began = time.monotonic()
            assert log_in(server, name, "wrong").status == 401
            times.append(time.monotonic() - began)
        return min(times)

    known, unknown = fastest("admin"), fastest("nobody")
    assert 0.5 < known / unknown < 2, (known, unknown)


def test_messages_go_on_while_passwords_are_tried(start, tmp_path):
    config = configured(tmp_path, '[login]\npath = "/api/v1/auth/token"\nattempts = 1000\n')
    server = start("--config", config, "--loops", "1")
    threads = [threading.Thread(target=log_in, args=(server, f"u{n}", "x")) for n in range(8)]
    for thread in threads:
        thread.start()
    with Talk(server.url()) as talk:
        for _ in range(20):
            began = time.monotonic()
            assert talk.say(type="ping").hear()["type"] == "pong"
            assert time.monotonic() - began < 1
    for thread in threads:
        thread.join()


def test_nothing_secret_is_seen_from_outside(start, tmp_path):
    """Commands that handle secrets, watched in /proc while they run; the store holds hashes alone."""
    config = configured(tmp_path, "[token]\nopaque = true\n")
    server = start("--config", config, environment={"SOCKEYE_LOG_LEVEL": "debug"})
    opaque = sockeye(server, "token", "mint", "--opaque", "--user", "ada", config=config)
    key = sockeye(server, "key", "create", "--name", "backend")
    sockeye(server, "user", "add", "ada", "--password-stdin", input="p4ssw0rd-in-clear")
    assert refusal(server, opaque) == (101, None)
    until(lambda: get(server.port, "/api/v1/stats", headers=[f"X-API-Key: {key}"]).status == 200, what="the key being known")
    kept = b"".join(path.read_bytes() for path in server.state.iterdir() if path.is_file())
    for secret in (opaque, key, "p4ssw0rd-in-clear"):
        assert secret not in server.log
        assert secret.encode() not in kept
        for name in ("cmdline", "environ"):
            with open(f"/proc/{server.pid}/{name}", "rb") as file:
                assert secret.encode() not in file.read()
    # On the command line a token is refused, for everybody could read it there.
    done = subprocess.run([harness.BINARY, "token", "inspect", opaque], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2 and "can be read by every user" in done.stderr and opaque not in done.stderr


def test_a_token_in_a_cookie(start, tmp_path):
    config = configured(tmp_path, '[[endpoint]]\npath = "/ws"\nauthentication = ["cookie"]\ncookie_name = "sid"\n')
    server = start("--config", config)
    token = server.token("ada")
    with Raw(server.port) as raw:
        assert raw.send(handshake("/ws", Cookie=f"a=b; sid={token}")).response(head_only=True).status == 101
    with Raw(server.port) as raw:
        answer = raw.send(handshake("/ws", Cookie=f"a=b; sid={token}", Origin="https://evil.example")).response()
        assert answer.status == 403 and answer.json["code"] == "ORIGIN-REFUSED"
    with Raw(server.port) as raw:
        answer = raw.send(handshake("/ws")).response()
        assert answer.status == 401 and "in the cookie sid" in answer.json["remedy"]
    assert token not in server.log

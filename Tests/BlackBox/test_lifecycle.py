"""Start and end of the process, and what its flags promise."""
import json
import re
import select
import shutil
import signal
import subprocess
import time

import pytest
from websockets.exceptions import ConnectionClosed

import harness
from harness import BINARY, HOST, free_port, get, until
from protocol import Talk, signed_in


def run(*args, timeout=20, **environment):
    return subprocess.run([BINARY, *map(str, args)], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL,
                          env=harness.clean_environment(**environment))


def test_one_line_says_where_it_listens(start):
    server = start()
    lines = [line for line in server.log.splitlines() if str(server.port) in line]
    assert len(lines) == 1
    assert f"{HOST}:{server.port}" in lines[0]
    harness.wait_for_port(server.port)


def test_standard_output_stays_empty(tmp_path):
    port = free_port()
    process = subprocess.Popen([BINARY, "serve", "--listen", f"{HOST}:{port}", "--state", tmp_path], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=harness.clean_environment())
    harness.wait_for_port(port, process)
    process.terminate()
    out, _ = process.communicate(timeout=15)
    assert process.returncode == 0 and out == b""


def test_two_servers_on_one_state_are_refused(start):
    server = start()
    second = run("serve", "--listen", f"{HOST}:{free_port()}", "--state", server.state)
    assert second.returncode != 0
    assert "STATE-IN-USE" in second.stderr and str(server.pid) in second.stderr and "hint: " in second.stderr
    # Commands that only use the store work beside the server.
    for arguments in [("key", "create", "--name", "beside"), ("token", "mint", "--user", "ada"), ("user", "list")]:
        assert run(*arguments, "--state", server.state).returncode == 0, arguments
    assert get(server.port, "/health").status == 200
    # The hold ends with the process, however it ends.
    server.signal(signal.SIGKILL)
    server.process.wait(10)
    third = harness.Sockeye(BINARY, server.state)
    assert third.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_says_goodbye_and_ends_with_zero(start, number):
    server = start("--loops", "2", "--echo", "/echo")
    talks = [signed_in(server, f"u{index}") for index in range(20)]
    idle = harness.Raw(server.port)
    server.signal(number)
    for talk in talks:
        with pytest.raises(ConnectionClosed) as ended:
            while True:
                talk.hear(10)
        assert ended.value.rcvd.code in (1001, 1012)
    assert server.process.wait(10) == 0
    assert idle.is_closed_by_peer()


def test_a_client_that_ignores_the_goodbye_does_not_hold_it_up(start):
    server = start(environment={"SOCKEYE_TIMEOUTS_SHUTDOWN": "1s"})
    with harness.opened(server.port):
        server.signal(signal.SIGTERM)
        assert server.process.wait(5) == 0


def test_the_port_is_free_again_at_once(start, tmp_path):
    first = start()
    with harness.opened(first.port):
        first.stop()
    start(port=first.port)
    assert get(first.port, "/health").status == 200


def test_a_taken_port_is_said_in_words(start):
    server = start()
    second = run("serve", "--listen", server.listen, "--state", server.state.parent / "second")
    assert second.returncode != 0
    assert "sockeye: error:" in second.stderr and str(server.port) in second.stderr and "sockeye: hint:" in second.stderr


def test_port_zero_is_chosen_and_said(tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([BINARY, "serve", "--listen", f"{HOST}:0", "--state", tmp_path / "state"],
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=harness.clean_environment())
    try:
        found = until(lambda: re.search(r"127\.0\.0\.1:([1-9]\d*)", log.read_text()), 15, "the chosen port")
        assert get(int(found[1]), "/health").status == 200
    finally:
        harness.stop(process)


def test_a_configuration_file_is_used(start, tmp_path):
    file = tmp_path / "sockeye.toml"
    file.write_text('[[endpoint]]\npath = "/live/{room}"\nauthentication = ["query"]\nquery_name = "t"\n')
    server = start("--config", file)
    with Talk(server.url(f"/live/blue?t={server.token('ada')}")) as talk:
        assert talk.subscribe("user:ada")["topic"] == "user:ada"
    with harness.Raw(server.port) as raw:
        assert raw.send(harness.handshake("/ws")).response().status == 404


def test_a_mistake_in_the_file_is_shown_with_its_place(tmp_path):
    file = tmp_path / "sockeye.toml"
    file.write_text('loops = 2\nlopps = 3\n')
    done = run("serve", "--config", file, "--state", tmp_path / "state")
    assert done.returncode == 2
    assert "sockeye.toml:2" in done.stderr and "loops" in done.stderr and "sockeye: hint:" in done.stderr


def test_an_unknown_flag_names_the_nearest(tmp_path):
    done = run("serve", "--lissten", "127.0.0.1:1")
    assert done.returncode == 2
    assert "--listen" in done.stderr


def test_version_and_help():
    assert run("version").stdout.startswith("sockeye ")
    assert json.loads(run("version", "--json").stdout)["version"]
    text = run("--help").stdout
    for command in ("serve", "connect", "bench", "token", "version"):
        assert command in text
        assert "Example" in run(command, "--help").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_valid(shell, tmp_path):
    done = run("completions", shell)
    assert done.returncode == 0 and "sockeye" in done.stdout
    if shutil.which(shell):
        file = tmp_path / "completions"
        file.write_text(done.stdout)
        assert subprocess.run([shell, "-n", file]).returncode == 0


@pytest.mark.parametrize("command", [["token", "mint", "--user", "ada"], ["version"], ["config", "reference"]])
def test_a_full_disk_is_no_success(command, tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run([BINARY, *command], stdout=full, stderr=subprocess.PIPE, text=True, timeout=20,
                              env=harness.clean_environment(SOCKEYE_STATE=str(tmp_path)))
    assert done.returncode == 3 and "sockeye: error: cannot write to standard output: No space left" in done.stderr


def test_a_reader_that_goes_away_is_no_error():
    process = subprocess.Popen([BINARY, "config", "reference"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.wait(10) == 0 and process.stderr.read() == b""


def test_mint_wants_a_user_and_says_so(tmp_path):
    done = run("token", "mint", "--state", tmp_path)
    assert done.returncode == 2 and "--user" in done.stderr


def test_token_inspect_explains(server):
    done = subprocess.run([BINARY, "token", "inspect", "-", "--state", server.state], input=server.token("ada"), capture_output=True,
                          text=True, timeout=10)
    assert done.returncode == 0 and "ada" in done.stdout


# ---- sockeye connect ----

def test_connect_in_a_pipe_talks_line_by_line(server):
    done = subprocess.run([BINARY, "connect", server.url("/echo")], input="hello\nwörld\n", capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    assert "hello" in done.stdout and "wörld" in done.stdout


def test_connect_closes_in_order_after_a_long_silence(server):
    """Longer than the time a close may take: that time counts from the close, not from when something last happened."""
    process = subprocess.Popen([BINARY, "connect", server.url("/echo"), "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    time.sleep(6)
    out, _ = process.communicate(timeout=10)
    assert process.returncode == 0 and json.loads(out.splitlines()[-1])["clean"]


def test_connect_shows_why_a_handshake_was_refused(server):
    done = run("connect", server.url("/nowhere"))
    assert done.returncode != 0
    assert "404" in done.stdout + done.stderr


def test_connect_subscribes_with_a_token(server):
    process = subprocess.Popen([BINARY, "connect", server.url("/ws"), "--token", server.token("ada"), "--subscribe", "cli", "--json"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        with signed_in(server, "bob") as bob:
            for _ in range(100):
                bob.say(type="publish", topic="cli", data="from bob")
                if bob.is_silent(0) and process.poll() is None:
                    if select.select([process.stdout], [], [], 0.1)[0] and "from bob" in process.stdout.readline():
                        break
            else:
                pytest.fail("nothing was delivered to sockeye connect")
    finally:
        process.stdin.close()
        harness.stop(process)


# ---- sockeye bench ----

def bench(server, path, *args):
    done = run("bench", server.url(path), "--json", "--duration", "300ms", "--warmup", "100ms", "--hold", "100ms", *args)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


@pytest.mark.parametrize("mode, path, args, more", [
    ("echo", "/echo", ["--in-flight", 4], {"messages", "size_bytes", "server_cpu_us_per_message"}),
    ("echo", "/echo", ["--rate", 500, "--binary"], {"messages", "rate"}),
    ("fanout", "/ws", [], {"publications", "messages"}),
    ("fanout", "/ws", ["--loops", 2, "--token-in", "message"], {"publications"}),
    ("idle", "/ws", ["--topic", "bench", "--touch"], {"connect_seconds", "pss_bytes_per_connection", "touched_pss_bytes_per_connection"}),
    ("churn", "/ws", [], {"cycles", "server_cpu_us_per_cycle"}),
])
def test_bench_measures(server, mode, path, args, more):
    if path == "/ws":
        file = server.state.parent / "bench.token"
        file.write_text(server.token("bench"))
        args = [*args, "--token", f"@{file}"]
    status, report, said = bench(server, path, "--mode", mode, "--connections", 8, "--pid", server.pid, *args)
    assert status == 0, said
    assert report["mode"] == mode and report["connections"] == 8 and more <= report.keys()
    assert report["errors"] == report["failed_connections"] == report["lost"] == 0
    assert mode == "idle" or report["latency_us"]["p50"] <= report["latency_us"]["p99"] <= report["latency_us"]["max"]


def test_bench_tells_what_was_wrong_by_its_status(server):
    status, _, said = bench(server, "/nowhere")
    assert status == 3 and "only 0 of 50 connections are ready" in said and "404" in said
    status, _, said = bench(server, "/ws", "--mode", "fanout", "--topic", "user:somebody", "--token", server.token("eve"))
    assert status == 3 and "the subscription was refused" in said
    status, report, said = bench(server, "/ws", "--connections", 4, "--token", server.token("ada"))
    assert status == 1 and report["errors"] > 0, "an endpoint that does not echo"

"""What NginxSyntax refuses against what `nginx -t` refuses, over generated configurations and slips in them."""
import os
import random
import re
import shutil
import subprocess

import pytest

import generate
import reader

COUNT = int(os.environ.get("SOCKEYE_NGINX_CASES", "400"))
SEED = int(os.environ.get("SOCKEYE_SEED", random.SystemRandom().randrange(10**9)))
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"

# What nginx refuses and we do not, each for a reason.
KNOWN = {
    "host not found": "looks a name up: the doctor does, this room asks nobody",
    "no port in upstream": "is said of names that the lookup may yet explain",
    "pcre2_compile": "compiles the pattern",
    "pcre_compile": "compiles the pattern",
    "proxy_redirect\" directive is duplicate": "depends on the order of `off` and others",
    "invalid parameter": "parameters of directives that people seldom write",
    "invalid value": "the same",
    "could not build": "hash sizes",
    "conflicting parameter": "keys of hashes",
    "value must be": "bounds of numbers",
}


@pytest.fixture(scope="module")
def ours():
    process = reader.Reader()
    yield process
    process.close()


def judge(ours, folder, text):
    """(what nginx says or None, our problems)"""
    path = folder / "nginx.conf"
    path.write_bytes(text.encode())
    run = subprocess.run([NGINX, "-t", "-p", folder, "-c", path], capture_output=True, text=True, errors="replace")
    complaints = [line for line in run.stderr.splitlines() if "[emerg]" in line]
    assert (run.returncode == 0) == (not complaints), run.stderr
    return (complaints[0] if complaints else None), ours.read(path)["problems"]


@pytest.mark.skipif(not os.access(NGINX, os.X_OK), reason="nginx is not installed")
def test_valid_configurations_are_accepted_by_both(ours, tmp_path):
    print("seed", SEED)
    for seed in range(SEED, SEED + COUNT):
        theirs, problems = judge(ours, tmp_path, generate.Maker(seed).configuration())
        assert theirs is None, f"seed {seed}: the generator made what nginx refuses: {theirs}"
        assert not problems, f"seed {seed}: {problems}"


@pytest.mark.skipif(not os.access(NGINX, os.X_OK), reason="nginx is not installed")
def test_slips_are_refused_by_both_on_the_same_directive(ours, tmp_path):
    print("seed", SEED)
    missed = lines = same = 0
    unnamed = []
    for seed in range(SEED, SEED + COUNT):
        maker = generate.Maker(seed)
        theirs, problems = judge(ours, tmp_path, maker.mutated(maker.configuration()))
        if theirs is None:
            assert not problems, f"seed {seed}: nginx accepts it, we do not: {problems}"
            continue
        if not problems:
            if not any(words in theirs for words in KNOWN):
                unnamed.append(f"seed {seed}: {theirs}")
            missed += 1
            continue
        at = re.search(r":(\d+)$", theirs)
        if at:
            # nginx tells the line of the `;`, `{` or `}` at which it noticed, we tell where the directive begins.
            lines += 1
            same += 0 <= int(at[1]) - problems[0][2] <= 3
    # A new seed may hit upon a message nobody saw before; a second one of three hundred is a gap.
    assert len(unnamed) <= 1 + COUNT // 300, unnamed
    assert missed <= COUNT // 25, f"{missed} of {COUNT} faults were seen by nginx alone"
    assert same >= lines * 9 // 10, f"the line agrees in {same} of {lines} only"

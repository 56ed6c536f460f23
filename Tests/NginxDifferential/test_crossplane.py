"""Names, arguments and lines against crossplane, the reader of nginx's own people."""
import json
import os
import random
from pathlib import Path

import crossplane
import pytest

import generate
import reader

COUNT = int(os.environ.get("SOCKEYE_NGINX_CASES", "1000"))
SEED = int(os.environ.get("SOCKEYE_SEED", random.SystemRandom().randrange(10**9)))
# A folder of folders with configurations that are compared as well, if there is one.
CORPUS = os.environ.get("SOCKEYE_NGINX_CORPUS")


@pytest.fixture(scope="module")
def ours():
    process = reader.Reader()
    yield process
    process.close()


def unescaped(text):
    """A word as nginx has it: crossplane leaves `\\t`, `\\r` and `\\n` as they are written, and takes a backslash off before the
    quote of a quoted word alone."""
    value, at = [], 0
    known = {'"': '"', "'": "'", "\\": "\\", "t": "\t", "r": "\r", "n": "\n"}
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text) and text[at + 1] in known:
            value.append(known[text[at + 1]])
            at += 2
        else:
            value.append(text[at])
            at += 1
    return "".join(value)


def flattened(statements, depth=0):
    for statement in statements:
        words = [unescaped(word) for word in statement["args"]]
        if statement["directive"] == "#":
            # A comment between a name and its brace is handed over in spite of comments=False.
            continue
        yield [depth, unescaped(statement["directive"]), words, statement["line"]]
        yield from flattened(statement.get("block") or [], depth + 1)


def theirs(path):
    payload = crossplane.parse(str(path), single=True, strict=False, check_ctx=False, check_args=False, comments=False)
    assert payload["status"] == "ok", payload["errors"]
    return list(flattened(payload["config"][0]["parsed"]))


def without_parentheses(entry):
    depth, name, words, line = entry
    if name == "if" and words:
        words = list(words)
        words[0] = words[0].removeprefix("(")
        words[-1] = words[-1].removesuffix(")")
        words = [word for word in words if word != ""]
    return [depth, name, words, line]


def compare(ours, path, label):
    mine = [without_parentheses(entry[:4]) for entry in ours.read(path)["directives"]
            if Path(entry[4]) == Path(path)]
    others = [without_parentheses(entry) for entry in theirs(path)]
    assert mine == others, label


def test_generated(ours, tmp_path):
    print("seed", SEED)
    path = tmp_path / "nginx.conf"
    for seed in range(SEED, SEED + COUNT):
        path.write_text(generate.Maker(seed).configuration(), newline="")
        compare(ours, path, f"seed {seed}")


@pytest.mark.skipif(not CORPUS, reason="SOCKEYE_NGINX_CORPUS names no folder")
def test_corpus(ours):
    paths = [path for path in sorted(Path(CORPUS).glob("**/*.conf")) if "{" in path.read_text(errors="replace")]
    assert paths
    for path in paths:
        compare(ours, path, path)

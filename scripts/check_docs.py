#!/usr/bin/env python3
"""Checks the Markdown files: every relative link leads to a file (and to a heading that exists), every fenced block is
closed, every `make TARGET` named in them exists. Prints one line per finding."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)[^)]*\)")
FENCE = re.compile(r"^\s*(```+|~~~+)(.*)$")


def anchor(heading):
    """The id GitHub gives a heading."""
    # An underscore inside a word is no emphasis.
    text = re.sub(r"[`*]|(?<!\w)_|_(?!\w)|\[([^\]]*)\]\([^)]*\)", lambda m: m.group(1) or "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def split(text):
    """The prose lines, as (number, line), with findings about the fences between them."""
    prose, findings, fence, opened = [], [], None, 0
    for number, line in enumerate(text.splitlines(), 1):
        mark = FENCE.match(line)
        if mark and fence is None:
            fence, opened = mark.group(1), number
        elif mark and mark.group(1).startswith(fence) and not mark.group(2).strip():
            fence = None
        elif fence is None:
            prose.append((number, line))
    if fence is not None:
        findings.append((opened, "fenced block is never closed"))
    return prose, findings


def main():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = [ROOT / name for name in listed.split() if (ROOT / name).exists()]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    anchors, pages, findings = {}, {}, []
    for path in files:
        prose, problems = split(path.read_text(encoding="utf-8"))
        pages[path] = prose
        anchors[path.resolve()] = {anchor(line.lstrip("#")) for _, line in prose if line.startswith("#")}
        findings += [(path, number, what) for number, what in problems]
    for path, prose in pages.items():
        for number, line in prose:
            for link in LINK.findall(line):
                if re.match(r"[a-z][a-z0-9+.-]*:", link):
                    continue
                name, _, fragment = link.partition("#")
                target = (path.parent / name).resolve() if name else path.resolve()
                if not target.exists():
                    findings.append((path, number, f"link to a file that does not exist: {link}"))
                elif fragment and target in anchors and fragment not in anchors[target]:
                    findings.append((path, number, f"link to a heading that does not exist: {link}"))
            for target in re.findall(r"`make ([a-z-]+)", line):
                if target not in targets:
                    findings.append((path, number, f"there is no `make {target}`"))
    for path, number, what in findings:
        print(f"{path.relative_to(ROOT)}:{number}: {what}")
    print(f"{len(files)} pages, {len(findings)} findings")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()

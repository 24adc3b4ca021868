#!/usr/bin/env python3
"""Writes crates/cli/THIRD-PARTY.txt: the licences of what the programs contain, and whose copyright it is.

    tests/notices.py            writes the file
    tests/notices.py --check    fails where it differs from what would be written
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE = ROOT / "crates/cli/THIRD-PARTY.txt"
HEAD = """Third-party notices

The programs hrm and hrm-app, the Python package and the module for browsers contain the works below. Each is under the licence whose text follows its
group; of several to choose from, one was chosen.
"""


def contained():
    """The packages that a program is linked with, on any system, by name and version."""
    command = ["cargo", "metadata", "--locked", "--all-features", "--format-version", "1"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    metadata = json.loads(found.stdout)
    packages = {package["id"]: package for package in metadata["packages"]}
    own = set(metadata["workspace_members"])
    # Procedural macros run in the compiler alone.
    macro = lambda package: any("proc-macro" in target["kind"] for target in package["targets"])
    edges = {}
    for node in metadata["resolve"]["nodes"]:
        linked = [dep["pkg"] for dep in node["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])]
        edges[node["id"]] = [dep for dep in linked if not macro(packages[dep])]
    seen, todo = set(), list(own)
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo += edges[at]
    return sorted((packages[id] for id in seen - own), key=lambda package: (package["name"], package["version"]))


def files(package):
    """The files with the licence of a package: where there is a choice, the shortest."""
    folder = pathlib.Path(package["manifest_path"]).parent
    names = re.compile(r"^(licen[cs]e|copying|unlicense|ofl|ufl|notice)", re.I)
    found = [path for path in sorted(folder.iterdir()) if path.is_file() and names.match(path.name)]
    found += [path for path in sorted(folder.glob("fonts/*")) if re.search(r"(licen[cs]e|ofl|ufl)", path.name, re.I)]
    texts = [path.read_text(errors="replace").strip() for path in found]
    texts = [text for text in texts if len(text) > 200 or "copyright" in text.lower()]
    choice = re.search(r" OR |/", package["license"] or "")
    return sorted(texts, key=len)[:1] if choice else texts


def parted(text):
    """A text without the lines that name a holder, and these lines."""
    holder = re.compile(r"^\W*(copyright\s+(\(c\)|©|\d)|(\(c\)|©)\s*\d)", re.I)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    holders = [line for line in lines if holder.match(line)]
    return "\n".join(line for line in lines if not holder.match(line)).strip(), holders


def notices():
    groups = {}
    for package in contained():
        title = f"{package['name']} {package['version']} ({package['license']})"
        texts = files(package)
        if not texts:
            body = "These have no file with their licence, which is named beside each: its text is that above."
            groups.setdefault(body, (body, []))[1].append((title, package["authors"]))
        for text in texts:
            body, holders = parted(text)
            # Texts that differ in spaces and signs alone are one.
            key = re.sub(r"\W+", " ", body.lower())
            groups.setdefault(key, (body, []))[1].append((title, holders))
    out = [HEAD]
    for body, packages in sorted(groups.values(), key=lambda group: group[1][0]):
        out.append("=" * 100)
        for title, holders in packages:
            out.append(title)
            out += [f"    {holder}" for holder in holders]
        out += ["", re.sub(r"\n{3,}", "\n\n", body), ""]
    return "\n".join(out)


def main():
    text = notices()
    if sys.argv[1:] != ["--check"]:
        FILE.write_text(text)
    elif not FILE.exists() or FILE.read_text() != text:
        sys.exit("crates/cli/THIRD-PARTY.txt is not what tests/notices.py writes: run it")


main()

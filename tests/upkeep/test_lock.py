"""The lock file holds what the requirements allow, names no host, and an audit that could look at nothing says so."""

from __future__ import annotations

import json
import re
from pathlib import Path

from packaging.requirements import Requirement

from genai_demo.upkeep.audit import verdict

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.M)


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_each_requirement_is_locked_to_a_version_that_it_allows() -> None:
    locked = {plain(name): version for name, version in PINNED.findall(LOCK.read_text())}
    for file in ("requirements.txt", "requirements-faces.txt"):
        for line in (ROOT / file).read_text().splitlines():
            if text := line.partition("#")[0].strip():
                one = Requirement(text)
                assert one.specifier.contains(locked[plain(one.name)], prereleases=True), f"{one}; run `make lock`"


def test_it_names_no_host_and_hashes_everything() -> None:
    text = LOCK.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-(i|f)\b|^\s*--(index-url|extra-index-url|find-links|trusted-host)", text, re.M)
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert [block.splitlines()[0] for block in blocks if PINNED.match(block) and "--hash=sha256:" not in block] == []


def test_what_an_audit_says() -> None:
    def said(*dependencies: dict[str, object]) -> tuple[str, int]:
        return verdict(json.dumps({"dependencies": dependencies}))

    good = {"name": "a", "version": "1", "vulns": []}
    bad = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1"}]}
    unknown = {"name": "c", "skip_reason": "not found"}
    assert said(good, unknown) == ("no known vulnerability in 1 packages; 1 were not found", 0)
    assert said(good, bad) == ("1 of 2 packages have known vulnerabilities; update b 2 (PYSEC-1)", 1)
    for nothing in (said(unknown), verdict(""), verdict("[]"), verdict("Traceback")):
        assert nothing[1] == 0
        assert nothing[0].endswith("nothing was checked")

"""What pip-audit found, in a sentence: `pip-audit --format json | python -m genai_demo.upkeep.audit` (make audit).

Without a way to the database of vulnerabilities pip-audit ends well and has looked at nothing; that is said here.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def verdict(text: str) -> tuple[str, int]:
    """(a sentence, the exit status): 0 for nothing known or nothing looked at, 1 for what has to be updated."""
    try:
        found: list[dict[str, Any]] = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return "pip-audit gave no answer: it could not reach the database of vulnerabilities; nothing was checked", 0
    checked = [one for one in found if "vulns" in one]
    bad = [one for one in checked if one["vulns"]]
    if bad:
        names = [f"{one['name']} {one['version']} ({', '.join(each['id'] for each in one['vulns'])})" for one in bad]
        return f"{len(bad)} of {len(checked)} packages have known vulnerabilities; update {', '.join(names)}", 1
    if not checked:
        return f"the database of vulnerabilities knew none of the {len(found)} packages; nothing was checked", 0
    rest = len(found) - len(checked)
    return f"no known vulnerability in {len(checked)} packages" + (f"; {rest} were not found" if rest else ""), 0


if __name__ == "__main__":
    said, status = verdict(sys.stdin.read())
    print(said)
    sys.exit(status)

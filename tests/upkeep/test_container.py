"""The Dockerfile, which can't be built without a network, keeps to rules that a linter would ask for."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "Dockerfile").read_text()


def steps() -> list[tuple[str, str]]:
    """(instruction, arguments), lines that go on joined, comments left out."""
    lines = "\n".join(line for line in TEXT.splitlines() if not line.lstrip().startswith("#"))
    found = [line.strip().partition(" ") for line in lines.replace("\\\n", " ").splitlines() if line.strip()]
    return [(name, rest.strip()) for name, _, rest in found]


def of(name: str) -> list[str]:
    return [rest for each, rest in steps() if each == name]


def test_the_image_is_small_and_named() -> None:
    assert of("FROM") == ["python:3.11-slim"]
    assert steps()[0][0] == "FROM"
    assert {name for name, _ in steps()} <= {
        *("FROM", "RUN", "WORKDIR", "COPY", "USER", "ENV", "EXPOSE", "HEALTHCHECK", "CMD")
    }


def test_nothing_is_left_of_what_was_only_needed_to_install() -> None:
    for run in of("RUN"):
        if "apt-get install" in run:
            assert "--no-install-recommends" in run
            assert "rm -rf /var/lib/apt/lists/*" in run
            assert run.startswith("apt-get update &&")
        if "pip install" in run:
            assert "--no-cache-dir" in run
            assert "--require-hashes" in run
        assert "sudo" not in run
        assert not re.search(r"curl|wget|chmod 777", run)


def test_it_does_not_run_as_root_and_tells_its_health() -> None:
    names = [name for name, _ in steps()]
    assert of("USER") == ["atlas"]
    assert names.index("USER") < names.index("CMD")
    assert "RUN" not in names[names.index("USER") :]
    assert of("WORKDIR")[0].startswith("/")
    assert of("EXPOSE") == ["7860"]
    assert "/healthz" in of("HEALTHCHECK")[0]
    assert of("CMD") == ['["python", "app.py"]']
    assert "PORT=7860" in of("ENV")[0]
    assert "HOST=0.0.0.0" in of("ENV")[0]


def test_what_is_copied_is_there_and_what_is_large_stays_out() -> None:
    for copied in of("COPY"):
        source = copied.split()[-2]
        assert (ROOT / source).exists()
    kept_out = (ROOT / ".dockerignore").read_text().split()
    assert {".git", ".venv", "node_modules", "tests"} <= set(kept_out)

"""What programs call stays as it is: names of endpoints and of their parameters, in order (endpoints.json)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

KEPT: dict[str, list[str]] = json.loads(Path(__file__).with_name("endpoints.json").read_text())


@pytest.fixture
def endpoints(app: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = app.demo.get_api_info()["named_endpoints"]
    return found


def test_every_endpoint_is_called_as_it_was(endpoints: dict[str, dict[str, Any]]) -> None:
    now = {name: [one["parameter_name"] for one in what["parameters"]] for name, what in endpoints.items()}
    assert {name: now.get(name) for name in KEPT} == KEPT


def test_every_parameter_may_be_left_out(endpoints: dict[str, dict[str, Any]]) -> None:
    asked = {
        f"{name}: {one['parameter_name']}"
        for name, what in endpoints.items()
        for one in what["parameters"]
        if not one["parameter_has_default"]
    }
    assert not asked

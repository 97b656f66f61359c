"""Every run is called by its name by a program; the frames that arrive are those that the recipe gives to whoever
iterates it. No run is named here: all are found.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from genai_demo.core.run import all_runs, complete
from tests.standins import same, small, stand_ins  # noqa: F401  the fixture replaces what would be fetched


@pytest.mark.parametrize("name", sorted(all_runs()))
def test_a_program_calls_it_by_name(name: str, client: Any) -> None:
    wanted = complete(small(name, seed=5))
    job = client.submit(seed=5, **wanted.options, api_name=f"/{name.replace('/', '_')}")
    job.result(timeout=300)
    film, _ = job.outputs()[-1]
    assert film["done"]
    recipe = json.loads(film["recipe"])
    assert recipe["options"] == dict(wanted.options)
    same(recipe, film["frames"])

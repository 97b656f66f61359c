"""Trainings that a visitor stops, or leaves in the middle by loading the page anew."""

from __future__ import annotations

import pytest

LONG = "steps=6000&every=20&samples=40"
TRAININGS = {
    "gan/points": LONG,
    "flow/points": f"{LONG}&width=8&layers=2&bins=4",
    "ebm/points": f"{LONG}&width=8&walk=2&batch_size=32",
    "ebm/chains": "steps=6000&every=20&train_steps=20&chains=20",
    "ebm/partition": "steps=6000&temperatures=400",
}


def under_way(page, bench):
    """Until some frames of a training have come, and not all."""
    page.wait_for_function(
        """bench => {
            const film = document.querySelector(`#${bench}-strip .film`);
            return film?.dataset.received > 3 && film.dataset.done !== 'true'
                && film.querySelector('.film-badge').textContent.trim() === 'Live';
        }""",
        arg=bench,
    )


@pytest.mark.browser
@pytest.mark.parametrize("run", TRAININGS)
def test_a_training_is_left_by_loading_anew_and_stopped_and_keeps_what_it_learnt(visit, run):
    bench = f"p-{run.replace('/', '-')}"
    page = visit(f"{run.split('/')[0]}?run={run}&{TRAININGS[run]}")
    under_way(page, bench)
    page.reload()
    under_way(page, bench)
    page.click(f"#{bench}-stop")
    film = page.locator(f"#{bench}-strip .film")
    page.wait_for_function(
        """bench => document.querySelector(`#${bench}-strip .film-note`).textContent.startsWith('Stopped at')""",
        arg=bench,
    )
    kept = int(film.get_attribute("data-received"))
    page.wait_for_timeout(1200)
    assert int(film.get_attribute("data-received")) == kept, "what was on its way is not shown any more"
    assert int(film.get_attribute("data-painted")) == int(film.get_attribute("data-received")) - 1
    assert 3 < kept < 300
    assert "steps=6000" in page.url, "the link still asks for the whole training"
    assert page.locator(f"#{bench}-run").is_enabled(), "and another one can be begun"

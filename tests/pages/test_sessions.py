"""What the server remembers of a visit."""

from __future__ import annotations

import gradio as gr
import httpx
import pytest

from pages.parts.sessions import Visit, Visits


@pytest.fixture
def visits(app) -> Visits:
    made = Visits()
    made.blocks, made.capacity = app.demo, 3
    return made


def test_the_server_keeps_visits(app, base_url):
    assert isinstance(app.demo.app.state_holder, Visits)
    called = f"{base_url}/gradio_api/call/vae_decode"
    event = httpx.post(called, json={"data": []}).json()["event_id"]
    assert "event:" in httpx.get(f"{called}/{event}", timeout=60).text
    assert all(isinstance(one, Visit) for one in app.demo.app.state_holder.session_data.values())


def test_a_visit_keeps_only_what_was_changed_for_it(app, visits):
    one, other = visits["one"], visits["other"]
    key, before = next((k, b) for k, b in app.demo.blocks.items() if isinstance(b, gr.Dropdown))
    changed = gr.Dropdown(["new"], render=False)
    one[key] = changed
    one._update_value_in_config(key, "a film of some megabytes")
    assert one[key] is changed
    assert other[key] is app.demo.blocks[key] is before
    assert one.blocks_config.blocks.maps[0] == {key: changed}
    assert not list(one.components)


def test_the_oldest_visit_is_forgotten(visits):
    for name in "abcd":
        assert visits[name]
    assert list(visits.session_data) == list(visits.time_last_used) == ["b", "c", "d"]

"""What a program sends wrongly is answered with a sentence of the app's, and leaves one line in the log."""

from __future__ import annotations

import logging
from typing import Any

import gradio as gr
import httpx
import pytest
from gradio_client.exceptions import AppError

from pages.parts.stream import kind
from tests.standins import stand_ins  # noqa: F401  the fixture replaces what would be fetched


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"steps": "manySECRET"}, "Steps is manySECRET; choose a whole number from 1 to 150"),
        ({"steps": [1, 2]}, "choose a whole number from 1 to 150"),
        ({"count": {"a": 1}}, "choose a whole number from 1 to 16"),
        ({"seed": "manySECRET"}, "choose a whole number from 0"),
        ({"shape": ["disc"]}, "choose one of square, disc, cross, ring"),
        ({"shape": "manySECRET"}, "choose one of square, disc, cross, ring"),
        ({"steps": True}, "choose a whole number from 1 to 150"),
    ],
    ids=str,
)
def test_a_wrong_type_is_answered_with_a_sentence(
    client: Any, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], given: Any, words: str
) -> None:
    with pytest.raises(AppError, match=words):
        client.predict(api_name="/dummy_squares", **given)
    lines = [one.getMessage() for one in caplog.records if one.name == "genai_demo.pages"]
    assert len(lines) == 1
    assert "SECRET" not in lines[0]
    assert "Traceback" not in "".join(capfd.readouterr())


def test_an_emptied_text_is_empty_and_not_the_example(client: Any) -> None:
    with pytest.raises(AppError, match="Text is empty; write a few words"):
        client.predict(api_name="/encoder_inside", text="")


def _private(app: Any) -> dict[int, Any]:
    """Number -> an event that only pages call, one for each handler; those that no queue holds, so asked directly."""
    found = {fn.name: fn for fn in app.demo.fns.values() if fn.fn and fn.inputs and not fn.queue}
    return {fn._id: fn for fn in found.values() if fn.api_visibility == "private"}


@pytest.mark.parametrize("many", [True, False], ids=["of the wrong kind", "too few"])
def test_events_of_the_pages_answer_wrong_inputs_with_a_sentence(
    app: Any, base_url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], many: bool
) -> None:
    asked = _private(app)
    assert {"chip", "_of", "_source"} <= {fn.name for fn in asked.values()}
    for number, fn in asked.items():
        caplog.clear()
        body = {"data": [{"SECRET": 1}] * len(fn.inputs) if many else [], "fn_index": number, "session_hash": "wrong"}
        answer = httpx.post(f"{base_url}/gradio_api/run/predict", json=body, timeout=60)
        lines = [one.getMessage() for one in caplog.records if one.name == "genai_demo.pages"]
        if many and answer.status_code == 200:  # it reads what it is sent by itself
            continue
        assert answer.status_code == 422, (fn.name, answer.text)
        assert "; send" in answer.json()["error"], (fn.name, answer.text)
        assert many or "reload the page" in answer.json()["error"]
        assert len(lines) == 1, (fn.name, lines)
        assert "SECRET" not in lines[0]
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest.mark.parametrize("door", ["run/predict", "queue/join"])
@pytest.mark.parametrize("said", [{}, {"fn_index": None}, {"fn_index": 10**30}, {"fn_index": -1}], ids=str)
def test_a_call_that_names_no_event_is_the_callers_mistake(
    base_url: str, capfd: pytest.CaptureFixture[str], said: Any, door: str
) -> None:
    body = {"data": [], "session_hash": "x", **said}
    answer = httpx.post(f"{base_url}/gradio_api/{door}", json=body, timeout=60)
    assert answer.status_code in (400, 422)
    assert answer.status_code == 400 or "names no event" in answer.json()["detail"]
    assert "Traceback" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "body", ['{"data": 1}', '{"data": [], "session_hash": {"a": "\\ud800"}}', "[", '"\\ud800"', '{"data": []']
)
def test_a_call_out_of_shape_is_answered_with_a_sentence(
    base_url: str, capfd: pytest.CaptureFixture[str], body: str
) -> None:
    """Also one with half a character, which no answer could repeat."""
    head = {"content-type": "application/json"}
    answer = httpx.post(f"{base_url}/gradio_api/call/vae_decode", content=body, headers=head, timeout=60)
    assert answer.status_code == 422
    assert "can't be read; send what" in answer.json()["detail"]
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_fault_has_a_name_that_the_log_and_the_visitor_share(caplog: pytest.LogCaptureFixture) -> None:
    @kind
    def broken() -> None:
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR), pytest.raises(gr.Error) as error:
        broken()
    (record,) = caplog.records
    assert record.exc_info
    name = record.getMessage().split()[1].rstrip(":")
    assert len(name) == 8
    assert f"fault {name}" in str(error.value)


def test_a_session_whose_name_is_no_text_spoils_nothing_for_those_who_come_after(
    client: Any, base_url: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    body = b'{"data": ["disc", 3, 1, 0], "session_hash": "\\ud800"}'
    call = f"{base_url}/gradio_api/call/dummy_squares"
    told = httpx.post(call, content=body, headers={"content-type": "application/json"}, timeout=60)
    if told.status_code == 200:
        httpx.get(f"{call}/{told.json()['event_id']}", timeout=60)
    assert client.predict(api_name="/dummy_squares", steps=2)
    assert not [one for one in caplog.records if one.exc_info]
    assert told.status_code < 500
    assert "Traceback" not in "".join(capfd.readouterr())

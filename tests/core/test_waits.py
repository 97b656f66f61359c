"""What a run waits for is told from its thread to another."""

from __future__ import annotations

from genai_demo.core import waits


def test_the_newest_wait_is_told_while_it_lasts() -> None:
    box = waits.Waits()
    token = waits.current.set(box)
    try:
        with waits.on(lambda: ("a", 0.5)):
            with waits.on(lambda: None):
                assert box.told() == ("a", 0.5), "who has nothing to say leaves it to the one before"
            with waits.on(lambda: ("b", None)):
                assert box.told() == ("b", None)
            assert box.told() == ("a", 0.5)
        assert box.told() is None
    finally:
        waits.current.reset(token)


def test_nobody_needs_to_listen() -> None:
    with waits.on(lambda: ("a", None)):
        assert waits.current.get() is None

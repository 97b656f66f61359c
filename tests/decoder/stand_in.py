"""What stands in for the decoder's models: the tiny language model that all tests share (tests/language)."""

from __future__ import annotations

from tests.language.stand_in import tiny

STAND_INS = {"decoder/smollm2-fast": tiny, "decoder/smollm2": tiny}

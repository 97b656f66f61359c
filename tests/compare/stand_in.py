"""Nothing stands in: the families train their own small networks. Races in tests are short."""

from __future__ import annotations

from typing import Any

STAND_INS: dict[str, Any] = {}
QUICK = {
    "compare/race": {"budget": 0.5, "moments": 2, "samples": 20, "data": "ring"},
    "compare/clothes": {"samples": 1},
    "compare/words": {"pieces": 2},
}

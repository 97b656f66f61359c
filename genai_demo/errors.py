"""The one exception whose message reaches the visitor."""

from __future__ import annotations


class DemoError(Exception):
    """Something the visitor can act on.

    The message is one sentence that names the value, the limit and the remedy, as in
    ``steps is 9000; choose a whole number from 1 to 1000``. Pages show it as it stands.
    """

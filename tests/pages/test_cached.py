"""A file whose name carries a hash is kept by the browser; a page is not."""

from __future__ import annotations

import re
import urllib.request


def test_hashed_files_are_kept_and_pages_are_not(base_url: str) -> None:
    with urllib.request.urlopen(f"{base_url}/") as page:
        text, kept = page.read().decode(), page.headers.get("cache-control", "")
    assert "immutable" not in kept
    files = sorted(set(re.findall(r"\./(assets/[^\"'?]+\.(?:js|css))", text)))
    assert files
    with urllib.request.urlopen(f"{base_url}/{files[0]}") as file:
        assert "immutable" in file.headers["cache-control"]

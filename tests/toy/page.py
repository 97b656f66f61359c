"""The toy's page."""

from pages.parts.bench import Bench
from pages.parts.lead import Try
from pages.parts.page import build_page

BENCHES = (Bench("Spin", "toy/spin", "A disc goes round."), Bench("Disc", "toy/disc", "The same again."))
TRIES = (Try("Four steps", "run=toy/spin&steps=4", "How far does it go in one?", "A quarter."),)


def build() -> None:
    """The page; it has no model."""
    build_page("toy", BENCHES, tries=TRIES)

"""Normalising flows on 2-D points: coupling layers (RealNVP, neural splines) and flow matching, trained live."""

from genai_demo.core.registry import Family, Laboratory
from genai_demo.core.run import Run
from genai_demo.flow import options

FAMILY = Family(
    "Flow",
    "Images",
    "Bend noise into data with layers that can all be undone, and know exactly how likely each point is.",
    starts=(
        ("Noise bends into two moons", "run=flow/points"),
        ("Through each layer, with the grid", "run=flow/layers&way=noise to data"),
        ("Where the inverse explodes", "run=flow/inverse&kind=affine&bound=0"),
    ),
    laboratory=Laboratory("flow/points"),
)
SPECS = ()


def _seconds(o: options.TrainedOptions) -> int:
    """Of the runs that train coupling layers."""
    return 20 + o.steps * o.layers // 100


RUNS: tuple[Run, ...] = (
    Run(
        "flow/points",
        "Train a flow on points, live; rewind, change something, branch",
        options.PointsOptions,
        "genai_demo.flow.points:points",
        seconds=_seconds,
        threads=1,
    ),
    Run(
        "flow/layers",
        "Through a trained flow, layer by layer, with the ledger of one point",
        options.LayersOptions,
        "genai_demo.flow.layers:layers",
        seconds=_seconds,
        threads=1,
    ),
    Run(
        "flow/inverse",
        "Undo the layers one by one, and see where the error grows",
        options.InverseOptions,
        "genai_demo.flow.inverse:inverse",
        seconds=_seconds,
        threads=1,
    ),
    Run(
        "flow/matching",
        "Flow matching: learn the velocity of straight ways, and follow it",
        options.MatchingOptions,
        "genai_demo.flow.matching:matching",
        seconds=lambda o: 20 + o.train_steps // 50,
        threads=1,
    ),
)

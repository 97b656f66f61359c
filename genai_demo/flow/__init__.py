"""Normalising flows: on 2-D points, trained live (couplings, flow matching); Glow and TarFlow on Fashion-MNIST."""

from genai_demo.core.registry import Family, Laboratory
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, ModelSpec
from genai_demo.flow import options, picture_options

FAMILY = Family(
    "Flow",
    "Images",
    "Bend noise into data with layers that can all be undone, and know exactly how likely each point is.",
    starts=(
        ("Noise bends into two moons", "run=flow/points"),
        ("Through each layer, with the grid", "run=flow/layers&way=noise to data"),
        ("Where the inverse explodes", "run=flow/inverse&kind=affine&bound=0"),
    ),
    laboratory=Laboratory("flow/points", "genai_demo.flow.learning:size", nats="held_out"),
)
TITLES = {"tarflow": "TarFlow, told the class", "glow": "Glow in two scales"}
SPECS = tuple(
    ModelSpec(
        f"flow/{name}",
        title,
        (Bundled(f"flow/{name}.safetensors"),),
        "genai_demo.flow.pictures:build",
        "Apache-2.0 (trained here on Fashion-MNIST, MIT)",
        "genai_demo.flow.pictures:example",
        threads=1,
    )
    for name, title in TITLES.items()
)
BOTH = ("flow/tarflow", "flow/glow")
QUICK = ("flow/glow", "flow/tarflow")


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
    Run(
        "flow/pictures",
        "Noise becomes pictures, one layer undone after the other",
        picture_options.PicturesOptions,
        "genai_demo.flow.made:made",
        BOTH,
        lambda o: 20,
    ),
    Run(
        "flow/likelihood",
        "How likely is a picture, exactly? Clothes, other things, flat greys, and the VAE's bound",
        picture_options.LikelihoodOptions,
        "genai_demo.flow.likelihood:likelihood",
        QUICK,
        lambda o: 30,
    ),
    Run(
        "flow/interpolate",
        "From one picture to another through the noise of a flow",
        picture_options.BetweenOptions,
        "genai_demo.flow.between:between",
        QUICK,
        lambda o: 20,
    ),
    Run(
        "flow/classify",
        "Sort a picture by asking which class makes it likeliest",
        picture_options.ClassifyOptions,
        "genai_demo.flow.classify:classify",
        ("flow/tarflow",),
        lambda o: 20,
    ),
)

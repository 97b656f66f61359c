"""Energy-based models: deep energies on points and pictures, Hopfield networks, Boltzmann machines and a stack."""

from genai_demo.core.registry import Family, Laboratory
from genai_demo.core.run import Run
from genai_demo.core.spec import Bundled, ModelSpec
from genai_demo.ebm import options

FAMILY = Family(
    "Energy",
    "Images",
    "Give every possible thing a height, low where data lies, and let chains roll and jitter down to new data.",
    starts=(
        ("A landscape sinks under two moons", "run=ebm/points"),
        ("Chains without noise get stuck", "run=ebm/chains&noise=0&data=ring"),
        ("Half a boot, completed", "run=ebm/complete"),
    ),
    laboratory=Laboratory("ebm/points", "genai_demo.ebm.learning:size", nats="held_out", passes=lambda o: 0),
)
LICENCE = "Apache-2.0 (trained here on Fashion-MNIST, MIT)"


def _spec(name: str, title: str, kind: str) -> ModelSpec:
    return ModelSpec(
        f"ebm/{name}",
        title,
        (Bundled(f"ebm/{name}.safetensors"),),
        f"genai_demo.ebm.bundle:{kind}",
        LICENCE,
        f"genai_demo.ebm.bundle:example_{kind}",
        threads=1,
    )


SPECS = (
    _spec("rbm-pcd", "RBM, persistent CD-1", "machine"),
    _spec("rbm-cd", "RBM, CD-1", "machine"),
    _spec("dbn", "Deep belief network, 784-256-128", "stack"),
    _spec("pictures", "Energy of pictures, by energy matching", "pictures"),
)
MACHINES = ("ebm/rbm-pcd", "ebm/rbm-cd")

RUNS: tuple[Run, ...] = (
    Run(
        "ebm/points",
        "Train an energy on points, live; rewind, change something, branch; an alarm stops what diverges",
        options.PointsOptions,
        "genai_demo.ebm.points:points",
        seconds=lambda o: 20 + o.steps * o.walk // 500,
        threads=1,
    ),
    Run(
        "ebm/chains",
        "Langevin chains on a trained energy: step, noise and temperature on the way",
        options.ChainsOptions,
        "genai_demo.ebm.chains:chains",
        seconds=lambda o: 30 + o.train_steps // 25 + o.steps // 50,
        threads=1,
    ),
    Run(
        "ebm/hopfield",
        "A spoilt picture recalled by a classic and a modern Hopfield network",
        options.HopfieldOptions,
        "genai_demo.ebm.hopfield:hopfield",
        seconds=lambda o: 15,
        threads=1,
    ),
    Run(
        "ebm/capacity",
        "How many pictures each Hopfield network can give back, counted",
        options.CapacityOptions,
        "genai_demo.ebm.hopfield:capacity",
        seconds=lambda o: 15 + o.stored * o.frames // 100,
        threads=1,
    ),
    Run(
        "ebm/partition",
        "A tiny Boltzmann machine whose partition function is summed exactly, beside its estimate",
        options.PartitionOptions,
        "genai_demo.ebm.partition:partition",
        seconds=lambda o: 20 + o.steps // 100,
        threads=1,
    ),
    Run(
        "ebm/rbm",
        "A Gibbs chain of a restricted Boltzmann machine, with its filters",
        options.RbmOptions,
        "genai_demo.ebm.gibbs:rbm",
        MACHINES,
        seconds=lambda o: 10 + o.steps * o.chains // 2000,
        threads=1,
    ),
    Run(
        "ebm/complete",
        "Paint over part of a picture: a chain completes it, the rest held",
        options.CompleteOptions,
        "genai_demo.ebm.gibbs:complete",
        MACHINES,
        seconds=lambda o: 10 + o.steps * o.chains // 2000,
        threads=1,
    ),
    Run(
        "ebm/drift",
        "Machines trained by CD and by persistent CD walk away from the data",
        options.DriftOptions,
        "genai_demo.ebm.gibbs:drift",
        seconds=lambda o: 10 + o.steps * o.chains // 1000,
        threads=1,
    ),
    Run(
        "ebm/pictures",
        "Chains run down the energy of pictures, from noise to clothes; how strange other pictures are to it",
        options.PicturesOptions,
        "genai_demo.ebm.pictures:walked",
        ("ebm/pictures",),
        seconds=lambda o: 10 + o.steps * o.chains // 100,
        threads=1,
    ),
    Run(
        "ebm/stack",
        "A deep belief network: chains in the upper machine, one pass down",
        options.StackOptions,
        "genai_demo.ebm.gibbs:stack",
        ("ebm/dbn",),
        seconds=lambda o: 10 + o.steps * o.chains // 2000,
        threads=1,
    ),
)

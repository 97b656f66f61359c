"""Energy-based models: deep energies on points, Hopfield networks, Boltzmann machines, an energy over pictures."""

from genai_demo.core.registry import Family, Laboratory
from genai_demo.core.run import Run
from genai_demo.ebm import options

FAMILY = Family(
    "Energy",
    "Images",
    "Give every possible thing a height, low where data lies, and let chains roll and jitter down to new data.",
    starts=(
        ("A landscape sinks under two moons", "run=ebm/points"),
        ("Chains without noise get stuck", "run=ebm/chains&noise=0&data=ring"),
        ("Half a boot, recalled", "run=ebm/hopfield"),
    ),
    laboratory=Laboratory("ebm/points"),
)
SPECS = ()

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
)

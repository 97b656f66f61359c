"""What a machine that goes offline needs besides what is bundled: fetched, and read once, so that damage shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genai_demo.core.load import load_info, needed
from genai_demo.core.registry import families
from genai_demo.core.spec import Hub, ModelSpec, Package, all_specs, find_spec, resolve
from genai_demo.core.weights import locate


def prefetch(keys: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
    """(what it is for, where it lies or comes from), one after the other, each once it is here.

    keys: of models; without any, all that come as Python packages, and the data that families name. Raises DemoError.
    """
    specs = [find_spec(key) for key in keys] or [
        spec for spec in all_specs().values() if any(isinstance(source, Package) for source in spec.sources)
    ]
    for spec in specs:
        yield spec.key, _model(spec)
    if not keys:
        for name, family in families().items():
            for each in family.data:
                yield name, str(resolve(each)())


def _model(spec: ModelSpec) -> str:
    """Where the model lies. What is made from it on first use is made now; a package that runs it may be missing."""
    places = [locate(source) for source in spec.sources if isinstance(source, Package)]
    hub = any(isinstance(source, Hub) for source in spec.sources)
    if not (places or hub):
        return ", ".join(map(str, spec.sources))
    source = "" if needed(spec) else load_info(spec).source
    return str(places[0] if places else source)

"""No file is unpickled and no text is run as code: what is read from a disk or a visitor is data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = [*(ROOT / "genai_demo").rglob("*.py"), *(ROOT / "pages").rglob("*.py"), ROOT / "app.py", ROOT / "present.py"]
UNPICKLERS = {"pickle", "cPickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "jsonpickle", "yaml"}
RUNNERS = {"eval", "exec", "compile", "__import__"}


def faults(source: str) -> Iterator[str]:
    """(line, what) of everything in a module that could run what it reads."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {(node.module or "").partition(".")[0]}
        else:
            names = set()
        yield from (f"{node.lineno}: imports {name}" for name in names & UNPICKLERS)  # type: ignore[attr-defined]
        if not isinstance(node, ast.Call):
            continue
        said = {key.arg: key.value.value for key in node.keywords if isinstance(key.value, ast.Constant)}
        called = ast.unparse(node.func)
        if isinstance(node.func, ast.Name) and called in RUNNERS:
            yield f"{node.lineno}: {called}()"
        if called in ("torch.load", "torch.hub.load") and said.get("weights_only") is not True:
            yield f"{node.lineno}: {called} without weights_only=True"
        if said.get("allow_pickle") is True or said.get("trust_remote_code") is True:
            yield f"{node.lineno}: {called} may run what it reads"
        if said.get("shell") is True or called == "os.system":
            yield f"{node.lineno}: {called} through a shell"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_reads_data_alone(path: Path) -> None:
    assert list(faults(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import load",
        "import torch\ntorch.load('x')",
        "torch.load('x', weights_only=False)",
        "np.load('x', allow_pickle=True)",
        "AutoModel.from_pretrained('x', trust_remote_code=True)",
        "def f(x):\n    return eval(x)",
        "subprocess.run('ls', shell=True)",
    ],
)
def test_what_is_looked_for_is_found(source: str) -> None:
    assert len(list(faults(source))) == 1


def test_a_hostile_file_of_weights_does_nothing(tmp_path: Path) -> None:
    """A pickle that would write a file, under the names that a model folder has."""
    import pickle

    import torch

    from genai_demo.core.errors import DemoError
    from genai_demo.core.load import load_info
    from genai_demo.core.spec import Hub, all_specs

    class Hostile:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (tmp_path / "was here",))

    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "bert", "architectures": ["BertForMaskedLM"], "vocab_size": 9}')
    content = pickle.dumps({"weight": Hostile()})
    for name in ("pytorch_model.bin", "model.safetensors", "diffusion_pytorch_model.bin"):
        (folder / name).write_bytes(content)
    torch.save({"weight": Hostile()}, folder / "pytorch_model.bin")
    asked = [spec for spec in all_specs().values() if any(isinstance(source, Hub) for source in spec.sources)]
    import dataclasses

    for spec in asked:
        hostile = dataclasses.replace(spec, key=f"{spec.architecture}/hostile", sources=(Hub(str(folder)),))
        with pytest.raises(DemoError):
            load_info(hostile)
    assert len(asked) > 5
    assert not (tmp_path / "was here").exists()

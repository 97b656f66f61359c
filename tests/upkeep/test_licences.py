"""The table of licences says what the program has now."""

from __future__ import annotations

from genai_demo.core.spec import WEIGHTS, all_specs
from genai_demo.upkeep import licences


def test_weights_and_data_are_those_of_now() -> None:
    """Packages are those of whoever wrote it last: another machine has others, such as CUDA's."""
    here, now = (
        text.partition("## Weights")[2].partition(licences.PACKAGES)[0]
        for text in (licences.PAGE.read_text(), licences.render())
    )
    assert here == now, "run `python -m genai_demo licences`"


def test_every_model_and_every_file_of_weights_is_in_it() -> None:
    text = licences.PAGE.read_text()
    assert [key for key in all_specs() if f"| `{key}` |" not in text] == []
    names = [str(path.relative_to(WEIGHTS).with_suffix("")) for path in WEIGHTS.rglob("*.safetensors")]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_what_is_not_for_every_use_stands_first() -> None:
    careful = licences.render().partition("## Weights")[0]
    for name in ("gan/mobile-stylegan", "text_to_image/sd-turbo"):
        assert f"`{name}`" in careful
    assert "`vae/vae-2`" not in careful


def test_every_package_that_is_asked_for_says_its_licence() -> None:
    names = licences.installed()
    assert {"torch", "gradio", "numpy", "starlette", "markupsafe"} <= {name.lower() for name in names}
    assert not [name for name in names if not licences.licence(name) or "\n" in licences.licence(name)]

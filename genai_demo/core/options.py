"""Options of a run: a frozen pydantic model, validated once, whose errors a visitor can act on.

    class DenoiseOptions(Options):
        steps: int = option(20, "How many denoising steps", at_least=1, at_most=1000)
        sampler: Literal["ddim", "ddpm"] = option("ddim", "Which update rule")

Pages, links, the command line and the raw API all end in `Options.parse`; limits shown anywhere come from `describe`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.fields import FieldInfo

from genai_demo.core.errors import DemoError, shown


def option(
    default: Any,
    help: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    longest: int | None = None,
    unit: str = "",
    more: bool = False,
) -> Any:
    """A field of Options. `longest` bounds a text in characters; `more` folds the control away on the page."""
    return Field(
        default,
        ge=at_least,
        le=at_most,
        max_length=longest,
        description=help,
        json_schema_extra={"unit": unit, "more": more},
    )


class Options(BaseModel):
    """Base of every run's options. Frozen; refuses unknown names, NaN, infinities, booleans where numbers go."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    @field_validator("*", mode="before")
    @classmethod
    def _as_meant(cls, value: Any, info: Any) -> Any:
        wanted = cls.model_fields[info.field_name].annotation
        if isinstance(value, bool) and wanted in (int, float):
            raise ValueError("a switch is not a number")
        if isinstance(value, str) and wanted in (int, float) and len(value) > 40:
            raise ValueError("too long for a number")
        if isinstance(value, str) and not value.isascii():  # half a character that stands alone becomes U+FFFD
            value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if get_origin(wanted) is Literal and isinstance(value, str):
            return next((choice for choice in get_args(wanted) if str(choice) == value), value)  # "16" for 16
        return value

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Self:
        """Validated options from plain data (texts are read as numbers where numbers go).

        Raises DemoError with one sentence: the option, the value, the limit.
        """
        if not isinstance(values, Mapping):
            raise DemoError(f"options are {shown(values)}; give names with values")
        unknown = [name for name in values if name not in cls.model_fields]
        if unknown:
            raise DemoError(f"{shown(unknown[0])} is not an option here; choose among {', '.join(cls.model_fields)}")
        try:
            return cls(**values)
        except ValidationError as error:
            raise DemoError(_refusal(cls, error)) from None

    @classmethod
    def describe(cls) -> list[dict[str, Any]]:
        """One dict an option: name, type, default, help, unit, more, and minimum, maximum, choices, longest if any."""
        schema = cls.model_json_schema()
        described = []
        for name, field in cls.model_fields.items():
            part = schema["properties"][name]
            entry = {"name": name, "type": part.get("type", "string"), "default": field.default}
            entry |= {"help": field.description, "unit": part.get("unit", ""), "more": part.get("more", False)}
            for ours, theirs in _LIMITS.items():
                if theirs in part:
                    entry[ours] = part[theirs]
            described.append(entry)
        return described


_LIMITS = {"minimum": "minimum", "maximum": "maximum", "choices": "enum", "longest": "maxLength"}


def _refusal(cls: type[Options], error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "options"
    field = cls.model_fields.get(name)
    if field is None:
        return str(first["msg"]).removeprefix("Value error, ")
    if first["type"] == "string_too_long":
        return f"{name} has {len(first['input'])} characters; the limit is {first['ctx']['max_length']}, shorten it"
    return f"{name} is {shown(first['input'])}; choose {_remedy(cls, name, field)}"


def _remedy(cls: type[Options], name: str, field: FieldInfo) -> str:
    part = next(entry for entry in cls.describe() if entry["name"] == name)
    if "choices" in part:
        return "one of " + ", ".join(map(str, part["choices"]))
    if part["type"] == "boolean":
        return "true or false"
    kind = {"integer": "a whole number", "number": "a number", "string": "a text"}.get(part["type"], "a value")
    if "minimum" in part and "maximum" in part:
        return f"{kind} from {part['minimum']:g} to {part['maximum']:g}"
    if "longest" in part:
        return f"{kind} of at most {part['longest']} characters"
    return kind

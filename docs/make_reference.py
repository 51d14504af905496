"""Writes docs/reference/rewards.md, kinds.md and python.md from the code; a test holds the pages to it.

python docs/make_reference.py
"""

import inspect
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import rewardkit
from rewardkit import hooks
from rewardkit.registry.registry import load_registry
from rewardkit.rewards.interface import Reward
from rewardkit.score import KINDS

FOLDER = Path(__file__).parent / "reference"
WRITTEN_BY = "`python docs/make_reference.py` writes this page from the code."

_DOCS = {
    "code": "../code.md",
    "format": "../format.md",
    "instruction_following": "../instructions.md",
    "json_schema": "../json-schema.md",
    "language": "../language.md",
    "math": "../math.md",
    "math_verify": "../math.md",
    "multiple_choice": "../answers.md",
    "qa": "../answers.md",
    "sql": "../sql.md",
    "tool_calls": "../tool-calls.md",
}
_PREFERENCE = ("judge_model", "reward_endpoint", "reward_model")


def pages() -> dict[str, str]:
    """The text of each page by its file name."""
    return {"rewards.md": rewards_page(), "kinds.md": kinds_page(), "python.md": python_page()}


def rewards_page() -> str:
    """Every built-in reward with its parameters."""
    registry = load_registry()
    registry.load_built_ins()
    head = (
        f"# Parameters of the rewards\n\n{WRITTEN_BY} `rewardkit plugins NAME` prints those of any installed reward.\n"
    )
    rewards = sorted(registry.rewards, key=lambda reward: reward.name)
    return "\n".join([head, *(_reward(one.name, one.reward, one.description) for one in rewards)])


def _reward(name: str, reward: type[Reward], description: str) -> str:
    page = "../preference.md" if name in _PREFERENCE else _DOCS.get(name, "../shaping.md")
    facts = [f"sees: {reward.sees}"]
    if reward.runs != "worker":
        facts.append(f"runs: {reward.runs}")
    if reward.values:
        facts.append(f"values: {', '.join(f'`{value}`' for value in reward.values)}")
    if reward.reads:
        facts.append(f"reads: {', '.join(f'`{field}`' for field in reward.reads)}")
    if isinstance(reward.value_range, tuple):
        facts.append(f"from {reward.value_range[0]:g} to {reward.value_range[1]:g}")
    rows = [
        f"| `{field}` | {_default(info)} | {_cell(info.description or '')} |"
        for field, info in reward.Params.model_fields.items()
    ]
    table = ["| parameter | default | meaning |", "|---|---|---|", *rows] if rows else ["It has no parameters."]
    return "\n".join([f"## `{name}`", "", f"{description} ({'; '.join(facts)}) [More]({page})", "", *table, ""])


def _default(info: Any) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True)
    if value is PydanticUndefined or value is None:
        return "none"
    return f"`{_cell(_plain(value))}`"


def _plain(value: Any) -> str:
    return repr(value.model_dump()) if isinstance(value, BaseModel) else repr(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def kinds_page() -> str:
    """Every kind of every status."""
    meaning = {
        "scored": "It was judged: a number.",
        "abstained": "The reward does not apply, or cannot know: no number.",
        "failed": "Our own fault: no number. It is never a 0.",
    }
    parts = [f"# How a judgement ends: statuses and kinds\n\n{WRITTEN_BY} `score.status` and `score.kind` hold them.\n"]
    for status, kinds in KINDS.items():
        parts.append(f"## {status}\n\n{meaning[status]}\n\n| kind | meaning |\n|---|---|")
        parts += [f"| `{kind}` | {text} |" for kind, text in kinds.items()]
        parts.append("")
    return "\n".join(parts)


def python_page() -> str:
    """Every public name with its signature and docstring."""
    parts = [
        "# Python: the public names\n",
        f"{WRITTEN_BY} Everything here is `from rewardkit import NAME`; what is not here may change any day.\n",
    ]
    for name in rewardkit.__all__:
        parts += [f"## {name}\n", *_described(name, getattr(rewardkit, name))]
    parts.append("## Hooks\n\nA distribution implements them with `@rewardkit.hookimpl` ([plugins](../plugins.md)).\n")
    for name in hooks.__dict__:
        if name.startswith("rewardkit_"):
            parts += [f"### {name}\n", *_described(name, getattr(hooks, name))]
    return "\n".join(parts)


def _described(name: str, value: Any) -> Iterator[str]:
    if inspect.isclass(value):
        yield _block(_doc(value))
        if issubclass(value, BaseModel):
            yield from _fields(value)
        for method, function in _methods(value):
            yield _block(f"{_signature(method, function)}\n{_indented(_doc(function))}")
    elif inspect.isroutine(value):
        yield _block(f"{_signature(name, value)}\n{_indented(_doc(value))}")
    else:
        yield _block(f"{name}: {type(value).__name__}")


def _fields(model: type[BaseModel]) -> Iterator[str]:
    if model.model_fields:
        names = ", ".join(f"`{field}`" for field in model.model_fields)
        yield f"Fields: {names}\n"


def _methods(value: type) -> Iterator[tuple[str, Any]]:
    """Its own public methods and its constructor, where they say something."""
    for name, member in vars(value).items():
        function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        function = function.fget if isinstance(function, property) else function
        if isinstance(function, types.FunctionType) and function.__doc__ and (name == "__init__" or name[0] != "_"):
            yield name, function


def _signature(name: str, function: Any) -> str:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return name
    shown = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return f"{name}{signature.replace(parameters=shown, return_annotation=inspect.Signature.empty)}"


def _doc(value: Any) -> str:
    return inspect.getdoc(value) or ""


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.splitlines())


def _block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for file, text in pages().items():
        (FOLDER / file).write_text(text, encoding="utf-8")

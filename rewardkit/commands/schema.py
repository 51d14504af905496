"""`rewardkit schema`: the JSON Schema of a rubric."""

from collections.abc import Sequence
from pathlib import Path

from rewardkit.commands import console
from rewardkit.registry.registry import load_registry
from rewardkit.rubrics.rubric import schema


def run(files: Sequence[Path]) -> None:
    """Prints the schema, the parameters of every installed reward included."""
    console.json(schema(load_registry(files)))

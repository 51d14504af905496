"""`rewardkit schema`: the JSON Schema of a rubric."""

from collections.abc import Sequence
from pathlib import Path

from rewardkit.commands import show
from rewardkit.registry import load_registry
from rewardkit.rubric import schema


def run(files: Sequence[Path]) -> None:
    """Prints the schema, the parameters of every installed reward included."""
    show.json(schema(load_registry(files)))

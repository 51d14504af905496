"""`rewardkit schema`: the JSON Schema of a rubric."""

import sys
from collections.abc import Sequence
from pathlib import Path

import orjson

from rewardkit.registry import load_registry
from rewardkit.rubric import schema


def run(files: Sequence[Path]) -> None:
    """Prints the schema, the parameters of every installed reward included."""
    sys.stdout.buffer.write(
        orjson.dumps(schema(load_registry(files)), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    )

"""The judgement as a column of a table: its type, and its values.

`details`, of which each row has others, are JSON text, and so is every key that has no type here.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK

_SCORE = {
    "value": "double", "status": "string", "kind": "string", "weight": "double", "reason": "string",
    "details": "string", "elapsed_ms": "double",
}  # fmt: skip
_BLOCK = {"version": "int64", "reward": "double", "advantage": "double"}
_TURNS = "turns"
"""The key of a score that holds a list of numbers."""
_NAMED = ("values", "weight")
"""Keys of a score that hold a number for each named value, where the reward has several."""


class BlockType:
    """The type of the judgements that were written: a struct of the keys that occur."""

    def __init__(self) -> None:
        self._keys: dict[str, None] = {}
        self._scores: dict[str, dict[str, None]] = {}
        self._named: dict[tuple[str, str], dict[str, None]] = {}

    def add(self, block: Mapping[str, Any]) -> None:
        """Takes note of a judgement's keys."""
        self._keys |= dict.fromkeys(block)
        for alias, score in block.get("scores", {}).items():
            known = self._scores.setdefault(alias, {})
            if not score.keys() <= known.keys():
                known |= dict.fromkeys(score)
            for key in _NAMED:
                if isinstance(named := score.get(key), Mapping):
                    self._named.setdefault((alias, key), {}).update(dict.fromkeys(named))

    def as_type(self) -> Any:
        """The type, of pyarrow."""
        import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to import

        def of(key: str, types: Mapping[str, str], alias: str = "") -> Any:
            if names := self._named.get((alias, key)):
                return pa.field(key, pa.struct([pa.field(name, pa.float64()) for name in names]))
            kind = pa.list_(pa.float64()) if key == _TURNS else pa.type_for_alias(types.get(key, "string"))
            return pa.field(key, kind)

        fields = [of(key, _BLOCK) for key in dict.fromkeys([*self._keys, "reward"]) if key != "scores"]
        known = {alias: [of(key, _SCORE, alias) for key in keys] for alias, keys in self._scores.items() if keys}
        scores = [pa.field(alias, pa.struct(keys)) for alias, keys in known.items()]
        return pa.struct([*fields, pa.field("scores", pa.struct(scores))] if scores else fields)


def block_values(rows: Iterable[Row]) -> list[dict[str, Any] | None]:
    """The judgements of output rows, as values of that type; None for a row without one."""
    made: list[dict[str, Any] | None] = []
    for row in rows:
        block = row.data.get(BLOCK)
        if block is None:
            made.append(None)
            continue
        scores = {alias: _as_typed(score, _SCORE) for alias, score in block.get("scores", {}).items()}
        made.append({**_as_typed({key: block[key] for key in block if key != "scores"}, _BLOCK), "scores": scores})
    return made


def _as_typed(values: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    return {
        key: value
        if key in (_TURNS, *_NAMED) or value is None or isinstance(value, str) or types.get(key, "string") != "string"
        else json.dumps(value, ensure_ascii=False)
        for key, value in values.items()
    }

"""From the bytes of a rubric file to plain data: YAML by version 1.2's rules, or TOML, within bounds.

YAML 1.2: only `true` and `false` are truth values (`no` is a text, the language code), dates are text, `1e-3` is a
number and `010` is ten. A file that is nested too deep or whose aliases make it too large is refused before any of it
is built, so a rubric of a few bytes cannot take seconds or gigabytes.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from rewardkit.errors import ConfigError

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
MAX_NODES = 20_000
"""Keys and values of a rubric, each alias counted as often as it is used."""


def parsed(path: Path) -> Any:
    """The content of a rubric file as plain data.

    raises  ConfigError, which names the file, for what cannot be read or does not parse
    """
    where = f"rubric {path}"
    try:
        if path.stat().st_size > MAX_BYTES and path.is_file():
            raise ConfigError(f"{where}: is {path.stat().st_size:,} bytes long; a rubric has at most {MAX_BYTES:,}")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(f"{where}: cannot be read ({error}); name a YAML or TOML file") from error
    try:
        if path.suffix.lower() != ".toml":
            _check_size(text, where)
            return yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{where}: it does not parse: {error}") from error
    except (RecursionError, ValueError, OverflowError) as error:  # integers without end, dates that do not exist
        raise ConfigError(f"{where}: it does not parse: {str(error)[:200]}") from error
    if _depth(data) > MAX_DEPTH:
        raise ConfigError(_too_deep(where))
    return data


def _too_deep(where: str) -> str:
    return f"{where}: is nested over {MAX_DEPTH} levels deep; a rubric needs about five"


def _check_size(text: str, where: str) -> None:
    """Walks the events of a YAML text, which builds nothing, and counts depth and nodes with aliases expanded."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, _Loader):
        size = 0
        if isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, total))
            total += 1
            if len(open_nodes) > MAX_DEPTH:
                raise ConfigError(_too_deep(where))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor:
                sizes[anchor] = total - before
        elif isinstance(event, yaml.AliasEvent):
            size = sizes.get(
                event.anchor or "", 1
            )  # an alias of something that is still open is refused when it is built
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
            if event.anchor:
                sizes[event.anchor] = 1
        total += size
        if total > MAX_NODES:
            raise ConfigError(f"{where}: has over {MAX_NODES:,} keys and values, with its aliases written out")


def _depth(data: Any) -> int:
    """Levels of nesting, at most one more than MAX_DEPTH."""
    level, depth = [data], 0
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [item for outer in level for item in _items(outer)]
    return depth


def _items(value: Any) -> Iterator[Any]:
    yield from value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema, and refuses a key that is there twice in one mapping, of which PyYAML keeps the last."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's attribute

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """The mapping of a node, each of its keys written once."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    problem = f"the key {key.value!r} is there twice; for a reward twice, write an alias with `reward:`"
                    raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
                seen.add((key.tag, key.value))
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        """An integer: decimal, `0o17` or `0x1f`; a leading zero changes nothing."""
        text = str(self.construct_scalar(node))
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)


_SCALARS = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
)
"""Plain scalars: tag, pattern, first characters (YAML 1.2.2, 10.3.2; `<<` is not in it, and widely used)."""

for _name, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(f"(?:{_pattern})$"), list(_first))
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)

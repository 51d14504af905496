"""Words that constraints name: the lists of `lists.toml`."""

import tomllib
from importlib import resources

_LISTS: dict[str, list[str]] = tomllib.loads((resources.files(__package__) / "lists.toml").read_text(encoding="utf-8"))

STOP_WORDS = frozenset(_LISTS["stop_words"])
CONJUNCTIONS = frozenset(_LISTS["conjunctions"])
PRONOUNS = frozenset(_LISTS["pronouns"])
PERSONS = tuple(_LISTS["persons"])
CAPITALS = tuple(_LISTS["capitals"])

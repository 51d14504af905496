"""The columns of a row that say how its tests are meant, besides the tests themselves."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rewardkit import Sample
from rewardkit_code.layouts.values import nested


@dataclass(frozen=True)
class Row:
    """A sample, as the layouts look at it."""

    sample: Sample

    def column(self, path: str) -> Any:
        """A column, or the value at a dotted path, also inside of JSON texts."""
        first, dot, rest = path.partition(".")
        value = self.sample.columns.get(first)
        return nested(value, rest) if dot else value

    def text(self, *paths: str) -> str:
        """The first of some columns that is a text with content."""
        values = (self.column(path) for path in paths)
        return next((value for value in values if isinstance(value, str) and value.strip()), "")

    @cached_property
    def prompt(self) -> str:
        """The prompt of the row: where the sample's is a conversation, the column that keeps its text."""
        column = self.sample.column("prompt") if isinstance(self.sample.prompt, str) else self.sample.prompt_text
        return column if isinstance(column, str) else ""

    @cached_property
    def starter(self) -> str:
        """Code that the task gives to begin with: the head of a function, of a class."""
        return self.text("starter_code", "extra_info.starter_code", "code_prompt", "metadata.starter_code")

    @cached_property
    def function(self) -> str:
        """The name of the function under test, where the row gives one."""
        return self.text("fn_name", "metadata.func_name", "metadata.fn_name", "extra_info.fn_name", "entry_point")

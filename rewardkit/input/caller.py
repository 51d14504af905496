"""How the reader of a message spells the parameter that it names."""

from enum import Enum


class Caller(Enum):
    """Who called, and so what a message proposes."""

    COMMAND = "--map {field}={path}"
    PYTHON = 'mapping={{"{field}": "{path}"}}'
    TRAINER = '{field}="{path}"'

    def option(self, field: str, path: str) -> str:
        """The parameter that says that `field` of a Sample stands in the column or at the path `path`."""
        return self.value.format(field=field, path=path)

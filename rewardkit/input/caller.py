"""How the reader of a message spells the parameter that it names."""

from enum import Enum


class Caller(Enum):
    """Who called, and so what a message proposes."""

    COMMAND = "--map {field}={place}"
    PYTHON = 'mapping={{"{field}": "{place}"}}'
    TRAINER = '{field}="{place}"'

    def option(self, field: str, place: str) -> str:
        """The parameter that says that `field` of a Sample stands in the column or at the path `place`."""
        return self.value.format(field=field, place=place)

"""Functions as bytes: those of a script, a notebook or a test go to the workers themselves, all others by name.

function of            goes as
an importable module   its name: the worker imports the module, which must be the same file
`__main__`, a lambda   itself, with the variables of the script that it uses
any other module       itself: a file that was run by a path, a test that pytest imported

On another machine only what is installed has a name: there a module of the user's own goes as itself too.
"""

import sysconfig
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import PathFinder
from pathlib import Path
from sys import modules
from types import ModuleType
from typing import Any

import cloudpickle


def as_code(message: object, functions: Sequence[Callable[..., Any]] = (), *, elsewhere: bool = False) -> bytes:
    """A pickle of a message that holds these functions, or classes.

    elsewhere  it is read on another machine, which has the same packages installed and no file of this one
    raises  what pickling raises for a value that cannot be sent: TypeError, AttributeError, PicklingError
    """
    is_there = _is_installed if elsewhere else _is_importable
    with _by_value([module for one in functions if (module := _module_of(one)) and not is_there(module)]):
        pickled: bytes = cloudpickle.dumps(message)
    return pickled


@contextmanager
def _by_value(found: Sequence[ModuleType]) -> Iterator[None]:
    """Pickles what these modules hold, instead of its names."""
    added = [
        module for module in dict.fromkeys(found) if module.__name__ not in cloudpickle.list_registry_pickle_by_value()
    ]
    for module in added:
        cloudpickle.register_pickle_by_value(module)
    try:
        yield
    finally:
        for module in added:
            cloudpickle.unregister_pickle_by_value(module)


def _module_of(function: Any) -> ModuleType | None:
    """The module that a function, the class of an object, or what a partial calls, is written in."""
    inner = getattr(function, "func", function)
    name = getattr(inner, "__module__", None) or type(inner).__module__
    return modules.get(name) if name != "__main__" else None


def _is_importable(module: ModuleType) -> bool:
    """True where another process with the same path imports the same file by this name."""
    path: Sequence[str] | None = None
    full = ""
    for part in module.__name__.split("."):
        full = f"{full}.{part}" if full else part
        spec = PathFinder.find_spec(full, path)
        if spec is None:
            return not hasattr(module, "__file__")  # built in
        path = list(spec.submodule_search_locations or ())
    return spec is not None and spec.origin == getattr(module, "__file__", None)


def _is_installed(module: ModuleType) -> bool:
    """True for a module of the standard library or of an installed package."""
    file = getattr(module, "__file__", None)
    places = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    return file is None or any(Path(file).is_relative_to(place) for place in places)

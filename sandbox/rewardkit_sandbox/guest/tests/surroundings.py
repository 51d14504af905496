"""Changes of tests around a program: environment variables, the seed of `random`, functions that they patch.

A test changes these in its own process; before each call the program's process is brought into line.
"""

import contextlib
import importlib
import os
import random
import re
import sys
from typing import Any

WATCHED = {
    "builtins": ("input", "open", "print"),
    "sys": ("stdin", "argv"),
    "time": ("time", "time_ns", "sleep", "monotonic", "perf_counter", "strftime", "localtime", "gmtime", "ctime"),
    "datetime": ("datetime", "date"),
    "random": (
        *("random", "randint", "choice", "choices", "sample", "shuffle", "uniform", "randrange", "gauss"),
        "getrandbits",
    ),
    "os": ("getcwd", "listdir", "system", "getenv", "remove", "mkdir", "makedirs", "getpid", "urandom", "walk"),
    "os.path": ("exists", "isfile", "isdir", "getsize"),
    "subprocess": ("run", "check_output", "Popen", "call"),
    "uuid": ("uuid4",),
    "secrets": ("token_hex", "choice", "randbelow"),
    "socket": ("socket", "gethostname"),
    "getpass": ("getpass", "getuser"),
    "shutil": ("copy", "move", "rmtree", "which"),
    "json": ("load", "dump", "loads", "dumps"),
    "math": ("sqrt", "floor", "ceil"),
}
"""Names that tests patch, by module."""
_PATCHED = re.compile(r"""["']([a-z_][\w.]*)\.(\w+)["']""")
_SET = re.compile(r"""\b([a-z_][\w.]*) *, *["'](\w+)["']""")


class Surroundings:
    """The state that the program was last brought to."""

    def __init__(self) -> None:
        self._environ = dict(os.environ)
        self._seeds: list[tuple[Any, ...]] = []
        self._numpy_seeds: list[Any] = []
        self._loaded: dict[str, dict[str, Any]] = {}
        self._sent: dict[tuple[str, str], Any] = {}
        original = random.seed

        def seed(*args: Any, **kwargs: Any) -> None:
            self._seeds.append((*args, *kwargs.values()))
            original(*args, **kwargs)

        random.seed = seed
        for module in ("builtins", "sys", "time", "datetime", "random", "os", "os.path", "json", "math"):
            self._watch(module)

    def _watch(self, module: str) -> None:
        self._loaded[module] = {name: getattr(importlib.import_module(module), name) for name in WATCHED[module]}

    def watch(self, text: str) -> None:
        """Watches also those of the rarer modules that the tests' text names. Call it before the tests run."""
        for module in WATCHED.keys() - self._loaded.keys():
            if module in text:
                self._watch(module)
        for module, name in _PATCHED.findall(text) + _SET.findall(text):
            self._watch_one(module, name)
        if "numpy" in text and "random.seed" in text:
            self._watch_numpy()

    def _watch_one(self, module: str, name: str) -> None:
        """Watches a function of the standard library that the tests' text seems to patch."""
        if module.partition(".")[0] in sys.stdlib_module_names:
            with contextlib.suppress(ImportError, AttributeError):
                self._loaded.setdefault(module, {}).setdefault(name, getattr(importlib.import_module(module), name))

    def _watch_numpy(self) -> None:
        try:
            random_of_numpy = importlib.import_module("numpy.random")
        except ImportError:
            return
        original = random_of_numpy.seed

        def seed(value: Any = None) -> None:
            self._numpy_seeds.append(value)
            original(value)

        random_of_numpy.seed = seed  # type: ignore[attr-defined]

    def changes(self) -> dict[str, Any]:
        """Changes since the last call; empty if there are none."""
        found: dict[str, Any] = {}
        if os.environ != self._environ:
            self._environ = dict(os.environ)
            found["environ"] = self._environ
        if self._seeds:
            found["seed"] = list(self._seeds[-1])
            self._seeds.clear()
        if self._numpy_seeds:
            found["numpy_seed"] = self._numpy_seeds[-1]
            self._numpy_seeds.clear()
        patches = []
        for module, names in self._loaded.items():
            there = vars(importlib.import_module(module))
            for name, original in names.items():
                now = there.get(name)
                if now is not self._sent.get((module, name), original):
                    self._sent[module, name] = now
                    patches.append([module, name, now is original, None if now is original else now])
        if patches:
            found["patches"] = patches
        return found

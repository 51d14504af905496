"""Functions, classes and exceptions of the standard library: each side of a conversation has its own, by one name."""

import builtins
import importlib
import sys
import types
from typing import Any

from rewardkit_sandbox.guest import wire
from rewardkit_sandbox.guest.tests import rpc_server


def standard(name: Any) -> Any:
    """The driver's own copy of a module or class of the standard library; only those that are listed."""
    if name in rpc_server.SHARED_MODULES:
        return importlib.import_module(name)
    module, _, attribute = str(name).rpartition(".")
    if module in rpc_server.SHARED_CLASSES:
        found = getattr(importlib.import_module(module), attribute, None)
        if isinstance(found, type):
            return found
    raise wire.WireError("an object of the standard library that is not shared")


def standard_name(value: Any) -> str | None:
    """Where the program finds the same function or class of the standard library; None for any other value."""
    if not isinstance(value, (type, types.BuiltinFunctionType, types.FunctionType)):
        return None
    module, name = value.__module__, value.__qualname__
    if (module or "").split(".")[0] not in sys.stdlib_module_names or module.startswith("unittest"):
        return None
    return f"{module}.{name}" if getattr(sys.modules.get(module), name, None) is value else None


def exception_type(module: str, name: str) -> type[BaseException] | None:
    """The trusted exception type of that name; None for the program's own, and for those that steer test runners."""
    if module == "builtins":
        found = getattr(builtins, name, None)
    elif module in (
        "decimal",
        "fractions",
        "json.decoder",
        "statistics",
        "dataclasses",
        "struct",
        "binascii",
        "re",
        "queue",
        "_queue",
    ):
        found = getattr(importlib.import_module(module), name, None)
    else:
        return None
    return found if isinstance(found, type) and issubclass(found, BaseException) else None

"""Runs a Python program on standard input and output in this process, which it may destroy: nothing here is trusted.

Small on purpose, and so is what it imports: every fork that runs a program copies what is in memory.
"""

import atexit
import io
import os
import sys
import types
from collections.abc import Callable
from typing import Any

from rewardkit_sandbox.guest.descriptors import write_all

FILE = "main.py"
MAX_TEXT = 2000
MISSING = ""
"""Advice for a `package` that is not in this sandbox; `boot` sets it."""
# sysexits.h: input data was incorrect. Only a courtesy to the reader of a reason: the score is 0 either way.
EX_DATAERR = 65


def open_streams() -> None:
    """New text streams over descriptors 0, 1 and 2: those of the zygote were made for others."""
    sys.stdin = text_stream(io.BufferedReader(io.FileIO(0, "r", closefd=False)), "surrogateescape")
    sys.stdout = text_stream(io.BufferedWriter(io.FileIO(1, "w", closefd=False)), "surrogateescape")
    sys.stderr = text_stream(io.BufferedWriter(io.FileIO(2, "w", closefd=False)), "backslashreplace", by_line=True)
    vars(sys).update({f"__{name}__": getattr(sys, name) for name in ("stdin", "stdout", "stderr")})


def text_stream(raw: Any, errors: str, *, by_line: bool = False) -> io.TextIOWrapper:
    return io.TextIOWrapper(raw, encoding="utf-8", errors=errors, line_buffering=by_line)


def save(source: str, file: str = FILE) -> None:
    """The program's text where a program expects its own file."""
    save_bytes(source.encode("utf-8", "surrogatepass"), file)


def save_bytes(data: bytes, file: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o644)
    write_all(descriptor, data)
    os.close(descriptor)


def main_module(folder: str = "") -> types.ModuleType:
    """A fresh `__main__` for a program in `folder`, the working directory by default."""
    module = types.ModuleType("__main__")
    module.__file__ = FILE
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    sys.argv = [FILE]
    sys.path.insert(0, folder or os.getcwd())
    return module


def with_fix(exc: ModuleNotFoundError) -> ModuleNotFoundError:
    """The error, with the fix in its message where a package is missing that the sandbox could have."""
    package = exc.name.partition(".")[0] if isinstance(exc.name, str) else ""
    if package.isidentifier() and package not in sys.stdlib_module_names and type(exc) is ModuleNotFoundError:
        exc.msg = f"{exc.msg}; {MISSING.format(package=package)}"
    return exc


def describe(exc: BaseException) -> str:
    try:
        text = f"{type(exc).__name__}: {with_fix(exc) if type(exc) is ModuleNotFoundError else exc}"
    except Exception:  # noqa: BLE001 - the program's own __str__
        text = type(exc).__name__
    return text[:MAX_TEXT]


def compiled(source: str) -> types.CodeType:
    """The code of a program; ends the process where its text is none."""
    try:
        return compile(source, FILE, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError) as exc:
        os.write(2, describe(exc).encode(errors="replace"))
        os._exit(EX_DATAERR)


def run_script(source: str) -> None:
    """As `python main.py` would; ends the process, by the interpreter's own exit where the program needs that."""
    code = compiled(source)
    save(source)
    prepare_exit()
    run_code(code, main_module())


_registered: list[Callable[..., Any]] = []
"""Functions that the program registered to be called at its end."""


def prepare_exit() -> None:
    """Notes from here on what is registered for the end of the interpreter."""
    original: Any = atexit.register

    def register(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        _registered.append(function)
        return original(function, *args, **kwargs)

    atexit.register = register  # type: ignore[assignment]


def run_code(code: types.CodeType, module: types.ModuleType) -> None:
    """As `run_script`, from compiled code in a module that is ready for it."""
    try:
        exec(code, module.__dict__)  # noqa: S102
    except ModuleNotFoundError as exc:
        with_fix(exc)
        raise
    threads = sys.modules.get("threading")
    if _registered or (threads is not None and threads.active_count() > 1):
        sys.exit()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # nothing is left to run: tearing the interpreter down would only take time

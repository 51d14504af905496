"""Runs a program in this process, which it may destroy: nothing here is trusted, everything leaves as data.

Three ways to run one: as a script on standard input and output; by calls of a function that it defines, one frame out
for each; by expressions over what it defines, likewise.
"""

import atexit
import io
import os
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

from rewardkit_sandbox.guest import wire
from rewardkit_sandbox.guest.descriptors import write_all

FILE = "main.py"
CHANNEL = 3
MAX_TEXT = 2000
MISSING = ""
"""What to do about a `package` that is not in this sandbox; `boot` sets it."""
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
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o644)
    write_all(descriptor, source.encode("utf-8", "surrogatepass"))
    os.close(descriptor)


def main_module() -> types.ModuleType:
    module = types.ModuleType("__main__")
    module.__file__ = FILE
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    sys.argv = [FILE]
    sys.path.insert(0, os.getcwd())
    return module


def define(source: str, prelude: str = "") -> dict[str, Any]:
    """Runs the program's own text, and gives the names that it defined."""
    save(source)
    namespace = main_module().__dict__
    if prelude:
        exec(compile(prelude, "prelude.py", "exec", dont_inherit=True), namespace)  # noqa: S102
    exec(compile(source, FILE, "exec", dont_inherit=True), namespace)  # noqa: S102
    return namespace


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


def run_script(source: str) -> None:
    """As `python main.py` would; ends the process, by the interpreter's own exit where the program needs that."""
    registered = []

    def register(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        registered.append(function)
        return original(function, *args, **kwargs)

    original: Any = atexit.register
    atexit.register = register  # type: ignore[assignment]
    try:
        code = compile(source, FILE, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError, MemoryError, RecursionError) as exc:
        os.write(2, describe(exc).encode(errors="replace"))
        os._exit(EX_DATAERR)
    save(source)
    try:
        exec(code, main_module().__dict__)  # noqa: S102
    except ModuleNotFoundError as exc:
        with_fix(exc)
        raise
    if registered or threading.active_count() > 1:
        sys.exit()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # nothing is left to run: tearing the interpreter down would only take time


class Answers:
    """Sends frames to the parent, each written whole."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, *value: Any) -> None:
        try:
            text = wire.encode(list(value), wire.type_only)
        except wire.WireError as exc:
            text = wire.encode(["unfit", str(exc)])
        write_all(self._descriptor, wire.frame(text))


def load(source: str, prelude: str, answers: "Answers") -> dict[str, Any]:
    """As `define`; where the program does not load, reports that and ends the process."""
    try:
        return define(source, prelude)
    except SyntaxError as exc:
        answers.send("syntax", describe(exc))
        os._exit(EX_DATAERR)
    except BaseException as exc:  # noqa: BLE001 - SystemExit of a program is no answer
        answers.send("load", describe(exc))
        os._exit(1)


def resolve(namespace: dict[str, Any], name: str) -> Callable[..., Any]:
    """The function under test: a global, else a method of `class Solution`, as LeetCode writes it."""
    if callable(namespace.get(name)):
        return namespace[name]  # type: ignore[no-any-return]
    if isinstance(namespace.get("Solution"), type):
        method = getattr(namespace["Solution"](), name, None)
        if callable(method):
            return method  # type: ignore[no-any-return]
    raise NameError(f"the program defines no function {name!r}")


def answer(request: dict[str, Any]) -> None:
    """Loads the program, then answers each call or expression with one frame."""
    answers = Answers(CHANNEL)
    namespace = load(request["source"], request.get("prelude", ""), answers)
    try:
        function = resolve(namespace, request["fn_name"]) if "fn_name" in request else None
    except BaseException as exc:  # noqa: BLE001 - SystemExit of a program is no answer
        answers.send("load", describe(exc))
        os._exit(1)
    answers.send("loaded")
    for case in request["cases"]:
        try:
            if function is None:
                answers.send("ok", str(eval(case, namespace)))  # noqa: S307
            else:
                result = function(*case)
                # What an iterator gives is computed while it is encoded, so that its errors are the program's too.
                answers.send("ok", result, case) if request["after"] else answers.send("ok", result)
        except BaseException as exc:  # noqa: BLE001 - as above
            answers.send("error", describe(exc))
    os._exit(0)

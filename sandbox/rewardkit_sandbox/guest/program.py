"""Runs a program in this process, which it may destroy: nothing here is trusted, everything leaves as data.

Two ways to run one: by calls of a function that it defines, one frame out for each; by expressions over what it
defines, likewise. `script` has the third, on standard input and output.
"""

import os
from collections.abc import Callable
from typing import Any

from rewardkit_sandbox.guest import wire
from rewardkit_sandbox.guest.descriptors import write_all
from rewardkit_sandbox.guest.script import EX_DATAERR, FILE, MAX_TEXT, describe, main_module, save

__all__ = ["CHANNEL", "FILE", "MAX_TEXT", "Answers", "answer", "define", "describe", "load", "resolve", "save"]

CHANNEL = 3


def define(source: str, prelude: str = "") -> dict[str, Any]:
    """Runs the program's own text, and gives the names that it defined."""
    save(source)
    namespace = main_module().__dict__
    if prelude:
        exec(compile(prelude, "prelude.py", "exec", dont_inherit=True), namespace)  # noqa: S102
    exec(compile(source, FILE, "exec", dont_inherit=True), namespace)  # noqa: S102
    return namespace


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

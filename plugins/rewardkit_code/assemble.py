"""The text that runs: a program with what its task puts around it. By texts alone: only the sandbox parses programs."""

import re

from rewardkit_code.tests_model import (
    CodeTests,
    ExpressionTests,
    FileTests,
    FunctionTests,
    InteractiveTests,
    StdinTests,
    Tests,
    TypedTests,
)

_BINDS = r"(?m)^(?:[ \t]*(?:async )?(?:def|class) +{name}\b|{name} *[=:]|(?:from|import) .*\b{name}\b)"
_FUTURE = re.compile(r"^from __future__ import [^\n]*\n?", re.MULTILINE)
_READS = re.compile(r"\binput\(|\bstdin\b|open\(0|\bcin\b|\bscanf\b|\breadline\b|/dev/stdin")
_CALLED = re.compile(r"\b([A-Za-z_]\w*)\(")
_IMPORTED = r"(?m)^\s*from {module} import \(?([\w, \n]+)"


def names_under_test(tests: Tests) -> frozenset[str]:
    """Names of which a right program defines at least one; empty where nothing is known."""
    if isinstance(tests, FunctionTests):
        return frozenset({tests.fn_name})
    if isinstance(tests, CodeTests):
        return frozenset({tests.entry_point} if tests.entry_point else _called(*tests.tests, tests.setup))
    if isinstance(tests, FileTests):
        imported = re.findall(_IMPORTED.format(module=re.escape(tests.module)), tests.test_file)
        return frozenset(re.findall(r"\w+", " ".join(imported))) or _called(tests.test_file)
    return (
        _called(*(expression for expression, _ in tests.cases)) if isinstance(tests, ExpressionTests) else frozenset()
    )


def _called(*texts: str) -> frozenset[str]:
    return frozenset(name for text in texts for name in _CALLED.findall(text))


def could_be_program(text: str, tests: Tests) -> bool:
    """True if a text may be the program, not an example of its use: it defines a name under test, or reads input."""
    if isinstance(tests, StdinTests | InteractiveTests):
        return bool(_READS.search(text))
    if isinstance(tests, TypedTests):
        return tests.entry_point in text
    return defines(text, names_under_test(tests))


def defines(program: str, names: frozenset[str]) -> bool:
    """True if a program defines one of some names, as far as its lines tell."""
    return any(re.search(_BINDS.format(name=re.escape(name)), program) for name in names)


def assembled(program: str, tests: Tests) -> str:
    """The program after the start that its prompt gave it, where it only continues that, between its task's texts."""
    if not isinstance(tests, CodeTests | FunctionTests):
        return program
    name = tests.entry_point if isinstance(tests, CodeTests) else tests.fn_name
    if name and f"def {name}" in tests.prompt and not defines(program, frozenset({name})):
        program = continued(program, tests.prompt)
    after = tests.after if isinstance(tests, FunctionTests) else ""
    return surrounded(program, tests.before, after)


def continued(body: str, head: str) -> str:
    """A head of a function with its body, whose first line may have lost its indentation to a strip."""
    if body[:1].isspace():
        return f"{head.rstrip()}\n{body}"
    last = head.rstrip().splitlines()[-1]
    indent = re.match(r"[ \t]*", last)[0] if '"""' in last or "'''" in last else _indent_of_head(last)  # type: ignore[index]
    return f"{head.rstrip()}\n{indent}{body}"


def _indent_of_head(last: str) -> str:
    """The indentation below a line that opens a block, or beside any other line."""
    indent = last[: len(last) - len(last.lstrip())]
    return indent + "    " if last.endswith(":") else indent or "    "


_FUTURE = re.compile(r"^from __future__ import [^\n]*\n?", re.MULTILINE)


def surrounded(program: str, before: str, after: str) -> str:
    """A program between two texts; its `from __future__` imports stay first.

    By its text alone: to parse an untrusted program is for the sandbox.
    """
    if not before:
        return program + after
    future = "".join(line.rstrip("\n") + "\n" for line in _FUTURE.findall(program))
    return f"{future}{before}\n{_FUTURE.sub('', program) if future else program}{after}"

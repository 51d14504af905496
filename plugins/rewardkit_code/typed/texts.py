"""The two programs of a test text: one reports what each call gives, the other what it must give.

A report is a line `@rk@ NUMBER VALUE`. Whatever a program writes there, it does not know what is expected.
"""

import re
from importlib import resources
from typing import NamedTuple

from rewardkit_code.typed.assemble import assemble, class_of, go_program, head_of, preamble
from rewardkit_code.typed.scan import code_of, unclosed
from rewardkit_code.typed.sites import Site, find_sites

MARK = "@rk@"
MAIN_CLASS = "RewardkitMain"
_LEADING_BRACKETS = re.compile(r"\A(?:\s*\})+")
_CANDIDATE_LINE = re.compile(r"^[^\n]*\bcandidate\s*(?::[^=\n]*)?:?=[^=\n]*$", re.MULTILINE)
_STUB = {"rust": "unimplemented!()"}
_TUPLES = ("Unit", "Pair", "Triplet", "Quartet", "Quintet", "Sextet", "Septet", "Octet")


class Source(NamedTuple):
    """A program to compile, and the texts beside it."""

    text: str
    files: dict[str, str]


def program_text(completion: str, prompt: str, tests: str, name: str, language: str) -> Source:
    """The program of a completion, followed by tests that report values and hold no expected one.

    raises  OtherFormError for tests that cannot be taken apart
    """
    program = assemble(completion, prompt, name, language)
    tests = _LEADING_BRACKETS.sub("", tests)
    sites = find_sites(tests, language)
    return _joined(program, _replaced(tests, [site.value for site in sites], sites, language), name, language)


def expected_text(prompt: str, tests: str, name: str, language: str) -> Source:
    """The same tests with what each assertion expects, and without any program."""
    tests = _LEADING_BRACKETS.sub("", tests)
    sites = find_sites(tests, language)
    before = preamble(prompt, name, language)
    values = [site.expected for site in sites]
    if language == "rust" and head_of(prompt, name, language) is not None:
        # The prompt's signature gives `None` and `vec![]` their types; it is never called.
        before = prompt + _STUB[language] + "}" * unclosed(code_of(prompt, language))
        values = [f"if std::env::args().count() > 0 {{ {s.expected} }} else {{ {s.value} }}" for s in sites]
        tests = _replaced(tests, values, sites, language)
    else:
        tests = _CANDIDATE_LINE.sub("", _replaced(tests, values, sites, language))
    if language == "java":
        before = re.sub(r"\bclass\s+\w+\s*\{.*", "", before, flags=re.DOTALL)
    return _joined(go_program(before) if language == "go" else before, tests, "", language)


def _replaced(tests: str, values: list[str], sites: list[Site], language: str) -> str:
    """The tests with reports in the place of assertions; in Go the reports alone, since its table is of them."""
    reports = [_report(number, value.strip(), language) for number, value in enumerate(values)]
    if language == "go":
        candidate = re.search(r"^\s*candidate\s*:=.*$", tests, re.MULTILINE)
        lines = [candidate[0] if candidate else "", "_ = candidate" if candidate else "", *reports]
        return "func main() {\n" + "\n".join(lines) + "\n}\n"
    pieces, at = [], 0
    for site, report in zip(sites, reports, strict=True):
        pieces += [tests[at : site.start], report]
        at = site.end
    return "".join([*pieces, tests[at:]])


def _report(number: int, value: str, language: str) -> str:
    if language == "rust":
        return f'println!("\\n{MARK} {{}} {{:?}}", {number}, {value})'
    name = {"java": "RewardkitReport.show", "go": "rkShow"}.get(language, "rk_show")
    return f"{name}({number}, {value})"


def _joined(program: str, tests: str, name: str, language: str) -> Source:
    if language == "c++":
        return Source(f"{_helper('show.hpp')}\n{program}\n{tests}", {})
    if language in ("javascript", "typescript"):
        return Source(f"{program}\n{_helper('show.js')}\n{{\n{tests}\n}}\n", {})
    if language == "go":
        shown = re.sub(r"^\s*_ = candidate$", "", tests, flags=re.MULTILINE) if not name else tests
        return Source(program, {"rk_tests.go": f"{_helper('show.go.txt')}\n{shown}"})
    if language == "java":
        return _java(program, tests, name)
    return Source(f"{program}\n{tests}", {})


def _java(program: str, tests: str, name: str) -> Source:
    """Java: the tests in a class that inherits the program's static methods, so that both keep their own main."""
    found = ["import java.util.*;", *re.findall(r"^\s*import [^;]+;", program, re.MULTILINE)]
    imports = dict.fromkeys(line.strip() for line in found)
    body = re.sub(r"^\s*(?:import|package) [^;]+;", "", program, flags=re.MULTILINE)
    parent = class_of(code_of(body, "java"), name) if name else ""
    extends = f" extends {parent}" if parent else ""
    tests += "}" * unclosed(code_of(f"{{{tests}", "java"))
    text = "\n".join([*imports, body, f"class {MAIN_CLASS}{extends} {{{tests}", _helper("RewardkitReport.java")])
    return Source(text, _tuples() if "org.javatuples" in text else {})


def _tuples() -> dict[str, str]:
    """The classes of org.javatuples that MultiPL-E's prompts import, by their public interface."""
    files = {}
    for size, name in enumerate(_TUPLES, 1):
        types = [f"T{i}" for i in range(size)]
        parameters = ", ".join(f"{kind} v{i}" for i, kind in enumerate(types))
        getters = "".join(
            f"public {kind} getValue{i}() {{ return ({kind}) at({i}); }} " for i, kind in enumerate(types)
        )
        generic, names = ", ".join(types), ", ".join(f"v{i}" for i in range(size))
        files[f"org/javatuples/{name}.java"] = (
            f'package org.javatuples;\n@SuppressWarnings("unchecked")\n'
            f"public class {name}<{generic}> extends Tuple {{\n"
            f"public {name}({parameters}) {{ super({names}); }}\n{getters}\n"
            f"public static <{generic}> {name}<{generic}> with({parameters}) {{ return new {name}<>({names}); }}\n}}\n"
        )
    files["org/javatuples/Tuple.java"] = _helper("Tuple.java")
    return files


def _helper(name: str) -> str:
    return resources.files("rewardkit_code.typed").joinpath("helpers", name).read_text(encoding="utf-8")

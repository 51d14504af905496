"""The program of a completion as a whole text: with what its prompt imports, and with all its brackets closed."""

import re

from rewardkit_code.typed.scan import closing, code_of, unclosed

_HOISTED = {
    "c++": re.compile(r"^\s*(?:#|using\b)"),
    "java": re.compile(r"^\s*import\b"),
    "rust": re.compile(r"^\s*(?:use|extern)\b"),
}
"""Lines of a prompt that a program may lack, and that do no harm where it has more like them."""
_OWN_MAIN = {
    "c++": (r"\bmain(?=\s*\()", "rk_program_main"),
    "go": (r"\bfunc\s+main(?=\s*\()", "func rkProgramMain"),
    "rust": (r"\bfn\s+main(?=\s*\()", "fn rk_program_main"),
}
"""A program's own entry, which is not the one that runs."""
_EXPORT = re.compile(
    r"^export\s+(?:default\s+)?(?=(?:async\s+)?function|const|let|class|type|interface|enum)", re.MULTILINE
)
_JAVA_IMPORT = re.compile(r"^\s*import [^;]+;", re.MULTILINE)
_STRUCT = re.compile(r"\b(?:struct|class)\s+(\w+)")
_GO_PACKAGE = re.compile(r"^\s*package\s+\w+\s*$", re.MULTILINE)
_GO_IMPORTS = re.compile(r"^\s*import\s*(?:\(([^)]*)\)|((?:\w+\s+)?\"[^\"]+\"))", re.MULTILINE)
_GO_STANDARD = {
    path.rpartition("/")[2]: path
    for path in (
        *("bufio", "bytes", "container/heap", "container/list", "crypto/md5", "encoding/hex", "errors", "fmt", "math"),
        *("math/big", "math/bits", "os", "reflect", "regexp", "sort", "strconv", "strings", "time", "unicode"),
        "unicode/utf8",
    )
}


def head_of(prompt: str, name: str, language: str) -> int | None:
    """Position of the line with the head of the function under test in a prompt that is code; None for any other."""
    code = code_of(prompt, language)
    found = list(re.finditer(rf"^[^\n]*\b{re.escape(name)}\b\s*[(:=<]", code, re.MULTILINE))
    return found[-1].start() if found and unclosed(code) else None


def preamble(prompt: str, name: str, language: str) -> str:
    """The part of a prompt before the function under test; empty for a prompt that is not code."""
    head = head_of(prompt, name, language)
    return prompt[:head] if head else ""


def defines(code: str, name: str) -> bool:
    """True if a text whose strings are blanked defines a function."""
    for match in re.finditer(rf"\b{re.escape(name)}\b\s*(?:<[^<>()]*>\s*)?(\(|=)", code):
        if match[1] == "=":
            return True
        try:
            end = closing(code, match.end() - 1)
        except ValueError:
            continue
        if re.match(r"[^;{}()]*(?:\([^()]*\)[^;{}()]*)?\{", code[end + 1 :]):
            return True
    return False


def assemble(text: str, prompt: str, name: str, language: str) -> str:
    """The whole program: a completion that defines the function, or that goes on where its prompt ends."""
    code = code_of(text, language)
    head = head_of(prompt, name, language)
    if not defines(code, name) and head is not None:
        program = prompt + text if prompt.endswith("\n") or text[:1].isspace() else f"{prompt}\n{text}"
    else:
        program = f"{_missing(prompt[: head or 0], text, language)}{_in_class(text, code, name, language)}"
    code = code_of(program, language)
    program += "\n" + "}" * unclosed(code)
    if language in _OWN_MAIN:
        pattern, own = _OWN_MAIN[language]
        program = re.sub(pattern, own, program)
    if language in ("javascript", "typescript"):
        program = _EXPORT.sub("", program)
    return go_program(program) if language == "go" else program


def _missing(before: str, text: str, language: str) -> str:
    """The lines of a prompt's start that a program lacks."""
    hoisted = _HOISTED.get(language)
    if hoisted is None:
        return ""
    if language == "c++" and not set(_STRUCT.findall(before)) & set(_STRUCT.findall(text)):
        return f"{before}\n"
    there = {line.strip() for line in text.splitlines()}
    return "".join(f"{line}\n" for line in before.splitlines() if hoisted.match(line) and line.strip() not in there)


def _in_class(text: str, code: str, name: str, language: str) -> str:
    """A Java method without a class, in the class that its prompt opened."""
    if language != "java" or class_of(code, name):
        return text
    imports = "\n".join(_JAVA_IMPORT.findall(text))
    return f"{imports}\nclass Problem {{\n{_JAVA_IMPORT.sub('', text)}\n}}\n"


def class_of(code: str, name: str) -> str:
    """The Java class that holds a method, by the last one that is opened before it; empty where there is none."""
    method = re.search(rf"\b{re.escape(name)}\s*\(", code)
    found = re.findall(r"\bclass\s+(\w+)", code[: method.start()] if method else code)
    return found[-1] if found else ""


def go_program(text: str) -> str:
    """A Go file in package main, with the imports that its text uses: a function alone needs none of its own."""
    own = [line for block, one in _GO_IMPORTS.findall(text) for line in (block or one).splitlines() if line.strip()]
    body = _GO_IMPORTS.sub("", _GO_PACKAGE.sub("", text))
    code = code_of(body, "go")
    paths = {path for line in own for path in re.findall(r'"([^"]+)"', line)}
    used = [path for name, path in _GO_STANDARD.items() if re.search(rf"\b{name}\.[A-Z]", code) and path not in paths]
    unused = {"testing", "fmt"} - {name for name in ("testing", "fmt") if re.search(rf"\b{name}\.[A-Z]", code)}
    kept = [line.strip() for line in own if line.strip().strip('"') not in unused]
    imports = "\n".join(dict.fromkeys([*kept, *(f'"{path}"' for path in used)]))
    return f"package main\n\nimport (\n{imports}\n)\n{body}" if imports else f"package main\n{body}"

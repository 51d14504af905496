"""The languages besides Python that programs may be written in: one entry each, for the host and for the guest.

A program is compiled once, in a run of its own, to what `made` names: an executable, a text, or a folder, which travels
as an archive that Java reads as a jar. That is then run once for each test. docs/languages.md says how to add an entry.

Places in the commands, in braces: `source` (the file), `std` (a parameter of the job), `memory` (the heap in MiB).
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

MIB = 1024 * 1024


class Language(NamedTuple):
    """How programs in one language are compiled and run, and what its runtime needs beside their own memory."""

    name: str
    fences: tuple[str, ...]
    """Tags of fences, in lower case."""
    file: str
    """Name of the source file."""
    compiler: tuple[str, ...]
    """Command that compiles; empty where the text itself is run."""
    made: str
    """The file or folder that compiling makes and running takes."""
    runner: tuple[str, ...]
    """Command that runs it."""
    version: tuple[str, ...]
    """Command that prints the version: the language can be run where this ends well."""
    packages: tuple[str, ...]
    """Debian packages that bring all of it."""
    memory_error: str
    """Expression that the last lines of standard error match when memory ran out."""
    reserve_bytes: int = 0
    """Memory that the runtime needs besides a program's own data: heap spaces, threads, compiled code."""
    maps_more: bool = False
    """True if the runtime reserves far more addresses than it uses, so that these cannot be limited."""
    processes: int = 64
    """Processes and threads at once."""
    environment: Mapping[str, str] = {}
    """Variables; `folder` in braces is the working directory."""
    stds: tuple[str, ...] = ("",)
    """Values of the parameter `std`, the default first."""


CPP_STDS = (
    *("gnu++20", "gnu++11", "gnu++14", "gnu++17", "gnu++23"),
    *("c++11", "c++14", "c++17", "c++20", "c++23"),
)
_BAD_ALLOC = r"std::bad_alloc|out of memory"
TYPESCRIPT = ("/usr/local/lib/node_modules", "/usr/lib/node_modules", "/usr/share/nodejs")
"""Folders in which npm and Debian put the module."""
# typescript up to 5 is a module; types are stripped, not checked, as ts-node --transpile-only and tsx do.
_TRANSPILE = """
const fs = require('fs'), folders = FOLDERS;
const found = folders.map(f => f + '/typescript').find(f => fs.existsSync(f + '/lib/typescript.js'));
if (!found) process.exit(69);
const ts = require(found), file = process.argv[1];
if (!file) { console.log(ts.version); process.exit(0); }
const options = {module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true};
const made = ts.transpileModule(fs.readFileSync(file, 'utf8'),
  {fileName: file, reportDiagnostics: true, compilerOptions: options});
for (const d of made.diagnostics) console.error('error: ' + ts.flattenDiagnosticMessageText(d.messageText, '; '));
if (made.diagnostics.length) process.exit(1);
fs.writeFileSync('main.js', made.outputText);
""".replace("FOLDERS", str(list(TYPESCRIPT)))
_NODE = ("node", "--max-old-space-size={memory}", "--stack-size=65500")
_OPENSSL = {"OPENSSL_CONF": "/dev/null"}
"""The machine's settings of OpenSSL may be closed to a run, and node does not start without them."""
_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel={tier}", "-XX:-UsePerfData", "-Xshare:auto")
_GO = {
    "GO111MODULE": "off",
    "GOFLAGS": "-p=1",
    "GOTOOLCHAIN": "local",
    "CGO_ENABLED": "0",
    "GOMAXPROCS": "2",
    "GOCACHE": "{folder}/go-cache",
    "GOPATH": "{folder}/go",
    "GOTMPDIR": "{folder}",
}

TABLE = (
    Language(
        name="c",
        fences=("c",),
        file="main.c",
        compiler=("gcc", "-O2", "-std=gnu17", "-o", "main", "{source}", "-lm"),
        made="main",
        runner=("./main",),
        version=("gcc", "-dumpfullversion"),
        packages=("gcc", "libc6-dev"),
        memory_error="out of memory",
    ),
    Language(
        name="c++",
        fences=("c++", "cpp", "cc", "cxx"),
        file="main.cpp",
        compiler=("g++", "-O2", "-std={std}", "-o", "main", "{source}"),
        made="main",
        runner=("./main",),
        version=("g++", "-dumpfullversion"),
        packages=("g++", "libc6-dev"),
        memory_error=_BAD_ALLOC,
        stds=CPP_STDS,
    ),
    Language(
        name="go",
        fences=("go", "golang"),
        file="main.go",
        compiler=("go", "build", "-o", "main", "."),
        made="main",
        runner=("./main",),
        version=("go", "version"),
        packages=("golang-go",),
        memory_error="out of memory|cannot allocate memory",
        reserve_bytes=64 * MIB,
        maps_more=True,
        environment=_GO,
    ),
    Language(
        name="java",
        fences=("java",),
        file="Main.java",
        compiler=(
            *("javac", *(f"-J{word.format(tier=1)}" for word in _JVM), "-J-Xmx512m", "-encoding", "UTF-8"),
            *("-nowarn", "-d", "classes", "{source}"),
        ),
        made="classes",
        runner=("java", *(word.format(tier=4) for word in _JVM), "-Xmx{memory}m", "-Xss64m", "-jar", "classes"),
        version=("java", "-version"),
        packages=("default-jdk-headless",),
        memory_error="java.lang.OutOfMemoryError",
        reserve_bytes=512 * MIB,
        maps_more=True,
    ),
    Language(
        name="javascript",
        fences=("javascript", "js", "node", "nodejs"),
        file="main.js",
        compiler=(),
        made="main.js",
        runner=(*_NODE, "{source}"),
        version=("node", "--version"),
        packages=("nodejs",),
        memory_error="JavaScript heap out of memory|Array buffer allocation failed|Invalid array length",
        reserve_bytes=256 * MIB,
        maps_more=True,
        environment=_OPENSSL,
    ),
    Language(
        name="rust",
        fences=("rust", "rs"),
        file="main.rs",
        compiler=("rustc", "-O", "--edition=2021", "-Awarnings", "-Cstrip=symbols", "-o", "main", "{source}"),
        made="main",
        runner=("./main",),
        version=("rustc", "--version"),
        packages=("rustc", "gcc", "libc6-dev"),
        memory_error=r"memory allocation of \d+ bytes failed",
    ),
    Language(
        name="typescript",
        fences=("typescript", "ts"),
        file="main.ts",
        compiler=("node", "-e", _TRANSPILE.replace("{", "{{").replace("}", "}}"), "{source}"),
        made="main.js",
        runner=(*_NODE, "main.js"),
        version=("node", "-e", _TRANSPILE),
        packages=("nodejs", "node-typescript"),
        memory_error="JavaScript heap out of memory|Array buffer allocation failed|Invalid array length",
        reserve_bytes=256 * MIB,
        maps_more=True,
        environment=_OPENSSL,
    ),
)
LANGUAGES = {language.name: language for language in TABLE}

COMPILING: dict[str, int] = {
    "cpu_s": 60,
    "memory_bytes": 2048 * MIB,
    "disk_bytes": 512 * MIB,
    "files": 512,
    "processes": 256,
    "inodes": 65536,
    "output_bytes": 64 * MIB,
}
"""Limits of a run that compiles: they hold the compiler, and no right program comes near."""

_PUBLIC_CLASS = re.compile(
    r"^[ \t]*public\s+(?:(?:final|abstract|strictfp|sealed)\s+)*(?:class|record|enum)\s+(\w+)", re.MULTILINE
)
_MODULE = re.compile(r"^[ \t]*(?:import\s*[\w{*'\"]|export\s+(?:default|const|function|class|\{))", re.MULTILINE)


def source_file(language: Language, source: str) -> str:
    """Name of the file for a text: Java's public class names its file, and modules of node end in mjs."""
    if language.name == "java" and (found := _PUBLIC_CLASS.search(source)):
        return f"{found[1]}.java"
    if language.name == "javascript" and _MODULE.search(source) and "require(" not in source:
        return "main.mjs"
    return language.file


def environment(language: Language, folder: str) -> dict[str, str]:
    """The variables of a language, with the working directory in place."""
    return {name: value.format(folder=folder) for name, value in language.environment.items()}


def command(words: tuple[str, ...], **values: Any) -> list[str]:
    """A command of the table with its places filled."""
    return [word.format(**values) for word in words]

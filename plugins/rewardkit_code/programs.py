"""A program made ready to run on standard input: compiled once, where its language needs that."""

import re
from collections.abc import Callable, Mapping

from rewardkit_code.extract import Program
from rewardkit_code.outcomes import SHOWN, TestOutcome, Verdict
from rewardkit_code.runner import Runner, end_of, limit_of
from rewardkit_sandbox import (
    COMPILING,
    EX_DATAERR,
    EX_UNAVAILABLE,
    LANGUAGES,
    Compile,
    Image,
    RunResult,
    SandboxUnavailableError,
    Script,
)

_ERROR = re.compile(r"\berror\b|^\S+\.go:\d+")


def prepare(
    program: Program, run: Runner, files: Mapping[str, str] | None = None
) -> Callable[[bytes], Script | Image] | TestOutcome:
    """The job for an input, or the outcome of a program that does not compile.

    files     texts that the program includes
    raises    SandboxUnavailableError where the sandbox lacks the language
    """
    text, language = program.text, program.language
    if language == "python":
        return lambda stdin: Script(text, stdin)
    image = text.encode("utf-8", "surrogatepass")
    if LANGUAGES[language].compiler:
        result = run.aside(Compile(text, language, program.std, files or {}), **COMPILING)
        if result.code == EX_UNAVAILABLE and result.end == "exit":
            raise lacking(language)
        stopped = limit_of(result)
        if stopped or result.end != "exit" or result.code != 0 or not result.channel:
            return TestOutcome("compiling", Verdict.COMPILE_ERROR, stopped[1] if stopped else _first_error(result))
        image = result.channel
    return lambda stdin: Image(image, language, stdin)


def _first_error(result: RunResult) -> str:
    lines = result.stderr.decode(errors="replace").splitlines()
    return next((line for line in lines if _ERROR.search(line)), "the compiler failed")[:SHOWN]


def lacking(language: str) -> SandboxUnavailableError:
    """The error of a sandbox without the tools of a language."""
    packages = " ".join(LANGUAGES[language].packages)
    fix = f"apt-get install {packages}; for Docker then rewardkit sandbox build --language {language}"
    return SandboxUnavailableError(f"the sandbox cannot run {language}", fix)


def failure(program: Program, result: RunResult) -> tuple[Verdict, str] | None:
    """The verdict of a run that a limit ended, or that did not end well; None for one that did.

    raises    SandboxUnavailableError where the sandbox lacks the language
    """
    stopped = limit_of(result)
    if stopped:
        return stopped
    if result.end == "exit" and result.code == 0:
        return None
    if program.language == "python":
        if result.code == EX_DATAERR and result.end == "exit" and not result.stdout:
            return Verdict.COMPILE_ERROR, end_of(result)[1]
        return end_of(result)
    if result.end == "exit" and result.code == EX_UNAVAILABLE and not result.stdout + result.stderr:
        raise lacking(program.language)
    said = result.stderr.decode(errors="replace")[-4000:]
    if memory := re.search(LANGUAGES[program.language].memory_error, said):
        return Verdict.MEMORY, memory[0]
    return end_of(result)

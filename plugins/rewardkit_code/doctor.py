"""The findings of `rewardkit doctor` on the sandboxes: each is tried, not guessed."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace

from rewardkit import Finding
from rewardkit_sandbox import (
    BUILD_PACKAGES,
    LANGUAGES,
    Limits,
    LocalBackend,
    Sandbox,
    SandboxBrokeError,
    SandboxUnavailableError,
    Script,
    built_packages,
    engine_runtimes,
    open_sandbox,
)

LIMITS = Limits(cpu_s=10)
_DISTRIBUTIONS = """
from importlib import metadata
print(", ".join(sorted(f"{d.name} {d.version}" for d in metadata.distributions())) or "the standard library alone")
"""
MIB = 1024 * 1024
AGAIN = "run `rewardkit doctor` again; report it if it stays"
BY_CONSENT = {"backend": "landlock", "reduced_isolation": True}
BY_AUTO = {"backend": "auto", "reduced_isolation": True}
VERSIONS = """
import json, os, re, subprocess, sys
found = {}
for name, (command, environment) in json.load(sys.stdin).items():
    environment = {key: value.format(folder=os.getcwd()) for key, value in environment.items()}
    try:
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    except OSError:
        continue
    version = re.search(r"\\d+(\\.\\d+)*", done.stdout + done.stderr)
    if done.returncode == 0 and version:
        found[name] = version[0]
print(json.dumps(found))
"""


def findings() -> list[Finding]:
    """Bubblewrap, how it holds memory, and the languages besides Python that it can run."""
    name = "sandbox bubblewrap"
    try:
        with open_sandbox("bubblewrap") as sandbox:
            return [Finding(name, "ok", _described(sandbox)), _memory(sandbox), _languages(sandbox), packages_finding()]
    except SandboxUnavailableError as exc:
        return [Finding(name, "broken" if sys.platform == "linux" else "missing", exc.found, exc.fix)]
    except SandboxBrokeError as exc:
        return [Finding(name, "broken", str(exc), AGAIN)]


def packages_finding() -> Finding:
    """The packages that programs can import, where a rubric names them."""
    name = "sandbox packages"
    there = [str(one) for one in built_packages()]
    if there:
        return Finding(name, "ok", f"the standard library, and where a rubric names them: {'; '.join(there)}")
    fix = f"{BUILD_PACKAGES} numpy pandas"
    return Finding(name, "missing", "programs can import the standard library alone", fix)


def docker_findings() -> list[Finding]:
    """Tried, not guessed: a container is started and runs a program."""
    name = "sandbox docker"
    try:
        with open_sandbox("docker") as sandbox:
            version = sandbox.run(Script("import sys; print(sys.version.split()[0])"), LIMITS).stdout.decode().strip()
            works = Finding(name, "ok", f"Python {version}; {sandbox.isolation}")
            return [
                works,
                _docker_memory(sandbox.isolation),
                Finding(f"{name}: packages", "ok", sandbox.run(Script(_DISTRIBUTIONS), LIMITS).stdout.decode().strip()),
                _languages(sandbox, f"{name}: languages"),
                Finding(f"{name}: runtimes", "ok", ", ".join(engine_runtimes())),
            ]
    except SandboxUnavailableError as exc:
        return [Finding(name, "missing", exc.found, exc.fix)]
    except SandboxBrokeError as exc:
        return [Finding(name, "broken", str(exc), AGAIN)]


def _docker_memory(isolation: str) -> Finding:
    name = "sandbox docker: memory"
    if isolation.endswith("by cgroup"):
        return Finding(name, "ok", "held by the engine's memory cgroup")
    fix = "let the engine limit memory: with cgroup version 2 and systemd also for a rootless one"
    return Finding(name, "missing", "the engine cannot limit memory: held for each process, watched for all", fix)


def landlock_finding() -> Finding:
    """The backend for machines where no other works; that it works is no reason to take it."""
    name = "sandbox landlock"
    try:
        with open_sandbox(BY_CONSENT) as sandbox:
            return Finding(name, "ok", f"{_described(sandbox)}; taken only by `sandbox: {_yaml(BY_CONSENT)}`")
    except SandboxUnavailableError as exc:
        return Finding(name, "missing", exc.found, exc.fix)
    except SandboxBrokeError as exc:
        return Finding(name, "broken", str(exc), AGAIN)


def auto_finding() -> Finding:
    """The backend that `sandbox: auto` takes on this machine."""
    name = "sandbox auto"
    try:
        with open_sandbox("auto") as sandbox:
            return Finding(name, "ok", f"takes {sandbox.name}")
    except SandboxUnavailableError as exc:
        fix = f"fix one of the sandboxes above, or let reduced isolation do: `sandbox: {_yaml(BY_AUTO)}`"
        return Finding(name, "broken", exc.found, fix)


def _described(sandbox: Sandbox) -> str:
    """The interpreter that programs get, and what they are kept from."""
    source = "import sys; print(sys.version.split()[0])"
    version = sandbox.run(Script(source), LIMITS).stdout.decode().strip()
    where = f" from {sandbox.interpreter}" if isinstance(sandbox, LocalBackend) else ""
    started = f"{sandbox.started_by}; " if isinstance(sandbox, LocalBackend) and sandbox.started_by else ""
    return f"{started}Python {version}{where}; {sandbox.isolation}"


def _yaml(choice: Mapping[str, object]) -> str:
    return "{" + ", ".join(f"{key}: {str(value).lower()}" for key, value in choice.items()) + "}"


def _memory(sandbox: Sandbox) -> Finding:
    if sandbox.isolation.endswith("by cgroup"):
        return Finding("sandbox memory", "ok", "held by a memory cgroup")
    fix = "run as root with a memory cgroup that can be written to; the limit is then hard for all processes together"
    return Finding("sandbox memory", "missing", "held for each process by the kernel, for all together by a watch", fix)


def _languages(sandbox: Sandbox, name: str = "sandbox languages") -> Finding:
    """The languages whose tools answer with their version in the sandbox."""
    commands = {item.name: (item.version, dict(item.environment)) for item in LANGUAGES.values()}
    limits = replace(LIMITS, memory_bytes=4096 * MIB, processes=256)
    found = json.loads(sandbox.run(Script(VERSIONS, json.dumps(commands).encode()), limits).stdout or b"{}")
    there = ", ".join(["Python", *(f"{language} {version}" for language, version in sorted(found.items()))])
    lacking = [language for language in LANGUAGES if language not in found]
    if not lacking:
        return Finding(name, "ok", there)
    fix = "; ".join(f"for {language} {_fix(language, sandbox)}" for language in lacking)
    return Finding(name, "missing", f"only {there}", fix)


def _fix(language: str, sandbox: Sandbox) -> str:
    if sandbox.name == "docker":
        return f"rewardkit sandbox build --language {language}"
    return f"apt-get install {' '.join(LANGUAGES[language].packages)}"

"""What `rewardkit doctor` says of the sandboxes on this machine: tried, not guessed."""

import sys

from rewardkit import Finding
from rewardkit_sandbox import (
    EX_UNAVAILABLE,
    Compile,
    Limits,
    Sandbox,
    SandboxBrokeError,
    SandboxUnavailableError,
    Script,
    open_sandbox,
)

LIMITS = Limits(cpu_s=10)
C = Compile("int main(void) { return 0; }", "c")
CPP = Compile("int main() { return 0; }", "c++")
JS = Script("process.exit(0)", language="javascript")
LANGUAGES = (
    ("C", C, "apt-get install gcc"),
    ("C++", CPP, "apt-get install g++"),
    ("JavaScript", JS, "apt-get install nodejs"),
)


def findings() -> list[Finding]:
    """The bubblewrap sandbox, how it holds memory, and the languages besides Python that it can run."""
    name = "sandbox bubblewrap"
    try:
        with open_sandbox("bubblewrap") as sandbox:
            version = sandbox.run(Script("import sys; print(sys.version.split()[0])"), LIMITS).stdout.decode().strip()
            works = Finding(name, "ok", f"Python {version}; {sandbox.isolation}")
            return [works, _memory(sandbox), _languages(sandbox)]
    except SandboxUnavailableError as exc:
        return [Finding(name, "broken" if sys.platform == "linux" else "missing", exc.found, exc.fix)]
    except SandboxBrokeError as exc:
        return [Finding(name, "broken", str(exc), "run `rewardkit doctor` again; report it if it stays")]


def _memory(sandbox: Sandbox) -> Finding:
    if sandbox.isolation.endswith("by cgroup"):
        return Finding("sandbox memory", "ok", "held by a memory cgroup")
    fix = "run as root with a memory cgroup that can be written to; the limit is then hard for all processes together"
    return Finding("sandbox memory", "missing", "held for each process by the kernel, for all together by a watch", fix)


def _languages(sandbox: Sandbox) -> Finding:
    name = "sandbox languages"
    results = [(language, fix, sandbox.run(job, LIMITS)) for language, job, fix in LANGUAGES]
    there = ["Python", *(language for language, _, result in results if result.code == 0)]
    lacking = [fix for _, fix, result in results if result.code == EX_UNAVAILABLE]
    if lacking:
        return Finding(name, "missing", f"only {', '.join(there)}", lacking[0])
    return Finding(name, "ok", ", ".join(there))

"""What `rewardkit doctor` says of the sandbox `docker`: the engine, its image, its memory limit, its runtimes."""

from rewardkit import Finding
from rewardkit_sandbox import (
    Limits,
    SandboxBrokeError,
    SandboxUnavailableError,
    Script,
    engine_runtimes,
    open_sandbox,
)

LIMITS = Limits(cpu_s=10)


def docker_findings() -> list[Finding]:
    """Tried, not guessed: a container is started and runs a program."""
    name = "sandbox docker"
    try:
        with open_sandbox("docker") as sandbox:
            version = sandbox.run(Script("import sys; print(sys.version.split()[0])"), LIMITS).stdout.decode().strip()
            works = Finding(name, "ok", f"Python {version}; {sandbox.isolation}")
            return [works, _memory(sandbox.isolation), Finding(f"{name}: runtimes", "ok", ", ".join(engine_runtimes()))]
    except SandboxUnavailableError as exc:
        return [Finding(name, "missing", exc.found, exc.fix)]
    except SandboxBrokeError as exc:
        return [Finding(name, "broken", str(exc), "run `rewardkit doctor` again; report it if it stays")]


def _memory(isolation: str) -> Finding:
    name = "sandbox docker: memory"
    if isolation.endswith("by cgroup"):
        return Finding(name, "ok", "held by the engine's memory cgroup")
    fix = "let the engine limit memory: with cgroup version 2 and systemd also for a rootless one"
    return Finding(name, "missing", "the engine cannot limit memory: held for each process, watched for all", fix)

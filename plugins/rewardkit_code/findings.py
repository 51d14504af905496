"""What `rewardkit doctor` says of the sandboxes on this machine."""

import sys

from rewardkit import Finding
from rewardkit_sandbox import Limits, SandboxError, Script, open_sandbox


def findings() -> list[Finding]:
    """One finding for each backend: tried, not guessed."""
    return [_bubblewrap()]


def _bubblewrap() -> Finding:
    name = "sandbox bubblewrap"
    try:
        with open_sandbox("bubblewrap") as sandbox:
            result = sandbox.run(Script("import sys; print(sys.version.split()[0])"), Limits(cpu_s=5))
    except SandboxError as exc:
        found, _, fix = str(exc).partition(": ")
        return Finding(name, "missing" if sys.platform != "linux" else "broken", found, fix)
    return Finding(name, "ok", f"Python {result.stdout.decode().strip()}; {sandbox.isolation}")

"""The errors of a sandbox. A program that fails, whatever it does, raises nothing: that is a result.

SandboxError
├── SandboxUnavailableError    no such sandbox works on this machine; the message names the fix
├── SandboxUnsupportedError    this backend cannot run such a job
└── SandboxBrokeError          the sandbox itself failed in the middle of a run: no verdict
"""


class SandboxError(Exception):
    """Base of what a sandbox raises."""


class SandboxUnavailableError(SandboxError):
    """No such sandbox works on this machine.

    found   what there is instead
    fix     the one command or step that fixes it; empty where there is none
    """

    def __init__(self, found: str, fix: str = "") -> None:
        super().__init__(f"{found}: {fix}" if fix else found)
        self.found = found
        self.fix = fix


class SandboxUnsupportedError(SandboxError):
    """A job that this backend cannot run; another one can."""


class SandboxBrokeError(SandboxError):
    """The sandbox failed in the middle of a run.

    Open a fresh one and try once more: a program that does it again did it itself.
    """

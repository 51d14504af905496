"""Runs programs that nobody trusts, within limits, and reports what they did, without an opinion."""

from rewardkit_sandbox.choose import backend_name, open_sandbox
from rewardkit_sandbox.docker.engine import engine_runtimes
from rewardkit_sandbox.docker.image import build_image
from rewardkit_sandbox.errors import SandboxBrokeError, SandboxError, SandboxUnavailableError, SandboxUnsupportedError
from rewardkit_sandbox.guest.languages import COMPILING, LANGUAGES, Language
from rewardkit_sandbox.guest.wire import Iterated, Opaque, WireError, decode, split_frames
from rewardkit_sandbox.lazy import LazySandbox
from rewardkit_sandbox.local.backend import LocalBackend
from rewardkit_sandbox.local.build_packages import build_packages
from rewardkit_sandbox.packages import BUILD as BUILD_PACKAGES
from rewardkit_sandbox.packages import built as built_packages
from rewardkit_sandbox.protocol import (
    EX_DATAERR,
    EX_UNAVAILABLE,
    Answers,
    Compile,
    Driven,
    Image,
    Interactive,
    Job,
    Limits,
    Reporting,
    RunResult,
    Sandbox,
    Script,
    Usage,
)

__all__ = [
    "BUILD_PACKAGES",
    "COMPILING",
    "EX_DATAERR",
    "EX_UNAVAILABLE",
    "LANGUAGES",
    "Answers",
    "Compile",
    "Driven",
    "Image",
    "Interactive",
    "Iterated",
    "Job",
    "Language",
    "LazySandbox",
    "Limits",
    "LocalBackend",
    "Opaque",
    "Reporting",
    "RunResult",
    "Sandbox",
    "SandboxBrokeError",
    "SandboxError",
    "SandboxUnavailableError",
    "SandboxUnsupportedError",
    "Script",
    "Usage",
    "WireError",
    "backend_name",
    "build_image",
    "build_packages",
    "built_packages",
    "decode",
    "engine_runtimes",
    "open_sandbox",
    "split_frames",
]

"""A file of accepted findings: an audit in CI then fails for what is new alone."""

import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from rewardkit.auditing.findings import AuditReport
from rewardkit.errors import InputError
from rewardkit.output.os_errors import os_errors_as_output_errors

VERSION = 1


def read(path: Path, *, new: bool = False) -> frozenset[str]:
    """The fingerprints of accepted findings; none of a file that is not there, if it is about to be written (`new`).

    raises  InputError
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version, accepted = content["version"], frozenset(str(one["fingerprint"]) for one in content["accepted"])
    except FileNotFoundError:
        if new:
            return frozenset()
        raise InputError(f"{path}: there is no such file; --update-baseline writes it") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{path}: is not a baseline of `rewardkit audit`: {error}; write it anew") from None
    if version != VERSION:
        raise InputError(f"{path}: is a baseline of version {version!r}, wanted {VERSION}; write it anew")
    return accepted


def write(path: Path, report: AuditReport) -> None:
    """Writes all findings of a report as accepted, in a stable order, for a repository.

    raises  OutputError
    """
    accepted = [
        {"fingerprint": one.fingerprint, "rule": one.rule, "reward": one.reward, "message": one.message}
        for one in sorted(report.findings, key=lambda one: (one.rule, one.fingerprint))
    ]
    with os_errors_as_output_errors(path):
        path.write_text(json.dumps({"version": VERSION, "accepted": accepted}, indent=2) + "\n", encoding="utf-8")


def applied(report: AuditReport, accepted: Collection[str]) -> AuditReport:
    """The report with the accepted findings apart."""
    return replace(
        report,
        findings=tuple(one for one in report.findings if one.fingerprint not in accepted),
        accepted=tuple(one for one in report.findings if one.fingerprint in accepted),
    )

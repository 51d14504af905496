"""A report of an audit for other tools: SARIF 2.1.0 for code scanning, JUnit XML for CI.

SARIF: https://docs.oasis-open.org/sarif/sarif/v2.1.0/. A location is the row that shows a finding, else the rubric.
"""

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from rewardkit.auditing.findings import AuditFinding, AuditReport
from rewardkit.registry.built_in import version
from rewardkit.text import printable

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_WHERE = re.compile(r"(?P<file>.+), (?:line|row) (?P<line>\d+)")


def sarif_of(report: AuditReport) -> str:
    """The report as SARIF; accepted findings are suppressed results."""
    rules = {one.rule: one for one in (*report.findings, *report.accepted)}
    results = [
        *(_result(one, report, accepted=False) for one in report.findings),
        *(_result(one, report, accepted=True) for one in report.accepted),
    ]
    driver = {
        "name": "rewardkit audit",
        "version": version(),
        "rules": [
            {"id": rule, "shortDescription": {"text": rule}, "help": {"text": one.fix or one.message}}
            for rule, one in rules.items()
        ],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=True) + "\n"


def _result(found: AuditFinding, report: AuditReport, *, accepted: bool) -> Mapping[str, Any]:
    place = _WHERE.fullmatch(found.where or "")
    physical: dict[str, Any] = {"artifactLocation": {"uri": place["file"] if place else report.rubric}}
    if place:
        physical["region"] = {"startLine": int(place["line"])}
    result: dict[str, Any] = {
        "ruleId": found.rule,
        "level": found.level,
        "message": {"text": _text(found)},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {"rewardkit/v1": found.fingerprint},
    }
    return result | ({"suppressions": [{"kind": "external"}]} if accepted else {})


def junit_of(report: AuditReport) -> str:
    """The report as JUnit XML: a failure for each warning and error, and a test passed for each attack not paid."""
    failing = report.at_least("warning")
    found = {one.rule for one in failing}
    passed = [one.attack for one in report.attacks if f"attack/{one.attack}" not in found]
    suite = ET.Element(
        "testsuite",
        name=f"rewardkit audit {report.rubric}",
        tests=str(len(failing) + len(passed)),
        failures=str(len(failing)),
        errors="0",
        skipped="0",
    )
    for name in passed:
        ET.SubElement(suite, "testcase", classname="rewardkit.audit", name=f"attack/{name}")
    for one in failing:
        name = one.rule if one.reward is None else f"{one.rule} [{one.reward}]"
        case = ET.SubElement(suite, "testcase", classname="rewardkit.audit", name=_xml(name))
        ET.SubElement(case, "failure", type=one.level, message=_xml(one.message)).text = _xml(_text(one))
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _text(found: AuditFinding) -> str:
    lines = [found.message]
    if found.completion is not None and found.earned is not None:
        lines.append(f"The completion {found.completion[:300]!r} earns {found.earned:g}.")
    if found.where:
        lines.append(f"Row: {found.where}.")
    if found.fix:
        lines.append(f"Fix: {found.fix}.")
    return "\n".join(lines)


def _xml(text: str) -> str:
    """A text without the characters that XML cannot hold."""
    return re.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", printable(text))

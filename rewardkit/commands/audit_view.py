"""The report of an audit as a person reads it: what is wrong first, then what was tried."""

from collections.abc import Mapping

from rewardkit.auditing.attack import Attack
from rewardkit.auditing.findings import AuditFinding, AuditReport
from rewardkit.commands.console import SafeConsole, console, number, safe, safe_block, table

STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}
EXCERPT = 300


def print_report(report: AuditReport, attacks: Mapping[str, Attack], *, redact: bool) -> None:
    """Prints the findings, and how the rubric stands without them.

    redact  no completions, and no reasons, which can quote them
    """
    screen = console()
    screen.print(
        f"[bold]{safe(report.rubric)}[/]: {report.tasks:,} tasks, {report.judged:,} completions judged; a right one "
        f"earns {number(report.right)}, an honest wrong one {number(report.wrong)}",
        soft_wrap=True,
    )
    if report.known < report.tasks:
        screen.print(
            f"[yellow]for {report.tasks - report.known:,} of {report.tasks:,} tasks no right completion is known: name "
            "the column of a reference solution, or add rollouts[/]",
            soft_wrap=True,
        )
    for found in report.findings:
        _print_finding(screen, found, redact=redact)
    every = (*report.findings, *report.accepted)
    paid = {found.rule.removeprefix("attack/") for found in every}
    paid |= {name for found in every for name in found.details.get("also", ())}
    tried = {result.attack for result in report.attacks}
    quiet = [name for name in attacks if name in tried - paid]
    screen.print()
    if quiet:
        screen.print(f"[green]not paid:[/] {', '.join(quiet)}", soft_wrap=True)
    counts = {level: sum(found.level == level for found in report.findings) for level in STYLES}
    told = ", ".join(f"{count} {level}{'' if count == 1 else 's'}" for level, count in counts.items() if count)
    more = f"; {len(report.accepted)} accepted by the baseline" if report.accepted else ""
    more += f"; {report.not_repeated} did not show again and are left out" if report.not_repeated else ""
    screen.print(f"{told or 'nothing found'}{more}")


def _print_finding(screen: SafeConsole, found: AuditFinding, *, redact: bool) -> None:
    style = STYLES[found.level]
    whose = f" [bold]{safe(found.reward)}[/]" if found.reward else ""
    screen.print(f"\n[{style}]{found.level}[/] {safe(found.rule)}{whose}", soft_wrap=True)
    also = found.details.get("also")
    told = f"; so do {', '.join(also)}" if also else ""
    screen.print(f"  {safe(found.message)}{safe(told)}", soft_wrap=True)
    if found.completion is not None and not redact:
        text = found.completion if len(found.completion) <= EXCERPT else f"{found.completion[:EXCERPT]}…"
        earned = "" if found.earned is None else f" earns {number(found.earned)}"
        shown = "(nothing at all)" if not text.strip() else text
        where = f" [dim]({safe(found.where)})[/]" if found.where else ""
        screen.print(f"  [dim]smallest completion{earned}:[/]{where}", soft_wrap=True)
        for line in shown.splitlines():
            screen.print(f"    {safe_block(line)}", soft_wrap=True)
    elif found.where:
        screen.print(f"  [dim]{safe(found.where)}[/]", soft_wrap=True)
    if found.fix:
        screen.print(f"  fix: {safe(found.fix)}", soft_wrap=True)


def print_attacks(attacks: Mapping[str, Attack]) -> None:
    """Lists the attacks."""
    listed = table("attack", "what is written", "should earn")
    for attack in attacks.values():
        should = {"nothing": "nothing", "wrong": "no more than a wrong answer", "right": "no more than a right answer"}
        listed.add_row(safe(attack.name), safe(attack.about), should[attack.compare])
    console().print(listed)

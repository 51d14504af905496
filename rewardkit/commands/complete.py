"""Values that a shell completes: names of rubrics, rewards, formats. Files are left to the shell."""

from collections.abc import Iterable


def rubrics(incomplete: str) -> list[str]:
    """Rubrics by name."""
    from rewardkit.rubrics.named import NAMES  # noqa: PLC0415 - only while a shell completes

    return _starting(incomplete, NAMES)


def rewards(incomplete: str) -> list[str]:
    """Built-in rewards, and those that other distributions offer."""
    from rewardkit.registry.built_in import REWARDS  # noqa: PLC0415
    from rewardkit.registry.discovery import PLUGINS, offers  # noqa: PLC0415

    return _starting(incomplete, [*REWARDS, *(offer.point.name for offer in offers(PLUGINS)[0])])


def formats(incomplete: str) -> list[str]:
    """Formats of input rows."""
    from rewardkit.input.row_format import ROW_FORMATS  # noqa: PLC0415

    return _starting(incomplete, ROW_FORMATS)


def estimators(incomplete: str) -> list[str]:
    """Estimators of advantages that need one group alone."""
    from rewardkit.advantages import ESTIMATORS, OVER_BATCH  # noqa: PLC0415

    return _starting(incomplete, ESTIMATORS.keys() - OVER_BATCH)


def sandboxes(incomplete: str) -> list[str]:
    """Sandboxes that need no consent."""
    return _starting(incomplete, ("auto", "bubblewrap", "docker"))


def statuses(incomplete: str) -> list[str]:
    """How a judgement ends."""
    return _starting(incomplete, ("scored", "abstained", "failed"))


def exports(incomplete: str) -> list[str]:
    """Formats of other tools."""
    from rewardkit.output.exports import EXPORTS  # noqa: PLC0415

    return _starting(incomplete, EXPORTS)


def presets(incomplete: str) -> list[str]:
    """Recipes of a selection."""
    from rewardkit.selection.criteria import PRESETS  # noqa: PLC0415

    return _starting(incomplete, PRESETS)


def _starting(incomplete: str, names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(incomplete))

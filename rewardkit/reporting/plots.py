"""The main plots of a report as SVG texts, for papers and notebooks: black on white, no script, one font."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from xml.sax.saxutils import escape

from rewardkit.reporting.data import ReportData

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 480, 240, 52, 36, 24
BINS = 20
COLOURS = ("#0b62c4", "#c2410c", "#1a7f4b", "#7c3aed", "#b45309", "#0e7490", "#be185d", "#4d7c0f")


def plots(data: ReportData) -> dict[str, str]:
    """Plots by name: `reward` always; `steps`, where the rows have steps."""
    rewards = [value for value in data.rewards if value is not None]
    made = {"reward": histogram(rewards, "reward", "completions")} if rewards else {}
    by_step = _means(data)
    if len(by_step) > 1:
        steps = sorted(by_step)
        names = list(dict.fromkeys(name for step in steps for name in by_step[step]))
        series = {name: [by_step[step].get(name) for step in steps] for name in names}
        made["steps"] = curves(steps, series, "step", "mean value")
    return made


def histogram(values: Sequence[float], across: str, up: str) -> str:
    """How often values come."""
    low, high = min(values), max(values)
    width = (high - low) or 1.0
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, int((value - low) / width * BINS))] += 1
    most, wide = max(counts), (WIDTH - LEFT - 8) / BINS
    bars = [
        f'<rect x="{LEFT + at * wide:.1f}" y="{_y(count / most):.1f}" width="{wide - 1:.1f}" '
        f'height="{HEIGHT - BOTTOM - _y(count / most):.1f}" fill="{COLOURS[0]}"/>'
        for at, count in enumerate(counts)
        if count
    ]
    return _framed("".join(bars), (low, high), (0, most), across, up)


def curves(steps: Sequence[float], series: Mapping[str, Sequence[float | None]], across: str, up: str) -> str:
    """A line for each series."""
    every = [value for values in series.values() for value in values if value is not None]
    low, high = min(0.0, *every), max(every)
    tall, wide = (high - low) or 1.0, (steps[-1] - steps[0]) or 1.0
    drawn = []
    for index, (name, values) in enumerate(series.items()):
        points = " ".join(
            f"{LEFT + (step - steps[0]) / wide * (WIDTH - LEFT - 8):.1f},{_y((value - low) / tall):.1f}"
            for step, value in zip(steps, values, strict=True)
            if value is not None
        )
        colour = COLOURS[index % len(COLOURS)]
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        x, y = LEFT + 8 + 110 * (index % 4), 12 + 12 * (index // 4)
        drawn.append(f'<text x="{x}" y="{y}" fill="{colour}">{escape(name)}</text>')
    return _framed("".join(drawn), (steps[0], steps[-1]), (low, high), across, up)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _framed(inner: str, x: tuple[float, float], y: tuple[float, float], across: str, up: str) -> str:
    base, middle = HEIGHT - BOTTOM, (LEFT + WIDTH) / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="#fff"/>{inner}'
        f'<path d="M{LEFT} {TOP}V{base}H{WIDTH - 8}" fill="none" stroke="#000" stroke-width="0.8"/>'
        f'<text x="{LEFT}" y="{base + 14}">{x[0]:g}</text>'
        f'<text x="{WIDTH - 8}" y="{base + 14}" text-anchor="end">{x[1]:g}</text>'
        f'<text x="{LEFT - 5}" y="{base}" text-anchor="end">{y[0]:.4g}</text>'
        f'<text x="{LEFT - 5}" y="{TOP + 8}" text-anchor="end">{y[1]:.4g}</text>'
        f'<text x="{middle}" y="{HEIGHT - 6}" text-anchor="middle">{escape(across)}</text>'
        f'<text transform="translate(12 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">{escape(up)}</text>'
        "</svg>\n"
    )


def _means(data: ReportData) -> dict[float, dict[str, float]]:
    """By step the mean of the reward and of each score."""
    held: dict[float, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    columns = {"reward": data.rewards, **{name: values for name, values in data.values.items() if name != "reward"}}
    for name, values in columns.items():
        for step, value in zip(data.steps, values, strict=True):
            if step is not None and value is not None:
                held[step][name].append(value)
    return {step: {name: fmean(values) for name, values in named.items()} for step, named in held.items()}

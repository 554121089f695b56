"""
Plots as SVG text: intervals, quality against cost, differences case by case, a measure over runs.

Plain strings, no library; colours come from the page's style sheet. Nothing here computes a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from math import ceil, floor, isnan, log10

from rag.measures.statistics import Interval, plain

WIDTH = 900
NARROW = 380  # of a plot for a telephone
LABEL = 230
LINE = 13


def intervals(rows: Sequence[tuple[str, Interval]], name: str, *, share: bool) -> str:
    """A line a system: its mean as a dot, its 95 % interval as a whisker. A `share` is drawn from 0 to 1."""
    shown = [(label, interval) for label, interval in rows if not isnan(interval.mean)]
    low, high = _bounds([v for _, i in shown for v in (i.low, i.high)], share)
    said = f"{name}: mean and 95 % interval of each system"
    wide = _svg(*_lines(shown, (low, high), WIDTH, LABEL), said)
    small = _svg(*_lines(shown, (low, high), NARROW, 0), said, NARROW)
    return f"<div class=large>{wide}</div><div class=small>{small}</div>"


def _lines(
    shown: Sequence[tuple[str, Interval]], bounds: tuple[float, float], width: int, left: int
) -> tuple[list[str], float]:
    """The parts of such a plot and its height; the labels stand `left` of the lines, or above them."""
    step, below = (24, 18) if left else (44, 34)
    x = _scale(*bounds, left or 16, width - 90)
    parts = _axis_x(x, _ticks(*bounds), step * len(shown) + 8)
    for row, (label, interval) in enumerate(shown):
        y = step * row + below
        place = f'x="{left - 12}" y="{y + 4}" text-anchor="end"' if left else f'x="0" y="{y - 12}"'
        parts.append(f"<text {place}>{escape(_short(label, 28 if left else 50))}</text>")
        parts.append(
            f'<line class="whisker" x1="{x(interval.low):.1f}" x2="{x(interval.high):.1f}" y1="{y}" y2="{y}"/>'
        )
        parts.append(f'<circle class="dot" cx="{x(interval.mean):.1f}" cy="{y}" r="4"/>')
        parts.append(f'<text class="soft" x="{width - 80}" y="{y + 4}">{_number(interval.mean)}</text>')
    return parts, step * len(shown) + 34


def costs(rows: Sequence[tuple[str, Interval, Interval]], name: str, cost: str, *, share: bool) -> str:
    """Quality (with its interval) against cost, a dot a system."""
    shown = [(label, q, c) for label, q, c in rows if not isnan(q.mean) and not isnan(c.mean)]
    bounds = _bounds([v for _, q, _ in shown for v in (q.low, q.high)], share)
    said = f"{name} against {cost}"
    wide = _svg(_dots(shown, bounds, cost, WIDTH, 200), 326, said)
    small = _svg(_dots(shown, bounds, cost, NARROW, 16), 326, said, NARROW)
    return f"<div class=large>{wide}</div><div class=small>{small}</div>"


def _dots(
    shown: Sequence[tuple[str, Interval, Interval]], bounds: tuple[float, float], cost: str, width: int, margin: int
) -> list[str]:
    """The parts of such a plot, with a `margin` for labels; without room for them they stand on the other side."""
    left, right = _bounds([0.0, *(c.mean * 1.1 for _, _, c in shown)])
    x, y = _scale(left, right, 70, width - margin), _scale(*bounds, 270, 20)
    ticks = _ticks(left, right)
    parts = _axis_x(x, ticks if width == WIDTH else ticks[::2], 280)
    for tick in _ticks(*bounds):
        parts.append(f'<line class="axis" x1="70" x2="{width - margin}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(f'<text class="soft" x="62" y="{y(tick) + 4:.1f}" text-anchor="end">{_number(tick)}</text>')
    for _, q, c in shown:
        at = x(c.mean)
        parts.append(f'<line class="whisker" x1="{at:.1f}" x2="{at:.1f}" y1="{y(q.low):.1f}" y2="{y(q.high):.1f}"/>')
        parts.append(f'<circle class="dot" cx="{at:.1f}" cy="{y(q.mean):.1f}" r="5"/>')
    parts += _labels([(x(c.mean) + 9, y(q.mean), label) for label, q, c in shown], width)
    parts.append(f'<text class="soft" x="70" y="318">{escape(cost)}</text>')
    return parts


def differences(pairs: Sequence[tuple[str, str, float]], name: str, *, lower: bool, share: bool) -> str:
    """A bar a case (id, question, difference), the worst first; cases that did not change are left out."""
    moved = [pair for pair in pairs if pair[2] != 0]
    if not moved:
        return "<p class=soft>No case changed.</p>"
    most = 1.0 if share else max(abs(difference) for _, _, difference in moved)
    wide = min(24.0, (WIDTH - 60) / len(moved))
    y = _scale(-most, most, 230, 10)
    parts = []
    for tick in (-most, 0.0, most):
        parts.append(f'<line class="axis" x1="55" x2="{WIDTH}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(f'<text class="soft" x="48" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:+.2f}</text>')
    for index, (case, question, difference) in enumerate(moved):
        at = 58 + index * wide
        top, bottom = sorted((y(0), y(difference)))
        kind = "up" if (difference > 0) != lower else "down"
        bar = f'x="{at:.2f}" width="{max(wide - 0.6, 0.6):.2f}"'
        parts.append(f'<rect class="{kind}" {bar} y="{top:.1f}" height="{max(bottom - top, 0.5):.1f}"/>')
        said = escape(f"{case}: {difference:+.3f} · {_short(question, 100)}")
        parts.append(
            f'<rect class="hit" tabindex="0" data-case="{escape(case)}" {bar} y="10" height="220">'
            f"<title>{said}</title></rect>"
        )
    return _svg(parts, 240, f"{name}: difference of each of {len(moved)} cases that changed")


def over_time(lines: Sequence[tuple[str, Sequence[tuple[int, Interval]]]], name: str, *, share: bool) -> str:
    """A line a system over the runs' numbers."""
    points = [(number, interval) for _, line in lines for number, interval in line if not isnan(interval.mean)]
    if not points:
        return "<p class=soft>No run has this measure.</p>"
    low, high = _bounds([v for _, i in points for v in (i.low, i.high)], share)
    first, last = min(number for number, _ in points), max(number for number, _ in points)
    x, y = _scale(first - 0.5, last + 0.5, 70, WIDTH - 200), _scale(low, high, 230, 15)
    parts, ends = [], []
    for tick in _ticks(low, high):
        parts.append(f'<line class="axis" x1="70" x2="{WIDTH - 200}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(f'<text class="soft" x="62" y="{y(tick) + 4:.1f}" text-anchor="end">{_number(tick)}</text>')
    for label, line in lines:
        shown = [(number, interval) for number, interval in line if not isnan(interval.mean)]
        path = " ".join(f"{x(number):.1f},{y(interval.mean):.1f}" for number, interval in shown)
        parts.append(f'<polyline points="{path}" fill="none" class="whisker"/>')
        for number, interval in shown:
            at, said = x(number), f"run {number}: {_number(interval.mean)}"
            parts.append(
                f'<line class="whisker" style="opacity:.4" x1="{at:.1f}" x2="{at:.1f}"'
                f' y1="{y(interval.low):.1f}" y2="{y(interval.high):.1f}"/>'
                f'<circle class="dot" cx="{at:.1f}" cy="{y(interval.mean):.1f}" r="4"><title>{said}</title></circle>'
            )
        if shown:
            ends.append((x(shown[-1][0]) + 9, y(shown[-1][1].mean), label))
    parts += _labels(ends)
    parts.append('<text class="soft" x="70" y="252">run</text>')
    return _svg(parts, 260, f"{name} over the runs")


def _labels(placed: Sequence[tuple[float, float, str]], width: int = WIDTH) -> list[str]:
    """Labels beside their dots, moved down where one would stand on another; near the right edge before their dots."""
    taken: list[tuple[float, float]] = []
    parts = []
    for x, y, label in sorted(placed, key=lambda one: one[1]):
        while any(abs(x - other_x) < LABEL and abs(y - other_y) < LINE for other_x, other_y in taken):
            y += 1
        taken.append((x, y))
        before = width == NARROW and x > width / 2
        place = f'x="{x - 18:.1f}" text-anchor="end"' if before else f'x="{x:.1f}"'
        parts.append(f'<text {place} y="{y + 4:.1f}">{escape(_short(label))}</text>')
    return parts


def _svg(parts: Sequence[str], height: float, said: str, width: int = WIDTH) -> str:
    title = f"<title>{escape(said)}</title>"
    drawn = f'<svg viewBox="0 0 {width} {height:.0f}" role="img" width="{width}">{title}{"".join(parts)}</svg>'
    return f"<div class=wide>{drawn}</div>"


def _axis_x(x: Callable[[float], float], ticks: Sequence[float], height: float) -> list[str]:
    return [
        f'<line class="axis" x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="4" y2="{height}"/>'
        f'<text class="soft" x="{x(tick):.1f}" y="{height + 16}" text-anchor="middle">{_number(tick)}</text>'
        for tick in ticks
    ]


def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    return lambda value: start + (value - low) / (high - low) * (end - start)


def _bounds(values: Sequence[float], share: bool = False) -> tuple[float, float]:
    """The range of the values with a little air; never empty. That of a share is the same in all charts."""
    if share:
        return 0.0, 1.0
    known = [value for value in values if not isnan(value)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    air = (high - low) * 0.06 or max(abs(high), 1.0) * 0.05
    return (low if low == 0 else low - air), high + air


def _ticks(low: float, high: float) -> list[float]:
    """About five round numbers within the range."""
    raw = (high - low) / 5
    power = 10 ** floor(log10(raw))
    step = next(step for step in (power, 2 * power, 5 * power, 10 * power) if step >= raw)
    first = ceil(low / step)
    return [round(n * step, 12) for n in range(first, floor(high / step) + 1)]


def _number(value: float) -> str:
    if 0 < abs(value) < 0.001:
        return f"{value:.2g}"
    return plain(value) if abs(value) < 10 else f"{value:,.0f}"


def _short(text: str, most: int = 28) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"

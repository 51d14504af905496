r"""Hedges: answers that name a second value beside the one that counts.

`\boxed{5}. Alternatively, \boxed{7}` and "The answer is 7. Or 5." name two. Such an answer is right only where each of
the values is, or where the ground truth lists them; a correction ("not 1 but 2", "wait, it is 2") is no hedge.
"""

import re

from rewardkit_math.complexity_limits import ANSWER_CHARS

_JOINT = (
    r"(?:or|alternatively|otherwise|maybe|perhaps|possibly|if\s+not(?:\s+that)?|ou|oder|peut-être|vielleicht|"
    r"或者?|也可能)"
)
_AFTER = re.compile(
    rf"[\s$)\]}}*.,;!?(—–-]*(?:but\s+)?(?:{_JOINT}\b|(?:it\s+)?(?:could|might|may)\s+(?:also\s+|even\s+|just\s+as\s+well\s+)?be\b|I\s+(?:also\s+)?guess\b|"
    r"(?:and\s+)?(?:my|a|the)\s+(?:second|other|next)\s+(?:guess|choice|answer|option)(?:\s+is|\s+would\s+be)?\b|"
    r"if\s+(?:that|this|it)(?:'s|\s+is)\s+(?:wrong|incorrect|not\s+\w+),?\s*(?:then\b)?)"
    r"[\s,:]*(?:(?:it\s+is|it's|the\s+answer\s+is|maybe|perhaps|possibly|even|also|else|it\s+(?:could|might|may)\s+be)[\s,:]*)*"
    r"(?P<value>(?:\\boxed\s*\{)?[-+$\\({\[]*[\w√π∞][^\n.!?;]{0,200}(?:\.\d[^\n.!?;]{0,100})?)",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    r"(?P<value>[-+]?\$?[\w\\{}./^]{1,60}\$?)\s*,?\s+(?:or|or\s+else|or\s+maybe|or\s+perhaps)\s*[\s$(\[*]*$",
    re.IGNORECASE,
)
_ENDS_JOINED = re.compile(r"\bor(?:\s+(?:else|maybe|perhaps))?[\s$(\[*]*$", re.IGNORECASE)
_SHORTEST_HEDGE = 3
"""Characters: a word and a value."""
_VALUE = re.compile(r"[\d\\$√π∞]|^[A-Za-z](?:\W|$)")


def second_value_after(text: str) -> str | None:
    """The value that the words after an answer name as another one; None where they name none."""
    match = _AFTER.match(text, 0, ANSWER_CHARS) if len(text) >= _SHORTEST_HEDGE else None
    if match is None:
        return None
    value = match["value"].strip().strip("$*,) ").removesuffix("?")
    return value if _VALUE.search(value) else None


def second_value_before(text: str) -> str | None:
    """The value that the words right before an answer name as another one (`5 or`); None where they name none."""
    near = text[-30:]
    match = _BEFORE.search(text[-200:]) if "or" in near.casefold() and _ENDS_JOINED.search(near) else None
    if match is None:
        return None
    value = match["value"].strip("$")
    return value if _VALUE.search(value) and not value.startswith("\\text") else None

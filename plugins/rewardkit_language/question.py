"""The words of a prompt that tell in which language its author wants to be answered."""

import re

from rewardkit import Sample
from rewardkit_language.vocabulary import TRANSLATE

_USER_TURN = re.compile(r"<\|(?:im_start|start_header_id)\|>\s*user(?:<\|end_header_id\|>)?|<[|｜]User[|｜]>|\[INST\]")
_TURN_END = re.compile(r"<\|(?:im_end|eot_id)\|>|<[|｜]Assistant[|｜]>|\[/INST\]")

_QUOTED = re.compile(r"[\"“”„«「『](?:[^\"“”„«»「」『』\n]{3,2000})[\"“”»」』]|'[^'\n]{12,2000}'")
_WORD = re.compile(r"\w+")
_AFTER_COLON = re.compile(r"[:：]\s.*", re.DOTALL)
_BLOCK = re.compile(r"\n\s*\n.*", re.DOTALL)


def question(sample: Sample) -> str:
    """The user's last message, without a chat template's system prompt."""
    if not isinstance(sample.prompt, str):
        asked = [message.text for message in sample.prompt if message.role == "user"]
        return asked[-1] if asked else sample.prompt_text
    return _TURN_END.split(_USER_TURN.split(sample.prompt)[-1])[0]


def instruction(text: str) -> str:
    """The prompt without what it wants to have translated: quotations, and what follows a colon or a blank line."""
    lower = text.lower()
    if not any(word in lower for word in TRANSLATE):
        return text
    for pattern in (_QUOTED, _AFTER_COLON, _BLOCK):
        text = pattern.sub(" ", text)
    return text

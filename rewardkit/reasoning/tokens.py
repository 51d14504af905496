"""Tokens that a decoder leaves around a completion: at its end, and before its first word. Each in one linear pass."""

import re

# `<|im_end|>` and its like in whatever template, DeepSeek's with full-width bars, Gemma's `<turn|>`, EXAONE's
# `[|endofturn|]`, `<seed:eos>`, and those without any bar by name.
_NAMED = (
    "</s>", "<s>", "<eos>", "<bos>", "<pad>", "<unk>", "<eot>", "<eom>", "<eod>", "<eop>", "<end>", "<im_end>",
    "<end_of_turn>", "<end_of_utterance>", "<end_of_sentence>", "<end_of_text>", "<endoftext>", "</longcat_s>",
    "<longcat_pad>", "<extra_id_1>", "<SPECIAL_11>", "<SPECIAL_12>", "[PAD]", "[EOS]", "[EOT]", "[BOS]", "[e~[",
    "<_end>", "[unused10]", "[UNUSED_TOKEN_145]",
)  # fmt: skip
_LAST = ("|>", "｜>", "|]", *_NAMED, ":eos>", ":bos>", ":pad>")

# Backwards from the end and possessive, so that it stays linear: `(…)*$` would start again at each token. GLM-V's
# `<|end_of_box|>` closes a box in the answer and is no end; Kimi K3's `<|close|>message<|sep|>` is one.
_BACKWARDS = re.compile(
    r"(?:\s++|>\|pes\|<egassem>\|esolc\|<|>[|｜](?!xob_fo_dne[|｜]<)[^|｜<>\s]{1,40}[|｜]?<"
    r"|\]\|[^|\[\]\s]{1,40}\|\[|>(?:soe|sob|dap):\w{1,20}<|"
    + "|".join(re.escape(token[::-1]) for token in _NAMED)
    + ")*+"
)

_BOS = r"<s>|<bos>|<seed:bos>|\[BOS\]|\[gMASK\]|<sop>|<[|｜]begin[_▁]of[_▁](?:text|sentence)[|｜]>|<\|startoftext\|>"
_HEADERS = (
    r"<\|(?:im_start|im_assistant|start|begin)\|>assistant(?! to=)(?:<\|im_middle\|>)?|<\|start_header_id\|>assistant"
    r"<\|end_header_id\|>|<(?:start_of_turn|\|turn)>model|<[|｜](?:[Aa]ssistant|assistant_start|message_model)[|｜]>|"
    r"\[/INST\]|\[\|assistant\|\]|<\|START_OF_TURN_TOKEN\|><\|CHATBOT_TOKEN\|>|<role>ASSISTANT</role>|<seed:bos>assistant|"
    r"<longcat_assistant>"
)
_LEADING = re.compile(rf"(?:\s++|{_BOS}|{_HEADERS})*+")
_HEADER_AT_END = re.compile(rf"(?:{_HEADERS}|\b(?:assistant|model|bot|a):)\s*\Z", re.IGNORECASE)


def strip_end_tokens(text: str) -> str:
    """The text without white space, end-of-turn and padding tokens at its end."""
    text = text.rstrip()
    if not text.endswith(_LAST):
        return text
    ending = _BACKWARDS.match(text[::-1])
    return text[: len(text) - ending.end()] if ending else text


def leading_tokens(text: str) -> int:
    """Length of the white space, begin tokens and assistant's header in front of the first word."""
    found = _LEADING.match(text)
    return found.end() if found else 0


def ends_with_header(prompt: str) -> bool:
    """Whether a prompt ends with the header of the assistant's turn, as a chat template writes it."""
    return _HEADER_AT_END.search(prompt[-128:]) is not None

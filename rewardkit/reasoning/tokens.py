"""Tokens that a decoder leaves around a completion: at its end, and before its first word. Each in one linear pass.

Three tables, one row a token or a kind of token, each tested by its example.
"""

import re
from typing import NamedTuple


class TokenShape(NamedTuple):
    """A kind of token, by a regular expression."""

    pattern: str
    example: str
    models: str
    """Who writes it."""


END_TOKENS = {
    "</s>": "Llama 2, Mistral",
    "<s>": "Llama 2, Mistral",
    "<eos>": "Gemma",
    "<bos>": "Gemma",
    "<pad>": "Gemma, T5",
    "<unk>": "Llama 2, T5",
    "<end_of_turn>": "Gemma",
    "<end_of_utterance>": "SmolVLM",
    "<end_of_sentence>": "Ernie",
    "<end_of_text>": "RedPajama",
    "<endoftext>": "GPT-NeoX",
    "<im_end>": "LongCat",
    "</longcat_s>": "LongCat",
    "<longcat_pad>": "LongCat",
    "<extra_id_1>": "Nemotron 4",
    "<SPECIAL_11>": "Nemotron H",
    "<SPECIAL_12>": "Nemotron H",
    "<_end>": "TeleChat",
    "<eot>": "Llama 2 fine-tunes",
    "<eom>": "Llama 2 fine-tunes",
    "<eod>": "Megatron",
    "<eop>": "GLM",
    "<end>": "MOSS",
    "[PAD]": "BERT, Kimi",
    "[EOS]": "Kimi",
    "[EOT]": "Kimi",
    "[BOS]": "Kimi",
    "[e~[": "MiniMax M2",
    "[unused10]": "openPangu",
    "[UNUSED_TOKEN_145]": "InternLM 2",
}
"""End-of-turn and padding tokens by name, and who writes them."""

END_SHAPES = (
    TokenShape(r">\|pes\|<egassem>\|esolc\|<", "<|close|>message<|sep|>", "Kimi K3"),
    # `<|end_of_box|>` closes a box in the answer (GLM-V) and ends no turn.
    TokenShape(r">[|｜](?!xob_fo_dne)[^|｜<>\s]{1,40}[|｜]?<", "<|im_end|>", "nearly every template; also `<turn|>`"),
    TokenShape(r"\]\|[^|\[\]\s]{1,40}\|\[", "[|endofturn|]", "EXAONE"),
    TokenShape(r">(?:soe|sob|dap):\w{1,20}<", "<seed:eos>", "Seed"),
)
"""End-of-turn and padding tokens by their shape, which is written backwards: they are searched from the end."""

BEGIN_SHAPES = (
    TokenShape(r"<\|(?:im_start|begin|BOT)\|>assistant(?:<\|im_sep\|>)?", "<|im_start|>assistant", "ChatML, Phi 4"),
    TokenShape(r"<\|im_assistant\|>assistant<\|im_middle\|>", "<|im_assistant|>assistant<|im_middle|>", "Kimi K2"),
    TokenShape(r"<\|start\|>assistant(?! to=)", "<|start|>assistant", "gpt-oss"),
    TokenShape(
        r"<\|start_header_id\|>assistant<\|end_header_id\|>", "<|start_header_id|>assistant<|end_header_id|>", "Llama 3"
    ),
    TokenShape(r"<(?:start_of_turn|\|turn)>model", "<start_of_turn>model", "Gemma"),
    TokenShape(r"<[|｜](?:hy_|begin_)?[Aa]ssistant[|｜]>", "<｜Assistant｜>", "DeepSeek, Phi 3, GLM, Hunyuan, Apriel"),
    TokenShape(r"<\|(?:assistant_start|message_model)\|>", "<|assistant_start|>", "Apertus, Inkling"),
    TokenShape(r"\[/INST\]", "[/INST]", "Mistral, Llama 2"),
    TokenShape(r"\[\|assistant\|\]", "[|assistant|]", "EXAONE"),
    TokenShape(r"<\|START_OF_TURN_TOKEN\|><\|CHATBOT_TOKEN\|>", "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>", "Cohere"),
    TokenShape(r"<role>ASSISTANT</role>", "<role>ASSISTANT</role>", "Ling and Ring"),
    TokenShape(r"<seed:bos>assistant", "<seed:bos>assistant", "Seed"),
    TokenShape(r"<longcat_assistant>", "<longcat_assistant>", "LongCat"),
    TokenShape(r"\]~b\]ai\b", "]~b]ai", "MiniMax"),
    TokenShape(r"\b(?:assistant|model)(?=\n)|\bAssistant:", "assistant", "a decoder that leaves special tokens out"),
)  # fmt: skip
"""Headers of the assistant's turn."""

FIRST_SHAPES = (
    TokenShape(r"<s>|<bos>|<seed:bos>|\[BOS\]", "<s>", "Llama 2, Gemma, Seed, Kimi"),
    TokenShape(r"\[gMASK\]|<sop>", "[gMASK]<sop>", "GLM"),
    TokenShape(r"<[|｜]begin[_▁]of[_▁](?:text|sentence)[|｜]>", "<｜begin▁of▁sentence｜>", "DeepSeek, Llama 3"),
    TokenShape(r"<\|startoftext\|>", "<|startoftext|>", "LFM2"),
)
"""Tokens that begin a text."""


def _either(shapes: tuple[TokenShape, ...]) -> str:
    return "|".join(shape.pattern for shape in shapes)


_LAST = ("|>", "｜>", "|]", ":eos>", ":bos>", ":pad>", *END_TOKENS)
# Backwards from the end and possessive, so that it stays linear: `(…)*$` would start again at each token.
_BACKWARDS = re.compile(rf"(?:\s++|{_either(END_SHAPES)}|{'|'.join(re.escape(token[::-1]) for token in END_TOKENS)})*+")
_LEADING = re.compile(rf"(?:\s++|{_either(BEGIN_SHAPES)}|{_either(FIRST_SHAPES)}){{0,20}}+")
_HEADER_AT_END = re.compile(rf"(?:{_either(BEGIN_SHAPES)}|\b(?:assistant|model|bot|a):)\s*\Z", re.IGNORECASE)


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
    """True if a prompt ends with the header of the assistant's turn, as a chat template writes it."""
    return _HEADER_AT_END.search(prompt[-128:]) is not None

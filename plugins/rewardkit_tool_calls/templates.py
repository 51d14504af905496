"""How models write their calls: one row a template, with a marker, a reader and an example.

A reader gets the text of an answer and returns its calls, or raises NotACallError where a call is begun and cannot be
read. The example of each row calls `weather(city="Paris", days=3)`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rewardkit import fenced_blocks, harmony_messages
from rewardkit_tool_calls.call import Call, NotACallError, UntypedText, call_of, loads, several
from rewardkit_tool_calls.python_syntax import python_calls


class Template(NamedTuple):
    """A way to write calls."""

    name: str
    models: str
    marker: str
    """Text by which the template is recognised; empty for those that take a whole answer."""
    read: Callable[[str], list[Call]]
    example: str


def read_calls(answer: str) -> list[Call]:
    """The calls of an answer; empty where it makes none.

    raises  NotACallError where it begins a call that cannot be read
    """
    readers = list(
        dict.fromkeys(template.read for template in TEMPLATES if template.marker and template.marker in answer)
    )
    if len(readers) > 1 and _function_tags in readers:
        readers.remove(_function_tags)  # inside the tags of another template
    if not readers:
        return _whole(answer)
    return [call for read in readers for call in read(answer)]


def _whole(answer: str) -> list[Call]:
    """Calls that are all of an answer, or of its one fenced block: JSON, or Python's syntax."""
    text = answer.strip()
    blocks = list(fenced_blocks(text))
    if len(blocks) == 1 and blocks[0].language in ("", "json", "python", "tool_code", "tool_call"):
        text = blocks[0].text.strip()
    if text[:1] in ("{", "["):
        try:
            written = several(text)
        except NotACallError:
            written = []
        if len(written) == 1 and isinstance(written[0], dict) and isinstance(written[0].get("tool_calls"), list):
            written = written[0]["tool_calls"]
        if written and all(_looks_like_a_call(one) for one in written):
            return [call_of(one) for one in written]
    if re.match(r"\[?\s*[A-Za-z_][\w.]*\s*\(", text) and text.endswith((")", "]")):
        try:
            return python_calls(text)
        except NotACallError:
            return []
    return []


def _looks_like_a_call(written: object) -> bool:
    try:
        call_of(written)
    except NotACallError:
        return False
    assert isinstance(written, dict)
    return any(key in written for key in ("arguments", "parameters", "args", "input", "function"))


def _between(text: str, opening: str, closing: str) -> Iterator[str]:
    """The texts between two marks; one that is not closed runs to the next, or to the end."""
    for piece in text.split(opening)[1:]:
        yield piece.partition(closing)[0].strip()


def _tool_call_tags(text: str) -> list[Call]:
    """`<tool_call>`: JSON (Hermes, Qwen), `<function=` (Qwen3-Coder) or `<arg_key>` (GLM) inside."""
    calls = []
    for inner in _between(text, "<tool_call>", "</tool_call>"):
        if inner.startswith("<function="):
            calls += _function_tags(inner)
        elif inner.startswith(("{", "[")):
            calls += [call_of(one) for one in several(inner)]
        else:
            calls.append(_arg_keys(inner))
    return calls


_FUNCTION = re.compile(r"<function=([^>\n]{1,200})>")
_PARAMETER = re.compile(r"<parameter=([^>\n]{1,200})>\n?")
_INVOKE = re.compile(r'<(?:｜DSML｜)?invoke name="([^"]{1,200})">')
_INVOKED = re.compile(r'<(?:｜DSML｜)?parameter name="([^"]{1,200})"(?: string="(true|false)")?>')
_CLOSED_PARAMETER = re.compile(r"\n?</(?:｜DSML｜)?parameter>")
_CLOSED_INVOKE = re.compile(r"</(?:｜DSML｜)?invoke>")


def _opened(pattern: re.Pattern[str], text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Each opening mark with the text up to the next one: linear, whatever is never closed."""
    marks = list(pattern.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    yield from ((mark, text[mark.end() : end]) for mark, end in zip(marks, ends, strict=False))


def _function_tags(text: str) -> list[Call]:
    """`<function=name>` with `<parameter=name>` inside, or with JSON (Llama 3.1)."""
    calls = []
    for opened, rest in _opened(_FUNCTION, text):
        inner = rest.partition("</function>")[0].strip()
        if inner.startswith("{"):
            calls.append(call_of({"name": opened[1], "arguments": inner}))
            continue
        found = [
            (mark[1].strip(), UntypedText(_CLOSED_PARAMETER.split(value, maxsplit=1)[0].removesuffix("\n")))
            for mark, value in _opened(_PARAMETER, inner)
        ]
        if inner and not found:
            raise NotACallError(f"<function={opened[1]}> holds no <parameter=…>")
        calls.append(Call(opened[1].strip(), _once(found)))
    if not calls:
        raise NotACallError("no <function=…>")
    return calls


def _arg_keys(inner: str) -> Call:
    name, *pairs = inner.split("<arg_key>")
    if not re.fullmatch(r"[\w.:/-]{1,200}", name.strip()):
        raise NotACallError(f"<tool_call> holds no call: {inner[:60]!r}")
    found = []
    for pair in pairs:
        key, separated, value = pair.partition("</arg_key>")
        _, opened, value = value.partition("<arg_value>")
        if not separated or not opened:
            raise NotACallError("an <arg_key> without its <arg_value>")
        found.append((key.strip(), UntypedText(value.partition("</arg_value>")[0])))
    return Call(name.strip(), _once(found))


def _invokes(text: str) -> list[Call]:
    """`<invoke name="…">` (Claude, MiniMax, DeepSeek V3.2)."""
    calls = []
    for opened, rest in _opened(_INVOKE, text):
        inner = _CLOSED_INVOKE.split(rest, maxsplit=1)[0]
        found = []
        for mark, after in _opened(_INVOKED, inner):
            value = _CLOSED_PARAMETER.split(after, maxsplit=1)[0].removeprefix("\n")
            typed = loads(value) if mark[2] == "false" else value if mark[2] == "true" else UntypedText(value)
            found.append((mark[1], typed))
        calls.append(Call(opened[1], _once(found)))
    if not calls:
        raise NotACallError("no <invoke …>")
    return calls


def _mistral(text: str) -> list[Call]:
    """`[TOOL_CALLS]` with an array of calls, or with a name and `[ARGS]`."""
    calls = []
    for part in text.split("[TOOL_CALLS]")[1:]:
        written = part.strip().removesuffix("</s>").strip()
        if written.startswith(("[{", "{", "[ {")):
            calls += [call_of(one) for one in several(written)]
            continue
        name, _, arguments = written.partition("[ARGS]" if "[ARGS]" in written else "{")
        if "[ARGS]" not in written:
            arguments = "{" + arguments
        calls.append(call_of({"name": name.partition("[CALL_ID]")[0].strip(), "arguments": arguments}))
    return calls


def _deepseek(text: str) -> list[Call]:
    """DeepSeek R1 and V3: a type, the name and a fenced block; V3.1: the name and JSON."""
    calls = []
    for piece in text.split("<｜tool▁call▁begin｜>")[1:]:
        before, _, after = piece.partition("<｜tool▁sep｜>")
        name, written = before.strip(), after.partition("<｜")[0].strip()
        if "```" in written:
            name = written.partition("\n")[0].strip()
            written = next((block.text for block in fenced_blocks(written)), "")
        calls.append(call_of({"name": name, "arguments": written}))
    if not calls:
        raise NotACallError("no call behind <｜tool▁calls▁begin｜>")
    return calls


def _kimi(text: str) -> list[Call]:
    calls = []
    for piece in text.split("<|tool_call_begin|>")[1:]:
        before, _, after = piece.partition("<|tool_call_argument_begin|>")
        name = re.sub(r":\d+$", "", before.strip().removeprefix("functions."))
        calls.append(call_of({"name": name, "arguments": after.partition("<|")[0]}))
    return calls


_RECIPIENT = re.compile(r"\bto=(?:functions\.)?([\w.-]{1,200})")


def _harmony(text: str) -> list[Call]:
    """Messages to `functions.NAME` (gpt-oss)."""
    calls = []
    for message in harmony_messages(text):
        recipient = _RECIPIENT.search(text, message.begin, message.inner_begin)
        author = text[message.begin : message.inner_begin]
        if message.role == "tool" and recipient and not author.startswith(("<|start|>functions", "<|start|>tool")):
            inner = text[message.inner_begin : message.inner_end]
            calls.append(call_of({"name": recipient[1], "arguments": inner}))
    return calls


def _listed(opening: str, closing: str) -> Callable[[str], list[Call]]:
    """A reader of JSON, or of Python's syntax, between two marks."""

    def read(text: str) -> list[Call]:
        calls = []
        for inner in _between(text, opening, closing):
            if re.match(r"\[?\s*[{]", inner):
                calls += [call_of(one) for one in several(inner)]
            else:
                calls += python_calls(inner)
        return calls

    return read


_GEMMA_CALL = re.compile(r"call:([\w.-]{1,200})\{")
_GEMMA_END = re.compile(r"\}\s*(?:<end_function_call>|<tool_call\|>|\Z)")
_GEMMA_KEY = re.compile(r"[,\s]*([\w.-]{1,200}):")
_GEMMA_QUOTES = ("<escape>", '<|"|>')


def _gemma(text: str) -> list[Call]:
    """`call:name{key:<escape>text<escape>,key:3}` (FunctionGemma, Gemma 4)."""
    calls = []
    for opened, rest in _opened(_GEMMA_CALL, text):
        inner = _GEMMA_END.split(rest, maxsplit=1)[0]
        calls.append(Call(opened[1], _once(list(_gemma_arguments(inner)))))
    if not calls:
        raise NotACallError("a call is begun and has no call:name{…}")
    return calls


def _gemma_arguments(inner: str) -> Iterator[tuple[str, object]]:
    position = 0
    while key := _GEMMA_KEY.match(inner, position):
        quote = next((mark for mark in _GEMMA_QUOTES if inner.startswith(mark, key.end())), "")
        begin = key.end() + len(quote)
        end = inner.find(quote or ",", begin)
        end = len(inner) if end < 0 else end
        value = inner[begin:end]
        yield key[1], value if quote else UntypedText(value.strip())
        position = end + len(quote)


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotACallError("a parameter is there twice")
    return found


_PYTHON_TAG = _listed("<|python_tag|>", "<|eom_id|>")
_PYTHON_START = _listed("<|python_start|>", "<|python_end|>")
_LFM = _listed("<|tool_call_start|>", "<|tool_call_end|>")
_OLMO = _listed("<function_calls>", "</function_calls>")
_GRANITE = _listed("<|tool_call|>", "<|/tool_call|>")
_COHERE = _listed("<|START_ACTION|>", "<|END_ACTION|>")
_TOOL_CODE = _listed("<tool_code>", "</tool_code>")


def _function_calls(text: str) -> list[Call]:
    """`<function_calls>`: `<invoke>` (Claude) or Python's syntax (OLMo 3)."""
    return _invokes(text) if "<invoke " in text else _OLMO(text)


_JSON = '{"name": "weather", "arguments": {"city": "Paris", "days": 3}}'
_ARGS = '{"city": "Paris", "days": 3}'
_PYTHON = 'weather(city="Paris", days=3)'
_XML = "<function=weather>\n<parameter=city>\nParis\n</parameter>\n<parameter=days>\n3\n</parameter>\n</function>"
_INVOKE_XML = (
    '<invoke name="weather">\n<parameter name="city">Paris</parameter>\n<parameter name="days">3</parameter>\n</invoke>'
)
_DSML = (
    '<｜DSML｜invoke name="weather">\n<｜DSML｜parameter name="city" string="true">Paris</｜DSML｜parameter>\n'
    '<｜DSML｜parameter name="days" string="false">3</｜DSML｜parameter>\n</｜DSML｜invoke>'
)

TEMPLATES = (
    Template(
        "hermes",
        "Hermes, Qwen 2.5 and 3, Granite 4",
        "<tool_call>",
        _tool_call_tags,
        f"<tool_call>\n{_JSON}\n</tool_call>",
    ),
    Template(
        "qwen3_coder",
        "Qwen3-Coder, Qwen 3.5, Nemotron 3, Step 3.5",
        "<tool_call>",
        _tool_call_tags,
        f"<tool_call>\n{_XML}\n</tool_call>",
    ),
    Template(
        "glm",
        "GLM 4.5 and later",
        "<tool_call>",
        _tool_call_tags,
        "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n<arg_key>days</arg_key>\n<arg_value>3</arg_value>\n</tool_call>",
    ),
    Template("seed", "Seed-OSS", "<seed:tool_call>", _function_tags, f"<seed:tool_call>\n{_XML}\n</seed:tool_call>"),
    Template(
        "minimax",
        "MiniMax M2",
        "<minimax:tool_call>",
        _invokes,
        f"<minimax:tool_call>\n{_INVOKE_XML}\n</minimax:tool_call>",
    ),
    Template(
        "claude",
        "Claude's XML",
        "<function_calls>",
        _function_calls,
        f"<function_calls>\n{_INVOKE_XML}\n</function_calls>",
    ),
    Template("olmo", "OLMo 3", "<function_calls>", _function_calls, f"<function_calls>\n{_PYTHON}\n</function_calls>"),
    Template(
        "deepseek_dsml",
        "DeepSeek V3.2",
        "<｜DSML｜",
        _invokes,
        f"<｜DSML｜function_calls>\n{_DSML}\n</｜DSML｜function_calls>",
    ),
    Template(
        "deepseek_v3",
        "DeepSeek R1, V3",
        "<｜tool▁call",
        _deepseek,
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{_ARGS}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    ),
    Template(
        "deepseek_v31",
        "DeepSeek V3.1",
        "<｜tool▁call",
        _deepseek,
        f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{_ARGS}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    ),
    Template(
        "kimi",
        "Kimi K2",
        "<|tool_call_begin|>",
        _kimi,
        f"<|tool_calls_section_begin|><|tool_call_begin|>functions.weather:0<|tool_call_argument_begin|>{_ARGS}<|tool_call_end|><|tool_calls_section_end|>",
    ),
    Template("mistral", "Mistral up to Small 3.1", "[TOOL_CALLS]", _mistral, f"[TOOL_CALLS] [{_JSON}]"),
    Template(
        "mistral_args",
        "Mistral from Small 3.2, Magistral, Devstral",
        "[TOOL_CALLS]",
        _mistral,
        f"[TOOL_CALLS]weather[ARGS]{_ARGS}",
    ),
    Template(
        "harmony",
        "gpt-oss",
        "to=",
        _harmony,
        f"<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{_ARGS}<|call|>",
    ),
    Template(
        "llama_json",
        "Llama 3.1 to 3.3",
        "<|python_tag|>",
        _PYTHON_TAG,
        f'<|python_tag|>{{"name": "weather", "parameters": {_ARGS}}}',
    ),
    Template(
        "llama_pythonic", "Llama 4", "<|python_start|>", _PYTHON_START, f"<|python_start|>[{_PYTHON}]<|python_end|>"
    ),
    Template(
        "llama_function",
        "Llama 3.1 with a prompt of its own",
        "<function=",
        _function_tags,
        f"<function=weather>{_ARGS}</function>",
    ),
    Template("lfm", "LFM2", "<|tool_call_start|>", _LFM, f"<|tool_call_start|>[{_PYTHON}]<|tool_call_end|>"),
    Template("granite", "Granite 3, Phi-4-mini", "<|tool_call|>", _GRANITE, f"<|tool_call|>[{_JSON}]<|/tool_call|>"),
    Template(
        "cohere",
        "Command A",
        "<|START_ACTION|>",
        _COHERE,
        f'<|START_ACTION|>[{{"tool_call_id": "0", "tool_name": "weather", "parameters": {_ARGS}}}]<|END_ACTION|>',
    ),
    Template(
        "gemma",
        "FunctionGemma",
        "<start_function_call>",
        _gemma,
        "<start_function_call>call:weather{city:<escape>Paris<escape>,days:3}<end_function_call>",
    ),
    Template(
        "gemma4", "Gemma 4", "<|tool_call>", _gemma, '<|tool_call>call:weather{city:<|"|>Paris<|"|>,days:3}<tool_call|>'
    ),
    Template("tool_code", "Gemma 3 by prompt", "<tool_code>", _TOOL_CODE, f"<tool_code>{_PYTHON}</tool_code>"),
    Template("json", "any, by prompt", "", _whole, f"```json\n[{_JSON}]\n```"),
    Template("python", "any, by BFCL's prompt", "", _whole, f"[{_PYTHON}]"),
)
"""The templates in the order in which they are looked for."""  # fmt: skip

r"""The formats in which models write reasoning and answer: one table, read by everybody.

    <opening tag> reasoning <closing tag> answer

Each row is tested by its example. The tags are those of the chat templates and of the reasoning parsers of vLLM
(vllm/reasoning) and SGLang (python/sglang/srt/parser/reasoning_parser.py). To teach rewardkit a new model, add a row.
"""

from dataclasses import dataclass, field

Tags = tuple[str, str]
"""An opening and a closing tag."""

ANSWER: Tags = ("<answer>", "</answer>")


@dataclass(frozen=True)
class ReasoningFormat:
    """One way to write reasoning and answer."""

    name: str
    opens: tuple[str, ...]
    """Tags that open the reasoning: the first is the usual one, the others are variants."""
    closes: tuple[str, ...]
    """Tags that close it, each the partner of any opening one."""
    models: str
    """Who writes it."""
    example: str
    """A completion in this format."""
    parts: tuple[str, str]
    """The reasoning and the answer of the example."""
    answers: tuple[Tags, ...] = (ANSWER,)
    """Tags that may stand around the whole answer; its opening and its closing tag."""
    anywhere: bool = field(default=True, kw_only=True)
    """True where the tags are special tokens, found wherever they stand. False where an answer may well hold them, in
    a listing of XML say: then only a completion that begins with the tag, or whose prompt ends with it, is meant."""


THINK = ReasoningFormat(
    "think",
    ("<think>",),
    ("</think>",),
    "DeepSeek R1, V3.1 to V4; Qwen3, Qwen3.5, QwQ; GLM 4.5 to 5; Kimi K2; MiniMax M1, M2; Nemotron; Phi-4-reasoning; "
    "OLMo 3; Hunyuan A13B; Ernie 4.5; Step 3; Ling and Ring; EXAONE 4; SmolLM3; Granite 3.3, 4; Magistral 2506",
    "<think>2 + 2</think>\n<answer>4</answer>",
    ("2 + 2", "4"),
    (ANSWER, ("<response>", "</response>")),
)

HARMONY = ReasoningFormat(
    "harmony",
    ("<|channel|>analysis<|message|>",),
    ("<|end|>",),
    "gpt-oss; Muse, which names recipients instead of channels (`to=self`, `to=user`)",
    "<|channel|>analysis<|message|>2 + 2<|end|><|start|>assistant<|channel|>final<|message|>4<|return|>",
    ("2 + 2", "4"),
)
"""Messages in channels rather than tags: read by `rewardkit.reasoning.harmony`."""

_ROWS = (
    THINK,
    HARMONY,
    ReasoningFormat(
        "magistral",
        ("[THINK]",),
        ("[/THINK]",),
        "Magistral since 2507, Ministral 3 Reasoning, Mistral Small 4",
        "[THINK]2 + 2[/THINK]4</s>",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "gemma",
        ("<|channel>thought\n", "<|channel>"),
        ("<channel|>",),
        "Gemma 4",
        "<|channel>thought\n2 + 2<channel|>4<turn|>",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "kimi",
        ("◁think▷",),
        ("◁/think▷",),
        "Kimi-VL-Thinking, Kimi-Dev",
        "◁think▷2 + 2◁/think▷4",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "kimi-k3",
        ("<|open|>think<|sep|>",),
        ("<|close|>think<|sep|>",),
        "Kimi K3",
        "<|open|>think<|sep|>2 + 2<|close|>think<|sep|><|open|>response<|sep|>4<|close|>response<|sep|>"
        "<|close|>message<|sep|><|end_of_msg|>",
        ("2 + 2", "4"),
        (("<|open|>response<|sep|>", "<|close|>response<|sep|>"),),
    ),
    ReasoningFormat(
        "seed",
        ("<seed:think>",),
        ("</seed:think>",),
        "Seed-OSS, Seed-Coder-Reasoning",
        "<seed:think>2 + 2</seed:think>4<seed:eos>",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "cohere",
        ("<|START_THINKING|>",),
        ("<|END_THINKING|>",),
        "Command A Reasoning, Command A Plus",
        "<|START_THINKING|>2 + 2<|END_THINKING|><|START_RESPONSE|>4<|END_RESPONSE|><|END_OF_TURN_TOKEN|>",
        ("2 + 2", "4"),
        (("<|START_RESPONSE|>", "<|END_RESPONSE|>"), ("<|START_TEXT|>", "<|END_TEXT|>")),
    ),
    ReasoningFormat(
        "apertus",
        ("<|inner_prefix|>",),
        ("<|inner_suffix|>",),
        "Apertus",
        "<|inner_prefix|>2 + 2<|inner_suffix|>4<|assistant_end|>",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "openthinker",
        ("<|begin_of_thought|>",),
        ("<|end_of_thought|>",),
        "OpenThinker, Sky-T1, Bespoke-Stratos",
        "<|begin_of_thought|>\n2 + 2\n<|end_of_thought|>\n\n<|begin_of_solution|>\n4\n<|end_of_solution|>",
        ("2 + 2", "4"),
        (("<|begin_of_solution|>", "<|end_of_solution|>"),),
    ),
    ReasoningFormat(
        "s1",
        ("<|im_start|>think", "think\n"),
        ("<|im_start|>answer", "\nanswer\n"),
        "s1 and s1.1, also decoded without special tokens",
        "<|im_start|>think\n2 + 2\n<|im_start|>answer\n4<|im_end|>",
        ("2 + 2", "4"),
        anywhere=False,
    ),
    ReasoningFormat(
        "hunyuan",
        ("<think:opensource>",),
        ("</think:opensource>",),
        "Hunyuan 3 as published; Hunyuan A13B writes `think`",
        "<think:opensource>2 + 2</think:opensource>4",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "longcat",
        ("<longcat_think>",),
        ("</longcat_think>",),
        "LongCat-Flash-Thinking",
        "<longcat_think>2 + 2</longcat_think>4</longcat_s>",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "minimax",
        ("<mm:think>",),
        ("</mm:think>",),
        "MiniMax M3; M1 and M2 write `think`",
        "<mm:think>2 + 2</mm:think>4",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "solar-2",
        ("<|think:start|>",),
        ("<|think:end|>",),
        "Solar Open 2",
        "<|think:start|>2 + 2<|think:end|>4",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "solar",
        ("<|think|>",),
        ("<|end|><|begin|>assistant<|content|>", "<|content|>"),
        "Solar Open",
        "<|think|>2 + 2<|end|><|begin|>assistant<|content|>4<|end|>",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "inkling",
        ("<|content_thinking|>",),
        ("<|end_message|><|message_model|><|content_text|>", "<|content_text|>"),
        "Inkling",
        "<|content_thinking|>2 + 2<|end_message|><|message_model|><|content_text|>4<|end_message|>",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "plamo",
        ("<|plamo:begin_think:plamo|>",),
        ("<|plamo:end_think:plamo|>",),
        "PLaMo 3",
        "<|plamo:begin_think:plamo|>2 + 2<|plamo:end_think:plamo|>4<|plamo:tag|>",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "k2",
        ("<ifm|think>", "<ifm|think_fast>", "<ifm|think_faster>"),
        ("</ifm|think>", "</ifm|think_fast>", "</ifm|think_faster>"),
        "K2 V3 and K2 Horizon of IFM",
        "<ifm|think_fast>2 + 2</ifm|think_fast>4",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "pangu",
        ("[unused16]",),
        ("[unused17]",),
        "openPangu",
        "[unused16]2 + 2[unused17]4[unused10]",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "minicpm",
        ("<|thought_start|>",),
        ("<|thought_end|>",),
        "MiniCPM3; MiniCPM4.1 and later write `think`",
        "<|thought_start|>2 + 2<|thought_end|>4<|im_end|>",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "quiet-star",
        ("<|startofthought|>",),
        ("<|endofthought|>",),
        "Quiet-STaR",
        "<|startofthought|>2 + 2<|endofthought|>4",
        ("2 + 2", "4"),
    ),
    ReasoningFormat(
        "apriel",
        ("Here are my reasoning steps:",),
        ("[BEGIN FINAL RESPONSE]",),
        "Apriel Thinker, whose template writes the opening words",
        "Here are my reasoning steps:\n2 + 2\n[BEGIN FINAL RESPONSE]\n4\n[END FINAL RESPONSE]\n<|end|>",
        ("2 + 2", "4"),
        (("", "[END FINAL RESPONSE]"),),
    ),
    ReasoningFormat(
        "granite",
        ("Here is my thought process:", "Here's my thought process:"),
        ("Here is my response:", "Here's my response:"),
        "Granite 3.2; later ones write `think`",
        "Here is my thought process: 2 + 2\n\nHere is my response: 4",
        ("2 + 2", "4"),
        anywhere=False,
    ),
    ReasoningFormat(
        "thinking",
        ("<thinking>",),
        ("</thinking>",),
        "Reflection, and prompts after Claude's",
        "<thinking>2 + 2</thinking><output>4</output>",
        ("2 + 2", "4"),
        (ANSWER, ("<output>", "</output>")),
        anywhere=False,
    ),
    ReasoningFormat(
        "reasoning",
        ("<reasoning>",),
        ("</reasoning>",),
        "Reka Flash 3, LlamaV-o1, and many prompts for GRPO",
        "<reasoning>2 + 2</reasoning><answer>4</answer>",
        ("2 + 2", "4"),
        anywhere=False,
    ),
    ReasoningFormat(
        "reason",
        ("<reason>",),
        ("</reason>",),
        "rStar2-Agent",
        "<reason>2 + 2</reason><answer>4</answer>",
        ("2 + 2", "4"),
        anywhere=False,
    ),
    ReasoningFormat(
        "thought",
        ("<thought>",),
        ("</thought>",),
        "EXAONE Deep; EXAONE 4 writes `think`",
        "<thought>\n2 + 2\n</thought>\n\n4[|endofturn|]",
        ("2 + 2", "4"),
        anywhere=False,
    ),
    ReasoningFormat(
        "marco",
        ("<Thought>",),
        ("</Thought>",),
        "Marco-o1",
        "<Thought>2 + 2</Thought>\n<Output>4</Output>",
        ("2 + 2", "4"),
        (("<Output>", "</Output>"),),
        anywhere=False,
    ),
    ReasoningFormat(
        "llava-cot",
        ("<SUMMARY>",),
        ("</REASONING>",),
        "LLaVA-CoT: summary, caption and reasoning stand before the conclusion",
        "<SUMMARY>add</SUMMARY><REASONING>2 + 2</REASONING><CONCLUSION>4</CONCLUSION>",
        ("add</SUMMARY><REASONING>2 + 2", "4"),
        (("<CONCLUSION>", "</CONCLUSION>"),),
        anywhere=False,
    ),
    ReasoningFormat(
        "huatuo",
        ("## Thinking",),
        ("## Final Response",),
        "HuatuoGPT-o1",
        "## Thinking\n\n2 + 2\n\n## Final Response\n\n4",
        ("2 + 2", "4"),
        anywhere=False,
    ),
    ReasoningFormat(
        "hyperclova",
        ("/think\n",),
        ("<|im_end|>\n<|im_start|>assistant",),
        "HyperCLOVA X SEED Think 14B; later ones write `think`",
        "/think\n2 + 2<|im_end|>\n<|im_start|>assistant\n4<|im_end|>",
        ("2 + 2", "4"),
        anywhere=False,
    ),
)  # fmt: skip

REASONING_FORMATS = {row.name: row for row in _ROWS}
"""Every known format by its name."""

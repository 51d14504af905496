"""Tiny models with random weights, saved as real ones are, and an endpoint on the loopback that does as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CHATML = (
    "{% for m in messages %}{% if m.role == 'narrator' %}{{ raise_exception('no such role') }}{% endif %}"
    "<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
)
SPECIAL = ["<|pad|>", "<|im_end|>"]
ADDED = ["<|im_start|>", "<think>", "</think>"]
HIDDEN = 32


def _bytes_tokenizer(template: str | None):
    """One token for each byte, and added ones: `<|im_start|>` is not marked special, as DeepSeek's turns are not."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={letter: index for index, letter in enumerate(letters)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(SPECIAL)
    core.add_tokens([AddedToken(token, normalized=False) for token in ADDED])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=core, pad_token="<|pad|>", eos_token="<|im_end|>")
    tokenizer.chat_template = template
    return tokenizer


@pytest.fixture(scope="session")
def causal_model(tmp_path_factory) -> Callable[..., Path]:
    """Saves a two-layer Llama with one logit; `pad` is what its config says, `template` its chat template."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    saved: dict[Any, Path] = {}

    def save(pad: str | None = "<|pad|>", *, template: str | None = CHATML, labels: int = 1, head: bool = True) -> Path:
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

        if (key := (pad, template, labels, head)) in saved:
            return saved[key]
        folder = saved[key] = tmp_path_factory.mktemp("causal")
        tokenizer = _bytes_tokenizer(template)
        torch.manual_seed(0)
        config = LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=HIDDEN,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=4096,
            initializer_range=0.4,  # wide enough for logits that differ by far more than rounding
            num_labels=labels,
            pad_token_id=None if pad is None else tokenizer.convert_tokens_to_ids(pad),
        )
        model = LlamaForSequenceClassification(config) if head else LlamaForCausalLM(config)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder

    return save


@pytest.fixture(scope="session")
def pair_model(tmp_path_factory) -> Path:
    """A two-layer BERT with one logit, whose tokenizer has no chat template but separates two texts."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(chr(code) for code in range(33, 127))]
    vocabulary = {word: index for index, word in enumerate(words)}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("", "isolated")]
    )
    core.add_special_tokens(words[:4])
    core.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    folder = tmp_path_factory.mktemp("pair")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=HIDDEN,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=256,
        initializer_range=0.4,
        num_labels=1,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@dataclass
class Request:
    """A request to the endpoint."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def system(self) -> str:
        return self.body["messages"][0]["content"]

    @property
    def user(self) -> str:
        return self.body["messages"][1]["content"]

    @property
    def nonce(self) -> str:
        """The nonce as a judge reads it: out of its instructions, never out of the data."""
        return self.system.split('"nonce": the text "')[1].split('"')[0]


@dataclass
class Reply:
    """An answer of the endpoint: `content` as a chat completion, or `raw` as it stands."""

    content: Any = ""
    status: int = 200
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    drip_s: float = 0.0
    """Seconds between two letters of the answer."""
    usage: tuple[int, int] | None = None
    """Tokens of prompt and completion that the server counts."""


class Endpoint:
    """A judge on the loopback. `answer` is asked for each reply, and may sleep."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Callable[[Request], Reply] = lambda request: grade(request, 10)
        self.most_at_once = 0
        self.connections = 0
        self.stopped = threading.Event()
        self._at_once = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # a judge that hangs up is part of the test
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # keeps its connections

            def setup(self) -> None:
                super().setup()
                with endpoint._lock:
                    endpoint.connections += 1

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = Request(self.path, dict(self.headers), body)
                with endpoint._lock:
                    endpoint.requests.append(request)
                    endpoint._at_once += 1
                    endpoint.most_at_once = max(endpoint.most_at_once, endpoint._at_once)
                try:
                    self.reply(endpoint.answer(request))
                except OSError:
                    pass  # the judge has hung up
                finally:
                    with endpoint._lock:
                        endpoint._at_once -= 1

            def reply(self, reply: Reply) -> None:
                message = {"role": "assistant", "content": reply.content}
                answer: dict[str, Any] = {"choices": [{"index": 0, "message": message}]}
                if reply.usage is not None:
                    answer["usage"] = dict(zip(("prompt_tokens", "completion_tokens"), reply.usage, strict=True))
                completion = json.dumps(answer).encode()
                raw = (completion if reply.status == 200 else b"") if reply.raw is None else reply.raw
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                if not reply.drip_s:
                    self.wfile.write(raw)
                    return
                for letter in raw:
                    if endpoint.stopped.wait(reply.drip_s):
                        return
                    self.wfile.write(bytes([letter]))

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def grade(request: Request, score: float, **changes: Any) -> Reply:
    """The reply of a judge that follows its instructions."""
    return Reply(json.dumps({"nonce": request.nonce, "reason": "because", "score": score} | changes))


def verdict(request: Request, **verdict: Any) -> Reply:
    """The reply of a judge that was asked for something else than a grade: `met=[…]`, `winner="A"`."""
    return Reply(json.dumps({"nonce": request.nonce, "reason": "because"} | verdict))


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    yield server
    server.close()

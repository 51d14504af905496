"""Lists of names or things, names of people, and short words that other languages have too prove no other language."""

import pytest

from rewardkit_language.languages import resolve
from rewardkit_language.measure import measure


def share(text: str, target: str) -> float:
    return measure(text, resolve(target)).share()


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (
            "de",
            (
                "Tomaten, Gurken, Zwiebeln, Karotten, Bohnen, Erbsen, Linsen, Kohl, Spinat, Rettich, "
                "Lauch, Kürbis, Mais, Kresse"
            ),
        ),
        (
            "fr",
            (
                "tomates, concombres, oignons, carottes, haricots, petits pois, lentilles, choux, "
                "épinards, radis, poireaux"
            ),
        ),
        (
            "es",
            "tomates, pepinos, cebollas, zanahorias, judías, guisantes, lentejas, coles, espinacas, rábanos, puerros",
        ),
        (
            "pl",
            (
                "pomidory, ogórki, cebule, marchewki, fasola, groch, soczewica, kapusta, szpinak, "
                "rzodkiewki, pory, dynie, cukinie"
            ),
        ),
        (
            "ru",
            (
                "помидоры\nогурцы\nлук\nморковь\nфасоль\nгорох\nчечевица\nкапуста\nшпинат\nредис\nтыква\nкабачок\n"
                "свёкла\nчеснок\nукроп"
            ),
        ),
        (
            "ar",
            "طماطم، خيار، بصل، جزر، فاصوليا، بازلاء، عدس، ملفوف، سبانخ، فجل، كراث، يقطين، كوسا، شمندر، ثوم، نعناع",
        ),
        (
            "hi",
            "टमाटर, खीरा, प्याज, गाजर, सेम, मटर, मसूर, गोभी, पालक, मूली, कद्दू, लौकी, चुकंदर, लहसुन, पुदीना, भिंडी",
        ),
        (
            "ja",
            "フランス、ドイツ、イタリア、スペイン、ポルトガル、ギリシャ、オランダ、ベルギー、スイス、オーストリア、ポーランド、ハンガリー",
        ),
        (
            "de",
            (
                "Lena, Jonas, Mia, Lukas, Hannah, Finn, Emilia, Paul, Sofia, Leon, Clara, Felix, Marie, "
                "Max, Lea, Anton, Ida, Emil"
            ),
        ),
        (
            "en",
            (
                "Oslo, Zürich, Kraków, Málaga, Orléans, Malmö, İzmir, São Paulo, Bogotá, Reykjavík, "
                "Győr, Plzeň, Łódź, Århus"
            ),
        ),
        (
            "en",
            (
                "Nestlé, Citroën, Škoda, Volkswagen, Renault, Lamborghini, Husqvarna, Nokia, Huawei, "
                "Häagen-Dazs, L'Oréal, Hermès"
            ),
        ),
    ],
)
def test_a_list_is_in_the_language_that_it_stands_in(target, text):
    assert share(text, target) >= 0.95


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("it", "le donne"),
        ("en", "The fee is due when the war is over."),
        ("en", "We met at the door; the die is cast."),
        ("en", "AI needs less CO2 than a car."),
        ("nl", "Ja, dat klopt."),
        ("pt", "O carro anda."),
        ("fr", "Jürgen Müller travaille chez Siemens à Zürich."),
        ("tr", "John Smith, New York'tan Berlin'e taşındı."),
        ("zh", "我用 React 写了一个组件，再用 npm install 安装依赖。"),
    ],
)
def test_names_and_short_words_prove_no_other_language(target, text):
    assert share(text, target) >= 0.95


@pytest.mark.parametrize("target", ["de", "fr", "es", "pl", "tr"])
def test_english_sentences_are_no_list(target):
    """Commas after every word, or capitals at the start of most, do not make names of a sentence."""
    words = [
        "first",
        "we",
        "have",
        "to",
        "find",
        "out",
        "how",
        "many",
        "of",
        "them",
        "are",
        "left",
        "after",
        "she",
        "gives",
        "two",
        "to",
        "her",
        "brother",
    ]
    assert share(", ".join(words), target) <= 0.1
    assert share(" ".join(word.capitalize() for word in words), target) <= 0.1

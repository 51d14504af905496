"""Languages: how a target is named, and which of them count as one."""

from rewardkit_language.scripts import LANGUAGES, split

SAME = {
    "bs": "hr",
    "sh": "hr",
    "ms": "id",
    "nb": "no",
    "nn": "no",
    "da": "no",
    "yue": "zh",
    "wuu": "zh",
    "arz": "ar",
    "prs": "fa",
    "fil": "tl",
    "mo": "ro",
}
"""Languages that a text of a few sentences cannot be told apart from, each with the one that it counts as."""

_FAMILIES = (
    ("cs", "sk"),
    ("hr", "sl"),
    ("es", "ca", "gl", "pt", "oc", "ast", "an"),
    ("it", "co", "lmo", "scn", "vec", "nap", "la", "eo"),
    ("ru", "uk", "be", "bg", "mk", "sr"),
    ("kk", "ky", "tt", "ba", "tg", "mn", "cv"),
    ("no", "sv", "is"),
    ("nl", "af", "li", "fy", "nds"),
    ("tr", "az", "uz"),
    ("fi", "et"),
    ("id", "jv", "su", "tl", "min"),
    ("ar", "fa", "ur", "ps", "sd", "ckb", "ug"),
    ("hi", "mr", "ne", "sa"),
    ("bn", "as"),
    ("he", "yi"),
)
RELATIVES = {code: frozenset(family) - {code} for family in _FAMILIES for code in family}
"""Near languages, which a text must speak for clearly before it is held to mix them with the target."""

NAMES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr", "spanish": "es",
    "español": "es", "italian": "it", "portuguese": "pt", "dutch": "nl", "swedish": "sv", "danish": "da",
    "norwegian": "no", "finnish": "fi", "icelandic": "is", "polish": "pl", "czech": "cs", "slovak": "sk",
    "slovenian": "sl", "croatian": "hr", "bosnian": "bs", "serbian": "sr", "hungarian": "hu", "romanian": "ro",
    "albanian": "sq", "lithuanian": "lt", "latvian": "lv", "estonian": "et", "turkish": "tr", "vietnamese": "vi",
    "indonesian": "id", "malay": "ms", "tagalog": "tl", "filipino": "tl", "swahili": "sw", "catalan": "ca",
    "russian": "ru", "ukrainian": "uk", "belarusian": "be", "bulgarian": "bg", "macedonian": "mk", "greek": "el",
    "hebrew": "he", "arabic": "ar", "persian": "fa", "farsi": "fa", "urdu": "ur", "hindi": "hi", "marathi": "mr",
    "nepali": "ne", "bengali": "bn", "bangla": "bn", "punjabi": "pa", "gujarati": "gu", "tamil": "ta", "telugu": "te",
    "kannada": "kn", "malayalam": "ml", "thai": "th", "lao": "lo", "khmer": "km", "burmese": "my", "korean": "ko",
    "japanese": "ja", "chinese": "zh", "mandarin": "zh", "cantonese": "yue",
}  # fmt: skip
"""English names (and a few own ones) of languages, as data sets write them in their columns."""

OTHER = frozenset(
    split(
        "als an ast av azb bar bcl bh bpy br bxr cbk ce ceb co diq dsb dty eml frr fy gd gn gom gv hif hsb ht ia"
        " ie ilo io jbo jv krc ku kv kw lb lez li lmo lrc mai mg mhr min mrj mwl myv mzn nah nap nds new oc os pam"
        " pfl pms pnb qu rm rue sah sc scn sco su tk tyv vec vep vls vo wa war xal xmf yo"
    )
)
"""Further languages of the model: told only where they are the target, and with more errors."""

KNOWN = frozenset(code for codes in LANGUAGES.values() for code in codes) | OTHER | frozenset(SAME)


def resolve(name: str) -> str | None:
    """The code of a language by code, tag or English name (`de`, `de-AT`, `zh_Hant`, `German`); None if unknown."""
    name = name.strip().lower()
    code = NAMES.get(name) or name.replace("_", "-").split("-")[0]
    code = {"iw": "he", "in": "id", "cmn": "zh", "jp": "ja", "kr": "ko", "cn": "zh"}.get(code, code)
    return code if code in KNOWN else None

"""Scripts: which letters belong to each, and which languages are written in it.

Most of the world's languages are settled by their script alone. Where several share one, a detector has to tell.
Ranges are those of the Unicode Character Database, letters and the marks that stand on them; digits and punctuation
are left out. Codes are those of the model lid.176: ISO 639-1 where there is one, else 639-3.
"""


def split(words: str) -> tuple[str, ...]:
    """The words of a list that is written as one string."""
    return tuple(words.split())


def _span(ranges: str) -> str:
    """The inside of a character class of a regular expression, from hexadecimal ranges."""
    return "".join("-".join(chr(int(end, 16)) for end in part.split("-")) for part in ranges.split())


LETTERS = {
    "latin": _span("41-5A 61-7A AA BA C0-D6 D8-F6 F8-2AF 1E00-1EFF 2C60-2C7F A722-A7FF AB30-AB5A"),
    "cyrillic": _span("400-481 483-52F 1C80-1C88 1D2B A640-A69F"),
    "greek": _span("370-373 376-37D 37F-3FF 1F00-1FBC 1FBE 1FC2-1FCC 1FD0-1FDB 1FE0-1FEC 1FF2-1FFC"),
    "armenian": _span("531-556 559 560-588"),
    "hebrew": _span("591-5BD 5BF 5C1-5C2 5C4-5C5 5C7 5D0-5EA 5EF-5F2"),
    "arabic": _span("610-61A 620-65F 66E-6D3 6D5-6DC 6DF-6E8 6EA-6EF 6FA-6FF 750-77F 8A0-8FF"),
    "thaana": _span("780-7B1"),
    "devanagari": _span("900-963 971-97F A8E0-A8FF"),
    "bengali": _span("980-9E3 9F0-9F1 9FC-9FE"),
    "gurmukhi": _span("A01-A51 A59-A5E A70-A75"),
    "gujarati": _span("A81-AE3 AF9-AFF"),
    "oriya": _span("B01-B63 B71"),
    "tamil": _span("B82-BD7"),
    "telugu": _span("C00-C63"),
    "kannada": _span("C80-CE3 CF1-CF2"),
    "malayalam": _span("D00-D63 D7A-D7F"),
    "sinhala": _span("D81-DDF DF2-DF3"),
    "thai": _span("E01-E3A E40-E4E"),
    "lao": _span("E81-ECE EDC-EDF"),
    "tibetan": _span("F00 F40-FBC"),
    "myanmar": _span("1000-103F 1050-108F 109A-109F AA60-AA7F"),
    "georgian": _span("10A0-10FF 1C90-1CBF 2D00-2D2D"),
    "hangul": _span("1100-1112 1161-1175 11A8-11FF 3131-3163 A960-A97C AC00-D7FB"),
    "ethiopic": _span("1200-135F 1380-138F 2D80-2DDE"),
    "khmer": _span("1780-17B3 17B6-17D3 17D7 17DC"),
    "mongolian": _span("1820-18AA"),
    "kana": _span("3041-3096 309D-309F 30A1-30FA 30FC-30FF 31F0-31FF"),
    "han": _span("3005 3007 3400-4DBF 4E00-9FFF F900-FAFF 20000-3134F"),
}
"""For each script its letters and marks, as the inside of a character class."""

LATIN = split(
    "en de fr es it pt nl sv da no fi is pl cs sk sl hr hu ro sq lt lv et tr az uz vi id tl sw ca gl eu ga cy af"
    " mt eo la so ms bs sr sh nn yo hi-Latn"
    " gd br lb fy ku ht jv ceb war ilo ast"
)
"""Languages in Latin letters that are looked for in any text; the model's others only where they are the target."""

LANGUAGES: dict[str, tuple[str, ...]] = {
    "latin": LATIN,
    "cyrillic": split("ru uk be bg sr mk kk ky mn tg tt ba cv"),
    "greek": ("el",),
    "armenian": ("hy",),
    "hebrew": ("he", "yi"),
    "arabic": split("ar fa ur ps sd ckb ug"),
    "thaana": ("dv",),
    "devanagari": ("hi", "mr", "ne", "sa"),
    "bengali": ("bn", "as"),
    "gurmukhi": ("pa",),
    "gujarati": ("gu",),
    "oriya": ("or",),
    "tamil": ("ta",),
    "telugu": ("te",),
    "kannada": ("kn",),
    "malayalam": ("ml",),
    "sinhala": ("si",),
    "thai": ("th",),
    "lao": ("lo",),
    "tibetan": ("bo",),
    "myanmar": ("my",),
    "georgian": ("ka",),
    "hangul": ("ko",),
    "ethiopic": ("am",),
    "khmer": ("km",),
    "mongolian": ("mn",),
    "kana": ("ja",),
    "han": ("zh", "ja"),
}

LETTERS_PER_WORD = {"han": 1.65, "thai": 3.1, "lao": 3.1, "khmer": 3.4, "myanmar": 3.0, "tibetan": 2.5}
"""Where words are not set apart by spaces: letters (without the marks on them) that count as one word."""

JAPANESE_LETTERS_PER_WORD = {"han": 1.45, "hiragana": 1.45, "katakana": 3.2}

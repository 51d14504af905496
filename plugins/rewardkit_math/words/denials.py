"""Words right before a value that deny it, in many languages."""

import re

NEGATIONS: dict[str, str] = {
    r"\bnot\b": "It is not",
    r"\bnicht\b": "Das ist nicht",
    r"\bkeine?\b": "Das ist keine",
    r"\bnie\b": "Wynik to nie",
    r"\bno es\b": "La respuesta no es",
    r"\bno son\b": "Las raíces no son",
    r"\bnon è\b": "La risposta non è",
    r"\bn[ãa]o [ée]\b": "A resposta não é",
    r"\bn'est pas\b|\bpas\b": "La réponse n'est pas",
    r"\bikke\b": "Svaret er ikke",
    r"\binte\b": "Svaret är inte",
    r"\bniet\b|\bgeen\b": "Het antwoord is niet",
    r"\bnem\b": "A válasz nem",
    r"\bnení\b": "Výsledek není",
    r"\bnu este\b": "Rezultatul nu este",
    r"\bkhông phải(?: là)?\b": "Đáp án không phải là",
    r"\bbukan\b|\btidak\b": "Jawabannya bukan",
    r"\bне\b": "Ответ не",
    r"不是|并非|不等于|不為|不为": "答案不是",
    r"(?<!\w)(?:ليس|ليست)(?!\w)": "الجواب ليس",
    r"\bδεν είναι\b": "Η απάντηση δεν είναι",
}
"""Words of denial right before a value, as patterns, each with the beginning of a sentence that it denies."""

_DENIED = re.compile(rf"(?:{'|'.join(NEGATIONS)})[\s*:$\\(]{{0,8}}(?:\w+\s+)?[\s*:$\\(]{{0,4}}\Z", re.IGNORECASE)


def denied(before: str) -> bool:
    """True if the text before a value denies it: `Das ist nicht`."""
    return _DENIED.search(before[-60:]) is not None

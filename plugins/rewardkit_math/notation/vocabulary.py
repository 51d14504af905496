"""The words of the notations: what each LaTeX command, ASCII name and Unicode sign is read as."""


def words(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


GREEK = words(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho "
    "sigma tau upsilon"
    "phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Upsilon Phi Psi Omega ell hbar nabla prime"
)
FUNCTIONS = {
    **{
        name: name
        for name in words("sin cos tan cot sec csc sinh cosh tanh coth sech csch exp ln log sqrt gcd lcm max min")
    },
    **{name: name for name in words("floor det arg")},
    "lg": "lg",
    "cosec": "csc",
    "ctg": "cot",
    "tg": "tan",
    "sgn": "sign",
    "sign": "sign",
    "ceiling": "ceil",
    "ceil": "ceil",
    "abs": "abs",
    "Abs": "abs",
    "root": "root",
    "cbrt": "cbrt",
    "factorial": "factorial",
    "binomial": "binomial",
    "Re": "re",
    "Im": "im",
    "re": "re",
    "im": "im",
    "Rational": "divide",
    "conjugate": "conjugate",
    **{
        f"{arc}{name}": f"a{name}"
        for arc in ("arc", "a", "ar")
        for name in words("sin cos tan cot sec csc sinh cosh tanh")
    },
    "arctg": "atan",
    "Max": "max",
    "Min": "min",
    "log10": "lg",
    "log2": "log2",
}
CONSTANTS = {
    "pi": "pi",
    "Pi": "pi",
    "oo": "oo",
    "inf": "oo",
    "infty": "oo",
    "infinity": "oo",
    "Infinity": "oo",
    "emptyset": "empty",
    "varnothing": "empty",
    "EmptySet": "empty",
    "Reals": "R",
    "Integers": "Z",
    "Naturals": "N",
    "Rationals": "Q",
}
RELATIONS = {
    "=": "=",
    "==": "=",
    "<": "<",
    ">": ">",
    "<=": "<=",
    ">=": ">=",
    "!=": "!=",
    "lt": "<",
    "gt": ">",
    "le": "<=",
    "leq": "<=",
    "leqslant": "<=",
    "leqq": "<=",
    "ge": ">=",
    "geq": ">=",
    "geqslant": ">=",
    "geqq": ">=",
    "ne": "!=",
    "neq": "!=",
    "approx": "~",
    "simeq": "~",
    "approxeq": "~",
    "doteq": "~",
    "thickapprox": "~",
    "equiv": "=",
    "in": "in",
    ":=": "=",
    "coloneqq": "=",
}
SAME_AS = {
    "cdot": "*",
    "times": "*",
    "ast": "*",
    "bullet": "*",
    "div": "/",
    "pm": "±",
    "mp": "∓",
    "cup": "∪",
    "bigcup": "∪",
    "sqcup": "∪",
    "cupdot": "∪",
    "uplus": "∪",
    "cap": "∩",
    "bigcap": "∩",
    "setminus": "∖",
    "backslash": "∖",
    "mid": "mid",
    "vert": "|",
    "lvert": "|",
    "rvert": "|",
    "lbrack": "[",
    "rbrack": "]",
    "lbrace": "\\{",
    "rbrace": "\\}",
    "land": "and",
    "wedge": "and",
    "lor": "or",
    "vee": "or",
    "colon": ":",
    "degree": "°",
    "lfloor": "lfloor",
    "rfloor": "rfloor",
    "lceil": "lceil",
    "rceil": "rceil",
    "langle": "(",
    "rangle": ")",
    "Vert": "‖",
    "lVert": "‖",
    "rVert": "‖",
    "newline": "\\\\",
    "lparen": "(",
    "rparen": ")",
    "to": "to",
    "rightarrow": "to",
    "percent": "%",
}
NOTHING = words(
    "left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr displaystyle "
    "textstyle scriptstyle"
    "limits nolimits quad qquad enspace thinspace medspace thickspace space nonumber notag hfill "
    "mathstrut strut rm bf it"
    "mathopen mathclose mathrel mathbin allowbreak nobreak centering large Large small hline displaylimits boldsymbol "
    "mathbf bm mathit mathsf mathtt mathnormal symbf ensuremath boxed fbox mathop scriptsize normalsize"
)
TEXTUAL = words(
    "text textbf textit textrm textsf texttt textnormal textup mbox hbox mathrm operatorname mathop emph textsc"
)
MARKS = words("overline bar hat widehat vec overrightarrow tilde widetilde dot ddot underline mathcal mathscr mathfrak")
WITH_DROPPED = words("hspace vspace color label tag mspace kern textcolor vphantom")
REFUSED = words(
    "phantom hphantom cancel bcancel xcancel sout st def edef gdef xdef let newcommand renewcommand "
    "providecommand input"
    "include write openout openin read catcode csname expandafter immediate require usepackage href url "
    "includegraphics"
    "unicode char loop repeat ifx else fi begingroup overset underset stackrel html style class cssId"
)
CONNECTIVES = {"或": "or", "或者": "or", "且": "and", "和": "and", "及": "and", "与": "and", "ou": "or", "et": "and"}
SYMPY_WORDS = words("Matrix Interval Intervalopen IntervalLopen IntervalRopen FiniteSet Eq Integer Rational frac")
COMMANDS = (
    GREEK
    | NOTHING
    | TEXTUAL
    | MARKS
    | set(FUNCTIONS)
    | set(CONSTANTS)
    | set(RELATIONS)
    | set(SAME_AS)
    | {
        "frac",
        "dfrac",
        "tfrac",
        "cfrac",
        "binom",
        "mathbb",
        "circ",
        "sum",
        "prod",
        "int",
        "lim",
        "ldots",
        "cdots",
        "dots",
    }
)
UNITS_BARE = words(
    "km cm mm kg mg ml cl mL ft yd mi lb lbs oz hr hrs min mins sec secs rad deg degrees degree radians "
    "percent mph kph inches"
    "inch feet foot yards miles mile meters meter metres metre minutes minute hours hour seconds second days day years "
    "am pm units unit dollars cents USD EUR usd"
)

SHORT_WORDS = words(
    "since sine sing pint pick pine logs lone tank "
    "per de du la le el los der die das una un eine est ist son "
    "dne il au so the is not no yes odd two ten one six are was but all any has its for if to of at on as be by we it"
)
UNICODE = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "—": "-",
        "×": "*",
        "·": "*",
        "⋅": "*",
        "∙": "*",
        "•": "*",
        "∗": "*",
        "÷": "/",
        "∕": "/",
        "π": "\\pi ",
        "∞": "\\infty ",
        "≤": "\\le ",
        "⩽": "\\le ",
        "≦": "\\le ",
        "≥": "\\ge ",
        "⩾": "\\ge ",
        "≧": "\\ge ",
        "≠": "\\ne ",
        "≈": "\\approx ",
        "∈": "\\in ",
        "∪": "\\cup ",
        "∩": "\\cap ",
        "∖": "\\setminus ",
        "√": "\\sqrt ",
        "±": "\\pm ",
        "∓": "\\mp ",
        "º": "°",
        "⟨": "(",
        "⟩": ")",
        "∅": "\\emptyset ",
        "…": "\\ldots ",
        "ℝ": "\\mathbb{R}",
        "ℤ": "\\mathbb{Z}",
        "ℕ": "\\mathbb{N}",
        "ℚ": "\\mathbb{Q}",
        "ℂ": "\\mathbb{C}",
        "，": ",",
        "；": ";",
        "：": ":",
        "（": "(",
        "）": ")",
        "［": "[",
        "］": "]",
        "｛": "\\{",
        "｝": "\\}",
        "、": ",",
        "％": "%",
        "＝": "=",
        "′": "'",
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "∛": "\\sqrt[3]",
        "¬": " ",
        "∣": "|",
        "∶": ":",
        "｜": "|",
        "∧": "\\land ",
        "∨": "\\lor ",
        "θ": "\\theta ",
        "α": "\\alpha ",
        "β": "\\beta ",
        "γ": "\\gamma ",
        "λ": "\\lambda ",
        "φ": "\\phi ",
        "ω": "\\omega ",
        "μ": "\\mu ",
        "σ": "\\sigma ",
        "ε": "\\epsilon ",
        "δ": "\\delta ",
        "ρ": "\\rho ",
        "τ": "\\tau ",
        "Δ": "\\Delta ",
        "Ω": "\\Omega ",
        "\u200b": "",
        "\u200c": "",
        "\u200d": "",
        "\u2060": "",
        "\ufeff": "",
        "\u00ad": "",
        "。": " ",
        "⌊": "\\lfloor ",
        "⌋": "\\rfloor ",
        "⌈": "\\lceil ",
        "⌉": "\\rceil ",
    }
)

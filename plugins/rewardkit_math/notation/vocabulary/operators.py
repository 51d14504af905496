"""Relations, operators, brackets and connectives."""

from rewardkit_math.notation.vocabulary import Entry, meanings, words

RELATION_TABLE = (
    Entry("=", "=", "x = 3", "3"),
    Entry("==", "=", "x == 3", "3"),
    Entry("<", "<", "x < 3", r"(-\infty, 3)"),
    Entry(">", ">", "x > 3", r"(3, \infty)"),
    Entry("<=", "<=", "x <= 3", r"(-\infty, 3]"),
    Entry(">=", ">=", "x >= 3", r"[3, \infty)"),
    Entry("!=", "!=", "x != 3", r"(-\infty, 3) \cup (3, \infty)"),
    Entry("lt", "<", r"x \lt 3", "x < 3"),
    Entry("gt", ">", r"x \gt 3", "x > 3"),
    Entry("le", "<=", r"x \le 3", "x <= 3"),
    Entry("leq", "<=", r"x \leq 3", "x <= 3"),
    Entry("leqslant", "<=", r"x \leqslant 3", "x <= 3"),
    Entry("leqq", "<=", r"x \leqq 3", "x <= 3"),
    Entry("ge", ">=", r"x \ge 3", "x >= 3"),
    Entry("geq", ">=", r"x \geq 3", "x >= 3"),
    Entry("geqslant", ">=", r"x \geqslant 3", "x >= 3"),
    Entry("geqq", ">=", r"x \geqq 3", "x >= 3"),
    Entry("ne", "!=", r"x \ne 3", "x != 3"),
    Entry("neq", "!=", r"x \neq 3", "x != 3"),
    Entry("approx", "~", r"x \approx 3.14", "3.14"),
    Entry("simeq", "~", r"x \simeq 3.14", "3.14"),
    Entry("approxeq", "~", r"x \approxeq 3.14", "3.14"),
    Entry("doteq", "~", r"x \doteq 3.14", "3.14"),
    Entry("thickapprox", "~", r"x \thickapprox 3.14", "3.14"),
    Entry("equiv", "=", r"x \equiv 3", "3"),
    Entry("in", "in", r"x \in \{3, 4\}", "3, 4"),
    Entry(":=", "=", "x := 3", "3"),
    Entry("coloneqq", "=", r"x \coloneqq 3", "3"),
)
"""Relations, by their sign in plain text and their LaTeX command."""

SIGN_TABLE = (
    Entry("cdot", "*", r"2 \cdot 3", "6"),
    Entry("times", "*", r"2 \times 3", "6"),
    Entry("ast", "*", r"2 \ast 3", "6"),
    Entry("bullet", "*", r"2 \bullet 3", "6"),
    Entry("div", "/", r"6 \div 2", "3"),
    Entry("pm", "±", r"\pm 3", "3, -3"),
    Entry("mp", "∓", r"1 \mp 3", "-2, 4"),
    Entry("cup", "∪", r"[0, 1] \cup [2, 3]", "[2, 3] U [0, 1]"),
    Entry("bigcup", "∪", r"[0, 1] \bigcup [2, 3]", r"[0, 1] \cup [2, 3]"),
    Entry("sqcup", "∪", r"[0, 1] \sqcup [2, 3]", r"[0, 1] \cup [2, 3]"),
    Entry("cupdot", "∪", r"[0, 1] \cupdot [2, 3]", r"[0, 1] \cup [2, 3]"),
    Entry("uplus", "∪", r"[0, 1] \uplus [2, 3]", r"[0, 1] \cup [2, 3]"),
    Entry("cap", "∩", r"[0, 2] \cap [1, 3]", "[1, 2]"),
    Entry("bigcap", "∩", r"[0, 2] \bigcap [1, 3]", "[1, 2]"),
    Entry("setminus", "∖", r"[0, 2] \setminus \{0\}", "(0, 2]"),
    Entry("backslash", "∖", r"[0, 2] \backslash \{0\}", "(0, 2]"),
    Entry("smallsetminus", "∖", r"[0, 2] \smallsetminus \{0\}", "(0, 2]"),
    Entry("mid", "mid", r"\{x \mid x > 2\}", "x > 2"),
    Entry("vert", "|", r"\vert x \vert", "|x|"),
    Entry("lvert", "|", r"\lvert x \rvert", "|x|"),
    Entry("rvert", "|", r"\lvert y \rvert", "|y|"),
    Entry("lbrack", "[", r"\lbrack 0, 1 \rbrack", "[0, 1]"),
    Entry("rbrack", "]", r"\lbrack 0, 2 \rbrack", "[0, 2]"),
    Entry("lbrace", r"\{", r"\lbrace 1, 2 \rbrace", r"\{1, 2\}"),
    Entry("rbrace", r"\}", r"\lbrace 1, 3 \rbrace", r"\{1, 3\}"),
    Entry("land", "and", r"x > 1 \land x < 2", "(1, 2)"),
    Entry("wedge", "and", r"x > 1 \wedge x < 2", "(1, 2)"),
    Entry("lor", "or", r"x < 1 \lor x > 2", r"(-\infty, 1) \cup (2, \infty)"),
    Entry("vee", "or", r"x < 1 \vee x > 2", r"(-\infty, 1) \cup (2, \infty)"),
    Entry("colon", ":", r"2 \colon 3", "2:3"),
    Entry("degree", "°", r"90\degree", r"90^\circ"),
    Entry("lfloor", "lfloor", r"\lfloor 3.5 \rfloor", "3"),
    Entry("rfloor", "rfloor", r"\lfloor 2.5 \rfloor", "2"),
    Entry("lceil", "lceil", r"\lceil 3.5 \rceil", "4"),
    Entry("rceil", "rceil", r"\lceil 2.5 \rceil", "3"),
    Entry("langle", "(", r"\langle 1, 2 \rangle", "(1, 2)"),
    Entry("rangle", ")", r"\langle 1, 3 \rangle", "(1, 3)"),
    Entry("Vert", "‖", r"\Vert -3 \Vert", "3"),
    Entry("lVert", "‖", r"\lVert -3 \rVert", "3"),
    Entry("rVert", "‖", r"\lVert -4 \rVert", "4"),
    Entry("newline", "\\\\", r"x = 1 \newline y = 2", "(1, 2)"),
    Entry("lparen", "(", r"\lparen 1, 2 \rparen", "(1, 2)"),
    Entry("rparen", ")", r"\lparen 1, 3 \rparen", "(1, 3)"),
    Entry("to", "to", r"\lim_{x \to 0} \frac{\sin x}{x}", "1"),
    Entry("rightarrow", "to", r"\lim_{x \rightarrow 0} \frac{\sin x}{x}", "1"),
    Entry("longrightarrow", "to", r"\lim_{x \longrightarrow 0} \frac{\sin x}{x}", "1"),
    Entry("percent", "%", r"25\percent", r"25\%"),
    Entry("slash", "/", r"1 \slash 2", "1/2"),
)
"""LaTeX commands that stand for a sign."""

PLAIN_TABLE = (
    Entry("**", "^", "2**5", "32"),
    Entry("=>", "to", r"\lim_{x => 0} \frac{\sin x}{x}", "1"),
    Entry("=<", "<=", "x =< 3", "x <= 3"),
    Entry("->", "to", r"\lim_{x -> 0} \frac{\sin x}{x}", "1"),
    Entry("+-", "±", "4 +- 1", "5, 3"),
    Entry("+/-", "±", "4 +/- 1", "5, 3"),
    Entry("...", "dots", "1, 2, ..., 5", "1, 2, 3, 4, 5"),
)
"""Signs of several characters in plain text."""

DOT_TABLE = (
    Entry("ldots", "ldots", r"1 + 2 + \ldots + 9", "1 + 2 + ... + 9"),
    Entry("dots", "dots", r"1 + 2 + \dots + 9", "1 + 2 + ... + 9"),
    Entry("cdots", "cdots", r"1 + 2 + \cdots + 9", "1 + 2 + ... + 9"),
    Entry("dotsc", "dotsc", r"1 + 2 + \dotsc + 9", "1 + 2 + ... + 9"),
    Entry("dotsb", "dotsb", r"1 + 2 + \dotsb + 9", "1 + 2 + ... + 9"),
    Entry("dotsm", "dotsm", r"1 + 2 + \dotsm + 9", "1 + 2 + ... + 9"),
)
"""Commands for dots."""

CONNECTIVE_TABLE = (
    Entry("或", "or", "1 或 2", "1, 2"),
    Entry("或者", "or", "1 或者 2", "1, 2"),
    Entry("且", "and", "x > 1 且 x < 2", "(1, 2)"),
    Entry("和", "and", "1 和 2", "1, 2"),
    Entry("及", "and", "1 及 2", "1, 2"),
    Entry("与", "and", "1 与 2", "1, 2"),
    Entry("ou", "or", "1 ou 2", "1, 2"),
    Entry("et", "and", "1 et 2", "1, 2"),
    Entry("oder", "or", "1 oder 2", "1, 2"),
    Entry("und", "and", "1 und 2", "1, 2"),
)
"""Words that join answers, in several languages."""

RELATIONS = meanings(RELATION_TABLE)
SIGNS = meanings(SIGN_TABLE)
PLAIN = meanings(PLAIN_TABLE)
DOTS = words(DOT_TABLE)
CONNECTIVES = meanings(CONNECTIVE_TABLE)

"""Words that are of no language: names of functions, units, LaTeX's commands, and what programs are written with."""


def _words(lines: str) -> frozenset[str]:
    return frozenset(lines.split())


FUNCTIONS = _words("""
abs acos alpha arccos arcsin arctan arg asin atan beta ceil cos cosh cot csc ctg deg delta det dim epsilon exp floor
gamma gcd inf ker lambda lcm lg lim ln log max min mod mu omega phi pi psi rho sec sgn sigma sin sinh sqrt sup tan
tanh tau tg theta
""")
"""Names of functions, operators and Greek letters."""

UNITS = _words("""
A C CNY EUR F GB GBP GHz Hz INR J JPY K KB MB MHz MW N Ohm Pa RUB TB USD V W atm bar bit cal cl cm dB dl dm eV ft g
h ha kB kHz kJ kPa kW kWh kcal kg km kph l lb lm lx m mA mg mi min ml mm mmol mol mph ms nm oz ppm px rad rpm s sr t
yd µm
""")
"""Symbols of units and currencies."""

COMMANDS = _words("""
alpha angle approx arccos arcsin arctan bar begin beta big bigcap bigcup biggl biggr bigl bigr binom bmod boldsymbol
boxed bullet cap cdot cdots chi circ cong cos cot csc cup ddot ddots deg degree delta dfrac displaystyle div dot
dots downarrow ell emptyset end epsilon equiv eta exists exp fbox forall frac gamma gcd ge geq gg hat hbar hline
hspace iff iint implies in inf infty int item kappa label lambda langle lbrace lceil ldots le left leftarrow
leftrightarrow leq lfloor lim limits ll ln log longrightarrow mapsto mathbb mathbf mathcal mathfrak mathit mathrm
mathsf max mbox mid min mod mu nabla ne neg neq newline ni not notin nu oint omega operatorname oplus otimes over
overbrace overline overrightarrow par paragraph partial phi pi pm pmod prime prod propto psi qquad quad rangle
rbrace rceil ref rfloor rho right rightarrow rm sec section setminus sigma sim simeq sin sinh sqrt star subsection
subset subseteq sum sup supset tag tan tanh tau tbinom text textbf textit textrm textstyle tfrac therefore theta
tilde times to top triangle underbrace underline uparrow varepsilon varphi vdots vec vee vert wedge widehat xi zeta
""")
"""Commands of LaTeX: any other word after a backslash is a word like others."""

PROGRAM_WORDS = _words("""
app apt backend bash brew build cd cli cmd code commit component conda core cpu curl debug deploy dev echo frontend
get grep head install lib link ls mkdir node npm npx null package patch pipeline pnpm post react repo root run sh ssh
sudo tag test ubuntu uninstall update vue yarn
add all and any api append apply arange argmax argmin args arr array as assert async await axis back begin bit bool
boolean break bug by byte bytes cache case catch char class commit component concat config const constructor
continue copy count counter css csv cuda data database dataframe debug def default define del delete deque df dict
diff do docker double down dp dtype each echo elif else email empty end enum enumerate error eval except exec exit
export extend extends factor false filter final finally find first flatten float fold for foreach format found from
function git global goto gpu group hash head heap html http https id if implements import in include index init
inplace input insert int integer interface is it item items iter iterator java javascript join json key keys kwargs
label lambda last left len length let library linux list lists log long loop lower main map match math matplotlib
max mean merge method min minus mod model module name new next nil node none not note null num number numpy object
of on one ones online open operator option or order out output override pandas parse parser pass path per pip plot
plus pop pos print printf private protected public push put pytest python pytorch query queue raise random range re
read reduce regex repeat replace request reshape response result return reverse reversed right root row rows run
scala scipy script select self server set shape short shuffle size slice sort sorted split sql sqrt stack start
static std step str string strip struct sum super swap switch sys table tail tensor tensorflow test then this thread
throw time token tokens top total transpose tree true try tuple two type typedef typeof uint undefined union unique
unit up update upper url use user using value values var variable vector version view void web where while with word
write xml yield zeros zip
""")
"""Keywords, types, methods and libraries that a text about programs names, whatever language it is in."""

TRANSLATE = _words("""
dịch fordítsd isalin käännä oversett oversæt prelož przetłumacz přelož přeložte tafsiri tercüme
terjemahkan traducción traduce traducere traduceți traduci traducir traduction traduire traduis
traduisez tradurre traduza traduzca traduzione traduzir tradução translate translation tłumaczenie
vertaal vertalen vertaling çevir çeviri çevirin översätt übersetze übersetzen übersetzung μετάφρασε
μεταφράστε переведи переведите перевод переклади перекладіть преведи превод תרגם تרגם ترجم ترجمة
ترجمه अनुवाद अनुवादित অনুবাদ மொழிபெயர் แปล 翻訳 翻譯 翻译 訳し 译成 번역
""")
"""Words by which a prompt asks for a translation."""

REGIONS = _words("""
AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CP CR CU CV CW CX CY CZ DE DG DJ DK DM DO DZ EA
EC EE EG EH ER ES ET EU FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY
HK HM HN HR HT HU IC ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA
LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ
NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM UN US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
""")
"""Codes of countries and regions that have a flag in Unicode (emoji-flag-sequences)."""

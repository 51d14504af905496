// The part of testlib's interface that checkers and interactors use, written anew for rewardkit: same names, same
// exit codes, same rules (numbers and tokens are read past blanks; a fault of the jury's files is a failure, one of
// the output is a wrong answer or a presentation error). Not here: validators, generators beyond `rnd`, strict mode.
// testlib itself is by Mike Mirzayanov: https://github.com/MikeMirzayanov/testlib
#ifndef REWARDKIT_TESTLIB_H
#define REWARDKIT_TESTLIB_H

#include <regex.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <queue>
#include <random>
#include <set>
#include <sstream>
#include <stack>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

enum TResult { _ok = 0, _wa = 1, _pe = 2, _fail = 3, _dirt = 4, _points = 5, _unexpected_eof = 8, _partially = 16 };
enum TMode { _input, _output, _answer };
enum TTestlibMode { _unknown, _checker, _validator, _generator, _interactor, _scorer };
#define _pc(exitCode) (TResult(_partially + (exitCode)))

const int OK_EXIT_CODE = 0, WA_EXIT_CODE = 1, PE_EXIT_CODE = 2, FAIL_EXIT_CODE = 3, DIRT_EXIT_CODE = 4;
const int POINTS_EXIT_CODE = 7, PC_BASE_EXIT_CODE = 50;
const char LF = '\n', CR = '\r', TAB = '\t', SPACE = ' ';
const int EOFC = 255;

[[noreturn]] inline void quit(TResult result, const std::string& message);
[[noreturn]] inline void quit(TResult result, const char* message);

__attribute__((format(printf, 1, 2))) inline std::string format(const char* form, ...) {
  va_list args, again;
  va_start(args, form);
  va_copy(again, args);
  int size = std::vsnprintf(nullptr, 0, form, args);
  std::string text(size > 0 ? size : 0, '\0');
  if (size > 0) std::vsnprintf(&text[0], size + 1, form, again);
  va_end(args);
  va_end(again);
  return text;
}
inline std::string format(const std::string& text) { return text; }

#define TESTLIB_FORMATTED(form)                              \
  va_list args, again;                                       \
  va_start(args, form);                                      \
  va_copy(again, args);                                      \
  int size = std::vsnprintf(nullptr, 0, form, args);         \
  std::string text(size > 0 ? size : 0, '\0');               \
  if (size > 0) std::vsnprintf(&text[0], size + 1, form, again); \
  va_end(args);                                              \
  va_end(again)

inline bool isEof(int c) { return c == EOFC || c == EOF; }
inline bool isEoln(int c) { return c == LF || c == CR; }
inline bool isBlanks(int c) { return c == LF || c == CR || c == SPACE || c == TAB; }
inline bool __testlib_isNaN(double value) { return std::isnan(value); }
inline bool __testlib_isInfinite(double value) { return std::isinf(value); }

template <class T> inline std::string vtos(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}
template <class T> inline std::string toString(const T& value) { return vtos(value); }
template <class T> inline std::string toHumanReadableString(const T& value) { return vtos(value); }

inline std::string compress(const std::string& text) {
  return text.size() <= 64 ? text : text.substr(0, 30) + "..." + text.substr(text.size() - 31);
}
inline std::string englishEnding(int number) {
  int last = number % 100;
  if (last / 10 == 1) return "th";
  last %= 10;
  return last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th";
}
inline std::string upperCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}
inline std::string lowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}
inline std::string trim(const std::string& text) {
  size_t from = 0, to = text.size();
  while (from < to && isBlanks(static_cast<unsigned char>(text[from]))) ++from;
  while (to > from && isBlanks(static_cast<unsigned char>(text[to - 1]))) --to;
  return text.substr(from, to - from);
}
template <class Iterator> inline std::string join(Iterator from, Iterator to, const std::string& separator = " ") {
  std::ostringstream out;
  for (Iterator at = from; at != to; ++at) {
    if (at != from) out << separator;
    out << *at;
  }
  return out.str();
}
template <class Container> inline std::string join(const Container& items, const std::string& separator = " ") {
  return join(items.begin(), items.end(), separator);
}
inline std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> found(1);
  for (char c : text) {
    if (c == separator) found.emplace_back();
    else found.back() += c;
  }
  return found;
}
inline std::vector<std::string> tokenize(const std::string& text, char separator = ' ') {
  std::vector<std::string> found;
  for (const std::string& part : split(text, separator))
    if (!part.empty()) found.push_back(part);
  return found;
}

inline bool doubleCompare(double expected, double result, double most) {
  if (std::isnan(expected)) return std::isnan(result);
  if (std::isinf(expected)) return std::isinf(result) && (expected > 0) == (result > 0);
  if (std::isnan(result) || std::isinf(result)) return false;
  if (std::fabs(result - expected) <= most + 1E-15) return true;
  double low = std::min(expected * (1.0 - most), expected * (1.0 + most));
  double high = std::max(expected * (1.0 - most), expected * (1.0 + most));
  return result + 1E-15 >= low && result <= high + 1E-15;
}
inline double doubleDelta(double expected, double result) {
  double absolute = std::fabs(result - expected);
  return std::fabs(expected) > 1E-9 ? std::min(absolute, std::fabs(absolute / expected)) : absolute;
}
template <class T> inline int sign(const T& value) { return (T(0) < value) - (value < T(0)); }

struct pattern {
  explicit pattern(const std::string& text) : source(text), compiled(new regex_t, [](regex_t* one) { regfree(one), delete one; }) {
    if (regcomp(compiled.get(), ("^(" + text + ")$").c_str(), REG_EXTENDED | REG_NOSUB)) quit(_fail, "pattern " + text);
  }
  bool matches(const std::string& text) const { return !regexec(compiled.get(), text.c_str(), 0, nullptr, 0); }
  std::string src() const { return source; }

 private:
  std::string source;
  std::shared_ptr<regex_t> compiled;
};

class random_t {
  std::mt19937_64 engine{3905348978240129619ULL};

 public:
  void setSeed(long long seed) { engine.seed(seed); }
  void setSeed(int argc, char* argv[]) {
    std::string all;
    for (int i = 1; i < argc; ++i) all += std::string(argv[i]) + " ";
    engine.seed(std::hash<std::string>()(all));
  }
  int next(int n) { return static_cast<int>(next(static_cast<long long>(n))); }
  long long next(long long n) { return static_cast<long long>(engine() % static_cast<unsigned long long>(n)); }
  int next(int from, int to) { return static_cast<int>(next(static_cast<long long>(from), static_cast<long long>(to))); }
  long long next(long long from, long long to) { return from + next(to - from + 1); }
  double next() { return static_cast<double>(engine() >> 11) / 9007199254740992.0; }
  double next(double n) { return next() * n; }
  double next(double from, double to) { return from + next() * (to - from); }
  template <class Container> typename Container::value_type any(const Container& items) {
    return *std::next(items.begin(), next(static_cast<long long>(items.size())));
  }
};
static random_t rnd;
template <class Iterator> inline void shuffle(Iterator from, Iterator to) {
  for (auto i = to - from - 1; i > 0; --i) std::swap(from[i], from[rnd.next(static_cast<long long>(i) + 1)]);
}

static TTestlibMode testlibMode = _unknown;

// One of the files. What goes wrong in it is the fault of who wrote it.
struct InStream {
  TMode mode = _input;
  std::string name;
  bool stdfile = false, opened = false, strict = false;

  [[noreturn]] void quit(TResult result, const std::string& message) {
    if (mode != _output && result != _ok) ::quit(_fail, name + " file: " + message);
    ::quit(result, message);
  }
  [[noreturn]] __attribute__((format(printf, 3, 4))) void quitf(TResult result, const char* form, ...) {
    TESTLIB_FORMATTED(form);
    quit(result, text);
  }
  __attribute__((format(printf, 4, 5))) void quitif(bool condition, TResult result, const char* form, ...) {
    if (!condition) return;
    TESTLIB_FORMATTED(form);
    quit(result, text);
  }

  void open(FILE* source, TMode of, const std::string& called) { file = source, mode = of, name = called, opened = true; }
  void open(const char* path, TMode of, const std::string& called) {
    FILE* source = std::fopen(path, "rb");
    if (!source) ::quit(of == _output ? _pe : _fail, "cannot open the " + called + " file");
    open(source, of, called);
  }
  void init(const std::string& path, TMode of) { open(path.c_str(), of, path); }
  void close() { opened = false; }
  void setTestCase(int) {}

  int curChar() {
    int c = get();
    unget(c);
    return c == EOF ? EOFC : c;
  }
  int nextChar() { int c = get(); return c == EOF ? EOFC : c; }
  char readChar() {
    int c = get();
    if (c == EOF) quit(_unexpected_eof, "Unexpected end of file");
    return static_cast<char>(c);
  }
  char readChar(char wanted) {
    char found = readChar();
    if (found != wanted) quit(_pe, format("Unexpected character #%d, but '%c' expected", int(found), wanted));
    return found;
  }
  char readSpace() { return readChar(' '); }
  void unreadChar(char c) { unget(static_cast<unsigned char>(c)); }
  void skipChar() { get(); }
  void skipBlanks() {
    int c = get();
    while (c != EOF && isBlanks(c)) c = get();
    unget(c);
  }
  bool eof() { return curCharOrEof() == EOF; }
  bool seekEof() { skipBlanks(); return eof(); }
  bool eoln() { int c = curCharOrEof(); return c == EOF || isEoln(c); }
  bool seekEoln() {
    int c = get();
    while (c == SPACE || c == TAB) c = get();
    unget(c);
    return eoln();
  }
  void readEoln() {
    int c = get();
    if (c == CR) c = get();
    if (c != LF && c != EOF) quit(_pe, "Expected EOLN");
  }
  void readEof() { if (!eof()) quit(_pe, "Expected EOF"); }
  void nextLine() { readLine(); }

  std::string readWord() {
    skipBlanks();
    int c = get();
    if (c == EOF) quit(_unexpected_eof, "Unexpected end of file - token expected");
    std::string found;
    for (; c != EOF && !isBlanks(c); c = get()) found += static_cast<char>(c);
    unget(c);
    return found;
  }
  std::string readToken() { return readWord(); }
  void readWordTo(std::string& to) { to = readWord(); }
  void readTokenTo(std::string& to) { to = readWord(); }
  std::string readWord(const pattern& p, const std::string& called = "") {
    std::string found = readWord();
    if (!p.matches(found)) quit(_wa, format("Token %s \"%s\" doesn't correspond to pattern \"%s\"", called.c_str(), compress(found).c_str(), compress(p.src()).c_str()));
    return found;
  }
  std::string readWord(const std::string& p, const std::string& called = "") { return readWord(pattern(p), called); }
  std::string readToken(const pattern& p, const std::string& called = "") { return readWord(p, called); }
  std::string readToken(const std::string& p, const std::string& called = "") { return readWord(p, called); }
  std::string readLine() {
    if (eof()) quit(_unexpected_eof, "Expected line");
    std::string found;
    int c = get();
    for (; c != EOF && c != LF; c = get()) found += static_cast<char>(c);
    if (!found.empty() && found.back() == CR) found.pop_back();
    return found;
  }
  std::string readString() { return readLine(); }
  void readLineTo(std::string& to) { to = readLine(); }
  void readStringTo(std::string& to) { to = readLine(); }
  std::string readLine(const std::string& p, const std::string& called = "") {
    std::string found = readLine();
    if (!pattern(p).matches(found)) quit(_wa, format("Line %s \"%s\" doesn't correspond to pattern", called.c_str(), compress(found).c_str()));
    return found;
  }
  std::string readString(const std::string& p, const std::string& called = "") { return readLine(p, called); }

  long long readLong() { return number<long long>(readWord(), "int64"); }
  long long readLong(long long least, long long most, const std::string& called = "") {
    return within(readLong(), least, most, called);
  }
  unsigned long long readUnsignedLong() {
    std::string word = readWord();
    if (word.empty() || !std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c); }))
      quit(_pe, "Expected unsigned integer, but \"" + compress(word) + "\" found");
    errno = 0;
    unsigned long long value = std::strtoull(word.c_str(), nullptr, 10);
    if (errno) quit(_pe, "Expected uint64, but \"" + compress(word) + "\" found");
    return value;
  }
  unsigned long long readUnsignedLong(unsigned long long least, unsigned long long most, const std::string& called = "") {
    return within(readUnsignedLong(), least, most, called);
  }
  int readInt() { return readInteger(); }
  int readInteger() {
    std::string word = readWord();
    long long value = number<long long>(word, "int32");
    if (value < INT_MIN || value > INT_MAX) quit(_pe, "Expected int32, but \"" + compress(word) + "\" found");
    return static_cast<int>(value);
  }
  int readInt(int least, int most, const std::string& called = "") { return within(readInteger(), least, most, called); }
  int readInteger(int least, int most, const std::string& called = "") { return readInt(least, most, called); }
  double readDouble() { return readReal(); }
  double readReal() { return asReal(readWord()); }
  long long asNumber(const std::string& word, const char* kind) { return number<long long>(word, kind); }
  double asReal(const std::string& word) {
    const char* shown = word.c_str();
    char* end = nullptr;
    bool plain = !word.empty() && word.find_first_not_of("+-.0123456789eE") == std::string::npos;
    double value = plain ? std::strtod(shown, &end) : 0;
    if (!plain || *end || std::isnan(value) || std::isinf(value))
      quit(_pe, "Expected double, but \"" + compress(word) + "\" found");
    return value;
  }
  double readReal(double least, double most, const std::string& called = "") { return within(readReal(), least, most, called); }
  double readDouble(double least, double most, const std::string& called = "") { return readReal(least, most, called); }
  double readStrictReal(double least, double most, int fewest, int longest, const std::string& called = "") {
    std::string word = readWord();
    size_t dot = word.find('.');
    int after = dot == std::string::npos ? 0 : static_cast<int>(word.size() - dot - 1);
    char* end = nullptr;
    double value = std::strtod(word.c_str(), &end);
    if (*end || word.find_first_not_of("-.0123456789") != std::string::npos || after < fewest || after > longest)
      quit(_pe, "Expected strict double, but \"" + compress(word) + "\" found");
    return within(value, least, most, called);
  }
  double readStrictDouble(double least, double most, int fewest, int longest, const std::string& called = "") {
    return readStrictReal(least, most, fewest, longest, called);
  }

  std::vector<int> readInts(int size, int least, int most, const std::string& called = "", int = 1) {
    return many(size, [&] { return readInt(least, most, called); });
  }
  std::vector<int> readIntegers(int size, int least, int most, const std::string& called = "", int = 1) { return readInts(size, least, most, called); }
  std::vector<int> readInts(int size, int = 1) { return many(size, [&] { return readInt(); }); }
  std::vector<int> readIntegers(int size, int = 1) { return readInts(size); }
  std::vector<long long> readLongs(int size, long long least, long long most, const std::string& called = "", int = 1) {
    return many(size, [&] { return readLong(least, most, called); });
  }
  std::vector<long long> readLongs(int size, int = 1) { return many(size, [&] { return readLong(); }); }
  std::vector<double> readDoubles(int size, double least, double most, const std::string& called = "", int = 1) {
    return many(size, [&] { return readDouble(least, most, called); });
  }
  std::vector<double> readDoubles(int size, int = 1) { return many(size, [&] { return readDouble(); }); }
  std::vector<double> readReals(int size, int = 1) { return readDoubles(size); }
  std::vector<std::string> readTokens(int size, const std::string& p, const std::string& called = "", int = 1) {
    pattern compiled(p);
    return many(size, [&] { return readToken(compiled, called); });
  }
  std::vector<std::string> readTokens(int size, int = 1) { return many(size, [&] { return readToken(); }); }
  std::vector<std::string> readWords(int size, int = 1) { return readTokens(size); }
  std::vector<std::string> readLines(int size, int = 1) { return many(size, [&] { return readLine(); }); }

 private:
  FILE* file = nullptr;
  std::vector<int> again;

  int get() {
    if (!again.empty()) {
      int c = again.back();
      again.pop_back();
      return c;
    }
    return file ? std::getc(file) : EOF;
  }
  void unget(int c) {
    if (c != EOF) again.push_back(c);
  }
  int curCharOrEof() {
    int c = get();
    unget(c);
    return c;
  }
  template <class T> T number(const std::string& word, const char* kind) {
    size_t from = word.size() > 1 && word[0] == '-';
    bool digits = !word.empty() && std::all_of(word.begin() + from, word.end(), [](unsigned char c) { return std::isdigit(c); });
    bool canonical = digits && (word.size() == from + 1 || word[from] != '0') && word != "-0";
    errno = 0;
    T value = canonical ? static_cast<T>(std::strtoll(word.c_str(), nullptr, 10)) : 0;
    if (!canonical || errno) quit(_pe, std::string("Expected ") + kind + ", but \"" + compress(word) + "\" found");
    return value;
  }
  template <class T> T within(T value, T least, T most, const std::string& called) {
    if (!(least <= value && value <= most)) {
      std::string what = called.empty() ? "Value" : "Parameter [name=" + called + "]";
      quit(_wa, what + " equals to " + vtos(value) + ", violates the range [" + vtos(least) + ", " + vtos(most) + "]");
    }
    return value;
  }
  template <class Read> auto many(int size, Read read) -> std::vector<decltype(read())> {
    std::vector<decltype(read())> found;
    if (size < 0) ::quit(_fail, "a negative number of values");
    found.reserve(std::min(size, 1 << 20));
    for (int i = 0; i < size; ++i) found.push_back(read());
    return found;
  }
};

inline long long stringToLongLong(InStream& in, const std::string& text) {
  return in.asNumber(text, "int64");
}
inline double stringToDouble(InStream& in, const std::string& text) { return in.asReal(text); }

static InStream inf, ouf, ans;
static std::fstream tout;
static std::string checkerName;

static bool __testlib_ended = false;
// A checker that ends without a verdict has none.
static struct FinalizeGuard {
  ~FinalizeGuard() {
    if (__testlib_ended || testlibMode == _unknown) return;
    std::fprintf(stderr, "FAIL it ended without quit or quitf\n");
    std::fflush(stderr);
    std::_Exit(FAIL_EXIT_CODE);
  }
} __testlib_guard;
inline void __testlib_end(int code, const char* verdict, const std::string& message) {
  std::fflush(stdout);
  std::cout.flush();
  tout.flush();
  std::fprintf(stderr, "%s%s\n", verdict, message.c_str());
  std::fflush(stderr);
  std::_Exit(code);
}
[[noreturn]] inline void quit(TResult result, const std::string& message) {
  if ((result == _ok || result == _points || result >= _partially) && testlibMode == _checker && ouf.opened && !ouf.seekEof())
    quit(_pe, "Extra information in the output file");
  if (result == _ok) __testlib_end(OK_EXIT_CODE, "ok ", message);
  if (result == _wa) __testlib_end(WA_EXIT_CODE, "wrong answer ", message);
  if (result == _pe) __testlib_end(PE_EXIT_CODE, "wrong output format ", message);
  if (result == _dirt) __testlib_end(DIRT_EXIT_CODE, "wrong output format ", message);
  if (result == _unexpected_eof) __testlib_end(PE_EXIT_CODE, "unexpected eof ", message);
  if (result == _points) __testlib_end(POINTS_EXIT_CODE, "points ", message);
  if (result >= _partially) __testlib_end(PC_BASE_EXIT_CODE + (result - _partially), "partially correct ", message);
  __testlib_end(FAIL_EXIT_CODE, "FAIL ", message);
  std::abort();
}
[[noreturn]] inline void quit(TResult result, const char* message) { quit(result, std::string(message)); }
[[noreturn]] __attribute__((format(printf, 2, 3))) inline void quitf(TResult result, const char* form, ...) {
  TESTLIB_FORMATTED(form);
  quit(result, text);
}
__attribute__((format(printf, 3, 4))) inline void quitif(bool condition, TResult result, const char* form, ...) {
  if (!condition) return;
  TESTLIB_FORMATTED(form);
  quit(result, text);
}
[[noreturn]] inline void quitp(double points, const std::string& message = "") {
  // Whatever else a checker gives is its own failure.
  if (!(points >= -1E-8 && points <= 1E6 + 1E-8)) quit(_fail, "points must be a number from 0 to 1E6");
  points = std::min(std::max(points, 0.0), 1E6);
  quit(_points, format("%.10g ", points) + message);
}
[[noreturn]] inline void quitp(int points, const std::string& message = "") { quitp(double(points), message); }
[[noreturn]] __attribute__((format(printf, 2, 3))) inline void quitp(double points, const char* form, ...) {
  TESTLIB_FORMATTED(form);
  quitp(points, text);
}
[[noreturn]] inline void quitpi(const std::string& points, const std::string& message = "") {
  quit(_points, points + " " + message);
}
inline void __testlib_ensure(bool condition, const std::string& message) {
  if (!condition) quit(_fail, message);
}
#define ensure(condition) __testlib_ensure((condition), "Condition failed: \"" #condition "\"")
__attribute__((format(printf, 2, 3))) inline void ensuref(bool condition, const char* form, ...) {
  if (condition) return;
  TESTLIB_FORMATTED(form);
  quit(_fail, text);
}
inline void setName(const char* name, ...) { checkerName = name; }
inline void setTestCase(int) {}
inline void unsetTestCase() {}
inline void disableFinalizeGuard() { __testlib_ended = true; }

inline void registerTestlibCmd(int argc, char* argv[]) {
  testlibMode = _checker;
  if (argc < 4) quit(_fail, "usage: checker input output answer");
  inf.open(argv[1], _input, "input");
  ouf.open(argv[2], _output, "output");
  ans.open(argv[3], _answer, "answer");
}
inline void registerInteraction(int argc, char* argv[]) {
  testlibMode = _interactor;
  if (argc < 3) quit(_fail, "usage: interactor input output [answer]");
  inf.open(argv[1], _input, "input");
  tout.open(argv[2], std::ios_base::out);
  ouf.open(stdin, _output, "output of the program");
  if (argc > 3) ans.open(argv[3], _answer, "answer");
}
template <class T> inline void println(const T& value) { std::cout << value << std::endl; }
template <class First, class... More> inline void println(const First& first, const More&... more) {
  std::cout << first;
  ((std::cout << " " << more), ...);
  std::cout << std::endl;
}

#endif

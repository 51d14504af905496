#include <bits/stdc++.h>
namespace rewardkit {
template <class T, class = void> struct Iterable : std::false_type {};
template <class T>
struct Iterable<T, std::void_t<decltype(std::begin(std::declval<const T&>())), decltype(std::end(std::declval<const T&>()))>>
    : std::true_type {};
template <class T, class = void> struct Tuple : std::false_type {};
template <class T> struct Tuple<T, std::void_t<decltype(std::tuple_size<T>::value)>> : std::true_type {};
template <class T, class = void> struct Hashed : std::false_type {};
template <class T> struct Hashed<T, std::void_t<typename T::hasher>> : std::true_type {};
template <class T> struct Optional : std::false_type {};
template <class T> struct Optional<std::optional<T>> : std::true_type {};
template <class T> struct Variant : std::false_type {};
template <class... T> struct Variant<std::variant<T...>> : std::true_type {};
inline std::string quoted(std::string_view text) {
  std::string shown = "\"";
  char piece[8];
  for (unsigned char c : text) {
    if (c < 32 || c == '"' || c == '\\') { std::snprintf(piece, sizeof piece, "\\x%02x", c); shown += piece; }
    else shown += static_cast<char>(c);
  }
  return shown + "\"";
}
template <class T> std::string text(const T& value) {
  if constexpr (std::is_same_v<T, std::nullopt_t> || std::is_same_v<T, std::nullptr_t>) return "null";
  else if constexpr (std::is_floating_point_v<T>) {
    char shown[64];
    std::snprintf(shown, sizeof shown, "%.17g", static_cast<double>(value) + 0.0);
    return shown;
  }
  else if constexpr (std::is_arithmetic_v<T>) return std::to_string(+value);
  else if constexpr (std::is_convertible_v<const T&, std::string_view>) return quoted(value);
  else if constexpr (Optional<T>::value) return value ? text(*value) : "null";
  else if constexpr (Variant<T>::value) return std::visit([](const auto& inner) { return text(inner); }, value);
  else if constexpr (Iterable<T>::value) {
    std::vector<std::string> items;
    for (const auto& item : value) items.push_back(text(item));
    if constexpr (Hashed<T>::value) std::sort(items.begin(), items.end());
    std::string shown = "[";
    for (const auto& item : items) shown += item + ",";
    return shown + "]";
  }
  else if constexpr (Tuple<T>::value)
    return std::apply([](const auto&... part) { return "(" + ((text(part) + ",") + ...) + ")"; }, value);
  else return text(value.v);  // the unions of MultiPL-E's prompts
}
}  // namespace rewardkit
template <class T> void rk_show(int number, const T& value) {
  std::string shown = "\n@rk@ " + std::to_string(number) + " " + rewardkit::text(value) + "\n";
  std::cout << shown << std::flush;
}

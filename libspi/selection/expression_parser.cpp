// SPDX-License-Identifier: GPL-3.0-or-later
// Recursive descent from the text of a condition to its steps.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>

#include "libspi/base/error.h"
#include "libspi/selection/expression_program.h"
#include "libspi/selection/suggestion.h"

namespace spi {
namespace {

enum class Type { number, condition, text };

/// What a part of the text stands for. A text in quotes has no steps of its own.
struct Operand {
  Type type = Type::number;
  std::size_t at = 0;                   ///< where it begins
  const TableColumn* labels = nullptr;  ///< a column that has some, and nothing done to it
  std::string text = {};
};

struct Function {
  std::string_view name;
  Op op;
  bool takes_many;
};
constexpr Function kFunctions[] = {{"abs", Op::absolute, false},  {"sqrt", Op::root, false},
                                   {"log", Op::logarithm, false}, {"isnan", Op::missing, false},
                                   {"min", Op::smaller, true},    {"max", Op::larger, true}};

struct Sign {
  std::string_view text;
  Op op;
};
constexpr Sign kComparisons[] = {{"<=", Op::at_most}, {">=", Op::at_least}, {"==", Op::equal},
                                 {"!=", Op::unequal}, {"<", Op::less},      {">", Op::more}};
constexpr Sign kSums[] = {{"+", Op::plus}, {"-", Op::minus}};
constexpr Sign kProducts[] = {{"*", Op::times}, {"/", Op::over}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)); }

class Parser {
 public:
  Parser(std::string_view text, const Table& table) : text_(text), table_(table) {}

  Program parse() {
    const Operand all = either();
    skip_blanks();
    if (at_ < text_.size()) wrong(at_, "expected an operator or the end, such as && or <");
    if (all.type != Type::condition)
      wrong(all.at, "this is no condition: compare it with something, as in c1 < 0.2");
    return std::move(program_);
  }

 private:
  std::string marked(std::size_t at) const {
    std::string line(text_);
    std::ranges::replace_if(line, is_blank, ' ');
    return text_of("\n  ", line, "\n  ", std::string(at, ' '), "^");
  }
  [[noreturn]] void wrong(std::size_t at, const std::string& what) const {
    fail_usage(what, " (character ", at + 1, ")", marked(at));
  }

  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  /// Steps over `sign` if it comes next.
  bool accept(std::string_view sign) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }
  template <std::size_t N>
  const Sign* accept_one_of(const Sign (&signs)[N]) {
    for (const Sign& sign : signs)
      if (accept(sign.text)) return &sign;
    return nullptr;
  }
  std::size_t next() {
    skip_blanks();
    return at_;
  }

  void require_number(const Operand& operand) const {
    if (operand.type == Type::text)
      wrong(operand.at, "a text can only be compared with a column of labels, by == or !=");
    if (operand.type == Type::condition)
      wrong(operand.at, "expected a number, this is a condition");
    if (operand.labels && operand.labels->is_text)
      wrong(operand.at, "this column holds texts: compare it with a text in quotes, by == or !=");
  }
  void require_condition(const Operand& operand) const {
    if (operand.type != Type::condition)
      wrong(operand.at, "expected a condition such as c1 < 0.2, in parentheses after !");
  }

  Operand either() {
    Operand left = both();
    while (accept("||")) left = joined(left, both(), Op::either);
    return left;
  }
  Operand both() {
    Operand left = comparison();
    while (accept("&&")) left = joined(left, comparison(), Op::both);
    return left;
  }
  Operand joined(const Operand& left, const Operand& right, Op op) {
    require_condition(left);
    require_condition(right);
    program_.push_back({op});
    return {.type = Type::condition, .at = left.at};
  }

  Operand comparison() {
    const Operand left = sum();
    const Sign* sign = accept_one_of(kComparisons);
    if (!sign) {
      const std::size_t at = next();
      if (accept("=")) wrong(at, "write == for equality");
      return left;
    }
    const Operand right = sum();
    if (left.type == Type::text || right.type == Type::text) {
      compare_texts(left, right, sign->op);
    } else {
      require_number(left);
      require_number(right);
      if (left.labels && right.labels && left.labels->labels != right.labels->labels)
        wrong(right.at, "these two columns have different labels");
    }
    program_.push_back({sign->op});
    const std::size_t at = next();
    if (accept_one_of(kComparisons))
      wrong(at, "comparisons cannot be chained: write 1 < c1 && c1 < 2");
    return {.type = Type::condition, .at = left.at};
  }
  /// A column of labels against a text: its index.
  void compare_texts(const Operand& left, const Operand& right, Op op) {
    const Operand& text = left.type == Type::text ? left : right;
    const Operand& column = left.type == Type::text ? right : left;
    if (!column.labels || (op != Op::equal && op != Op::unequal)) require_number(text);
    const auto& labels = column.labels->labels;
    const auto found = std::ranges::find(labels, text.text);
    if (found == labels.end())
      fail("the column ", column.labels->name, " has no label '", text.text,
           "', it has: ", listed(labels), did_you_mean(text.text, labels), marked(text.at));
    program_.push_back({Op::constant, double(found - labels.begin())});
  }

  template <std::size_t N>
  Operand chain(const Sign (&signs)[N], Operand (Parser::*part)()) {
    Operand left = (this->*part)();
    while (const Sign* sign = accept_one_of(signs)) {
      const Operand right = (this->*part)();
      require_number(left);
      require_number(right);
      program_.push_back({sign->op});
      left = {.at = left.at};
    }
    return left;
  }
  Operand sum() { return chain(kSums, &Parser::product); }
  Operand product() { return chain(kProducts, &Parser::signed_part); }

  Operand signed_part() {
    constexpr int kDeepest = 200;  // what nests comes through here
    const std::size_t at = next();
    if (depth_ == kDeepest)
      wrong(at, text_of("more than ", kDeepest, " parentheses and signs deep"));
    ++depth_;
    const Operand part = accept("!")   ? inverse(at)
                         : accept("-") ? negative(at)
                         : accept("+") ? positive(at)
                                       : primary();
    --depth_;
    return part;
  }
  Operand inverse(std::size_t at) {
    require_condition(signed_part());
    program_.push_back({Op::inverse});
    return {.type = Type::condition, .at = at};
  }
  Operand negative(std::size_t at) {
    require_number(signed_part());
    program_.push_back({Op::negative});
    return {.at = at};
  }
  Operand positive(std::size_t at) {
    require_number(signed_part());
    return {.at = at};
  }

  Operand primary() {
    const std::size_t at = next();
    if (accept("(")) {
      Operand inner = either();
      if (!accept(")")) wrong(next(), "expected ')'");
      inner.at = at;
      return inner;
    }
    const char first = at < text_.size() ? text_[at] : '\0';
    if (is_digit(first) || first == '.') return number(at);
    if (first == '\'' || first == '"') return {.type = Type::text, .at = at, .text = quoted(first)};
    if (first == '`') return column(quoted('`'), at);
    if (is_letter(first)) return named(at);
    wrong(at, "expected a number, a column, a function or '('");
  }
  Operand number(std::size_t at) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + at, text_.data() + text_.size(), value);
    if (error != std::errc{}) wrong(at, "this is no number that can be kept");
    at_ = std::size_t(end - text_.data());
    program_.push_back({Op::constant, value});
    return {.at = at};
  }
  std::string quoted(char quote) {
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == text_.npos) wrong(at_, text_of("no second ", quote, " for this one"));
    const std::string inside(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return inside;
  }
  Operand named(std::size_t at) {
    while (at_ < text_.size() &&
           (is_letter(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '.'))
      ++at_;
    const std::string_view name = text_.substr(at, at_ - at);
    if (accept("(")) return call(name, at);
    return column(name, at);
  }
  Operand column(std::string_view name, std::size_t at) {
    const auto find = [&]() -> const TableColumn& {
      try {
        return table_.column(name);
      } catch (const UserError& error) {
        fail(error.what(), marked(at));
      }
    };
    const TableColumn& found = find();
    program_.push_back({Op::column, 0, found.values.data()});
    return {.at = at, .labels = found.labels.empty() ? nullptr : &found};
  }
  Operand call(std::string_view name, std::size_t at) {
    const auto* const function = std::ranges::find(kFunctions, name, &Function::name);
    if (function == std::end(kFunctions))
      wrong(at, "unknown function; there are abs, sqrt, log, min, max and isnan");
    int arguments = 0;
    do {
      const Operand argument = either();
      const bool is_label = function->op == Op::missing && argument.labels;
      if (!is_label) require_number(argument);
      if (++arguments > 1) program_.push_back({function->op});
    } while (accept(","));
    if (!accept(")")) wrong(next(), "expected ',' or ')'");
    if (function->takes_many ? arguments < 2 : arguments != 1)
      wrong(at, function->takes_many ? "it takes two numbers or more" : "it takes one number");
    if (!function->takes_many) program_.push_back({function->op});
    return {.type = function->op == Op::missing ? Type::condition : Type::number, .at = at};
  }

  std::string_view text_;
  const Table& table_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Program program_;
};

}  // namespace

Program parse_condition(const std::string& condition, const Table& table) {
  return Parser(condition, table).parse();
}

}  // namespace spi

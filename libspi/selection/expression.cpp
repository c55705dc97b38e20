// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selection/expression.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "libspi/selection/expression_program.h"

namespace spi {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

double compared(double a, double b, bool holds) {
  return std::isnan(a) || std::isnan(b) ? kUnknown : double(holds);
}

double of_one(Op op, double a) {
  switch (op) {
    case Op::negative:
      return -a;
    case Op::inverse:
      return 1 - a;  // NaN stays NaN
    case Op::absolute:
      return std::abs(a);
    case Op::root:
      return std::sqrt(a);
    case Op::logarithm:
      return std::log(a);
    default:
      SPI_ASSERT(op == Op::missing);
      return double(std::isnan(a));
  }
}

double of_two(Op op, double a, double b) {
  switch (op) {
    case Op::plus:
      return a + b;
    case Op::minus:
      return a - b;
    case Op::times:
      return a * b;
    case Op::over:
      return a / b;
    case Op::less:
      return compared(a, b, a < b);
    case Op::at_most:
      return compared(a, b, a <= b);
    case Op::more:
      return compared(a, b, a > b);
    case Op::at_least:
      return compared(a, b, a >= b);
    case Op::equal:
      return compared(a, b, a == b);
    case Op::unequal:
      return compared(a, b, a != b);
    case Op::both:
      return a == 0 || b == 0 ? 0 : a * b;
    case Op::either:
      return a == 1 || b == 1 ? 1 : a + b;
    case Op::smaller:
      return std::isnan(a) || std::isnan(b) ? kUnknown : std::min(a, b);
    default:
      SPI_ASSERT(op == Op::larger);
      return std::isnan(a) || std::isnan(b) ? kUnknown : std::max(a, b);
  }
}

double run(const Program& program, std::size_t row, std::vector<double>& stack) {
  stack.clear();
  for (const Step& step : program) {
    if (step.op == Op::constant) {
      stack.push_back(step.value);
    } else if (step.op == Op::column) {
      stack.push_back(step.column[row]);
    } else if (step.op < Op::plus) {
      stack.back() = of_one(step.op, stack.back());
    } else {
      const double b = stack.back();
      stack.pop_back();
      stack.back() = of_two(step.op, stack.back(), b);
    }
  }
  return stack.back();
}

}  // namespace

std::vector<Truth> evaluate(const std::string& condition, const Table& table) {
  const Program program = parse_condition(condition, table);
  std::vector<Truth> truth(table.rows());
  std::vector<double> stack;
  for (std::size_t row = 0; row < truth.size(); ++row) {
    const double value = run(program, row, stack);
    truth[row] = std::isnan(value) ? Truth::unknown : value != 0 ? Truth::yes : Truth::no;
  }
  return truth;
}

}  // namespace spi

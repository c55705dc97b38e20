// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/quadrature.h"

#include <cmath>
#include <numbers>

namespace spi {

Quadrature gauss_legendre(int n) {
  Quadrature rule;
  for (int i = n; i >= 1; --i) {
    double x = std::cos(std::numbers::pi * (i - 0.25) / (n + 0.5)), slope = 0;
    for (int newton = 0; newton < 10; ++newton) {
      double last = 1, value = x;  // P_0 and P_1, then upwards by the three-term recurrence
      for (int k = 2; k <= n; ++k) {
        const double next = ((2 * k - 1) * x * value - (k - 1) * last) / k;
        last = value;
        value = next;
      }
      slope = n * (x * value - last) / (x * x - 1);
      x -= value / slope;
    }
    rule.node.push_back((1 + x) / 2);
    rule.weight.push_back(1 / ((1 - x * x) * slope * slope));
  }
  return rule;
}

}  // namespace spi

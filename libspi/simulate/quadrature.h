// SPDX-License-Identifier: GPL-3.0-or-later
// Gauss-Legendre quadrature.
#pragma once

#include <vector>

namespace spi {

struct Quadrature {
  std::vector<double> node, weight;  ///< ascending
};

/// n >= 1 nodes on [0, 1]; exact for polynomials of degree 2n - 1. cos(k x) converges faster than
/// exponentially once 2 n exceeds k / 2 by a dozen.
Quadrature gauss_legendre(int n);

}  // namespace spi

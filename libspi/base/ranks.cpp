// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/ranks.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libspi/base/error.h"

namespace spi {

std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> rank(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    for (std::size_t k = first; k <= last; ++k) rank[order[k]] = double(first + last) / 2;
    first = last + 1;
  }
  return rank;
}

double spearman(std::span<const double> x, std::span<const double> y) {
  SPI_ASSERT(x.size() == y.size());
  std::vector<double> a, b;
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!std::isnan(x[i]) && !std::isnan(y[i])) a.push_back(x[i]), b.push_back(y[i]);
  a = ranks(a), b = ranks(b);
  const double middle = (double(a.size()) - 1) / 2;
  double ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - middle) * (b[i] - middle);
    aa += (a[i] - middle) * (a[i] - middle), bb += (b[i] - middle) * (b[i] - middle);
  }
  return ab / std::sqrt(aa * bb);
}

double median(std::vector<double> values) {
  SPI_ASSERT(!values.empty());
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

}  // namespace spi

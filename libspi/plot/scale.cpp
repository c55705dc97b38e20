// SPDX-License-Identifier: GPL-3.0-or-later
// Linear and logarithmic scales, automatic limits.
#include "libspi/plot/scale.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spi::plot {
namespace {

constexpr double kLargest = 1e150;  // beyond, differences and squares could overflow
constexpr double kSmallest = 1 / kLargest;
constexpr double kMargin = 0.05;
constexpr double kSameRelative = 1e-12;  // ranges narrower than this have no room for ticks

double forward(ScaleKind kind, double value) {
  return kind == ScaleKind::log ? std::log10(value) : value;
}

double backward(ScaleKind kind, double value) {
  return kind == ScaleKind::log ? std::pow(10.0, value) : value;
}

bool too_narrow(Range r) {
  const double size = std::max(std::abs(r.lo), std::abs(r.hi));
  return !(r.hi - r.lo > std::max(kSameRelative * size, kSmallest));
}

/// A range around one value.
Range widened(ScaleKind kind, double value) {
  if (kind == ScaleKind::log) return {value / 2, value * 2};
  const double reach = std::abs(value) < 10 * kSmallest ? 1 : 0.1 * std::abs(value);
  return {value - reach, value + reach};
}

Range usable(ScaleKind kind, Range r) {
  if (!drawable(kind, r.hi)) return unit_range(kind);
  if (!drawable(kind, r.lo)) return {kind == ScaleKind::log ? r.hi / 1000 : r.hi - 1, r.hi};
  return too_narrow(r) ? widened(kind, r.lo) : r;
}

}  // namespace

bool drawable(ScaleKind kind, double value) {
  if (!(std::abs(value) < kLargest)) return false;
  return kind == ScaleKind::linear || value > kSmallest;
}

Range unit_range(ScaleKind kind) { return kind == ScaleKind::log ? Range{1, 10} : Range{0, 1}; }

Scale::Scale(ScaleKind kind, Range range) : kind_(kind), range_(usable(kind, range)) {}

double Scale::unit(double value) const {
  if (!drawable(kind_, value)) return std::numeric_limits<double>::quiet_NaN();
  const double lo = forward(kind_, range_.lo), hi = forward(kind_, range_.hi);
  return (forward(kind_, value) - lo) / (hi - lo);
}

double Scale::value(double unit) const {
  const double lo = forward(kind_, range_.lo), hi = forward(kind_, range_.hi);
  return backward(kind_, lo + unit * (hi - lo));
}

void Coverage::grow(double value) {
  if (!drawable(kind_, value)) return;
  data_ =
      empty_ ? Range{value, value} : Range{std::min(data_.lo, value), std::max(data_.hi, value)};
  empty_ = false;
}

void Coverage::pin(double value) {
  grow(value);
  pins_.push_back(value);
}

Range Coverage::limits() const {
  if (empty_) return unit_range(kind_);
  if (too_narrow(data_)) return widened(kind_, data_.lo);
  const auto margin_at = [&](double edge) {
    return std::ranges::find(pins_, edge) == pins_.end() ? kMargin : 0.0;
  };
  const Scale tight(kind_, data_);
  const double below = margin_at(data_.lo), above = margin_at(data_.hi);
  return {below > 0 ? tight.value(-below) : data_.lo,
          above > 0 ? tight.value(1 + above) : data_.hi};
}

void Extent::add(Point p) {
  if (!drawable(x.kind(), p.x) || !drawable(y.kind(), p.y)) {
    ++n_left_out;
    return;
  }
  grow(p);
  points.push_back(p);
}

void Extent::grow(Point p) {
  x.grow(p.x);
  y.grow(p.y);
}

}  // namespace spi::plot

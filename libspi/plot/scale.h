// SPDX-License-Identifier: GPL-3.0-or-later
// One axis as mathematics: which numbers can be shown, where they go, and automatic limits.
#pragma once

#include <cstddef>
#include <vector>

namespace spi::plot {

enum class ScaleKind { linear, log };

struct Range {
  double lo = 0, hi = 1;
  bool operator==(const Range&) const = default;
};

/// Whether `value` has a place on such an axis: finite, of sane size, positive for log.
bool drawable(ScaleKind kind, double value);

/// The limits of an axis without data: 0..1, or 1..10 for log.
Range unit_range(ScaleKind kind);

/// A linear or logarithmic map of [lo, hi] to [0, 1].
class Scale {
 public:
  /// A range that is empty, reversed or not drawable is widened until it can be shown.
  Scale(ScaleKind kind, Range range);

  /// 0 at lo, 1 at hi, beyond outside; NaN where the value is not drawable.
  double unit(double value) const;

  /// The inverse of unit().
  double value(double unit) const;

  ScaleKind kind() const { return kind_; }
  const Range& range() const { return range_; }

 private:
  ScaleKind kind_;
  Range range_;
};

/// What the data cover along one axis, and the limits that follow.
class Coverage {
 public:
  explicit Coverage(ScaleKind kind) : kind_(kind) {}

  /// Makes room for `value`; one that is not drawable changes nothing.
  void grow(double value);

  /// Makes room for `value` and wants no margin beyond it (the foot of bars, an image's edge).
  void pin(double value);

  bool pinned() const { return !pins_.empty(); }
  ScaleKind kind() const { return kind_; }

  /// The data's range with a margin of 5 % at each end that is not pinned.
  Range limits() const;

 private:
  ScaleKind kind_;
  bool empty_ = true;
  Range data_;
  std::vector<double> pins_;
};

struct Point {
  double x = 0, y = 0;
};

/// What the layers of a panel cover, in data coordinates.
struct Extent {
  Coverage x, y;
  std::vector<Point> points;   // every data point that can be shown
  std::size_t n_left_out = 0;  // data points that cannot: NaN, infinite, <= 0 on a log axis

  /// Takes in a data point, or counts it as left out.
  void add(Point p);

  /// Makes room for a point that is not one of the data (the tip of an ellipse).
  void grow(Point p);
};

}  // namespace spi::plot

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/render/isosurface.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

constexpr std::size_t kBlock = 4;  // samples
constexpr double kStep = 0.5;
constexpr int kHalvings = 9;   // of a step: 1e-3 samples
constexpr int kFine = 4;       // rays a side of a pixel that needs them
constexpr double kEdge = 0.9;  // cosine between neighbouring normals

double dot(const Vector3& a, const Vector3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Vector3 along(const Vector3& a, double s, const Vector3& b) {
  return {a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]};
}

Vector3 scaled_to_1(const Vector3& v) {
  const double norm = std::sqrt(dot(v, v));
  if (norm == 0) return {0, 0, 1};
  return {v[0] / norm, v[1] / norm, v[2] / norm};
}

/// Where a line is within a box: from and to, from > to where it misses.
std::array<double, 2> within(const Vector3& low, const Vector3& high, const Vector3& origin,
                             const Vector3& direction) {
  double from = 0, to = std::numeric_limits<double>::infinity();
  for (std::size_t k = 0; k < 3; ++k) {
    if (direction[k] == 0) {
      if (origin[k] < low[k] || origin[k] > high[k]) return {1, 0};
      continue;
    }
    const double a = (low[k] - origin[k]) / direction[k], b = (high[k] - origin[k]) / direction[k];
    from = std::max(from, std::min(a, b));
    to = std::min(to, std::max(a, b));
  }
  return {from, to};
}

/// The 26 directions to the neighbours of a voxel.
const std::array<Vector3, 26>& directions() {
  static const std::array<Vector3, 26> all = [] {
    std::array<Vector3, 26> list;
    std::size_t k = 0;
    for (int z = -1; z <= 1; ++z)
      for (int y = -1; y <= 1; ++y)
        for (int x = -1; x <= 1; ++x)
          if (x || y || z) list[k++] = scaled_to_1({double(x), double(y), double(z)});
    return list;
  }();
  return all;
}

/// Light in proportion to energy, which adds; the screen's numbers do not.
struct Light {
  double r = 0, g = 0, b = 0;
};

double linear(double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); }
double screen(double c) {
  c = std::clamp(c, 0.0, 1.0);
  return c <= 0.0031308 ? 12.92 * c : 1.055 * std::pow(c, 1 / 2.4) - 0.055;
}
Light linear(const plot::Rgb& c) { return {linear(c.r), linear(c.g), linear(c.b)}; }
std::uint32_t packed(const Light& l) {
  return plot::packed({screen(l.r), screen(l.g), screen(l.b)});
}

/// What the camera sees of a point: ambient light from above, a key light from the upper left, a
/// fill from the right, a highlight of the key. `normal` in the view.
Light shaded(const Vector3& normal, double occlusion, const Light& colour) {
  static const Vector3 key = scaled_to_1({-0.45, 0.65, 0.75}), fill = scaled_to_1({0.8, 0.1, 0.5});
  static const Vector3 half = scaled_to_1({key[0], key[1], key[2] + 1});
  const double open = 1 - occlusion;
  const double ambient = open * (0.23 + 0.10 * normal[1]);
  const double diffuse = (0.4 + 0.6 * open) * (0.85 * std::max(0.0, dot(normal, key)) +
                                               0.24 * std::max(0.0, dot(normal, fill)));
  const double shine = 0.22 * open * std::pow(std::max(0.0, dot(normal, half)), 30);
  const double rim = 0.65 + 0.35 * std::min(1.0, 2.5 * std::max(0.0, normal[2]));
  const double light = rim * (ambient + diffuse);
  return {light * colour.r + shine, light * colour.g + shine, light * colour.b + shine};
}

/// One picture under way.
class Painter {
 public:
  Painter(const Isosurface& surface, const Field& field, const Camera& camera,
          const SurfaceStyle& style, int width, int height)
      : surface_(surface),
        camera_(camera),
        view_(to_matrix(camera.view_from_model)),
        model_(to_matrix(conjugate(camera.view_from_model))),
        middle_(double(field.n / 2)),
        away_(double(field.n)),
        width_(width),
        height_(height),
        colour_(linear(style.surface)),
        top_(linear(style.top)),
        bottom_(linear(style.bottom)) {}

  /// The ray through (x, y), in pixels from the upper left corner.
  std::optional<SurfacePoint> meet(double x, double y) const {
    const double right = (x - 0.5 * width_) * camera_.samples_per_pixel;
    const double up = (0.5 * height_ - y) * camera_.samples_per_pixel;
    const Vector3 origin = rotate(model_, {right, up, away_});
    return surface_.meet({origin[0] + middle_, origin[1] + middle_, origin[2] + middle_},
                         rotate(model_, {0, 0, -1}));
  }

  Light light(const std::optional<SurfacePoint>& point, double y) const {
    if (point) return shaded(rotate(view_, point->normal), surface_.occlusion(*point), colour_);
    const double t = y / height_;
    return {top_.r + t * (bottom_.r - top_.r), top_.g + t * (bottom_.g - top_.g),
            top_.b + t * (bottom_.b - top_.b)};
  }

  /// The mean of kFine² rays spread over the pixel.
  Light fine_light(int x, int y) const {
    Light sum;
    for (int j = 0; j < kFine; ++j)
      for (int i = 0; i < kFine; ++i) {
        const double at_y = y + (j + 0.5) / kFine;
        const Light l = light(meet(x + (i + 0.5) / kFine, at_y), at_y);
        sum = {sum.r + l.r, sum.g + l.g, sum.b + l.b};
      }
    constexpr double part = 1.0 / (kFine * kFine);
    return {part * sum.r, part * sum.g, part * sum.b};
  }

 private:
  const Isosurface& surface_;
  const Camera& camera_;
  Matrix3 view_, model_;
  double middle_, away_;
  int width_, height_;
  Light colour_, top_, bottom_;
};

using Points = std::vector<std::optional<SurfacePoint>>;

/// Whether the picture changes between a pixel and one beside it.
bool differs(const Points& points, int width, int height, int x, int y) {
  const auto& here = points[std::size_t(y) * std::size_t(width) + std::size_t(x)];
  for (const auto& [dx, dy] : {std::array{-1, 0}, {1, 0}, {0, -1}, {0, 1}}) {
    if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
    const auto& there = points[std::size_t(y + dy) * std::size_t(width) + std::size_t(x + dx)];
    if (here.has_value() != there.has_value()) return true;
    if (here && dot(here->normal, there->normal) < kEdge) return true;
  }
  return false;
}

}  // namespace

Camera camera_from(double azimuth_rad, double elevation_rad, double samples_per_pixel) {
  return {from_axis_angle({1, 0, 0}, elevation_rad) * from_axis_angle({0, 1, 0}, -azimuth_rad),
          samples_per_pixel};
}

Isosurface::Isosurface(const Field& field, float level) : field_(field), level_(level) {
  const std::size_t n = field.n;
  SPI_ASSERT(n >= 3 && field.values.size() == n * n * n);
  blocks_ = (n - 2) / kBlock + 1;
  full_.assign(blocks_ * blocks_ * blocks_, 0);
  low_.fill(double(n));
  high_.fill(0);
  // Block b holds samples kBlock b to kBlock (b + 1), both included: every cell lies in one block.
  const auto first = [&](std::size_t i) {
    return i % kBlock == 0 && i > 0 ? i / kBlock - 1 : i / kBlock;
  };
  const auto last = [&](std::size_t i) { return std::min(i / kBlock, blocks_ - 1); };
  for (std::size_t z = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x) {
        if (!(field.at(x, y, z) > level)) continue;
        for (std::size_t bz = first(z); bz <= last(z); ++bz)
          for (std::size_t by = first(y); by <= last(y); ++by)
            for (std::size_t bx = first(x); bx <= last(x); ++bx)
              full_[(bz * blocks_ + by) * blocks_ + bx] = 1;
        for (std::size_t k = 0; k < 3; ++k) {
          const double at = double(std::array{x, y, z}[k]);
          low_[k] = std::min(low_[k], std::max(0.0, at - 1));
          high_[k] = std::max(high_[k], std::min(double(n - 1), at + 1));
        }
      }
}

float Isosurface::value(const Vector3& at) const {
  const std::size_t n = field_.n;
  std::array<std::size_t, 3> i;
  std::array<float, 3> f;
  for (std::size_t k = 0; k < 3; ++k) {
    const double v = std::clamp(at[k], 0.0, double(n - 1));
    i[k] = std::min(std::size_t(v), n - 2);
    f[k] = float(v - double(i[k]));
  }
  const float* const v = &field_.values[(i[2] * n + i[1]) * n + i[0]];
  const auto row = [&](const float* p) { return p[0] + f[0] * (p[1] - p[0]); };
  const auto plane = [&](const float* p) {
    const float a = row(p), b = row(p + n);
    return a + f[1] * (b - a);
  };
  const float a = plane(v), b = plane(v + n * n);
  return a + f[2] * (b - a);
}

Vector3 Isosurface::normal(const Vector3& at) const {
  Vector3 g;
  for (std::size_t k = 0; k < 3; ++k) {
    Vector3 before = at, after = at;
    before[k] -= 1;
    after[k] += 1;
    g[k] = double(value(before)) - double(value(after));
  }
  return scaled_to_1(g);
}

std::optional<SurfacePoint> Isosurface::meet(const Vector3& origin,
                                             const Vector3& direction) const {
  auto [s, end] = within(low_, high_, origin, direction);
  if (!(s <= end)) return std::nullopt;
  bool below = value(along(origin, s, direction)) <= level_;
  while (s < end) {
    const Vector3 at = along(origin, s + 1e-6, direction);
    std::size_t block = 0;
    Vector3 corner, opposite;
    for (std::size_t k = 3; k-- > 0;) {
      const auto b = std::min(std::size_t(std::max(at[k], 0.0)) / kBlock, blocks_ - 1);
      block = block * blocks_ + b;
      corner[k] = double(b * kBlock);
      opposite[k] = double((b + 1) * kBlock);
    }
    if (!full_[block]) {  // neither it nor its faces exceed the level
      s = std::max(s + 1e-6, within(corner, opposite, at, direction)[1] + s + 1e-6);
      below = true;
      continue;
    }
    const double next = s + kStep;
    const bool next_below = value(along(origin, next, direction)) <= level_;
    if (below && !next_below) {
      double outer = s, inner = next;
      for (int k = 0; k < kHalvings; ++k) {
        const double middle = (outer + inner) / 2;
        (value(along(origin, middle, direction)) <= level_ ? outer : inner) = middle;
      }
      const Vector3 point = along(origin, (outer + inner) / 2, direction);
      return SurfacePoint{point, normal(point)};
    }
    below = next_below;
    s = next;
  }
  return std::nullopt;
}

double Isosurface::occlusion(const SurfacePoint& point) const {
  const double reach = double(field_.n) / 8;
  // How fast the field rises at the surface tells how sharp the body's rim is.
  const double rise = std::abs(double(value(along(point.at, -1, point.normal))) -
                               double(value(along(point.at, 1, point.normal)))) /
                      2;
  if (rise == 0) return 0;
  double hidden = 0, all = 0;
  for (const Vector3& direction : directions()) {
    const double weight = dot(direction, point.normal);
    if (weight < 0.05) continue;
    for (const double share : {0.15, 0.45, 1.0}) {
      const Vector3 at = along(along(point.at, 1, point.normal), share * reach, direction);
      hidden += weight * std::clamp(0.5 + (double(value(at)) - level_) / (4 * rise), 0.0, 1.0);
      all += weight;
    }
  }
  return hidden / all;
}

plot::Pixels picture_of(const Isosurface& surface, const Field& field, const Camera& camera,
                        const SurfaceStyle& style, int width, int height, int threads) {
  SPI_ASSERT(width > 0 && height > 0 && camera.samples_per_pixel > 0);
  const Painter painter(surface, field, camera, style, width, height);
  Points points(std::size_t(width) * std::size_t(height));
  parallel_for(std::size_t(height), threads, [&](std::size_t y, int) {
    for (int x = 0; x < width; ++x)
      points[y * std::size_t(width) + std::size_t(x)] = painter.meet(x + 0.5, double(y) + 0.5);
  });
  plot::Pixels pixels{width, height, std::vector<std::uint32_t>(points.size())};
  parallel_for(std::size_t(height), threads, [&](std::size_t row, int) {
    const int y = int(row);
    for (int x = 0; x < width; ++x) {
      const std::size_t i = row * std::size_t(width) + std::size_t(x);
      pixels.rgb[i] =
          packed(differs(points, width, height, x, y) ? painter.fine_light(x, y)
                                                      : painter.light(points[i], y + 0.5));
    }
  });
  return pixels;
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/measure/size_fit.h"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "libspi/measure/radial.h"
#include "libspi/polar/polar_grid.h"

namespace spi {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kRelativeError = 0.05;  // of the model: edges are not sharp, averages not pure
constexpr double kSmear = 0.15;          // of the sizes of the fringeless comparison
constexpr std::size_t kAngles = 720;

/// Values at R radii and how well each is known.
struct Profile {
  std::vector<double> q, low, high;  ///< 1/Å: middle and ends of the ring
  std::vector<double> value, weight;
};

double square(double x) { return x * x; }

/// |F|² of a ball of diameter or a cube of edge `size`, 1 at q = 0.
double form(FitShape shape, double q, double size) {
  const double x = kPi * q * size;
  if (x < 0.05) return 1 - square(x) / (shape == FitShape::sphere ? 5 : 3);
  if (shape == FitShape::cube) return square(std::sin(x) / x);
  return square(3 * (std::sin(x) - x * std::cos(x)) / (x * x * x));
}

/// Averaged over a ring by Simpson's rule.
double ring_form(FitShape shape, const Profile& p, std::size_t r, double size) {
  return (form(shape, p.low[r], size) + 4 * form(shape, p.q[r], size) +
          form(shape, p.high[r], size)) /
         6;
}

/// Weighted chi² of the best A P + C (q/q_max)² P + B.
double chi_square(const Profile& p, const std::vector<double>& model) {
  Eigen::Matrix3d normal = Eigen::Matrix3d::Zero();
  Eigen::Vector3d right = Eigen::Vector3d::Zero();
  double total = 0;
  for (std::size_t r = 0; r < model.size(); ++r) {
    const double part = square(p.q[r] / p.q.back());
    const Eigen::Vector3d basis(model[r], part * model[r], 1);
    normal += p.weight[r] * basis * basis.transpose();
    right += p.weight[r] * p.value[r] * basis;
    total += p.weight[r] * square(p.value[r]);
  }
  const Eigen::Vector3d scale = normal.diagonal().cwiseSqrt().cwiseInverse();
  const Eigen::Vector3d scaled = scale.cwiseProduct(right);
  const Eigen::Matrix3d unit = scale.asDiagonal() * normal * scale.asDiagonal();
  return std::max(0.0, total - scaled.dot(unit.ldlt().solve(scaled)));
}

double chi_square(const Profile& p, FitShape shape, double size) {
  std::vector<double> model(p.q.size());
  for (std::size_t r = 0; r < model.size(); ++r) model[r] = ring_form(shape, p, r, size);
  return chi_square(p, model);
}

double fringeless_chi_square(const Profile& p, FitShape shape, double size) {
  constexpr int kSizes = 25;
  std::vector<double> model(p.q.size());
  for (std::size_t r = 0; r < model.size(); ++r)
    for (int k = 0; k < kSizes; ++k)
      model[r] += ring_form(shape, p, r, size * (1 + kSmear * (2. * k / (kSizes - 1) - 1)));
  return chi_square(p, model);
}

/// Minimum of a function between two neighbours of its smallest sample, by golden sections.
template <class F>
double minimum(double low, double high, const F& f) {
  const double golden = 2 - std::numbers::phi;
  double a = low + golden * (high - low), b = high - golden * (high - low);
  double fa = f(a), fb = f(b);
  for (int k = 0; k < 40; ++k) {
    if (fa < fb) {
      high = b, b = a, fb = fa;
      a = low + golden * (high - low), fa = f(a);
    } else {
      low = a, a = b, fa = fb;
      b = high - golden * (high - low), fb = f(b);
    }
  }
  return (low + high) / 2;
}

/// How the streak of a face fades along a line that leaves the face's normal by q tan(tilt): the
/// two other edges see x = pi q L sin(tilt), shared between them as the cube lies about the normal,
/// of which the mean over all ways is taken.
double fading(double x) {
  constexpr int kTurns = 6;
  const auto sinc2 = [](double t) { return t < 1e-3 ? 1 : square(std::sin(t) / t); };
  double sum = 0;
  for (int k = 0; k < kTurns; ++k) {
    const double turn = (k + 0.5) / kTurns * kPi / 4;
    sum += sinc2(x * std::cos(turn)) * sinc2(x * std::sin(turn));
  }
  return sum / kTurns;
}

/// Weighted chi² of the best A P fading + B for fringes `spacing` = L cos(tilt) wide.
double tilted_chi_square(const Profile& p, double spacing, double tilt_rad) {
  Eigen::Matrix2d normal = Eigen::Matrix2d::Zero();
  Eigen::Vector2d right = Eigen::Vector2d::Zero();
  double total = 0;
  for (std::size_t r = 0; r < p.q.size(); ++r) {
    const double x = kPi * p.q[r] * spacing * std::tan(tilt_rad);
    const Eigen::Vector2d basis(ring_form(FitShape::cube, p, r, spacing) * fading(x), 1);
    normal += p.weight[r] * basis * basis.transpose();
    right += p.weight[r] * p.value[r] * basis;
    total += p.weight[r] * square(p.value[r]);
  }
  return std::max(0.0, total - right.dot(normal.ldlt().solve(right)));
}

/// From the spacing of the fringes to the edge.
void correct_for_tilt(const Profile& p, SizeFit& result) {
  constexpr double kStep = 0.5 * kPi / 180, kMost = 15 * kPi / 180;
  const auto f = [&](double tilt) { return tilted_chi_square(p, result.size_A, tilt); };
  double best = std::numeric_limits<double>::infinity(), at = 0;
  for (double tilt = 0; tilt <= kMost; tilt += kStep)
    if (const double chi = f(tilt); chi < best) best = chi, at = tilt;
  result.tilt_rad = minimum(std::max(0., at - kStep), at + kStep, f);
  result.size_A /= std::cos(result.tilt_rad);
}

void fit(const Profile& p, const SizeFitOptions& options, SizeFit& result) {
  constexpr std::size_t kUnknowns = 4, kFewest = 8;
  if (p.q.size() < kFewest) return;
  const double q_max = p.q.back(), q_step = (q_max - p.q.front()) / double(p.q.size() - 1);
  // By default from two fringes within the profile to fringes of three pixels.
  const double low = options.size_min ? options.size_min->angstroms() : 2 / q_max;
  const double high = options.size_max ? options.size_max->angstroms() : 1 / (3 * q_step);
  const double step = 0.1 / q_max;
  const auto f = [&](double size) { return chi_square(p, result.shape, size); };
  double best = std::numeric_limits<double>::infinity(), at = low;
  for (double size = low; size <= high; size += step)
    if (const double chi = f(size); chi < best) best = chi, at = size;
  result.size_A = minimum(at - step, at + step, f);
  best = f(result.size_A);
  const double h = step / 2;
  const double curvature = (f(result.size_A + h) - 2 * best + f(result.size_A - h)) / (h * h);
  const double scatter = best / double(p.q.size() - kUnknowns);
  if (curvature > 0) result.error_A = std::sqrt(2 * std::max(scatter, 1.) / curvature);
  const double flat = fringeless_chi_square(p, result.shape, result.size_A);
  result.visibility = flat > 0 ? 1 - best / flat : 0;
}

void add_ring(Profile& p, const FitGeometry& geometry, double radius, double value, double pixels) {
  const auto q_of = [&](double r) {
    const auto [across, along] = geometry.pattern.q_at(std::max(0.0, r));
    return std::hypot(across, along);
  };
  p.q.push_back(q_of(radius));
  p.low.push_back(q_of(radius - 0.5));
  p.high.push_back(q_of(radius + 0.5));
  p.value.push_back(value);
  // A ring without photons is known as well as one with a single photon.
  p.weight.push_back(1 / (std::max(value, 1 / pixels) / pixels + square(kRelativeError * value)));
}

SizeFit fit_sphere(std::span<const float> intensity, std::span<const float> weight,
                   const FitGeometry& geometry, const SizeFitOptions& options) {
  const auto radial =
      radial_profile(intensity, weight, geometry.rows, geometry.columns, geometry.centre);
  Profile profile;
  for (std::size_t r = 0; r < radial.mean.size(); ++r)
    if (double(r) >= options.r_min && radial.pixels[r] > 0)
      add_ring(profile, geometry, double(r), radial.mean[r], radial.pixels[r]);
  SizeFit result;
  fit(profile, options, result);
  result.volume_A3 = kPi / 6 * std::pow(result.size_A, 3);
  result.clear = result.visibility >= options.min_visibility;
  return result;
}

/// Intensity over the ring's mean, in the mean over the outer half of the rings, for half a turn of
/// angles (Friedel).
std::vector<double> streaks(const std::vector<float>& value, const std::vector<float>& weight,
                            std::size_t rings) {
  std::vector<double> sum(kAngles / 2), count(kAngles / 2);
  for (std::size_t r = rings / 2; r < rings; ++r) {
    double mean = 0, measured = 0;
    for (std::size_t t = 0; t < kAngles; ++t) {
      if (!(weight[r * kAngles + t] > 0)) continue;
      mean += value[r * kAngles + t];
      ++measured;
    }
    if (!(mean > 0)) continue;
    for (std::size_t t = 0; t < kAngles; ++t) {
      if (!(weight[r * kAngles + t] > 0)) continue;
      sum[t % (kAngles / 2)] += value[r * kAngles + t] * measured / mean;
      ++count[t % (kAngles / 2)];
    }
  }
  for (std::size_t t = 0; t < sum.size(); ++t) sum[t] = count[t] > 0 ? sum[t] / count[t] : 0;
  return sum;
}

/// The mean of a strip of three pixels across the line at an angle, both arms.
Profile strip(std::span<const float> intensity, std::span<const float> weight,
              const FitGeometry& geometry, double angle, double r_min, double r_max) {
  Profile profile;
  const double c = std::cos(angle), s = std::sin(angle);
  for (double r = std::ceil(r_min); r <= r_max; ++r) {
    double sum = 0, pixels = 0;
    for (const double arm : {-r, r})
      for (const double off : {-1., 0., 1.}) {
        const double x = geometry.centre[0] + arm * c - off * s;
        const double y = geometry.centre[1] + arm * s + off * c;
        const auto i = std::size_t(x), j = std::size_t(y);
        if (x < 0 || y < 0 || i + 1 >= geometry.columns || j + 1 >= geometry.rows) continue;
        const double fx = x - double(i), fy = y - double(j);
        const std::size_t at = j * geometry.columns + i;
        const std::size_t corner[] = {at, at + 1, at + geometry.columns, at + geometry.columns + 1};
        const double part[] = {(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy};
        for (std::size_t k = 0; k < 4; ++k) {
          if (!(weight[corner[k]] > 0)) continue;
          sum += part[k] * intensity[corner[k]];
          pixels += part[k];
        }
      }
    if (pixels > 0) add_ring(profile, geometry, r, sum / pixels, pixels);
  }
  return profile;
}

/// Where half a turn of angles has its brightest window of 20 degrees: the centroid of what stands
/// above half of its maximum there. {height, angle in rad, in [0, pi)}
std::array<double, 2> brightest(const std::vector<double>& streak) {
  const auto n = std::ptrdiff_t(streak.size()), half = n / 18;
  const auto at = [&](std::ptrdiff_t t) { return streak[std::size_t((t % n + n) % n)]; };
  std::ptrdiff_t best = 0;
  double largest = -1;
  for (std::ptrdiff_t t = 0; t < n; ++t) {
    double sum = 0;
    for (std::ptrdiff_t k = -half; k <= half; ++k) sum += at(t + k);
    if (sum > largest) largest = sum, best = t;
  }
  double height = 0, weight = 0, moment = 0;
  for (std::ptrdiff_t k = -half; k <= half; ++k) height = std::max(height, at(best + k));
  for (std::ptrdiff_t k = -half; k <= half; ++k) {
    const double over = std::max(0.0, at(best + k) - height / 2);
    weight += over;
    moment += over * double(k);
  }
  const double centre = double(best) + (weight > 0 ? moment / weight : 0);
  return {height, std::fmod(centre / double(n) * kPi + kPi, kPi)};
}

SizeFit fit_cube(std::span<const float> intensity, std::span<const float> weight,
                 const FitGeometry& geometry, const SizeFitOptions& options) {
  const double r_max = inscribed_radius(geometry.rows, geometry.columns, geometry.centre) - 2;
  SizeFit result;
  result.shape = FitShape::cube;
  if (r_max <= options.r_min + 8) return result;
  const PolarGrid grid = unit_spaced_grid(options.r_min, r_max, kAngles);
  const PolarSampler sampler(grid, geometry.rows, geometry.columns, geometry.centre);
  std::vector<float> value(grid.size()), measured(grid.size());
  sampler.sample(intensity.data(), weight.data(), value.data(), measured.data());
  const auto [height, angle] = brightest(streaks(value, measured, grid.rings()));
  result.streak = height;
  result.angle_rad = angle;
  const Profile along = strip(intensity, weight, geometry, result.angle_rad, options.r_min, r_max);
  fit(along, options, result);
  if (std::isfinite(result.size_A)) correct_for_tilt(along, result);
  result.volume_A3 = std::pow(result.size_A, 3);
  result.clear = result.visibility >= options.min_visibility && result.streak >= options.min_streak;
  return result;
}

}  // namespace

void SizeFitOptions::describe(OptionSet& options) {
  options.add("shape", shape, "what is fitted; best: whichever is clear, of two the clearer");
  options.add("size-min", size_min, "smallest edge or diameter; auto: two fringes in the pattern");
  options.add("size-max", size_max, "largest edge or diameter; auto: fringes of three pixels");
  options.add("r-min", r_min, "pixels nearer to the centre are left out").range(0, 1e5);
  options
      .add("min-visibility", min_visibility,
           "a fit is clear where so much of what a profile without fringes leaves unexplained is "
           "explained by the fringes")
      .range(0, 1);
  options
      .add("min-streak", min_streak,
           "and, of cubes, where the streak is so many times as bright as its rings")
      .range(0, 1e6);
}

void SizeFitOptions::check_together() const {
  if (size_min && size_max && !(size_min->metres < size_max->metres))
    fail_usage("--size-min ", print(*size_min), " is not below --size-max ", print(*size_max));
}

SizeFit fit_size(std::span<const float> intensity, std::span<const float> weight,
                 const FitGeometry& geometry, const SizeFitOptions& options) {
  if (options.shape == FitShape::sphere) return fit_sphere(intensity, weight, geometry, options);
  const SizeFit cube = fit_cube(intensity, weight, geometry, options);
  if (options.shape == FitShape::cube) return cube;
  const SizeFit ball = fit_sphere(intensity, weight, geometry, options);
  if (cube.clear != ball.clear) return cube.clear ? cube : ball;
  return cube.visibility > ball.visibility ? cube : ball;
}

}  // namespace spi

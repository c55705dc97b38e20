// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/volume/volume_fsc.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "libspi/volume/fourier.h"
#include "libspi/volume/rotation_search.h"

namespace spi {
namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
constexpr double kSameVoxel = 1e-4;  // MRC headers hold single precision

std::string described(const NamedVolume& v) {
  return text_of(v.name, " (", name_of(v.quantity), ", ", v.volume.nz, " x ", v.volume.ny, " x ",
                 v.volume.nx, " voxels of ", print_number(v.volume.voxel_size_A), " Å)");
}

bool is_cube(const Volume& v) { return v.nz == v.ny && v.ny == v.nx; }

/// Zeros around a box, so that it becomes a cube about the same centre voxel.
Volume as_cube(const Volume& v) {
  if (is_cube(v)) return v;
  const std::size_t n = std::max({v.nz, v.ny, v.nx});
  Volume cube{n, n, n, std::vector<float>(n * n * n), v.voxel_size_A};
  for (std::size_t z = 0; z < v.nz; ++z)
    for (std::size_t y = 0; y < v.ny; ++y)
      std::copy_n(
          &v.values[(z * v.ny + y) * v.nx], v.nx,
          &cube.values[((z + n / 2 - v.nz / 2) * n + y + n / 2 - v.ny / 2) * n + n / 2 - v.nx / 2]);
  return cube;
}

/// The grid on which two volumes are compared.
struct Grid {
  std::size_t n = 0;
  double voxel_A = 0;

  double q_per_voxel() const { return 1 / (double(n) * voxel_A); }
};

Grid common_grid(const NamedVolume& a, const NamedVolume& b, bool resample) {
  if (a.quantity != b.quantity)
    fail(described(a), " and ", described(b),
         " cannot be compared: one holds densities, the other intensities (--quantity says what an "
         "MRC file holds)");
  const Volume &va = a.volume, &vb = b.volume;
  const bool same = va.nz == vb.nz && va.ny == vb.ny && va.nx == vb.nx && is_cube(va) &&
                    std::abs(va.voxel_size_A / vb.voxel_size_A - 1) < kSameVoxel;
  if (same) return {va.nx, va.voxel_size_A};
  if (!resample)
    fail("the grids of ", described(a), " and ", described(b),
         " are not the same cube: --resample brings them to one");
  const std::size_t na = std::max({va.nz, va.ny, va.nx}), nb = std::max({vb.nz, vb.ny, vb.nx});
  if (a.quantity == Quantity::intensity) {
    // Voxels in q are 1/(n voxel): the coarser of them, out to where both reach.
    const double qa = 1 / (double(na) * va.voxel_size_A), qb = 1 / (double(nb) * vb.voxel_size_A);
    const double step = std::max(qa, qb);
    const double reach = std::min(double((na - 1) / 2) * qa, double((nb - 1) / 2) * qb);
    const std::size_t n = 2 * std::size_t(reach / step + 1e-6) + 1;
    return {n, 1 / (double(n) * step)};
  }
  const double voxel = std::max(va.voxel_size_A, vb.voxel_size_A);
  const double field = std::max(double(na) * va.voxel_size_A, double(nb) * vb.voxel_size_A);
  return {std::size_t(std::ceil(field / voxel - 1e-6)), voxel};
}

/// Intensities after a rotation, on n voxels of `step` of theirs; not finite outside. Interpolated
/// over their shells' means.
std::vector<float> moved_intensity(std::span<const float> intensity, std::size_t from,
                                   const RigidMotion& motion, std::size_t n, double step,
                                   int threads) {
  const Contrast contrast = shell_contrast(intensity, from);
  auto out =
      moved(SplineVolume(contrast.values, from, threads), motion, n, step, kUnknown, threads);
  const auto centre = double(n / 2);
  for (std::size_t z = 0, i = 0; z < n; ++z)
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x, ++i) {
        const double r =
            step * std::sqrt(std::pow(double(x) - centre, 2) + std::pow(double(y) - centre, 2) +
                             std::pow(double(z) - centre, 2));
        if (std::isfinite(out[i])) out[i] = float(contrast.mean_at(r) * std::max(0.f, 1 + out[i]));
      }
  return out;
}

std::vector<float> on_grid(const Volume& v, Quantity quantity, const Grid& grid, int threads) {
  const Volume cube = as_cube(v);
  const bool same_voxel = std::abs(cube.voxel_size_A / grid.voxel_A - 1) < kSameVoxel;
  if (cube.nx == grid.n && same_voxel) return cube.values;
  if (quantity == Quantity::density)
    return resampled(cube.values, cube.nx, grid.n, grid.voxel_A / cube.voxel_size_A, threads);
  const double step = grid.q_per_voxel() * double(cube.nx) * cube.voxel_size_A;
  return moved_intensity(cube.values, cube.nx, {}, grid.n, step, threads);
}

/// 1 within the radius, a cosine's fall over the tenth of it that follows, 0 beyond.
double ball(double r, double radius) {
  if (r <= radius) return 1;
  if (r >= 1.1 * radius) return 0;
  return 0.5 + 0.5 * std::cos(std::numbers::pi * (r - radius) / (0.1 * radius));
}

void apply_ball(std::vector<float>& density, const Grid& grid, double radius_A) {
  const auto centre = double(grid.n / 2);
  for (std::size_t z = 0, i = 0; z < grid.n; ++z)
    for (std::size_t y = 0; y < grid.n; ++y)
      for (std::size_t x = 0; x < grid.n; ++x, ++i)
        density[i] *= float(ball(
            grid.voxel_A * std::hypot(double(x) - centre, double(y) - centre, double(z) - centre),
            radius_A));
}

/// What is compared of an intensity; not finite where it is not measured.
void to_modulus(std::vector<float>& values, const std::vector<float>& mask,
                IntensityTransform transform) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!mask.empty() && mask[i] < 0.5f) values[i] = kUnknown;
    if (std::isnan(values[i])) continue;
    values[i] = std::max(values[i], 0.f);
    if (transform == IntensityTransform::sqrt) values[i] = std::sqrt(values[i]);
  }
}

void warn_of_negative(const NamedVolume& v, Monitor& monitor) {
  const auto negative = std::ranges::count_if(v.volume.values, [](float x) { return x < 0; });
  if (v.quantity == Quantity::intensity && negative > 0)
    monitor.warn(text_of(v.name, ": ", negative, " negative intensities count as 0"));
}

Resolution resolution_at(double threshold, const std::vector<double>& q,
                         const std::vector<double>& correlation) {
  if (correlation.empty() || correlation.front() < threshold) return {threshold, {}, false};
  const double s = crossing(correlation, threshold, 0);
  const bool beyond = std::ranges::all_of(correlation, [&](double c) { return c >= threshold; });
  const auto low = std::min(std::size_t(s), q.size() - 1), high = std::min(low + 1, q.size() - 1);
  return {threshold, q[low] + (s - double(low)) * (q[high] - q[low]), beyond};
}

/// Keeps the shells with voxels in the range of q and reads off the resolution. The shell of q = 0
/// says nothing: of two positive volumes it is 1.
void set_curve(const ShellCurve& curve, const Grid& grid, const FscOptions& options,
               VolumeFsc& result) {
  for (std::size_t s = 1; s < curve.radius.size(); ++s) {
    const double q = curve.radius[s] * grid.q_per_voxel();
    if (curve.voxels[s] == 0 || (options.q_min && q < options.q_min->per_angstrom) ||
        (options.q_max && q > options.q_max->per_angstrom))
      continue;
    result.q.push_back(q);
    result.correlation.push_back(curve.correlation[s]);
    result.voxels.push_back(curve.voxels[s]);
  }
  if (result.q.empty())
    fail("no shell is left: the volumes reach from q = ", grid.q_per_voxel(), " to ",
         double(grid.n / 2) * grid.q_per_voxel(),
         " 1/Å; --q-min, --q-max and the masks must leave some of that");
  for (std::size_t k = 0; k < 2; ++k)
    result.resolution[k] = resolution_at(k == 0 ? 0.5 : 0.143, result.q, result.correlation);
}

ShellCurve curve_of(std::vector<float> a, std::vector<float> b, const std::vector<float>& mask,
                    const Grid& grid, Quantity quantity, const FscOptions& options) {
  if (quantity == Quantity::intensity) {
    to_modulus(a, mask, options.transform);
    to_modulus(b, mask, options.transform);
    return shell_curve(a, b, grid.n, options.shell_width, options.shell_mean);
  }
  for (std::vector<float>* density : {&a, &b}) {
    if (options.mask_radius) apply_ball(*density, grid, options.mask_radius->angstroms());
    for (std::size_t i = 0; i < mask.size(); ++i) (*density)[i] *= mask[i];
  }
  return shell_curve(centred_transform(a, grid.n), centred_transform(b, grid.n), grid.n,
                     options.shell_width);
}

void check_for(Quantity quantity, const FscOptions& options) {
  check_options(options);
  if (quantity == Quantity::density && options.shell_mean == ShellMean::removed)
    fail_usage("--shell-mean removed is for intensities: transforms have no mean to take away");
  if (quantity == Quantity::intensity && options.mask_radius)
    fail_usage("--mask-radius is for densities; --q-min and --q-max limit intensities");
}

}  // namespace

void FscOptions::describe(OptionSet& options) {
  align.describe(options);
  options.group("Shells");
  options
      .add("shell-width", shell_width,
           "width of a shell in voxels of reciprocal space, 1/(voxels a side · voxel size)")
      .range(1, 100);
  options.add("q-min", q_min, "shells below are left out, such as those behind a beam stop");
  options.add("q-max", q_max, "shells above are left out");
  options.add("transform", transform,
              "intensities are compared by their square roots, the moduli, or as they are");
  options.add(
      "shell-mean", shell_mean,
      "the mean of an intensity's shell: kept as in the paper, or removed, since shell means "
      "that are alike correlate whatever the structure");
  options.group("Comparison");
  options.add("mask-radius", mask_radius,
              "multiply both densities by a ball of this radius with a soft edge (a tenth of it)");
  options.flag("half-sets", half_sets,
               "the volumes come from two halves of the data: also gives the correlation of a map "
               "from all data with the truth, and 0.143 is the resolution of that map");
  options.flag("resample", resample,
               "bring volumes of different grids to the larger field of view and the coarser voxel "
               "(intensities: to the coarser step of q, as far as both reach)");
}

VolumeFsc volume_fsc(const NamedVolume& a, const NamedVolume& b, const std::optional<Volume>& mask,
                     const FscOptions& options, int threads, Monitor& monitor) {
  check_for(a.quantity, options);
  const Grid grid = common_grid(a, b, options.resample);
  for (const NamedVolume* v : {&a, &b}) warn_of_negative(*v, monitor);
  const auto first = on_grid(a.volume, a.quantity, grid, threads);
  auto second = on_grid(b.volume, b.quantity, grid, threads);
  std::vector<float> cover;
  if (mask) {
    const NamedVolume named{"the mask", *mask, a.quantity};
    if (mask->nx != grid.n || mask->ny != grid.n || mask->nz != grid.n)
      fail(described(named), " does not fit volumes of ", grid.n, " voxels a side");
    cover = mask->values;
  }
  VolumeFsc result{.quantity = a.quantity, .voxel_size_A = grid.voxel_A};
  result.half_sets = options.half_sets;
  if (options.align.align != Alignment::none) {
    const bool density = a.quantity == Quantity::density;
    const auto align = density ? align_densities : align_intensities;
    result.aligned = align(first, second, grid.n, options.align, threads, monitor);
    second = density ? moved_density(second, grid.n, result.aligned.motion, threads)
                     : moved_intensity(second, grid.n, result.aligned.motion, grid.n, 1, threads);
  }
  result.moved = {grid.n, grid.n, grid.n, second, grid.voxel_A};
  set_curve(curve_of(first, std::move(second), cover, grid, a.quantity, options), grid, options,
            result);
  return result;
}

NamedVolume on_common_grid(const NamedVolume& volume, const NamedVolume& other, bool resample,
                           int threads) {
  const Grid grid = common_grid(volume, other, resample);
  return {volume.name,
          {grid.n, grid.n, grid.n, on_grid(volume.volume, volume.quantity, grid, threads),
           grid.voxel_A},
          volume.quantity};
}

double with_truth(double between_halves) {
  const double f = std::max(0.0, between_halves);
  return std::sqrt(2 * f / (1 + f));
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/start_model.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/io/record.h"
#include "libspi/orientation/reference.h"

namespace spi {
namespace {

std::unique_ptr<Reference> reference_of(const EmcOptions& options, double q_max) {
  if (options.shape) return shape_reference(Body{*options.shape, options.edge->angstroms()}, q_max);
  auto reference = file_reference(*options.reference, options.reference_index);
  if (reference->q_max() < q_max)
    fail(options.reference->string(), " ends at ", print_number(reference->q_max()),
         " 1/Å, the frames at ", print_number(q_max),
         " 1/Å: leave out the outer rings with --q-max");
  return reference;
}

}  // namespace

Cube start_model(const EmcOptions& options, const EmcSetting& setting, const Detector& detector,
                 int threads) {
  const std::size_t n = setting.size;
  const double q_per_voxel = *detector.q_per_pixel() / setting.voxels_per_pixel;
  const double reach =
      q_radius(detector, setting.store.binning().radii_px().back()) * setting.voxels_per_pixel;
  const auto reference = reference_of(options, reach * q_per_voxel);
  const double outermost = std::min(reach + 1, reference->q_max() / q_per_voxel);
  std::vector<double> values(n * n * n);
  const auto centre = std::ptrdiff_t(n / 2);
  const auto radius_of = [&](std::size_t v) {
    const auto x = std::ptrdiff_t(v % n) - centre, y = std::ptrdiff_t(v / n % n) - centre,
               z = std::ptrdiff_t(v / (n * n)) - centre;
    return std::sqrt(double(x * x + y * y + z * z));
  };
  parallel_for(n, threads, [&](std::size_t k, int) {
    std::vector<float> qx(n), qy(n), qz(n), out(n);
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t v = (k * n + j) * n + i;
        // what lies outside the rings is never looked up but by interpolation: its nearest inside
        const double inwards = std::min(1., outermost / std::max(radius_of(v), 1e-9));
        const double scale = q_per_voxel * inwards;
        qx[i] = float(scale * double(std::ptrdiff_t(i) - centre));
        qy[i] = float(scale * double(std::ptrdiff_t(j) - centre));
        qz[i] = float(scale * double(std::ptrdiff_t(k) - centre));
      }
      reference->intensity(qx, qy, qz, out);
      std::ranges::copy(out, &values[(k * n + j) * n]);
    }
  });
  symmetrise(values, n, setting.laue, threads);
  std::vector<double> sum(n), count(n);
  for (std::size_t v = 0; v < values.size(); ++v) {
    const auto shell = std::size_t(std::lround(radius_of(v)));
    sum[shell] += values[v], count[shell] += 1;
  }
  constexpr double kLeast = 1e-3;  // of the mean: no rate is zero
  Cube model(n);
  for (std::size_t v = 0; v < values.size(); ++v) {
    const auto shell = std::size_t(std::lround(radius_of(v)));
    const double mean = sum[shell] / count[shell];
    model.values[v] = mean > 0 ? float(std::max(values[v] / mean, kLeast)) : 1.f;
  }
  return model;
}

std::vector<Quaternion> start_poses(const std::filesystem::path& path, const FrameStore& store) {
  const h5::File file = h5::File::open(path);
  format_of(file);
  const char* name = file.exists("quaternion") ? "quaternion" : "truth/quaternion";
  if (!file.exists(name) || !file.exists("id"))
    fail(path.string(), " holds no orientations: it needs the datasets id and quaternion");
  const auto id = file.read<std::uint64_t>("id");
  const auto values = file.read<double>(name, {id.size(), 4});
  std::unordered_map<std::uint64_t, Quaternion> pose;
  for (std::size_t n = 0; n < id.size(); ++n) {
    const double* q = &values[4 * n];
    pose[id[n]] = normalized({q[0], q[1], q[2], q[3]});
  }
  std::vector<Quaternion> poses;
  for (std::size_t d = 0; d < store.frames(); ++d) {
    const auto at = pose.find(store.id(d));
    if (at == pose.end())
      fail(path.string(), " has no orientation of frame ", store.id(d),
           ": give --selection the frames that have one");
    poses.push_back(at->second);
  }
  return poses;
}

bool folds(const Detector& detector, const PolarBinningOptions& polar) {
  if (is_flat(detector)) return true;
  constexpr double kHalfPixel = 0.5;
  double farthest = 0;  // s_z·D is the distance from the plane, in pixels of q
  const auto q_pixel = detector.q_per_pixel();
  for (std::size_t t = 0; t < detector.pixels(); ++t) {
    if (detector.use[t] != PixelUse::good) continue;
    const auto [x, y] = detector.flat_position(t);
    const double r = std::hypot(x, y);
    if (polar.r_max && r > *polar.r_max) continue;
    if (polar.q_max && q_pixel && q_radius(detector, r) * *q_pixel > *polar.q_max) continue;
    farthest = std::max(farthest, -detector.sz[t] * detector.distance_px);
  }
  return farthest < kHalfPixel;
}

}  // namespace spi

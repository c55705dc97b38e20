// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reconstruction/place.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libspi/base/parallel.h"
#include "libspi/emc/local_fit.h"
#include "libspi/learn/runtime.h"

namespace spi {
namespace {

constexpr std::int64_t kCopies = 8;
constexpr std::size_t kChunk = 64;        ///< frames encoded at a time
constexpr double kFarthest = 0.15;        ///< rad, one step of the climb
constexpr double kPrior = 1.0;            ///< rad, where a frame says nothing
constexpr float kDarkest = 0.02f;         ///< W is never below

Quaternion quaternion_of(const float* matrix) {
  Matrix3 m;
  for (std::size_t k = 0; k < 9; ++k) m[k] = double(matrix[k]);
  return normalized(from_matrix(m));
}

/// The points of the cells in voxels of the cube.
LabPoints in_voxels(const Images& images, std::size_t n) {
  LabPoints points = images.points;
  const float scale = float(n / 2) - 2;
  for (auto* axis : {&points.x, &points.y, &points.z})
    for (float& value : *axis) value *= scale;
  points.reach = scale;
  return points;
}

}  // namespace

Cube field_cube(const PoseModel& model, const Preprocessing& pre, int threads, Monitor& monitor) {
  constexpr std::size_t kBorder = 2;
  const std::size_t half = pre.size + kBorder, n = 2 * half + 1;
  Cube cube(n, 1);
  Progress progress(monitor, "evaluating the field", n);
  parallel_for(n, threads, [&](std::size_t z, int) {
    learn::set_threads(1);
    const torch::NoGradGuard no_grad;
    at::Tensor points = at::empty({std::int64_t(n * n), 3});
    float* p = points.data_ptr<float>();
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x, p += 3)
        for (const auto& [k, at] : {std::pair{0, x}, {1, y}, {2, z}})
          p[k] = float((double(at) - double(half)) / double(half - kBorder));
    const at::Tensor u = model.field->forward(points).contiguous();
    p = points.data_ptr<float>();
    for (std::size_t k = 0; k < n * n; ++k, p += 3) {
      const double r = std::sqrt(double(p[0]) * p[0] + double(p[1]) * p[1] + double(p[2]) * p[2]);
      const double transformed = Preprocessing::at(pre.mean, r) +
                                 Preprocessing::at(pre.deviation, r) * u.data_ptr<float>()[k];
      const double w = pre.photons(transformed) / Preprocessing::at(pre.intensity, r);
      cube.values[z * n * n + k] = std::max(kDarkest, float(w));
    }
    progress.advance(1);
  });
  return cube;
}

void place_frames(const PoseModel& model, const Cube& cube, const Images& images,
                  std::size_t steps, int threads, Monitor& monitor, Model& out) {
  const ImageTensors tensors(images);
  const LabPoints points = in_voxels(images, cube.n);
  std::vector<double> area(images.cells());
  for (std::size_t p = 0; p < area.size(); ++p)
    area[p] = double(images.area[p]) * images.intensity[p];
  const LocalSearch search(cube, points, area);
  const std::size_t frames = images.frames(), chunks = (frames + kChunk - 1) / kChunk;
  out.id = images.id;
  out.quaternion.resize(frames);
  for (auto* column : {&out.fluence, &out.probability, &out.width_rad, &out.gain})
    column->resize(frames);
  Progress progress(monitor, "placing frames", frames);
  std::vector<LocalScratch> scratch(static_cast<std::size_t>(threads));
  parallel_for(chunks, threads, [&](std::size_t chunk, int worker) {
    learn::set_threads(1);
    const std::size_t first = chunk * kChunk, last = std::min(first + kChunk, frames);
    std::vector<std::size_t> rows(last - first);
    std::iota(rows.begin(), rows.end(), first);
    const at::Tensor candidates =
        candidate_rotations(model, tensors.batch(rows).image, kCopies).contiguous();
    LocalScratch& own = scratch[std::size_t(worker)];
    for (std::size_t d = first; d < last; ++d) {
      const float* const matrix = candidates.data_ptr<float>() + (d - first) * kCopies * 9;
      std::vector<LocalFit> fits;
      for (std::int64_t c = 0; c < kCopies; ++c)
        fits.push_back(search.climb(images.counts, d, quaternion_of(matrix + 9 * c), 0, kFarthest,
                                    kPrior, own));
      const auto better = [](const LocalFit& a, const LocalFit& b) { return a.gain < b.gain; };
      LocalFit best = *std::ranges::max_element(fits, better);
      if (steps > 0)
        best = search.climb(images.counts, d, best.model_from_lab, steps, kFarthest, kPrior, own);
      const Quaternion& q = best.model_from_lab;
      out.quaternion[d] = {q.w, q.x, q.y, q.z};
      out.fluence[d] = float(double(images.counts.photons[d]) / best.expected);
      out.width_rad[d] = float(best.width_rad());
      out.gain[d] = float(best.gain);
      out.probability[d] = 1;
    }
    progress.advance(last - first);
  });
}

}  // namespace spi

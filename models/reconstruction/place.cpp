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

constexpr double kFarthest = 0.15;  ///< rad, one step of the climb
constexpr double kNear = 0.1;       ///< rad, of one answer
constexpr double kPrior = 1.0;      ///< rad, where a frame says nothing
constexpr float kDarkest = 0.02f;   ///< W is never below

Quaternion quaternion_of(const float* matrix) {
  Matrix3 m;
  for (std::size_t k = 0; k < 9; ++k) m[k] = double(matrix[k]);
  return normalized(from_matrix(m));
}

/// The points of the cells in voxels of the cube.
LabPoints in_voxels(const Images& images, const Cube& cube) {
  LabPoints points = images.points;
  const auto scale = float(rim_voxels(cube));
  for (auto* axis : {&points.x, &points.y, &points.z})
    for (float& value : *axis) value *= scale;
  points.reach = scale;
  return points;
}

struct Placed {
  LocalFit fit;
  double probability = 0;
};

/// The best of the candidates [copies][9], climbed from.
Placed place_frame(const LocalSearch& search, const BinnedFrames& counts, std::size_t frame,
                   const float* candidates, std::size_t copies, std::size_t steps,
                   LocalScratch& scratch) {
  const auto climb = [&](const Quaternion& q, std::size_t n) {
    return search.climb(counts, frame, q, n, kFarthest, kPrior, scratch);
  };
  std::vector<LocalFit> fits;
  for (std::size_t c = 0; c < copies; ++c)
    fits.push_back(climb(quaternion_of(candidates + 9 * c), 0));
  const auto worse = [](const LocalFit& a, const LocalFit& b) { return a.gain < b.gain; };
  const LocalFit& best = *std::ranges::max_element(fits, worse);
  double all = 0, near = 0;
  for (const LocalFit& fit : fits) {
    const double share = std::exp(fit.gain - best.gain);
    all += share;
    if (angle_between_rad(fit.model_from_lab, best.model_from_lab) < kNear) near += share;
  }
  return {steps > 0 ? climb(best.model_from_lab, steps) : best, near / all};
}

}  // namespace

Cube field_cube(const PoseModel& model, const Preprocessing& pre, const learn::Hands& hands,
                Monitor& monitor) {
  const std::size_t half = pre.size + kFieldBorder, n = 2 * half + 1;
  Cube cube(n, 1);
  const double rim = rim_voxels(cube);
  std::vector<std::size_t> bounds = equal_parts(n, hands.team.size());
  const std::size_t begin = bounds[hands.team.rank()], end = bounds[hands.team.rank() + 1];
  Progress progress(monitor, "evaluating the field", end - begin);
  parallel_for(end - begin, hands.threads, [&](std::size_t item, int) {
    const std::size_t z = begin + item;
    learn::set_threads(1);
    const torch::NoGradGuard no_grad;
    at::Tensor points = at::empty({std::int64_t(n * n), 3});
    float* p = points.data_ptr<float>();
    for (std::size_t y = 0; y < n; ++y)
      for (std::size_t x = 0; x < n; ++x, p += 3)
        for (const auto& [k, at] : {std::pair{0, x}, {1, y}, {2, z}})
          p[k] = float((double(at) - double(half)) / rim);
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
  for (std::size_t& bound : bounds) bound *= n * n;
  hands.team.gather(std::span(cube.values), bounds);
  return cube;
}

void place_frames(const PoseModel& model, const Cube& cube, const Images& images, std::size_t begin,
                  std::size_t end, std::size_t steps, int threads, Progress& progress, Model& out) {
  const ImageTensors tensors(images);
  const LabPoints points = in_voxels(images, cube);
  std::vector<double> area(images.cells());
  for (std::size_t p = 0; p < area.size(); ++p)
    area[p] = double(images.area[p]) * images.intensity[p];
  const LocalSearch search(cube, points, area);
  const std::size_t frames = end - begin, chunks = (frames + kPlacedTogether - 1) / kPlacedTogether;
  const std::size_t start = out.id.size();
  out.id.insert(out.id.end(), images.id.begin() + std::ptrdiff_t(begin),
                images.id.begin() + std::ptrdiff_t(end));
  out.quaternion.resize(start + frames);
  for (auto* column : {&out.fluence, &out.probability, &out.width_rad, &out.gain})
    column->resize(start + frames);
  std::vector<LocalScratch> scratch(static_cast<std::size_t>(threads));
  parallel_for(chunks, threads, [&](std::size_t chunk, int worker) {
    learn::set_threads(1);
    const std::size_t first = chunk * kPlacedTogether;
    const std::size_t last = std::min(first + kPlacedTogether, frames);
    std::vector<std::size_t> rows(last - first);
    std::iota(rows.begin(), rows.end(), begin + first);
    const at::Tensor candidates =
        candidate_rotations(model, tensors.batch(rows).image).contiguous();
    const auto copies = std::size_t(candidates.size(1));
    for (std::size_t d = first; d < last; ++d) {
      const Placed placed = place_frame(search, images.counts, begin + d,
                                        candidates.data_ptr<float>() + (d - first) * copies * 9,
                                        copies, steps, scratch[std::size_t(worker)]);
      const Quaternion& q = placed.fit.model_from_lab;
      out.quaternion[start + d] = {q.w, q.x, q.y, q.z};
      out.fluence[start + d] =
          float(double(images.counts.photons[begin + d]) / placed.fit.expected);
      out.width_rad[start + d] = float(placed.fit.width_rad());
      out.gain[start + d] = float(placed.fit.gain);
      out.probability[start + d] = float(placed.probability);
    }
    progress.advance(last - first);
  });
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/reconstruction/teacher.h"

#include <cmath>

#include "libspi/learn/adam.h"
#include "libspi/learn/runtime.h"

namespace spi {
namespace {

/// What a field is to be at some points.
struct Lesson {
  std::vector<float> point;  ///< [n][3] in units of the rim
  std::vector<float> value;  ///< [n]

  std::int64_t size() const { return std::int64_t(value.size()); }
};

/// The teacher's measured voxels inside the rim, `voxels` of its voxels from the centre, in the
/// units that the field is in. Its shells are scaled to the frames': its units and its background
/// do not matter.
Lesson lesson_of(const Model& teacher, const Preprocessing& pre, double voxels) {
  const auto n = std::int64_t(teacher.size);
  const std::size_t knots = pre.intensity.size();
  Lesson lesson;
  std::vector<double> radius, sum(knots), weight(knots);
  const auto knot = [&](double r) { return std::size_t(std::lround(r * double(knots - 1))); };
  for (std::int64_t v = 0; v < n * n * n; ++v) {
    const double p[] = {double(v % n - n / 2) / voxels, double(v / n % n - n / 2) / voxels,
                        double(v / (n * n) - n / 2) / voxels};
    const double r = std::hypot(p[0], p[1], p[2]);
    if (r > 1 || (!teacher.exposure.empty() && teacher.exposure[std::size_t(v)] <= 0)) continue;
    for (const double c : p) lesson.point.push_back(float(c));
    lesson.value.push_back(std::max(0.f, teacher.intensity[std::size_t(v)]));
    radius.push_back(r);
    sum[knot(r)] += double(lesson.value.back());
    weight[knot(r)] += 1;
  }
  for (std::size_t k = 0; k < radius.size(); ++k) {
    const double r = radius[k], mean = sum[knot(r)] / weight[knot(r)];
    const double photons =
        Preprocessing::at(pre.intensity, r) * (mean > 0 ? double(lesson.value[k]) / mean : 1);
    lesson.value[k] = float((pre.transform(photons) - Preprocessing::at(pre.mean, r)) /
                            Preprocessing::at(pre.deviation, r));
  }
  return lesson;
}

}  // namespace

void teach_field(PoseModel& model, const Model& teacher, const Images& images, std::uint64_t seed,
                 int threads, Monitor& monitor) {
  constexpr std::int64_t kPoints = 8192;
  constexpr std::size_t kSteps = 600;
  constexpr double kRate = 2e-3;
  const Preprocessing& pre = images.preprocessing;
  const double voxels = pre.rim_px * pre.q_per_pixel / teacher.q_per_voxel;
  if (voxels > double(teacher.size / 2))
    fail("the teacher ends at ", double(teacher.size / 2) * teacher.q_per_voxel,
         " 1/A, the frames at ", pre.rim_px * pre.q_per_pixel, ": give --q-max");
  Lesson lesson = lesson_of(teacher, pre, voxels);
  if (lesson.size() == 0) fail("the teacher has no measured voxel inside the rim");
  const at::Tensor points = at::from_blob(lesson.point.data(), {lesson.size(), 3}, at::kFloat);
  const at::Tensor values = at::from_blob(lesson.value.data(), {lesson.size()}, at::kFloat);
  learn::set_threads(threads);
  learn::Adam adam(*model.field, 0);
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  Progress progress(monitor, "learning the teacher's intensities", kSteps);
  double error = 0;
  for (std::size_t step = 0; step < kSteps; ++step) {
    const at::Tensor some = at::randint(lesson.size(), {kPoints}, generator, at::kLong);
    const at::Tensor difference =
        model.field->forward(points.index_select(0, some)) - values.index_select(0, some);
    const at::Tensor loss = (difference * difference).mean();
    loss.backward();
    error = loss.item<double>();
    adam.step(kRate * (1 - 0.95 * double(step) / double(kSteps)));
    progress.advance(1);
  }
  monitor.info(text_of("the field has the teacher's intensities to ", std::sqrt(error),
                       " of their deviation"));
}

}  // namespace spi

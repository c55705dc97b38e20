// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/objective.h"

#include <algorithm>
#include <cmath>

#include "models/vae/slice_function.h"

namespace spi::vae {
namespace {

/// Bounds gradients where it is dark: a hundredth of the radial mean.
constexpr double kDark = 0.01;
/// Amplitudes beyond this many times the ring's rms are cut in the encoder's input.
constexpr float kBrightest = 10;

/// 4 n τ: what the amplitude's inverse variance is.
float significance(float photons, double model_error) {
  const double n4 = 4.0 * photons;
  return float(n4 / (1 + n4 * model_error * model_error));
}

/// [B, rings] sums of values [B, P] over the pixels of each ring. By products on a device, whose
/// index_add would add in any order.
at::Tensor ring_sums(const at::Tensor& values, const Optics& optics, std::int64_t rings) {
  if (optics.ring_members.defined()) return at::matmul(values, optics.ring_members);
  return at::zeros({values.size(0), rings}).index_add(1, optics.ring, values);
}

/// [B] r' C⁻¹ r / 2 of residuals r [B, P], C = diag(1/weight) + ring_error² within each of `rings`.
at::Tensor normal_misfit(const at::Tensor& residual, const at::Tensor& weight, const Optics& optics,
                         std::int64_t rings, double ring_error) {
  const at::Tensor weighted = weight * residual;
  const at::Tensor apart = (weighted * residual).sum(1);
  if (ring_error == 0) return apart / 2;
  const double common = ring_error * ring_error;
  const at::Tensor ring_sum = ring_sums(weighted, optics, rings);
  const at::Tensor ring_weight = ring_sums(weight, optics, rings);
  return (apart - (common * ring_sum.square() / (1 + common * ring_weight)).sum(1)) / 2;
}

/// [B] R of the slices `seen` [B, P].
at::Tensor misfit(const at::Tensor& seen, const Batch& batch, const Optics& optics,
                  const VaeOptions& options, double ring_error) {
  const double e2 = options.model_error * options.model_error;
  const at::Tensor& x = batch.intensity;
  if (options.loss == Loss::mse_bce) {
    const at::Tensor measured = (batch.photons > 0).to(at::kFloat);
    const at::Tensor t = x / (1 + x);
    const at::Tensor squared = (seen / (1 + seen) - t).square();
    const at::Tensor entropy =
        t * ((x + kDark).log() - (seen + kDark).log()) + (1 + seen).log() - (1 + x).log();
    return (measured * (squared + entropy)).sum(1) / e2;
  }
  const at::Tensor weight = batch.photons / (1 + 4 * e2 * batch.photons);
  if (options.loss == Loss::gaussian)
    return normal_misfit((seen + kDark).sqrt() - (x + kDark).sqrt(), 4 * weight, optics,
                         batch.image.size(2) / 2 + 1, ring_error);
  at::Tensor constant;  // summed apart: the terms that vary keep their precision
  {
    const torch::NoGradGuard no_grad;
    constant = (weight * (x * (x + kDark).log() - x)).sum(1);
  }
  return (weight * (seen - x * (seen + kDark).log())).sum(1) + constant;
}

}  // namespace

Batch make_batch(const PatternSet& set, std::span<const std::size_t> rows, const Optics& optics) {
  const std::size_t points = set.points.size(), size = set.preprocessing.size;
  const auto count = std::int64_t(rows.size()), edge = std::int64_t(size);
  Batch batch{.intensity = at::empty({count, std::int64_t(points)}),
              .photons = at::empty({count, std::int64_t(points)}),
              .image = at::zeros({count, 2, edge, edge}),
              .joined = at::empty({count, 5}),
              .pose = {}};
  std::vector<float> expected(points);
  for (std::size_t b = 0; b < rows.size(); ++b) {
    const std::size_t row = rows[b];
    const float *x = &set.intensity[row * points], *n = &set.photons[row * points];
    std::copy_n(x, points, batch.intensity.data_ptr<float>() + b * points);
    std::copy_n(n, points, batch.photons.data_ptr<float>() + b * points);
    optics.slicer->slice(optics.mean_volume, {&set.pose[row], 1}, expected, 1);
    float* image = batch.image.data_ptr<float>() + 2 * b * size * size;
    for (std::size_t p = 0; p < points; ++p) {
      const float mean = std::sqrt(expected[p]);
      const float seen = std::min(std::sqrt(x[p]), kBrightest);
      const float weight =
          std::sqrt(significance(n[p], optics.model_error)) * float(optics.model_error);
      image[set.points.pixel[p]] = weight * (seen - mean);
      image[size * size + set.points.pixel[p]] = mean - 1;
    }
    const Quaternion& q = set.pose[row];
    float* joined = batch.joined.data_ptr<float>() + 5 * b;
    joined[0] = float(q.w), joined[1] = float(q.x), joined[2] = float(q.y), joined[3] = float(q.z);
    joined[4] = float((set.gain[row] - optics.gain_mean) / optics.gain_deviation);
    batch.pose.push_back(q);
  }
  return batch;
}

Objective objective(const Network& network, const Batch& batch, const at::Tensor& noise,
                    const Optics& optics, const VaeOptions& options, Learner learner) {
  const bool alone = learner == Learner::decoder;
  const Posterior posterior = [&] {
    const at::AutoGradMode learns(at::GradMode::is_enabled() && !alone);
    return network.encode(batch.image, batch.joined);
  }();
  at::Tensor z = posterior.mean;
  if (noise.defined() && !alone) z = z + (posterior.log_variance / 2).exp() * noise;
  const at::Tensor seen = slice_volumes(network.decode(z, options.precision), *optics.slicer,
                                        batch.pose, 1, optics.there);
  return {
      .reconstruction = misfit(seen, batch, optics, options, alone ? 0 : options.used_ring_error()),
      .divergence =
          (posterior.mean.square() + posterior.log_variance.exp() - 1 - posterior.log_variance)
              .sum(1) /
          2};
}

std::vector<float> mean_volume(const PatternSet& set, const Slicer& slicer, double model_error,
                               int threads, Monitor& monitor) {
  const std::size_t points = set.points.size(), voxels = slicer.box().voxels();
  constexpr std::size_t kTogether = 16;  // fixed: the sum's order must not depend on the threads
  std::vector<float> values(kTogether * points), part(kTogether * voxels);
  std::vector<double> sum(voxels), weight(voxels);
  Progress progress(monitor, "mean volume", set.count());
  for (std::size_t first = 0; first < set.count(); first += kTogether) {
    const std::size_t n = std::min(kTogether, set.count() - first);
    const auto add = [&](std::vector<double>& into, auto value) {
      for (std::size_t i = 0; i < n * points; ++i) values[i] = value(first * points + i);
      slicer.adjoint(std::span(values).first(n * points), std::span(set.pose).subspan(first, n),
                     std::span(part).first(n * voxels), threads);
      for (std::size_t b = 0; b < n; ++b)
        for (std::size_t v = 0; v < voxels; ++v) into[v] += part[b * voxels + v];
    };
    add(weight, [&](std::size_t i) { return significance(set.photons[i], model_error); });
    add(sum, [&](std::size_t i) {
      return significance(set.photons[i], model_error) * set.intensity[i];
    });
    progress.advance(n);
  }
  // A pull towards the radial mean with the weight of a photon, for voxels that few pixels see.
  const double prior = significance(1.f, model_error);
  std::vector<float> mean;
  for (std::size_t v = 0; v < voxels; ++v)
    mean.push_back(float((sum[v] + prior) / (weight[v] + prior)));
  return mean;
}

}  // namespace spi::vae

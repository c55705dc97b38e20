// SPDX-License-Identifier: GPL-3.0-or-later
// The absolute embedding of simulated gold: how well a network learns the landscape of spi-clpca.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "libspi/base/parallel.h"
#include "models/absolute_embedding/apply.h"
#include "models/absolute_embedding/train.h"
#include "tests/landscape/gold.h"
#include "tests/unit/commonline/memory_stack.h"

namespace spi {
namespace {

Coordinates coordinates_of(const Clpca& landscape) {
  return {.rows = landscape.map.rows,
          .components = landscape.map.components,
          .id = landscape.id,
          .values = landscape.map.embedding,
          .map = "pca"};
}

/// Catmull and Rom's cubic: exact for what the pixels resolve well, as noise-free patterns are.
float cubic(float a, float b, float c, float d, float t) {
  return b + 0.5f * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

/// The image turned about the centre pixel.
std::vector<float> turned(const Patterns& p, double angle) {
  const auto size = std::ptrdiff_t(p.rows);
  const double middle = double(size / 2), c = std::cos(angle), s = std::sin(angle);
  const auto at = [&](std::ptrdiff_t y, std::ptrdiff_t x) {
    return p.intensity[std::size_t(std::clamp<std::ptrdiff_t>(y, 0, size - 1) * size +
                                   std::clamp<std::ptrdiff_t>(x, 0, size - 1))];
  };
  std::vector<float> out;
  for (std::ptrdiff_t i = 0; i < size; ++i)
    for (std::ptrdiff_t j = 0; j < size; ++j) {
      const double dx = double(j) - middle, dy = double(i) - middle;
      const double x = middle + c * dx + s * dy, y = middle - s * dx + c * dy;
      const auto x0 = std::ptrdiff_t(std::floor(x)), y0 = std::ptrdiff_t(std::floor(y));
      float row[4];
      for (int k = 0; k < 4; ++k)
        row[k] = cubic(at(y0 + k - 1, x0 - 1), at(y0 + k - 1, x0), at(y0 + k - 1, x0 + 1),
                       at(y0 + k - 1, x0 + 2), float(x - double(x0)));
      out.push_back(std::max(0.f, cubic(row[0], row[1], row[2], row[3], float(y - double(y0)))));
    }
  return out;
}

/// Largest move of a prediction under a turn, over the extent of its component.
double move_over_extent(const Embedding& a, const Embedding& b, const Coordinates& landscape) {
  double largest = 0;
  for (std::size_t c = 0; c < a.components; ++c) {
    double low = INFINITY, high = -INFINITY;
    for (std::size_t k = c; k < landscape.values.size(); k += a.components) {
      low = std::min(low, landscape.values[k]);
      high = std::max(high, landscape.values[k]);
    }
    for (std::size_t k = c; k < a.values.size(); k += a.components)
      largest = std::max(largest, double(std::abs(a.values[k] - b.values[k])) / (high - low));
  }
  return largest;
}

TEST(AbsoluteEmbedding, LearnsTheLandscapeOfGoldWhateverTheRotation) {
  const TemporaryFile file("train.h5"), clean("clean.h5");
  simulate_gold(file.path(), 103, 400, 1e6);
  const Coordinates landscape = coordinates_of(embed(file.path()));
  const auto stack = open_stack(file.path(), {});
  AbsoluteEmbeddingOptions options;
  options.ensemble = 2;
  options.training.epochs = 60;
  EmbeddingRun run;
  run.threads = available_threads();
  const TrainedEmbedding trained =
      train_embedding(*stack, landscape, {}, options, run, silent_monitor());
  std::printf("%s\n", quality_text(trained.quality).c_str());
  // 320 patterns of six kinds in all orientations instead of 800: less than the 0.95 of the plan;
  // R² of 80 patterns is uncertain by some 0.03.
  constexpr double kLeast[] = {0.95, 0.85, 0.8};
  for (std::size_t c = 0; c < 3; ++c) EXPECT_GE(trained.quality.r2[c], kLeast[c]);

  simulate_gold(clean.path(), 104, 40, 1e6, true);
  const auto upright = open_stack(clean.path(), {});
  const Embedding placed = apply_embedding(*upright, trained.model, 2, silent_monitor());
  for (const double degrees : {17., 45., 110.}) {
    MemoryStack other(upright->info().rows, upright->info().columns, true);
    other.mutable_info().centre = upright->info().centre;
    other.mutable_info().q_per_pixel = upright->info().q_per_pixel;
    for (std::size_t k = 0; k < upright->info().count; ++k)
      other.add(turned(upright->read(k, 1), degrees * std::acos(-1) / 180));
    const double move = move_over_extent(
        placed, apply_embedding(other, trained.model, 2, silent_monitor()), landscape);
    std::printf("turned by %g degrees: moved by at most %.3f %% of the extent\n", degrees,
                100 * move);
    EXPECT_LT(move, 0.01);
  }
}

}  // namespace
}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/commonline/cc_matrix.h"

#include <cblas.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"

namespace spi {
namespace {

/// The best entry of one A×A block.
struct Best {
  float value;
  std::size_t at_i, at_j;
};

/// out[rows][columns] = a[rows][f] · b[columns][f]^T
void product(const float* a, std::size_t rows, const float* b, std::size_t columns, std::size_t f,
             float* out) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(rows),
              static_cast<int>(columns), static_cast<int>(f), 1.f, a, static_cast<int>(f), b,
              static_cast<int>(f), 0.f, out, static_cast<int>(columns));
}

/// Maximum of a rows×columns block of row length `stride`; its place (first in row order) on
/// request.
Best block_maximum(const float* block, std::size_t rows, std::size_t columns, std::size_t stride,
                   bool locate) {
  constexpr std::size_t kLanes = 64;  // independent maxima, so that the loop becomes vector code
  float lane[kLanes];
  std::fill_n(lane, kLanes, -std::numeric_limits<float>::infinity());
  for (std::size_t a = 0; a < rows; ++a) {
    const float* row = block + a * stride;
    std::size_t b = 0;
    for (; b + kLanes <= columns; b += kLanes)
      for (std::size_t l = 0; l < kLanes; ++l)
        lane[l] = row[b + l] > lane[l] ? row[b + l] : lane[l];
    for (std::size_t l = 0; b + l < columns; ++l)
      lane[l] = row[b + l] > lane[l] ? row[b + l] : lane[l];
  }
  const float best = *std::max_element(lane, lane + kLanes);
  if (!locate) return {best, 0, 0};
  for (std::size_t a = 0; a < rows; ++a) {
    const float* row = block + a * stride;
    const float* found = std::find(row, row + columns, best);
    if (found != row + columns) return {best, a, static_cast<std::size_t>(found - row)};
  }
  return {best, 0, 0};
}

/// Products of the lines of pattern i with those of patterns [j, j + n) into tile [A][n·A].
class Tiler {
 public:
  virtual ~Tiler() = default;
  virtual void fill(std::size_t i, std::size_t j, std::size_t n, std::vector<float>& tile) = 0;
};

class UnweightedTiler final : public Tiler {
 public:
  explicit UnweightedTiler(const LineSet& lines) : lines_(lines) {}
  void fill(std::size_t i, std::size_t j, std::size_t n, std::vector<float>& tile) override {
    product(lines_.line(i, 0), lines_.angles, lines_.line(j, 0), n * lines_.angles, lines_.features,
            tile.data());
  }

 private:
  const LineSet& lines_;
};

/// With u = w, v = w·x, q = w·x² of each line and Sfg = <f_ia, g_jb>:
/// CC = (Svv − Svu·Suv/Suu) / sqrt((Squ − Svu²/Suu)(Suq − Suv²/Suu)).
class WeightedTiler final : public Tiler {
 public:
  WeightedTiler(const LineSet& lines, double minimal_overlap) : lines_(lines) {
    const std::size_t count = lines.values.size();
    moments_[0] = lines.weight;
    moments_[1].resize(count);
    moments_[2].resize(count);
    for (std::size_t k = 0; k < count; ++k) {
      moments_[1][k] = lines.weight[k] * lines.values[k];
      moments_[2][k] = moments_[1][k] * lines.values[k];
    }
    float largest = 0;  // the largest weight that two lines can share, by Cauchy-Schwarz
    for (std::size_t line = 0; line < lines.patterns * lines.angles; ++line) {
      const float* w = &lines.weight[line * lines.features];
      float sum = 0;
      for (std::size_t f = 0; f < lines.features; ++f) sum += w[f] * w[f];
      largest = std::max(largest, sum);
    }
    floor_ = static_cast<float>(minimal_overlap) * largest;
  }

  void fill(std::size_t i, std::size_t j, std::size_t n, std::vector<float>& tile) override {
    const std::size_t a = lines_.angles, f = lines_.features, size = a * n * a;
    std::array<std::vector<float>, 6> s;  // Suu Suv Suq Svu Svv Squ
    constexpr int kLeft[] = {0, 0, 0, 1, 1, 2}, kRight[] = {0, 1, 2, 0, 1, 0};
    for (int m = 0; m < 6; ++m) {
      s[m].resize(size);
      product(&moments_[kLeft[m]][i * a * f], a, &moments_[kRight[m]][j * a * f], n * a, f,
              s[m].data());
    }
    for (std::size_t k = 0; k < size; ++k) {
      const float w = s[0][k];
      const float inverse = w > 0 ? 1 / w : 0;
      const float covariance = s[4][k] - s[3][k] * s[1][k] * inverse;
      const float variance_i = s[5][k] - s[3][k] * s[3][k] * inverse;
      const float variance_j = s[2][k] - s[1][k] * s[1][k] * inverse;
      // Below this the difference of the sums is rounding.
      const bool usable =
          w > 0 && w >= floor_ && variance_i > 1e-5f * s[5][k] && variance_j > 1e-5f * s[2][k];
      tile[k] = usable ? std::clamp(covariance / std::sqrt(variance_i * variance_j), -1.f, 1.f)
                       : kNoCorrelation;
    }
  }

  static constexpr float kNoCorrelation = -2;

 private:
  const LineSet& lines_;
  std::array<std::vector<float>, 3> moments_;  ///< w, w·x, w·x², each [N][A][F]
  float floor_ = 0;
};

void keep(CcMatrix& matrix, std::size_t i, std::size_t j, const Best& best) {
  const std::size_t n = matrix.patterns;
  const float value = best.value == WeightedTiler::kNoCorrelation ? 0 : best.value;
  matrix.values[i * n + j] = matrix.values[j * n + i] = value;
  if (matrix.angle_i.empty()) return;
  matrix.angle_i[i * n + j] = matrix.angle_j[j * n + i] = static_cast<std::uint16_t>(best.at_i);
  matrix.angle_j[i * n + j] = matrix.angle_i[j * n + i] = static_cast<std::uint16_t>(best.at_j);
}

/// Patterns j per tile: the tile stays within half a typical level-2 cache.
std::size_t patterns_per_tile(std::size_t angles) {
  constexpr std::size_t kTileBytes = 512 * 1024;
  return std::max<std::size_t>(1, kTileBytes / (angles * angles * sizeof(float)));
}

}  // namespace

CcMatrix cc_matrix(const LineSet& lines, const CcMatrixOptions& options, int threads,
                   Monitor& monitor) {
  const std::size_t n = lines.patterns, a = lines.angles;
  SPI_ASSERT(lines.values.size() == n * a * lines.features);
  SPI_ASSERT(lines.weight.empty() || lines.weight.size() == lines.values.size());
  SPI_ASSERT(a >= 1 && a <= 65536 && lines.features >= 1);
  openblas_set_num_threads(1);
  CcMatrix matrix{.patterns = n, .values = std::vector<float>(n * n), .angle_i = {}, .angle_j = {}};
  if (options.keep_angles) matrix.angle_i.resize(n * n), matrix.angle_j.resize(n * n);

  const std::size_t step = patterns_per_tile(a);
  std::unique_ptr<Tiler> tiler;
  if (lines.weight.empty())
    tiler = std::make_unique<UnweightedTiler>(lines);
  else
    tiler = std::make_unique<WeightedTiler>(lines, options.minimal_overlap);
  std::vector<std::vector<float>> tiles(threads, std::vector<float>(a * a * std::min(step, n)));
  Progress progress(monitor, "common-line correlations", n * (n - (n > 0)) / 2);
  parallel_for(n, threads, [&](std::size_t i, int worker) {
    std::vector<float>& tile = tiles[worker];
    matrix.values[i * n + i] = 1;
    for (std::size_t j = i + 1; j < n; j += step) {
      const std::size_t count = std::min(step, n - j);
      tiler->fill(i, j, count, tile);
      for (std::size_t k = 0; k < count; ++k)
        keep(matrix, i, j + k, block_maximum(&tile[k * a], a, a, count * a, options.keep_angles));
    }
    progress.advance(n - i - 1);
  });
  return matrix;
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/commonline/cc_matrix.h"

#include <cblas.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/commonline/best_product.h"
#include "libspi/commonline/cc_matrix_cuda.h"

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

/// The largest entry of a rows×columns block of row length `stride`, the first in row order.
Best block_maximum(const float* block, std::size_t rows, std::size_t columns, std::size_t stride) {
  Best best{-std::numeric_limits<float>::infinity(), 0, 0};
  for (std::size_t a = 0; a < rows; ++a) {
    const float* row = block + a * stride;
    const float* most = std::max_element(row, row + columns);
    if (*most > best.value) best = {*most, a, static_cast<std::size_t>(most - row)};
  }
  return best;
}

/// With u = w, v = w·x, q = w·x² of each line and Sfg = <f_ia, g_jb>:
/// CC = (Svv − Svu·Suv/Suu) / sqrt((Squ − Svu²/Suu)(Suq − Suv²/Suu)).
class WeightedTiler {
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

  void fill(std::size_t i, std::size_t j, std::size_t n, std::vector<float>& tile) {
    const std::size_t a = lines_.angles, f = lines_.features, size = a * n * a;
    std::array<std::vector<float>, 6> s;  // Suu Suv Suq Svu Svv Squ
    constexpr int kLeft[] = {0, 0, 0, 1, 1, 2}, kRight[] = {0, 1, 2, 0, 1, 0};
    for (int m = 0; m < 6; ++m) {
      s[m].resize(size);
      const bool of_means = m == 1 || m == 3;
      if (of_means && !lines_.about_means) continue;  // zeros
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

/// Above the diagonal.
void keep(CcMatrix& matrix, std::size_t i, std::size_t j, const Best& best) {
  const std::size_t n = matrix.patterns;
  const float value = best.value == WeightedTiler::kNoCorrelation ? 0 : best.value;
  matrix.values[i * n + j] = value;
  if (matrix.angle_i.empty()) return;
  matrix.angle_i[i * n + j] = static_cast<std::uint16_t>(best.at_i);
  matrix.angle_j[i * n + j] = static_cast<std::uint16_t>(best.at_j);
}

/// What is above the diagonal, below it.
void mirror(CcMatrix& matrix) {
  const std::size_t n = matrix.patterns;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i + 1; j < n; ++j) {
      matrix.values[j * n + i] = matrix.values[i * n + j];
      if (matrix.angle_i.empty()) continue;
      matrix.angle_j[j * n + i] = matrix.angle_i[i * n + j];
      matrix.angle_i[j * n + i] = matrix.angle_j[i * n + j];
    }
}

/// Bounds [ranks+1] of the rows of each rank: as many pairs for all, to a row.
std::vector<std::size_t> row_parts(std::size_t n, std::size_t ranks) {
  std::vector<std::size_t> bounds(ranks + 1, n);
  const double pairs = 0.5 * double(n) * double(n - (n > 0));
  double before = 0;  // pairs of the rows above
  for (std::size_t i = 0, rank = 0; i < n; before += double(n - ++i))
    while (rank < ranks && before >= pairs * double(rank) / double(ranks)) bounds[rank++] = i;
  return bounds;
}

/// Rows of the matrix, one of them an item.
struct Rows {
  std::size_t first, last;
  /// Pairs (i, j > i) of n patterns.
  std::size_t pairs(std::size_t n) const {
    return (last - first) * n - (last * (last + 1) - first * (first + 1)) / 2;
  }
};

/// The rows of all ranks, on rank 0.
void collect(CcMatrix& matrix, std::vector<std::size_t> parts, Team& team) {
  for (std::size_t& bound : parts) bound *= matrix.patterns;
  team.collect(std::span(matrix.values), parts);
  if (matrix.angle_i.empty()) return;
  team.collect(std::span(matrix.angle_i), parts);
  team.collect(std::span(matrix.angle_j), parts);
}

/// Patterns j per tile: the tile stays within half a typical level-2 cache.
std::size_t patterns_per_tile(std::size_t angles) {
  constexpr std::size_t kTileBytes = 512 * 1024;
  return std::max<std::size_t>(1, kTileBytes / (angles * angles * sizeof(float)));
}

void correlate(const LineSet& lines, const Rows& part, CcMatrix& matrix, int threads,
               Progress& progress) {
  const std::size_t n = lines.patterns;
  const PackedLines packed(lines.values.data(), n, lines.angles, lines.features);
  parallel_for(part.last - part.first, threads, [&](std::size_t row, int) {
    const std::size_t i = part.first + row;
    const PackedLines::Rows rows = packed.rows(i);
    for (std::size_t j = i + 1; j < n; ++j) {
      Best best{packed.best(rows, j), 0, 0};
      if (!matrix.angle_i.empty()) {
        const auto [at_i, at_j] = packed.locate(rows, j, best.value);
        best.at_i = at_i, best.at_j = at_j;
      }
      keep(matrix, i, j, best);
    }
    progress.advance(n - i - 1);
  });
}

/// `process` of those on this machine.
void correlate_on_device(const LineSet& lines, const Rows& part, CcMatrix& matrix,
                         std::size_t process, int threads, Progress& progress) {
  const auto keep_pair = [&](std::size_t i, std::size_t j, float value, std::size_t place) {
    keep(matrix, i, j, {value, place / lines.angles, place % lines.angles});
  };
  correlate_on_cuda(lines, part.first, part.last, process, threads, keep_pair,
                    [&](std::size_t pairs) { progress.advance(pairs); });
}

void correlate_weighted(const LineSet& lines, double minimal_overlap, const Rows& part,
                        CcMatrix& matrix, int threads, Progress& progress) {
  const std::size_t n = lines.patterns, a = lines.angles, step = patterns_per_tile(a);
  openblas_set_num_threads(1);
  WeightedTiler tiler(lines, minimal_overlap);
  std::vector<std::vector<float>> tiles(threads, std::vector<float>(a * a * std::min(step, n)));
  parallel_for(part.last - part.first, threads, [&](std::size_t row, int worker) {
    const std::size_t i = part.first + row;
    std::vector<float>& tile = tiles[worker];
    for (std::size_t j = i + 1; j < n; j += step) {
      const std::size_t count = std::min(step, n - j);
      tiler.fill(i, j, count, tile);
      for (std::size_t k = 0; k < count; ++k)
        keep(matrix, i, j + k, block_maximum(&tile[k * a], a, a, count * a));
    }
    progress.advance(n - i - 1);
  });
}

}  // namespace

CcMatrix cc_matrix(const LineSet& lines, const CcMatrixOptions& options, int threads,
                   Monitor& monitor, Team& team) {
  const std::size_t n = lines.patterns, a = lines.angles;
  SPI_ASSERT(lines.values.size() == n * a * lines.features);
  SPI_ASSERT(lines.weight.empty() || lines.weight.size() == lines.values.size());
  SPI_ASSERT(a >= 1 && a <= 65536 && lines.features >= 1);
  CcMatrix matrix{.patterns = n, .values = std::vector<float>(n * n), .angle_i = {}, .angle_j = {}};
  for (std::size_t i = 0; i < n; ++i) matrix.values[i * n + i] = 1;
  if (options.keep_angles) matrix.angle_i.resize(n * n), matrix.angle_j.resize(n * n);

  if (!lines.weight.empty() && options.device == Device::cuda)
    monitor.info("lines with unmeasured parts are correlated on the processor");
  const std::vector<std::size_t> parts = row_parts(n, team.size());
  const Rows part{parts[team.rank()], parts[team.rank() + 1]};
  {
    Progress progress(monitor, "common-line correlations", part.pairs(n));
    if (lines.weight.empty() && options.device == Device::cuda)
      correlate_on_device(lines, part, matrix, team.rank_on_machine(), threads, progress);
    else if (lines.weight.empty())
      correlate(lines, part, matrix, threads, progress);
    else
      correlate_weighted(lines, options.minimal_overlap, part, matrix, threads, progress);
  }
  collect(matrix, parts, team);
  if (team.leads()) mirror(matrix);
  return matrix;
}

}  // namespace spi

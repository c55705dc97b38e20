// SPDX-License-Identifier: GPL-3.0-or-later
// The kernels of the E step beside its products: harmonics of sparse frames, posteriors, and what
// they come to. LikelihoodEngine is their definition.
#pragma once

#include "libspi/cuda/block.h"
#include "libspi/polar/likelihood_engine.h"

namespace spi::cuda {

/// n̂(i,m) of the frames of a chunk: a block a frame, a thread a harmonic. out [M+1][lanes][2R].
struct FrameHarmonics {
  static constexpr int kWarps = 4;
  using State = NoState;

  const std::uint64_t* start;  ///< [lanes + 1]
  const std::uint32_t* entry;
  const float* cosine;         ///< [T]
  const float* sine;           ///< [T]
  const std::uint32_t* limit;  ///< [R]
  int rings, angles, harmonics;
  std::int64_t lanes;
  float* out;

  SPI_KERNEL std::size_t shared_floats() const { return 0; }
  SPI_KERNEL int steps(const Block&) const { return 1; }
  SPI_KERNEL void step(int, const Block& block, int warp, float*, State&) const {
    each_lane([&](int lane) {
      for (int m = warp * kWarp + lane; m <= harmonics; m += kWarps * kWarp) {
        float* const row = out + (m * lanes + std::int64_t(block.x)) * 2 * rings;
        for (int c = 0; c < 2 * rings; ++c) row[c] = 0;
        for (std::uint64_t e = start[block.x]; e < start[block.x + 1]; ++e) {
          const std::uint32_t bin = entry[e] >> 8;
          const std::uint32_t ring = bin / std::uint32_t(angles), j = bin % std::uint32_t(angles);
          if (std::uint32_t(m) > limit[ring]) continue;
          const std::uint32_t phase = std::uint32_t(m) * j % std::uint32_t(angles);
          const float count = float((entry[e] & 255) + 1);
          row[2 * ring] += count * cosine[phase];
          row[2 * ring + 1] -= count * sine[phase];
        }
      }
    });
  }
};

/// Cosines and sines that lead from harmonics to angles and back, as matrices padded with zeros to
/// whole fragments: even parts at s in [0, T/2], odd parts beside them (AngularDft).
struct AngularMatrices {
  const float *inverse_cos, *inverse_sin;  ///< [angle_rows][harmonic_inner], weights inside
  const float *cos, *sin;                  ///< [harmonic_rows][angle_inner], sin with its minus
  int angles, harmonics;                   ///< T, M

  SPI_KERNEL static int padded(int n, int unit) { return (n + unit - 1) / unit * unit; }
  SPI_KERNEL int angle_rows() const { return padded(angles / 2 + 1, 16); }
  SPI_KERNEL int angle_inner() const { return padded(angles / 2 + 1, 8); }
  SPI_KERNEL int harmonic_rows() const { return padded(harmonics + 1, 16); }
  SPI_KERNEL int harmonic_inner() const { return padded(harmonics + 1, 8); }
};

/// What the frames of a chunk bring: [lanes] each. Lanes without a frame have beta 0 and photons 0.
struct ChunkFrames {
  const float *beta, *weight;  ///< weight: φ or N, what the penalty is multiplied with
  const float *photons, *fluence;
  const std::uint8_t* present;
};

/// What a class has of each frame: [K][lanes] each.
struct ClassParts {
  float *peak, *sum, *penalty, *log;  ///< Σ_s p, Σ p·penalty, Σ p ln p with p = e^{v - peak}
  std::uint32_t* shift;               ///< where v has its peak
};

/// Correlations in harmonics to posteriors in harmonics, in place: inverse DFT, gains, softmax
/// relative to the class's own peak, and forward DFT, of one class and 32 frames a block; its T ×
/// 32 numbers never leave shared memory.
struct Posteriors {
  static constexpr int kWarps = 8, kLanes = 32;
  static constexpr int kStride = kLanes + 8;  ///< fragments meet 32 banks
  static constexpr float kNever = -1e30f;     ///< stands for ln 0
  static constexpr std::int64_t kAlongY = 1 << 15;
  using State = NoState;

  float* posterior;  ///< [M+1][2K][lanes]
  std::int64_t lanes, classes;
  const float* penalty;         ///< [K][T]
  const std::uint8_t* rotates;  ///< [K]
  ChunkFrames frames;
  ClassParts parts;
  AngularMatrices dft;

  /// Classes along y, and where they are more, along z: blocks beyond the last do nothing.
  Grid grid() const {
    const auto along_z = unsigned((classes + kAlongY - 1) / kAlongY);
    return {unsigned(lanes / kLanes), along_z > 1 ? unsigned(kAlongY) : unsigned(classes), along_z};
  }
  SPI_KERNEL std::size_t shared_floats() const { return x_floats() + 4 * kWarps * kLanes; }
  SPI_KERNEL int steps(const Block& block) const { return class_of(block) < classes ? 5 : 0; }
  SPI_KERNEL void step(int s, const Block& block, int warp, float* shared, State&) const {
    float* const rows = shared + x_floats();  // [4][warps][lanes]
    if (s == 0) to_angles(block, warp, shared);
    if (s == 1) gains(block, warp, shared, rows);
    if (s == 2) exponentials(block, warp, shared, rows);
    if (s == 3) fold(block, warp, shared, rows);
    if (s == 4) to_harmonics(block, warp, shared);
  }

 private:
  /// [T][kStride], and room for logs().
  SPI_KERNEL std::size_t x_floats() const {
    return std::size_t(dft.angles > kLanes ? dft.angles : kLanes) * kStride;
  }
  SPI_KERNEL static std::int64_t class_of(const Block& block) {
    return block.z * kAlongY + block.y;
  }
  SPI_KERNEL static std::int64_t frame_of(const Block& block, int lane) {
    return std::int64_t(block.x) * kLanes + lane;
  }
  SPI_KERNEL float* re(const Block& block, int m) const {
    return posterior + (m * 2 * classes + class_of(block)) * lanes + frame_of(block, 0);
  }
  SPI_KERNEL std::int64_t at(const Block& block, int lane) const {
    return class_of(block) * lanes + frame_of(block, lane);
  }

  /// even, odd: 16 rows by 16 lanes of matrix · values, with values(inner, lane) for both.
  template <class Values>
  SPI_KERNEL static void product(const float* of_even, const float* of_odd, int row, int column,
                                 int inner, const Values& values, PerLane<Fragment::C> (&even)[2],
                                 PerLane<Fragment::C> (&odd)[2]) {
    SPI_UNROLL
    for (int n = 0; n < 2; ++n)
      each_lane([&](int lane) {
        SPI_UNROLL
        for (int v = 0; v < 4; ++v) even[n][lane].v[v] = odd[n][lane].v[v] = 0;
      });
    for (int k = 0; k < inner; k += 8) {
      Split<Fragment::A> a, b;
      each_lane([&](int lane) {
        SPI_UNROLL
        for (int v = 0; v < 4; ++v) {
          const int place =
              (row + Fragment::a_row(lane, v)) * inner + k + Fragment::a_inner(lane, v);
          a.set(lane, v, of_even[place]);
          b.set(lane, v, of_odd[place]);
        }
      });
      SPI_UNROLL
      for (int n = 0; n < 2; ++n) {
        Split<Fragment::B> x, y;
        each_lane([&](int lane) {
          SPI_UNROLL
          for (int v = 0; v < 2; ++v) {
            const int i = k + Fragment::b_inner(lane, v);
            const int l = column + 8 * n + Fragment::b_column(lane);
            x.set(lane, v, values(i, l, false));
            y.set(lane, v, values(i, l, true));
          }
        });
        multiply_add(even[n], a, x);
        multiply_add(odd[n], b, y);
      }
    }
  }

  SPI_KERNEL void to_angles(const Block& block, int warp, float* x) const {
    const int half = dft.angles / 2, last = dft.harmonics;
    // Beyond the last harmonic the matrices are zero: any number does.
    const auto harmonic = [&](int m, int lane, bool imaginary) {
      return re(block, m < last ? m : last)[(imaginary ? classes * lanes : 0) + lane];
    };
    for (int task = warp; task < dft.angle_rows() / 16 * 2; task += kWarps) {
      const int row = task / 2 * 16, column = task % 2 * 16;
      PerLane<Fragment::C> even[2], odd[2];
      product(dft.inverse_cos, dft.inverse_sin, row, column, dft.harmonic_inner(), harmonic, even,
              odd);
      SPI_UNROLL
      for (int n = 0; n < 2; ++n)
        each_lane([&](int lane) {
          SPI_UNROLL
          for (int v = 0; v < 4; ++v) {
            const int s = row + Fragment::c_row(lane, v);
            float* const to = x + column + 8 * n + Fragment::c_column(lane, v);
            const float e = even[n][lane].v[v], o = odd[n][lane].v[v];
            if (s <= half) to[s * kStride] = e + o;
            if (s > 0 && s < half) to[(dft.angles - s) * kStride] = e - o;
          }
        });
    }
  }

  /// x becomes β gain; of each warp's angles the largest and where.
  SPI_KERNEL void gains(const Block& block, int warp, float* x, float* rows) const {
    const float still = logf(float(dft.angles));  // prior 1/K at one angle, not 1/(K·T)
    const float* const z = penalty + class_of(block) * dft.angles;
    const bool turns = rotates[class_of(block)] != 0;
    each_lane([&](int lane) {
      const std::int64_t frame = frame_of(block, lane);
      const float beta = frames.beta[frame], weight = frames.weight[frame];
      float best = kNever;
      std::uint32_t place = 0;
      for (int s = warp; s < dft.angles; s += kWarps) {
        float& v = x[s * kStride + lane];
        float value = beta * (v - weight * z[s]);
        if (!turns) value = s == 0 ? value + still : kNever;
        v = value;
        if (value > best) best = value, place = std::uint32_t(s);
      }
      rows[warp * kLanes + lane] = best;
      rows[(kWarps + warp) * kLanes + lane] = float_of(place);
    });
  }

  /// The largest over the warps, the first of equal ones.
  SPI_KERNEL static float peak_of(const float* rows, int lane, std::uint32_t& place) {
    float best = rows[lane];
    place = bits_of(rows[kWarps * kLanes + lane]);
    for (int w = 1; w < kWarps; ++w) {
      const float value = rows[w * kLanes + lane];
      const std::uint32_t s = bits_of(rows[(kWarps + w) * kLanes + lane]);
      if (value > best || (value == best && s < place)) best = value, place = s;
    }
    return best;
  }

  /// x becomes e^{x - peak}. Every warp finds the peak for itself; the sums go to the other half of
  /// `rows`, and Σ p ln p, for which there is no room, to x's padding.
  SPI_KERNEL void exponentials(const Block& block, int warp, float* x, float* rows) const {
    const float* const z = penalty + class_of(block) * dft.angles;
    each_lane([&](int lane) {
      std::uint32_t place;
      const float peak = peak_of(rows, lane, place);
      float sum = 0, cost = 0, log = 0;
      for (int s = warp; s < dft.angles; s += kWarps) {
        float& v = x[s * kStride + lane];
        const float below = v - peak, p = expf(below);
        v = p;
        sum += p, cost += p * z[s], log += p * below;
      }
      float* const sums = rows + 2 * kWarps * kLanes;
      sums[warp * kLanes + lane] = sum;
      sums[(kWarps + warp) * kLanes + lane] = cost;
      logs(x, warp, lane) = log;
    });
  }
  /// [warps][lanes] in the 8 floats between the first 32 rows of x.
  SPI_KERNEL static float& logs(float* x, int warp, int lane) {
    return x[lane * kStride + kLanes + warp];
  }

  /// The class's parts go out; x becomes its even parts up to T/2 and its odd parts beyond.
  SPI_KERNEL void fold(const Block& block, int warp, float* x, const float* rows) const {
    each_lane([&](int lane) {
      if (warp == 0) {
        std::uint32_t place;
        const std::int64_t to = at(block, lane);
        parts.peak[to] = peak_of(rows, lane, place);
        parts.shift[to] = place;
        float sum = 0, cost = 0, log = 0;
        for (int w = 0; w < kWarps; ++w) {
          sum += rows[(2 * kWarps + w) * kLanes + lane];
          cost += rows[(3 * kWarps + w) * kLanes + lane];
          log += logs(x, w, lane);
        }
        parts.sum[to] = sum, parts.penalty[to] = cost, parts.log[to] = log;
      }
      for (int s = 1 + warp; s < dft.angles / 2; s += kWarps) {
        float &a = x[s * kStride + lane], &b = x[(dft.angles - s) * kStride + lane];
        const float even = a + b, odd = a - b;
        a = even, b = odd;
      }
    });
  }

  SPI_KERNEL void to_harmonics(const Block& block, int warp, const float* x) const {
    const int half = dft.angles / 2;
    // Where there is no odd part, and beyond T/2, the matrices are zero.
    const auto folded = [&](int s, int lane, bool odd) {
      const int inside = s < half ? s : half;
      return x[(odd && inside > 0 ? dft.angles - inside : inside) * kStride + lane];
    };
    for (int task = warp; task < dft.harmonic_rows() / 16 * 2; task += kWarps) {
      const int row = task / 2 * 16, column = task % 2 * 16;
      PerLane<Fragment::C> even[2], odd[2];
      product(dft.cos, dft.sin, row, column, dft.angle_inner(), folded, even, odd);
      SPI_UNROLL
      for (int n = 0; n < 2; ++n)
        each_lane([&](int lane) {
          SPI_UNROLL
          for (int v = 0; v < 4; ++v) {
            const int m = row + Fragment::c_row(lane, v);
            if (m > dft.harmonics) continue;
            float* const to = re(block, m) + column + 8 * n + Fragment::c_column(lane, v);
            to[0] = even[n][lane].v[v];
            to[classes * lanes] = odd[n][lane].v[v];
          }
        });
    }
  }
};

/// Joins the classes' parts: scale[k] for P(k, ·), and what is said of each frame. A block 32
/// frames, a warp every eighth class.
struct Conclusions {
  static constexpr int kWarps = 8, kLanes = 32;
  struct State {
    PerLane<float> peak;
    PerLane<double> sum;
  };

  std::int64_t lanes, classes;
  int angles;
  bool known_fluence;
  double flat;  ///< A
  const std::uint8_t* rotates;
  ChunkFrames frames;
  ClassParts parts;
  float* scale;            ///< [K][lanes]
  FramePosterior* result;  ///< [lanes]

  Grid grid() const { return {unsigned(lanes / kLanes), 1, 1}; }
  SPI_KERNEL std::size_t shared_floats() const { return 4 * 2 * kWarps * kLanes; }
  SPI_KERNEL int steps(const Block&) const { return 4; }
  SPI_KERNEL void step(int s, const Block& block, int warp, float* shared, State& state) const {
    double* const rows = reinterpret_cast<double*>(shared);  // [4][warps][lanes]
    each_lane([&](int lane) {
      const std::int64_t frame = std::int64_t(block.x) * kLanes + lane;
      if (s == 0) find_peak(frame, warp, lane, rows);
      if (s == 1) sum_parts(frame, warp, lane, rows, state.peak[lane]);
      if (s == 2) conclude(frame, warp, lane, rows, state.peak[lane], state.sum[lane]);
      if (s == 3 && warp == 0) choose(frame, lane, rows, state.sum[lane], state.peak[lane]);
    });
  }

 private:
  SPI_KERNEL static double& row(double* rows, int n, int warp, int lane) {
    return rows[(n * kWarps + warp) * kLanes + lane];
  }
  SPI_KERNEL static double total(double* rows, int n, int lane) {
    double sum = 0;
    for (int w = 0; w < kWarps; ++w) sum += row(rows, n, w, lane);
    return sum;
  }
  SPI_KERNEL void find_peak(std::int64_t frame, int warp, int lane, double* rows) const {
    float peak = Posteriors::kNever;
    for (std::int64_t k = warp; k < classes; k += kWarps)
      peak = fmaxf(peak, parts.peak[k * lanes + frame]);
    row(rows, 0, warp, lane) = double(peak);
  }
  SPI_KERNEL void sum_parts(std::int64_t frame, int warp, int lane, double* rows,
                            float& peak) const {
    peak = Posteriors::kNever;
    for (int w = 0; w < kWarps; ++w) peak = fmaxf(peak, float(row(rows, 0, w, lane)));
    double sum = 0, cost = 0, log = 0;
    for (std::int64_t k = warp; k < classes; k += kWarps) {
      const std::int64_t at = k * lanes + frame;
      const double above = double(parts.peak[at]) - double(peak), share = exp(above);
      sum += share * double(parts.sum[at]);
      cost += share * double(parts.penalty[at]);
      log += share * (double(parts.log[at]) + double(parts.sum[at]) * above);
    }
    row(rows, 1, warp, lane) = sum;
    row(rows, 2, warp, lane) = cost;
    row(rows, 3, warp, lane) = log;
  }
  /// Scales, and each warp's best class: its probability in row 0. Row 0 was last read before.
  SPI_KERNEL void conclude(std::int64_t frame, int warp, int lane, double* rows, float peak,
                           double& sum) const {
    sum = total(rows, 1, lane);
    float best = -1;
    for (std::int64_t k = warp; k < classes; k += kWarps) {
      const std::int64_t at = k * lanes + frame;
      const float factor = float(exp(double(parts.peak[at]) - double(peak)) / sum);
      scale[at] = frames.present[frame] ? factor : 0.f;
      best = fmaxf(best, parts.sum[at] * factor);
    }
    row(rows, 0, warp, lane) = double(best);
  }
  SPI_KERNEL void choose(std::int64_t frame, int lane, double* rows, double sum, float peak) const {
    FramePosterior found;
    if (!frames.present[frame]) {
      result[frame] = found;
      return;
    }
    float best = -1, still = 0;
    for (int w = 0; w < kWarps; ++w) best = fmaxf(best, float(row(rows, 0, w, lane)));
    std::int64_t chosen = classes;
    for (std::int64_t k = classes - 1; k >= 0; --k) {
      const std::int64_t at = k * lanes + frame;
      const float p = parts.sum[at] * scale[at];
      if (p == best) chosen = k;  // the first of equal ones
      if (!rotates[k]) still += p;
    }
    const std::int64_t at = (chosen < classes ? chosen : 0) * lanes + frame;
    const double log_angles = log(double(angles)), log_prior = -log(double(classes)) - log_angles;
    const double beta = double(frames.beta[frame]);
    found.best_class = std::uint32_t(chosen < classes ? chosen : 0);
    found.best_shift = parts.shift[at];
    found.probability = best;
    found.gain =
        float((double(parts.peak[at]) - (rotates[found.best_class] ? 0. : log_angles)) / beta);
    found.information =
        float(total(rows, 3, lane) / sum - log(sum) - log_prior - double(still) * log_angles);
    found.fluence =
        known_fluence
            ? frames.fluence[frame]
            : float(double(frames.photons[frame]) / (flat * exp(total(rows, 2, lane) / sum)));
    found.log_evidence = (double(peak) + log(sum) + log_prior) / beta;
    result[frame] = found;
  }
};

/// The frames' harmonics [M+1][lanes][rows-1] to [M+1][rows][lanes], with the weight as last row.
struct TurnHarmonics {
  const float *from, *weight;
  float* to;
  std::size_t rows, lanes;

  SPI_KERNEL void operator()(std::size_t i) const {
    const std::size_t lane = i % lanes, c = i / lanes % rows, m = i / lanes / rows;
    to[i] = c + 1 == rows ? weight[lane] : from[(m * lanes + lane) * (rows - 1) + c];
  }
};

/// Posteriors [M+1][2][K][lanes] times the scale of their class and frame.
struct ScalePosteriors {
  const float* scale;  ///< [K][lanes]
  float* posterior;
  std::size_t classes, lanes;

  SPI_KERNEL void operator()(std::size_t i) const {
    posterior[i] *= scale[i / lanes % classes * lanes + i % lanes];
  }
};

/// A block's sums go over into exact ones (Quantum::round).
struct FlushSums {
  float* recent;
  double* total;
  double shift;

  SPI_KERNEL void operator()(std::size_t n) const {
    total[n] += (double(recent[n]) + shift) - shift;
    recent[n] = 0;
  }
};

}  // namespace spi::cuda

// SPDX-License-Identifier: GPL-3.0-or-later
// DeviceLikelihood on a queue: CudaQueue, or HostQueue in tests.
#pragma once

#include <array>
#include <cmath>
#include <numbers>

#include "libspi/base/error.h"
#include "libspi/cuda/product.h"
#include "libspi/polar/best_classes.h"
#include "libspi/polar/device_likelihood.h"

namespace spi::cuda {

/// A block is 16 tiles of 64 frames ("lanes"): tile t of half set t % 2, whose lanes stand
/// together, half by half, so that one product a harmonic and half set adds them all. Where memory
/// is short a block goes in several chunks of fewer tiles. Of two blocks, one is worked on while
/// the host prepares the next and the results of the one before come back.
template <class Queue>
class ClassExpectation final : public DeviceLikelihood {
 public:
  ClassExpectation(const LikelihoodEngine& engine, const TileReturns& returns)
      : engine_(engine),
        returns_(returns),
        rings_(engine.rings()),
        angles_(engine.angles()),
        count_(engine.harmonics() + 1) {
    std::vector<float> cosine, sine;
    for (std::size_t s = 0; s < angles_; ++s) {
      const double phase = 2 * std::numbers::pi * double(s) / double(angles_);
      cosine.push_back(float(std::cos(phase)));
      sine.push_back(float(std::sin(phase)));
    }
    cosine_ = copied(cosine), sine_ = copied(sine);
    limit_ = copied(std::vector<std::uint32_t>(engine.limit().begin(), engine.limit().end()));
    make_matrices();
  }

  void begin(const RateSums* sums) override {
    adds_up_ = sums != nullptr;
    if (classes_ != engine_.classes() || (adds_up_ && total_.size() == 0)) allocate(sums);
    std::size_t offset = 0;
    for (std::size_t m = 0; m < count_; ++m) {
      const std::vector<float>& rows = engine_.rows(m);
      queue_.upload(rows.data(), rows.size(), rows_.data() + offset);
      offset += rows.size();
    }
    queue_.upload(engine_.penalty().data(), engine_.penalty().size(), penalty_.data());
    queue_.upload(engine_.rotates().data(), engine_.rotates().size(), rotates_.data());
    if (adds_up_) {
      queue_.clear(recent_.data(), recent_.size());
      queue_.clear(total_.data(), total_.size());
      shift_ = sums->quantum().shift();
    }
    queue_.finish();
  }

  void submit(std::span<FrameTile> tiles, const BinnedFrames& frames,
              std::span<const std::size_t> rows) override {
    SPI_ASSERT(tiles.size() <= RateSums::kBlockTiles && submitted_ - collected_ < 2);
    Slot& slot = slots_[submitted_++ % 2];
    slot.tiles = tiles;
    for (std::size_t chunk = 0; chunk < kBlock / lanes_; ++chunk) {
      Part& part = slot.parts[chunk];
      const std::size_t first = chunk * chunk_tiles();
      if (first >= tiles.size()) break;
      fill(part, tiles.subspan(first, std::min(chunk_tiles(), tiles.size() - first)), frames,
           rows.subspan(first * FrameTile::kLanes));
      expect(part);
    }
    if (adds_up_)
      launch_each(queue_, recent_.size(), FlushSums{recent_.data(), total_.data(), shift_});
    slot.finished = queue_.mark();
  }

  void collect() override {
    SPI_ASSERT(collected_ < submitted_);
    Slot& slot = slots_[collected_++ % 2];
    Queue::finish(slot.finished);
    for (std::size_t t = 0; t < slot.tiles.size(); ++t) {
      FrameTile& tile = slot.tiles[t];
      const Part& part = slot.parts[t / chunk_tiles()];
      const std::size_t first = first_lane(t % chunk_tiles());
      std::copy_n(part.result.data() + first, FrameTile::kLanes, tile.result.begin());
      take_lanes(part.shares, first, tile.posterior);
      take_lanes(part.best, first, tile.best);
    }
  }

  void finish(RateSums& sums) override {
    SPI_ASSERT(adds_up_ && collected_ == submitted_);
    std::vector<double> totals;
    for (std::size_t m = 0; m < count_; ++m) {  // a copy of all would be large
      const std::size_t first = sums.at(m, 0);
      totals.resize(2 * (sums.at(m, 1) - first));
      queue_.download(total_.data() + first, totals.size(), totals.data());
      queue_.finish();
      sums.add_totals(totals, first);
    }
  }

  /// Frames worked on at once.
  std::size_t lanes() const { return lanes_; }

 private:
  template <class T>
  using Memory = typename Queue::template Memory<T>;
  template <class T>
  using Pinned = typename Queue::template Pinned<T>;
  static constexpr std::size_t kBlock = RateSums::kBlockFrames;

  /// A chunk's numbers on the host, pinned: inputs, then results.
  struct Part {
    Pinned<float> beta, weight, photons, fluence;
    Pinned<std::uint8_t> present;
    Pinned<std::uint64_t> start;
    Pinned<std::uint32_t> entry;
    Memory<std::uint32_t> entry_there;
    Pinned<FramePosterior> result;
    Pinned<float> shares;     ///< [K][lanes] where they are asked for
    Pinned<ClassShift> best;  ///< [best][lanes]
    std::size_t entries = 0;
  };
  struct Slot {
    std::span<FrameTile> tiles;
    std::vector<Part> parts;
    typename Queue::Mark finished;
  };

  template <class T>
  Memory<T> copied(const std::vector<T>& values) {
    Memory<T> memory(values.size());
    queue_.upload(values.data(), values.size(), memory.data());
    queue_.finish();
    return memory;
  }

  void make_matrices() {
    const std::size_t half = angles_ / 2;
    dft_.angles = int(angles_), dft_.harmonics = int(count_ - 1);
    const auto matrix = [&](int rows, int inner, std::size_t used_rows, std::size_t used_inner,
                            const auto& value) {
      std::vector<float> values(std::size_t(rows) * std::size_t(inner));
      for (std::size_t r = 0; r < used_rows; ++r)
        for (std::size_t n = 0; n < used_inner; ++n)
          values[r * std::size_t(inner) + n] = float(value(r, n));
      matrices_.push_back(copied(values));
      return static_cast<const float*>(matrices_.back().data());
    };
    const auto phase = [&](std::size_t m, std::size_t s) {
      return 2 * std::numbers::pi * double(m * s % angles_) / double(angles_);
    };
    const auto weight = [&](std::size_t m) {
      return (m == 0 || m == half ? 1. : 2.) / double(angles_);
    };
    const auto sine = [&](std::size_t m, std::size_t s) {  // 0 where there is no odd part
      return s == 0 || s == half ? 0. : -std::sin(phase(m, s));
    };
    dft_.inverse_cos =
        matrix(dft_.angle_rows(), dft_.harmonic_inner(), half + 1, count_,
               [&](std::size_t s, std::size_t m) { return weight(m) * std::cos(phase(m, s)); });
    dft_.inverse_sin = matrix(dft_.angle_rows(), dft_.harmonic_inner(), half + 1, count_,
                              [&](std::size_t s, std::size_t m) { return weight(m) * sine(m, s); });
    dft_.cos = matrix(dft_.harmonic_rows(), dft_.angle_inner(), count_, half + 1,
                      [&](std::size_t m, std::size_t s) { return std::cos(phase(m, s)); });
    dft_.sin = matrix(dft_.harmonic_rows(), dft_.angle_inner(), count_, half + 1, sine);
  }

  std::size_t chunk_tiles() const { return lanes_ / FrameTile::kLanes; }
  std::size_t half_lanes() const { return lanes_ / 2; }
  /// Of tile t of a chunk.
  std::size_t first_lane(std::size_t t) const {
    return t % 2 * half_lanes() + t / 2 * FrameTile::kLanes;
  }
  std::size_t width(std::size_t m) const { return 2 * (rings_ - engine_.first_ring(m)); }

  std::size_t best_classes() const { return std::min(returns_.best, classes_); }

  /// Rows of all lanes to those of a tile.
  template <class T>
  void take_lanes(const Pinned<T>& from, std::size_t first, std::vector<T>& to) const {
    const std::size_t rows = from.size() / lanes_;
    to.resize(rows * FrameTile::kLanes);
    for (std::size_t r = 0; r < rows; ++r)
      std::copy_n(from.data() + r * lanes_ + first, FrameTile::kLanes, &to[r * FrameTile::kLanes]);
  }

  double bytes(std::size_t lanes) const {
    const double k = double(classes_), m = double(count_), l = double(lanes);
    return 4 * (m * 2 * k * l + m * (4. * double(rings_) + 1) * l + 6 * k * l);
  }

  void allocate(const RateSums* sums) {
    classes_ = engine_.classes();
    std::size_t floats = 0;
    for (std::size_t m = 0; m < count_; ++m) floats += engine_.rows(m).size();
    rows_ = Memory<float>(floats);
    penalty_ = Memory<float>(classes_ * angles_);
    rotates_ = Memory<std::uint8_t>(classes_);
    recent_ = Memory<float>(sums ? sums->numbers() : 0);
    total_ = Memory<double>(recent_.size());
    lanes_ = kBlock;
    const double free = 0.8 * Queue::free_bytes();
    while (lanes_ > 2 * FrameTile::kLanes && bytes(lanes_) > free) lanes_ /= 2;
    if (bytes(lanes_) > free)
      fail("the E step of ", classes_, " classes needs ", bytes(lanes_) / 1e9,
           " GB of the device, ", free / 1e9,
           " GB are free: take fewer --classes (views: a wider --spacing) or --device cpu");
    posterior_ = Memory<float>(count_ * 2 * classes_ * lanes_);
    by_frame_ = Memory<float>(count_ * lanes_ * 2 * rings_);
    by_ring_ = Memory<float>(count_ * (2 * rings_ + 1) * lanes_);
    for (auto* part : {&peak_, &sum_, &cost_, &log_, &scale_})
      *part = Memory<float>(classes_ * lanes_);
    at_ = Memory<std::uint32_t>(classes_ * lanes_);
    for (auto* column : {&beta_, &weight_, &photons_, &fluence_}) *column = Memory<float>(lanes_);
    present_ = Memory<std::uint8_t>(lanes_);
    start_ = Memory<std::uint64_t>(lanes_ + 1);
    result_ = Memory<FramePosterior>(lanes_);
    best_ = Memory<ClassShift>(best_classes() * lanes_);
    for (Slot& slot : slots_) {
      slot.parts = std::vector<Part>(kBlock / lanes_);
      for (Part& part : slot.parts) {
        for (auto* column : {&part.beta, &part.weight, &part.photons, &part.fluence})
          *column = Pinned<float>(lanes_);
        part.present = Pinned<std::uint8_t>(lanes_);
        part.start = Pinned<std::uint64_t>(lanes_ + 1);
        part.result = Pinned<FramePosterior>(lanes_);
        part.shares = Pinned<float>(returns_.shares ? classes_ * lanes_ : 0);
        part.best = Pinned<ClassShift>(best_.size());
      }
    }
    list_products(sums);
  }

  /// What the E step (by harmonic) and the M step (by harmonic and half set) multiply.
  void list_products(const RateSums* sums) {
    std::vector<BatchItem> expect, maximise;
    const auto lanes = std::int64_t(lanes_), rows = std::int64_t(2 * classes_);
    const auto rings = std::int64_t(rings_);
    std::size_t offset = 0;
    for (std::size_t m = 0; m < count_; ++m) {
      const auto w = std::int64_t(width(m)), first = 2 * std::int64_t(engine_.first_ring(m));
      const auto at = std::int64_t(m);
      float* const posterior = posterior_.data() + at * rows * lanes;
      expect.push_back({rows_.data() + offset, by_frame_.data() + at * lanes * 2 * rings + first, w,
                        2 * rings, rows, lanes, int(w), false, posterior, lanes});
      offset += engine_.rows(m).size();
      for (int half = 0; sums && half < 2; ++half)
        maximise.push_back(
            {posterior + half * lanes / 2,
             by_ring_.data() + (at * (2 * rings + 1) + first) * lanes + half * lanes / 2, lanes,
             lanes, rows, w + 1, int(lanes / 2), true, recent_.data() + sums->at(m, half), w + 1});
    }
    expect_ = copied(expect), maximise_ = copied(maximise);
  }

  /// A chunk's tiles into pinned memory, lanes without a frame as empty ones.
  void fill(Part& part, std::span<const FrameTile> tiles, const BinnedFrames& frames,
            std::span<const std::size_t> rows) {
    std::size_t entries = 0, n = 0;
    for (const FrameTile& tile : tiles)
      for (std::size_t d = 0; d < tile.count; ++d, ++n)
        entries += frames.start[rows[n] + 1] - frames.start[rows[n]];
    if (entries > part.entry.size()) {
      part.entry = Pinned<std::uint32_t>(entries + entries / 4);
      part.entry_there = Memory<std::uint32_t>(part.entry.size());
    }
    std::vector<std::size_t> row_of(lanes_, SIZE_MAX);
    const bool known = engine_.fluence_use() == FluenceUse::known;
    for (std::size_t lane = 0; lane < lanes_; ++lane) {
      part.beta.data()[lane] = part.weight.data()[lane] = 0;
      part.photons.data()[lane] = part.fluence.data()[lane] = 0;
    }
    n = 0;
    for (std::size_t t = 0; t < tiles.size(); ++t)
      for (std::size_t d = 0; d < tiles[t].count; ++d, ++n) {
        const std::size_t lane = first_lane(t) + d;
        row_of[lane] = rows[n];
        part.beta.data()[lane] = tiles[t].beta[d];
        part.photons.data()[lane] = tiles[t].photons[d];
        part.fluence.data()[lane] = tiles[t].fluence[d];
        part.weight.data()[lane] = known ? tiles[t].fluence[d] : tiles[t].photons[d];
      }
    std::uint64_t at = 0;
    for (std::size_t lane = 0; lane < lanes_; ++lane) {
      part.start.data()[lane] = at;
      part.present.data()[lane] = row_of[lane] != SIZE_MAX;
      if (row_of[lane] == SIZE_MAX) continue;
      const auto from = frames.start[row_of[lane]], to = frames.start[row_of[lane] + 1];
      std::copy(frames.entry.begin() + std::ptrdiff_t(from),
                frames.entry.begin() + std::ptrdiff_t(to), part.entry.data() + at);
      at += to - from;
    }
    part.start.data()[lanes_] = at;
    part.entries = at;
  }

  void expect(Part& part) {
    queue_.upload(part.beta.data(), lanes_, beta_.data());
    queue_.upload(part.weight.data(), lanes_, weight_.data());
    queue_.upload(part.photons.data(), lanes_, photons_.data());
    queue_.upload(part.fluence.data(), lanes_, fluence_.data());
    queue_.upload(part.present.data(), lanes_, present_.data());
    queue_.upload(part.start.data(), lanes_ + 1, start_.data());
    queue_.upload(part.entry.data(), part.entries, part.entry_there.data());
    const ChunkFrames frames{beta_.data(), weight_.data(), photons_.data(), fluence_.data(),
                             present_.data()};
    const ClassParts parts{peak_.data(), sum_.data(), cost_.data(), log_.data(), at_.data()};
    load_harmonics(part);
    const std::size_t rows = 2 * classes_;
    queue_.launch(TileProduct<Batch>{{expect_.data()}}, Batch::grid(rows, lanes_, count_));
    const Posteriors posteriors{posterior_.data(),
                                std::int64_t(lanes_),
                                std::int64_t(classes_),
                                penalty_.data(),
                                rotates_.data(),
                                frames,
                                parts,
                                dft_};
    queue_.launch(posteriors, posteriors.grid());
    const Conclusions conclusions{std::int64_t(lanes_),
                                  std::int64_t(classes_),
                                  int(angles_),
                                  engine_.fluence_use() == FluenceUse::known,
                                  engine_.flat_expected(),
                                  rotates_.data(),
                                  frames,
                                  parts,
                                  scale_.data(),
                                  result_.data()};
    queue_.launch(conclusions, conclusions.grid());
    queue_.download(result_.data(), lanes_, part.result.data());
    if (const auto most = best_classes(); most > 0) {
      const BestClasses best{std::int64_t(lanes_), std::int64_t(classes_), int(most), parts,
                             best_.data()};
      queue_.launch(best, best.grid());
      queue_.download(best_.data(), best_.size(), part.best.data());
    }
    if (adds_up_ || returns_.shares)
      launch_each(queue_, posterior_.size(),
                  ScalePosteriors{scale_.data(), posterior_.data(), classes_, lanes_});
    if (adds_up_)
      queue_.launch(TileProduct<Batch>{{maximise_.data()}},
                    Batch::grid(rows, 2 * rings_ + 1, 2 * count_));
    queue_.download(posterior_.data(), part.shares.size(), part.shares.data());
  }

  /// The frames' harmonics in both orders: rings beside one another for the E step, frames for the
  /// M step, whose last row is the frames' weight.
  void load_harmonics(const Part& part) {
    const FrameHarmonics harmonics{start_.data(),   part.entry_there.data(), cosine_.data(),
                                   sine_.data(),    limit_.data(),           int(rings_),
                                   int(angles_),    int(count_ - 1),         std::int64_t(lanes_),
                                   by_frame_.data()};
    queue_.launch(harmonics, {unsigned(lanes_), 1, 1});
    if (adds_up_)
      launch_each(
          queue_, count_ * (2 * rings_ + 1) * lanes_,
          TurnHarmonics{by_frame_.data(), weight_.data(), by_ring_.data(), 2 * rings_ + 1, lanes_});
  }

  const LikelihoodEngine& engine_;
  TileReturns returns_;
  std::size_t rings_, angles_, count_, classes_ = 0, lanes_ = 0;
  bool adds_up_ = false;  ///< whether there is an M step
  double shift_ = 0;
  std::size_t submitted_ = 0, collected_ = 0;
  AngularMatrices dft_{};
  std::vector<Memory<float>> matrices_;
  Memory<float> cosine_, sine_, rows_, penalty_, recent_;
  Memory<std::uint32_t> limit_, at_;
  Memory<std::uint8_t> rotates_, present_;
  Memory<double> total_;
  Memory<float> posterior_;  ///< [M+1][2K][lanes]
  Memory<float> by_frame_;   ///< [M+1][lanes][2R] the frames' harmonics
  Memory<float> by_ring_;    ///< [M+1][2R+1][lanes] the same, and the weight
  Memory<float> peak_, sum_, cost_, log_, scale_, beta_, weight_, photons_, fluence_;
  Memory<std::uint64_t> start_;
  Memory<FramePosterior> result_;
  Memory<ClassShift> best_;
  Memory<BatchItem> expect_, maximise_;
  std::array<Slot, 2> slots_;
  Queue queue_;  ///< last: it ends before what it uses
};

}  // namespace spi::cuda

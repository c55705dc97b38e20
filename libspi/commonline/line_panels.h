// SPDX-License-Identifier: GPL-3.0-or-later
// The CC matrix on a device, panel by panel: packing, transfers and products overlap.
#pragma once

#include "libspi/base/parallel.h"
#include "libspi/commonline/cc_matrix.h"
#include "libspi/commonline/line_maximum.h"

namespace spi::cuda {

/// Patterns first <= i < last of the set, each with all later ones. A panel of rows stays on the
/// device while panels of columns pass by in two slots: while the device works on one, the host
/// packs the next, it is copied, and the maxima of the one before come back. Queue: CudaQueue, or
/// HostQueue in tests.
template <class Queue>
class LinePanels {
 public:
  /// Panels are as large as half of the free memory and kMostPinned allow, and small enough that
  /// there are several. UserError where not even one pattern fits.
  LinePanels(const LineSet& lines, std::size_t first, std::size_t last, int threads)
      : lines_(lines),
        first_(first),
        last_(last),
        padded_(LinePanel::padded(lines.angles)),
        threads_(threads),
        size_(panel_size()) {
    rows_ = Memory<float>(size_ * pattern());
    packed_rows_ = Pinned<float>(size_ * pattern());
    for (Slot& slot : slots_) {
      slot.packed = Pinned<float>(size_ * pattern());
      slot.columns = Memory<float>(size_ * pattern());
      slot.best = Memory<unsigned long long>(size_ * size_);
      slot.result = Pinned<unsigned long long>(size_ * size_);
    }
  }

  /// keep(i, j, peak) for every pair, by several threads at once; done(pairs) now and then.
  template <class Keep, class Done>
  void run(const Keep& keep, const Done& done) {
    for (std::size_t row = first_; row < last_; row += size_) {
      const std::size_t rows = std::min(size_, last_ - row);
      drain(keep, done);  // the products with the rows before
      pack(row, rows, packed_rows_.data());
      copy_.upload(packed_rows_.data(), rows * pattern(), rows_.data());
      const LinePanel left{rows_.data(), int(row), int(rows)};
      for (std::size_t column = row; column < lines_.patterns; column += size_) {
        Slot& slot = slots_[turn_++ % 2];
        take(slot, keep, done);  // the slot is free now
        submit(left, column, slot);
      }
    }
    drain(keep, done);
  }

  std::size_t size() const { return size_; }

 private:
  template <class T>
  using Memory = typename Queue::template Memory<T>;
  template <class T>
  using Pinned = typename Queue::template Pinned<T>;
  static constexpr double kMostPinned = 256e6;     ///< bytes of one of five buffers
  static constexpr std::size_t kEnoughPanels = 8;  ///< so that the first transfer is a small part

  struct Slot {
    Pinned<float> packed;
    Memory<float> columns;
    Memory<unsigned long long> best;
    Pinned<unsigned long long> result;
    LinePanel left, right;
    bool busy = false;
    typename Queue::Mark finished;
  };

  std::size_t pattern() const { return padded_ * lines_.features; }  ///< floats of one

  std::size_t panel_size() const {
    const double each = double(pattern()) * sizeof(float), free = 0.5 * Queue::free_bytes();
    std::size_t size = (lines_.patterns + kEnoughPanels - 1) / kEnoughPanels;
    size = std::min(size, std::size_t(kMostPinned / each));
    size = std::min(size, std::size_t(std::sqrt(kMostPinned / sizeof(unsigned long long))));
    size = std::min(size, std::size_t{65535} * Tile::kSize / padded_);  // rows of a grid
    const auto bytes = [&](double p) { return 3 * p * each + 2 * p * p * 8; };
    while (size > 1 && bytes(double(size)) > free) size = size / 2;
    size = std::max<std::size_t>(size, 1);
    if (bytes(double(size)) > free)
      fail("the lines of a pattern (", each / 1e6,
           " MB) do not fit into the memory of the device, ", Queue::free_bytes() / 1e6,
           " MB are free: take fewer angles or --device cpu");
    return size;
  }

  void pack(std::size_t first, std::size_t count, float* to) const {
    parallel_for(count, threads_, [&](std::size_t n, int) {
      float* const out = to + n * pattern();
      std::copy_n(lines_.line(first + n, 0), lines_.angles * lines_.features, out);
      for (std::size_t a = lines_.angles; a < padded_; ++a)
        std::copy_n(lines_.line(first + n, lines_.angles - 1), lines_.features,
                    out + a * lines_.features);
    });
  }

  void submit(const LinePanel& left, std::size_t column, Slot& slot) {
    const std::size_t count = std::min(size_, lines_.patterns - column);
    pack(column, count, slot.packed.data());
    slot.left = left;
    slot.right = {slot.columns.data(), int(column), int(count)};
    copy_.upload(slot.packed.data(), count * pattern(), slot.columns.data());
    work_.wait_for(copy_.mark());
    const std::size_t pairs = std::size_t(left.patterns) * count;
    work_.clear(slot.best.data(), pairs);
    const LineMaximum maximum{slot.left,    slot.right,           int(lines_.angles),
                              int(padded_), int(lines_.features), slot.best.data()};
    work_.launch(TileProduct<LineMaximum>{maximum}, maximum.grid());
    // On the queue of the work: the next panel's products wait for it, a millisecond each.
    work_.download(slot.best.data(), pairs, slot.result.data());
    slot.finished = work_.mark();
    slot.busy = true;
  }

  /// Waits for a slot's maxima and hands them on.
  template <class Keep, class Done>
  void take(Slot& slot, const Keep& keep, const Done& done) {
    if (!slot.busy) return;
    Queue::finish(slot.finished);
    slot.busy = false;
    const auto columns = std::size_t(slot.right.patterns);
    std::size_t pairs = 0;
    for (int i = 0; i < slot.left.patterns; ++i)
      pairs +=
          std::size_t(std::clamp(slot.right.first + slot.right.patterns - slot.left.first - i - 1,
                                 0, slot.right.patterns));
    parallel_for(std::size_t(slot.left.patterns), threads_, [&](std::size_t i, int) {
      for (std::size_t j = 0; j < columns; ++j) {
        const std::size_t row = std::size_t(slot.left.first) + i;
        const std::size_t column = std::size_t(slot.right.first) + j;
        if (column > row) keep(row, column, Peak::of(slot.result.data()[i * columns + j]));
      }
    });
    done(pairs);
  }
  template <class Keep, class Done>
  void drain(const Keep& keep, const Done& done) {
    for (int n = 0; n < 2; ++n) take(slots_[turn_++ % 2], keep, done);
  }

  const LineSet& lines_;
  std::size_t first_, last_, padded_;
  int threads_;
  std::size_t size_;  ///< patterns of a panel
  std::size_t turn_ = 0;
  Memory<float> rows_;
  Pinned<float> packed_rows_;
  Slot slots_[2];
  Queue copy_, work_;  ///< last: they end before what they use
};

}  // namespace spi::cuda

// SPDX-License-Identifier: GPL-3.0-or-later
// A stack of patterns made by a test.
#pragma once

#include <numeric>

#include "libspi/io/stack.h"

namespace spi {

class MemoryStack final : public StackReader {
 public:
  MemoryStack(std::size_t rows, std::size_t columns, bool is_average) {
    info_.rows = rows;
    info_.columns = columns;
    info_.is_average = is_average;
    info_.kind = "made by a test";
  }
  void add(const std::vector<float>& intensity, const std::vector<float>& weight = {}) {
    intensity_.push_back(intensity);
    weight_.push_back(weight.empty() ? std::vector<float>(intensity.size(), 1.f) : weight);
    ++info_.count;
  }
  StackInfo& mutable_info() { return info_; }
  const StackInfo& info() const override { return info_; }
  Patterns read(std::size_t first, std::size_t n) override {
    Patterns out{.count = n, .rows = info_.rows, .columns = info_.columns};
    for (std::size_t i = first; i < first + n; ++i) {
      out.intensity.insert(out.intensity.end(), intensity_[i].begin(), intensity_[i].end());
      out.weight.insert(out.weight.end(), weight_[i].begin(), weight_[i].end());
    }
    return out;
  }
  std::vector<std::uint64_t> ids() const override {
    std::vector<std::uint64_t> ids(info_.count);
    std::iota(ids.begin(), ids.end(), 0);
    return ids;
  }
  std::vector<bool> masked() const override {
    return std::vector<bool>(info_.rows * info_.columns);
  }

 private:
  StackInfo info_;
  std::vector<std::vector<float>> intensity_, weight_;
};

}  // namespace spi

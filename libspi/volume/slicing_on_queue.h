// SPDX-License-Identifier: GPL-3.0-or-later
// DeviceSlicer on a queue: one of a CUDA device, or HostQueue in tests.
#pragma once

#include "libspi/base/error.h"
#include "libspi/volume/device_slicing.h"
#include "libspi/volume/slicing_kernels.h"

namespace spi::cuda {

/// Queue::enter() makes the queue's device the thread's current one.
template <class Queue>
class SlicingOnQueue final : public DeviceSlicer {
 public:
  explicit SlicingOnQueue(const Slicer& slicer) : box_(slicer.box()) {
    const std::vector<std::uint32_t> pairs = box_.tied_pairs();
    const QueryPoints& p = slicer.points();
    x_ = copied<float>(p.x), y_ = copied<float>(p.y), z_ = copied<float>(p.z);
    pairs_ = copied<std::uint32_t>(pairs);
    lookups_ = {.box = numbers_of(box_),
                .x = x_.data(),
                .y = y_.data(),
                .z = z_.data(),
                .points = p.size(),
                .rotations = nullptr,
                .operations = int(box_.cosets().size())};
  }

  void slice(const float* volumes, const float* rotations, std::size_t patterns,
             float* values) const override {
    queue_.enter();
    launch_each(queue_, patterns * lookups_.points, SlicePoint{with(rotations), volumes, values});
  }

  void adjoint(const float* values, const float* rotations, std::size_t patterns,
               std::uint64_t* work, float* volumes) const override {
    static_assert(sizeof(unsigned long long) == sizeof(std::uint64_t));
    const std::size_t points = lookups_.points, voxels = box_.voxels();
    queue_.enter();
    auto* const sums = reinterpret_cast<unsigned long long*>(work);
    unsigned long long* const largest = sums + patterns * voxels;
    queue_.clear(sums, work_size(patterns));
    queue_.launch(LargestValue{values, points, largest},
                  Grid{unsigned(patterns) * LargestValue::kBlocks, 1, 1});
    const FixedPoint fixed{largest, points};
    launch_each(queue_, patterns * points, ScatterPoint{with(rotations), values, fixed, sums});
    launch_each(queue_, patterns * voxels, UnfixVoxel{fixed, voxels, sums, volumes});
    tie(volumes, patterns);
  }

  std::size_t work_size(std::size_t patterns) const override {
    return patterns * (box_.voxels() + 1);
  }

  void tie(float* volumes, std::size_t patterns) const override {
    const std::size_t pairs = pairs_.size() / 2;
    if (pairs == 0) return;
    queue_.enter();
    launch_each(queue_, patterns * pairs, TiePair{pairs_.data(), pairs, box_.voxels(), volumes});
  }

  double free_bytes() const override {
    queue_.enter();
    return Queue::free_bytes();
  }

  void slice_host(std::span<const float> volumes, std::span<const Quaternion> model_from_lab,
                  std::span<float> values) const override {
    SPI_ASSERT(volumes.size() == model_from_lab.size() * box_.voxels());
    SPI_ASSERT(values.size() == model_from_lab.size() * lookups_.points);
    const Memory<float> in = copied(volumes), out(values.size());
    const Memory<float> turned = copied<float>(coset_rotations(box_, model_from_lab));
    tie(in.data(), model_from_lab.size());
    slice(in.data(), turned.data(), model_from_lab.size(), out.data());
    queue_.download(out.data(), values.size(), values.data());
    queue_.finish();
  }

  void adjoint_host(std::span<const float> values, std::span<const Quaternion> model_from_lab,
                    std::span<float> volumes) const override {
    SPI_ASSERT(volumes.size() == model_from_lab.size() * box_.voxels());
    SPI_ASSERT(values.size() == model_from_lab.size() * lookups_.points);
    const Memory<float> in = copied(values), out(volumes.size());
    const Memory<float> turned = copied<float>(coset_rotations(box_, model_from_lab));
    const Memory<std::uint64_t> work(work_size(model_from_lab.size()));
    adjoint(in.data(), turned.data(), model_from_lab.size(), work.data(), out.data());
    queue_.download(out.data(), volumes.size(), volumes.data());
    queue_.finish();
  }

 private:
  template <class T>
  using Memory = typename Queue::template Memory<T>;

  static BoxNumbers numbers_of(const FreeBox& box) {
    BoxNumbers numbers{};
    numbers.has_turn = box.turned().has_value();
    numbers.turned = box.turned().value_or(0);
    numbers.voxels = box.voxels();
    for (std::size_t axis = 0; axis < 3; ++axis) {
      numbers.mirrored[axis] = box.mirrored()[axis];
      numbers.first[axis] = box.first()[axis];
      numbers.size[axis] = int(box.shape()[2 - axis]);
    }
    return numbers;
  }
  Lookups with(const float* rotations) const {
    Lookups lookups = lookups_;
    lookups.rotations = rotations;
    return lookups;
  }
  template <class T>
  Memory<T> copied(std::span<const T> values) const {
    queue_.enter();
    Memory<T> memory(values.size());
    queue_.upload(values.data(), values.size(), memory.data());
    queue_.finish();  // the host's values may end here
    return memory;
  }

  FreeBox box_;
  Memory<float> x_, y_, z_;
  Memory<std::uint32_t> pairs_;
  Lookups lookups_{};
  mutable Queue queue_;  ///< it ends before the memory that it uses
};

}  // namespace spi::cuda

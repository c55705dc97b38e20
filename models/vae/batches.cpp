// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/batches.h"

#include <numeric>

#include "libspi/base/parallel.h"
#include "libspi/learn/runtime.h"
#include "libspi/learn/tensors.h"

namespace spi::vae {

Batch Batches::operator()(std::span<const std::size_t> rows) const {
  const at::Device device = model_.device;
  if (!all_.image.defined()) {
    Batch batch = make_batch(set_, rows, model_.optics());
    for (at::Tensor* t : {&batch.intensity, &batch.photons, &batch.image, &batch.joined})
      *t = learn::sent(*t, device);
    return batch;
  }
  at::Tensor index = at::empty({std::int64_t(rows.size())}, at::kLong);
  std::ranges::copy(rows, index.data_ptr<std::int64_t>());
  index = learn::sent(index, device);
  Batch batch{.intensity = all_.intensity.index_select(0, index),
              .photons = all_.photons.index_select(0, index),
              .image = all_.image.index_select(0, index),
              .joined = all_.joined.index_select(0, index),
              .pose = {}};
  for (const std::size_t row : rows) batch.pose.push_back(set_.pose[row]);
  return batch;
}

void Batches::keep(int threads) {
  constexpr std::size_t kTogether = 16;
  const auto count = std::int64_t(set_.count()), points = std::int64_t(set_.points.size());
  const auto edge = std::int64_t(set_.preprocessing.size);
  const auto there = at::TensorOptions(at::kFloat).device(model_.device);
  Batch all{.intensity = at::empty({count, points}, there),
            .photons = at::empty({count, points}, there),
            .image = at::empty({count, 2, edge, edge}, there),
            .joined = at::empty({count, 5}, there),
            .pose = {}};
  parallel_for((set_.count() + kTogether - 1) / kTogether, threads, [&](std::size_t item, int) {
    learn::set_threads(1);
    const torch::NoGradGuard no_grad;
    const std::size_t first = item * kTogether, last = std::min(first + kTogether, set_.count());
    std::vector<std::size_t> rows(last - first);
    std::iota(rows.begin(), rows.end(), first);
    const Batch some = make_batch(set_, rows, model_.optics());
    const auto put = [&](const at::Tensor& to, const at::Tensor& from) {
      to.slice(0, std::int64_t(first), std::int64_t(last)).copy_(from);
    };
    put(all.intensity, some.intensity), put(all.photons, some.photons);
    put(all.image, some.image), put(all.joined, some.joined);
  });
  all_ = std::move(all);
}

double Batches::bytes_to_keep() const {
  const double points = double(set_.points.size()), edge = double(set_.preprocessing.size);
  return sizeof(float) * double(set_.count()) * (2 * points + 2 * edge * edge + 5);
}

}  // namespace spi::vae

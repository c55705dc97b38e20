// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/model.h"

#include <cmath>

#include "libspi/base/parallel.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/record.h"
#include "libspi/learn/runtime.h"
#include "libspi/learn/tensors.h"

namespace spi::vae {
namespace {

constexpr const char* kFormat = "spi-vae";
constexpr const char* kRoot = "/";

at::Tensor rings_of(const QueryPoints& points, std::size_t size) {
  at::Tensor ring = at::empty({std::int64_t(points.size())}, at::kLong);
  const double half = double(size / 2);
  for (std::size_t p = 0; p < points.size(); ++p)
    ring.data_ptr<std::int64_t>()[p] = std::lround(
        std::hypot(double(points.pixel[p] % size) - half, double(points.pixel[p] / size) - half));
  return ring;
}

}  // namespace

void Model::build() {
  const PointGroup group = point_group(symmetry);
  FreeBox box(preprocessing.size, group);
  for (std::size_t axis = 0; axis < 3; ++axis) shape.box[axis] = std::int64_t(box.shape()[axis]);
  slicer = std::make_unique<Slicer>(
      std::move(box),
      disc_points(preprocessing.size, preprocessing.q_per_voxel, preprocessing.wavelength_A));
  ring = rings_of(slicer->points(), preprocessing.size);
  network = std::make_shared<Network>(shape);
}

void Model::move(at::Device where, std::unique_ptr<DeviceSlicer> slices) {
  if (where.is_cuda()) learn::make_cuda_exact();
  network->to(where);
  device = where;
  there = std::move(slices);
  ring_members = at::Tensor();
  if (there)
    ring_members = (ring.unsqueeze(1) == at::arange(shape.size / 2 + 1)).to(where, at::kFloat);
}

void write_model(const std::filesystem::path& path, const Model& model,
                 const Provenance& provenance) {
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, kFormat, provenance);
  const auto set = [&](const char* name, const auto& value) {
    file.set_attribute(kRoot, name, value);
  };
  const Preprocessing& p = model.preprocessing;
  set("symmetry", model.symmetry);
  set("size", std::int64_t(p.size));
  set("latent_dim", model.shape.latent_dim);
  set("channels", model.shape.channels);
  set("q_per_voxel", p.q_per_voxel);
  set("q_unit", std::string("1/A"));
  if (p.wavelength_A) set("wavelength_A", *p.wavelength_A);
  set("model_error", model.model_error);
  set("gain_mean", model.gain_mean);
  set("gain_deviation", model.gain_deviation);
  file.write("radial_mean", p.radial_mean);
  const auto& box = model.shape.box;
  file.write("mean_volume", model.mean_volume,
             {std::size_t(box[0]), std::size_t(box[1]), std::size_t(box[2])});
  file.write("latents/id", model.latents.id);
  file.write("latents/mu", model.latents.mean, {model.latents.count(), model.latents.dim});
  file.write("latents/sigma", model.latents.sigma, {model.latents.count(), model.latents.dim});
  learn::write_tensors(file, "weights", learn::tensors_of(*model.network));
  file.close();
  target.commit();
}

Model read_model(const std::filesystem::path& path) {
  const h5::File file = h5::File::open(path);
  if (format_of(file) != kFormat)
    fail(path.string(), " is not a model of spi-vae (spi-vae train writes them)");
  Model model;
  model.symmetry = file.text_attribute(kRoot, "symmetry");
  model.shape.size = std::int64_t(number_between(file, "size", 9, 511));
  model.shape.latent_dim = std::int64_t(number_between(file, "latent_dim", 1, 32));
  model.shape.channels = std::int64_t(number_between(file, "channels", 1, 256));
  Preprocessing& p = model.preprocessing;
  p.size = std::size_t(model.shape.size);
  p.q_per_voxel = file.number_attribute(kRoot, "q_per_voxel");
  if (file.has_attribute(kRoot, "wavelength_A"))
    p.wavelength_A = file.number_attribute(kRoot, "wavelength_A");
  p.radial_mean = file.read<double>("radial_mean", {p.size / 2 + 1});
  model.model_error = file.number_attribute(kRoot, "model_error");
  model.gain_mean = file.number_attribute(kRoot, "gain_mean");
  model.gain_deviation = file.number_attribute(kRoot, "gain_deviation");
  model.build();
  const auto& box = model.slicer->box().shape();
  model.mean_volume = read_finite<float>(file, "mean_volume", {box[0], box[1], box[2]});
  Latents& latents = model.latents;
  latents.id = file.read<std::uint64_t>("latents/id");
  latents.dim = std::size_t(model.shape.latent_dim);
  latents.mean = read_finite<float>(file, "latents/mu", {latents.count(), latents.dim});
  latents.sigma = read_finite<float>(file, "latents/sigma", {latents.count(), latents.dim});
  learn::set_tensors(*model.network, learn::read_tensors(file, "weights"), path.string());
  return model;
}

std::vector<std::pair<std::size_t, std::size_t>> chunks(std::size_t n) {
  std::vector<std::pair<std::size_t, std::size_t>> result;
  for (std::size_t first = 0; first < n;) {
    const std::size_t last = n - first <= 3 ? n : first + 2;
    result.emplace_back(first, last);
    first = last;
  }
  return result;
}

Latents encode(const Model& model, const PatternSet& set, const learn::Hands& hands,
               Monitor& monitor) {
  Latents latents{.dim = std::size_t(model.shape.latent_dim), .id = set.id};
  latents.mean.resize(set.count() * latents.dim);
  latents.sigma.resize(latents.mean.size());
  const auto parts = chunks(set.count());
  const std::vector<std::size_t> shares = equal_parts(parts.size(), hands.team.size());
  const std::size_t start = shares[hands.team.rank()], stop = shares[hands.team.rank() + 1];
  Progress progress(monitor, "encoding", stop - start);
  parallel_for(stop - start, hands.threads, [&](std::size_t item, int) {
    learn::set_threads(1);
    const torch::NoGradGuard no_grad;
    const auto [first, last] = parts[start + item];
    std::vector<std::size_t> rows;
    for (std::size_t n = first; n < last; ++n) rows.push_back(n);
    const Batch batch = make_batch(set, rows, model.optics());
    const Posterior posterior =
        model.network->encode(batch.image.to(model.device), batch.joined.to(model.device));
    const at::Tensor mean = posterior.mean.to(at::kCPU).contiguous();
    const at::Tensor sigma = (posterior.log_variance / 2).exp().to(at::kCPU).contiguous();
    std::copy_n(mean.data_ptr<float>(), mean.numel(), &latents.mean[first * latents.dim]);
    std::copy_n(sigma.data_ptr<float>(), sigma.numel(), &latents.sigma[first * latents.dim]);
    progress.advance(1);
  });
  std::vector<std::size_t> bounds;
  for (const std::size_t share : shares)
    bounds.push_back((share < parts.size() ? parts[share].first : set.count()) * latents.dim);
  hands.team.gather(std::span(latents.mean), bounds);
  hands.team.gather(std::span(latents.sigma), bounds);
  return latents;
}

}  // namespace spi::vae

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/atomic_file.h"
#include "libspi/io/record.h"
#include "libspi/learn/tensors.h"
#include "models/reconstruction/neural.h"
#include "models/reconstruction/pose_model.h"

namespace spi {
namespace {

constexpr const char* kFormat = "spi-pose-network";
constexpr const char* kRoot = "/";

std::size_t whole_in(const h5::File& file, const std::string& name, double low, double high) {
  return std::size_t(number_between(file, name, low, high));
}

template <class Enum>
Enum named(const h5::File& file, const std::string& name) {
  try {
    return Text<Enum>::parse(file.text_attribute(kRoot, name));
  } catch (const UserError& error) {
    fail(file.path().string(), ": ", name, ": ", error.what());
  }
}

Preprocessing read_preprocessing(const h5::File& file) {
  constexpr double kMost = 1e6;
  Preprocessing pre;
  pre.size = whole_in(file, "size", 8, 512);
  pre.cell_px = number_between(file, "cell_px", 1, kMost);
  pre.rim_px = number_between(file, "rim_px", 1, kMost);
  pre.q_per_pixel = number_between(file, "q_per_pixel", 1e-12, kMost);
  pre.loss = named<IntensityLoss>(file, "loss");
  const std::size_t knots = pre.size / 2 + 1;
  pre.intensity = read_finite<double>(file, "tables/intensity", {knots});
  pre.mean = read_finite<double>(file, "tables/mean", {knots});
  pre.deviation = read_finite<double>(file, "tables/deviation", {knots});
  return pre;
}

NeuralOptions read_options(const h5::File& file) {
  NeuralOptions options;
  options.loss = named<IntensityLoss>(file, "loss");
  options.symmetry = file.text_attribute(kRoot, "symmetry");
  options.polar.r_min = number_between(file, "r_min_px", 0, 1e6);
  options.polar.r_max = number_between(file, "r_max_px", *options.polar.r_min, 1e6);
  options.encoder.kind = named<EncoderKind>(file, "encoder");
  options.encoder.channels = whole_in(file, "channels", 4, 1024);
  options.encoder.heads = whole_in(file, "heads", 1, 64);
  options.encoder.in_plane = named<InPlane>(file, "in_plane");
  options.encoder.axis_radius = number_between(file, "axis_radius", 1e-6, 1);
  options.encoder.fluence = whole_in(file, "fluence_head", 0, 1) == 1;
  options.field.kind = named<FieldKind>(file, "field");
  options.field.width = whole_in(file, "field_width", 8, 4096);
  options.field.hidden = whole_in(file, "field_hidden", 0, 16);
  options.field.extent = number_between(file, "field_extent", 0.1, 1e4);
  return options;
}

}  // namespace

void PoseNetwork::save(const std::filesystem::path& path, const Provenance& provenance) const {
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, kFormat, provenance);
  const auto set = [&](const char* name, const auto& value) {
    file.set_attribute(kRoot, name, value);
  };
  const Preprocessing& p = *preprocessing_;
  set("size", std::int64_t(p.size));
  set("cell_px", p.cell_px);
  set("rim_px", p.rim_px);
  set("q_per_pixel", p.q_per_pixel);
  set("q_unit", std::string("1/A"));
  set("loss", std::string(name_of(p.loss)));
  set("symmetry", options_.symmetry);
  set("r_min_px", *options_.polar.r_min);
  set("r_max_px", *options_.polar.r_max);
  set("encoder", std::string(name_of(options_.encoder.kind)));
  set("channels", std::int64_t(options_.encoder.channels));
  set("heads", std::int64_t(options_.encoder.heads));
  set("in_plane", std::string(name_of(options_.encoder.in_plane)));
  set("axis_radius", *options_.encoder.axis_radius);
  set("fluence_head", std::int64_t(options_.encoder.fluence));
  set("field", std::string(name_of(options_.field.kind)));
  set("field_width", std::int64_t(options_.field.width));
  set("field_hidden", std::int64_t(options_.field.hidden));
  set("field_extent", *options_.field.extent);
  file.write("tables/intensity", p.intensity);
  file.write("tables/mean", p.mean);
  file.write("tables/deviation", p.deviation);
  learn::write_tensors(file, "weights", learn::tensors_of(*model_));
  file.close();
  target.commit();
}

PoseNetwork PoseNetwork::load(const std::filesystem::path& path) {
  const h5::File file = h5::File::open(path);
  if (format_of(file) != kFormat)
    fail(path.string(), " is not a network of spi-reconstruct neural");
  Preprocessing pre = read_preprocessing(file);
  NeuralOptions options = read_options(file);
  auto model = std::make_unique<PoseModel>(options, pre);
  learn::set_tensors(*model, learn::read_tensors(file, "weights"), path.string());
  return {std::move(model), std::move(pre), std::move(options)};
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/absolute_embedding/model.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "libspi/io/atomic_file.h"
#include "libspi/io/record.h"
#include "models/absolute_embedding/members.h"

namespace spi {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "spi-absolute-embedding";

template <class T>
Json json_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json settings_json(const AbsoluteEmbedding& model) {
  const PolarFeatureSettings& f = model.features;
  return {{"network", "fully connected"},
          {"hidden", model.hidden},
          {"members", model.members->networks.size()},
          {"target_mean", model.target_mean},
          {"target_deviation", model.target_deviation},
          {"novelty_quantile", model.novelty.quantile()},
          {"features",
           {{"rows", f.rows},
            {"columns", f.columns},
            {"q_per_pixel", json_or_null(f.q_per_pixel)},
            {"r_min_px", f.r_min},
            {"ring_step_px", f.step},
            {"angles", f.angles},
            {"band_limit_cycles_per_px", f.band_limit},
            {"transform", std::string(name_of(f.transform))},
            {"offset", f.offset}}}};
}

void take_settings(const Json& json, AbsoluteEmbedding& model) {
  model.hidden = json.at("hidden").get<std::vector<std::size_t>>();
  model.target_mean = json.at("target_mean").get<std::vector<double>>();
  model.target_deviation = json.at("target_deviation").get<std::vector<double>>();
  const Json& f = json.at("features");
  model.features.rows = f.at("rows");
  model.features.columns = f.at("columns");
  if (!f.at("q_per_pixel").is_null()) model.features.q_per_pixel = f.at("q_per_pixel");
  model.features.r_min = f.at("r_min_px");
  model.features.step = f.at("ring_step_px");
  model.features.angles = f.at("angles");
  model.features.band_limit = f.at("band_limit_cycles_per_px");
  model.features.transform = Text<Transform>::parse(f.at("transform"));
  model.features.offset = f.at("offset");
}

std::string member_group(std::size_t member) { return text_of("members/", member); }

void read_members(const h5::File& file, std::size_t count, AbsoluteEmbedding& model) {
  auto members = std::make_shared<AbsoluteEmbedding::Members>();
  for (std::size_t m = 0; m < count; ++m) {
    auto network = std::make_shared<RegressorNetwork>(model.scale.column.size(), model.hidden,
                                                      model.components());
    learn::set_tensors(*network, learn::read_tensors(file, member_group(m)), file.path().string());
    members->networks.push_back(std::move(network));
  }
  model.members = std::move(members);
}

}  // namespace

RegressionQuality regression_quality(const Coordinates& truth, const std::vector<float>& predicted,
                                     const std::vector<std::size_t>& rows,
                                     const std::vector<double>& variance) {
  const std::size_t components = truth.components;
  RegressionQuality quality{
      .rows = rows.size(), .held_out = true, .r2 = {}, .squared_error = {}, .variance = variance};
  for (std::size_t c = 0; c < components; ++c) {
    double sum = 0, squares = 0, errors = 0;
    for (const std::size_t row : rows) {
      const double y = truth.values[row * components + c];
      sum += y;
      squares += y * y;
      errors += std::pow(predicted[row * components + c] - y, 2);
    }
    const double n = double(rows.size());
    quality.squared_error.push_back(errors / n);
    quality.r2.push_back(1 - errors / (squares - sum * sum / n));
  }
  return quality;
}

Prediction AbsoluteEmbedding::predict(const FeatureTable& raw) const {
  const torch::NoGradGuard no_grad;
  const FeatureTable scaled = scale.apply(raw);
  const at::Tensor x = tensor_of(scaled);
  const std::size_t c = components(), values = raw.rows * c;
  std::vector<double> sum(values), squares(values);
  for (const auto& network : members->networks) {
    const at::Tensor y = network->forward(x).contiguous();
    for (std::size_t k = 0; k < values; ++k) {
      const double value = target_mean[k % c] + target_deviation[k % c] * y.data_ptr<float>()[k];
      sum[k] += value;
      squares[k] += value * value;
    }
  }
  const double m = double(members->networks.size());
  Prediction out{.mean = {}, .spread = {}, .distance = novelty.distance(scaled)};
  for (std::size_t k = 0; k < values; ++k) {
    out.mean.push_back(float(sum[k] / m));
    if (m > 1)
      out.spread.push_back(
          float(std::sqrt(std::max(0., (squares[k] - sum[k] * sum[k] / m) / (m - 1)))));
  }
  return out;
}

void write_embedding_model(const std::filesystem::path& path, const AbsoluteEmbedding& model,
                           const Provenance& provenance) {
  const std::size_t n = model.landscape.rows, c = model.components();
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, kFormat, provenance);
  file.write_text("settings", settings_json(model).dump(2));
  file.write("features/circle_mean", model.features.circle_mean);
  file.write("features/ring_noise", model.features.ring_noise);
  file.write("features/column", model.scale.column);
  file.write("features/mean", model.scale.mean);
  file.write("features/factor", model.scale.factor);
  const FeatureTable& reference = model.novelty.reference();
  file.write("training/features", reference.values, {reference.rows, reference.columns});
  file.write("training/id", model.landscape.id);
  file.write("training/embedding", model.landscape.values, {n, c});
  if (!model.landscape.map.empty())
    file.set_attribute("training/embedding", "map", model.landscape.map);
  file.write("training/predicted", model.predicted, {n, c});
  file.write("training/held_out", model.held_out);
  for (std::size_t m = 0; m < model.members->networks.size(); ++m)
    learn::write_tensors(file, member_group(m), learn::tensors_of(*model.members->networks[m]));
  file.close();
  target.commit();
}

AbsoluteEmbedding read_embedding_model(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) fail("there is no file ", path.string());
  if (!h5::File::is_hdf5(path))
    fail(path.string(), " is not a model of spi-embed train: not an HDF5 file");
  const h5::File file = h5::File::open(path);
  if (format_of(file) != kFormat) fail(path.string(), " is not a model of spi-embed train");
  AbsoluteEmbedding model;
  std::size_t members = 0;
  double quantile = 1;
  try {
    const Json json = Json::parse(file.read_text("settings"));
    take_settings(json, model);
    members = json.at("members");
    quantile = json.at("novelty_quantile");
  } catch (const Json::exception&) {
    members = 0;
  }
  const std::size_t components = model.components();
  if (members == 0 || components == 0 || model.target_deviation.size() != components ||
      !(quantile > 0))
    fail(path.string(), ": its settings are damaged");
  model.features.circle_mean = file.read<double>("features/circle_mean");
  model.features.ring_noise = file.read<double>("features/ring_noise");
  model.scale.column = file.read<std::uint32_t>("features/column");
  const std::size_t used = model.scale.column.size();
  model.scale.mean = file.read<float>("features/mean", {used});
  model.scale.factor = file.read<float>("features/factor", {used});
  for (const std::uint32_t column : model.scale.column)
    if (column >= model.features.size()) fail(path.string(), ": features/column is damaged");
  model.landscape.id = file.read<std::uint64_t>("training/id");
  model.landscape.rows = model.landscape.id.size();
  model.landscape.components = model.components();
  const h5::Shape points{model.landscape.rows, model.components()};
  model.landscape.values = file.read<double>("training/embedding", points);
  if (file.has_attribute("training/embedding", "map"))
    model.landscape.map = file.text_attribute("training/embedding", "map");
  model.predicted = file.read<float>("training/predicted", points);
  model.held_out = file.read<std::uint8_t>("training/held_out", {model.landscape.rows});
  const h5::Shape shape = file.shape("training/features");
  const std::size_t rows = shape.empty() ? 0 : shape[0];
  model.novelty =
      Novelty({rows, used, file.read<float>("training/features", {rows, used})}, quantile);
  read_members(file, members, model);
  return model;
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/clpca.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "libspi/io/atomic_file.h"
#include "libspi/io/record.h"

namespace spi {
namespace {

/// The map of the CC matrix that is in `result`, and what belongs to it.
void embed(Clpca& result, const ClpcaOptions& options, std::uint64_t seed, int threads,
           Monitor& monitor) {
  MapMaker maker(result.cc.values, result.cc.patterns, options.map, threads, monitor);
  if (options.compare_maps) {
    for (const MapKind kind : kAllMaps) result.compared.push_back(maker.make(kind));
    result.map = result.compared[std::size_t(options.map.embedding)];
  } else {
    result.map = maker.make(options.map.embedding);
  }
  if (result.map.kind != MapKind::pca) {
    if (options.bootstrap > 0) monitor.info("bootstrap errors are for pca only: this map has none");
    return;
  }
  Pca pca = maker.pca();
  result.scree = pca.explained_variance_ratio;
  keep_components(pca, options.map.components);
  result.axes = std::move(pca);
  if (options.bootstrap > 0)
    result.errors =
        bootstrap_errors(result.cc.values, result.map, options.bootstrap, seed, threads, monitor);
}

std::vector<float> checked_matrix(const h5::File& file, const std::string& dataset) {
  const std::string where = file.path().string() + ": " + dataset;
  const h5::Shape shape = file.shape(dataset);
  if (shape.size() != 2 || shape[0] != shape[1])
    fail(where, " has shape ", h5::print(shape), ", expected a square matrix");
  const std::size_t n = shape[0];
  std::vector<float> cc = file.read<float>(dataset);
  float largest = 0;
  for (const float x : cc) {
    if (!std::isfinite(x)) fail(where, " has values that are not finite");
    largest = std::max(largest, std::abs(x));
  }
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      if (std::abs(cc[i * n + j] - cc[j * n + i]) > 1e-4f * largest)
        fail(where, " is not symmetric: entries (", i, ", ", j, ") and (", j, ", ", i, ") are ",
             cc[i * n + j], " and ", cc[j * n + i]);
      cc[j * n + i] = cc[i * n + j];
    }
  return cc;
}

void write_settings(h5::File& file, const LineSettings& settings) {
  file.write("/lines/centre", std::vector<double>{settings.centre[0], settings.centre[1]});
  const auto set = [&](const char* name, const auto& value) {
    file.set_attribute("/lines", name, value);
  };
  set("r_min_px", settings.r_min);
  set("r_max_px", settings.r_max);
  set("r_step_px", settings.r_step);
  set("angles", std::int64_t(settings.angles));
  set("transform", std::string(name_of(settings.transform)));
  set("shells", std::string(name_of(settings.shells)));
  set("band_limit_cycles_per_px", settings.band_limit);
  if (!settings.q_per_pixel) return;
  set("q_per_pixel", *settings.q_per_pixel);
  set("q_min", settings.r_min * *settings.q_per_pixel);
  set("q_max", settings.r_max * *settings.q_per_pixel);
  set("q_unit", std::string("1/A"));
}

std::vector<float> to_float(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

void write_map(h5::File& file, const Map& map) {
  file.write("/embedding", to_float(map.embedding), {map.rows, map.components});
  const auto set = [&](const std::string& name, const auto& value) {
    file.set_attribute("/embedding", name, value);
  };
  set("map", std::string(name_of(map.kind)));
  set("trustworthiness", map.quality.trustworthiness);
  set("continuity", map.quality.continuity);
  set("quality_neighbors", std::int64_t(map.quality.neighbours));
  for (const auto& [name, value] : map.settings) set(name, value);
}

void write_axes(h5::File& file, const Clpca& result) {
  const std::size_t n = result.map.rows, c = result.map.components;
  file.write("explained_variance_ratio", result.axes->explained_variance_ratio);
  file.write("components", result.axes->axes, {c, n});
  file.write("mean", result.axes->mean);
  file.write("scree", result.scree);
  if (!result.errors) return;
  file.write("embedding_error", to_float(result.errors->standard_error), {n, c});
  file.write("embedding_covariance", to_float(result.errors->covariance), {n, c, c});
  file.write("explained_variance_ratio_error", result.errors->explained_variance_ratio_error);
}

/// "; 3 components explain 41.2, 20.1, 9.9 % of the variance"
std::string describe_variance(const std::vector<double>& ratio) {
  constexpr std::size_t kShown = 5;
  std::string text = text_of("; ", ratio.size(), " components explain");
  for (std::size_t k = 0; k < std::min(ratio.size(), kShown); ++k) {
    char share[16];
    std::snprintf(share, sizeof share, "%s %.1f", k == 0 ? "" : ",", 100 * ratio[k]);
    text += share;
  }
  return text + (ratio.size() > kShown ? ", ... % of the variance" : " % of the variance");
}

}  // namespace

void ClpcaOptions::describe(OptionSet& options) {
  lines.describe(options);
  options.group("Embedding");
  map.describe(options);
  options
      .add("bootstrap", bootstrap,
           "draws of patterns with replacement for the errors of a pca, two at least; 0: none")
      .range(0, 100000);
  options.flag("compare-maps", compare_maps,
               "make all four maps and compare them in OUTPUT-maps; OUTPUT holds the one chosen");
  options.flag("common-lines", common_lines,
               "also write the angles of the best lines of every pair (4 bytes a pair)");
}

void ClpcaOptions::check() const {
  check_options(*this);
  if (bootstrap == 1) fail_usage("--bootstrap 1: one draw has no spread; ask for more, or for 0");
}

Clpca clpca(StackReader& stack, const ClpcaOptions& options, std::uint64_t seed, int threads,
            Monitor& monitor, Team& team) {
  options.check();
  if (stack.info().count < 3)
    fail("a landscape needs at least 3 patterns, the file has ", stack.info().count);
  options.map.check(stack.info().count);
  Clpca result;
  result.id = stack.ids();
  {
    Lines lines = make_lines(stack, options.lines, threads, monitor);
    result.settings = lines.settings;
    result.cc =
        cc_matrix(lines.set, {.keep_angles = options.common_lines, .device = options.device},
                  threads, monitor, team);
  }
  if (team.leads()) embed(result, options, seed, threads, monitor);
  return result;
}

std::optional<std::string> stored_cc_matrix(const std::filesystem::path& path) {
  if (!h5::File::is_hdf5(path)) return std::nullopt;
  const h5::File file = h5::File::open(path);
  for (const char* name : {"/cc_matrix", "/CL_CC/cc_matrix"})
    if (file.exists(name)) return name;
  return std::nullopt;
}

Clpca clpca_of_matrix(const std::filesystem::path& path, const ClpcaOptions& options,
                      std::uint64_t seed, int threads, Monitor& monitor) {
  options.check();
  const auto dataset = stored_cc_matrix(path);
  if (!dataset) fail(path.string(), " holds no CC matrix (cc_matrix or CL_CC/cc_matrix)");
  const h5::File file = h5::File::open(path);
  Clpca result;
  result.cc.values = checked_matrix(file, *dataset);
  result.cc.patterns = file.shape(*dataset)[0];
  result.id.resize(result.cc.patterns);
  if (file.exists("/id"))
    result.id = file.read<std::uint64_t>("/id", {result.cc.patterns});
  else
    std::iota(result.id.begin(), result.id.end(), 0);
  embed(result, options, seed, threads, monitor);
  return result;
}

void write_clpca(const std::filesystem::path& path, const Clpca& result,
                 const Provenance& provenance) {
  const std::size_t n = result.cc.patterns;
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, "spi-clpca", provenance);
  file.write("cc_matrix", result.cc.values, {n, n});
  if (!result.cc.angle_i.empty()) {
    file.write("common_line/angle_i", result.cc.angle_i, {n, n});
    file.write("common_line/angle_j", result.cc.angle_j, {n, n});
  }
  file.write("id", result.id);
  write_map(file, result.map);
  if (result.axes) write_axes(file, result);
  if (result.settings) write_settings(file, *result.settings);
  file.close();
  target.commit();
}

std::string summary(const Clpca& result, std::size_t skipped) {
  std::string text = text_of("read ", result.map.rows + skipped, " patterns, used ",
                             result.map.rows, ", left out ", skipped, " (empty)");
  if (result.settings && result.settings->invalid_pixels > 0)
    text += text_of(", ignored ", result.settings->invalid_pixels, " invalid pixels");
  if (result.axes) text += describe_variance(result.axes->explained_variance_ratio);
  return text;
}

}  // namespace spi

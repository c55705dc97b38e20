// SPDX-License-Identifier: GPL-3.0-or-later
// Patterns in HDF5: our averages, Dragonfly's 2D output, plain and CXI stacks; masks.
#include <algorithm>
#include <cmath>

#include "libspi/io/byte_file.h"
#include "libspi/io/record.h"
#include "libspi/io/stack_source.h"

namespace spi {
namespace {

bool is_numeric(const h5::Info& info) {
  return info.kind == h5::Kind::integer || info.kind == h5::Kind::real;
}

/// "/patterns (50, 128, 128)"
std::string listed(const h5::File& file, const std::vector<std::string>& datasets) {
  std::string text;
  for (const std::string& name : datasets)
    text += (text.empty() ? "" : ", ") + name + " " + h5::print(file.shape(name));
  return text;
}

std::vector<std::string> numeric_datasets(const h5::File& file, std::size_t dimensions) {
  std::vector<std::string> found;
  for (const std::string& name : file.datasets()) {
    const h5::Info info = file.info(name);
    if (is_numeric(info) && info.shape.size() == dimensions) found.push_back(name);
  }
  return found;
}

class Hdf5Source : public StackSource {
 public:
  explicit Hdf5Source(h5::File file, std::string dataset)
      : file_(std::move(file)), dataset_(std::move(dataset)), shape_(file_.shape(dataset_)) {
    if (shape_.size() != 2 && shape_.size() != 3)
      fail(file_.path().string(), ": ", dataset_, " has shape ", h5::print(shape_),
           ", expected (N, S, S)");
    const std::size_t extra = shape_.size() - 2;
    info.count = extra == 1 ? shape_[0] : 1;
    info.rows = shape_[extra];
    info.columns = shape_[extra + 1];
  }

 protected:
  void read_patterns(const std::string& dataset, std::size_t first, std::size_t n, float* out) {
    if (shape_.size() == 2)
      file_.read_box(dataset, {0, 0}, shape_, out);
    else
      file_.read_rows(dataset, first, n, out, threads);
  }

  h5::File file_;
  std::string dataset_;
  h5::Shape shape_;
};

/// A stack of unknown make.
class PlainSource : public Hdf5Source {
 public:
  PlainSource(h5::File file, std::string dataset)
      : Hdf5Source(std::move(file), std::move(dataset)) {
    info.kind = "HDF5 stack " + dataset_;
  }
  void read(std::size_t first, std::size_t n, float* intensity, float*) override {
    read_patterns(dataset_, first, n, intensity);
  }
  std::vector<std::int64_t> own_mask() override {
    const std::string name = find_mask(file_, info.rows, info.columns);
    if (name.empty()) return {};
    return read_mask_plane(file_, name, info.rows, info.columns);
  }
};

/// Our averages.h5.
class AveragesSource : public Hdf5Source {
 public:
  explicit AveragesSource(h5::File file) : Hdf5Source(std::move(file), "/intensity") {
    if (shape_.size() != 3)
      fail(file_.path().string(), ": /intensity has shape ", h5::print(shape_),
           ", expected (N, S, S)");
    if (file_.exists("/weight")) file_.require_shape("/weight", shape_);
    if (file_.exists("/id")) file_.require_shape("/id", {info.count});
    const bool single = file_.has_attribute("/", "single_shots") &&
                        file_.number_attribute("/", "single_shots") != 0;
    info.kind = single ? "spi single shots" : "spi averages";
    info.is_average = !single;
    info.centre = {{static_cast<double>(info.columns / 2), static_cast<double>(info.rows / 2)}};
    if (file_.exists("/centre")) {
      const auto centre = file_.read<double>("/centre", {2});
      info.centre = {{centre[0], centre[1]}};
    }
    if (file_.exists("/q_per_pixel"))
      info.q_per_pixel = file_.read_scalar<double>("/q_per_pixel");
    else if (file_.has_attribute("/", "q_per_pixel"))
      info.q_per_pixel = file_.number_attribute("/", "q_per_pixel");
    if (file_.exists("/wavelength_A"))
      info.wavelength_A = file_.read_scalar<double>("/wavelength_A");
  }
  void read(std::size_t first, std::size_t n, float* intensity, float* weight) override {
    read_patterns("/intensity", first, n, intensity);
    if (file_.exists("/weight")) read_patterns("/weight", first, n, weight);
  }
  std::vector<std::uint64_t> ids() const override {
    return file_.exists("/id") ? file_.read<std::uint64_t>("/id") : StackSource::ids();
  }
};

/// Dragonfly's output_NNN.h5: intens and inter_weight (K,S,S), first image axis x.
class DragonflySource : public Hdf5Source {
 public:
  explicit DragonflySource(h5::File file) : Hdf5Source(std::move(file), "/intens") {
    if (info.rows != info.columns)
      fail(file_.path().string(), ": intens has shape ", h5::print(shape_), ", expected (K, S, S)");
    has_weight_ = file_.exists("/inter_weight");
    if (has_weight_) file_.require_shape("/inter_weight", shape_);
    info.kind = "Dragonfly 2D output";
    info.is_average = true;
    info.centre = {{static_cast<double>(info.columns / 2), static_cast<double>(info.rows / 2)}};
  }
  void read(std::size_t first, std::size_t n, float* intensity, float* weight) override {
    const std::size_t size = info.rows, area = size * size;
    read_patterns("/intens", first, n, intensity);
    if (has_weight_)
      read_patterns("/inter_weight", first, n, weight);
    else
      std::transform(intensity, intensity + n * area, weight,
                     [](float value) { return value > 0 ? 1.0f : 0.0f; });
    for (std::size_t i = 0; i < n; ++i) {
      transpose(intensity + i * area, size);
      transpose(weight + i * area, size);
    }
  }

 private:
  static void transpose(float* image, std::size_t size) {
    for (std::size_t a = 0; a < size; ++a)
      for (std::size_t b = 0; b < a; ++b) std::swap(image[a * size + b], image[b * size + a]);
  }

  bool has_weight_ = false;
};

void refuse_three_dimensional(const h5::File& file, const h5::Shape& shape) {
  if (shape.size() == 4)
    fail(file.path().string(), " is a three-dimensional Dragonfly reconstruction, intens ",
         h5::print(shape), ": this needs the patterns of a 2D run (recon_type = 2d)");
  if (shape.size() != 3)
    fail(file.path().string(), ": intens has shape ", h5::print(shape), ", expected (K, S, S)");
}

std::string find_stack(const h5::File& file) {
  const auto stacks = numeric_datasets(file, 3);
  if (stacks.size() == 1) return stacks.front();
  const std::string name = file.path().string();
  if (!stacks.empty())
    fail(name, " has several stacks, choose one with --dataset: ", listed(file, stacks));
  const auto planes = numeric_datasets(file, 2);
  fail(name, " has no three-dimensional dataset of numbers",
       planes.empty() ? "" : "; choose a single pattern with --dataset: " + listed(file, planes));
}

template <class T>
std::vector<std::int64_t> whole_numbers(const std::vector<T>& values, const std::string& name) {
  std::vector<std::int64_t> whole;
  whole.reserve(values.size());
  for (const T value : values) {
    if (value != std::round(value) || !(std::abs(value) < T(1e15)))
      fail(name, " holds ", value, ", a mask is made of whole numbers");
    whole.push_back(static_cast<std::int64_t>(value));
  }
  return whole;
}

}  // namespace

std::unique_ptr<StackSource> open_hdf5_stack(h5::File file, const StackOptions& options) {
  const std::string format = format_of(file), name = file.path().string();
  if (options.dataset) {
    const h5::Info info = file.info(*options.dataset);
    if (!is_numeric(info) || info.shape.size() < 2 || info.shape.size() > 3)
      fail(name, ": ", *options.dataset, " has shape ", h5::print(info.shape),
           ", a stack of patterns needs three dimensions of numbers (two for one pattern)");
    return std::make_unique<PlainSource>(std::move(file), *options.dataset);
  }
  if (format == "spi-averages") return std::make_unique<AveragesSource>(std::move(file));
  if (!format.empty())
    fail(name, " is a file of kind ", format, ", not of patterns; choose a stack in it with ",
         "--dataset if that is what you want");
  if (file.exists("/intens")) {
    refuse_three_dimensional(file, file.shape("/intens"));
    return std::make_unique<DragonflySource>(std::move(file));
  }
  std::string dataset = find_stack(file);
  return std::make_unique<PlainSource>(std::move(file), std::move(dataset));
}

std::string find_mask(const h5::File& file, std::size_t rows, std::size_t columns) {
  std::vector<std::string> masks, fitting;
  for (const std::string& name : numeric_datasets(file, 2)) {
    if (name.substr(name.rfind('/') + 1) != "mask") continue;
    masks.push_back(name);
    if (file.shape(name) == h5::Shape{rows, columns}) fitting.push_back(name);
  }
  if (fitting.size() == 1) return fitting.front();
  if (fitting.size() > 1)
    fail(file.path().string(),
         " has several masks, choose one with --mask: ", listed(file, fitting));
  if (!masks.empty())
    fail(file.path().string(), ": the patterns are of ", rows, " x ", columns,
         " pixels, but the mask is of another shape: ", listed(file, masks),
         "; choose one with --mask, or --mask none");
  return "";
}

std::vector<std::int64_t> read_mask_plane(const h5::File& file, const std::string& dataset,
                                          std::size_t rows, std::size_t columns) {
  const std::string name = file.path().string() + ": " + dataset;
  const h5::Shape shape = file.shape(dataset);
  if (shape != h5::Shape{rows, columns})
    fail(name, " has shape ", h5::print(shape), ", the patterns are of ", rows, " x ", columns,
         " pixels");
  if (file.info(dataset).kind == h5::Kind::integer) return file.read<std::int64_t>(dataset);
  return whole_numbers(file.read<double>(dataset), name);
}

std::vector<std::int64_t> read_mask_plane(const std::filesystem::path& path,
                                          const std::string& dataset, std::size_t rows,
                                          std::size_t columns) {
  if (h5::File::is_hdf5(path)) {
    const h5::File file = h5::File::open(path);
    const std::string name = dataset.empty() ? find_mask(file, rows, columns) : dataset;
    if (name.empty()) fail(path.string(), " has no plane named mask: give --mask FILE:DATASET");
    return read_mask_plane(file, name, rows, columns);
  }
  if (!is_npy(path)) {
    const ByteFile file(path);
    if (file.size() != rows * columns)
      fail(path.string(), " is no mask: as raw bytes it would need ", rows * columns,
           ", one a pixel, but has ", file.size());
    const auto bytes = file.read<std::uint8_t>(0, file.size());
    return {bytes.begin(), bytes.end()};
  }
  const auto source = open_npy_stack(path);
  if (source->info.count != 1 || source->info.rows != rows || source->info.columns != columns)
    fail(path.string(), " is a mask of ", source->info.rows, " x ", source->info.columns,
         " pixels, the patterns are of ", rows, " x ", columns);
  std::vector<float> values(rows * columns), weight(rows * columns);
  source->read(0, 1, values.data(), weight.data());
  return whole_numbers(values, path.string());
}

}  // namespace spi

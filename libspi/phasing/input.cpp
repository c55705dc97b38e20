// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/input.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "libspi/io/volume_series.h"

namespace spi {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Frees what the radii exclude.
void apply_radii(Intensity& intensity, std::size_t n, int rank,
                 const PhasingInputOptions& options) {
  const auto radius2 = [&](std::size_t at) {
    double sum = 0;
    for (int axis = 0; axis < rank; ++axis, at /= n)
      sum += std::pow(double(at % n) - double(n / 2), 2);
    return sum;
  };
  double outer = options.outer_radius.value_or(double(n) / 2);
  if (!options.outer_radius) {
    for (std::size_t at = 0; at < intensity.values.size(); ++at)
      if (intensity.values[at] != 0 && !intensity.free[at] && radius2(at) > outer * outer) {
        outer = kInfinity;
        break;
      }
  }
  const double stop = options.beam_stop;
  for (std::size_t at = 0; at < intensity.values.size(); ++at) {
    const double r2 = radius2(at);
    if ((stop > 0 && r2 <= stop * stop) || r2 > outer * outer) intensity.free[at] = true;
  }
}

class VolumeInput : public PhasingInput {
 public:
  VolumeInput(const std::filesystem::path& path, const PhasingInputOptions& options)
      : path_(path), options_(options), reader_(open_volumes(path)) {
    if (h5::File::is_hdf5(path) && reader_->quantity() == Quantity::density)
      fail(path.string(), " holds densities: phasing starts from /intensity");
    const Volume first = reader_->read(0);
    if (first.nx != first.ny || first.nx != first.nz || first.nx < 8)
      fail(path.string(), " holds volumes of ", first.nz, " x ", first.ny, " x ", first.nx,
           " voxels; phasing needs cubes of at least 8 voxels a side");
    n_ = first.nx;
    voxel_size_A_ = options.q_per_voxel ? 1 / (double(n_) * options.q_per_voxel->per_angstrom)
                                        : first.voxel_size_A;
    if (!(voxel_size_A_ > 0 && std::isfinite(voxel_size_A_))) fail("--q-per-voxel must be above 0");
    if (options.stack.mask && *options.stack.mask != "none") read_mask(*options.stack.mask);
  }
  int rank() const override { return 3; }
  std::size_t n() const override { return n_; }
  std::size_t count() const override { return reader_->count(); }
  double voxel_size_A() const override { return voxel_size_A_; }
  Intensity read(std::size_t index) override {
    Volume volume = reader_->read(index);
    Intensity intensity{std::move(volume.values), mask_};
    intensity.free.resize(intensity.values.size());
    apply_radii(intensity, n_, 3, options_);
    return intensity;
  }

 private:
  void read_mask(const std::string& path) {
    const Volume mask = open_volumes(path)->read(0);
    if (mask.nx != n_ || mask.ny != n_ || mask.nz != n_)
      fail(path, ": the mask has ", mask.nz, " x ", mask.ny, " x ", mask.nx, " voxels, ",
           path_.string(), " has ", n_, " a side");
    if (std::abs(mask.voxel_size_A / voxel_size_A_ - 1) > 1e-3)
      fail(path, ": the mask has voxels of ", mask.voxel_size_A, " Å, ", path_.string(), " of ",
           voxel_size_A_, " Å");
    for (const float value : mask.values) mask_.push_back(value != 0);
  }

  std::filesystem::path path_;
  PhasingInputOptions options_;
  std::unique_ptr<VolumeReader> reader_;
  std::size_t n_ = 0;
  double voxel_size_A_ = 0;
  std::vector<bool> mask_;
};

/// Lanczos' window of three lobes.
double lanczos(double x) {
  constexpr double kLobes = 3;
  if (std::abs(x) < 1e-12) return 1;
  if (std::abs(x) >= kLobes) return 0;
  const double t = std::numbers::pi * x;
  return kLobes * std::sin(t) * std::sin(t / kLobes) / (t * t);
}

class PatternInput : public PhasingInput {
 public:
  PatternInput(const std::filesystem::path& path, const PhasingInputOptions& options)
      : options_(options), reader_(open_stack(path, options.stack)) {
    const StackInfo& info = reader_->info();
    centre_ = info.centre.value_or(
        std::array<double, 2>{double(info.columns / 2), double(info.rows / 2)});
    const double columns = double(info.columns), rows = double(info.rows);
    whole_ = info.columns == info.rows && centre_[0] == double(info.columns / 2) &&
             centre_[1] == double(info.rows / 2);
    const double reach = std::floor(std::min(std::min(centre_[0], columns - 1 - centre_[0]),
                                             std::min(centre_[1], rows - 1 - centre_[1])));
    if (!(reach >= 4))
      fail(path.string(), ": the centre ", centre_[0], ",", centre_[1],
           " lies too near the border of the patterns");
    n_ = whole_ ? info.columns : 2 * std::size_t(reach) + 1;
    const std::optional<double> q =
        options.q_per_voxel ? options.q_per_voxel->per_angstrom : info.q_per_pixel;
    if (!q || !(*q > 0 && std::isfinite(*q)))
      fail(path.string(),
           " does not say its q per pixel: give --q-per-voxel, as --q-per-voxel 1e-4/A");
    voxel_size_A_ = 1 / (double(n_) * *q);
  }
  int rank() const override { return 2; }
  std::size_t n() const override { return n_; }
  std::size_t count() const override { return reader_->info().count; }
  double voxel_size_A() const override { return voxel_size_A_; }
  std::string note() const override {
    if (whole_) return "";
    return text_of("patterns cut to ", n_, " x ", n_, " pixels around ", centre_[0], ",",
                   centre_[1]);
  }
  Intensity read(std::size_t index) override {
    const Patterns pattern = reader_->read(index, 1);
    Intensity intensity{std::vector<float>(n_ * n_), std::vector<bool>(n_ * n_)};
    for (std::size_t y = 0; y < n_; ++y)
      for (std::size_t x = 0; x < n_; ++x) {
        const double at_x = centre_[0] + double(x) - double(n_ / 2);
        const double at_y = centre_[1] + double(y) - double(n_ / 2);
        const float value = interpolate(pattern, at_x, at_y);
        intensity.free[y * n_ + x] = std::isnan(value);
        intensity.values[y * n_ + x] = std::isnan(value) ? 0.f : value;
      }
    apply_radii(intensity, n_, 2, options_);
    return intensity;
  }

 private:
  /// NaN where less than nine tenths of the window are measured.
  float interpolate(const Patterns& pattern, double x, double y) const {
    const auto first = [](double at) { return std::ptrdiff_t(std::floor(at)) - 2; };
    double sum = 0, known = 0;
    for (std::ptrdiff_t j = first(y); j < first(y) + 6; ++j)
      for (std::ptrdiff_t i = first(x); i < first(x) + 6; ++i) {
        const double weight = lanczos(double(j) - y) * lanczos(double(i) - x);
        if (weight == 0 || i < 0 || j < 0 || i >= std::ptrdiff_t(pattern.columns) ||
            j >= std::ptrdiff_t(pattern.rows))
          continue;
        const std::size_t at = std::size_t(j) * pattern.columns + std::size_t(i);
        if (!(pattern.weight[at] > 0)) continue;
        sum += weight * double(pattern.intensity[at]);
        known += weight;
      }
    return known > 0.9 ? float(sum / known) : std::numeric_limits<float>::quiet_NaN();
  }

  PhasingInputOptions options_;
  std::unique_ptr<StackReader> reader_;
  std::array<double, 2> centre_{};
  bool whole_ = false;
  std::size_t n_ = 0;
  double voxel_size_A_ = 0;
};

/// volumes.h5 and MRC volumes; MRC stacks (.mrcs) are patterns.
bool holds_volumes(const std::filesystem::path& path) {
  if (!h5::File::is_hdf5(path))
    return path.extension() == ".mrc" || path.extension() == ".map" || path.extension() == ".ccp4";
  const h5::File file = h5::File::open(path);
  for (const char* name : {"/intensity", "/density"})
    if (file.exists(name) && file.shape(name).size() == 4) return true;
  return false;
}

}  // namespace

void PhasingInputOptions::describe(OptionSet& options) {
  options.group("Intensities");
  options.add("q-per-voxel", q_per_voxel,
              "q of one voxel or pixel, such as 1e-4/A, where the file does not say it or errs");
  options.add("beam-stop", beam_stop, "voxels within this radius are not measured")
      .range(0, kInfinity);
  options
      .add("outer-radius", outer_radius,
           "voxels beyond this radius are not measured; auto: the corners, where they hold nothing "
           "but 0")
      .range(4, kInfinity);
  stack.describe(options);
}

std::unique_ptr<PhasingInput> open_phasing_input(const std::filesystem::path& path,
                                                 const PhasingInputOptions& options) {
  if (holds_volumes(path)) return std::make_unique<VolumeInput>(path, options);
  return std::make_unique<PatternInput>(path, options);
}

}  // namespace spi

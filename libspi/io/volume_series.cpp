// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/volume_series.h"

#include <cmath>

#include "libspi/io/record.h"

namespace spi {

VolumesWriter::VolumesWriter(const std::filesystem::path& path, Quantity quantity,
                             const Provenance& provenance)
    : target_(path),
      file_(h5::File::create(target_.temporary())),
      dataset_("/" + std::string(name_of(quantity))) {
  write_record(file_, "spi-volumes", provenance);
}

void VolumesWriter::append(const Volume& volume) {
  const h5::Shape size{volume.nz, volume.ny, volume.nx};
  if (!first_) {
    if (!(volume.voxel_size_A > 0))
      fail("cannot write ", target_.path().string(), ": a volume needs its voxel size");
    first_ = Volume{volume.nz, volume.ny, volume.nx, {}, volume.voxel_size_A};
    file_.set_attribute("/", "voxel_size_A", volume.voxel_size_A);
    file_.create_dataset<float>(dataset_, {0, size[0], size[1], size[2]},
                                {.chunk = {1, size[0], size[1], size[2]}, .growable = true});
  }
  const bool same_size =
      volume.nz == first_->nz && volume.ny == first_->ny && volume.nx == first_->nx;
  constexpr double kTolerance = 1e-4;  // MRC headers hold single precision
  if (!same_size || std::abs(volume.voxel_size_A / first_->voxel_size_A - 1) > kTolerance)
    fail("volumes of one series must agree: ", h5::print(size), " of ", volume.voxel_size_A,
         " Å against ", h5::print({first_->nz, first_->ny, first_->nx}), " of ",
         first_->voxel_size_A, " Å");
  file_.append(dataset_, std::span<const float>(volume.values));
}

void VolumesWriter::finish() {
  if (!first_) fail("cannot write ", target_.path().string(), ": no volume");
  file_.close();
  target_.commit();
}

namespace {

class MrcReader : public VolumeReader {
 public:
  explicit MrcReader(std::filesystem::path path) : path_(std::move(path)) {}
  std::size_t count() const override { return 1; }
  Quantity quantity() const override { return Quantity::density; }
  Volume read(std::size_t) override { return read_mrc(path_); }

 private:
  std::filesystem::path path_;
};

class Hdf5Volumes : public VolumeReader {
 public:
  explicit Hdf5Volumes(h5::File file) : file_(std::move(file)) {
    format_of(file_);
    for (const Quantity quantity : {Quantity::intensity, Quantity::density})
      if (const std::string name = "/" + std::string(name_of(quantity)); file_.exists(name)) {
        dataset_ = name;
        quantity_ = quantity;
      }
    if (dataset_.empty()) fail(file_.path().string(), " has no dataset /intensity or /density");
    shape_ = file_.shape(dataset_);
    if (shape_.size() != 4 || h5::element_count(shape_) == 0)
      fail(file_.path().string(), ": ", dataset_, " has shape ", h5::print(shape_),
           ", expected (M, Z, Y, X)");
    voxel_size_A_ = find_voxel_size();
  }
  std::size_t count() const override { return shape_[0]; }
  Quantity quantity() const override { return quantity_; }
  Volume read(std::size_t index) override {
    SPI_ASSERT(index < shape_[0]);
    Volume volume{shape_[1], shape_[2], shape_[3],
                  std::vector<float>(shape_[1] * shape_[2] * shape_[3]), voxel_size_A_};
    file_.read_box(dataset_, {index, 0, 0, 0}, {1, shape_[1], shape_[2], shape_[3]},
                   volume.values.data());
    for (std::size_t i = 0; i < volume.values.size(); ++i)
      if (!std::isfinite(volume.values[i]))
        fail(file_.path().string(), ": volume ", index, " has a value that is not finite (voxel ",
             i, ")");
    return volume;
  }

 private:
  std::optional<double> number(const std::string& name) const {
    if (file_.has_attribute("/", name)) return file_.number_attribute("/", name);
    if (file_.exists("/" + name)) return file_.read_scalar<double>("/" + name);
    return std::nullopt;
  }
  double find_voxel_size() const {
    auto size = number("voxel_size_A");
    if (const auto q = number("q_per_voxel"); !size && q)
      size = 1 / (static_cast<double>(shape_[3]) * *q);
    if (!size || !(*size > 0 && std::isfinite(*size)))
      fail(file_.path().string(),
           " has no voxel_size_A or q_per_voxel: a volume without one cannot be used");
    return *size;
  }

  h5::File file_;
  std::string dataset_;
  Quantity quantity_ = Quantity::density;
  h5::Shape shape_;
  double voxel_size_A_ = 0;
};

}  // namespace

std::unique_ptr<VolumeReader> open_volumes(const std::filesystem::path& path) {
  if (h5::File::is_hdf5(path)) return std::make_unique<Hdf5Volumes>(h5::File::open(path));
  return std::make_unique<MrcReader>(path);
}

LatentStates read_latent_states(const std::filesystem::path& path, std::size_t count) {
  LatentStates states;
  if (!h5::File::is_hdf5(path)) return states;
  const h5::File file = h5::File::open(path);
  if (!file.exists("/z")) return states;
  const h5::Shape shape = file.shape("/z");
  if (shape.empty() || shape[0] != count || shape.size() > 2)
    fail(path.string(), ": /z has shape ", h5::print(shape), ", expected (", count, ", L)");
  states.dim = shape.size() == 2 ? shape[1] : 1;
  states.z = file.read<double>("/z");
  if (file.exists("/support_count"))
    states.support = file.read<std::uint32_t>("/support_count", {count});
  return states;
}

void write_latent_states(h5::File& file, const LatentStates& states) {
  if (states.dim == 0) return;
  file.write("/z", states.z, {states.z.size() / states.dim, states.dim});
  if (!states.support.empty()) file.write("/support_count", states.support);
}

}  // namespace spi

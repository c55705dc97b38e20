// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/movie/state_series.h"

#include <cmath>

#include "libspi/io/table.h"

namespace spi {
namespace {

constexpr double kSameVoxel = 1e-4;  // MRC headers hold single precision

}  // namespace

StateSeries::StateSeries(const std::vector<std::filesystem::path>& files,
                         const MovieOptions& options)
    : files_(files) {
  for (std::size_t f = 0; f < files.size(); ++f) {
    readers_.push_back(open_volumes(files[f]));
    const bool says = h5::File::is_hdf5(files[f]);
    const Quantity quantity =
        says ? readers_[f]->quantity() : options.quantity.value_or(Quantity::density);
    if (says && options.quantity && *options.quantity != quantity)
      fail_usage("--quantity ", name_of(*options.quantity), ": ", files[f].string(), " holds ",
                 name_of(quantity));
    if (f > 0 && quantity != quantity_)
      fail(files[f].string(), " holds ", name_of(quantity), ", ", files[0].string(), " ",
           name_of(quantity_), ": a movie shows one of them");
    quantity_ = quantity;
    for (std::size_t m = 0; m < readers_[f]->count(); ++m) places_.push_back({f, m});
  }
  if (places_.empty()) fail("no volumes to show");
  if (options.states)
    latent_ = read_latent_states(*options.states, count());
  else if (files.size() == 1)
    latent_ = read_latent_states(files[0], count());
  if (options.states && latent_.dim == 0)
    fail(options.states->string(),
         " has no dataset /z: latent points stand in the output of "
         "spi-vae decode");
  for (std::size_t m = 0; m < count(); ++m) label_values_.push_back(double(m));
  if (options.against) {
    const Column column = read_column(*options.against, files[0], count());
    const auto slash = column.name.rfind('/');
    label_ = slash == column.name.npos ? column.name : column.name.substr(slash + 1);
    label_values_ = column.values;
  }
}

Volume StateSeries::read(std::size_t index) {
  const Place place = places_.at(index);
  const std::string name = files_[place.file].string();
  Volume volume = readers_[place.file]->read(place.index);
  if (volume.nx != volume.ny || volume.ny != volume.nz)
    fail(name, ": a volume of ", volume.nz, " x ", volume.ny, " x ", volume.nx,
         " voxels is no cube: pad it first");
  if (side_ == 0) {
    side_ = volume.nx;
    voxel_size_A_ = volume.voxel_size_A;
  }
  if (volume.nx != side_ || std::abs(volume.voxel_size_A / voxel_size_A_ - 1) > kSameVoxel)
    fail(name, " has ", volume.nx, " voxels of ", volume.voxel_size_A, " Å a side, ",
         files_[0].string(), " ", side_, " of ", voxel_size_A_,
         " Å: volumes of one movie must share their grid; spi-fsc ", files_[0].string(), " ", name,
         " --resample --write-aligned writes the second on a common one");
  return volume;
}

}  // namespace spi

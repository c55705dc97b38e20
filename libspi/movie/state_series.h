// SPDX-License-Identifier: GPL-3.0-or-later
// The volumes of a movie one after the other, from volumes.h5 or many files, and what is known of
// each.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "libspi/io/volume_series.h"
#include "libspi/movie/options.h"

namespace spi {

class StateSeries {
 public:
  /// UserError where a file cannot be read, the files hold different quantities, or what is told
  /// of the volumes is of another number of them.
  StateSeries(const std::vector<std::filesystem::path>& files, const MovieOptions& options);

  std::size_t count() const { return places_.size(); }
  Quantity quantity() const { return quantity_; }
  /// UserError, with the remedy, unless cubes of one size and voxel, the first's.
  Volume read(std::size_t index);

  const LatentStates& latent() const { return latent_; }
  /// What the states are called by: a name and a number for each ("" and 0, 1, 2 ... where there
  /// is none).
  const std::string& label() const { return label_; }
  const std::vector<double>& label_values() const { return label_values_; }

 private:
  struct Place {
    std::size_t file, index;
  };

  std::vector<std::filesystem::path> files_;
  std::vector<std::unique_ptr<VolumeReader>> readers_;
  std::vector<Place> places_;
  Quantity quantity_ = Quantity::density;
  LatentStates latent_;
  std::string label_;
  std::vector<double> label_values_;
  std::size_t side_ = 0;
  double voxel_size_A_ = 0;
};

}  // namespace spi

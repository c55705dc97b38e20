// SPDX-License-Identifier: GPL-3.0-or-later
// model.h5: the intensities of a particle in three dimensions, and how each frame shows them.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "libspi/cli/provenance.h"
#include "libspi/io/hdf5.h"
#include "libspi/io/orientations.h"
#include "libspi/io/table.h"

namespace spi {

/// A cube of n³ voxels about the centre voxel n/2, [z][y][x], and F frames. What a way of
/// reconstruction does not know is empty.
struct Model {
  std::size_t size = 0;                      ///< n
  double q_per_voxel = 0;                    ///< 1/Å
  std::string symmetry = "C1";               ///< Schoenflies name of the particle's group
  std::vector<float> intensity = {};         ///< [n³] photons a pixel of a frame of fluence 1
  std::vector<float> exposure = {};          ///< [n³] 0: not measured
  std::array<std::vector<float>, 2> half{};  ///< [n³] of the even and of the odd frames
  std::vector<double> shell_fsc = {};        ///< of the halves, by shell of one voxel

  std::vector<std::uint64_t> id = {};          ///< [F]
  std::vector<QuaternionRow> quaternion = {};  ///< [F] model_from_lab
  std::vector<float> fluence = {};             ///< [F] mean 1
  std::vector<float> probability = {};         ///< [F] of that orientation and its neighbourhood
  std::vector<float> width_rad = {};           ///< [F] of the posterior
  std::vector<float> information = {};         ///< [F] nats
  std::vector<float> gain = {};                ///< [F] nats

  std::vector<Column> convergence = {};  ///< a row an iteration
  std::string stop_reason = {};
};

/// model.h5 (docs/formats.md). Atomic.
void write_model(const std::filesystem::path& path, const Model& model,
                 const Provenance& provenance);

/// UserError where the file is none of this kind or its columns differ in length.
Model read_model(const std::filesystem::path& path);

/// The datasets of the frames alone, in a group ("/" or "/name").
void write_frame_columns(h5::File& file, const std::string& group, const Model& model);
void read_frame_columns(const h5::File& file, const std::string& group, Model& model);

/// The columns of the frames, as a table.
std::vector<Column> pose_table(const Model& model);

}  // namespace spi

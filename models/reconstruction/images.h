// SPDX-License-Identifier: GPL-3.0-or-later
// Frames as networks see them: photons on a square of cells about the beam.
#pragma once

#include <cstdint>
#include <vector>

#include "libspi/averaging/frame_store.h"
#include "libspi/emc/polar_points.h"
#include "models/reconstruction/options.h"

namespace spi {

/// What must be the same for all frames that a network sees, and is stored with it.
struct Preprocessing {
  std::size_t size = 0;    ///< S, cells across
  double cell_px = 1;      ///< edge of a cell
  double rim_px = 0;       ///< |q| that is 1 for the networks, in pixels of q
  double q_per_pixel = 0;  ///< 1/Å
  IntensityLoss loss = IntensityLoss::sqrt;
  /// By |q|, [K] from 0 to the rim in even steps: photons a cell of a frame of fluence 1, and mean
  /// and standard deviation of its transform √n or ln(1 + n)
  std::vector<double> intensity = {}, mean = {}, deviation = {};

  /// A table's value at a radius in units of the rim.
  static double at(const std::vector<double>& table, double radius);
  double transform(double photons) const;
  double photons(double transformed) const;
};

/// N frames on the P cells that are measured.
struct Images {
  Preprocessing preprocessing;
  std::vector<std::uint32_t> cell;  ///< [P] row·S + column, y upwards
  LabPoints points;                 ///< [P] where their pixels look on average, in units of the rim
  std::vector<float> area;          ///< [P] pixels' corrections summed over those of a whole cell
  std::vector<float> intensity, mean, deviation;  ///< [P] the tables at the cells
  BinnedFrames counts;                            ///< on the P cells
  std::vector<float> fluence;                     ///< [N] photons over those expected of 1
  std::vector<std::uint64_t> id;                  ///< [N]

  std::size_t frames() const { return id.size(); }
  std::size_t cells() const { return cell.size(); }
};

/// Size, tables and all, from the frames themselves.
Images make_images(FrameStore& store, const NeuralOptions& options);
/// Frames [first, last) as a network asks for. UserError where the detector looks elsewhere.
Images make_images(FrameStore& store, const Preprocessing& preprocessing, std::size_t first,
                   std::size_t last);

/// Extent of the particle's autocorrelation, in periods of I between q = 0 and the rim: the radius
/// that holds 98 % of the mean power of the frames' Fourier transforms above its floor, the power
/// of white noise. At least 1.
double autocorrelation_extent(const Images& images);

}  // namespace spi

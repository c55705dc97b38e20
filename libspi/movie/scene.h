// SPDX-License-Identifier: GPL-3.0-or-later
// Everything of a movie but its looks: one level, one field of view and one colour scale for all
// volumes, and what is seen at any place between two of them.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/movie/latent_map.h"
#include "libspi/movie/state_series.h"
#include "libspi/render/field.h"

namespace spi {

/// What one frame shows.
struct Moment {
  double position = 0;     ///< among the volumes: 2.5 lies midway between numbers 2 and 3
  double label_value = 0;  ///< of StateSeries::label_values
  std::vector<double> z = {};
  std::optional<std::size_t> support = {};  ///< data near z; without a map the lesser of what the
                                            ///< two volumes' file says
  double volume = 0;                        ///< within the surface: Å³; of intensities Å⁻³
  const Field* field = nullptr;             ///< densities, or log10 of intensities
  std::array<std::vector<float>, 3> projections = {};  ///< along x, y, z; of intensities log10
};

/// The lowest and the highest value of a colour scale, in the units of Moment.
struct Limits {
  double low = 0, high = 1;
};

class Scene {
 public:
  /// Reads every volume once or twice to find what is common to all. UserError where a density has
  /// no mass, no volume exceeds the level, or the map lacks an axis that is asked for.
  Scene(StateSeries& series, const MovieOptions& options, int threads, Monitor& monitor);

  Quantity quantity() const { return series_.quantity(); }
  std::size_t states() const { return series_.count(); }
  const StateSeries& series() const { return series_; }
  const LatentMap& map() const { return map_; }
  double level() const { return level_; }    ///< in the units of the volumes
  double field_level() const;                ///< in the units of Field
  double step() const { return step_; }      ///< between samples: Å, of intensities 1/Å
  double radius() const { return radius_; }  ///< of the ball that holds all surfaces, in samples
  Limits section_limits() const { return sections_; }
  Limits projection_limits() const { return projections_; }
  const std::vector<double>& volumes() const { return volumes_; }  ///< of the states

  /// Linear between neighbouring volumes on their common grid (of intensities, their logarithms).
  /// The field is valid until the next call.
  const Moment& at(double position);

 private:
  struct State {
    std::size_t index;
    Field field;
    std::array<std::vector<float>, 3> projections;
  };

  void survey(Monitor& monitor);
  void measure(Monitor& monitor);
  Volume shown(std::size_t index);
  const State& state(std::size_t index);
  State make_state(std::size_t index);
  void find_support(Moment& moment, std::size_t lower, double t) const;

  StateSeries& series_;
  const MovieOptions& options_;
  int threads_;
  LatentMap map_;
  double level_ = 0, step_ = 0, radius_ = 0, half_width_ = 0, floor_ = 0;
  Limits sections_, projections_;
  std::vector<double> volumes_;
  std::array<std::unique_ptr<State>, 2> kept_;  ///< the two volumes used last
  Field field_;
  Moment moment_;
};

}  // namespace spi

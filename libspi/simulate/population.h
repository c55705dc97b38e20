// SPDX-License-Identifier: GPL-3.0-or-later
// The particles of a simulated data set: which kinds, how many of each, and what each one is.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libspi/geometry/rotation.h"
#include "libspi/simulate/particle.h"

namespace spi {

/// A kind of particle and its share of the data set. A file's models are its conformations, alike
/// in number.
struct Component {
  std::string name;            ///< of the shape, or the file's name without folder and extension
  std::optional<Shape> shape;  ///< or else
  std::filesystem::path file;  ///< a PDB or mmCIF file
  double weight = 1;           ///< all sum to 1
};

/// "cube:1/3,sphere:0.2,dimer": kinds or structure files with their weights (1 if left out), scaled
/// to sum 1. UserError on an unknown kind, a negative weight, weights of sum 0, or shapes and
/// structures together (their brightnesses cannot be compared without a density).
std::vector<Component> parse_mixture(const std::string& text);

/// How many of n things each weight gets: rounded down, the rest to the largest remainders (the
/// earlier one where they tie). Sums to n.
std::vector<std::size_t> quotas(const std::vector<double>& weights, std::size_t n);

struct PopulationOptions {
  double edge_A = 0;                    ///< see Body; of shapes only
  double size_spread = 0;               ///< relative standard deviation of the edge
  std::array<double, 2> melting{0, 1};  ///< range of the uniform melting parameter
  double rod_aspect = 2.5;
  double oversampling = 3;                      ///< of structures: see molecule.h
  std::vector<Quaternion> model_from_lab = {};  ///< [n or more] of the shots; empty: random
};

/// Melting of a kind that has one: cube 0, sphere 1; else, and of transitions, NaN.
double melting_of(Shape shape);

/// One particle in the beam. A pure function of (seed, id).
struct Shot {
  std::uint64_t id = 0;
  std::size_t kind = 0;            ///< index of the component
  std::uint32_t conformation = 0;  ///< counted over all files
  double edge_A = 0;               ///< NaN for structures
  double melting = 0;              ///< NaN where the kind does not melt; cube 0, sphere 1
  Quaternion model_from_lab;
};

/// The shots of ids [0, n): one byte a shot (which kind), the rest drawn on demand. Thread-safe.
class Population {
 public:
  /// Reads and transforms the structures, on `threads` threads.
  Population(std::vector<Component> components, const PopulationOptions& options, std::size_t n,
             std::uint64_t seed, double q_max, int threads);

  std::size_t size() const { return kinds_.size(); }
  const std::vector<Component>& components() const { return components_; }
  Shot shot(std::uint64_t id) const;
  /// The first of a kind's conformations and the end of them; none of a shape.
  std::array<std::uint32_t, 2> conformations(std::size_t kind) const {
    return {first_structure_[kind], first_structure_[kind + 1]};
  }
  /// What stands in the beam; made on the spot for a shape, shared for a structure.
  std::shared_ptr<const Particle> particle(const Shot& shot) const;

 private:
  std::vector<Component> components_;
  PopulationOptions options_;
  std::uint64_t seed_;
  double q_max_;
  std::vector<std::uint8_t> kinds_;
  std::vector<std::shared_ptr<const Particle>> structures_;
  std::vector<std::uint32_t> first_structure_;  ///< [components + 1]
};

/// The independent random streams of a simulated shot: the `step` of Random.
enum class Draw : std::uint32_t {
  kinds,
  orientation,
  size,
  melting,
  conformation,
  fluence,
  photons,
  readout
};
Random random_for(std::uint64_t seed, Draw draw, std::uint64_t id);

}  // namespace spi

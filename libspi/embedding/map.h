// SPDX-License-Identifier: GPL-3.0-or-later
// Maps of a CC matrix: the same patterns laid out by PCA, Isomap, spectral embedding or t-SNE.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/base/options.h"
#include "libspi/embedding/map_quality.h"
#include "libspi/embedding/pca.h"

namespace spi {

enum class MapKind { pca, isomap, spectral, tsne };
template <>
struct EnumNames<MapKind> {
  static constexpr std::array<std::string_view, 4> values{"pca", "isomap", "spectral", "tsne"};
};
inline constexpr std::array kAllMaps{MapKind::pca, MapKind::isomap, MapKind::spectral,
                                     MapKind::tsne};

/// What pictures call the map: "CLPCA", "Isomap", ...; the text itself where it names no map of
/// ours.
std::string title_of(std::string_view map);

struct MapOptions {
  MapKind embedding = MapKind::pca;
  std::size_t components = 3;
  std::optional<std::size_t> neighbors;  ///< of Isomap and spectral embedding
  std::optional<double> perplexity;      ///< of t-SNE

  void describe(OptionSet& options);
  /// UsageError where the options ask for more neighbours than there are.
  void check(std::size_t patterns) const;
  std::size_t neighbors_for(std::size_t patterns) const;
  double perplexity_for(std::size_t patterns) const;
};

struct Map : Points {
  MapKind kind = MapKind::pca;
  MapQuality quality;
  std::vector<std::pair<std::string, double>> settings;  ///< that made it, and what came of them
};

/// Makes maps of one CC matrix [N][N]. What several of them need is computed once.
class MapMaker {
 public:
  /// `cc` must outlive the maker.
  MapMaker(const std::vector<float>& cc, std::size_t patterns, const MapOptions& options,
           int threads, Monitor& monitor);

  /// Every map is judged by the distances between the rows of the matrix. UserError where an
  /// eigenvector does not converge.
  Map make(MapKind kind);
  /// Of at least `kScreeComponents` components.
  const Pca& pca() const { return pca_; }

  static constexpr std::size_t kScreeComponents = 20;

 private:
  const NeighbourGraph& graph();
  Points place(MapKind kind, Map& map);

  MapOptions options_;
  int threads_;
  Monitor& monitor_;
  Pca pca_;
  Distances distances_;
  std::optional<NeighbourGraph> graph_;
};

/// "isomap in 3 components: trustworthiness 0.981, continuity 0.985 (of 10 neighbours)"
std::string describe_quality(const Map& map);

}  // namespace spi

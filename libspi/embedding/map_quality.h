// SPDX-License-Identifier: GPL-3.0-or-later
// How well a map keeps neighbours: trustworthiness and continuity (Venna & Kaski 2001).
#pragma once

#include <cstddef>

#include "libspi/embedding/neighbours.h"
#include "libspi/embedding/points.h"

namespace spi {

/// Both are 1 where all neighbours are kept, and about 0.5 for points thrown at random.
struct MapQuality {
  double trustworthiness = 1;  ///< falls where points are near in the map that are not near
  double continuity = 1;       ///< falls where near points are torn apart in the map
  std::size_t neighbours = 0;  ///< k
};

/// T(k) = 1 - 2/(N k (2N-3k-1)) Σ_i Σ_{j in U_k(i)} (r(i,j) - k), where U_k(i) are those of the k
/// nearest of i in the map that are not so in `distances`, and r(i,j) is the rank of j among the
/// neighbours of i in `distances`; continuity is the same with both exchanged. Ties: the lower
/// index is nearer. k is `neighbours`, or the largest below N/2. O(N² k) time at worst; N >= 3.
MapQuality map_quality(const Distances& distances, const Points& map, std::size_t neighbours,
                       int threads);

}  // namespace spi

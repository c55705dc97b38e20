// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of a landscape: maps, CC matrix, explained variance, typical patterns.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libspi/embedding/clpca.h"
#include "libspi/figures/point_pairs.h"

namespace spi {

/// Patterns that span the embedding: the one nearest to the mean, then again and again the one
/// farthest from all chosen before (deterministic). Indices, at most `count`.
std::vector<std::size_t> spanning_patterns(const Points& points, std::size_t count);

/// Pairs of the first three components (one panel where there are fewer), coloured by `colour`,
/// with 1-sigma error ellipses where `errors` exist, and crosses at `marked` patterns.
plot::Figure embedding_figure(const Clpca& result, const std::optional<Column>& colour,
                              const std::vector<std::size_t>& marked);

/// The first two components of several maps, each with its quality.
plot::Figure maps_figure(const std::vector<Map>& maps, const std::optional<Column>& colour);

/// The CC matrix, rows and columns in the order of the first component (within the labels of
/// `colour`, where it has some), with strips that show the labels.
plot::Figure cc_matrix_figure(const Clpca& result, const std::optional<Column>& colour);

/// Explained variance of each principal component, with bootstrap errors, and the cumulative sum.
plot::Figure variance_figure(const Clpca& result);

/// Patterns `which` of the stack on a logarithmic scale, numbered as in embedding_figure.
plot::Figure montage_figure(StackReader& stack, const std::vector<std::size_t>& which,
                            const std::vector<std::uint64_t>& id);

/// The embedding as a table: id, coordinates, errors, colour.
std::vector<Column> embedding_table(const Clpca& result, const std::optional<Column>& colour);

/// The quality of several maps as a table.
std::vector<Column> maps_table(const std::vector<Map>& maps);

}  // namespace spi

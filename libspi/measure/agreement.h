// SPDX-License-Identifier: GPL-3.0-or-later
// How the places of patterns in a landscape go with what is known of them: truth, run, fluence.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/base/options.h"
#include "libspi/io/table.h"
#include "libspi/selection/table.h"

namespace spi {

/// How the values of a column are taken: as the column says, which has labels or not; or as names,
/// of which those below 0 stand for none (cluster -1).
enum class KnownAs { written, names };

struct AgreementOptions {
  std::optional<std::vector<std::string>> known = {}, labels = {};
  std::optional<std::vector<std::string>> axes = {};  ///< automatic: c1, c2, ... or z1, z2, ...
  std::size_t neighbours = 7;

  void describe(OptionSet& options);
};

/// Patterns that have one label.
struct LabelAgreement {
  std::string label;
  std::size_t patterns = 0;
  double recognised = 0;  ///< part of them that their neighbours name right
};

struct Agreement {
  std::string known;               ///< name of the column
  std::size_t patterns = 0;        ///< that have a place and a value
  std::vector<double> along = {};  ///< numbers: |Spearman| with each axis; labels: empty
  /// Labels: part of the patterns whose label is the commonest among their k nearest others (of
  /// equals the nearest's). Numbers: Spearman with the mean over the k nearest others.
  double nearby = 0;
  std::vector<LabelAgreement> labels = {};  ///< one a label, in their order; numbers: empty
};

/// The names of the landscape's columns: as given, else c1, c2, ... or z1, z2, ... UserError where
/// the table has none.
std::vector<std::string> landscape_axes(const Table& table, const AgreementOptions& options);

/// Distances are Euclidean over `axes`, taken as they are. N patterns take O(N² axes). UserError
/// for a column that is not there, and where fewer patterns than k + 1 have a place and a value.
Agreement agreement(const Table& table, const std::vector<std::string>& axes,
                    const std::string& known, std::size_t neighbours, int threads,
                    KnownAs as = KnownAs::written);

/// Each of options.known and options.labels, a column of the table of `files` or FILE:NAME, held
/// against the axes; says each in words. UsageError where none is asked for.
struct LandscapeAgreement {
  std::vector<std::string> axes;
  std::vector<Agreement> all;
};
LandscapeAgreement landscape_agreement(std::vector<std::filesystem::path> files,
                                       const AgreementOptions& options, int threads,
                                       Monitor& monitor);

/// known, patterns, nearby, spearman_AXIS ...: a line for each column, and one for each label.
std::vector<Column> agreement_table(const std::vector<Agreement>& all,
                                    const std::vector<std::string>& axes);

/// "truth/kind: 0.93 of 400 patterns are what most of their 7 nearest are (cube 0.98 of 143, ...)",
/// "truth/melting: |Spearman| z1 0.97; 0.95 with the mean of the 7 nearest (400 patterns)".
std::string in_words(const Agreement& agreement, const std::vector<std::string>& axes,
                     std::size_t neighbours);

}  // namespace spi

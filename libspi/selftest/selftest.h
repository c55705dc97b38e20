// SPDX-License-Identifier: GPL-3.0-or-later
// Runs operations on devices, holds what they give against the truth, and times them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "libspi/base/monitor.h"
#include "libspi/base/options.h"
#include "libspi/selftest/machine.h"
#include "libspi/selftest/operation.h"

namespace spi::selftest {

struct SelftestOptions {
  bool quick = false;
  std::vector<std::string> only;  ///< names; empty: all

  void describe(OptionSet& options);
};

enum class Verdict { pass, fail, skip };

/// One operation on one device. Errors are over the RMS of the truth.
struct Row {
  std::string operation, device, size;
  Verdict verdict = Verdict::skip;
  std::string note = {};  ///< why it was skipped, what the bound is made of, what went wrong
  double maximum = 0, rms = 0;
  double bound = 0;          ///< of rms
  double maximum_bound = 0;  ///< 6 bound · (largest truth / its RMS)
  double seconds = 0;        ///< of a run, on the wall: the median, after one to warm up
  Work work = {};
  /// The share of the ceiling that is nearer: of matrix products, else of copies.
  double of_ceiling = 0;
  bool by_copies = false;
};

/// A place with what it can do; nothing is held against a ceiling of 0.
struct Bench {
  Place place;
  Ceilings ceilings;
};

/// The operations that `only` names, all where it is empty. UserError lists the names there are.
std::vector<Operation> chosen(std::vector<Operation> all, const std::vector<std::string>& only);

/// A row for each operation and place. RMS errors up to the bound pass, if the largest is no more
/// than six standard deviations of an output that is as large as the largest: rounding is in
/// proportion to what is rounded. Numbers that are not finite, and exceptions, fail. Runs are timed
/// for a third of a second, three at least; with `quick` once.
std::vector<Row> run(const std::vector<Operation>& operations, const std::vector<Bench>& benches,
                     const SelftestOptions& options, std::uint64_t seed, int threads,
                     Monitor& monitor);

/// UserError that names the rows that failed.
void require_all(const std::vector<Row>& rows);

/// The table, a line a row, aligned.
std::string in_words(const std::vector<Row>& rows);
/// The same with all columns, as .csv or .json by the extension; UsageError for any other.
void write_rows(const std::filesystem::path& path, const std::vector<Row>& rows);
/// UsageError unless write_rows() knows the extension.
void check_extension(const std::filesystem::path& path);

}  // namespace spi::selftest

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selftest/selftest.h"

#include <algorithm>
#include <cmath>

#include "libspi/base/error.h"
#include "libspi/base/random.h"

namespace spi::selftest {
namespace {

/// Largest error that chance explains, in standard deviations: some 10⁶ outputs stay below 5.
constexpr double kDeviations = 6;

double wall() { return seconds(CLOCK_MONOTONIC); }

/// Median seconds of a run; the first, which warmed up, has been.
double time_of(const Version& version, bool quick) {
  constexpr double kLong = 1.0 / 3;
  constexpr std::size_t kLeast = 3;
  std::vector<double> times;
  double total = 0;
  do {
    const double start = wall();
    version.run();
    times.push_back(wall() - start);
    total += times.back();
  } while (!quick && (times.size() < kLeast || total < kLong));
  const auto middle = times.begin() + std::ptrdiff_t(times.size() / 2);
  std::ranges::nth_element(times, middle);
  return *middle;
}

/// Errors and verdict, from what was found.
void judge(const std::vector<double>& truth, const std::vector<double>& found,
           const Problem& problem, Device device, Row& row) {
  SPI_ASSERT(truth.size() == found.size() && !truth.empty());
  double squares = 0, errors = 0, largest_error = 0, largest = 0;
  bool finite = true;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double error = std::abs(found[i] - truth[i]);
    finite = finite && std::isfinite(error);
    squares += truth[i] * truth[i];
    errors += error * error;
    largest_error = std::max(largest_error, error);
    largest = std::max(largest, std::abs(truth[i]));
  }
  const double count = double(truth.size()), scale = std::sqrt(squares / count);
  const Bound bound = problem.bound(device, scale);
  row.maximum = largest_error / scale;
  row.rms = std::sqrt(errors / count) / scale;
  row.bound = bound.rms;
  row.maximum_bound = kDeviations * bound.rms * std::max(1., largest / scale);
  row.note = bound.reason;
  const bool passes = finite && row.rms <= row.bound && row.maximum <= row.maximum_bound;
  row.verdict = passes ? Verdict::pass : Verdict::fail;
  if (!finite) row.note = "not all numbers are finite";
}

void rate(const Ceilings& ceilings, Row& row) {
  if (ceilings.gemm <= 0 || ceilings.copy <= 0) return;
  const double products = row.work.operations / ceilings.gemm,
               copies = row.work.bytes / ceilings.copy;
  row.by_copies = copies > products;
  row.of_ceiling = std::max(products, copies) / row.seconds;
}

Row run_one(const Operation& operation, Problem& problem, const std::vector<double>& truth,
            const Bench& bench, bool quick, int threads) {
  Row row{.operation = operation.name, .device = bench.place.name(), .size = problem.size()};
  row.work = problem.work();
  try {
    const std::optional<Version> version = bench.place.device == Device::cpu
                                               ? problem.on_cpu(threads)
                                               : problem.on_cuda(bench.place.index);
    if (!version) {
      row.note = "no CUDA version in this build";
      return row;
    }
    version->run();
    judge(truth, version->result(), problem, bench.place.device, row);
    row.seconds = time_of(*version, quick);
    rate(bench.ceilings, row);
  } catch (const UserError& error) {
    row.verdict = Verdict::fail;
    row.note = error.what();
  }
  return row;
}

}  // namespace

void SelftestOptions::describe(OptionSet& options) {
  options.flag("quick", quick, "small sizes, each timed once: seconds");
  options.add("only", only, "names of the operations to try; empty: all");
}

std::vector<float> noise(std::size_t count, std::uint64_t seed, std::uint64_t stream) {
  Random random(seed, 0x5e1f, stream);
  std::vector<float> values(count);
  for (float& v : values) v = float(random.normal());
  return values;
}

std::vector<Operation> chosen(std::vector<Operation> all, const std::vector<std::string>& only) {
  if (only.empty()) return all;
  std::string names;
  for (const Operation& operation : all) names += (names.empty() ? "" : ", ") + operation.name;
  for (const std::string& name : only)
    if (std::ranges::find(all, name, &Operation::name) == all.end())
      fail_usage("--only ", name, ": there is no such operation; there are ", names);
  std::erase_if(all, [&](const Operation& o) { return !std::ranges::count(only, o.name); });
  return all;
}

std::vector<Row> run(const std::vector<Operation>& operations, const std::vector<Bench>& benches,
                     const SelftestOptions& options, std::uint64_t seed, int threads,
                     Monitor& monitor) {
  std::vector<Row> rows;
  Progress progress(monitor, "operations", operations.size());
  for (const Operation& operation : operations) {
    const auto problem = operation.make(options.quick ? Scale::quick : Scale::full, seed);
    const std::vector<double> truth = problem->truth(threads);
    for (const Bench& bench : benches)
      rows.push_back(run_one(operation, *problem, truth, bench, options.quick, threads));
    progress.advance();
  }
  return rows;
}

void require_all(const std::vector<Row>& rows) {
  std::string failed;
  for (const Row& row : rows)
    if (row.verdict == Verdict::fail)
      failed += (failed.empty() ? "" : ", ") + row.operation + " on " + row.device;
  if (!failed.empty())
    fail("not what they should be: ", failed,
         "; do not trust results of this machine before that is understood");
}

}  // namespace spi::selftest

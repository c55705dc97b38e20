// SPDX-License-Identifier: GPL-3.0-or-later
// spi-selftest: the hot core on every device of this machine, against its definition
#include <algorithm>
#include <cmath>
#include <iostream>

#include "libspi/cli/main.h"
#include "libspi/selftest/selftest.h"
#include "models/selftest/operations.h"

namespace {

using namespace spi;
using namespace spi::selftest;

void declare(cli::Usage& usage, SelftestOptions& options) {
  usage.summary("does this machine compute what it should, and how fast?")
      .describe(
          "Runs every operation that the programs spend their time in, on the processor and on "
          "every CUDA device for which there is a version, and compares it with a slow definition "
          "in double precision on the processor. Exit status: 0 all agree, 1 some do not (the "
          "table says FAIL), 2 wrong usage, 3 with --device cuda: there is no such device.")
      .describe(
          "Errors are over the RMS of the truth; the bound is what rounding explains of the RMS "
          "error, and six standard deviations of the largest output are allowed. Times are of the "
          "wall: the median of several runs after one to warm up. The last column but one is the "
          "share of the machine's own rate of matrix products (gemm, single precision) or of "
          "copies in memory, measured before in the same run, whichever is nearer.")
      .describe("With --device cpu, CUDA devices are left out; with cuda, one must be found.")
      .example("spi-selftest", "A new cluster: two minutes or less on two cores")
      .example("spi-selftest --quick --only slice,slice-adjoint -o report.csv",
               "Two operations, in a second, and a file beside the table")
      .cuda(&cuda_devices)
      .output("", "also write the table, with all columns, to this file: .csv or .json");
  options.describe(usage);
}

std::vector<Bench> benches(cli::Session& session) {
  std::vector<Bench> all{{.place = {}, .ceilings = cpu_ceilings(session.threads())}};
  const int devices = session.device() == Device::cuda ? cuda_devices(nullptr) : 0;
  for (int n = 0; n < devices; ++n)
    all.push_back({.place = {Device::cuda, n}, .ceilings = cuda_ceilings(n)});
  for (const Bench& bench : all)
    session.monitor().info(text_of(bench.place.name(), ": matrix products ",
                                   std::lround(bench.ceilings.gemm / 1e9), " GFLOP/s, copies ",
                                   std::lround(bench.ceilings.copy / 1e9), " GB/s"));
  return all;
}

void run(const SelftestOptions& options, cli::Session& session) {
  if (!session.output().empty()) check_extension(session.output());
  std::vector<Operation> all = operations(), of_networks = network_operations();
  all.insert(all.end(), of_networks.begin(), of_networks.end());
  const auto some = chosen(std::move(all), options.only);
  const auto rows = selftest::run(some, benches(session), options, session.seed(),
                                  session.threads(), session.monitor());
  std::cout << in_words(rows) << std::flush;
  if (!session.output().empty()) write_rows(session.output(), rows);
  require_all(rows);
  const auto skipped = std::ranges::count(rows, Verdict::skip, &Row::verdict);
  session.monitor().info(
      text_of("tried ", rows.size(), " operations on devices, skipped ", skipped, ", none failed"));
}

}  // namespace

int main(int argc, char** argv) {
  return cli::main<SelftestOptions>({"spi-selftest", declare, run}, argc, argv);
}

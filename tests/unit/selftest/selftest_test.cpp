// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selftest/selftest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <stdexcept>

#include "libspi/base/error.h"
#include "libspi/selftest/slicing.h"
#include "tests/unit/folder.h"

namespace spi::selftest {
namespace {

const std::vector<Bench> kProcessor{{.place = {}, .ceilings = {1e9, 1e9}}};

std::vector<Row> rows_of(MakeProblem make, const std::vector<Bench>& benches = kProcessor) {
  return run({{"operation", make}}, benches, {.quick = true, .only = {}}, 1, 1, silent_monitor());
}

template <class T>
std::unique_ptr<Problem> make(Scale scale, std::uint64_t seed) {
  return std::make_unique<T>(Way::slice, scale, seed);
}

/// Slicing with a fault of some kind in what it gives.
template <class Fault>
class Broken : public Slicing {
 public:
  using Slicing::Slicing;
  Version on_cpu(int threads) override {
    Version version = Slicing::on_cpu(threads);
    return {version.run, [result = version.result] {
              std::vector<double> values = result();
              Fault()(values);
              return values;
            }};
  }
};

/// A thousandth too much everywhere, as of bfloat16 or TF32 in the wrong place.
struct Imprecise {
  void operator()(std::vector<double>& v) const {
    std::ranges::for_each(v, [](double& x) { x *= 1.001; });
  }
};
/// One output of some hundred, as of a thread that forgot the last of its block.
struct OneIsWrong {
  void operator()(std::vector<double>& v) const { v.back() += 0.01; }
};
struct OneIsMissing {
  void operator()(std::vector<double>& v) const {
    v[v.size() / 2] = std::numeric_limits<double>::quiet_NaN();
  }
};
struct Refuses {
  void operator()(std::vector<double>&) const { throw std::runtime_error("out of memory"); }
};

TEST(Selftest, WhatIsRightPasses) {
  for (const Operation& operation : operations()) {
    const Row row = rows_of(operation.make).at(0);
    EXPECT_EQ(row.verdict, Verdict::pass) << operation.name << ": " << row.note;
    EXPECT_GT(row.rms, 0) << operation.name << " is compared with itself";
    EXPECT_GT(row.seconds, 0);
    EXPECT_GT(row.of_ceiling, 0);
  }
}

TEST(Selftest, FaultsFail) {
  for (const MakeProblem broken :
       {make<Broken<Imprecise>>, make<Broken<OneIsWrong>>, make<Broken<OneIsMissing>>}) {
    const Row row = rows_of(broken).at(0);
    EXPECT_EQ(row.verdict, Verdict::fail);
    EXPECT_FALSE(row.rms <= row.bound && row.maximum <= row.maximum_bound);
  }
}

TEST(Selftest, WhatCannotRunFailsAndTheRestGoesOn) {
  const auto rows = run({{"broken", make<Broken<Refuses>>}, {"slice", make<Slicing>}}, kProcessor,
                        {.quick = true, .only = {}}, 1, 1, silent_monitor());
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].verdict, Verdict::fail);
  EXPECT_EQ(rows[0].note, "out of memory");
  EXPECT_EQ(rows[1].verdict, Verdict::pass);
  test::expect_error([&] { require_all(rows); }, {"broken on cpu"});
  EXPECT_NO_THROW(require_all({rows[1]}));
}

/// An operation of the processor alone.
class OnlyHere : public Slicing {
 public:
  using Slicing::Slicing;
  std::optional<Version> on_cuda(int) override { return std::nullopt; }
};

TEST(Selftest, WhatADeviceHasNoVersionOfIsSkipped) {
  const auto rows = rows_of(make<OnlyHere>, {{.place = {}, .ceilings = {}},
                                             {.place = {Device::cuda, 1}, .ceilings = {}}});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].verdict, Verdict::pass);
  EXPECT_EQ(rows[0].of_ceiling, 0) << "nothing is held against an unknown ceiling";
  EXPECT_EQ(rows[1].verdict, Verdict::skip);
  EXPECT_EQ(rows[1].device, "cuda:1");
}

TEST(Selftest, IsChosenByName) {
  EXPECT_EQ(chosen(operations(), {}).size(), operations().size());
  const auto some = chosen(operations(), {"slice-adjoint"});
  ASSERT_EQ(some.size(), 1u);
  EXPECT_EQ(some[0].name, "slice-adjoint");
  EXPECT_THROW(chosen(operations(), {"slice", "melt"}), UsageError);
}

TEST(Selftest, TablesSayWhatWasFound) {
  const test::Folder folder;
  const auto rows = rows_of(make<Broken<Imprecise>>);
  EXPECT_NE(in_words(rows).find("FAIL: "), std::string::npos);
  for (const char* name : {"rows.csv", "rows.json"}) {
    write_rows(folder / name, rows);
    std::stringstream text;
    text << std::ifstream(folder / name).rdbuf();
    EXPECT_NE(text.str().find("FAIL"), std::string::npos) << name;
    EXPECT_NE(text.str().find("rms_bound"), std::string::npos) << name;
  }
  EXPECT_THROW(write_rows(folder / "rows.txt", rows), UsageError);
}

}  // namespace
}  // namespace spi::selftest

// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <thread>

#include "libspi/base/device.h"
#include "libspi/base/options.h"
#include "libspi/base/parallel.h"
#include "libspi/base/quantity.h"
#include "libspi/base/quantum.h"
#include "libspi/base/random.h"
#include "libspi/base/team.h"

namespace spi {

enum class Colour { red, green };

template <>
struct EnumNames<Colour> {
  static constexpr std::array<std::string_view, 2> values{"red", "green"};
};

namespace {

TEST(Quantity, NeedsItsUnit) {
  EXPECT_DOUBLE_EQ(parse_length("42nm").metres, 42e-9);
  EXPECT_DOUBLE_EQ(parse_length(" 705 mm ").metres, 0.705);
  EXPECT_DOUBLE_EQ(parse_length("200um").metres, 200e-6);
  EXPECT_DOUBLE_EQ(parse_length("2.07Å").angstroms(), 2.07);
  EXPECT_DOUBLE_EQ(parse_energy("6keV").electronvolts, 6000);
  EXPECT_DOUBLE_EQ(parse_memory("4GB").bytes, 4294967296.0);
  for (const char* bad : {"42", "nm", "", "42 furlong", "nan nm", "infm", "1e999nm"})
    EXPECT_THROW(parse_length(bad), UserError) << bad;
  EXPECT_THROW(parse_energy("6"), UserError);
  EXPECT_THROW(parse_energy("1e308keV"), UserError);
}

TEST(Quantity, PrintsWhatReadsBack) {
  for (const double metres : {42e-9, 0.705, 200e-6, 3.5e-10, 1.0, 12.0})
    EXPECT_NEAR(parse_length(print(Length{metres})).metres, metres, 1e-9 * metres);
  EXPECT_EQ(print(Length{42e-9}), "42nm");
  EXPECT_EQ(print(Energy{6000}), "6keV");
  EXPECT_EQ(print(Memory{4294967296.0}), "4GB");
}

TEST(Quantity, WavelengthOfSixKiloelectronvolts) {
  EXPECT_NEAR((Energy{6000}.wavelength_angstroms()), 2.0664, 1e-4);  // 12.3984 keV Å / 6 keV
}

TEST(Numbers, FractionsAndWholeNumbers) {
  EXPECT_DOUBLE_EQ(parse_number("1/3"), 1.0 / 3);
  EXPECT_EQ(parse_integer("1e6"), 1000000);
  for (const char* bad : {"1.5", "x", "", "1/0", "3 4"})
    EXPECT_THROW(parse_integer(bad), UserError);
  for (const char* bad : {"1/0", "0/0", "1e308/1e-308"}) EXPECT_THROW(parse_number(bad), UserError);
}

// Known answers of Random123's Philox4x32-10.
TEST(Random, PhiloxKnownAnswers) {
  EXPECT_EQ(philox({0, 0, 0, 0}, {0, 0}),
            (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

struct Moments {
  double mean = 0, variance = 0;
};
template <class Draw>
Moments moments(Draw draw) {
  constexpr int kDraws = 200000;
  double sum = 0, squares = 0;
  for (int k = 0; k < kDraws; ++k) {
    const double x = draw();
    sum += x, squares += x * x;
  }
  return {sum / kDraws, squares / kDraws - sum * sum / kDraws / kDraws};
}

// Means of 200 000 draws lie within five standard errors. The variance of a Poisson of mean 0.01 is
// known to 2.2 % of itself from so many, the others better: within 5 %.
TEST(Random, MomentsOfTheDistributions) {
  for (const double mean : {0.01, 0.7, 5.0, 11.9, 12.1, 40.0, 3000.0}) {
    Random random(1, 0, 0);
    const auto m = moments([&] { return double(random.poisson(mean)); });
    EXPECT_NEAR(m.mean, mean, 5 * std::sqrt(mean / 200000)) << mean;
    EXPECT_NEAR(m.variance, mean, 0.05 * mean) << mean;
  }
  for (const double shape : {0.3, 1.0, 4.0}) {
    Random random(2, 0, 0);
    const auto m = moments([&] { return random.gamma(shape); });
    EXPECT_NEAR(m.mean, shape, 5 * std::sqrt(shape / 200000)) << shape;
    EXPECT_NEAR(m.variance, shape, 0.05 * shape) << shape;
  }
  Random random(3, 0, 0);
  const auto m = moments([&] { return random.normal(); });
  EXPECT_NEAR(m.mean, 0, 0.012);
  EXPECT_NEAR(m.variance, 1, 0.03);
}

TEST(Random, StreamsDependOnSeedStepAndIdAlone) {
  EXPECT_EQ(Random(1, 2, 3).bits64(), Random(1, 2, 3).bits64());
  EXPECT_NE(Random(1, 2, 3).bits64(), Random(1, 2, 4).bits64());
  EXPECT_NE(Random(1, 2, 3).bits64(), Random(1, 3, 3).bits64());
  EXPECT_NE(Random(1, 2, 3).bits64(), Random(2, 2, 3).bits64());
}

TEST(Parallel, VisitsEveryItemOnce) {
  for (const int threads : {1, 2, 7}) {
    std::vector<std::atomic<int>> visits(1000);
    parallel_for(visits.size(), threads, [&](std::size_t i, int worker) {
      EXPECT_LT(worker, threads);
      ++visits[i];
    });
    for (const auto& v : visits) EXPECT_EQ(v, 1);
  }
}

TEST(Parallel, PassesOnTheException) {
  EXPECT_THROW(parallel_for(100, 3,
                            [](std::size_t i, int) {
                              if (i == 50) fail("item ", i);
                            }),
               UserError);
}

struct Sample {
  int count = 3;
  std::optional<double> level;
  Colour colour = Colour::red;
  std::array<double, 2> centre{1, 2};
  std::vector<int> steps{1, 2};
  void describe(OptionSet& options) {
    options.add("count", count, "how many").range(1, 10);
    options.add("level", level, "level").range(0, 1);
    options.add("colour", colour, "colour");
    options.add("center", centre, "centre").range(0, 10);
    options.add("steps", steps, "steps").range(1, 5);
  }
};

TEST(Options, ParsePrintAndCheck) {
  Sample sample;
  OptionSet set;
  sample.describe(set);
  const auto option = [&](const std::string& name) -> const Option& {
    for (const Option& o : set.all())
      if (o.name == name) return o;
    throw std::logic_error(name);
  };
  EXPECT_EQ(option("level").defaults, "auto");
  option("colour").parse("green");
  option("level").parse("0.25");
  option("center").parse("3,4.5");
  EXPECT_EQ(sample.colour, Colour::green);
  EXPECT_EQ(option("level").print(), "0.25");
  EXPECT_EQ(option("center").print(), "3,4.5");
  EXPECT_THROW(option("colour").parse("blue"), UserError);
  EXPECT_THROW(option("center").parse("3"), UserError);
  EXPECT_NO_THROW(set.check());
  sample.count = 11;
  EXPECT_THROW(set.check(), UserError);
  EXPECT_THROW(check_options(sample), UserError);
  sample.count = 3;
  for (const char* name : {"center", "steps"}) {  // every number of a list is held to the range
    EXPECT_NO_THROW(set.check());
    option(name).parse("3,20");
    EXPECT_THROW(set.check(), UserError) << name;
    option(name).parse("3,4");
  }
  sample.steps.clear();
  EXPECT_NO_THROW(set.check());
}

TEST(Quantum, MakesSumsExact) {
  constexpr std::size_t kTerms = 5000;
  const Quantum quantum(kTerms);  // terms in [-1, 1]
  std::vector<double> terms;
  double plain = 0, forward = 0, backward = 0;
  for (std::size_t n = 0; n < kTerms; ++n) {
    Random random(3, 0, n);
    terms.push_back((2 * random.uniform() - 1) * std::pow(10, -9 * random.uniform()));
  }
  for (const double term : terms) plain += term, forward += quantum.round(term);
  for (std::size_t n = kTerms; n-- > 0;) backward += quantum.round(terms[n]);
  EXPECT_EQ(forward, backward);
  // Half a quantum a term, as documented.
  EXPECT_NEAR(forward, plain, kTerms * 0.5 * kTerms * std::exp2(-50));
  for (const double term : terms)
    EXPECT_NEAR(quantum.round(term), term, 0.5 * kTerms * std::exp2(-50));
  EXPECT_EQ(Quantum(0).round(0), 0);
}

TEST(EqualParts, DifferByOneItem) {
  EXPECT_EQ(equal_parts(7, 3), (std::vector<std::size_t>{0, 2, 4, 7}));
  EXPECT_EQ(equal_parts(2, 4), (std::vector<std::size_t>{0, 0, 1, 1, 2}));
  EXPECT_EQ(equal_parts(0, 2), (std::vector<std::size_t>{0, 0, 0}));
}

TEST(Device, IsTheOneAskedForOrAnError) {
  EXPECT_THROW(choose_device(Device::cuda, nullptr), DeviceError);
  EXPECT_EQ(choose_device(Device::automatic, nullptr), Device::cpu);
  const CudaCount none = [](std::string* why) { return *why = "none here", 0; };
  const CudaCount one = [](std::string*) { return 1; };
  std::string why;
  EXPECT_THROW(choose_device(Device::cuda, none), DeviceError);
  EXPECT_EQ(choose_device(Device::automatic, none, &why), Device::cpu);
  EXPECT_EQ(why, "none here");
  EXPECT_EQ(choose_device(Device::automatic, one), Device::cuda);
  EXPECT_EQ(choose_device(Device::cpu, one), Device::cpu);
}

}  // namespace
}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
// Whole simulations: brightness, independence of threads and chunks, presets, contradictions.
#include "libspi/simulate/simulator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numeric>

#include "libspi/io/hdf5.h"
#include "libspi/simulate/quaternion_file.h"
#include "tests/unit/folder.h"

namespace spi {
namespace {

/// Melting gold on 64 x 64 pixels of 800 um: a sixteenth of the pixels, the same q.
SimulateOptions small(std::size_t frames) {
  SimulateOptions o;
  o.preset = Preset::melting_gold;
  o.pixels = PixelCounts{61, 61};
  o.pixel_size = Length{800e-6};
  o.frames = frames;
  return o;
}

struct Frames {
  FrameBlock block{.id = {}, .start = {0}, .pixel = {}, .count = {}};
  std::vector<ShotTruth> truth;
};

Frames run(const SimulateOptions& options, int threads, std::size_t chunk) {
  Frames all;
  Simulator(options.resolved(), 42, threads)
      .frames(
          [&](const FrameBlock& b, std::span<const ShotTruth> t) {
            for (std::size_t i = 0; i < b.id.size(); ++i) {
              all.block.id.push_back(b.id[i]);
              all.block.start.push_back(all.block.pixel.size() + b.start[i + 1]);
            }
            all.block.pixel.insert(all.block.pixel.end(), b.pixel.begin(), b.pixel.end());
            all.block.count.insert(all.block.count.end(), b.count.begin(), b.count.end());
            all.truth.insert(all.truth.end(), t.begin(), t.end());
          },
          silent_monitor(), chunk);
  return all;
}

std::vector<float> dense(const SimulateOptions& options, int threads, std::size_t chunk) {
  std::vector<float> all;
  Simulator(options.resolved(), 42, threads)
      .averages([&](const DenseBlock& b,
                    auto) { all.insert(all.end(), b.intensity.begin(), b.intensity.end()); },
                silent_monitor(), chunk);
  return all;
}

TEST(Simulator, FramesDependOnNeitherThreadsNorChunks) {
  SimulateOptions options = small(40);
  options.fluence = FluenceKind::gamma;
  options.readout_noise = 0.3;
  const Frames a = run(options, 1, 256), b = run(options, 3, 7);
  EXPECT_EQ(a.block.id, b.block.id);
  EXPECT_EQ(a.block.start, b.block.start);
  EXPECT_EQ(a.block.pixel, b.block.pixel);
  EXPECT_EQ(a.block.count, b.block.count);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(a.truth[i].expected, b.truth[i].expected);
}

TEST(Simulator, AveragesDependOnNeitherThreadsNorChunks) {
  SimulateOptions options = small(12);
  options.averages = true;
  EXPECT_EQ(dense(options, 1, 64), dense(options, 3, 5));
}

TEST(Simulator, MeanPhotonsAreWhatWasAskedFor) {
  SimulateOptions options = small(100);
  options.photons = 500;
  const Frames frames = run(options, 2, 64);
  double expected = 0;
  for (const ShotTruth& t : frames.truth) expected += t.expected / 100;
  EXPECT_NEAR(expected, 500, 0.5);  // exact below 128 frames but for single precision
  const double counted =
      std::accumulate(frames.block.count.begin(), frames.block.count.end(), 0.0) / 100;
  EXPECT_NEAR(counted, 500, 5 * std::sqrt(500.0 / 100));
}

TEST(Simulator, LargerParticlesAreBrighter) {
  // A cube's forward peak holds most photons and grows as volume^2 over its solid angle edge^-2:
  // photons as edge^4.
  SimulateOptions options = small(100);
  options.particles = "sphere";
  options.size_spread = 0.1;
  const Frames frames = run(options, 2, 64);
  for (const ShotTruth& t : frames.truth) {
    const double ratio = t.expected / frames.truth[0].expected;
    const double edges = t.shot.edge_A / frames.truth[0].shot.edge_A;
    EXPECT_NEAR(std::log(ratio), 4 * std::log(edges), 0.03);  // the rings that leave the detector
  }
  options.equal_photons = true;
  for (const ShotTruth& t : run(options, 2, 64).truth) EXPECT_NEAR(t.expected, 1000, 0.01);
}

TEST(Simulator, FluenceScalesTheExpectedPhotons) {
  SimulateOptions options = small(30);
  options.equal_photons = true;
  options.fluence = FluenceKind::gamma;
  for (const ShotTruth& t : run(options, 2, 64).truth)
    EXPECT_NEAR(t.expected, 1000 * t.fluence, 1e-6 * t.expected);
}

TEST(Simulator, NoiseFreeAveragesHoldTheirPhotons) {
  SimulateOptions options = small(3);
  options.averages = options.noise_free = true;
  options.photons = 1e5;
  const Simulator simulator(options.resolved(), 42, 1);
  simulator.averages(
      [&](const DenseBlock& b, std::span<const ShotTruth> truth) {
        for (std::size_t n = 0; n < 3; ++n) {
          double sum = 0;
          for (std::size_t i = 0; i < 61 * 61; ++i)
            sum += double{b.intensity[n * 61 * 61 + i]} * b.weight[n * 61 * 61 + i];
          EXPECT_NEAR(sum, 1e5, 1);  // single precision
          EXPECT_NEAR(truth[n].expected, 1e5, 1e-6);
        }
      },
      silent_monitor());
}

TEST(Simulator, NoPulseIsNoPhoton) {
  const test::Folder folder;
  std::ofstream(folder / "atom.pdb")
      << "HETATM    1  C   LIG A   1       1.000   0.000   0.000  1.00  0.00           C\n";
  SimulateOptions options = small(3);
  options.preset = Preset::neurorient;
  options.particles = (folder / "atom.pdb").string();
  options.pulse_photons = 0;
  const Frames frames = run(options, 1, 64);
  EXPECT_TRUE(frames.block.pixel.empty());
  for (const ShotTruth& t : frames.truth) EXPECT_EQ(t.expected, 0);
}

TEST(Simulator, TakesTheOrientationsThatAreGiven) {
  const test::Folder folder;
  const std::vector<double> rows{1, 0, 0, 0, 0, 0.6, 0, 0.8, 0.5, 0.5, -0.5, 0.5};
  h5::File file = h5::File::create(folder / "o.h5");
  file.write("/truth/quaternion", rows, {3, 4});
  file.close();
  std::ofstream(folder / "o.txt") << "# w x y z\n1 0 0 0\n\n0,0.6,0,0.8\n.5, .5, -.5, .5  # last\n";
  for (const char* name : {"o.h5", "o.txt"}) {
    SimulateOptions options = small(3);
    options.frames.reset();  // as many as there are
    options.quaternions = folder / name;
    const Frames frames = run(options, 2, 2);
    ASSERT_EQ(frames.truth.size(), 3u) << name;
    for (std::size_t i = 0; i < 3; ++i) {
      const auto [w, x, y, z] = frames.truth[i].shot.model_from_lab;
      EXPECT_NEAR(w * rows[4 * i] + x * rows[4 * i + 1] + y * rows[4 * i + 2] + z * rows[4 * i + 3],
                  1, 1e-12);
    }
    options.frames = 2;
    EXPECT_EQ(run(options, 1, 64).truth.size(), 2u);
    options.frames = 4;
    test::expect_error([&] { run(options, 1, 64); }, {name, "holds 3 orientations", "asks for 4"});
  }
}

TEST(Quaternions, ThatAreNoneAreRefused) {
  const test::Folder folder;
  const auto refused = [&](const std::string& text, const std::string& words) {
    std::ofstream(folder / "q.txt") << text;
    test::expect_error([&] { read_quaternions(folder / "q.txt"); }, {words, "q.txt"});
  };
  refused("", "holds none");
  refused("1 0 0\n", "3 numbers");
  refused("1 0 0 0 0\n", "5 numbers");
  refused("1 0 0 x\n", "'x' is not a number");
  refused("1 0 0 0\n0 0 0 0\n", "row 1 has norm 0");
  test::expect_error([&] { read_quaternions(folder / "absent.h5"); }, {"absent.h5"});
  h5::File file = h5::File::create(folder / "q.h5");
  file.write("/quaternion", std::vector<double>(6, 1), {2, 3});
  file.close();
  test::expect_error([&] { read_quaternions(folder / "q.h5"); }, {"(2, 3)", "q.h5"});
}

TEST(Simulator, NothingFallsOnTheBeamStop) {
  SimulateOptions options = small(20);
  options.beam_stop = 4.5;
  options.readout_noise = 1;
  const Frames frames = run(options, 2, 64);
  for (const auto pixel : frames.block.pixel) {
    const double x = pixel % 61 - 30.0, y = pixel / 61 - 30.0;
    EXPECT_GE(std::hypot(x, y), 4.49);
  }
}

TEST(Simulator, StopsWhenAsked) {
  struct Impatient final : Monitor {
    void message(Severity, const std::string&) override {}
    void begin(std::string_view, std::uint64_t) override {}
    void advance(std::uint64_t) override {}
    void end() override {}
    bool cancelled() const override { return true; }
  } monitor;
  const Simulator simulator(small(10).resolved(), 42, 1);
  EXPECT_THROW(simulator.frames([](const FrameBlock&, auto) {}, monitor), Cancelled);
}

TEST(SimulateOptions, PresetsYieldToWhatIsGiven) {
  SimulateOptions options;
  options.preset = Preset::neurorient;
  options.particles = "some.pdb";
  SimulateOptions full = options.resolved();
  EXPECT_EQ(full.photon_energy->electronvolts, 4600);
  EXPECT_EQ(full.pixels, (PixelCounts{128, 128}));
  EXPECT_EQ(full.pulse_photons, 1e14);
  options.distance = Length{0.3};
  options.photons = 1e4;
  full = options.resolved();
  EXPECT_EQ(full.distance->metres, 0.3);
  EXPECT_FALSE(full.pulse_photons.has_value());
  EXPECT_EQ(SimulateOptions{}.resolved().edge->metres, 42e-9);
}

TEST(SimulateOptions, RefuseContradictions) {
  const auto refused = [](auto spoil) {
    SimulateOptions options;
    spoil(options);
    EXPECT_THROW(options.resolved(), UserError);
  };
  refused([](auto& o) { o.photons = 1, o.pulse_photons = 1; });
  refused([](auto& o) { o.pulse_photons = 1e14; });  // of a cube
  refused([](auto& o) { o.noise_free = true; });
  refused([](auto& o) { o.fluence = FluenceKind::histogram; });
  refused([](auto& o) { o.detector = "d.h5", o.pixels = PixelCounts{1, 1}; });
  refused([](auto& o) { o.preset = Preset::neurorient; });
  refused([](auto& o) { o.edge = Length{-1}; });
  refused([](auto& o) { o.particles = "cylinder"; });
}

TEST(SimulateOptions, PixelCountsAreOneNumberOrTwo) {
  EXPECT_EQ(Text<PixelCounts>::parse("128"), (PixelCounts{128, 128}));
  EXPECT_EQ(Text<PixelCounts>::parse("260,257"), (PixelCounts{260, 257}));
  for (const char* text : {"0", "10,0", "x", "-3", "1,2,3", ""})
    EXPECT_THROW(Text<PixelCounts>::parse(text), UserError) << text;
}

TEST(Simulator, AbsoluteBrightness) {
  // 10^12 photons in a disc of area 1 um^2 onto one pixel of 1e-6 sr in line with the beam:
  // 1e12 / 1e-12 m^2 * (2.8179e-15 m)^2 * 1e-6 sr = 7.94e-12 a square electron.
  SimulateOptions options;
  options.pixels = PixelCounts{1, 1};
  Detector d = options.resolved().make_detector();
  d.distance_px = 1000;
  const Length radius{std::sqrt(1e-12 / 3.14159265358979)};
  EXPECT_NEAR(photons_per_square_electron(d, 1e12, radius) / 7.9408e-12, 1, 1e-4);
}

}  // namespace
}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
// The E and M step of the devices: all of it on the processor, and on a device where one is.
#include "libspi/polar/device_likelihood.h"

#include <gtest/gtest.h>

#include <numeric>

#include "libspi/base/random.h"
#include "libspi/cuda/devices.h"
#include "libspi/cuda/host_queue.h"
#include "libspi/polar/class_expectation.h"

namespace spi {
namespace {

/// Random rates and frames drawn from them.
struct Setting {
  std::size_t rings, angles, classes, frames;
  std::vector<std::size_t> limit;
  FluenceUse fluence;
  bool still;  ///< the first class stands still

  RateModel model{};
  BinnedFrames binned{};
  std::vector<double> area{};
  std::vector<float> phi{};

  void draw() {
    Random random(9, 0, 0);
    model = {classes, rings, angles, {}, std::vector<std::uint8_t>(classes, 1)};
    if (still) model.rotates[0] = 0;
    for (std::size_t n = 0; n < classes * rings * angles; ++n)
      model.rate.push_back(float(std::exp(0.8 * random.normal())));
    for (std::size_t b = 0; b < rings * angles; ++b)
      area.push_back(0.3 + 0.2 * random.uniform() - (b % 17 == 0 ? 0.3 : 0));  // some are masked
    for (std::size_t d = 0; d < frames; ++d) {
      phi.push_back(float(0.5 + random.uniform()));
      const float* rate = model.of(random.below(classes));
      float photons = 0;
      const std::size_t turn = random.below(angles);
      for (std::size_t b = 0; b < rings * angles; ++b) {
        const std::size_t turned = b / angles * angles + (b + turn) % angles;
        const double expected = phi[d] * area[b] * rate[turned];
        const auto count = std::size_t(expected * -std::log(1 - 0.999 * random.uniform()));
        if (count == 0) continue;
        binned.entry.push_back(std::uint32_t(b << 8 | (std::min<std::size_t>(count, 256) - 1)));
        photons += float(BinnedFrames::count_of(binned.entry.back()));
      }
      binned.start.push_back(binned.entry.size());
      binned.photons.push_back(photons);
    }
  }
  LikelihoodEngine engine() const {
    LikelihoodEngine engine(rings, angles, area, limit, fluence);
    engine.set_model(model, 1);
    return engine;
  }
  /// Tile n with the frames that are left for it.
  FrameTile tile(std::size_t n) const {
    FrameTile tile;
    tile.count = std::min(FrameTile::kLanes, frames - n * FrameTile::kLanes);
    for (std::size_t d = 0; d < tile.count; ++d) {
      const std::size_t at = n * FrameTile::kLanes + d;
      tile.photons[d] = binned.photons[at];
      tile.beta[d] = at % 3 == 0 ? 0.3f : 1.f;
      if (fluence == FluenceUse::known) tile.fluence[d] = phi[at];
    }
    return tile;
  }
  std::size_t tiles() const { return (frames + FrameTile::kLanes - 1) / FrameTile::kLanes; }
};

Setting turning() {
  Setting s{5, 36, 7, 150, {4, 8, 12, 18, 18}, FluenceUse::free, false};
  s.draw();
  return s;
}
/// Known fluences, a class that stands still, no multiple of a fragment's size anywhere, more than
/// one block of tiles.
Setting odd_sizes() {
  Setting s{3, 50, 3, 1100, {1, 7, 11}, FluenceUse::known, true};
  s.draw();
  return s;
}

constexpr std::size_t kLanes = FrameTile::kLanes, kBest = 4;
constexpr TileReturns kReturns{.shares = true, .best = kBest};

/// The same classes at the same shifts, but for such as are as good: `peak` [K][lanes] is what the
/// processor ranks by.
void expect_the_same_best(const FrameTile& tile, const FrameTile& other,
                          const std::vector<float>& peak) {
  ASSERT_EQ(tile.best.size(), other.best.size());
  for (std::size_t n = 0; n < tile.best.size(); ++n) {
    const std::size_t d = n % kLanes;
    if (d >= tile.count) continue;
    const ClassShift a = tile.best[n], b = other.best[n];
    ASSERT_LT(b.k * kLanes, peak.size());
    ASSERT_TRUE(a.k != b.k || a.shift == b.shift) << n;
    ASSERT_NEAR(peak[a.k * kLanes + d], peak[b.k * kLanes + d], 3e-4) << n;
  }
}

/// All blocks to the device and back, one ahead, as averaging does.
void pass(const Setting& setting, DeviceLikelihood& device, RateSums* sums,
          std::vector<FrameTile>& tiles) {
  device.begin(sums);
  const std::size_t step = RateSums::kBlockTiles;
  for (std::size_t n = 0; n < tiles.size(); n += step) {
    const std::size_t count = std::min(step, tiles.size() - n);
    std::vector<std::size_t> rows(std::min(setting.frames - n * kLanes, count * kLanes));
    std::iota(rows.begin(), rows.end(), n * kLanes);
    device.submit(std::span(tiles).subspan(n, count), setting.binned, rows);
    if (n > 0) device.collect();
  }
  device.collect();
  if (sums) device.finish(*sums);
}

void expect_that_of_the_processor(const Setting& setting, const LikelihoodEngine& engine,
                                  DeviceLikelihood& device) {
  RateSums sums(engine, 1e6), device_sums(engine, 1e6);
  std::vector<FrameTile> tiles, others;
  std::vector<std::vector<float>> peaks;
  LikelihoodEngine::Scratch scratch;
  for (std::size_t n = 0; n < setting.tiles(); ++n) {
    tiles.push_back(setting.tile(n));
    others.push_back(setting.tile(n));
    std::vector<std::size_t> rows(tiles[n].count);
    std::iota(rows.begin(), rows.end(), n * kLanes);
    const FrameTile conditions = tiles[n];
    engine.load(setting.binned, rows, tiles[n], scratch);
    tiles[n].beta = conditions.beta, tiles[n].fluence = conditions.fluence;
    engine.expect(tiles[n], scratch);
    engine.rank_classes(std::min(kBest, setting.classes), scratch, tiles[n]);
    peaks.push_back(scratch.best);
  }
  sums.add(tiles, 0, 1);
  sums.finish(1);
  std::vector<FrameTile> looked_at = others;
  pass(setting, device, &device_sums, others);
  device_sums.finish(1);
  pass(setting, device, nullptr, looked_at);  // the E step only

  // Gains are sums of up to some hundred photons times |ln W| < 4 in single precision: 1e-4 nats,
  // and so 1e-4 of a probability; what follows from them the same.
  for (std::size_t n = 0; n < tiles.size(); ++n) {
    expect_the_same_best(tiles[n], others[n], peaks[n]);
    EXPECT_EQ(looked_at[n].posterior, others[n].posterior);
    for (std::size_t d = 0; d < tiles[n].count; ++d) {
      const FramePosterior &a = tiles[n].result[d], &b = others[n].result[d];
      ASSERT_EQ(a.best_class, b.best_class) << n << " " << d;
      ASSERT_EQ(a.best_shift, b.best_shift) << n << " " << d;
      ASSERT_NEAR(a.gain, b.gain, 3e-4);
      ASSERT_NEAR(a.probability, b.probability, 1e-4);
      ASSERT_NEAR(a.fluence, b.fluence, 1e-4);
      ASSERT_NEAR(a.information, b.information, 5e-4);
      ASSERT_NEAR(a.log_evidence, b.log_evidence, 5e-4);
      for (std::size_t k = 0; k < setting.classes; ++k)
        ASSERT_NEAR(tiles[n].posterior[k * kLanes + d], others[n].posterior[k * kLanes + d], 1e-4);
    }
  }
  // Sums over the frames of a class: photons times what a posterior is off by.
  const std::size_t bins = setting.rings * setting.angles;
  std::vector<double> a(bins), b(bins), c(bins), d(bins);
  for (std::size_t k = 0; k < setting.classes; ++k)
    for (int half = 0; half < 2; ++half) {
      sums.on_bins(k, half, a.data(), b.data());
      device_sums.on_bins(k, half, c.data(), d.data());
      double largest = 0;
      for (const double x : a) largest = std::max(largest, std::abs(x));
      ASSERT_GT(largest, 1);
      for (std::size_t n = 0; n < bins; ++n) {
        ASSERT_NEAR(a[n], c[n], 2e-4 * largest) << k << " " << half << " " << n;
        ASSERT_NEAR(b[n], d[n], 2e-4 * largest) << k << " " << half << " " << n;
      }
    }
}

class Emulated : public testing::Test {
 protected:
  ~Emulated() override { cuda::HostQueue::pretended_bytes = 1e9; }
};

TEST_F(Emulated, ClassesThatTurn) {
  const Setting setting = turning();
  const LikelihoodEngine engine = setting.engine();
  cuda::ClassExpectation<cuda::HostQueue> device(engine, kReturns);
  expect_that_of_the_processor(setting, engine, device);
  EXPECT_EQ(device.lanes(), 1024u);
}

TEST_F(Emulated, OddSizesAndMoreThanABlock) {
  const Setting setting = odd_sizes();
  const LikelihoodEngine engine = setting.engine();
  cuda::ClassExpectation<cuda::HostQueue> device(engine, kReturns);
  expect_that_of_the_processor(setting, engine, device);
}

TEST_F(Emulated, InChunksWhereMemoryIsShort) {
  const Setting setting = odd_sizes();
  const LikelihoodEngine engine = setting.engine();
  cuda::HostQueue::pretended_bytes = 5e5;
  cuda::ClassExpectation<cuda::HostQueue> device(engine, kReturns);
  expect_that_of_the_processor(setting, engine, device);
  EXPECT_LT(device.lanes(), 1024u);
  cuda::HostQueue::pretended_bytes = 1e4;
  cuda::ClassExpectation<cuda::HostQueue> starved(engine, kReturns);
  const RateSums sums(engine, 1e6);
  EXPECT_THROW(starved.begin(&sums), UserError);
}

TEST_F(Emulated, SumsBeginWhenTheyAreFirstWanted) {
  const Setting setting = turning();
  const LikelihoodEngine engine = setting.engine();
  cuda::ClassExpectation<cuda::HostQueue> device(engine, kReturns);
  std::vector<FrameTile> tiles;
  for (std::size_t n = 0; n < setting.tiles(); ++n) tiles.push_back(setting.tile(n));
  pass(setting, device, nullptr, tiles);
  expect_that_of_the_processor(setting, engine, device);
}

/// Peaks of few values, so that many are equal; fewer and more classes than a block has warps.
TEST_F(Emulated, BestClassesAreThoseOfTheProcessor) {
  for (const std::size_t classes : {1, 5, 33, 200}) {
    const std::size_t most = std::min<std::size_t>(classes, 40);
    LikelihoodEngine engine(1, 4, std::vector<double>(4, 1), {1}, FluenceUse::free);
    const RateModel flat{classes, 1, 4, std::vector<float>(classes * 4, 1),
                         std::vector<std::uint8_t>(classes, 1)};
    engine.set_model(flat, 1);
    LikelihoodEngine::Scratch scratch;
    Random random(3, 0, classes);
    for (std::size_t n = 0; n < classes * kLanes; ++n) {
      scratch.best.push_back(float(random.below(n % kLanes + 1)) - 5);  // of lane 0 all the same
      scratch.at.push_back(std::uint32_t(random.below(4)));
    }
    FrameTile tile;
    tile.count = kLanes;
    engine.rank_classes(most, scratch, tile);
    std::vector<ClassShift> best(most * kLanes);
    const cuda::ClassParts parts{scratch.best.data(), nullptr, nullptr, nullptr, scratch.at.data()};
    const cuda::BestClasses kernel{std::int64_t(kLanes), std::int64_t(classes), int(most), parts,
                                   best.data()};
    cuda::HostQueue().launch(kernel, kernel.grid());
    for (std::size_t n = 0; n < best.size(); ++n) {
      ASSERT_EQ(best[n].k, tile.best[n].k) << classes << " " << n;
      ASSERT_EQ(best[n].shift, tile.best[n].shift) << classes << " " << n;
    }
    EXPECT_EQ(best[0].k, 0u);
  }
}

/// A grid's second and third axis end at 65 535 blocks.
TEST_F(Emulated, EveryClassHasItsBlockHoweverManyThereAre) {
  for (const std::int64_t classes : {1, 32768, 32769, 100000}) {
    const cuda::Posteriors kernel{nullptr, 64, classes, nullptr, nullptr, {}, {}, {}};
    const cuda::Grid grid = kernel.grid();
    EXPECT_EQ(grid.x, 2u);
    EXPECT_LT(grid.y, 65536u);
    std::int64_t busy = 0;
    for (unsigned z = 0; z < grid.z; ++z)
      for (unsigned y = 0; y < grid.y; ++y) busy += kernel.steps({0, y, z}) > 0;
    EXPECT_EQ(busy, classes);
  }
}

TEST(CudaLikelihood, IsThatOfTheProcessor) {
  std::string why = "this build has no CUDA kernels";
  if (!cuda::kernel_devices() || cuda::kernel_devices()(&why) == 0) GTEST_SKIP() << why;
  for (const Setting& setting : {turning(), odd_sizes()}) {
    const LikelihoodEngine engine = setting.engine();
    const auto device = likelihood_on_cuda(engine, kReturns, 0);
    expect_that_of_the_processor(setting, engine, *device);
  }
}

}  // namespace
}  // namespace spi

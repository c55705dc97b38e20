// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selection/members.h"

#include <cmath>
#include <map>
#include <set>

#include "libspi/base/random.h"
#include "libspi/io/hdf5.h"
#include "tests/unit/io/fixtures.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

using test::expect_error;
using Ids = std::vector<std::uint64_t>;

/// Members of averages whose ids are 100, 101, ...
struct Members {
  Ids frame;
  std::vector<std::int32_t> row;
  std::vector<float> probability, angle, fluence;

  void add(std::uint64_t f, std::int32_t k, float p) {
    frame.push_back(f);
    row.push_back(k);
    probability.push_back(p);
    angle.push_back(float(frame.size()));
    fluence.push_back(2 * float(frame.size()));
  }
};

class MemberFiles : public test::InFolder {
 protected:
  fs::path write(const Members& m, std::size_t averages) {
    h5::File file = h5::File::create(at("averages.h5"));
    file.set_attribute("/", "format", "spi-averages");
    file.set_attribute("/", "format_version", std::int64_t{1});
    file.write("/intensity", std::vector<float>(averages), {averages, 1, 1});
    Ids ids;
    for (std::size_t k = 0; k < averages; ++k) ids.push_back(100 + k);
    file.write("/id", ids);
    file.write("/members/frame", m.frame);
    file.write("/members/class", m.row);
    file.write("/members/probability", m.probability);
    file.write("/members/angle", m.angle);
    file.write("/members/fluence", m.fluence);
    file.close();
    return at("averages.h5");
  }
  Selection behind(const Ids& averages, double min_probability = 0) {
    return frames_behind({.of = SelectionOf::averages, .id = averages}, at("averages.h5"),
                         min_probability, silent_monitor());
  }
};

TEST_F(MemberFiles, FrameComesOnceWithItsBestSelectedAverage) {
  Members m;
  m.add(7, 0, 0.6f);  // first run
  m.add(3, 1, 0.9f);
  m.add(9, 2, 0.5f);
  m.add(7, 1, 0.8f);  // second run
  m.add(3, 2, 1.0f);
  m.add(4, 0, 0.3f);
  write(m, 3);
  const Selection some = behind({100, 101});
  EXPECT_EQ(some.of, SelectionOf::frames);
  EXPECT_EQ(some.id, (Ids{3, 4, 7}));
  EXPECT_EQ(some.average, (Ids{101, 100, 101}));  // 3 is likelier in 102, which is not selected
  EXPECT_EQ(some.probability, (std::vector<float>{0.9f, 0.3f, 0.8f}));
  EXPECT_EQ(some.angle, (std::vector<float>{2, 6, 4}));
  EXPECT_EQ(some.fluence, (std::vector<float>{4, 12, 8}));
  EXPECT_EQ(some.count, 4u);
  EXPECT_EQ(some.index, (Ids{0, 1, 2}));
  EXPECT_EQ(behind({100, 101}, 0.8).id, (Ids{3, 7}));  // 0.8 as written, not as a double
  EXPECT_EQ(behind({}).size(), 0u);
}

TEST_F(MemberFiles, ManyRunsAgreeWithTheDefinition) {
  constexpr std::size_t kMembers = 20000, kAverages = 30;
  Members m;
  std::map<std::uint64_t, std::size_t> best;
  std::set<std::uint64_t> all;
  const std::set<std::int32_t> wanted{3, 4, 17};
  for (std::size_t i = 0; i < kMembers; ++i) {
    Random random(9, 0, i);
    m.add(random.below(5000) * 3, std::int32_t(random.below(kAverages)),
          float(random.below(50)) / 50);  // with ties
    all.insert(m.frame[i]);
    if (!wanted.contains(m.row[i]) || m.probability[i] < 0.2f) continue;
    const auto [at, is_new] = best.emplace(m.frame[i], i);
    if (is_new) continue;
    const std::size_t old = at->second;
    if (std::pair(-m.probability[i], m.row[i]) < std::pair(-m.probability[old], m.row[old]))
      at->second = i;
  }
  write(m, kAverages);
  const Selection frames = behind({103, 104, 117}, 0.2);
  ASSERT_EQ(frames.size(), best.size());
  EXPECT_EQ(frames.count, all.size());
  std::size_t k = 0;
  for (const auto& [frame, i] : best) {
    EXPECT_EQ(frames.id[k], frame);
    EXPECT_EQ(frames.index[k], std::size_t(std::distance(all.begin(), all.find(frame))));
    EXPECT_EQ(frames.average[k], 100u + std::size_t(m.row[i]));
    EXPECT_EQ(frames.probability[k], m.probability[i]);
    ++k;
  }
}

TEST_F(MemberFiles, EveryFrameIsBehindAllAverages) {
  Members m;
  for (std::uint64_t i = 0; i < 1000; ++i) m.add(i % 300, std::int32_t(i % 5), 0.5f);
  write(m, 5);
  EXPECT_EQ(behind({100, 101, 102, 103, 104}).size(), 300u);
}

TEST_F(MemberFiles, DragonflyOutputHasMembersToo) {
  h5::File file = h5::File::create(at("averages.h5"));
  file.write("/intens", std::vector<float>(2), {2, 1, 1});
  file.write("/orientations", std::vector<std::int32_t>{0, 3, -1, 5, 2});  // class + 2 · rotation
  file.write("/scale", std::vector<double>{1, 2, 3, 4, 5});
  file.write("/quaternions", std::vector<double>{0, 0, 0, 0, 1, .5, 0, 0, 0, 1, .75, 0, 0, 0, 1},
             {3, 5});
  file.close();
  const Selection frames = behind({1});
  EXPECT_EQ(frames.id, (Ids{1, 3}));
  EXPECT_EQ(frames.angle, (std::vector<float>{.5f, .75f}));
  EXPECT_EQ(frames.fluence, (std::vector<float>{2, 4}));
  EXPECT_TRUE(std::isnan(frames.probability[0]));
  expect_error([&] { behind({1}, 0.5); }, {"no probabilities", "--min-probability"});
}

TEST_F(MemberFiles, FramesArePlacedInFileOrder) {
  Selection frames{.of = SelectionOf::frames,
                   .id = {2, 5, 9},
                   .average = {20, 50, 90},
                   .probability = {2, 5, 9},
                   .angle = {2, 5, 9},
                   .fluence = {2, 5, 9}};
  place_frames(frames, {9, 1, 2, 7, 5}, "f");
  EXPECT_EQ(frames.index, (Ids{0, 2, 4}));
  EXPECT_EQ(frames.id, (Ids{9, 2, 5}));
  EXPECT_EQ(frames.average, (Ids{90, 20, 50}));
  EXPECT_EQ(frames.angle, (std::vector<float>{9, 2, 5}));
  EXPECT_EQ(frames.count, 5u);
  expect_error(
      [&] {
        place_frames(frames, {9, 1, 2}, "frames.h5");
      },
      {"frame 5 is selected", "the 3 frames of frames.h5"});
}

TEST_F(MemberFiles, WhatDoesNotFitIsRefused) {
  Members m;
  m.add(7, 5, 0.5f);
  write(m, 3);
  expect_error([&] { behind({100, 99}); }, {"holds 1 of the 2 selected averages"});
  expect_error([&] { behind({100}); }, {"frame 7 belongs to average 5 of 3"});
  m.angle.clear();
  write(m, 3);
  expect_error([&] { behind({100}); }, {"/members/angle has shape (0"});
  h5::File::create(at("averages.h5")).close();
  expect_error([&] { behind({100}); }, {"does not say which frames", "spi-average"});
  h5::File file = h5::File::create(at("averages.h5"));
  file.write("/intens", std::vector<float>(), {0, 1, 1});
  file.write("/orientations", std::vector<std::int32_t>{0});
  file.close();
  expect_error([&] { behind({}); }, {"no 2D run", "(0, 1, 1)"});
}

}  // namespace
}  // namespace spi

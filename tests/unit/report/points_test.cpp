// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/report/points.h"

#include <algorithm>
#include <cmath>

#include "tests/unit/report/small_run.h"

namespace spi {
namespace {

namespace fs = std::filesystem;

class Points : public test::RunFolder {
 protected:
  PointSet read(const std::string& name) {
    run_ = find_run({folder_.path()}, at("report.html"), silent_monitor());
    const auto file = std::ranges::find(run_.files, at(name), &RunFile::path);
    return read_points(*file, run_);
  }
  static const PointColumn* find(const PointSet& points, const std::string& name) {
    const auto found = std::ranges::find(points.columns, name, &PointColumn::name);
    return found == points.columns.end() ? nullptr : &*found;
  }

  RunFiles run_;
};

TEST_F(Points, AreJoinedWithWhatIsKnownOfTheSamePatterns) {
  write_averages("averages.h5", {5, 6, 7});
  write_landscape("clpca.h5", {7, 5}, "averages.h5");
  write_latents("latents.h5", {7}, "averages.h5");
  const PointSet points = read("clpca.h5");
  EXPECT_EQ(points.ids, (test::Ids{7, 5}));
  EXPECT_EQ(points.columns[points.x].name, "c1");
  EXPECT_EQ(points.columns[points.y].name, "c2");
  ASSERT_TRUE(find(points, "gain"));
  EXPECT_EQ(find(points, "gain")->values, (std::vector<double>{20, 0}));
  ASSERT_TRUE(find(points, "z1"));
  EXPECT_EQ(find(points, "z1")->values[0], 3.5);
  EXPECT_TRUE(std::isnan(find(points, "z1")->values[1]));  // id 5 has no latent place
  EXPECT_EQ(points.columns.at(points.color.value()).name, "gain");
  ASSERT_TRUE(patterns_of(points, run_));
  EXPECT_EQ(patterns_of(points, run_)->path, at("averages.h5"));
}

TEST_F(Points, BeginWithTheFirstTwoCoordinates) {
  write_averages("averages.h5", {0, 1});
  h5::File file = h5::File::create(at("embedding.h5"));
  write_record(file, "spi-embedding", record({"averages.h5"}));
  file.write("/distance", std::vector<float>{0.5, 0.75});  // stands before the coordinates
  file.write("/embedding", std::vector<float>{1, 10, 2, 20}, {2, 2});
  file.write("/id", test::Ids{0, 1});
  file.close();
  const PointSet points = read("embedding.h5");
  EXPECT_EQ(points.columns[points.x].values, (std::vector<double>{1, 2}));
  EXPECT_EQ(points.columns[points.y].values, (std::vector<double>{10, 20}));
}

TEST_F(Points, OfOtherPatternsWithEqualIdsAreLeftAlone) {
  write_averages("averages.h5", {0, 1});
  write_averages("others.h5", {0, 1, 2});
  write_landscape("clpca.h5", {0, 1}, "averages.h5");
  write_latents("latents.h5", {0, 1}, "others.h5");
  const PointSet points = read("clpca.h5");
  EXPECT_FALSE(find(points, "z1"));
  EXPECT_EQ(find(points, "gain")->values, (std::vector<double>{0, 10}));
  EXPECT_NE(points.origin, read("latents.h5").origin);
}

TEST_F(Points, FollowTheirPatternsThroughOtherFiles) {
  write_averages("averages.h5", {0, 1});
  write_landscape("clpca.h5", {0, 1}, "averages.h5");
  h5::File clusters = h5::File::create(at("clusters.h5"));
  write_record(clusters, "spi-clusters", record({"clpca.h5"}));
  clusters.write("/id", test::Ids{1, 0});
  clusters.write("/cluster", std::vector<std::int32_t>{1, -1});
  clusters.close();
  const PointSet points = read("clpca.h5");
  ASSERT_TRUE(find(points, "cluster"));
  EXPECT_EQ(find(points, "cluster")->values, (std::vector<double>{-1, 1}));
  fs::remove(at("averages.h5"));  // its fingerprint still says that they belong together
  EXPECT_FALSE(find(read("clpca.h5"), "cluster") == nullptr);
}

TEST_F(Points, OfALatentSpaceHaveTheStatesThatWereDecoded) {
  write_averages("averages.h5", {0, 1});
  write_latents("latents.h5", {0, 1}, "averages.h5");
  h5::File model = h5::File::create(at("vae.pt"));
  write_record(model, "spi-vae", record({"averages.h5"}));
  model.write("/latents/id", test::Ids{0, 1});
  model.write("/latents/mu", std::vector<float>{1, 2}, {2, 1});
  model.write("/latents/sigma", std::vector<float>{1, 1}, {2, 1});
  model.close();
  h5::File volumes = h5::File::create(at("states.h5"));
  write_record(volumes, "spi-volumes", record({"vae.pt"}));
  volumes.write("/z", std::vector<double>{-1, 0, 1}, {3, 1});
  volumes.close();
  const PointSet points = read("vae.pt");
  EXPECT_EQ(points.marks.columns, std::vector<std::string>{"z1"});
  EXPECT_EQ(points.marks.places, (std::vector<std::vector<double>>{{-1}, {0}, {1}}));
  EXPECT_TRUE(read("latents.h5").marks.places.empty());  // not known to be of that model
}

}  // namespace
}  // namespace spi

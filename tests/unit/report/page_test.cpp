// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/report/page.h"

#include "libspi/report/html.h"
#include "libspi/report/thumbnails.h"
#include "tests/unit/plot/bitmap.h"
#include "tests/unit/report/small_run.h"

namespace spi {
namespace {

using test::write_file;

class Page : public test::RunFolder {
 protected:
  ReportPage make(const ReportOptions& options = {}) {
    const RunFiles run = find_run({folder_.path()}, at("report.html"), silent_monitor());
    return report_page(run, options, at("report.html"), {}, silent_monitor());
  }
  static std::size_t count(const std::string& text, const std::string& part) {
    std::size_t n = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
    return n;
  }
  static bool holds(const ReportPage& page, const std::string& part) {
    return page.html.find(part) != page.html.npos;
  }
};

TEST_F(Page, HasTheSectionsOfItsFilesInOrder) {
  write_averages("averages.h5", {1, 2});
  write_landscape("clpca.h5", {1, 2}, "averages.h5");
  write_latents("latents.h5", {1, 2}, "averages.h5");
  write_file(at("movie.mp4"), "movie");
  write_file(at("notes.txt"), "notes");
  const ReportPage page = make({.title = "Gold & <silver>"});
  EXPECT_EQ(page.plots, 2u);
  std::size_t last = 0;
  for (const char* title :
       {"What was run", "Averages", "Landscape", "Latent space", "Movies", "Other files"}) {
    const std::size_t place = page.html.find("<h2>" + std::string(title) + "</h2>");
    ASSERT_NE(place, page.html.npos) << title;
    EXPECT_GT(place, last) << title;
    last = place;
  }
  EXPECT_FALSE(holds(page, "<h2>Orientations"));
  EXPECT_TRUE(holds(page, "<title>Gold &amp; &lt;silver&gt;</title>"));
  EXPECT_TRUE(holds(page, "spi-test &lt;a &amp; b&gt;"));
  EXPECT_EQ(count(page.html, "<img hidden"), 1u);  // both plots show the same averages
}

TEST_F(Page, MarksInputsThatHaveChanged) {
  write_averages("averages.h5", {1, 2});
  write_landscape("clpca.h5", {1, 2}, "averages.h5");
  EXPECT_FALSE(holds(make(), "changed since"));
  write_averages("averages.h5", {1, 2, 3});
  EXPECT_TRUE(holds(make(), "changed since"));
}

TEST_F(Page, EmbedsWhileThereIsRoomAndLinksBeyond) {
  write_averages("averages.h5", {1, 2});
  const std::string picture(30000, 'p'), movie(60000, 'm');
  write_file(at("averages-a.png"), picture);
  write_file(at("averages-b.png"), picture);
  write_file(at("movie 1.mp4"), movie);
  const std::string link = "href=\"./movie%201.mp4\"";
  const ReportPage all = make();
  EXPECT_EQ(count(all.html, html::base64(picture)), 2u);
  EXPECT_EQ(count(all.html, html::base64(movie)), 1u);
  EXPECT_EQ(all.linked, 0u);
  const ReportPage no_movie = make({.max_movie = {50000}});
  EXPECT_EQ(count(no_movie.html, html::base64(movie)), 0u);
  EXPECT_TRUE(holds(no_movie, link));
  EXPECT_EQ(no_movie.linked, 1u);
  const ReportPage one_picture = make({.max_size = {50000}});  // 40 000 bytes each in base64
  EXPECT_EQ(count(one_picture.html, html::base64(picture)), 1u);
  EXPECT_EQ(one_picture.linked, 2u);
  EXPECT_LT(one_picture.html.size(), make({.max_size = {0}}).html.size() + 50000);
}

TEST_F(Page, ShowsTheFirstRowsOfTables) {
  write_averages("averages.h5", {1, 2});
  write_file(at("averages-quality.csv"), "name,value\nfirst<,1.5\nsecond,\nthird,3\n");
  const ReportPage page = make({.table_rows = 2});
  EXPECT_TRUE(holds(page, "<td>first&lt;</td><td>1.5</td>"));
  EXPECT_TRUE(holds(page, "first 2 of 3 rows"));
  EXPECT_FALSE(holds(page, "third"));
}

TEST_F(Page, SaysWhatIsWrongWithAFileAndShowsTheOthers) {
  write_averages("averages.h5", {1, 2});
  write_landscape("clpca.h5", {1, 2}, "averages.h5");
  h5::File file = h5::File::create(at("bad.h5"));
  write_record(file, "spi-latents", record({"averages.h5"}));
  file.write("/id", test::Ids{1, 2});
  file.close();
  h5::File cut = h5::File::create(at("cut.h5"));
  write_record(cut, "spi-latents", record({"averages.h5"}));
  cut.write("/id", test::Ids{1, 2});
  cut.write("/mu", std::vector<float>{1}, {1, 1});
  cut.close();
  const ReportPage page = make();
  EXPECT_EQ(page.plots, 1u);
  EXPECT_TRUE(holds(page, "<p class=\"changed\">" + at("bad.h5").string()));
  EXPECT_TRUE(holds(page, "<p class=\"changed\">" + at("cut.h5").string()));
}

TEST_F(Page, HasNoThumbnailsOfManyAverages) {
  write_averages("averages.h5", {1, 2, 3});
  write_landscape("clpca.h5", {1, 2, 3}, "averages.h5");
  EXPECT_TRUE(holds(make({.thumbnails = 3}), "<img hidden"));
  EXPECT_FALSE(holds(make({.thumbnails = 2}), "<img hidden"));
}

TEST_F(Page, ThumbnailsStandInTheOrderOfTheIds) {
  // Pattern k is bright in column k alone, and its last column was not measured.
  AveragesWriter writer(at("averages.h5"), {.rows = 2, .columns = 4}, {});
  for (std::size_t k = 0; k < 3; ++k) {
    std::vector<float> pattern(8, 1), weight(8, 1);
    pattern[k] = pattern[k + 4] = 100;
    weight[3] = weight[7] = 0;
    writer.append(pattern, weight);
  }
  writer.finish({.id = {9, 4, 6}});
  const ThumbnailSheet sheet = make_thumbnails(at("averages.h5"), silent_monitor());
  EXPECT_EQ(sheet.ids, (test::Ids{9, 4, 6}));
  ASSERT_EQ(sheet.per_row, 2u);
  const plot::Bitmap read(sheet.png);
  ASSERT_EQ(read.width, 8);
  ASSERT_EQ(read.height, 4);
  const auto brightest = plot::packed(plot::color_at(plot::ColorMap::magma, 1));
  for (int k = 0; k < 3; ++k)
    for (int x = 0; x < 4; ++x) {
      const auto pixel = read.at(k % 2 * 4 + x, k / 2 * 2);
      EXPECT_EQ(pixel == brightest, x == k) << k << " " << x;
      EXPECT_EQ(pixel == plot::packed(plot::kMissing), x == 3) << k << " " << x;
    }
}

}  // namespace
}  // namespace spi

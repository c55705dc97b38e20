// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/report/html.h"

#include <gtest/gtest.h>

#include <limits>

#include "libspi/report/png.h"
#include "tests/unit/plot/bitmap.h"

namespace spi {
namespace {

TEST(Html, TextCannotBecomeMarkup) {
  EXPECT_EQ(html::escaped("<b title=\"a\">'&amp;"), "&lt;b title=&quot;a&quot;&gt;&#39;&amp;amp;");
  EXPECT_EQ(html::escaped("10 Å, ≤ 3\n"), "10 Å, ≤ 3\n");
  EXPECT_EQ(html::escaped(std::string_view("a\0b\x1b", 4)),
            "a\uFFFD"
            "b\uFFFD");
}

TEST(Html, BytesThatAreNoUtf8AreReplaced) {
  EXPECT_EQ(html::escaped("a\xff"
                          "b"),
            "a\uFFFD"
            "b");
  EXPECT_EQ(html::escaped("\xC3"), "\uFFFD");                      // cut short
  EXPECT_EQ(html::escaped("\xC0\xBC"), "\uFFFD\uFFFD");            // '<' in a form too long
  EXPECT_EQ(html::escaped("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // half a surrogate pair
}

TEST(Html, Base64HoldsToTheVectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(html::base64(bytes), text);
    EXPECT_EQ(html::base64_size(std::string_view(bytes).size()), std::string_view(text).size());
  }
  EXPECT_EQ(html::base64("\xfb\xff\xfe"), "+//+");
}

TEST(Html, JsonEndsNoScript) {
  EXPECT_EQ(html::json("</script>\"\\\n"), "\"\\u003c/script>\\\"\\\\\\u000a\"");
  EXPECT_EQ(
      html::json(std::vector<double>{1, 0.123456789, std::numeric_limits<double>::infinity()}),
      "[1,0.123457,null]");
  EXPECT_EQ(html::json(std::vector<std::string>{"a", "<"}), "[\"a\",\"\\u003c\"]");
}

TEST(Html, AddressesAreEncoded) {
  EXPECT_EQ(html::address_of("run 1/a#b%é.h5"), "run%201/a%23b%25%C3%A9.h5");
}

TEST(Png, ReadsBackAsDrawn) {
  const std::vector<plot::Rgb> palette{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  const std::vector<std::uint8_t> indices{0, 1, 2, 2, 1, 0};
  const plot::Bitmap read(palette_png(3, 2, indices, palette));
  ASSERT_EQ(read.width, 3);
  ASSERT_EQ(read.height, 2);
  for (std::size_t k = 0; k < indices.size(); ++k)
    EXPECT_EQ(read.rgb[k], plot::packed(palette[indices[k]])) << k;
}

}  // namespace
}  // namespace spi

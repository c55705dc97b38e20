// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/embedding/clpca.h"

#include <gtest/gtest.h>

#include "libspi/base/random.h"
#include "libspi/io/hdf5.h"
#include "tests/unit/folder.h"

namespace spi {
namespace {

constexpr std::size_t kPatterns = 40;

class ClpcaOfMatrix : public testing::Test {
 protected:
  ClpcaOfMatrix() {
    std::vector<float> cc(kPatterns * kPatterns, 1);
    Random random(1, 0, 0);
    for (std::size_t i = 0; i < kPatterns; ++i)
      for (std::size_t j = 0; j < i; ++j)
        cc[i * kPatterns + j] = cc[j * kPatterns + i] = float(random.uniform());
    h5::File file = h5::File::create(folder_ / "cc.h5");
    file.write("/cc_matrix", cc, {kPatterns, kPatterns});
    file.close();
  }
  Clpca made_with(const ClpcaOptions& options) const {
    return clpca_of_matrix(folder_ / "cc.h5", options, 1, 2, silent_monitor());
  }

 private:
  test::Folder folder_;
};

TEST_F(ClpcaOfMatrix, HasAShareOfTheVarianceForEveryComponentThatIsKept) {
  for (const std::size_t components : {3, 30}) {
    ClpcaOptions options;
    options.map.components = components;
    options.bootstrap = 2;
    const Clpca result = made_with(options);
    EXPECT_EQ(result.map.components, components);
    EXPECT_EQ(result.scree.size(), std::max<std::size_t>(20, components));
    EXPECT_EQ(result.errors->explained_variance_ratio_error.size(), components);
  }
}

TEST_F(ClpcaOfMatrix, RefusesErrorsFromOneDraw) {
  ClpcaOptions options;
  options.bootstrap = 1;
  EXPECT_THROW(made_with(options), UsageError);
}

}  // namespace
}  // namespace spi

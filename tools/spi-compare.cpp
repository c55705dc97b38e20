// SPDX-License-Identifier: GPL-3.0-or-later
// spi-compare: are two files the same within a tolerance?
#include <iostream>

#include "libspi/cli/main.h"
#include "libspi/io/atomic_file.h"
#include "libspi/io/compare.h"

namespace {

struct Args {
  std::filesystem::path a, b;
  spi::CompareOptions compare;
  int most = 20;
};

void declare(spi::cli::Usage& u, Args& a) {
  u.summary("are two files the same within a tolerance?");
  u.describe(
      "Compares two HDF5 files (every dataset and attribute but /provenance), two MRC volumes, two "
      ".emc frame files, or two texts such as CSV tables, and says in words what differs. Exit "
      "status: 0 the same, 1 different or not readable, 2 wrong usage.");
  u.example("spi-compare clpca.h5 expected.h5",
            "the same to a millionth of each dataset's largest?");
  u.example("spi-compare a.h5 b.h5 --tolerance 1e-3 --ignore /members",
            "with a wider tolerance, and without one group");
  u.input("first", a.a, "the file that sets the scale of the tolerance");
  u.input("second", a.b, "the file to compare with it");
  a.compare.describe(u);
  u.add("most", a.most, "differences to print at most").range(1, 1e9);
}

void run(const Args& a, spi::cli::Session& s) {
  const auto result = spi::compare_files(a.a, a.b, a.compare);
  const std::size_t found = result.differences.size();
  const auto shown = std::min(found, static_cast<std::size_t>(a.most));
  std::string text;
  for (std::size_t i = 0; i < shown; ++i) text += result.differences[i] + "\n";
  if (shown < found) text += spi::text_of("... and ", found - shown, " more\n");
  if (s.output().empty())
    std::cout << text << std::flush;
  else
    spi::write_text(s.output(), text);
  if (found > 0)
    spi::fail(a.a.string(), " and ", a.b.string(), " differ: ", found, " differences, ",
              result.compared, " things compared");
  s.monitor().info(spi::text_of("the same: ", result.compared, " things compared"));
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main<Args>({"spi-compare", declare, run}, argc, argv);
}

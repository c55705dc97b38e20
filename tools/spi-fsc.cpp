// SPDX-License-Identifier: GPL-3.0-or-later
// spi-fsc: how alike two volumes are, shell by shell, and to which resolution
#include <iostream>

#include "libspi/cli/main.h"
#include "libspi/figures/fsc_figure.h"
#include "outputs.h"

namespace {

namespace fs = std::filesystem;
using namespace spi;

struct Args {
  fs::path first, second;
  std::array<std::size_t, 2> index{0, 0};
  std::optional<Quantity> quantity;
  std::optional<fs::path> mask;
  FscOptions fsc;
  bool write_aligned = false, json = false, no_plot = false;
};

void declare(cli::Usage& usage, Args& args) {
  usage.summary("Fourier shell correlation of two volumes, after alignment")
      .describe(
          "The correlation of two densities, or of two intensities by their square roots, on "
          "shells "
          "of reciprocal space, and the resolution where it falls below 0.5 and 0.143, in 1/Å (q = "
          "1/d) and Å. The second volume is first turned, shifted and, where that fits better, "
          "replaced by its image through the centre: intensities cannot tell the two apart.")
      .describe(
          "Prints the resolution, and writes the curve to OUTPUT, the table OUTPUT-fsc.csv and the "
          "picture OUTPUT-fsc.png.")
      .example("spi-fsc density.mrc truth.mrc", "A phased density against the truth")
      .example("spi-fsc half1.h5 half2.h5 --half-sets -o halves.h5", "Two halves of the data")
      .example("spi-fsc model.h5 truth.h5 --align none --q-min 0.005/A --json",
               "Intensities in the same frame, without what a beam stop hides, for a script")
      .example("spi-fsc volumes.h5 volumes.h5 --index 0,11 -o ends.h5",
               "The first and the last volume of a series")
      .reference("Harauz, van Heel (1986). Optik 73, 146-156.")
      .reference("Rosenthal, Henderson (2003). J. Mol. Biol. 333, 721-745: half sets and 0.143.")
      .output("fsc.h5", "the curve");
  usage.input("first", args.first, "volumes.h5 or an MRC file");
  usage.input("second", args.second, "the volume that is moved onto the first");
  usage.add("index", args.index, "which volumes of the two files, from 0");
  usage.add(
      "quantity", args.quantity,
      "what the values are, where the files do not say it or not alike; auto: what volumes.h5 "
      "says, of MRC files density");
  args.fsc.describe(usage);
  usage.add(
      "mask", args.mask,
      "volume that both are multiplied by (densities), or whose voxels below 1/2 are left out "
      "(intensities)");
  usage.group("Output");
  usage.flag("json", args.json, "print JSON instead of a table");
  usage.flag("write-aligned", args.write_aligned,
             "also write the moved volume, OUTPUT-aligned.mrc");
  usage.flag("no-plots", args.no_plot, "do not draw the picture");
}

NamedVolume read(const fs::path& path, std::size_t index, const std::optional<Quantity>& quantity) {
  const auto reader = open_volumes(path);
  if (index >= reader->count())
    fail_usage("--index ", index, ": ", path.string(), " holds ", reader->count(), " volumes");
  return {path.string(), reader->read(index), quantity.value_or(reader->quantity())};
}

void run(const Args& args, cli::Session& session) {
  const fs::path table = session.companion("fsc.csv");
  const fs::path picture = args.no_plot ? fs::path() : session.companion("fsc.png");
  const fs::path aligned = args.write_aligned ? session.companion("aligned.mrc") : fs::path();
  const NamedVolume a = read(args.first, args.index[0], args.quantity);
  const NamedVolume b = read(args.second, args.index[1], args.quantity);
  std::optional<Volume> mask;
  if (args.mask) mask = open_volumes(*args.mask)->read(0);
  const VolumeFsc fsc = volume_fsc(a, b, mask, args.fsc, session.threads(), session.monitor());

  Outputs outputs;
  write_csv(outputs.file(table), fsc_table(fsc));
  if (!args.no_plot) outputs.draw(fsc_figure(fsc), picture);
  if (args.write_aligned) write_mrc(outputs.file(aligned), fsc.moved);
  write_fsc(outputs.file(session.output()), fsc, session.provenance());
  outputs.commit();
  std::cout << (args.json ? resolution_json(fsc) : resolution_table(fsc));
  session.monitor().info(summary(fsc));
}

}  // namespace

int main(int argc, char** argv) {
  return cli::main(cli::SingleTool<Args>{"spi-fsc", declare, run}, argc, argv);
}

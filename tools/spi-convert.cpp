// SPDX-License-Identifier: GPL-3.0-or-later
// spi-convert: between the file formats of the field.
#include "libspi/io/convert.h"

#include "libspi/cli/main.h"

namespace {

struct Args {
  std::vector<std::filesystem::path> inputs;
  spi::ConvertOptions convert;
};

void declare(spi::cli::Usage& u, Args& a) {
  u.summary("convert frames, detectors, patterns and volumes between file formats");
  u.describe(
      "Frames become frames of another format: ours (HDF5 with the detector inside), Dragonfly's "
      "binary .emc, Dragonfly's HDF5. Several files of frames are joined. Detectors (CrystFEL "
      ".geom, Dragonfly .dat) become Dragonfly's HDF5 detector. Stacks of patterns (HDF5, CXI, "
      ".npy, "
      "MRC stacks, Dragonfly's 2D output) become frames of photons or averages. MRC volumes become "
      "volumes.h5 and back; a voxel size is never lost.");
  u.describe(
      "What an input is, is told by its content; what the output becomes, by --to or its name. "
      "Data are streamed: memory holds one block, however long the input.");
  u.example("spi-convert photons.emc --detector det.h5 -o frames.h5", "Dragonfly's frames to ours");
  u.example("spi-convert frames.h5 -o photons.emc", "and back");
  u.example("spi-convert agipd.geom --photon-energy 6keV -o det.h5",
            "a CrystFEL geometry to a Dragonfly detector");
  u.example(
      "spi-convert run.cxi --mask-convention cxi --adu-per-photon 140 --detector det.h5 -o "
      "frames.h5",
      "detector units to photons");
  u.example("spi-convert hits.h5 --to averages --center 63.5,63.5 -o averages.h5",
            "single patterns for spi-clpca");
  u.example("spi-convert map.mrc -o volumes.h5", "a volume to HDF5");
  u.inputs("inputs", a.inputs, "frames (several are joined), volumes, a detector or a stack");
  u.output("", "the file to write (needed)");
  a.convert.describe(u);
}

void run(const Args& a, spi::cli::Session& s) {
  if (s.output().empty()) spi::fail_usage("give the file to write with --output");
  const auto done =
      spi::convert_files(a.inputs, s.output(), a.convert, s.provenance(), s.monitor());
  for (const auto& note : done.notes) s.monitor().warn(note);
  std::string last = spi::text_of("wrote ", s.output().string(), " (", spi::name_of(done.to),
                                  "): ", done.items, " ", done.what);
  if (done.invalid_pixels > 0)
    last += spi::text_of(", left out ", done.invalid_pixels, " negative or not finite values");
  s.monitor().info(last);
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main<Args>({"spi-convert", declare, run}, argc, argv);
}

// SPDX-License-Identifier: GPL-3.0-or-later
// spi-reconstruct: intensity, orientations and fluences of a particle from single frames
#include <iostream>

#include "libspi/cli/main.h"
#include "libspi/emc/evaluate.h"
#include "libspi/emc/reconstruct.h"
#include "libspi/io/atomic_file.h"

namespace {

namespace fs = std::filesystem;

struct EmcArgs {
  std::vector<fs::path> frames;
  std::optional<fs::path> detector, selection;
  spi::DetectorHints hints;
  spi::EmcOptions emc;
  bool no_plots = false;
};

void declare_emc(spi::cli::Usage& usage, EmcArgs& args) {
  usage.summary("three-dimensional EMC")
      .describe(
          "Finds the intensity of a particle in three dimensions from frames of unknown "
          "orientation and fluence.")
      .example("spi-reconstruct emc frames.h5 --selection cubes.h5 -o model.h5",
               "The particles of a class, from noise")
      .reference("Loh & Elser, Phys. Rev. E 80, 026705 (2009): EMC.")
      .output("model.h5", "the model");
  usage.inputs("frames", args.frames,
               "frames: ours (frames.h5), Dragonfly's .emc or HDF5 photon files");
  usage.add("detector", args.detector,
            "detector file, where the frames do not hold one (Dragonfly, CrystFEL .geom, ours)");
  usage.add("selection", args.selection,
            "use these frames only: a selection of spi-select, a blacklist of Dragonfly, or a list "
            "of ids");
  args.hints.describe(usage);
  args.emc.describe(usage);
  usage.group("Output");
  usage.flag("no-plots", args.no_plots, "write no pictures");
}

void emc(const EmcArgs& args, spi::cli::Session& session) {
  const fs::path checkpoint = session.output().string() + ".checkpoint";
  spi::FrameSource source(args.frames, args.detector, args.hints, session.monitor());
  if (args.selection) source.select(spi::read_selection(*args.selection));
  const spi::EmcResult result = spi::reconstruct_emc(
      source, args.emc, checkpoint, session.seed(), session.threads(), session.monitor());
  spi::write_model(session.output(), spi::model_of(result), session.provenance());
  fs::remove(checkpoint);
  session.monitor().info(spi::summary(result, source));
}

struct EvaluateArgs {
  fs::path model;
  std::vector<fs::path> truth;
  spi::EvaluateOptions evaluate;
};

void declare_evaluate(spi::cli::Usage& usage, EvaluateArgs& args) {
  usage.summary("compare a model with the truth of a simulation")
      .describe("Prints the errors of the orientations after the best alignment of the models.")
      .example("spi-reconstruct evaluate model.h5 frames.h5 --modulo D2 --twin -o errors.csv",
               "A pseudo-symmetric particle at small angles")
      .output("evaluation.csv", "the error of each frame");
  usage.input("model", args.model, "model.h5");
  usage.inputs("truth", args.truth, "simulated frames.h5, or OUTPUT-truth.h5");
  args.evaluate.describe(usage);
}

void evaluate(const EvaluateArgs& args, spi::cli::Session& session) {
  const spi::Evaluation result =
      spi::evaluate(spi::read_model(args.model), spi::read_frame_truths(args.truth), args.evaluate,
                    session.threads());
  spi::write_csv(session.output(), spi::error_table(result));
  std::cout << spi::report(result);
}

}  // namespace

int main(int argc, char** argv) {
  const spi::cli::Tool tool{"spi-reconstruct",
                            "intensity, orientations and fluences of a particle from single frames",
                            {spi::cli::command("emc", declare_emc, emc),
                             spi::cli::command("evaluate", declare_evaluate, evaluate)}};
  return spi::cli::main(tool, argc, argv);
}

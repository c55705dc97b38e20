// SPDX-License-Identifier: GPL-3.0-or-later
// spi-reconstruct: intensity, orientations and fluences of a particle from single frames
#include <iostream>

#include "libspi/averaging/frame_inputs.h"
#include "libspi/cli/main.h"
#include "libspi/cuda/devices.h"
#include "libspi/emc/evaluate.h"
#include "libspi/emc/reconstruct.h"
#include "libspi/mpi/job_team.h"
#include "model_files.h"
#include "reconstruct_neural.h"
#include "reconstruct_online.h"

namespace {

namespace fs = std::filesystem;

constexpr const char* kEmc = "Loh & Elser, Phys. Rev. E 80, 026705 (2009): EMC.";

struct EmcArgs {
  spi::FrameInputs inputs;
  spi::EmcOptions emc;
  bool no_plots = false;
};

void declare_emc(spi::cli::Usage& usage, EmcArgs& args) {
  usage.summary("expand, maximise, compress: three-dimensional EMC")
      .describe(
          "Finds the intensity of a particle in three dimensions from frames of unknown "
          "orientation and fluence. Every frame is compared with slices of the model at all view "
          "directions of a grid and all rotations about the beam; the model becomes the mean of "
          "the frames, each where it may belong. Annealing leads from undecided to sharp. When the "
          "grid has settled, each frame's best orientations are refined below its spacing. "
          "--device "
          "is of the grid; the refinement is the processor's.")
      .describe(
          "Writes intensities, orientations, fluences and how well each orientation is known to "
          "OUTPUT, which spi-phase, spi-fsc, and spi-orient --reference read; beside it the tables "
          "OUTPUT-poses.csv and OUTPUT-convergence.csv and the pictures OUTPUT-model, -fsc, -poses "
          "and -convergence. OUTPUT.checkpoint exists while it works.")
      .describe(
          "Intensities cannot tell a structure from its mirror image. The model is turned by an "
          "arbitrary rotation against any other.")
      .example("spi-reconstruct emc frames.h5 --selection cubes.h5 -o model.h5",
               "The particles of a class, from noise")
      .example("spi-reconstruct emc frames.h5 --symmetry m-3m --shape cube --edge 42nm",
               "With the symmetry of a cube, starting from one")
      .example("spi-reconstruct emc frames.h5 --poses network.h5 -o model.h5",
               "Refine orientations that are known about")
      .example("mpirun -n 8 spi-reconstruct emc frames.h5 -o model.h5",
               "The frames split over eight processes, with the same result (docs/scaling.md)")
      .reference(kEmc)
      .output("model.h5", "the model")
      .cuda(spi::cuda::kernel_devices())
      .ranks(spi::job_team);
  args.inputs.describe(usage);
  args.emc.describe(usage);
  usage.group("Output");
  usage.flag("no-plots", args.no_plots, "write no pictures");
}

void emc(const EmcArgs& args, spi::cli::Session& session) {
  const ModelFiles beside(session, !args.no_plots);
  const fs::path checkpoint = session.output().string() + ".checkpoint/emc.h5";

  spi::FrameSource source = args.inputs.open(session.monitor(), session.team());
  spi::EmcOptions options = args.emc;
  options.device = session.device();
  const spi::EmcResult result = spi::reconstruct_emc(source, options, checkpoint, session.seed(),
                                                     session.threads(), session.monitor());
  if (!session.team().leads()) return;
  const spi::Model model = spi::model_of(result);
  beside.write(model);
  spi::write_model(session.output(), model, session.provenance());
  fs::remove_all(checkpoint.parent_path());
  session.monitor().info(spi::summary(result, source));
}

struct EvaluateArgs {
  fs::path model;
  std::vector<fs::path> truth;
  spi::EvaluateOptions evaluate;
  bool no_plots = false;
};

void declare_evaluate(spi::cli::Usage& usage, EvaluateArgs& args) {
  usage.summary("compare a model with the truth of a simulation")
      .describe(
          "Orientations are compared after the rotation that lays the two models on each other, "
          "modulo the model's point group or --modulo. Prints median and mean error, the "
          "regression "
          "of the fluences on the true ones, and with --structure or --true-volume the "
          "correlation of the intensities, shell by shell with the shells' means taken out. Writes "
          "each frame's error to OUTPUT, the curve to OUTPUT-fsc.csv, a picture to "
          "OUTPUT-errors.png.")
      .example("spi-reconstruct evaluate model.h5 frames.h5 --modulo D2 --structure 1BXR.pdb",
               "A particle that is nearly symmetric under D2")
      .output("evaluation.csv", "the error of each frame");
  usage.input("model", args.model, "model.h5");
  usage.inputs("truth", args.truth, "simulated frames.h5 with their truth");
  args.evaluate.describe(usage);
  usage.group("Output");
  usage.flag("no-plots", args.no_plots, "write no picture");
}

void evaluate(const EvaluateArgs& args, spi::cli::Session& session) {
  const bool fsc = args.evaluate.structure || args.evaluate.volume;
  const fs::path curve = fsc ? session.companion("fsc.csv") : fs::path();
  const fs::path picture = args.no_plots ? fs::path() : session.companion("errors.png");
  const spi::Evaluation result =
      spi::evaluate(spi::read_model(args.model), spi::read_frame_truths(args.truth), args.evaluate,
                    session.threads());
  const std::vector<spi::Column> errors = spi::error_table(result);
  if (fsc) spi::write_csv(curve, spi::fsc_table(result));
  if (!args.no_plots) {
    Outputs outputs;
    outputs.draw(spi::evaluation_figure(errors[1].values, result.q, result.fsc), picture);
    outputs.commit();
  }
  spi::write_csv(session.output(), errors);
  std::cout << spi::report(result);
}

}  // namespace

int main(int argc, char** argv) {
  const spi::cli::Tool tool{
      "spi-reconstruct",
      "intensity, orientations and fluences of a particle from single frames",
      {spi::cli::command("emc", declare_emc, emc), neural_command(), place_command(),
       online_command(), spi::cli::command("evaluate", declare_evaluate, evaluate)}};
  return spi::cli::main(tool, argc, argv);
}

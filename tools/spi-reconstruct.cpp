// SPDX-License-Identifier: GPL-3.0-or-later
// spi-reconstruct: intensity, orientations and fluences of a particle from single frames
#include <deque>
#include <iostream>

#include "libspi/averaging/frame_inputs.h"
#include "libspi/cli/main.h"
#include "libspi/emc/evaluate.h"
#include "libspi/emc/reconstruct.h"
#include "libspi/figures/reconstruction.h"
#include "libspi/io/atomic_file.h"
#include "models/reconstruction/neural.h"

namespace {

namespace fs = std::filesystem;

using namespace spi;

constexpr const char* kNeurOrient = "Chen et al. (2023). NeurOrient.";
constexpr const char* kXrai = "Shenoy et al. (2025). X-RAI.";
constexpr const char* kEmc = "Loh & Elser, Phys. Rev. E 80, 026705 (2009): EMC.";

/// Pictures beside the output, each written whole or not at all.
class Pictures {
 public:
  void save(const spi::plot::Figure& figure, const fs::path& path) {
    figure.save(files_.emplace_back(path).temporary(), spi::plot::format_of(path));
  }
  void commit() {
    for (spi::AtomicFile& file : files_) file.commit();
  }

 private:
  std::deque<spi::AtomicFile> files_;
};

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
          "grid has settled, each frame's best orientations are refined below its spacing.")
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
      .reference(kEmc)
      .output("model.h5", "the model");
  args.inputs.describe(usage);
  args.emc.describe(usage);
  usage.group("Output");
  usage.flag("no-plots", args.no_plots, "write no pictures");
}

void emc(const EmcArgs& args, spi::cli::Session& session) {
  const fs::path poses = session.companion("poses.csv");
  const fs::path convergence = session.companion("convergence.csv");
  fs::path paths[4];
  const char* const names[] = {"model.png", "fsc.png", "poses.png", "convergence.png"};
  for (int n = 0; !args.no_plots && n < 4; ++n) paths[n] = session.companion(names[n]);
  const fs::path checkpoint = session.output().string() + ".checkpoint/emc.h5";

  spi::FrameSource source = args.inputs.open(session.monitor());
  const spi::EmcResult result = spi::reconstruct_emc(source, args.emc, checkpoint, session.seed(),
                                                     session.threads(), session.monitor());
  const spi::Model model = spi::model_of(result);
  spi::write_csv(poses, spi::pose_table(model));
  spi::write_csv(convergence, model.convergence);
  if (!args.no_plots) {
    Pictures pictures;
    pictures.save(spi::model_figure(model), paths[0]);
    pictures.save(spi::model_fsc_figure(model), paths[1]);
    pictures.save(spi::model_poses_figure(model), paths[2]);
    pictures.save(spi::model_convergence_figure(model), paths[3]);
    pictures.commit();
  }
  spi::write_model(session.output(), model, session.provenance());
  fs::remove_all(checkpoint.parent_path());
  session.monitor().info(spi::summary(result, source));
}

struct NeuralArgs {
  FrameInputs inputs;
  NeuralOptions neural;
  bool resume = false, no_plots = false;
};

void declare_neural(cli::Usage& usage, NeuralArgs& args) {
  usage.summary("by networks: an encoder that sees orientations, a field of intensities")
      .describe(
          "An encoder says the orientation of each frame, a field what a particle so turned "
          "scatters; both learn together, from the frames alone or taught by a model. Once "
          "trained, the encoder places frames at the speed of a network (spi-reconstruct place); "
          "spi-reconstruct emc --poses OUTPUT refines them.")
      .describe(
          "Writes intensities, orientations and fluences to OUTPUT and the networks to "
          "OUTPUT-network.h5; beside them OUTPUT-poses.csv, OUTPUT-training.jsonl and pictures.")
      .example("spi-reconstruct neural frames.h5 -o model.h5", "From the frames alone")
      .example("spi-reconstruct neural frames.h5 --teacher emc.h5 -o model.h5",
               "Taught by a model of a few thousand frames")
      .reference(kNeurOrient)
      .reference(kXrai)
      .output("model.h5", "the model");
  args.inputs.describe(usage);
  args.neural.describe(usage);
  usage.flag("resume", args.resume, "go on from the checkpoint of a stopped run");
  usage.group("Output");
  usage.flag("no-plots", args.no_plots, "write no pictures");
}

void neural(const NeuralArgs& args, cli::Session& session) {
  const fs::path poses = session.companion("poses.csv");
  const fs::path network = session.companion("network.h5");
  fs::path paths[3];
  const char* const names[] = {"loss.png", "model.png", "poses.png"};
  for (int n = 0; !args.no_plots && n < 3; ++n) paths[n] = session.companion(names[n]);
  fs::path log_path = session.output(), checkpoint = session.output();
  log_path.replace_filename(log_path.stem().string() + "-training.jsonl");
  if (!args.resume) session.claim(log_path);
  checkpoint += ".checkpoint";
  FrameSource source = args.inputs.open(session.monitor());
  learn::TrainingLog log(log_path);
  const NeuralResult result =
      reconstruct_neural(source, args.neural,
                         {.seed = session.seed(),
                          .threads = session.threads(),
                          .checkpoint = checkpoint,
                          .setting = learn::setting_of(session.provenance()),
                          .resume = args.resume,
                          .log = &log},
                         session.monitor());
  result.network.save(network, session.provenance());
  write_csv(poses, pose_table(result.model));
  if (!args.no_plots) {
    Pictures pictures;
    pictures.save(learn::loss_figure({result.history}, "Mean squared error, in deviations"),
                  paths[0]);
    pictures.save(model_figure(result.model), paths[1]);
    pictures.save(model_poses_figure(result.model), paths[2]);
    pictures.commit();
  }
  write_model(session.output(), result.model, session.provenance());
  fs::remove(checkpoint);
}

struct PlaceArgs {
  fs::path network;
  FrameInputs inputs;
  std::size_t refine = 5;
};

void declare_place(cli::Usage& usage, PlaceArgs& args) {
  usage.summary("orientations of further frames by a trained network")
      .describe("Places frames that a network of spi-reconstruct neural has not seen.")
      .example("spi-reconstruct place model-network.h5 more.h5 -o poses.h5", "As fast as they come")
      .output("poses.h5", "a model with the network's intensities and these frames' poses");
  usage.input("network", args.network, "network of spi-reconstruct neural");
  args.inputs.describe(usage);
  usage.add("refine", args.refine, "steps").range(0, 100);
}

void place(const PlaceArgs& args, cli::Session& session) {
  const fs::path poses = session.companion("poses.csv");
  const PoseNetwork network = PoseNetwork::load(args.network);
  FrameSource source = args.inputs.open(session.monitor());
  const Model model = network.place(source, args.refine, session.threads(), session.monitor());
  write_csv(poses, pose_table(model));
  write_model(session.output(), model, session.provenance());
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
    Pictures pictures;
    pictures.save(spi::evaluation_figure(errors[1].values, result.q, result.fsc), picture);
    pictures.commit();
  }
  spi::write_csv(session.output(), errors);
  std::cout << spi::report(result);
}

}  // namespace

int main(int argc, char** argv) {
  const spi::cli::Tool tool{"spi-reconstruct",
                            "intensity, orientations and fluences of a particle from single frames",
                            {spi::cli::command("emc", declare_emc, emc),
                             spi::cli::command("neural", declare_neural, neural),
                             spi::cli::command("place", declare_place, place),
                             spi::cli::command("evaluate", declare_evaluate, evaluate)}};
  return spi::cli::main(tool, argc, argv);
}

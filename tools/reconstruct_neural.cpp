// SPDX-License-Identifier: GPL-3.0-or-later
#include "reconstruct_neural.h"

#include "cuda_device.h"
#include "libspi/averaging/frame_inputs.h"
#include "libspi/cli/main.h"
#include "libspi/io/model.h"
#include "libspi/learn/runtime.h"
#include "libspi/mpi/job_team.h"
#include "model_files.h"
#include "models/reconstruction/neural.h"

namespace {

namespace fs = std::filesystem;
using namespace spi;

constexpr const char* kNeurOrient =
    "Chen et al. (2023). Augmenting x-ray single particle imaging reconstruction with "
    "self-supervised machine learning (NeurOrient).";
constexpr const char* kXrai =
    "Shenoy et al. (2025). Scalable 3D reconstruction for X-ray single particle imaging with "
    "online machine learning (X-RAI). Nature Communications.";

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
      .example("spi-reconstruct neural frames.h5 --teacher emc.h5 --epochs 12 -o model.h5",
               "Taught by a model of a few thousand frames")
      .example("mpirun -n 4 spi-reconstruct neural frames.h5 -o model.h5",
               "Each step's frames split over four processes, with the result of one "
               "(docs/scaling.md)")
      .reference(kNeurOrient)
      .reference(kXrai)
      .output("model.h5", "the model")
      .cuda(&learn::cuda_devices)
      .ranks(job_team);
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
  FrameSource source = args.inputs.open(session.monitor(), session.team());
  learn::TrainingLog log(log_path);
  const NeuralResult result = reconstruct_neural(
      source, args.neural,
      {.seed = session.seed(),
       .checkpoint = checkpoint,
       .setting = learn::setting_of(session.provenance()),
       .resume = args.resume,
       .log = &log,
       .team = session.team()},
      session.threads(), session.monitor(), cuda_device_of(session, &learn::cuda_devices));
  if (!session.team().leads()) return;
  result.network.save(network, session.provenance());
  write_csv(poses, pose_table(result.model));
  if (!args.no_plots) {
    Outputs outputs;
    outputs.draw(learn::loss_figure({result.history}, "Mean squared error, in deviations"),
                 paths[0]);
    outputs.draw(model_figure(result.model), paths[1]);
    outputs.draw(model_poses_figure(result.model), paths[2]);
    outputs.commit();
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
      .describe(
          "Places frames that a network of spi-reconstruct neural has not seen, some thousand at a "
          "time, however many there are. Writes the network's intensities and the frames' "
          "orientations, fluences, widths and probabilities to OUTPUT, the table OUTPUT-poses.csv "
          "beside it.")
      .example("spi-reconstruct place model-network.h5 more.h5 -o poses.h5", "As fast as they come")
      .example("spi-reconstruct emc more.h5 --poses poses.h5 -o refined.h5", "Refine them")
      .output("poses.h5", "a model with the network's intensities and these frames' poses")
      .ranks(job_team);
  usage.input("network", args.network, "network of spi-reconstruct neural");
  args.inputs.describe(usage);
  usage
      .add("refine", args.refine,
           "steps by which each frame's orientation is refined by the likelihood of its photons; "
           "0: as the network says")
      .range(0, 100);
}

void place(const PlaceArgs& args, cli::Session& session) {
  const fs::path poses = session.companion("poses.csv");
  const PoseNetwork network = PoseNetwork::load(args.network);
  FrameSource source = args.inputs.open(session.monitor(), session.team());
  const Model model = network.place(source, args.refine, session.threads(), session.monitor());
  if (!session.team().leads()) return;
  write_csv(poses, pose_table(model));
  write_model(session.output(), model, session.provenance());
}

}  // namespace

spi::cli::Command neural_command() { return spi::cli::command("neural", declare_neural, neural); }
spi::cli::Command place_command() { return spi::cli::command("place", declare_place, place); }

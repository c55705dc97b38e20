// SPDX-License-Identifier: GPL-3.0-or-later
// spi-vae: a latent space of particles from averages and orientations, and volumes along it
#include "libspi/cli/main.h"
#include "libspi/io/stack.h"
#include "models/vae/vae.h"

namespace {

namespace fs = std::filesystem;
using namespace spi;

/// Averages and where their orientations come from.
struct Inputs {
  fs::path averages;
  std::optional<fs::path> orientations = {};
  bool truth = false;
  StackOptions stack;

  void describe(cli::Usage& usage) {
    usage.input("averages", averages, "averages.h5, or any other stack of patterns");
    usage.group("Orientations");
    usage.add("orientations", orientations, "orientations.h5 of these patterns (spi-orient)");
    usage.flag("truth-orientations", truth,
               "take the orientations from truth/quaternion of simulated averages");
    stack.describe(usage);
  }
  vae::Poses poses(const StackReader& reader) const {
    if (truth == orientations.has_value())
      fail_usage("give either --orientations FILE or --truth-orientations");
    if (truth) return vae::true_poses(averages, reader.info().count);
    return vae::read_poses(*orientations, reader.ids());
  }
};

struct TrainArgs {
  Inputs inputs;
  vae::VaeOptions vae;
  bool resume = false;
};

void declare_train(cli::Usage& usage, TrainArgs& args) {
  usage.summary("train an auto-encoder on averages in known orientations")
      .output("vae.pt", "the model");
  args.inputs.describe(usage);
  args.vae.describe(usage);
  usage.flag("resume", args.resume, "go on from the checkpoint OUTPUT.checkpoint of a stopped run");
}

void train(const TrainArgs& args, cli::Session& session) {
  const auto stack = open_stack(args.inputs.averages, args.inputs.stack);
  const vae::Poses poses = args.inputs.poses(*stack);
  const PointGroup group = point_group(args.vae.symmetry);
  const vae::PatternSet set =
      vae::load_patterns(*stack, poses.pose, group, args.vae, nullptr, session.monitor());
  fs::path log_path = session.companion("training.jsonl");
  learn::TrainingLog log(log_path);
  fs::path checkpoint = session.output();
  checkpoint += ".checkpoint";
  learn::History history;
  const vae::Vae vae = vae::train(set, args.vae,
                                  {.seed = session.seed(),
                                   .threads = session.threads(),
                                   .checkpoint = checkpoint,
                                   .setting = "",
                                   .resume = args.resume,
                                   .log = &log},
                                  history, session.monitor());
  vae.save(session.output(), session.provenance());
  fs::remove(checkpoint);
  for (const vae::LatentAxis& axis : vae::latent_axes(vae.training_latents()))
    session.monitor().info(text_of("axis: mean ", axis.mean, " deviation ", axis.deviation,
                                   " sigma ", axis.sigma, " KL ", axis.divergence));
}

struct EncodeArgs {
  fs::path model;
  Inputs inputs;
};

void declare_encode(cli::Usage& usage, EncodeArgs& args) {
  usage.summary("encode").output("latents.h5", "where the latents go");
  usage.input("model", args.model, "vae.pt");
  args.inputs.describe(usage);
}

void encode(const EncodeArgs& args, cli::Session& session) {
  const vae::Vae vae = vae::Vae::load(args.model);
  const auto stack = open_stack(args.inputs.averages, args.inputs.stack);
  const vae::PatternSet set =
      vae::load_patterns(*stack, args.inputs.poses(*stack).pose, point_group(vae.symmetry()), {},
                         &vae.preprocessing(), session.monitor());
  const vae::Latents latents = vae.encode(set, session.threads(), session.monitor());
  vae::write_latents(session.output(), latents, session.provenance());
  write_csv(session.companion("table.csv"), vae::latents_table(latents));
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main(
      spi::cli::Tool{"spi-vae",
                     "a latent space of particles and volumes along it",
                     {spi::cli::command<TrainArgs>("train", declare_train, train),
                      spi::cli::command<EncodeArgs>("encode", declare_encode, encode)}},
      argc, argv);
}

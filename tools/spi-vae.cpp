// SPDX-License-Identifier: GPL-3.0-or-later
// spi-vae: how particles vary continuously: a latent space, and a volume for every point of it

#include "cuda_device.h"
#include "libspi/cli/main.h"
#include "libspi/figures/latent.h"
#include "libspi/io/volume_series.h"
#include "libspi/mpi/job_team.h"
#include "models/vae/decoding.h"
#include "models/vae/report.h"
#include "models/vae/vae.h"
#include "outputs.h"

namespace {

namespace fs = std::filesystem;
using namespace spi;

constexpr const char* kReference =
    "Zhuang et al. (2022). Unsupervised learning approaches to characterizing heterogeneous "
    "samples using X-ray single-particle imaging. IUCrJ 9, 204-214: section 2.3, appendix B.";

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
    return truth ? vae::true_poses(averages, reader.kept())
                 : vae::read_poses(*orientations, reader.ids());
  }
};

/// What colours the latent space, and what it is set against, where asked for.
struct PictureColumns {
  std::optional<Column> colour, against;

  /// Says how the latents agree with them.
  void report(const vae::Latents& latents, Monitor& monitor) const {
    for (const auto& column : {against, colour})
      if (const std::string text = column ? vae::agreement(latents, *column) : ""; !text.empty())
        monitor.info(text);
  }
  LatentColumns with(const vae::Latents& latents, const vae::PatternSet& set) const {
    LatentColumns result{.z = vae::coordinates(latents), .against = against, .colour = colour};
    if (!colour && std::ranges::minmax(set.gain).min < std::ranges::minmax(set.gain).max)
      result.colour = Column{"gain", {set.gain.begin(), set.gain.end()}, {}};
    return result;
  }
};

struct Pictures {
  bool none = false, each_epoch = false;
  std::optional<std::string> colour, against;

  void describe(cli::Usage& usage) {
    usage.group("Pictures");
    usage.flag("no-plots", none, "do not draw any");
    usage.add("color-by", colour,
              "column that colours the latent space: a dataset of the averages such as "
              "truth/melting, or FILE:COLUMN (HDF5, CSV). Default: the gain of the orientations");
    usage.add("against", against,
              "column that the latent space is set against, such as clpca-embedding.csv:c2");
  }
  PictureColumns read(const fs::path& averages, const KeptRows& kept) const {
    const auto column = [&](const std::optional<std::string>& name) -> std::optional<Column> {
      if (!name) return std::nullopt;
      return read_column(*name, averages, kept);
    };
    return {.colour = column(colour), .against = column(against)};
  }
};

struct TrainArgs {
  Inputs inputs;
  vae::VaeOptions vae;
  Pictures pictures;
  bool resume = false;
};

void declare_train(cli::Usage& usage, TrainArgs& args) {
  usage.summary("learn a latent space from averages in known orientations")
      .describe(
          "An encoder gives every average a distribution in a latent space of few dimensions; a "
          "decoder turns any point of that space into a volume of intensities, whose slice in the "
          "orientation of the average is held against it. Only the part of the volume that the "
          "symmetry leaves free is ever made.")
      .describe(
          "Writes the model to OUTPUT, and beside it OUTPUT-training.jsonl, a line an epoch, and "
          "the pictures OUTPUT-loss, -latent and -reconstruction. A stopped run leaves "
          "OUTPUT.checkpoint, from which --resume goes on.")
      .describe(
          "Trains on a CUDA device where there is one and LibTorch has CUDA; what the patterns are "
          "turned into before, and the latents after, are the processor's.")
      .example("spi-vae train averages.h5 --orientations orientations.h5 --size 81 -o vae.pt",
               "A 1D latent space of volumes of 81 voxels")
      .example(
          "spi-vae train averages.h5 --orientations orientations.h5 --latent-dim 2 --size 161 "
          "--symmetry m-3m --against clpca-embedding.csv:c2 -o vae.pt",
          "Two dimensions, larger volumes, set against the common-line landscape")
      .example(
          "mpirun -n 4 spi-vae train averages.h5 --orientations orientations.h5 "
          "--batch-size 16 -o vae.pt",
          "Each step's patterns split over four processes, two at least to each, with the "
          "result of one (docs/scaling.md)")
      .reference(kReference)
      .output("vae.pt", "the model")
      .cuda(&vae::cuda_devices)
      .ranks(job_team);
  args.inputs.describe(usage);
  args.vae.describe(usage);
  usage.flag("resume", args.resume, "go on from the checkpoint of a stopped run");
  args.pictures.describe(usage);
  usage.flag("latent-each-epoch", args.pictures.each_epoch,
             "draw the latent space after each epoch: OUTPUT-latent-0001.png, ...");
}

fs::path epoch_picture(const fs::path& output, std::size_t epoch) {
  char suffix[40];
  std::snprintf(suffix, sizeof suffix, "-latent-%04zu.png", epoch);
  return fs::path(output).replace_filename(output.stem().string() + suffix);
}

void train(const TrainArgs& args, cli::Session& session) {
  const bool plots = !args.pictures.none;
  const fs::path loss = plots ? session.companion("loss.png") : fs::path();
  const fs::path space = plots ? session.companion("latent.png") : fs::path();
  const fs::path seen = plots ? session.companion("reconstruction.png") : fs::path();
  fs::path log_path = session.output(), checkpoint = session.output();
  log_path.replace_filename(log_path.stem().string() + "-training.jsonl");
  if (!args.resume) session.claim(log_path);
  if (!args.resume && args.pictures.each_epoch)
    for (std::size_t epoch = 1; epoch <= args.vae.training.epochs; ++epoch)
      session.claim(epoch_picture(session.output(), epoch));
  checkpoint += ".checkpoint";

  const auto stack = open_stack(args.inputs.averages, args.inputs.stack);
  const PictureColumns columns = args.pictures.read(args.inputs.averages, stack->kept());
  const vae::Poses poses = args.inputs.poses(*stack);
  const PointGroup group = vae::model_symmetry(poses, args.vae.symmetry);
  const vae::PatternSet set =
      vae::load_patterns(*stack, poses.pose, group, args.vae, nullptr, session.monitor());
  session.monitor().info(vae::description(set));

  learn::TrainingLog log(log_path);
  learn::History history;
  vae::EpochViewer each_epoch;
  if (args.pictures.each_epoch)
    each_epoch = [&](std::size_t epoch, const vae::Latents& latents) {
      if (!session.team().leads()) return;
      Outputs outputs;
      outputs.draw(latent_figure(columns.with(latents, set)),
                   epoch_picture(session.output(), epoch));
      outputs.commit();
    };
  const vae::Vae vae = vae::train(set, args.vae,
                                  {.seed = session.seed(),
                                   .checkpoint = checkpoint,
                                   .setting = learn::setting_of(session.provenance()),
                                   .resume = args.resume,
                                   .log = &log,
                                   .team = session.team()},
                                  session.threads(), history, session.monitor(), each_epoch,
                                  cuda_device_of(session, &vae::cuda_devices));
  if (!session.team().leads()) return;
  Outputs outputs;
  if (plots) {
    outputs.draw(learn::loss_figure({history}, "Loss of a pattern, per pixel"), loss);
    outputs.draw(latent_figure(columns.with(vae.training_latents(), set)), space);
    outputs.draw(
        reconstruction_figure(vae::typical_reconstructions(vae, set), set.preprocessing.size),
        seen);
  }
  vae.save(outputs.file(session.output()), session.provenance());
  outputs.commit();
  fs::remove(checkpoint);
  columns.report(vae.training_latents(), session.monitor());
  session.monitor().info(vae::summary(vae.training_latents()));
}

struct EncodeArgs {
  fs::path model;
  Inputs inputs;
  Pictures pictures;
  std::optional<ReciprocalLength> q_per_pixel = {};
};

void declare_encode(cli::Usage& usage, EncodeArgs& args) {
  usage.summary("give averages their places in a trained latent space")
      .describe(
          "The averages need not be those that trained the model, but must come from the same "
          "kind of experiment; they are treated as those were. Writes mean and standard "
          "deviation of each to OUTPUT, the table OUTPUT-table.csv (with the column of "
          "--color-by) and the picture OUTPUT-latent.")
      .example("spi-vae encode vae.pt averages.h5 --orientations orientations.h5 -o latents.h5",
               "All averages")
      .reference(kReference)
      .output("latents.h5", "the latents");
  usage.input("model", args.model, "vae.pt of spi-vae train");
  args.inputs.describe(usage);
  usage.add("q-per-pixel", args.q_per_pixel,
            "q of a pixel of the patterns, where their file does not say it");
  args.pictures.describe(usage);
}

void encode(const EncodeArgs& args, cli::Session& session) {
  const fs::path table = session.companion("table.csv");
  const fs::path space = args.pictures.none ? fs::path() : session.companion("latent.png");
  const vae::Vae vae = vae::Vae::load(args.model);
  const auto stack = open_stack(args.inputs.averages, args.inputs.stack);
  const PictureColumns columns = args.pictures.read(args.inputs.averages, stack->kept());
  const vae::Poses poses = args.inputs.poses(*stack);
  const PointGroup group = vae::model_symmetry(poses, vae.symmetry());
  const vae::PatternSet set =
      vae::load_patterns(*stack, poses.pose, group, {.q_per_pixel = args.q_per_pixel},
                         &vae.preprocessing(), session.monitor());
  const vae::Latents latents = vae.encode(set, session.threads(), session.monitor());
  Outputs outputs;
  if (!args.pictures.none) outputs.draw(latent_figure(columns.with(latents, set)), space);
  std::vector<Column> rows = vae::latents_table(latents);
  if (columns.colour) rows.push_back(*columns.colour);
  write_csv(outputs.file(table), rows);
  vae::write_latents(outputs.file(session.output()), latents, session.provenance());
  outputs.commit();
  columns.report(latents, session.monitor());
  session.monitor().info(vae::summary(latents));
}

struct DecodeArgs {
  fs::path model;
  vae::DecodeOptions points;
  std::optional<fs::path> latents;
  bool mrc = false, no_plots = false;
};

void declare_decode(cli::Usage& usage, DecodeArgs& args) {
  usage.summary("make volumes at points of a trained latent space")
      .describe(
          "Intensities, with the radial mean multiplied back, symmetrised; each with the number of "
          "data around its point, which says how far to trust it. Intensities cannot tell a "
          "structure from its mirror image. Writes OUTPUT and the picture OUTPUT-states, or "
          "OUTPUT-grid.")
      .example("spi-vae decode vae.pt -o volumes.h5", "Twelve states along the first axis")
      .example("spi-vae decode vae.pt --path id=17:id=905 --steps 60 --mrc -o movie.h5",
               "The way from one average to another, through the data, also as MRC series")
      .example("spi-vae decode vae.pt --grid 10 -o grid.h5", "Ten by ten states of a 2D space")
      .reference(kReference)
      .output("volumes.h5", "the volumes");
  usage.input("model", args.model, "vae.pt of spi-vae train");
  args.points.describe(usage);
  usage.add("latents", args.latents,
            "the data: latents.h5 of spi-vae encode; auto: what the model was trained on");
  usage.group("Output");
  usage.flag("mrc", args.mrc, "also write OUTPUT-0000.mrc, ...");
  usage.flag("no-plots", args.no_plots, "do not draw any picture");
}

void decode(const DecodeArgs& args, cli::Session& session) {
  const vae::Vae vae = vae::Vae::load(args.model);
  const vae::Latents data =
      args.latents ? vae::read_latents(*args.latents) : vae.training_latents();
  if (data.dim != vae.latent_dim())
    fail("the latents have ", data.dim, " dimensions, the model ", vae.latent_dim());
  const vae::LatentPoints points = vae::points_to_decode(args.points, data);
  const bool as_grid = args.points.grid && points.dim == 2;
  const fs::path picture =
      args.no_plots ? fs::path() : session.companion(as_grid ? "grid.png" : "states.png");
  std::vector<fs::path> series;
  for (std::size_t m = 0; args.mrc && m < points.count(); ++m) {
    char number[32];
    std::snprintf(number, sizeof number, "%04zu.mrc", m);
    series.push_back(session.companion(number));
  }
  const std::vector<State> states =
      vae::decode_all(vae, points, session.output(), series, session.provenance(),
                      session.threads(), session.monitor());
  const std::size_t size = vae.preprocessing().size;
  Outputs outputs;
  if (!args.no_plots)
    outputs.draw(
        as_grid ? state_grid_figure(states, size, points.columns) : states_figure(states, size),
        picture);
  outputs.commit();
  const auto empty = std::ranges::count(points.support, 0u);
  if (empty > 0)
    session.monitor().warn(text_of(empty, " of ", points.count(), " volumes have no data within ",
                                   args.points.support_radius,
                                   " of their point: do not trust them"));
  session.monitor().info(text_of("decoded ", points.count(), " volumes of ", size, " voxels"));
}

}  // namespace

int main(int argc, char** argv) {
  return cli::main(cli::Tool{"spi-vae",
                             "how particles vary continuously: a latent space, and a volume for "
                             "every point of it",
                             {cli::command<TrainArgs>("train", declare_train, train),
                              cli::command<EncodeArgs>("encode", declare_encode, encode),
                              cli::command<DecodeArgs>("decode", declare_decode, decode)}},
                   argc, argv);
}

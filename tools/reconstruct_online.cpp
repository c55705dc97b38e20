// SPDX-License-Identifier: GPL-3.0-or-later
#include "reconstruct_online.h"

#include "libspi/cuda/devices.h"
#include "libspi/online/reconstruct_online.h"
#include "model_files.h"

namespace {

namespace fs = std::filesystem;

struct Args {
  std::vector<fs::path> inputs;
  std::optional<fs::path> detector;
  spi::DetectorHints hints;
  spi::OnlineOptions online;
  bool no_plots = false;
};

void declare(spi::cli::Usage& usage, Args& args) {
  usage.summary("a model that grows while frames are recorded")
      .describe(
          "Reads a file that grows, or a folder that fills, and sees each frame once. The first "
          "frames make a model as `spi-reconstruct emc` does. From then on a batch of frames is "
          "placed by the model so far, added to it, and the next batch is placed by a better one. "
          "A line a batch tells how many frames were placed, how many a second, how many wait and "
          "how far the half sets agree. --device is of the search on the grid, as in emc.")
      .describe(
          "A growing file is a frames.h5 that its writer has opened in HDF5's SWMR mode. In a "
          "folder, files of frames of any kind count when they have stopped changing; one that "
          "cannot be read is named and left out until it changes.")
      .describe(
          "OUTPUT is written when the first model is there, every --write-every seconds, and at "
          "the end: it can be phased at any time. The tables OUTPUT-poses.csv and "
          "OUTPUT-convergence.csv and the pictures OUTPUT-model, -fsc, -poses and -convergence are "
          "written at the end. OUTPUT.checkpoint holds the state, every --checkpoint-every seconds "
          "and at the end. Whatever stopped a run, --resume goes on from there: no frame is lost "
          "or counted twice, and the model is the one that an unbroken run gives. Delete it when "
          "no more frames will come.")
      .describe(
          "Stops as --stop-when-idle, --max-frames or --stop-file tell it, with status 0; by "
          "SIGINT or SIGTERM, with status 1, after the state and OUTPUT were written.")
      .example("spi-reconstruct online run42.h5 --stop-when-idle 60 -o model.h5",
               "A file that grows, until nothing has come for a minute")
      .example("spi-reconstruct online frames/ --detector geometry.h5 --stop-file stop -o model.h5",
               "A folder that fills, until someone makes the file stop")
      .example("spi-reconstruct online frames/ --resume -o model.h5", "Go on after a stop")
      .reference("Cappé & Moulines, J. R. Stat. Soc. B 71, 593 (2009): online EM.")
      .output("model.h5", "the model")
      .cuda(spi::cuda::kernel_devices());
  usage.inputs("inputs", args.inputs, "files of frames, or folders in which they appear");
  usage.add("detector", args.detector,
            "detector file, where the frames do not hold one (Dragonfly, CrystFEL .geom, ours)");
  args.hints.describe(usage);
  args.online.describe(usage);
  usage.group("Output");
  usage.flag("no-plots", args.no_plots, "write no pictures");
}

/// Inputs that grow have no fingerprint.
spi::Provenance provenance_of(const Args& args, const spi::cli::Session& session) {
  spi::Provenance provenance = session.provenance();
  std::erase_if(provenance.inputs, [&](const auto& input) {
    return std::ranges::find(args.inputs, fs::path(input.first)) != args.inputs.end();
  });
  return provenance;
}

void run(const Args& args, spi::cli::Session& session) {
  const ModelFiles beside(session, !args.no_plots);
  const spi::Provenance provenance = provenance_of(args, session);
  spi::FrameQueue queue(args.inputs, args.detector, args.hints, session.monitor());
  const auto write = [&](const spi::Model& model) {
    spi::write_model(session.output(), model, provenance);
    if (!model.stop_reason.empty()) beside.write(model);
  };
  spi::OnlineOptions options = args.online;
  options.emc.device = session.device();
  spi::reconstruct_online(queue, options, session.output().string() + ".checkpoint/online.h5",
                          session.seed(), session.threads(), session.monitor(), write);
}

}  // namespace

spi::cli::Command online_command() { return spi::cli::command("online", declare, run); }

// SPDX-License-Identifier: GPL-3.0-or-later
// spi-average: class averages of sparse frames, with in-plane rotation and fluence
#include "libspi/averaging/frame_inputs.h"
#include "libspi/averaging/output.h"
#include "libspi/cli/main.h"
#include "libspi/cuda/devices.h"
#include "libspi/figures/averages.h"
#include "libspi/mpi/job_team.h"
#include "outputs.h"

namespace {

namespace fs = std::filesystem;

struct Args {
  spi::FrameInputs inputs;
  spi::AveragingOptions averaging;
  bool dragonfly = false, no_plots = false;
  std::size_t shown = 100;
};

void declare(spi::cli::Usage& usage, Args& args) {
  usage.summary("class averages of sparse frames, with in-plane rotation and fluence")
      .describe(
          "Sorts weak diffraction frames into class averages by two-dimensional EMC: every frame "
          "is compared with every average at every rotation about the beam, and each average "
          "becomes the mean of its frames, rotated and divided by their exposure. Deterministic "
          "annealing leads from blurred to sharp assignments; empty classes are filled again by "
          "splitting broad ones.")
      .describe(
          "Several bootstrap runs, each on a random part of the frames, give more averages that "
          "keep the variety of the particles: five runs of 200 classes on 80 % of the frames in "
          "the work that this follows.")
      .describe(
          "Writes the averages, on pixels and on a polar grid, with the frames behind each, to "
          "OUTPUT, and beside it the table OUTPUT-convergence.csv and pictures of averages and "
          "convergence. A checkpoint folder OUTPUT.checkpoint exists while it works.")
      .describe(
          "Frames without photons, brighter than all reason, damaged, or of an id seen before are "
          "rejected and counted; a broken file of several is left out; hot and dead pixels are "
          "found and masked.")
      .example("spi-average frames.h5 --classes 100", "a hundred averages in averages.h5")
      .example(
          "spi-average photons.emc --detector det.h5 --classes 200 --bootstrap-runs 5 -o boot.h5",
          "a thousand averages of Dragonfly's files, for spi-clpca")
      .example("spi-average frames.h5 --try-classes 25,50,100,200",
               "choose the number of classes by what averages say of frames they have not seen; "
               "the table is OUTPUT-classes.csv")
      .example("mpirun -n 8 spi-average frames.h5 --classes 200",
               "the frames split over eight processes, with the same result (docs/scaling.md)")
      .reference("Zhuang et al., IUCrJ 9, 204 (2022): bootstrapped class averages, section 2.2.1.")
      .reference("Ayyer et al., J. Appl. Cryst. 49, 1320 (2016): Dragonfly, EMC and its annealing.")
      .reference("Loh & Elser, Phys. Rev. E 80, 026705 (2009): EMC.")
      .reference(
          "Zhao, Shkolnisky & Singer, IEEE TCI 2, 1 (2016): steerable principal components.");
  usage.output("averages.h5", "the file of averages to write")
      .cuda(spi::cuda::kernel_devices())
      .ranks(spi::job_team);
  args.inputs.describe(usage);
  args.averaging.describe(usage);
  usage.group("Output");
  usage.flag("dragonfly", args.dragonfly,
             "also write each run in Dragonfly's layout, OUTPUT-dragonfly-RUN.h5");
  usage.add("shown", args.shown, "averages in the picture").range(1, 1000);
  usage.flag("no-plots", args.no_plots, "write no pictures");
}

void run(const Args& args, spi::cli::Session& session) {
  const fs::path table = session.companion("convergence.csv");
  const bool tries = !args.averaging.try_classes.empty();
  const fs::path trials = tries ? session.companion("classes.csv") : fs::path();
  fs::path pictures[2];
  if (!args.no_plots)
    for (int n = 0; n < 2; ++n)
      pictures[n] = session.companion(n == 0 ? "averages.png" : "convergence.png");
  std::vector<fs::path> dragonfly;
  for (std::size_t n = 0; args.dragonfly && n < args.averaging.bootstrap_runs; ++n)
    dragonfly.push_back(session.companion(spi::text_of("dragonfly-", n, ".h5")));
  const fs::path checkpoint = session.output().string() + ".checkpoint";

  spi::FrameSource source = args.inputs.open(session.monitor(), session.team());
  spi::AveragingOptions options = args.averaging;
  options.device = session.device();
  const spi::AveragingResult result = spi::average_frames(
      source, options, checkpoint, session.seed(), session.threads(), session.monitor());
  if (!session.team().leads()) return;
  if (args.averaging.only_run) {
    session.monitor().info(spi::text_of("run ", *args.averaging.only_run, " of ",
                                        args.averaging.bootstrap_runs, " is in ",
                                        checkpoint.string(), "; --resume gathers them"));
    return;
  }
  spi::write_csv(table, spi::convergence_table(result));
  if (tries) spi::write_csv(trials, spi::trials_table(result));
  if (!args.no_plots) {
    Outputs outputs;
    outputs.draw(spi::averages_figure(result, args.shown), pictures[0]);
    outputs.draw(spi::convergence_figure(result), pictures[1]);
    outputs.commit();
  }
  for (std::size_t n = 0; n < dragonfly.size(); ++n)
    spi::write_dragonfly_output(dragonfly[n], result, n, source.frames());
  const auto truth = spi::truth_of_averages(result, args.inputs.frames);
  spi::write_averages(session.output(), result, truth, session.provenance());
  fs::remove_all(checkpoint);
  if (truth)
    session.monitor().info(
        spi::text_of("part of the frames that are of their average's true kind: ",
                     spi::print_number(truth->overall_purity)));
  session.monitor().info(spi::summary(result, source));
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main(spi::cli::SingleTool<Args>{"spi-average", declare, run}, argc, argv);
}

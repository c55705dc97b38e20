// SPDX-License-Identifier: GPL-3.0-or-later
// spi-orient: how each average lies in three dimensions, against a reference

#include "libspi/cli/main.h"
#include "libspi/figures/orientations.h"
#include "libspi/figures/plot_format.h"
#include "outputs.h"

namespace {

namespace fs = std::filesystem;

struct Args {
  fs::path averages;
  spi::StackOptions stack;
  spi::OrientOptions orient;
  spi::PlotFormat plots = spi::PlotFormat::png;
  std::size_t shown = 8;
};

void declare(spi::cli::Usage& usage, Args& args) {
  usage.summary("how each average lies in three dimensions, against a reference")
      .describe(
          "Every pattern is correlated with the slices of a reference at all orientations of a "
          "uniform grid in the fundamental zone of its point group; the best are then refined "
          "below the grid's spacing, together with the size of the particle. The reference is a "
          "shape, or intensities in three dimensions from a file; of several, each pattern keeps "
          "the "
          "best. The gain, the best correlation "
          "over the mean of all orientations, says how well a particle of that shape explains the "
          "pattern at all.")
      .describe(
          "Writes quaternions (model_from_lab), correlations, gains, sizes, and the second-best "
          "orientation that is not equivalent to the best with its margin, to OUTPUT and the table "
          "OUTPUT-orientations.csv; and the pictures OUTPUT-views (directions of view in the zone "
          "of the group), -gain (histograms) and -slices (patterns beside their best slices).")
      .example("spi-orient averages.h5 --shape cube --edge 42nm -o orientations.h5",
               "Averages of cubes, symmetry m-3m")
      .example("spi-orient averages.h5 --shape transition --melting 0,0.2,0.35,0.5,0.6 --edge 42nm",
               "Cubes that melt: each average against the state that it correlates with best")
      .example("spi-orient averages.h5 --reference volumes.h5 --symmetry D2 -o orientations.h5",
               "Against an intensity volume")
      .example(
          "spi-orient output_020.h5 --detector det.h5 --photon-energy 6keV --shape octahedron "
          "--edge 40nm",
          "Class averages of Dragonfly, whose scale its detector file says")
      .reference(
          "Zhuang et al. (2022). Unsupervised learning approaches to characterizing "
          "heterogeneous samples using X-ray single-particle imaging. IUCrJ 9, 204-214.")
      .output("orientations.h5", "the orientations");
  usage.input("averages", args.averages,
              "averages.h5, Dragonfly output_NNN.h5, or a stack of patterns (HDF5, CXI, npy, MRC)");
  args.stack.describe(usage);
  args.orient.describe(usage);
  usage.group("Pictures");
  usage.add("plots", args.plots, "format of the pictures");
  usage.add("shown", args.shown, "patterns shown beside their best slices").range(1, 100);
}

void run(const Args& args, spi::cli::Session& session) {
  const fs::path table = session.companion("orientations.csv");
  const bool plots = args.plots != spi::PlotFormat::none;
  fs::path pictures[3];
  const char* const names[] = {"views.", "gain.", "slices."};
  for (int k = 0; plots && k < 3; ++k)
    pictures[k] = session.companion(names[k] + std::string(spi::name_of(args.plots)));
  args.orient.check_together();
  const auto stack = spi::open_stack(args.averages, args.stack);
  session.monitor().info(spi::text_of(stack->info().kind, ": ", stack->info().count,
                                      " patterns of ", stack->info().columns, " x ",
                                      stack->info().rows, " pixels"));
  const spi::OrientResult result =
      spi::with_context("orienting the patterns of " + args.averages.string(), [&] {
        return spi::orient(*stack, args.orient, session.seed(), session.threads(),
                           session.monitor());
      });
  Outputs outputs;
  spi::write_csv(outputs.file(table), spi::orientation_table(result.orientations));
  if (plots) {
    outputs.draw(spi::views_figure(result), pictures[0]);
    outputs.draw(spi::gain_figure(result), pictures[1]);
    outputs.draw(spi::slices_figure(*stack, result, args.shown), pictures[2]);
  }
  spi::write_orientations(outputs.file(session.output()), result.orientations,
                          session.provenance());
  outputs.commit();
  session.monitor().info(spi::summary(result, stack->info().skipped));
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main(spi::cli::SingleTool<Args>{"spi-orient", declare, run}, argc, argv);
}

// SPDX-License-Identifier: GPL-3.0-or-later
// spi-phase: phase retrieval in two and three dimensions

#include "libspi/cli/main.h"
#include "libspi/cuda/devices.h"
#include "libspi/figures/phasing.h"
#include "libspi/phasing/output.h"
#include "outputs.h"

namespace {

namespace fs = std::filesystem;

struct Args {
  fs::path intensities;
  spi::PhasingInputOptions input;
  spi::PhasingOptions phasing;
  bool no_plots = false;
  std::size_t shown = 12;
};

void declare(spi::cli::Usage& usage, Args& args) {
  usage.summary("densities from intensities: phase retrieval in two and three dimensions")
      .describe(
          "Finds the density whose Fourier transform has the measured moduli, is not negative and "
          "lies within a support, from several random starts. Starts are aligned (shift and twin), "
          "those that agree with the one of the smallest error are averaged, and the phase "
          "retrieval transfer function (PRTF) of all of them says up to which resolution the "
          "phases are reproducible: where it falls below 1/e.")
      .describe(
          "Volumes are phased in three dimensions, patterns (such as class averages) each in two. "
          "What is not measured is left free: masked voxels, weights of 0, the beam stop, and the "
          "corners of volumes where they hold nothing but 0. Modes of the density that a masked "
          "centre leaves undetermined are named in the log and the file.")
      .describe(
          "Intensities cannot tell a structure from its mirror image (its twin): the hand of a "
          "density is arbitrary, but one for all of a series.")
      .describe(
          "Writes the densities to OUTPUT (the mean of the starts that agree; the best one is in "
          "density_best), an MRC file of each (OUTPUT.mrc, or OUTPUT-0000.mrc and on), the tables "
          "OUTPUT-prtf.csv and OUTPUT-errors.csv, and pictures of densities, PRTF and errors.")
      .example("spi-phase volumes.h5 --starts 20", "Phase a volume from twenty starts")
      .example("spi-phase series.h5 --start previous --recipe DM:200,ER:100 -o densities.h5",
               "A series of volumes, each beginning from the one before")
      .example(
          "spi-phase averages.h5 --recipe DM:500,RAAR:100,ER:100 --band-limit -o projections.h5",
          "Projected densities of class averages; two dimensions need longer")
      .example("spi-phase model.mrc --q-per-voxel 2e-4/A --beam-stop 5 --max-memory 8G",
               "A volume in MRC whose centre is not measured")
      .reference("Elser, JOSA A 20, 40 (2003): the difference map.")
      .reference("Fienup, Appl. Opt. 21, 2758 (1982): error reduction, hybrid input-output.")
      .reference("Luke, Inverse Problems 21, 37 (2005): RAAR.")
      .reference("Chapman et al., JOSA A 23, 1179 (2006): PRTF.")
      .reference("Thibault et al., Acta Cryst. A62, 248 (2006): undetermined modes.")
      .reference("Zhuang et al., IUCrJ 9, 204 (2022): densities along a landscape.")
      .output("density.h5", "the densities")
      .cuda(spi::cuda::kernel_devices());
  usage.input("intensities", args.intensities,
              "volumes.h5 or MRC (.mrc, .map, .ccp4) of intensities, or a stack of patterns");
  args.phasing.describe(usage);
  args.input.describe(usage);
  usage.group("Output");
  usage.add("shown", args.shown, "densities in the picture").range(1, 100);
  usage.flag("no-plots", args.no_plots, "write no pictures");
}

/// OUTPUT.mrc of one volume, OUTPUT-0000.mrc and on of several.
fs::path mrc_path(spi::cli::Session& session, std::size_t index, std::size_t count) {
  if (count == 1) {
    fs::path path = session.output();
    return session.claim(path.replace_extension(".mrc"));
  }
  char number[32];
  std::snprintf(number, sizeof number, "%04zu.mrc", index);
  return session.companion(number);
}

void run(const Args& args, spi::cli::Session& session) {
  const fs::path prtf = session.companion("prtf.csv"), errors = session.companion("errors.csv");
  fs::path pictures[3];
  const char* const names[] = {"density.png", "prtf.png", "errors.png"};
  for (int k = 0; !args.no_plots && k < 3; ++k) pictures[k] = session.companion(names[k]);
  const auto input = spi::open_phasing_input(args.intensities, args.input);
  if (!input->note().empty()) session.monitor().info(input->note());
  const spi::LatentStates latent = input->rank() == 3
                                       ? spi::read_latent_states(args.intensities, input->count())
                                       : spi::LatentStates{};
  std::vector<fs::path> mrc;
  for (std::size_t index = 0; index < input->count(); ++index)
    mrc.push_back(mrc_path(session, index, input->count()));

  spi::PhasingOptions options = args.phasing;
  options.device = session.device();
  Outputs outputs;
  spi::PhasedWriter writer(outputs.file(session.output()), session.provenance());
  std::vector<spi::PhasedState> states;
  spi::with_context("phasing " + args.intensities.string(), [&] {
    spi::phase_series(
        *input, options, session.seed(), session.threads(), session.monitor(),
        [&](const spi::PhasedState& state) {
          writer.append(state);
          spi::write_mrc(outputs.file(mrc[state.index]), state.mean);
          states.push_back(state.lean(spi::is_shown(state.index, input->count(), args.shown)));
        });
  });
  writer.carry(latent);
  writer.finish();
  spi::write_csv(outputs.file(prtf), spi::prtf_table(states));
  spi::write_csv(outputs.file(errors), spi::error_table(states));
  if (!args.no_plots) {
    const spi::plot::Figure figures[] = {spi::density_figure(states), spi::prtf_figure(states),
                                         spi::error_figure(states)};
    for (int k = 0; k < 3; ++k) outputs.draw(figures[k], pictures[k]);
  }
  outputs.commit();
  session.monitor().info(
      spi::text_of("read and phased ", states.size(), input->rank() == 3 ? " volumes" : " patterns",
                   " of ", input->n(), " voxels a side, rejected 0; the hand is arbitrary"));
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main(spi::cli::SingleTool<Args>{"spi-phase", declare, run}, argc, argv);
}

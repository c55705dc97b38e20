// SPDX-License-Identifier: GPL-3.0-or-later
// spi-clpca: how particles differ in 3D, from the common lines of their patterns

#include "libspi/cli/main.h"
#include "libspi/cuda/devices.h"
#include "libspi/figures/landscape.h"
#include "libspi/figures/plot_format.h"
#include "libspi/mpi/job_team.h"
#include "outputs.h"

namespace {

namespace fs = std::filesystem;

struct Args {
  fs::path averages;
  spi::StackOptions stack;
  spi::ClpcaOptions clpca;
  bool stored_matrix = false;
  spi::PlotFormat plots = spi::PlotFormat::png;
  std::optional<std::string> colour;
  std::size_t typical = 12;
};

void declare(spi::cli::Usage& usage, Args& args) {
  usage.summary("how particles differ in 3D, from the common lines of their patterns")
      .describe(
          "Every pair of patterns of one particle shares a line through the centre, whatever the "
          "orientations. The largest correlation between the lines of two patterns says how alike "
          "their particles are; the principal components of the matrix of these correlations are "
          "the landscape of the data set. --embedding lays it out otherwise.")
      .describe(
          "Writes the correlation matrix and the embedding to OUTPUT, and beside it the table "
          "OUTPUT-embedding.csv and the pictures OUTPUT-embedding, -matrix, -variance and "
          "-patterns. Of every map it says its trustworthiness (are neighbours in the map "
          "neighbours in the matrix?) and continuity (are neighbours in the matrix still so in the "
          "map?), both 1 at best and 0.5 by chance.")
      .example("spi-clpca averages.h5 -o clpca.h5", "The landscape of class averages")
      .example("spi-clpca output_020.h5 --components 5 --color-by truth.csv:kind -o clpca.h5",
               "Class averages of Dragonfly, coloured by a column of a table")
      .example(
          "spi-clpca shots.h5 --dataset patterns --mask mask --center 63.5,63.5 -o landscape.h5",
          "Single shots with a mask of bad pixels and a known centre")
      .example("spi-clpca clpca.h5 --stored-matrix --compare-maps -o maps.h5",
               "Which map suits? All four, of a matrix that exists already")
      .example("mpirun -n 8 spi-clpca averages.h5",
               "The correlations split over eight processes, with the same result "
               "(docs/scaling.md)")
      .reference(
          "Zhuang et al. (2022). Unsupervised learning approaches to characterizing "
          "heterogeneous samples using X-ray single-particle imaging. IUCrJ 9, 204-214.")
      .output("clpca.h5", "the matrix and the embedding")
      .cuda(spi::cuda::kernel_devices())
      .ranks(spi::job_team);
  usage.input("averages", args.averages,
              "averages.h5, Dragonfly output_NNN.h5, or a stack of patterns (HDF5, CXI, npy, MRC)");
  args.stack.describe(usage);
  args.clpca.describe(usage);
  usage.flag("stored-matrix", args.stored_matrix,
             "embed the CC matrix in the file (cc_matrix, or Dragonfly's CL_CC/cc_matrix) instead "
             "of correlating its patterns");
  usage.group("Pictures");
  usage.add("plots", args.plots, "format of the pictures");
  usage.add("color-by", args.colour,
            "column that colours the points: a dataset of the input such as truth/kind (spi-info "
            "lists them), or FILE:COLUMN (HDF5, CSV)");
  usage
      .add("typical", args.typical,
           "patterns spread over the landscape: the crosses of the embedding, shown in -patterns")
      .range(0, 100);
}

/// Where the pictures and tables beside the output go; an empty path is not written.
struct Companions {
  fs::path embedding_table, maps_table, embedding, maps, matrix, variance, patterns;
};

Companions claim_companions(const Args& args, spi::cli::Session& session) {
  const auto picture = [&](const std::string& name, bool wanted) {
    return wanted && args.plots != spi::PlotFormat::none
               ? session.companion(name + "." + std::string(spi::name_of(args.plots)))
               : fs::path();
  };
  const bool compare = args.clpca.compare_maps;
  return {.embedding_table = session.companion("embedding.csv"),
          .maps_table = compare ? session.companion("maps.csv") : fs::path(),
          .embedding = picture("embedding", true),
          .maps = picture("maps", compare),
          .matrix = picture("matrix", true),
          .variance = picture("variance", args.clpca.map.embedding == spi::MapKind::pca),
          .patterns = picture("patterns", !args.stored_matrix && args.typical > 0)};
}

/// All outputs appear together, or none does.
void write(const spi::Clpca& result, const std::optional<spi::Column>& colour,
           spi::StackReader* stack, const Companions& to, const Args& args,
           spi::cli::Session& session) {
  Outputs outputs;
  const auto table = [&](const fs::path& path, const auto& make) {
    if (!path.empty()) spi::write_csv(outputs.file(path), make());
  };
  const auto picture = [&](const fs::path& path, const auto& make) {
    if (!path.empty()) outputs.draw(make(), path);
  };
  const auto typical = spi::spanning_patterns(result.map, stack ? args.typical : 0);
  table(to.embedding_table, [&] { return spi::embedding_table(result, colour); });
  table(to.maps_table, [&] { return spi::maps_table(result.compared); });
  picture(to.embedding, [&] { return spi::embedding_figure(result, colour, typical); });
  picture(to.maps, [&] { return spi::maps_figure(result.compared, colour); });
  picture(to.matrix, [&] { return spi::cc_matrix_figure(result, colour); });
  picture(to.variance, [&] { return spi::variance_figure(result); });
  picture(to.patterns, [&] { return spi::montage_figure(*stack, typical, result.id); });
  spi::write_clpca(outputs.file(session.output()), result, session.provenance());
  outputs.commit();
}

void run(const Args& args, spi::cli::Session& session) {
  const Companions companions = claim_companions(args, session);
  std::unique_ptr<spi::StackReader> stack;
  spi::Clpca result;
  std::optional<spi::Column> colour;
  const auto read_colour = [&](const auto& patterns) {
    if (args.colour) colour = spi::read_column(*args.colour, args.averages, patterns);
  };
  if (args.stored_matrix) {
    if (!session.team().leads()) return;  // nothing to share
    result = spi::clpca_of_matrix(args.averages, args.clpca, session.seed(), session.threads(),
                                  session.monitor());
    read_colour(result.map.rows);
  } else {
    stack = spi::open_stack(args.averages, args.stack);
    session.monitor().info(spi::text_of(stack->info().kind, ": ", stack->info().count,
                                        " patterns of ", stack->info().columns, " x ",
                                        stack->info().rows, " pixels"));
    read_colour(stack->kept());
    spi::ClpcaOptions options = args.clpca;
    options.device = session.device();
    result = spi::with_context("correlating the patterns of " + args.averages.string(), [&] {
      return spi::clpca(*stack, options, session.seed(), session.threads(), session.monitor(),
                        session.team());
    });
  }
  if (!session.team().leads()) return;
  write(result, colour, stack.get(), companions, args, session);
  if (result.compared.empty()) session.monitor().info(spi::describe_quality(result.map));
  for (const spi::Map& map : result.compared) session.monitor().info(spi::describe_quality(map));
  session.monitor().info(spi::summary(result, stack ? stack->info().skipped : 0));
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main(spi::cli::SingleTool<Args>{"spi-clpca", declare, run}, argc, argv);
}

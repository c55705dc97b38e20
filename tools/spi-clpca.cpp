// SPDX-License-Identifier: GPL-3.0-or-later
// spi-clpca: how particles differ in 3D, from the common lines of their patterns
#include <deque>

#include "libspi/cli/main.h"
#include "libspi/figures/landscape.h"
#include "libspi/io/atomic_file.h"

namespace {

namespace fs = std::filesystem;

enum class PlotFormat { png, svg, pdf, none };

}  // namespace

template <>
struct spi::EnumNames<PlotFormat> {
  static constexpr std::array<std::string_view, 4> values{"png", "svg", "pdf", "none"};
};

namespace {

struct Args {
  fs::path averages;
  spi::StackOptions stack;
  spi::ClpcaOptions clpca;
  bool stored_matrix = false;
  PlotFormat plots = PlotFormat::png;
  std::optional<std::string> colour;
  std::size_t typical = 12;
};

void declare(spi::cli::Usage& usage, Args& args) {
  usage.summary("how particles differ in 3D, from the common lines of their patterns")
      .describe(
          "Every pair of patterns of one particle shares a line through the centre, whatever the "
          "orientations. The largest correlation between the lines of two patterns says how alike "
          "their particles are; the principal components of the matrix of these correlations are "
          "the landscape of the data set.")
      .describe(
          "Writes the correlation matrix and the embedding to OUTPUT, and beside it the table "
          "OUTPUT-embedding.csv and the pictures OUTPUT-embedding, -matrix, -variance and "
          "-patterns.")
      .example("spi-clpca averages.h5 -o clpca.h5", "The landscape of class averages")
      .example("spi-clpca output_020.h5 --components 5 --color-by truth.csv:kind -o clpca.h5",
               "Class averages of Dragonfly, coloured by a column of a table")
      .example(
          "spi-clpca shots.h5 --dataset patterns --mask mask --center 63.5,63.5 -o landscape.h5",
          "Single shots with a mask of bad pixels and a known centre")
      .reference(
          "Zhuang et al. (2022). Unsupervised learning approaches to characterizing "
          "heterogeneous samples using X-ray single-particle imaging. IUCrJ 9, 204-214.")
      .output("clpca.h5", "the matrix and the embedding");
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

void run(const Args& args, spi::cli::Session& session) {
  const std::string extension = "." + std::string(spi::name_of(args.plots));
  const bool plots = args.plots != PlotFormat::none;
  const fs::path table = session.companion("embedding.csv");
  fs::path pictures[4];
  const char* const names[] = {"embedding", "matrix", "variance", "patterns"};
  for (int k = 0; plots && k < 4; ++k) pictures[k] = session.companion(names[k] + extension);

  std::unique_ptr<spi::StackReader> stack;
  spi::Clpca result;
  std::optional<spi::Column> colour;
  const auto read_colour = [&](std::size_t patterns) {
    if (args.colour) colour = spi::read_column(*args.colour, args.averages, patterns);
  };
  if (args.stored_matrix) {
    result = spi::clpca_of_matrix(args.averages, args.clpca, session.seed(), session.threads(),
                                  session.monitor());
    read_colour(result.pca.rows);
  } else {
    stack = spi::open_stack(args.averages, args.stack);
    session.monitor().info(spi::text_of(stack->info().kind, ": ", stack->info().count,
                                        " patterns of ", stack->info().columns, " x ",
                                        stack->info().rows, " pixels"));
    read_colour(stack->info().count);
    result = spi::with_context("correlating the patterns of " + args.averages.string(), [&] {
      return spi::clpca(*stack, args.clpca, session.seed(), session.threads(), session.monitor());
    });
  }

  // All outputs appear together, or none does.
  std::deque<spi::AtomicFile> outputs;
  const auto save = [&](const spi::plot::Figure& figure, const fs::path& path) {
    figure.save(outputs.emplace_back(path).temporary(), spi::plot::format_of(path));
  };
  spi::write_csv(outputs.emplace_back(table).temporary(), spi::embedding_table(result, colour));
  if (plots) {
    const auto typical = spi::spanning_patterns(result.pca, stack ? args.typical : 0);
    save(spi::embedding_figure(result, colour, typical), pictures[0]);
    save(spi::cc_matrix_figure(result, colour), pictures[1]);
    save(spi::variance_figure(result), pictures[2]);
    if (stack && !typical.empty())
      save(spi::montage_figure(*stack, typical, result.id), pictures[3]);
  }
  spi::write_clpca(outputs.emplace_back(session.output()).temporary(), result,
                   session.provenance());
  for (spi::AtomicFile& output : outputs) output.commit();
  session.monitor().info(spi::summary(result, stack ? stack->info().skipped : 0));
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main(spi::cli::SingleTool<Args>{"spi-clpca", declare, run}, argc, argv);
}

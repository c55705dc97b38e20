// SPDX-License-Identifier: GPL-3.0-or-later
// spi-measure: how large particles are, and how a landscape goes with what is known of them

#include "libspi/cli/main.h"
#include "libspi/figures/measures.h"
#include "libspi/measure/agreement.h"
#include "libspi/measure/series.h"
#include "libspi/measure/states.h"
#include "outputs.h"

namespace {

namespace fs = std::filesystem;
using namespace spi;

constexpr const char* kReference =
    "Zhuang et al. (2022). Unsupervised learning approaches to characterizing heterogeneous "
    "samples using X-ray single-particle imaging. IUCrJ 9, 204-214: ";

/// Table, picture and file appear together.
void save(const fs::path& table, const std::vector<Column>& columns, const fs::path& picture,
          const plot::Figure& figure) {
  Outputs outputs;
  write_csv(outputs.file(table), columns);
  if (!picture.empty()) outputs.draw(figure, picture);
  outputs.commit();
}

struct VolumesArgs {
  std::vector<fs::path> volumes;
  DensitySizeOptions size;
  std::optional<std::string> against;
  std::size_t first = 0;
  bool no_plot = false;
};

void declare_volumes(cli::Usage& usage, VolumesArgs& args) {
  usage.summary("volume, edge and diameter of the bodies in a series of densities")
      .describe(
          "Each density's volume inside the surface at half of its own density, and inside the "
          "surface where a voxel holds a given part of the mass. Writes them to OUTPUT, the table "
          "OUTPUT-table.csv and the picture OUTPUT-series.png.")
      .example("spi-measure volumes densities.h5", "Along the z that the file holds")
      .example("spi-measure volumes state-*.mrc --against states.csv:fluence -o growth.h5",
               "Densities of phasing runs against a column of a table")
      .reference(std::string(kReference) + "figure 5d.")
      .output("measure.h5", "the measurements");
  usage.inputs("volumes", args.volumes, "volumes.h5 of densities, or MRC files");
  args.size.describe(usage);
  usage.add("against", args.against,
            "column that the volumes are set against, FILE:COLUMN; auto: the first column of z in "
            "volumes.h5, else the number of the volume");
  usage.add("first", args.first, "volume that growth is counted from");
  usage.flag("no-plots", args.no_plot, "do not draw the picture");
}

void volumes(const VolumesArgs& args, cli::Session& session) {
  const fs::path table = session.companion("table.csv");
  const fs::path picture = args.no_plot ? fs::path() : session.companion("series.png");
  const SizeSeries series =
      measure_series(args.volumes, args.size, session.threads(), session.monitor());
  if (args.first >= series.sizes.size())
    fail_usage("--first ", args.first, ": there are ", series.sizes.size(), " volumes");
  std::vector<Column> coordinates = series.coordinates;
  if (args.against)
    set_against(coordinates, read_column(*args.against, args.volumes[0], series.sizes.size()));
  const auto columns = size_table(coordinates, series.sizes, args.first);
  save(table, columns, picture, series_figure(coordinates[0], series.sizes, args.first));
  write_measures(session.output(), columns, session.provenance());
  session.monitor().info(summary(series));
}

/// Patterns to be measured.
struct PatternArgs {
  fs::path averages;
  StackOptions stack;
  PatternScale scale;
  bool no_plot = false;

  void describe(cli::Usage& usage) {
    usage.input("averages", averages, "averages.h5, or any other stack of patterns");
    scale.describe(usage);
    stack.describe(usage);
    usage.flag("no-plots", no_plot, "do not draw the picture");
  }
};

struct SizesArgs {
  PatternArgs patterns;
  SizeFitOptions fit;
};

void declare_sizes(cli::Usage& usage, SizesArgs& args) {
  usage.summary("sizes of cubes and spheres, read directly from their patterns")
      .describe(
          "Spheres by the fringes of their radial intensity; cubes, where a streak shows that a "
          "face lies along the beam, by the fringes along the streak. Patterns whose fringes are "
          "not clear get a size too, but do not count. Writes the fits to OUTPUT, the table "
          "OUTPUT-table.csv and the histograms OUTPUT-sizes.png.")
      .example("spi-measure sizes averages.h5 -o sizes.h5", "Cubes and spheres told apart")
      .example("spi-measure sizes spheres.h5 --shape sphere --size-min 30nm --size-max 70nm",
               "Spheres only")
      .reference(std::string(kReference) + "appendix C, figure 9.")
      .output("measure.h5", "the measurements");
  args.fit.describe(usage);
  args.patterns.describe(usage);
}

void sizes(const SizesArgs& args, cli::Session& session) {
  const fs::path table = session.companion("table.csv");
  const fs::path picture = args.patterns.no_plot ? fs::path() : session.companion("sizes.png");
  const auto stack = open_stack(args.patterns.averages, args.patterns.stack);
  const auto fits =
      fit_sizes(*stack, args.patterns.scale.of(args.patterns.averages.string(), stack->info()),
                args.fit, session.threads(), session.monitor());
  const auto columns = fit_table(stack->ids(), fits);
  save(table, columns, picture, fits_figure(fits));
  write_measures(session.output(), columns, session.provenance());
  session.monitor().info(summary(fits));
}

struct RadialArgs {
  PatternArgs patterns;
  std::string sort_by;
};

void declare_radial(cli::Usage& usage, RadialArgs& args) {
  usage.summary("radial intensities of patterns, sorted by a coordinate")
      .describe(
          "Fringes that stretch with the coordinate show that it is the particles' size. Writes "
          "the intensities, sorted, to OUTPUT, the coordinate to OUTPUT-table.csv and the picture "
          "OUTPUT-radial.png.")
      .example("spi-measure radial spheres.h5 --sort-by clpca-embedding.csv:c3",
               "Does the third component follow the diameter?")
      .reference(std::string(kReference) + "appendix D, figure 10.")
      .output("measure.h5", "the measurements");
  usage
      .add("sort-by", args.sort_by,
           "column of the coordinate: FILE:COLUMN (HDF5, CSV), or a dataset of the averages")
      .required();
  args.patterns.describe(usage);
}

void radial(const RadialArgs& args, cli::Session& session) {
  const fs::path table = session.companion("table.csv");
  const fs::path picture = args.patterns.no_plot ? fs::path() : session.companion("radial.png");
  const auto stack = open_stack(args.patterns.averages, args.patterns.stack);
  const Column coordinate = read_column(args.sort_by, args.patterns.averages, stack->kept());
  const RadialSet set = radial_profiles(*stack, session.monitor());
  const auto q = args.patterns.scale.q_of_rings(stack->info(), set.rings);
  save(table, radial_table(set, coordinate), picture, radial_figure(set, coordinate, q));
  write_radial(session.output(), set, coordinate, q, session.provenance());
  session.monitor().info(text_of("sorted ", order_by(coordinate).size(), " of ", set.patterns,
                                 " patterns by ", coordinate.name));
}

struct StatesArgs {
  fs::path states, truth;
  std::optional<std::string> known;
};

void declare_states(cli::Usage& usage, StatesArgs& args) {
  usage.summary("resolution of the states of a landscape against a known series")
      .describe(
          "Finds for every volume of STATES the one of TRUTH that it is most like, and where their "
          "Fourier shell correlation falls below 1/2. Both lie in the same frame. Writes OUTPUT "
          "and the table OUTPUT-table.csv.")
      .example("spi-measure states states.h5 truth.h5 --known truth/melting",
               "Decoded states against the true intensities of a cube that melts")
      .output("measure.h5", "the figures");
  usage.input("states", args.states, "volumes.h5");
  usage.input("truth", args.truth, "volumes.h5 of the same quantity: the known series");
  usage.add("known", args.known, "column of TRUTH, or FILE:COLUMN, to give for the nearest");
}

void states(const StatesArgs& args, cli::Session& session) {
  const fs::path path = session.companion("table.csv");
  const auto matches = match_states(args.states, args.truth, session.threads(), session.monitor());
  std::vector<Column> columns = state_table(matches);
  if (args.known) {
    const Column known = read_column(*args.known, args.truth, open_volumes(args.truth)->count());
    Column nearest{known.name, {}, known.labels};
    for (const StateMatch& m : matches) nearest.values.push_back(known.values[m.nearest]);
    columns.push_back(std::move(nearest));
  }
  write_csv(path, columns);
  write_measures(session.output(), columns, session.provenance());
  session.monitor().info(summary(matches));
}

struct LandscapeArgs {
  std::vector<fs::path> tables;
  AgreementOptions agreement;
};

void declare_landscape(cli::Usage& usage, LandscapeArgs& args) {
  usage.summary("how a landscape goes with what is known of its patterns")
      .describe(
          "Of a known number (a truth, the run, the fluence): the rank correlation with each axis, "
          "and with what the nearest patterns have. Of known labels (a truth, clusters, labels by "
          "hand): the part of the patterns that are what most of the nearest patterns are. A "
          "landscape that goes with the run or the fluence shows the experiment, not the "
          "particles.")
      .describe(
          "The columns of all inputs are joined by id, the first says which patterns there are. "
          "Prints a line for each known column and writes OUTPUT and the table OUTPUT-table.csv.")
      .example("spi-measure landscape clpca.h5 averages.h5 --known truth/kind,truth/melting",
               "Are the kinds apart, and is melting a direction?")
      .example("spi-measure landscape latents-table.csv runs.csv --known run,fluence",
               "Does the latent space follow anything that it should not?")
      .example("spi-measure landscape clpca.h5 --labels clusters.h5:cluster",
               "Are the clusters apart?")
      .output("measure.h5", "the figures");
  usage.inputs("tables", args.tables,
               "clpca.h5, embedding.h5, averages.h5, tables (CSV) with a column id");
  args.agreement.describe(usage);
}

void landscape(const LandscapeArgs& args, cli::Session& session) {
  const fs::path path = session.companion("table.csv");
  const LandscapeAgreement found =
      landscape_agreement(args.tables, args.agreement, session.threads(), session.monitor());
  const std::vector<Column> columns = agreement_table(found.all, found.axes);
  write_csv(path, columns);
  write_measures(session.output(), columns, session.provenance());
}

}  // namespace

int main(int argc, char** argv) {
  return cli::main(
      cli::Tool{"spi-measure",
                "how large particles are: volumes along a series, sizes and radial "
                "intensities of patterns; and how a landscape goes with what is "
                "known",
                {cli::command<VolumesArgs>("volumes", declare_volumes, volumes),
                 cli::command<SizesArgs>("sizes", declare_sizes, sizes),
                 cli::command<RadialArgs>("radial", declare_radial, radial),
                 cli::command<StatesArgs>("states", declare_states, states),
                 cli::command<LandscapeArgs>("landscape", declare_landscape, landscape)}},
      argc, argv);
}

// SPDX-License-Identifier: GPL-3.0-or-later
// spi-cluster: clusters of a landscape, their number, and whether they come back

#include "libspi/cli/main.h"
#include "libspi/figures/clusters.h"
#include "outputs.h"

namespace {

namespace fs = std::filesystem;

struct Args {
  fs::path coordinates;
  spi::ClusterOptions clusters;
  bool no_plots = false;
};

void declare(spi::cli::Usage& usage, Args& args) {
  usage.summary("clusters of a landscape, their number, and whether they come back")
      .describe(
          "Divides patterns into clusters by their coordinates, taken as they are. Clusters are "
          "numbered by size, the largest 0; -1 is in none. "
          "Each is tried by resampling: of the patterns that chance draws with replacement a new "
          "division is made, and the Jaccard index says how much of a cluster comes back (above "
          "0.75 it is stable, below 0.6 it should not be believed).")
      .describe(
          "Writes labels and probabilities to OUTPUT, and beside it the table OUTPUT-clusters.csv "
          "and the picture OUTPUT-clusters.png with the scores of every number of clusters.")
      .example("spi-cluster clpca.h5 -o clusters.h5", "Crowded regions, however many there are")
      .example("spi-cluster clpca.h5 --method mixture --components 2 -o clusters.h5",
               "Gaussians in the first two components, as many as the BIC finds")
      .example("spi-cluster embedding.h5 --method kmeans --clusters 4 -o clusters.h5",
               "Four clusters of placed averages")
      .reference(
          "Campello, Moulavi & Sander (2013). Density-based clustering based on hierarchical "
          "density estimates. PAKDD 2013, 160-172.")
      .reference(
          "Fraley & Raftery (2007). Bayesian regularization for normal mixture estimation and "
          "model-based clustering. J. Classif. 24, 155-181.")
      .reference(
          "Hennig (2007). Cluster-wise assessment of cluster stability. Comput. Stat. Data "
          "Anal. 52, 258-271.")
      .output("clusters.h5", "labels, probabilities, centres, stability");
  usage.input("coordinates", args.coordinates, "clpca.h5 or embedding.h5");
  args.clusters.describe(usage);
  usage.group("Pictures");
  usage.flag("no-plots", args.no_plots, "write no picture");
}

void run(const Args& args, spi::cli::Session& session) {
  const fs::path table = session.companion("clusters.csv");
  const fs::path picture = args.no_plots ? fs::path() : session.companion("clusters.png");
  const spi::Coordinates coordinates = spi::read_coordinates(args.coordinates);
  const spi::Clusters clusters =
      spi::find_clusters(coordinates, args.coordinates, args.clusters, session.seed(),
                         session.threads(), session.monitor());

  Outputs outputs;
  spi::write_csv(outputs.file(table), spi::clusters_table(clusters, coordinates));
  if (!picture.empty()) outputs.draw(spi::clusters_figure(clusters, coordinates), picture);
  spi::write_clusters(outputs.file(session.output()), clusters, coordinates, session.provenance());
  outputs.commit();
  for (const std::string& line : spi::describe_clusters(clusters)) session.monitor().info(line);
  session.monitor().info(spi::summary(clusters));
}

}  // namespace

int main(int argc, char** argv) {
  return spi::cli::main(spi::cli::SingleTool<Args>{"spi-cluster", declare, run}, argc, argv);
}

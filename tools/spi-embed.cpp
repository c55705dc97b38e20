// SPDX-License-Identifier: GPL-3.0-or-later
// spi-embed: place patterns in a known landscape, one by one

#include "libspi/cli/main.h"
#include "libspi/figures/absolute_embedding.h"
#include "libspi/io/table.h"
#include "libspi/learn/runtime.h"
#include "models/absolute_embedding/apply.h"
#include "models/absolute_embedding/train.h"
#include "outputs.h"

namespace {

namespace fs = std::filesystem;

constexpr const char* kReference =
    "Zhuang et al. (2022). Unsupervised learning approaches to characterizing heterogeneous "
    "samples "
    "using X-ray single-particle imaging. IUCrJ 9, 204-214, section 2.2.3.";

std::unique_ptr<spi::StackReader> open_averages(const fs::path& path, spi::StackOptions options,
                                                const spi::cli::Session& session) {
  options.threads = session.threads();
  return spi::open_stack(path, options);
}

struct TrainArgs {
  fs::path averages, landscape;
  spi::StackOptions stack;
  spi::AbsoluteEmbeddingOptions embedding;
  bool resume = false, no_plots = false;
};

void declare_train(spi::cli::Usage& usage, TrainArgs& args) {
  usage.summary("learn to place patterns in the landscape of spi-clpca")
      .describe(
          "The coordinates of spi-clpca are relative to the set that was embedded, and cost grows "
          "with the square of the set. A network learns them from the averages themselves: from "
          "the Fourier magnitudes of each average along the angle, on rings about the beam, which "
          "no rotation in the plane changes. Then spi-embed apply places any average of the same "
          "kind of experiment in that landscape.")
      .describe(
          "Writes the model to OUTPUT, and beside it OUTPUT-training.jsonl (a line an epoch, while "
          "it runs), OUTPUT-loss.png, OUTPUT-validation.png and OUTPUT-quality.csv. An interrupted "
          "run leaves OUTPUT.checkpoint, from which --resume goes on.")
      .example("spi-embed train averages.h5 clpca.h5 -o embed.pt", "Learn a landscape")
      .example("spi-embed train averages.h5 clpca.h5 --components 5 --ensemble 8 -o embed.pt",
               "Five components, and uncertainties from eight networks")
      .reference(kReference)
      .output("embed.pt", "the model")
      .cuda(&spi::learn::cuda_devices);
  usage.input("averages", args.averages, "the averages that the landscape was made of");
  usage.input("landscape", args.landscape, "clpca.h5, or another file with their embedding and id");
  args.stack.describe(usage);
  args.embedding.describe(usage);
  usage.group("Running");
  usage.flag("resume", args.resume,
             "go on from the checkpoint of an interrupted run with the same options");
  usage.flag("no-plots", args.no_plots, "draw no pictures");
}

std::vector<spi::Column> quality_table(const spi::RegressionQuality& quality) {
  std::vector<spi::Column> columns(4);
  const char* const names[] = {"component", "r2", "squared_error", "squared_error_over_variance"};
  for (int k = 0; k < 4; ++k) columns[k].name = names[k];
  for (std::size_t c = 0; c < quality.r2.size(); ++c) {
    columns[0].values.push_back(double(c + 1));
    columns[1].values.push_back(quality.r2[c]);
    columns[2].values.push_back(quality.squared_error[c]);
    columns[3].values.push_back(quality.squared_error[c] / quality.variance[c]);
  }
  return columns;
}

void train(const TrainArgs& args, spi::cli::Session& session) {
  const fs::path log_path = session.companion("training.jsonl");
  const fs::path table = session.companion("quality.csv");
  fs::path loss_path, validation_path;
  if (!args.no_plots) {
    loss_path = session.companion("loss.png");
    validation_path = session.companion("validation.png");
  }
  const auto stack = open_averages(args.averages, args.stack, session);
  const spi::Coordinates known = spi::read_landscape(args.landscape, args.embedding.components);
  const spi::Coordinates landscape =
      spi::rows_of(known, spi::match_ids(known, stack->ids(), args.landscape, args.averages));
  spi::AbsoluteEmbeddingOptions options = args.embedding;
  options.features = spi::as_in_landscape(options.features, args.landscape);

  const spi::Provenance provenance = session.provenance();
  spi::learn::TrainingLog log(log_path);
  const spi::EmbeddingRun run{.seed = session.seed(),
                              .threads = session.threads(),
                              .device = session.device(),
                              .checkpoint = session.output().string() + ".checkpoint",
                              .setting = spi::learn::setting_of(provenance),
                              .resume = args.resume,
                              .log = &log};
  const spi::TrainedEmbedding trained =
      spi::with_context("learning the landscape " + args.landscape.string(), [&] {
        return spi::train_embedding(*stack, landscape, spi::bootstrap_runs(args.averages, *stack),
                                    options, run, session.monitor());
      });

  Outputs outputs;
  spi::write_csv(outputs.file(table), quality_table(trained.quality));
  if (!args.no_plots) {
    outputs.draw(
        spi::learn::loss_figure(trained.histories, "Mean squared error, standardised coordinates"),
        loss_path);
    outputs.draw(spi::validation_figure(landscape, trained.model.predicted, trained.model.held_out,
                                        trained.quality.r2),
                 validation_path);
  }
  spi::write_embedding_model(outputs.file(session.output()), trained.model, provenance);
  outputs.commit();
  fs::remove_all(run.checkpoint);
  session.monitor().info(spi::quality_text(trained.quality));
  session.monitor().info(spi::text_of("read ", stack->info().count + stack->info().skipped,
                                      " patterns, used ", stack->info().count, ", left out ",
                                      stack->info().skipped, " (empty)"));
}

struct ApplyArgs {
  fs::path averages, model;
  spi::StackOptions stack;
  bool no_plots = false;
};

void declare_apply(spi::cli::Usage& usage, ApplyArgs& args) {
  usage.summary("place patterns in the landscape of a trained model")
      .describe(
          "Writes the coordinates of every pattern to OUTPUT, with the spread of the model's "
          "networks as their uncertainty and the distance of the pattern from those that the model "
          "was trained on; where that exceeds 1, which one in a hundred trained patterns does, "
          "`outside` is 1 and the coordinates mean little. Beside it the table "
          "OUTPUT-embedding.csv and the picture OUTPUT-landscape.png.")
      .describe(
          "Patterns on other pixels are resampled where both sides know the q of a pixel. Without "
          "it the geometry must be that of the training.")
      .example("spi-embed apply tomorrow.h5 embed.pt -o embedding.h5",
               "Tomorrow's averages on today's map")
      .reference(kReference)
      .output("embedding.h5", "the coordinates");
  usage.input("averages", args.averages, "averages.h5, Dragonfly output_NNN.h5, or a stack");
  usage.input("model", args.model, "embed.pt of spi-embed train");
  args.stack.describe(usage);
  usage.group("Running");
  usage.flag("no-plots", args.no_plots, "draw no picture");
}

std::vector<spi::Column> embedding_table(const spi::Embedding& embedding) {
  std::vector<spi::Column> columns;
  const auto add = [&](std::string name, const auto& values, std::size_t stride, std::size_t from) {
    spi::Column& column = columns.emplace_back();
    column.name = std::move(name);
    for (std::size_t k = from; k < values.size(); k += stride)
      column.values.push_back(double(values[k]));
  };
  const std::size_t c = embedding.components;
  add("id", embedding.id, 1, 0);
  for (std::size_t k = 0; k < c; ++k) add(spi::text_of("c", k + 1), embedding.values, c, k);
  for (std::size_t k = 0; k < c && !embedding.error.empty(); ++k)
    add(spi::text_of("c", k + 1, "_error"), embedding.error, c, k);
  add("distance", embedding.distance, 1, 0);
  add("outside", embedding.outside, 1, 0);
  return columns;
}

void apply(const ApplyArgs& args, spi::cli::Session& session) {
  const fs::path table = session.companion("embedding.csv");
  const fs::path picture = args.no_plots ? fs::path() : session.companion("landscape.png");
  const spi::AbsoluteEmbedding model = spi::read_embedding_model(args.model);
  const auto stack = open_averages(args.averages, args.stack, session);
  const spi::Embedding embedding = spi::with_context(
      "placing the patterns of " + args.averages.string() + " by " + args.model.string(),
      [&] { return spi::apply_embedding(*stack, model, session.threads(), session.monitor()); });
  Outputs outputs;
  spi::write_csv(outputs.file(table), embedding_table(embedding));
  if (!args.no_plots)
    outputs.draw(spi::placement_figure(model.landscape, embedding.values, embedding.outside),
                 picture);
  spi::write_embedding(outputs.file(session.output()), embedding, session.provenance());
  outputs.commit();
  const auto outside = std::ranges::count(embedding.outside, 1);
  if (20 * outside > std::ptrdiff_t(embedding.rows))
    session.monitor().warn(
        spi::text_of(outside, " of ", embedding.rows,
                     " patterns are unlike those that the model was trained on (column outside)"));
  session.monitor().info(spi::text_of("read ", embedding.rows + stack->info().skipped,
                                      " patterns, placed ", embedding.rows, ", of which ", outside,
                                      " outside the trained set, left out ", stack->info().skipped,
                                      " (empty)"));
}

}  // namespace

int main(int argc, char** argv) {
  const spi::cli::Tool tool{"spi-embed",
                            "place patterns in a known landscape, one by one",
                            {spi::cli::command("train", declare_train, train),
                             spi::cli::command("apply", declare_apply, apply)}};
  return spi::cli::main(tool, argc, argv);
}

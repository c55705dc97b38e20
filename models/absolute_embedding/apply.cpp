// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/absolute_embedding/apply.h"

#include "libspi/io/atomic_file.h"
#include "libspi/io/record.h"
#include "libspi/learn/runtime.h"
#include "libspi/polar/stack_survey.h"

namespace spi {
namespace {

void append(std::vector<float>& to, const std::vector<float>& values) {
  to.insert(to.end(), values.begin(), values.end());
}

}  // namespace

Embedding apply_embedding(StackReader& averages, const AbsoluteEmbedding& model, int threads,
                          Monitor& monitor) {
  const PolarFeatures features(model.features, averages.info(),
                               stack_centre(averages, monitor).position);
  Embedding out{.rows = averages.info().count,
                .components = model.components(),
                .id = averages.ids(),
                .values = {},
                .error = {},
                .distance = {},
                .outside = {}};
  learn::set_threads(1);
  for_each_features(averages, features, threads, monitor,
                    [&](std::size_t, const FeatureTable& some) {
                      const Prediction prediction = model.predict(some);
                      append(out.values, prediction.mean);
                      append(out.error, prediction.spread);
                      append(out.distance, prediction.distance);
                    });
  for (const float distance : out.distance) out.outside.push_back(distance > 1 ? 1 : 0);
  return out;
}

void write_embedding(const std::filesystem::path& path, const Embedding& embedding,
                     const Provenance& provenance) {
  const h5::Shape shape{embedding.rows, embedding.components};
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, "spi-embedding", provenance);
  file.write("embedding", embedding.values, shape);
  if (!embedding.error.empty()) file.write("embedding_error", embedding.error, shape);
  file.write("id", embedding.id);
  file.write("outside", embedding.outside);
  file.write("distance", embedding.distance);
  file.close();
  target.commit();
}

}  // namespace spi

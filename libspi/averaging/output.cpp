// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/averaging/output.h"

#include <cmath>
#include <unordered_map>

#include "libspi/averaging/cartesian.h"
#include "libspi/io/averages.h"

namespace spi {
namespace {

/// All runs' values of one column, one after the other.
template <class T>
std::vector<T> joined(const AveragingResult& result, std::vector<T> ClassResult::*column) {
  std::vector<T> all;
  for (const ClassResult& run : result.runs)
    all.insert(all.end(), (run.*column).begin(), (run.*column).end());
  return all;
}

/// q of the rings in 1/Å: 2 sin(θ) / λ with tan(2θ) = r / D.
std::vector<double> ring_q(const PolarBinning& binning, const Detector& detector) {
  std::vector<double> q;
  for (const double r : binning.radii_px())
    q.push_back(2 * std::sin(std::atan(r / detector.distance_px) / 2) / *detector.wavelength_A);
  return q;
}

void write_polar(h5::File& file, const AveragingResult& result) {
  const FrameStore& store = *result.store;
  const PolarBinning& binning = store.binning();
  const std::size_t rings = binning.rings(), turn = binning.angles() * (binning.folded() ? 2 : 1);
  const h5::Layout layout{.chunk = {1, rings, turn}, .deflate = 1, .growable = true};
  for (const char* name : {"/polar/intensity", "/polar/weight"})
    file.create_dataset<float>(name, {0, rings, turn}, layout);
  std::vector<float> intensity(rings * turn), weight(rings * turn);
  for (const ClassResult& run : result.runs)
    for (std::size_t k = 0; k < run.classes; ++k) {
      unfold(run, k, binning, store.radial_mean(), intensity.data(), weight.data());
      file.append("/polar/intensity", std::span<const float>(intensity));
      file.append("/polar/weight", std::span<const float>(weight));
    }
  file.write("/polar/radius_px", binning.radii_px());
  if (!store.detector().wavelength_A) return;
  file.write("/polar/q", ring_q(binning, store.detector()));
  file.set_attribute("/polar/q", "unit", "1/A");
}

void write_members(h5::File& file, const AveragingResult& result) {
  std::vector<std::int32_t> average;
  std::size_t first = 0;
  for (const ClassResult& run : result.runs) {
    for (const std::uint32_t k : run.member_class) average.push_back(std::int32_t(first + k));
    first += run.classes;
  }
  file.write("/members/frame", joined(result, &ClassResult::member_id));
  file.write("/members/class", average);
  file.write("/members/probability", joined(result, &ClassResult::member_probability));
  file.write("/members/angle", joined(result, &ClassResult::member_angle));
  file.set_attribute("/members/angle", "unit", "rad");
  file.write("/members/fluence", joined(result, &ClassResult::member_fluence));
}

void write_quality(h5::File& file, const AveragingResult& result) {
  const std::size_t rings = result.store->binning().rings();
  file.write("/quality/effective_photons", joined(result, &ClassResult::effective_photons));
  file.write("/quality/mutual_information", joined(result, &ClassResult::information));
  file.set_attribute("/quality/mutual_information", "unit", "nat");
  file.write("/quality/half_set_correlation", joined(result, &ClassResult::half_correlation));
  const auto snr = joined(result, &ClassResult::snr);
  file.write("/quality/snr", snr, {snr.size() / rings, rings});
}

void write_convergence(h5::File& file, const AveragingResult& result) {
  for (const ClassResult& run : result.runs) {
    std::vector<double> table;
    for (const IterationRecord& r : run.history)
      table.insert(table.end(), {r.beta, r.gain, r.information, r.changed, r.reseeded});
    const std::string name = text_of("/convergence/run_", run.run);
    file.write(name, table, {run.history.size(), 5});
    file.set_attribute(name, "columns", "beta,gain,information,changed,reseeded");
    file.set_attribute(name, "stop_reason", run.stop_reason);
    if (run.held_out_gain) file.set_attribute(name, "held_out_gain", *run.held_out_gain);
  }
}

void write_truth(h5::File& file, const AveragesTruth& truth) {
  file.write("/truth/kind", truth.kind);
  file.write_texts("/truth/kind_names", truth.kind_names);
  file.write("/truth/melting", truth.melting);
  file.write("/truth/purity", truth.purity);
}

}  // namespace

void write_averages(const std::filesystem::path& path, const AveragingResult& result,
                    const std::optional<AveragesTruth>& truth, const Provenance& provenance) {
  const FrameStore& store = *result.store;
  const CartesianDrawer drawer(store.binning(), store.radial_mean());
  const std::size_t size = drawer.size();
  AveragesWriter writer(path,
                        {.rows = size,
                         .columns = size,
                         .q_per_pixel = store.detector().q_per_pixel(),
                         .wavelength_A = store.detector().ewald_wavelength_A()},
                        provenance);
  AveragesColumns columns;
  std::vector<float> intensity(size * size), weight(size * size);
  for (const ClassResult& run : result.runs)
    for (std::size_t k = 0; k < run.classes; ++k) {
      drawer.draw(run, k, intensity.data(), weight.data());
      writer.append(intensity, weight);
      columns.occupancy.push_back(run.occupancy[k]);
      columns.bootstrap_run.push_back(std::int32_t(run.run));
      columns.id.push_back(columns.id.size());
    }
  write_polar(writer.file(), result);
  write_members(writer.file(), result);
  write_quality(writer.file(), result);
  write_convergence(writer.file(), result);
  if (truth) write_truth(writer.file(), *truth);
  writer.finish(columns);
}

void write_dragonfly_output(const std::filesystem::path& path, const AveragingResult& result,
                            std::size_t run, std::size_t frames) {
  const ClassResult& classes = result.runs[run];
  const FrameStore& store = *result.store;
  const CartesianDrawer drawer(store.binning(), store.radial_mean());
  const std::size_t size = drawer.size(), k_count = classes.classes;
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  std::vector<float> image(size * size), weight(size * size);
  std::vector<double> intens, inter_weight;
  for (std::size_t k = 0; k < k_count; ++k) {
    drawer.draw(classes, k, image.data(), weight.data());
    for (std::size_t x = 0; x < size; ++x)
      for (std::size_t y = 0; y < size; ++y) {
        intens.push_back(image[y * size + x]);
        inter_weight.push_back(weight[y * size + x]);
      }
  }
  file.write("/intens", intens, {k_count, size, size});
  file.write("/inter_weight", inter_weight, {k_count, size, size});

  std::unordered_map<std::uint64_t, std::size_t> place;
  for (std::size_t n = 0; n < store.frames(); ++n) place[store.id(n)] = store.source_index(n);
  std::vector<std::int32_t> orientations(frames, -1);
  std::vector<double> scale(frames);
  const double step = store.binning().step_rad();
  for (std::size_t n = 0; n < classes.member_id.size(); ++n) {
    const std::size_t at = place.at(classes.member_id[n]);
    const auto shift = std::size_t(std::lround(double(classes.member_angle[n]) / step));
    orientations[at] = std::int32_t(classes.member_class[n] + k_count * shift);
    scale[at] = classes.member_fluence[n];
  }
  file.write("/orientations", orientations);
  file.write("/scale", scale);
  std::vector<double> quaternions;
  const std::size_t angles = store.binning().angles();
  for (std::size_t s = 0; s < angles; ++s)
    quaternions.insert(quaternions.end(), {double(s) * step, 0, 0, 0, 1. / double(angles)});
  file.write("/quaternions", quaternions, {angles, 5});
  file.close();
  target.commit();
}

std::vector<Column> trials_table(const AveragingResult& result) {
  std::vector<Column> table{{"classes", {}, {}}, {"iterations", {}, {}}, {"held_out_gain", {}, {}}};
  for (const ClassTrial& trial : result.trials) {
    table[0].values.push_back(double(trial.classes));
    table[1].values.push_back(double(trial.iterations));
    table[2].values.push_back(trial.held_out_gain);
  }
  return table;
}

std::vector<Column> convergence_table(const AveragingResult& result) {
  std::vector<Column> table;
  for (const char* name : {"run", "iteration", "beta", "gain_nats", "information_nats",
                           "changed_fraction", "made_anew"})
    table.push_back({.name = name, .values = {}, .labels = {}});
  for (const ClassResult& run : result.runs)
    for (std::size_t n = 0; n < run.history.size(); ++n) {
      const IterationRecord& r = run.history[n];
      const double row[] = {double(run.run), double(n + 1), r.beta,    r.gain,
                            r.information,   r.changed,     r.reseeded};
      for (std::size_t c = 0; c < table.size(); ++c) table[c].values.push_back(row[c]);
    }
  return table;
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>

#include "libspi/base/memory.h"
#include "libspi/base/ranks.h"
#include "libspi/io/volume_series.h"

namespace spi::vae {

std::string description(const PatternSet& set) {
  const Preprocessing& p = set.preprocessing;
  const double edge = double(p.size / 2) * p.q_per_voxel;
  char text[160];
  std::snprintf(text, sizeof text,
                "%zu patterns of %zu x %zu pixels, %zu inside the cut at %.4g/A (%.3g nm), %s; "
                "symmetry %s",
                set.count(), p.size, p.size, set.points.size(), edge, 0.1 / edge,
                p.wavelength_A ? "on the Ewald sphere" : "plane slices", set.symmetry.c_str());
  return text;
}

std::string summary(const Latents& latents) {
  const std::vector<LatentAxis> axes = latent_axes(latents);
  const auto active = std::ranges::count_if(axes, &LatentAxis::active);
  std::string text =
      text_of("used ", latents.count(), " patterns; ", active, " of ", axes.size(), " axes active");
  for (std::size_t l = 0; l < axes.size(); ++l) {
    char words[120];
    std::snprintf(words, sizeof words, "; z%zu: mean %.2f, spread %.2f, error %.2f, %.2f nat",
                  l + 1, axes[l].mean, axes[l].deviation, axes[l].sigma, axes[l].divergence);
    text += words;
  }
  return text + text_of("; peak memory ", std::lround(peak_memory() / 1048576), " MiB");
}

std::string agreement(const Latents& latents, const Column& column) {
  if (!column.labels.empty()) return {};
  std::string text = "|Spearman| with " + column.name + ":";
  for (std::size_t l = 0; l < latents.dim; ++l) {
    char number[40];
    std::snprintf(number, sizeof number, "%s z%zu %.3f", l == 0 ? "" : ",", l + 1,
                  std::abs(spearman(latents.coordinate(l), column.values)));
    text += number;
  }
  return text;
}

std::vector<Column> coordinates(const Latents& latents) {
  std::vector<Column> columns;
  for (std::size_t l = 0; l < latents.dim; ++l)
    columns.push_back({text_of("z", l + 1), latents.coordinate(l), {}});
  return columns;
}

std::vector<Comparison> typical_reconstructions(const Vae& vae, const PatternSet& set) {
  constexpr std::size_t kShown = 4;
  const std::vector<double> z = vae.training_latents().coordinate(0);
  std::vector<std::size_t> order(z.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return z[a] < z[b]; });
  const std::size_t size = set.preprocessing.size, points = set.points.size();
  const double half = double(size / 2);
  std::vector<Comparison> result;
  for (std::size_t k = 0; k < kShown; ++k) {
    const std::size_t row = order[(2 * k + 1) * order.size() / (2 * kShown)];
    const std::vector<float> model = vae.reconstruct(set, row);
    const std::vector<float> empty(size * size, std::numeric_limits<float>::quiet_NaN());
    char caption[64];
    std::snprintf(caption, sizeof caption, "id %llu, z1 = %.2f",
                  static_cast<unsigned long long>(set.id[row]), z[row]);
    Comparison shown{caption, empty, empty};
    for (std::size_t p = 0; p < points; ++p) {
      const std::uint32_t pixel = set.points.pixel[p];
      const double mean = set.preprocessing.mean_at(
          std::hypot(double(pixel % size) - half, double(pixel / size) - half));
      shown.model[pixel] = float(mean * model[p]);
      if (set.photons[row * points + p] > 0)
        shown.measured[pixel] = float(mean * set.intensity[row * points + p]);
    }
    result.push_back(std::move(shown));
  }
  return result;
}

std::vector<State> decode_all(const Vae& vae, const LatentPoints& points,
                              const std::filesystem::path& path,
                              const std::vector<std::filesystem::path>& series,
                              const Provenance& provenance, int threads, Monitor& monitor) {
  const Preprocessing& p = vae.preprocessing();
  VolumesWriter writer(path, Quantity::intensity, provenance);
  std::vector<State> states;
  Progress progress(monitor, "decoding", points.count());
  for (std::size_t m = 0; m < points.count(); ++m) {
    const auto z = std::span(points.z).subspan(m * points.dim, points.dim);
    const Volume volume{.nz = p.size,
                        .ny = p.size,
                        .nx = p.size,
                        .values = vae.decode(z, threads),
                        .voxel_size_A = 1 / (double(p.size) * p.q_per_voxel)};
    writer.append(volume);
    if (!series.empty()) write_mrc(series[m], volume);
    states.push_back(state_of(volume.values, p.size, {z.begin(), z.end()}, points.support[m]));
    progress.advance(1);
  }
  h5::File& file = writer.file();
  file.set_attribute("/", "q_per_voxel", p.q_per_voxel);
  file.set_attribute("/", "q_unit", std::string("1/A"));
  file.set_attribute("/", "symmetry", vae.symmetry());
  file.write("z", points.z, {points.count(), points.dim});
  file.write("support_count", points.support);
  writer.finish();
  return states;
}

}  // namespace spi::vae

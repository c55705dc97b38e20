// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/vae/latents.h"

#include <cmath>

#include "libspi/io/atomic_file.h"
#include "libspi/io/record.h"

namespace spi::vae {

std::vector<double> Latents::coordinate(std::size_t axis) const {
  std::vector<double> values;
  for (std::size_t n = 0; n < count(); ++n) values.push_back(mean[n * dim + axis]);
  return values;
}

std::vector<LatentAxis> latent_axes(const Latents& latents) {
  std::vector<LatentAxis> axes(latents.dim);
  const double n = double(latents.count());
  for (std::size_t l = 0; l < latents.dim; ++l) {
    double sum = 0, squares = 0, sigma2 = 0, divergence = 0;
    for (std::size_t i = l; i < latents.mean.size(); i += latents.dim) {
      const double mu = latents.mean[i], s2 = std::pow(double(latents.sigma[i]), 2);
      sum += mu;
      squares += mu * mu;
      sigma2 += s2;
      divergence += (mu * mu + s2 - 1 - std::log(s2)) / 2;
    }
    axes[l] = {.mean = sum / n,
               .deviation = std::sqrt(std::max(0.0, squares / n - sum * sum / (n * n))),
               .sigma = std::sqrt(sigma2 / n),
               .divergence = divergence / n};
  }
  return axes;
}

void write_latents(const std::filesystem::path& path, const Latents& latents,
                   const Provenance& provenance) {
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, "spi-latents", provenance);
  file.write("id", latents.id);
  file.write("mu", latents.mean, {latents.count(), latents.dim});
  file.write("sigma", latents.sigma, {latents.count(), latents.dim});
  file.close();
  target.commit();
}

Latents read_latents(const std::filesystem::path& path) {
  const h5::File file = h5::File::open(path);
  if (format_of(file) != "spi-latents")
    fail(path.string(), " is not a file of latents (spi-vae encode writes them)");
  Latents latents;
  latents.id = file.read<std::uint64_t>("id");
  const h5::Shape shape = file.shape("mu");
  if (shape.size() != 2 || shape[0] != latents.count() || shape[1] == 0)
    fail(path.string(), ": mu has shape ", h5::print(shape), ", expected a row for each of the ",
         latents.count(), " ids");
  latents.dim = shape[1];
  latents.mean = file.read<float>("mu");
  latents.sigma = file.read<float>("sigma", shape);
  for (const float v : latents.mean)
    if (!std::isfinite(v)) fail(path.string(), ": mu has values that are not finite");
  return latents;
}

std::vector<Column> latents_table(const Latents& latents) {
  std::vector<Column> columns{{"id", {latents.id.begin(), latents.id.end()}, {}}};
  for (std::size_t l = 0; l < latents.dim; ++l)
    columns.push_back({text_of("z", l + 1), latents.coordinate(l), {}});
  for (std::size_t l = 0; l < latents.dim; ++l) {
    Column sigma{text_of("z", l + 1, "_sigma"), {}, {}};
    for (std::size_t n = 0; n < latents.count(); ++n)
      sigma.values.push_back(latents.sigma[n * latents.dim + l]);
    columns.push_back(std::move(sigma));
  }
  return columns;
}

}  // namespace spi::vae

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/population.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "libspi/base/error.h"
#include "libspi/simulate/molecule.h"

namespace spi {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

Component parse_component(const std::string& item) {
  const auto colon = item.rfind(':');
  Component component{.name = item.substr(0, colon), .shape = {}, .file = {}, .weight = 1};
  if (colon != item.npos) component.weight = parse_number(item.substr(colon + 1));
  if (!(component.weight >= 0) || !std::isfinite(component.weight))
    fail("the weight of ", component.name, " is negative");
  const auto& names = EnumNames<Shape>::values;
  const auto found = std::ranges::find(names, component.name);
  if (found != names.end()) {
    component.shape = static_cast<Shape>(found - names.begin());
  } else if (component.name.find_first_of("./") != item.npos) {
    component.file = component.name;
    component.name = component.file.stem().string();
  } else {
    fail("'", component.name, "' is neither a kind of particle (", Text<Shape>::type(),
         ") nor a structure file");
  }
  return component;
}

void check(const PopulationOptions& options, const std::vector<Component>& components) {
  if (components.empty()) fail("no particles");
  if (components.size() > 255) fail(components.size(), " kinds of particles; 255 are possible");
  if (components.front().shape && !(options.edge_A > 0)) fail("the edge must be positive");
  const auto [low, high] = options.melting;
  if (!(low >= 0 && low <= high && high <= 1))
    fail("the melting range ", low, ",", high, " does not lie between 0 and 1");
}

}  // namespace

double melting_of(Shape shape) {
  if (shape == Shape::cube) return 0;
  return shape == Shape::sphere ? 1 : kUndefined;
}

Random random_for(std::uint64_t seed, Draw draw, std::uint64_t id) {
  return Random(seed, static_cast<std::uint32_t>(draw), id);
}

std::vector<Component> parse_mixture(const std::string& text) {
  std::vector<Component> components;
  for (const std::string& item : Text<std::vector<std::string>>::parse(text))
    components.push_back(parse_component(item));
  double sum = 0;
  for (const Component& component : components) sum += component.weight;
  if (!(sum > 0)) fail("'", text, "' names no particle of positive weight");
  for (Component& component : components) {
    component.weight /= sum;
    if (component.shape.has_value() != components.front().shape.has_value())
      fail("shapes and structure files cannot be mixed: their brightnesses are not comparable");
  }
  return components;
}

std::vector<std::size_t> quotas(const std::vector<double>& weights, std::size_t n) {
  const double sum = std::reduce(weights.begin(), weights.end());
  std::vector<std::size_t> counts, order(weights.size());
  std::vector<double> remainders;
  std::size_t given = 0;
  for (const double weight : weights) {
    const double share = weight / sum * static_cast<double>(n);
    counts.push_back(static_cast<std::size_t>(share + 1e-9));  // 1/3 of 9 is 3
    remainders.push_back(share - static_cast<double>(counts.back()));
    given += counts.back();
  }
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order,
                           [&](auto a, auto b) { return remainders[a] > remainders[b] + 1e-9; });
  for (std::size_t i = 0; given < n; ++i, ++given) ++counts[order[i % order.size()]];
  return counts;
}

Population::Population(std::vector<Component> components, const PopulationOptions& options,
                       std::size_t n, std::uint64_t seed, double q_max, int threads)
    : components_(std::move(components)), options_(options), seed_(seed), q_max_(q_max) {
  check(options, components_);
  SPI_ASSERT(options.model_from_lab.empty() || options.model_from_lab.size() >= n);
  std::vector<double> weights;
  for (const Component& component : components_) weights.push_back(component.weight);
  const auto counts = quotas(weights, n);
  for (std::size_t kind = 0; kind < counts.size(); ++kind)
    kinds_.insert(kinds_.end(), counts[kind], static_cast<std::uint8_t>(kind));
  Random shuffle = random_for(seed, Draw::kinds, 0);
  for (std::size_t i = kinds_.size(); i > 1; --i)
    std::swap(kinds_[i - 1], kinds_[shuffle.below(i)]);
  first_structure_.push_back(0);
  for (const Component& component : components_) {
    if (!component.shape)
      for (const Molecule& molecule : read_molecules(component.file))
        structures_.push_back(make_particle(molecule, q_max, options.oversampling, threads));
    first_structure_.push_back(static_cast<std::uint32_t>(structures_.size()));
  }
}

Shot Population::shot(std::uint64_t id) const {
  SPI_ASSERT(id < kinds_.size());
  Shot shot{.id = id,
            .kind = kinds_[id],
            .edge_A = kUndefined,
            .melting = kUndefined,
            .model_from_lab = {}};
  Random orientation = random_for(seed_, Draw::orientation, id);
  shot.model_from_lab =
      options_.model_from_lab.empty() ? random_rotation(orientation) : options_.model_from_lab[id];
  if (const auto shape = components_[shot.kind].shape) {
    const auto [from, to] = options_.melting;
    shot.melting = shape == Shape::transition
                       ? from + (to - from) * random_for(seed_, Draw::melting, id).uniform()
                       : melting_of(*shape);
    Random size = random_for(seed_, Draw::size, id);
    do shot.edge_A = options_.edge_A * (1 + options_.size_spread * size.normal());
    while (shot.edge_A < 0.1 * options_.edge_A);  // beyond 4 standard deviations of any spread
  } else {
    const auto [first, end] = conformations(shot.kind);
    Random choice = random_for(seed_, Draw::conformation, id);
    shot.conformation = first + static_cast<std::uint32_t>(choice.below(end - first));
  }
  return shot;
}

std::shared_ptr<const Particle> Population::particle(const Shot& shot) const {
  const auto shape = components_[shot.kind].shape;
  if (!shape) return structures_[shot.conformation];
  return make_particle(Body{.shape = *shape,
                            .edge_A = shot.edge_A,
                            .melting = shot.melting,
                            .rod_aspect = options_.rod_aspect},
                       q_max_);
}

}  // namespace spi

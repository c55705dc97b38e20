// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/simulate/truth.h"

namespace spi {
namespace {

const std::string kGroup = "/truth/";

template <class T>
void create(h5::File& file, const char* name, std::size_t columns = 0) {
  const std::size_t rows_a_chunk = 4096;
  if (columns > 0)
    file.create_dataset<T>(kGroup + name, {0, columns},
                           {.chunk = {rows_a_chunk, columns}, .growable = true});
  else
    file.create_dataset<T>(kGroup + name, {0}, {.chunk = {rows_a_chunk}, .growable = true});
}

template <class T>
void append_column(h5::File& file, const char* name, std::span<const ShotTruth> truth, auto value) {
  std::vector<T> column;
  for (const ShotTruth& t : truth) column.push_back(static_cast<T>(value(t)));
  file.append(kGroup + name, std::span<const T>(column));
}

}  // namespace

TruthWriter::TruthWriter(h5::File& file, const Population& population) : file_(file) {
  create<double>(file, "quaternion", 4);
  create<std::uint8_t>(file, "kind");
  for (const char* name : {"melting", "size_A", "fluence", "expected_photons"})
    create<double>(file, name);
  create<std::uint32_t>(file, "conformation");
  std::vector<std::string> names;
  for (const Component& component : population.components()) names.push_back(component.name);
  file.write_texts(kGroup + "kind_names", names);
}

void TruthWriter::append(std::span<const ShotTruth> truth) {
  std::vector<double> quaternions;
  for (const ShotTruth& t : truth) {
    const auto [w, x, y, z] = t.shot.model_from_lab;
    quaternions.insert(quaternions.end(), {w, x, y, z});
  }
  file_.append(kGroup + "quaternion", std::span<const double>(quaternions));
  append_column<std::uint8_t>(file_, "kind", truth, [](const auto& t) { return t.shot.kind; });
  append_column<double>(file_, "melting", truth, [](const auto& t) { return t.shot.melting; });
  append_column<double>(file_, "size_A", truth, [](const auto& t) { return t.shot.edge_A; });
  append_column<double>(file_, "fluence", truth, [](const auto& t) { return t.fluence; });
  append_column<double>(file_, "expected_photons", truth, [](const auto& t) { return t.expected; });
  append_column<std::uint32_t>(file_, "conformation", truth,
                               [](const auto& t) { return t.shot.conformation; });
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/orientations.h"

#include <cmath>
#include <unordered_set>

#include "libspi/io/atomic_file.h"
#include "libspi/io/hdf5.h"
#include "libspi/io/record.h"

namespace spi {
namespace {

constexpr const char* kFormat = "spi-orientations";

std::vector<double> flattened(const std::vector<QuaternionRow>& rows) {
  std::vector<double> values;
  for (const QuaternionRow& row : rows) values.insert(values.end(), row.begin(), row.end());
  return values;
}

std::vector<QuaternionRow> read_quaternions(const h5::File& file, const std::string& name,
                                            std::size_t count) {
  const auto values = file.read<double>(name, {count, 4});
  std::vector<QuaternionRow> rows(count);
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t k = 0; k < 4; ++k) rows[i][k] = values[4 * i + k];
  return rows;
}

void check(const Orientations& o, const std::string& where) {
  std::unordered_set<std::uint64_t> seen;
  for (std::size_t i = 0; i < o.count(); ++i) {
    double squares = 0;
    for (const double x : o.quaternion[i]) squares += x * x;
    if (!(std::abs(squares - 1) < 2e-6))
      fail(where, ": the quaternion of pattern ", i, " has norm ", std::sqrt(squares),
           ", expected 1");
    if (!std::isfinite(o.cc[i])) fail(where, ": the correlation of pattern ", i, " is not finite");
    if (!seen.insert(o.id[i]).second) fail(where, ": id ", o.id[i], " comes twice");
  }
}

}  // namespace

void write_orientations(const std::filesystem::path& path, const Orientations& o,
                        const Provenance& provenance) {
  const std::size_t n = o.count();
  AtomicFile target(path);
  h5::File file = h5::File::create(target.temporary());
  write_record(file, kFormat, provenance);
  file.set_attribute("/", "symmetry", o.symmetry);
  file.set_attribute("/", "reference", o.reference);
  file.set_attribute("/", "spacing_deg", o.spacing_deg);
  file.set_attribute("/", "searched", std::int64_t(o.searched));
  file.write("id", o.id);
  file.write("quaternion", flattened(o.quaternion), {n, 4});
  file.set_attribute("quaternion", "convention", "model_from_lab, [w, x, y, z]");
  file.write("second_quaternion", flattened(o.second_quaternion), {n, 4});
  file.write("cc", o.cc);
  file.write("gain", o.gain);
  file.write("size", o.size);
  file.write("margin", o.margin);
  file.write("twin_margin", o.twin_margin);
  if (!o.reference_index.empty()) file.write("reference_index", o.reference_index);
  file.close();
  target.commit();
}

Orientations read_orientations(const std::filesystem::path& path) {
  const h5::File file = h5::File::open(path);
  if (const std::string format = format_of(file); format != kFormat)
    fail(path.string(), " holds no orientations: its format is '", format, "', expected ", kFormat,
         " (of spi-orient)");
  Orientations o;
  o.id = file.read<std::uint64_t>("/id");
  const std::size_t n = o.id.size();
  o.quaternion = read_quaternions(file, "/quaternion", n);
  o.second_quaternion = read_quaternions(file, "/second_quaternion", n);
  o.cc = file.read<double>("/cc", {n});
  o.gain = file.read<double>("/gain", {n});
  o.size = file.read<double>("/size", {n});
  o.margin = file.read<double>("/margin", {n});
  o.twin_margin = file.read<double>("/twin_margin", {n});
  if (file.exists("/reference_index"))
    o.reference_index = file.read<std::uint64_t>("/reference_index", {n});
  o.symmetry = file.text_attribute("/", "symmetry");
  o.reference = file.text_attribute("/", "reference");
  o.spacing_deg = file.number_attribute("/", "spacing_deg");
  o.searched = std::uint64_t(file.number_attribute("/", "searched"));
  check(o, path.string());
  return o;
}

}  // namespace spi

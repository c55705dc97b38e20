// SPDX-License-Identifier: GPL-3.0-or-later
// A run of small files with records, written as the programs write them.
#pragma once

#include "libspi/base/hash.h"
#include "libspi/io/averages.h"
#include "libspi/io/record.h"
#include "tests/unit/io/fixtures.h"

namespace spi::test {

using Ids = std::vector<std::uint64_t>;

class RunFolder : public InFolder {
 protected:
  /// A record that names these inputs as they are now.
  Provenance record(const std::vector<std::string>& inputs) const {
    Provenance provenance;
    provenance.program = "spi-test";
    provenance.command_line = "spi-test <a & b>";
    provenance.options = {{"radius", "3"}};
    for (const std::string& name : inputs)
      provenance.inputs.emplace_back(name, file_fingerprint(at(name)));
    return provenance;
  }

  /// Averages of 4 × 4 pixels; number k is k + 1 everywhere, its gain 10 k.
  void write_averages(const std::string& name, const Ids& ids) {
    AveragesWriter writer(at(name), {.rows = 4, .columns = 4}, record({}));
    std::vector<double> gain;
    for (std::size_t k = 0; k < ids.size(); ++k) {
      writer.append(std::vector<float>(16, float(k + 1)), std::vector<float>(16, 1.f));
      gain.push_back(10 * double(k));
    }
    writer.file().write("/quality/gain", gain);
    writer.finish({.id = ids});
  }

  /// Coordinates c1 = row, c2 = -row.
  void write_landscape(const std::string& name, const Ids& ids, const std::string& averages) {
    h5::File file = h5::File::create(at(name));
    write_record(file, "spi-clpca", record({averages}));
    std::vector<float> points;
    for (std::size_t k = 0; k < ids.size(); ++k) points.insert(points.end(), {float(k), -float(k)});
    file.write("/embedding", points, {ids.size(), 2});
    file.write("/id", ids);
    file.close();
  }

  /// One latent axis, z1 = id / 2.
  void write_latents(const std::string& name, const Ids& ids, const std::string& averages) {
    h5::File file = h5::File::create(at(name));
    write_record(file, "spi-latents", record({averages}));
    std::vector<float> z;
    for (const std::uint64_t id : ids) z.push_back(float(id) / 2);
    file.write("/id", ids);
    file.write("/mu", z, {ids.size(), 1});
    file.write("/sigma", std::vector<float>(ids.size(), 0.1f), {ids.size(), 1});
    file.close();
  }
};

}  // namespace spi::test

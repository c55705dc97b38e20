// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/record.h"

namespace spi {

void write_record(h5::File& file, const std::string& format, const Provenance& provenance) {
  file.set_attribute("/", "format", format);
  file.set_attribute("/", "format_version", std::int64_t{kFormatVersion});
  std::vector<std::string> options, inputs;
  for (const auto& [name, value] : provenance.options) options.push_back(name + " = " + value);
  for (const auto& [name, hash] : provenance.inputs) inputs.push_back(name + " " + hash);
  file.write_texts("/provenance/options", options);
  file.write_texts("/provenance/inputs", inputs);
  const auto set = [&](const char* name, const auto& value) {
    file.set_attribute("/provenance", name, value);
  };
  set("program", provenance.program);
  set("version", provenance.version);
  set("commit", provenance.commit);
  set("command_line", provenance.command_line);
  set("date", provenance.date);
  set("device", provenance.device);
  set("threads", std::int64_t{provenance.threads});
  set("ranks", std::int64_t{provenance.ranks});
  set("seed", std::to_string(provenance.seed));
}

std::string format_of(const h5::File& file) {
  if (!file.has_attribute("/", "format")) return "";
  const h5::Attribute value = file.attribute("/", "format");  // of others it may be anything
  if (value.texts.size() != 1 || !value.texts[0].starts_with("spi-")) return "";
  const double version = file.number_attribute("/", "format_version");
  if (version > kFormatVersion)
    fail(file.path().string(), " has format version ", version, ", this program knows ",
         kFormatVersion, " at most: use a newer spi");
  return value.texts[0];
}

double number_between(const h5::File& file, const std::string& name, double low, double high) {
  const double value = file.number_attribute("/", name);
  if (!(value >= low && value <= high))
    fail(file.path().string(), ": ", name, " is ", value, ", expected ", low, " to ", high);
  return value;
}

}  // namespace spi

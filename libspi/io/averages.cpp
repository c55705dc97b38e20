// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/averages.h"

#include "libspi/io/record.h"

namespace spi {

AveragesWriter::AveragesWriter(const std::filesystem::path& path, const AveragesHead& head,
                               const Provenance& provenance)
    : target_(path), file_(h5::File::create(target_.temporary())), area_(head.rows * head.columns) {
  SPI_ASSERT(area_ > 0);
  write_record(file_, "spi-averages", provenance);
  if (head.q_per_pixel) {
    file_.write_scalar("/q_per_pixel", *head.q_per_pixel);
    file_.set_attribute("/q_per_pixel", "unit", "1/A");
  }
  if (head.wavelength_A) file_.write_scalar("/wavelength_A", *head.wavelength_A);
  if (head.centre) file_.write("/centre", std::vector{(*head.centre)[0], (*head.centre)[1]});
  if (head.single_shots) file_.set_attribute("/", "single_shots", std::int64_t{1});
  const h5::Layout layout{.chunk = {1, head.rows, head.columns}, .deflate = 1, .growable = true};
  file_.create_dataset<float>("/intensity", {0, head.rows, head.columns}, layout);
  file_.create_dataset<float>("/weight", {0, head.rows, head.columns}, layout);
}

void AveragesWriter::append(std::span<const float> intensity, std::span<const float> weight) {
  SPI_ASSERT(intensity.size() == weight.size() && intensity.size() % area_ == 0);
  file_.append("/intensity", intensity);
  file_.append("/weight", weight);
  count_ += intensity.size() / area_;
}

void AveragesWriter::finish(const AveragesColumns& columns) {
  const auto write_column = [&](const char* name, const auto& values) {
    SPI_ASSERT(values.empty() || values.size() == count_);
    if (!values.empty()) file_.write(name, values);
  };
  write_column("/id", columns.id);
  write_column("/occupancy", columns.occupancy);
  write_column("/bootstrap_run", columns.bootstrap_run);
  file_.close();
  target_.commit();
}

}  // namespace spi

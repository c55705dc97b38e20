// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/phasing/output.h"

#include <limits>

namespace spi {

PhasedWriter::PhasedWriter(const std::filesystem::path& path, const Provenance& provenance)
    : writer_(path, Quantity::density, provenance) {}

void PhasedWriter::append(const PhasedState& state) {
  writer_.append(state.mean);
  h5::File& file = writer_.file();
  const h5::Shape row{1, state.best.nz, state.best.ny, state.best.nx};
  if (hidden_.empty()) {
    const h5::Shape none{0, row[1], row[2], row[3]};
    for (const char* name : {"/density_best", "/support"})
      file.create_dataset<float>(name, none, {.chunk = row, .growable = true});
    for (std::size_t s = 0; s < state.shells.prtf.size(); ++s) q_.push_back(state.q(double(s)));
  }
  file.append("/density_best", std::span<const float>(state.best.values));
  file.append("/support", std::span<const float>(state.support));
  resolution_.push_back(state.resolution_A().value_or(std::numeric_limits<double>::quiet_NaN()));
  error_.insert(error_.end(), state.error.begin(), state.error.end());
  correlation_.insert(correlation_.end(), state.correlation.begin(), state.correlation.end());
  agrees_.insert(agrees_.end(), state.agrees.begin(), state.agrees.end());
  prtf_.insert(prtf_.end(), state.shells.prtf.begin(), state.shells.prtf.end());
  for (std::size_t s = 0; s < state.shells.prtf.size() && !state.background.empty(); ++s)
    background_.push_back(state.background[s]);
  hidden_.push_back(state.hidden.summary());
}

void PhasedWriter::finish() {
  h5::File& file = writer_.file();
  const std::size_t states = hidden_.size();
  SPI_ASSERT(states > 0);
  const h5::Shape starts{states, error_.size() / states}, shells{states, q_.size()};
  file.write("/phasing/error", error_, starts);
  file.write("/phasing/correlation", correlation_, starts);
  file.write("/phasing/agrees", agrees_, starts);
  file.write("/phasing/prtf", prtf_, shells);
  if (!background_.empty()) file.write("/phasing/background", background_, shells);
  file.write("/phasing/q", q_);
  file.write("/phasing/resolution_A", resolution_);
  file.write_texts("/phasing/undetermined", hidden_);
  file.set_attribute("/", "hand", "arbitrary: intensities cannot tell a density from its twin");
  writer_.finish();
}

}  // namespace spi

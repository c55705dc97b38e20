// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/emc/volume_emc.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <numbers>
#include <sstream>

#include "libspi/base/error.h"
#include "libspi/volume/fsc.h"

namespace spi {
namespace {

std::string rounded(double value, int digits) {
  std::ostringstream stream;
  stream << std::fixed << std::setprecision(digits) << value;
  return stream.str();
}

double degrees(double rad) { return rad * 180 / std::numbers::pi; }

double median(std::vector<double> values) {
  const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

constexpr std::uint32_t kNoiseDraw = 2000;  ///< the `step` of Random

}  // namespace

VolumeEmc::VolumeEmc(const EmcSetting& setting, const EmcOptions& options, int threads,
                     Monitor& monitor)
    : setting_(setting),
      options_(options),
      threads_(threads),
      monitor_(monitor),
      points_(polar_points(setting.store.binning(), setting.store.detector(),
                           setting.voxels_per_pixel)),
      area_(setting.store.area().begin(), setting.store.area().end()) {
  SPI_ASSERT(setting.size % 2 == 1 && points_.reach < double(setting.size / 2) - 1);
  for (std::size_t n = 0; n < setting.store.frames(); ++n)
    largest_sum_ += 8 * double(setting.store.photons(n));
  state_.poses.resize(setting.store.frames());
  state_.exposure.resize(setting.size * setting.size * setting.size);
}

void VolumeEmc::start() {
  const std::size_t n = setting_.size;
  std::vector<double> noise(n * n * n);
  for (std::size_t v = 0; v < noise.size(); ++v)
    noise[v] = 0.5 + Random(setting_.seed, kNoiseDraw, v).uniform();
  symmetrise(noise, n, setting_.laue, threads_);
  Cube model(n);
  std::ranges::copy(noise, model.values.begin());
  start(std::move(model));
}

void VolumeEmc::start(Cube model) {
  SPI_ASSERT(model.n == setting_.size);
  state_.model = std::move(model);
  state_.half = {state_.model, state_.model};
}

double VolumeEmc::beta(float photons) const {
  const double start = std::exp(-6.5 * std::pow(double(photons) / 1e5, 0.15));
  const auto doublings = std::min<std::size_t>(60, state_.history.size() / options_.beta_period);
  return std::min(1., options_.beta_start * start * std::exp2(double(doublings)));
}

double VolumeEmc::grid_spacing() const {
  constexpr double kCoarsest = 0.2;
  const bool annealed = !state_.history.empty() && state_.history.back().beta >= 1;
  return annealed ? setting_.spacing_rad
                  : std::max(setting_.spacing_rad, std::min(kCoarsest, 2 * setting_.spacing_rad));
}

bool VolumeEmc::iterate() {
  if (!state_.stop_reason.empty()) return false;
  state_.history.push_back(state_.local ? local_iteration() : grid_iteration());
  if (!state_.local && options_.refine == Refinement::local) {
    const EmcRecord& last = state_.history.back();
    const bool at_last_grid = last.beta >= 1 && last.spacing_rad == setting_.spacing_rad;
    state_.local = at_last_grid && last.turned_rad < last.spacing_rad &&
                   last.width_rad < last.spacing_rad && state_.history.size() > 1 &&
                   state_.history[state_.history.size() - 2].spacing_rad == last.spacing_rad;
  }
  state_.stop_reason = reason_to_stop();
  report_iteration();
  return state_.stop_reason.empty();
}

EmcRecord VolumeEmc::record(double gain, double spacing,
                            const std::vector<Quaternion>& before) const {
  const std::size_t n = state_.poses.size();
  std::vector<double> turned(n), width(n);
  double beta_sum = 0;
  const BeamTwin twin =
      setting_.store.binning().folded() ? BeamTwin::same : BeamTwin::distinct;
  for (std::size_t d = 0; d < n; ++d) {
    turned[d] =
        misorientation_rad(setting_.laue, state_.poses[d].model_from_lab, before[d], twin);
    width[d] = state_.poses[d].width_rad;
    beta_sum += beta(setting_.store.photons(d));
  }
  return {.beta = state_.local ? 1 : beta_sum / double(n),
          .spacing_rad = spacing,
          .gain = gain,
          .width_rad = median(std::move(width)),
          .turned_rad = median(std::move(turned)),
          .fsc_radius = crossing(state_.fsc, 0.5)};
}

bool VolumeEmc::settled() const {
  const auto calm = [&](const EmcRecord& r) {
    return r.beta >= 1 && r.spacing_rad <= setting_.spacing_rad &&
           r.turned_rad <= options_.settled * r.width_rad;
  };
  const std::size_t n = state_.history.size();
  const bool last_stage = state_.local || options_.refine == Refinement::none ||
                          (n > 0 && state_.history.back().width_rad >= setting_.spacing_rad);
  return n >= 2 && last_stage && calm(state_.history[n - 1]) && calm(state_.history[n - 2]);
}

std::string VolumeEmc::reason_to_stop() const {
  if (settled())
    return text_of("settled: half of the frames turn by less than ", options_.settled,
                   " of their posterior's width in each of two iterations");
  if (state_.history.size() >= options_.max_iterations)
    return text_of("--max-iterations ", options_.max_iterations, " reached");
  return {};
}

void VolumeEmc::report_iteration() const {
  const EmcRecord& r = state_.history.back();
  monitor_.info(text_of(
      "iteration ", state_.history.size(), ": ",
      r.spacing_rad > 0 ? text_of("grid of ", rounded(degrees(r.spacing_rad), 1), "°, beta ",
                                  rounded(r.beta, 4))
                        : std::string("local"),
      ", gain ", rounded(r.gain, 2), " nats a frame, width ", rounded(degrees(r.width_rad), 2),
      "°, turned ", rounded(degrees(r.turned_rad), 2), "°, half sets agree to ",
      rounded(r.fsc_radius, 1), " voxels"));
  if (!state_.stop_reason.empty())
    monitor_.info(text_of("stops after ", state_.history.size(), " iterations: ",
                          state_.stop_reason));
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/figures/phasing.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace spi {
namespace {

constexpr std::size_t kMostCurves = 8;

/// Central section, or projection, of a cube along an axis (0: z); rows are the earlier axis left.
std::vector<float> view(const Volume& volume, std::size_t axis, bool projection) {
  const std::size_t n = volume.nx, stride[] = {n * n, n, 1};
  const std::size_t row = axis == 0 ? 1 : 0, column = axis == 2 ? 1 : 2;
  std::vector<float> out(n * n);
  for (std::size_t r = 0; r < n; ++r)
    for (std::size_t c = 0; c < n; ++c) {
      const float* const at = &volume.values[r * stride[row] + c * stride[column]];
      if (!projection) out[r * n + c] = at[n / 2 * stride[axis]];
      for (std::size_t k = 0; projection && k < n; ++k) out[r * n + c] += at[k * stride[axis]];
    }
  return out;
}

/// The part of a square that holds density, with a margin, so that small particles are seen.
std::size_t crop_half(const std::vector<const PhasedState*>& states) {
  std::size_t reach = 4;
  for (const PhasedState* const state : states) {
    const std::size_t n = state->n;
    const float least = 0.1f * *std::ranges::max_element(state->mean.values);
    for (std::size_t at = 0; at < state->mean.values.size(); ++at) {
      if (state->mean.values[at] <= least) continue;
      std::size_t rest = at;
      for (int axis = 0; axis < state->rank; ++axis, rest /= n)
        reach = std::max(reach,
                         std::size_t(std::abs(std::ptrdiff_t(rest % n) - std::ptrdiff_t(n / 2))));
    }
  }
  return std::min(states.front()->n / 2, reach + reach / 6 + 2);
}

plot::Image cropped(const std::vector<float>& square, std::size_t n, std::size_t half) {
  const std::size_t first = n / 2 - half, side = std::min(2 * half + 1, n - first);
  std::vector<float> out;
  for (std::size_t y = 0; y < side; ++y)
    out.insert(out.end(), square.begin() + std::ptrdiff_t((first + y) * n + first),
               square.begin() + std::ptrdiff_t((first + y) * n + first + side));
  return plot::Image(side, side, std::span<const float>(out));
}

std::string label_of(const PhasedState& state) {
  std::string text = text_of("state ", state.index);
  const auto resolution = state.resolution_A();
  char part[48];
  if (resolution) {
    std::snprintf(part, sizeof part, ": 1/e at %.3g Å", *resolution);
    text += part;
  }
  return text;
}

}  // namespace

bool is_shown(std::size_t index, std::size_t count, std::size_t shown) {
  if (count <= shown) return true;
  if (shown < 2) return index == 0;
  for (std::size_t k = 0; k < shown; ++k)
    if (k * (count - 1) / (shown - 1) == index) return true;
  return false;
}

plot::Figure density_figure(const std::vector<PhasedState>& states) {
  std::vector<const PhasedState*> shown;
  for (const PhasedState& state : states)
    if (!state.mean.values.empty()) shown.push_back(&state);
  SPI_ASSERT(!shown.empty());
  const std::size_t half = crop_half(shown);
  plot::Montage montage{.images = {}, .captions = {}, .common_scale = false};
  montage.colors.map = plot::ColorMap::magma;
  montage.colors.cut_percent = 0;
  montage.colors.min = 0;  // moving densities by fractions of voxels lets their edges ring
  montage.y_up = true;
  static constexpr const char* kAxes[] = {"z", "y", "x"};
  for (const PhasedState* state : shown) {
    if (state->rank == 2) {
      montage.images.push_back(cropped(state->mean.values, state->n, half));
      montage.captions.push_back(text_of("pattern ", state->index));
      continue;
    }
    for (const bool projection : {false, true})
      for (std::size_t axis = 0; axis < 3; ++axis) {
        montage.images.push_back(cropped(view(state->mean, axis, projection), state->n, half));
        montage.captions.push_back(text_of(state->index, projection ? ": along " : ": section ",
                                           projection ? "" : "across ", kAxes[axis]));
      }
  }
  const bool images = shown.front()->rank == 2;
  const std::size_t columns = images ? std::min<std::size_t>(shown.size(), 8) : 6;
  const std::size_t rows = (montage.images.size() + columns - 1) / columns;
  montage.columns = columns;
  const double width = std::max(100. * double(columns) + 20, 420.);
  plot::Figure figure({.width = width, .height = 116. * double(rows) + 44});
  char title[160];
  const double side_nm = double(2 * half + 1) * states.front().best.voxel_size_A / 10;
  std::snprintf(title, sizeof title, "%s, %.3g nm wide; the hand is arbitrary",
                images ? "Densities" : "Density: central sections and projections", side_nm);
  figure.axes().title = title;
  figure.axes().montage(std::move(montage));
  return figure;
}

plot::Figure prtf_figure(const std::vector<PhasedState>& states) {
  plot::Figure figure({.width = 520, .height = 340});
  plot::Axes& axes = figure.axes();
  axes.title = "Phase retrieval transfer function";
  axes.x.label = "q = 1/d (1/Å)";
  axes.y.label = text_of("PRTF of ", states.front().error.size(), " starts");
  axes.y.min = 0;
  axes.y.max = 1.05;
  axes.x.min = 0;
  for (const PhasedState& state : states) {
    if (!is_shown(state.index, states.size(), kMostCurves)) continue;
    plot::Line line{.label = label_of(state)};
    for (std::size_t s = 0; s < state.shells.prtf.size(); ++s) {
      line.x.push_back(state.q(double(s)));
      line.y.push_back(state.shells.prtf[s]);
    }
    axes.line(std::move(line));
  }
  axes.hline({.at = 1 / std::numbers::e, .label = "1/e"});
  if (const auto resolution = states.front().resolution_A(); resolution && states.size() == 1) {
    char label[32];
    std::snprintf(label, sizeof label, "%.3g Å", *resolution);
    axes.vline({.at = 1 / *resolution, .label = label});
  }
  return figure;
}

plot::Figure error_figure(const std::vector<PhasedState>& states) {
  const PhasedState& state = states.front();
  plot::Figure figure({.width = 520, .height = 340});
  plot::Axes& axes = figure.axes();
  axes.title = text_of("Convergence of the starts", states.size() > 1 ? " of state 0" : "");
  axes.x.label = "iteration";
  axes.x.integer_ticks = true;
  axes.y.label = "relative Fourier error";
  axes.y.scale = plot::ScaleKind::log;
  axes.legend = plot::LegendPlace::none;
  for (const auto& history : state.history) {
    plot::Line line{.width_pt = 0.9};
    for (std::size_t n = 0; n < history.size(); ++n) {
      line.x.push_back(double(n + 1));
      line.y.push_back(history[n].fourier);
    }
    axes.line(std::move(line));
  }
  return figure;
}

}  // namespace spi

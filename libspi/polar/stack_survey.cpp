// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/polar/stack_survey.h"

#include <algorithm>
#include <vector>

#include "libspi/polar/band_limit.h"
#include "libspi/polar/centre.h"

namespace spi {

void for_each_pattern(StackReader& stack, std::size_t stride,
                      const std::function<void(std::size_t, const float*, const float*)>& visit) {
  for (std::size_t i = 0; i < stack.info().count; i += stride) {
    const Patterns one = stack.read(i, 1);
    visit(i, one.intensity.data(), one.weight.data());
  }
}

StackCentre stack_centre(StackReader& stack, Monitor& monitor) {
  const StackInfo& info = stack.info();
  if (info.centre) return {*info.centre, 0};
  CentreFinder finder(info.rows, info.columns);
  for_each_pattern(stack, std::max<std::size_t>(1, info.count / 100),
                   [&](std::size_t, const float* intensity, const float* weight) {
                     finder.add(intensity, weight);
                   });
  const FriedelCentre found = finder.find();
  monitor.info(text_of("centre found at x ", found.position[0], ", y ", found.position[1],
                       " (correlation with the inverted patterns ", found.correlation, ")"));
  return {found.position, found.correlation};
}

StackBand stack_band(StackReader& stack, std::array<double, 2> centre) {
  constexpr std::size_t kSample = 400;  // patterns enough for means over the data set
  const StackInfo& info = stack.info();
  const std::size_t stride = std::max<std::size_t>(1, info.count / kSample);
  RadialProfile profile(info.rows, info.columns, centre);
  for_each_pattern(stack, stride, [&](std::size_t, const float* intensity, const float* weight) {
    profile.add(intensity, weight);
  });
  const std::vector<float> image = profile.image(), envelope = profile.envelope();
  BandEstimator estimator(info.rows, info.columns);
  for_each_pattern(stack, stride, [&](std::size_t, const float* intensity, const float* weight) {
    estimator.add(intensity, weight, image, envelope);
  });
  return {estimator.limit(), estimator.photon()};
}

}  // namespace spi

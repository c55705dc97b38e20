// SPDX-License-Identifier: GPL-3.0-or-later
// What spi-selftest tries: an operation of the hot core, on given data, on any device that has a
// version of it, against its definition in double.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libspi/base/device.h"

namespace spi::selftest {

/// Where an operation runs: the processor, or one of the CUDA devices.
struct Place {
  Device device = Device::cpu;
  int index = 0;

  std::string name() const {
    return device == Device::cpu ? "cpu" : "cuda:" + std::to_string(index);
  }
};

/// What one run does at the least, however it is done.
struct Work {
  double items = 0;       ///< what users count
  std::string unit;       ///< of these: "frames"
  double operations = 0;  ///< additions and multiplications in single precision
  double bytes = 0;       ///< to be read from and written to memory that no cache holds
};

/// The largest RMS error that rounding explains, over the RMS of the truth.
struct Bound {
  double rms = 0;
  std::string reason;
};

/// A version of an operation with its data where it runs.
struct Version {
  std::function<void()> run;                    ///< once, to the end
  std::function<std::vector<double>()> result;  ///< of the last run, in the order of the truth
};

/// An operation on given data.
class Problem {
 public:
  virtual ~Problem() = default;
  /// In words: "161³ voxels, m-3m, 10 patterns".
  virtual std::string size() const = 0;
  virtual Work work() const = 0;
  /// What the definition gives, in double: of all outputs, or of a part where there are many.
  virtual std::vector<double> truth(int threads) const = 0;
  /// For a device and the RMS of the truth.
  virtual Bound bound(Device device, double rms) const = 0;
  virtual Version on_cpu(int threads) = 0;
  /// Without a value: this build has no CUDA version.
  virtual std::optional<Version> on_cuda(int device) {
    static_cast<void>(device);
    return std::nullopt;
  }
};

/// Tests take `quick` ones of fractions of a second, users those of the sizes that they meet.
enum class Scale { quick, full };

using MakeProblem = std::unique_ptr<Problem> (*)(Scale scale, std::uint64_t seed);

struct Operation {
  std::string name;
  MakeProblem make;
};

/// Unit roundoff of single precision.
inline constexpr double kRoundoff = 0x1p-24;

/// Numbers of mean 0 and variance 1; `stream` tells apart the uses.
std::vector<float> noise(std::size_t count, std::uint64_t seed, std::uint64_t stream);

/// All of libspi's, one line each. Those of networks are in models/selftest.
std::vector<Operation> operations();

}  // namespace spi::selftest

// SPDX-License-Identifier: GPL-3.0-or-later
// A job that is told to stop.
#pragma once

#include <string>

#include "libspi/base/monitor.h"

namespace spi::test {

/// Asks to stop after a number of steps.
class Stopper final : public Monitor {
 public:
  explicit Stopper(int after) : left_(after) {}
  void message(Severity, const std::string&) override {}
  void begin(std::string_view, std::uint64_t) override {}
  void advance(std::uint64_t) override { --left_; }
  void end() override {}
  bool cancelled() const override { return left_ <= 0; }

 private:
  int left_;
};

}  // namespace spi::test

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/monitor.h"

#include "libspi/base/error.h"

namespace spi {
namespace {

class SilentMonitor final : public Monitor {
 public:
  void message(Severity, const std::string&) override {}
  void begin(std::string_view, std::uint64_t) override {}
  void advance(std::uint64_t) override {}
  void end() override {}
};

}  // namespace

Monitor& silent_monitor() {
  static SilentMonitor monitor;
  return monitor;
}

void Progress::advance(std::uint64_t steps) {
  monitor_.advance(steps);
  if (monitor_.cancelled()) throw Cancelled("stopped by a signal");
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/memory.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <limits>
#include <optional>
#include <string>

namespace spi {
namespace {

/// The number behind "NAME:" in a table of the kernel, in KiB there.
std::optional<double> kernel_bytes(const char* path, const std::string& name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name + ":")) return 1024 * std::stod(line.substr(name.size() + 1));
  return {};
}

std::optional<double> number_in(const char* path) {
  std::ifstream file(path);
  double value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

/// Resetting the peak makes getrusage() forget it too.
std::atomic<double> peak_before_reset = 0;

bool reset_peak() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;
  return bool(file);
}

}  // namespace

double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return std::max(peak_before_reset.load(), 1024 * double(usage.ru_maxrss));
}

double resident_memory() { return kernel_bytes("/proc/self/status", "VmRSS").value_or(0); }

double memory_growth(const std::function<void()>& work) {
  peak_before_reset = peak_memory();
  const bool resettable = reset_peak();
  const double before = resident_memory();
  work();
  const double peak = kernel_bytes("/proc/self/status", "VmHWM").value_or(0);
  return resettable ? std::max(0.0, peak - before) : 0;
}

double available_memory() {
  double free = kernel_bytes("/proc/meminfo", "MemAvailable")
                    .value_or(std::numeric_limits<double>::infinity());
  const auto limit = number_in("/sys/fs/cgroup/memory.max");  // "max" where there is none
  const auto used = number_in("/sys/fs/cgroup/memory.current");
  if (limit && used) free = std::min(free, std::max(0.0, *limit - *used));
  return free;
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
#include <hdf5.h>
#include <unistd.h>

#include <cmath>
#include <gemmi/version.hpp>

#include "libspi/base/device.h"
#include "libspi/base/parallel.h"
#include "libspi/base/version.h"
#include "libspi/io/inspect.h"

namespace spi {

Report inspect_system() {
  Report report{.title = "system", .facts = {}};
  report.add("spi", version() + " (" + commit() + ")");
#ifdef __clang__
  report.add("compiler", std::string(__VERSION__));
#else
  report.add("compiler", "GCC " + std::string(__VERSION__));
#endif
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  report.add("HDF5", text_of(major, ".", minor, ".", release));
  report.add("gemmi", std::string(GEMMI_VERSION));
  std::string why;
  const int devices = cuda_device_count(&why);
  report.add_count("CUDA devices", static_cast<std::size_t>(devices));
  if (devices == 0) report.add("why no CUDA device", why);
  report.add_count("processors for this process", static_cast<std::size_t>(available_threads()));
  const auto gibibytes = [](int pages) {
    constexpr double kGibi = 1024.0 * 1024 * 1024;
    const auto bytes =
        static_cast<double>(sysconf(pages)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    return std::round(10 * bytes / kGibi) / 10;
  };
  report.add("memory in GiB", gibibytes(_SC_PHYS_PAGES));
  report.add("free memory in GiB", gibibytes(_SC_AVPHYS_PAGES));
  return report;
}

}  // namespace spi

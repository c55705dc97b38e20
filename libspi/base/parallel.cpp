// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/base/parallel.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "libspi/base/error.h"

namespace spi {

int available_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

void parallel_for(std::size_t count, int threads,
                  const std::function<void(std::size_t, int)>& body) {
  SPI_ASSERT(threads >= 1);
  const int workers = static_cast<int>(std::min<std::size_t>(threads, count));
  std::atomic<std::size_t> next{0};
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto work = [&](int worker) {
    try {
      for (std::size_t item; (item = next.fetch_add(1)) < count;) body(item, worker);
    } catch (...) {
      next = count;
      const std::lock_guard lock(error_mutex);
      if (!error) error = std::current_exception();
    }
  };
  std::vector<std::jthread> helpers;
  for (int worker = 1; worker < workers; ++worker) helpers.emplace_back(work, worker);
  if (workers > 0) work(0);
  helpers.clear();
  if (error) std::rethrow_exception(error);
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
// Parallel loops over independent items; results never depend on the thread count.
#pragma once

#include <cstddef>
#include <functional>

namespace spi {

/// Processors this process may use (affinity and cgroup masks included), at least 1.
int available_threads();

/// Calls body(i, worker) once for each i in [0, count) on up to `threads` threads, items handed
/// out one at a time; worker in [0, threads) names the calling thread's scratch space. The first
/// exception stops the hand-out and is rethrown. Threads live only as long as the call: none spins.
void parallel_for(std::size_t count, int threads,
                  const std::function<void(std::size_t item, int worker)>& body);

}  // namespace spi

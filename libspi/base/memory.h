// SPDX-License-Identifier: GPL-3.0-or-later
// How much memory this process takes and may take, in bytes.
#pragma once

#include <functional>

namespace spi {

/// The most that was resident at once so far.
double peak_memory();

/// What is resident now; 0 where the system does not say.
double resident_memory();

/// How much more than before is resident while `work` runs, at its highest. Other threads count as
/// well. 0 where the system does not let the peak be reset (Linux does).
double memory_growth(const std::function<void()>& work);

/// What may still be taken: the machine's available memory or what the control group leaves.
/// Infinity where the system does not say.
double available_memory();

}  // namespace spi

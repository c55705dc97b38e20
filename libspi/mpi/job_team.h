// SPDX-License-Identifier: GPL-3.0-or-later
// The ranks that mpirun or srun have started. The one place that knows MPI.
#pragma once

#include <memory>

#include "libspi/base/team.h"

namespace spi {

/// All ranks of this job; null where no launcher of MPI has started it: then MPI is not touched.
/// To be called once; MPI ends with the team. UserError where there are several ranks and this
/// build has no MPI.
std::unique_ptr<Team> job_team();

/// This rank's place among those of its machine, from 0, as the launcher says: mpirun of Open MPI,
/// that of MPICH and Intel, srun. 0 without one. Knows no MPI.
std::size_t machine_rank();

/// Which of a machine's visible devices, at least one, its n-th rank takes: each its own where
/// there are enough, else they share.
constexpr std::size_t device_of_rank(std::size_t n, std::size_t devices) { return n % devices; }

}  // namespace spi

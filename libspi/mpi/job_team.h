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

}  // namespace spi

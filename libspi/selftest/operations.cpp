// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/selftest/problems.h"

namespace spi::selftest {

std::vector<Operation> operations() {
  return {
      {"cc-matrix", cc_matrix_problem},
      {"cc-matrix-weighted", weighted_cc_matrix_problem},
      {"e-step", expectation_problem},
      {"e-step-best", ranking_problem},
      {"m-step", maximisation_problem},
      {"orientation", orientation_problem},
      {"orientation-masked", masked_orientation_problem},
      {"slice", slice_problem},
      {"slice-adjoint", slice_adjoint_problem},
      {"phasing", phasing_problem},
      {"emc-slice", emc_slice_problem},
      {"emc-scatter", emc_scatter_problem},
      {"emc-gain", emc_gain_problem},
  };
}

}  // namespace spi::selftest

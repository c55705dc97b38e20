// SPDX-License-Identifier: GPL-3.0-or-later
// The problems of operations.cpp, each in a file of its subject. All are MakeProblem.
#pragma once

#include "libspi/selftest/operation.h"

namespace spi::selftest {

std::unique_ptr<Problem> cc_matrix_problem(Scale scale, std::uint64_t seed);
/// Lines of which parts are not measured.
std::unique_ptr<Problem> weighted_cc_matrix_problem(Scale scale, std::uint64_t seed);
/// E step: what each frame finds, and which classes it ranks best. M step: what its posteriors add
/// to some classes.
std::unique_ptr<Problem> expectation_problem(Scale scale, std::uint64_t seed);
std::unique_ptr<Problem> ranking_problem(Scale scale, std::uint64_t seed);
std::unique_ptr<Problem> maximisation_problem(Scale scale, std::uint64_t seed);
std::unique_ptr<Problem> orientation_problem(Scale scale, std::uint64_t seed);
/// Patterns of which parts are not measured.
std::unique_ptr<Problem> masked_orientation_problem(Scale scale, std::uint64_t seed);
/// Symmetrised slicing, and its transpose.
std::unique_ptr<Problem> slice_problem(Scale scale, std::uint64_t seed);
std::unique_ptr<Problem> slice_adjoint_problem(Scale scale, std::uint64_t seed);
/// An iteration of the difference map.
std::unique_ptr<Problem> phasing_problem(Scale scale, std::uint64_t seed);
/// 3D EMC: slices of a cube, their adjoint, gains of frames off the grid.
std::unique_ptr<Problem> emc_slice_problem(Scale scale, std::uint64_t seed);
std::unique_ptr<Problem> emc_scatter_problem(Scale scale, std::uint64_t seed);
std::unique_ptr<Problem> emc_gain_problem(Scale scale, std::uint64_t seed);

}  // namespace spi::selftest

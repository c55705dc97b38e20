// SPDX-License-Identifier: GPL-3.0-or-later
// The leading eigenvectors of a symmetric operator that is known by its products. Internal.
#pragma once

#include <Spectra/SymEigsSolver.h>

#include <Eigen/Dense>
#include <algorithm>
#include <string>

#include "libspi/base/error.h"

namespace spi {

struct Eigenpairs {
  Eigen::MatrixXd vectors;  ///< [n][count], orthonormal columns
  Eigen::VectorXd values;   ///< [count], largest first
};

/// Whether Lanczos pays: it does only where few of many eigenvectors are wanted.
inline bool few_of_many(Eigen::Index count, Eigen::Index n) { return count * 3 <= n && n >= 32; }

inline Eigenpairs dense_eigenpairs(const Eigen::MatrixXd& matrix, Eigen::Index count) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  return {solver.eigenvectors().rightCols(count).rowwise().reverse(),
          solver.eigenvalues().tail(count).reverse()};
}

/// The operator v -> times(v) on vectors of length n, as Spectra wants it.
template <class Times>
struct SpectraOperator {
  using Scalar = double;
  Eigen::Index n;
  const Times& times;
  Eigen::Index rows() const { return n; }
  Eigen::Index cols() const { return n; }
  void perform_op(const double* in, double* out) const {
    Eigen::Map<Eigen::VectorXd>(out, n) = times(Eigen::Map<const Eigen::VectorXd>(in, n));
  }
};

/// The `count` largest (algebraic) eigenvalues of the operator v -> times(v) on vectors of length
/// n, by Lanczos (Spectra) with at least `subspace` vectors. UserError naming `what` where it does
/// not converge.
template <class Times>
Eigenpairs lanczos(Eigen::Index n, Eigen::Index count, const Times& times, Eigen::Index subspace,
                   const std::string& what) {
  constexpr Eigen::Index kRestarts = 1000;
  constexpr double kTolerance = 1e-11;
  const Eigen::VectorXd generic = Eigen::VectorXd::LinSpaced(n, 1, double(n)).array().sin();
  if (Eigen::VectorXd(times(generic)).norm() == 0)  // Lanczos has nothing to begin with
    return {Eigen::MatrixXd::Identity(n, count), Eigen::VectorXd::Zero(count)};
  SpectraOperator<Times> op{n, times};
  Spectra::SymEigsSolver<SpectraOperator<Times>> solver(
      op, count, std::min(n, std::max(2 * count + 1, subspace)));
  solver.init();
  solver.compute(Spectra::SortRule::LargestAlge, kRestarts, kTolerance);
  if (solver.info() != Spectra::CompInfo::Successful || solver.eigenvalues().size() < count)
    fail("the ", what, " do not converge");
  return {solver.eigenvectors(), solver.eigenvalues()};
}

/// The same for any count <= n.
template <class Times>
Eigenpairs leading_eigenpairs(Eigen::Index n, Eigen::Index count, const Times& times,
                              Eigen::Index subspace, const std::string& what) {
  if (few_of_many(count, n)) return lanczos(n, count, times, subspace, what);
  Eigen::MatrixXd matrix(n, n);
  for (Eigen::Index j = 0; j < n; ++j)
    matrix.col(j) = times(Eigen::VectorXd(Eigen::VectorXd::Unit(n, j)));
  return dense_eigenpairs((matrix + matrix.transpose()) / 2, count);
}

}  // namespace spi

// SPDX-License-Identifier: GPL-3.0-or-later
// The networks of an ensemble. Includes LibTorch.
#pragma once

#include "models/absolute_embedding/model.h"
#include "models/absolute_embedding/network.h"

namespace spi {

class AbsoluteEmbedding::Members {
 public:
  std::vector<std::shared_ptr<RegressorNetwork>> networks;
};

}  // namespace spi

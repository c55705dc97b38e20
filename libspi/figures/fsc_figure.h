// SPDX-License-Identifier: GPL-3.0-or-later
// The picture of a Fourier shell correlation.
#pragma once

#include "libspi/plot/figure.h"
#include "libspi/volume/volume_fsc.h"

namespace spi {

/// The curve against q, with its lengths above, the thresholds and where it falls below them.
plot::Figure fsc_figure(const VolumeFsc& fsc);

}  // namespace spi

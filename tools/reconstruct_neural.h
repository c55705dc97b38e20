// SPDX-License-Identifier: GPL-3.0-or-later
// The commands spi-reconstruct neural and place.
#pragma once

#include "libspi/cli/main.h"

spi::cli::Command neural_command();
spi::cli::Command place_command();

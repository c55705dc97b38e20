// SPDX-License-Identifier: GPL-3.0-or-later
// The command spi-reconstruct online.
#pragma once

#include "libspi/cli/main.h"

spi::cli::Command online_command();

// SPDX-License-Identifier: GPL-3.0-or-later
// All that we include of LibTorch, precompiled: for .cpp files of targets with spi_uses_torch().
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <torch/cuda.h>
#include <torch/nn/module.h>

// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/learn/chunk_gradients.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "libspi/base/error.h"
#include "libspi/base/parallel.h"
#include "libspi/base/quantum.h"
#include "libspi/learn/runtime.h"

namespace spi::learn {
namespace {

constexpr double kNone = -1;  ///< the largest element of an undefined gradient

/// Of each gradient; a device is waited for once.
std::vector<double> largest(const Gradients& gradients) {
  std::vector<double> result(gradients.size(), kNone);
  std::vector<at::Tensor> found;
  for (const at::Tensor& gradient : gradients)
    if (gradient.defined()) found.push_back(gradient.abs().max());
  if (found.empty()) return result;
  const at::Tensor values = at::stack(found).to(at::kCPU, at::kDouble);
  const double* value = values.data_ptr<double>();
  for (std::size_t k = 0; k < gradients.size(); ++k)
    if (gradients[k].defined()) result[k] = *value++;
  return result;
}

/// What all ranks know of every chunk: its values, then the largest element of each gradient.
class ChunkTable {
 public:
  ChunkTable(std::size_t count, std::size_t values, std::size_t parameters)
      : values_(values), width_(values + parameters), numbers_(count * width_) {}

  void set(std::size_t chunk, const ChunkLoss& loss) {
    SPI_ASSERT(loss.values.size() == values_ && values_ + loss.gradients.size() == width_);
    double* number = &numbers_[chunk * width_];
    for (const double value : loss.values) *number++ = value;
    std::ranges::copy(largest(loss.gradients), number);
  }
  /// All ranks: chunks [bounds[r], bounds[r+1]) are those of rank r.
  void share(Team& team, std::vector<std::size_t> bounds) {
    for (std::size_t& bound : bounds) bound *= width_;
    team.gather(std::span(numbers_), bounds);
  }
  double sum(std::size_t value) const {
    double sum = 0;
    for (std::size_t at = value; at < numbers_.size(); at += width_) sum += numbers_[at];
    return sum;
  }
  /// What the elements of a parameter's gradients add up to at most; nothing where all are
  /// undefined.
  std::optional<double> bound(std::size_t parameter) const {
    std::optional<double> sum;
    for (std::size_t at = values_ + parameter; at < numbers_.size(); at += width_)
      if (numbers_[at] != kNone) sum = sum.value_or(0) + numbers_[at];
    return sum;
  }

 private:
  std::size_t values_, width_;
  std::vector<double> numbers_;
};

/// The exact sum of the chunks' gradients by parameter p, added to `sum` [elements].
void add_exactly(const std::vector<ChunkLoss>& chunks, std::size_t p, double bound,
                 std::span<double> sum) {
  const Quantum quantum(bound);
  for (const ChunkLoss& chunk : chunks) {
    if (!chunk.gradients[p].defined()) continue;
    const at::Tensor gradient = chunk.gradients[p].to(at::kCPU).contiguous();
    const float* const term = gradient.data_ptr<float>();
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += quantum.round(double(term[i]));
  }
}

at::Tensor as_gradient(std::span<const double> values, const at::Tensor& parameter) {
  at::Tensor gradient = at::empty(parameter.sizes(), at::kFloat);
  std::copy(values.begin(), values.end(), gradient.data_ptr<float>());
  return gradient.to(parameter.device());
}

/// sum_gradients() of a rank that is alone, where the gradients are.
Gradients sum_there(const std::vector<ChunkLoss>& chunks, const ChunkTable& table,
                    const std::vector<at::Tensor>& parameters) {
  Gradients result(parameters.size());
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const auto bound = table.bound(p);
    if (!bound) continue;
    Gradients terms;
    for (const ChunkLoss& chunk : chunks) terms.push_back(chunk.gradients[p]);
    result[p] = std::isfinite(*bound) ? exact_sum(terms, *bound).to(at::kFloat)
                                      : at::full_like(parameters[p], std::nan(""));
    result[p] = result[p].view(parameters[p].sizes());
  }
  return result;
}

Gradients sum_gradients(const std::vector<ChunkLoss>& mine, const ChunkTable& table,
                        const std::vector<at::Tensor>& parameters, const Hands& hands) {
  if (hands.team.size() == 1 && !parameters.front().is_cpu())
    return sum_there(mine, table, parameters);
  std::vector<std::size_t> start{0};
  for (std::size_t p = 0; p < parameters.size(); ++p)
    start.push_back(start.back() + (table.bound(p) ? std::size_t(parameters[p].numel()) : 0));
  std::vector<double> sums(start.back());
  const auto part = [&](std::size_t p) {
    return std::span(sums).subspan(start[p], start[p + 1] - start[p]);
  };
  parallel_for(parameters.size(), hands.threads, [&](std::size_t p, int) {
    if (const auto bound = table.bound(p); bound && std::isfinite(*bound))
      add_exactly(mine, p, *bound, part(p));
  });
  hands.team.sum(sums);
  Gradients result(parameters.size());
  for (std::size_t p = 0; p < parameters.size(); ++p) {
    const auto bound = table.bound(p);
    if (!bound) continue;
    if (!std::isfinite(*bound)) std::ranges::fill(part(p), std::nan(""));
    result[p] = as_gradient(part(p), parameters[p]);
  }
  return result;
}

}  // namespace

ChunkLoss sum_chunks(std::size_t count, std::size_t values,
                     const std::vector<at::Tensor>& parameters, const Hands& hands,
                     const std::function<ChunkLoss(std::size_t chunk)>& work) {
  const std::vector<std::size_t> bounds = equal_parts(count, hands.team.size());
  const std::size_t first = bounds[hands.team.rank()];
  std::vector<ChunkLoss> mine(bounds[hands.team.rank() + 1] - first);
  ChunkTable table(count, values, parameters.size());
  parallel_for(mine.size(), hands.threads, [&](std::size_t n, int) {
    set_threads(1);
    mine[n] = work(first + n);
    table.set(first + n, mine[n]);
  });
  table.share(hands.team, bounds);
  ChunkLoss sum;
  for (std::size_t value = 0; value < values; ++value) sum.values.push_back(table.sum(value));
  if (!parameters.empty()) sum.gradients = sum_gradients(mine, table, parameters, hands);
  return sum;
}

at::Tensor exact_sum(const Gradients& terms, double bound) {
  const Quantum quantum(bound);
  at::Tensor sum;
  for (const at::Tensor& term : terms) {
    if (!term.defined()) continue;
    const at::Tensor rounded =
        term.flatten().to(at::kDouble).add_(quantum.shift()).sub_(quantum.shift());
    sum = sum.defined() ? sum.add_(rounded) : rounded;
  }
  return sum;
}

at::Tensor loss_of(double value, const std::vector<at::Tensor>& parameters,
                   const Gradients& gradients) {
  at::Tensor carrier;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    if (!gradients[k].defined()) continue;
    const at::Tensor term = at::dot(parameters[k].flatten(), gradients[k].flatten());
    carrier = carrier.defined() ? carrier + term : term;
  }
  return carrier - carrier.detach() + value;
}

}  // namespace spi::learn

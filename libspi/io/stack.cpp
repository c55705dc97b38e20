// SPDX-License-Identifier: GPL-3.0-or-later
#include "libspi/io/stack.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "libspi/io/byte_file.h"
#include "libspi/io/selection.h"
#include "libspi/io/stack_source.h"

namespace spi {

void StackOptions::describe(OptionSet& options) {
  options.group("Reading stacks");
  options.add("dataset", dataset,
              "path of the patterns in an HDF5 file; auto: the one stack there is");
  options.add("mask", mask,
              "mask of the detector: a dataset of the same file, FILE:DATASET, a file, or none; "
              "auto: the plane named mask where there is one");
  options.add("mask-convention", mask_convention,
              "what the mask's numbers mean: 1 is good; 1 is bad; 0 good, 1 ignore, 2 bad; or "
              "CXI's bits, 0 is good");
  options.add("center", centre,
              "beam centre in pixels, counted from 0 at the centre of the first pixel; auto: from "
              "the file, or by Friedel symmetry");
  options.flag("mask-invalid", mask_invalid,
               "treat pixels that are negative or not finite as masked instead of refusing them");
  options.flag("skip-empty", skip_empty,
               "leave out patterns that are zero everywhere or wholly masked, instead of refusing");
  options.add("selection", selection,
              "use these patterns only: selection.h5 of spi-select, or a list of ids");
}

std::vector<std::uint64_t> StackSource::ids() const {
  std::vector<std::uint64_t> ids(info.count);
  std::iota(ids.begin(), ids.end(), std::uint64_t{0});
  return ids;
}

namespace {

constexpr std::size_t kBlockBytes = std::size_t{64} << 20;

/// Where a mask lets a pixel be used; empty without a mask.
std::vector<bool> usable_pixels(const std::vector<std::int64_t>& plane, MaskConvention convention) {
  std::vector<bool> usable;
  for (const PixelUse use : mask_from(plane, convention)) usable.push_back(use == PixelUse::good);
  if (!usable.empty() && std::ranges::count(usable, true) == 0)
    fail("the mask leaves no good pixel in the convention ", name_of(convention),
         ": choose another --mask-convention");
  return usable;
}

/// --mask: a dataset of the stack's own file, FILE:DATASET, or a file.
std::vector<std::int64_t> chosen_mask(const std::filesystem::path& path, const std::string& text,
                                      const StackInfo& info) {
  if (h5::File::is_hdf5(path)) {
    const h5::File file = h5::File::open(path);
    if (file.exists(text)) return read_mask_plane(file, text, info.rows, info.columns);
  }
  std::error_code ignored;
  if (std::filesystem::is_regular_file(text, ignored))
    return read_mask_plane(std::filesystem::path(text), "", info.rows, info.columns);
  const auto colon = text.rfind(':');
  if (colon != text.npos && std::filesystem::is_regular_file(text.substr(0, colon), ignored))
    return read_mask_plane(std::filesystem::path(text.substr(0, colon)), text.substr(colon + 1),
                           info.rows, info.columns);
  fail("--mask ", text, " is neither a dataset of ", path.string(), " nor a file");
}

/// Masks, checks and, with skip_empty, leaves patterns out.
class CheckedStack : public StackReader {
 public:
  CheckedStack(std::filesystem::path path, std::unique_ptr<StackSource> source,
               const StackOptions& options)
      : path_(std::move(path)),
        source_(std::move(source)),
        options_(options),
        info_(source_->info) {
    if (options.centre) info_.centre = options.centre;
    if (info_.centre) check_centre(*info_.centre);
    if (options.mask != "none")
      with_context("reading the mask of " + path_.string(), [&] {
        usable_ = usable_pixels(
            options.mask ? chosen_mask(path_, *options.mask, info_) : source_->own_mask(),
            options.mask_convention);
      });
    keep_selected();
    if (options.skip_empty) leave_out_empty();
  }

  const StackInfo& info() const override { return info_; }

  Patterns read(std::size_t first, std::size_t n) override {
    first = std::min(first, info_.count);
    n = std::min(n, info_.count - first);
    if (n > 0 && run(first, n) == n) return checked(load(kept_[first], n), kept_[first]);
    Patterns joined{.rows = info_.rows, .columns = info_.columns, .intensity = {}, .weight = {}};
    for_each_run(first, n, [&](std::size_t at, Patterns&& patterns) {
      const Patterns some = checked(std::move(patterns), kept_[at]);
      joined.intensity.insert(joined.intensity.end(), some.intensity.begin(), some.intensity.end());
      joined.weight.insert(joined.weight.end(), some.weight.begin(), some.weight.end());
      joined.invalid_pixels += some.invalid_pixels;
      joined.count += some.count;
    });
    return joined;
  }

  KeptRows kept() const override { return {kept_, source_->info.count}; }

  std::vector<bool> masked() const override {
    std::vector<bool> excluded;
    for (const bool usable : usable_) excluded.push_back(!usable);
    return excluded;
  }

  std::vector<std::uint64_t> ids() const override {
    const auto all = source_->ids();
    std::vector<std::uint64_t> kept;
    for (const std::size_t index : kept_) kept.push_back(all[index]);
    return kept;
  }

 private:
  std::size_t area() const { return info_.rows * info_.columns; }

  void check_centre(const std::array<double, 2>& centre) const {
    const auto columns = static_cast<double>(info_.columns), rows = static_cast<double>(info_.rows);
    const bool inside = centre[0] > -columns && centre[0] < 2 * columns && centre[1] > -rows &&
                        centre[1] < 2 * rows;
    if (!inside)
      fail(path_.string(), ": the centre ", centre[0], ",", centre[1],
           " is far outside the patterns of ", info_.columns, " x ", info_.rows,
           " pixels (--center x,y)");
  }

  Patterns load(std::size_t first, std::size_t n) {
    Patterns patterns{.count = n,
                      .rows = info_.rows,
                      .columns = info_.columns,
                      .intensity = std::vector<float>(n * area()),
                      .weight = std::vector<float>(n * area(), 1.0f)};
    source_->read(first, n, patterns.intensity.data(), patterns.weight.data());
    for (std::size_t i = 0; !usable_.empty() && i < n; ++i)
      for (std::size_t k = 0; k < area(); ++k)
        if (!usable_[k]) patterns.weight[i * area() + k] = 0;  // whatever it was
    for (std::size_t i = 0; i < n; ++i) check_pixels(patterns, i, first + i);
    return patterns;
  }

  /// Refuses, or gives weight 0 to, the invalid pixels of pattern i.
  void check_pixels(Patterns& patterns, std::size_t i, std::size_t index) const {
    for (std::size_t k = i * area(); k < (i + 1) * area(); ++k) {
      float& value = patterns.intensity[k];
      float& weight = patterns.weight[k];
      if (weight == 0) {
        value = 0;
        continue;
      }
      if (std::isfinite(value) && value >= 0 && std::isfinite(weight) && weight > 0) continue;
      if (!options_.mask_invalid) refuse(value, weight, k - i * area(), index);
      value = weight = 0;
      ++patterns.invalid_pixels;
    }
  }

  [[noreturn]] void refuse(float value, float weight, std::size_t pixel, std::size_t index) const {
    const bool bad_value = !(std::isfinite(value) && value >= 0);
    const float bad = bad_value ? value : weight;
    fail(path_.string(), ": pattern ", index, " has a ", bad_value ? "value" : "weight",
         " that is ", std::isfinite(bad) ? text_of("negative (", bad, ")") : "not finite",
         " at (y ", pixel / info_.columns, ", x ", pixel % info_.columns,
         "); mask it with --mask or add --mask-invalid");
  }

  bool is_empty(const Patterns& patterns, std::size_t i) const {
    const auto begin = patterns.intensity.begin() + static_cast<std::ptrdiff_t>(i * area());
    return std::all_of(begin, begin + static_cast<std::ptrdiff_t>(area()),
                       [](float value) { return value == 0; });
  }

  Patterns checked(Patterns patterns, std::size_t first) const {
    for (std::size_t i = 0; !options_.allow_empty && i < patterns.count; ++i)
      if (is_empty(patterns, i))
        fail(path_.string(), ": pattern ", first + i, " is empty (all zero",
             usable_.empty() ? "" : " where the mask is good",
             "); leave such out with --skip-empty");
    return patterns;
  }

  void keep_selected() {
    std::vector<bool> chosen(info_.count, true);
    if (options_.selection)
      chosen = selected(read_selection(*options_.selection), source_->ids(), SelectionOf::averages);
    for (std::size_t i = 0; i < chosen.size(); ++i)
      if (chosen[i]) kept_.push_back(i);
    info_.count = kept_.size();
  }

  /// How many of the `n` kept rows from `at` on follow one another in the file.
  std::size_t run(std::size_t at, std::size_t n) const {
    std::size_t length = 1;
    while (length < n && kept_[at + length] == kept_[at] + length) ++length;
    return length;
  }

  /// Calls use(at, patterns) for the `n` kept rows from `first` on, `patterns` being those from
  /// `at` on: read together where they follow one another, a block at most.
  template <class Use>
  void for_each_run(std::size_t first, std::size_t n, Use&& use) {
    const std::size_t block = std::max<std::size_t>(1, kBlockBytes / (8 * area()));
    for (std::size_t at = first, last = first + n; at < last;) {
      const std::size_t length = run(at, std::min(block, last - at));
      use(at, load(kept_[at], length));
      at += length;
    }
  }

  void leave_out_empty() {
    std::vector<std::size_t> filled;
    for_each_run(0, kept_.size(), [&](std::size_t at, const Patterns& patterns) {
      for (std::size_t i = 0; i < patterns.count; ++i)
        if (!is_empty(patterns, i)) filled.push_back(kept_[at + i]);
    });
    if (filled.empty()) fail(path_.string(), ": every pattern is empty");
    info_.skipped = kept_.size() - filled.size();
    kept_ = std::move(filled);
    info_.count = kept_.size();
  }

  std::filesystem::path path_;
  std::unique_ptr<StackSource> source_;
  StackOptions options_;
  StackInfo info_;
  std::vector<bool> usable_;       ///< [rows][columns] or empty
  std::vector<std::size_t> kept_;  ///< rows of the file that are selected and not left out
};

std::unique_ptr<StackSource> open_source(const std::filesystem::path& path,
                                         const StackOptions& options) {
  if (h5::File::is_hdf5(path)) return open_hdf5_stack(h5::File::open(path), options);
  if (options.dataset)
    fail("--dataset names a dataset of an HDF5 file, but ", path.string(), " is not an HDF5 file");
  if (is_npy(path)) return open_npy_stack(path);
  if (is_mrc(path)) return open_mrc_stack(path);
  fail(path.string(), " is not an HDF5 file, nor NumPy .npy, nor an MRC stack");
}

}  // namespace

std::unique_ptr<StackReader> open_stack(const std::filesystem::path& path,
                                        const StackOptions& options) {
  auto source = open_source(path, options);
  if (source->info.count == 0 || source->info.rows == 0 || source->info.columns == 0)
    fail(path.string(), " holds no patterns");
  source->threads = options.threads;
  return std::make_unique<CheckedStack>(path, std::move(source), options);
}

}  // namespace spi
